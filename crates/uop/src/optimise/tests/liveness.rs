//! Dead words are dropped where a host says what is live.

use super::super::{Caller, Liveness, Options, optimise};
use super::*;

/// What is live, by instruction; frames are linked by one word, `window << 32 | pc`.
#[derive(Debug)]
struct Table(&'static [(u32, &'static [u32])]);

impl Liveness for Table {
    fn is_live(&self, pc: u32, word: u32) -> bool {
        let found = self.0.iter().find(|(it, _)| *it == pc);
        found.is_none_or(|(_, live)| live.contains(&word))
    }

    fn outlives(&self, pc: u32, word: u32) -> bool {
        self.is_live(pc, word)
    }

    fn caller(&self, below: &dyn Fn(i32) -> Option<i64>) -> Option<Caller> {
        let link = below(-1)?;
        Some(Caller {
            pc: link as u32,
            window: (link >> 32) as u32,
            links: 1,
        })
    }
}

fn optimise_knowing(trace: &Trace, live: &Table) -> Trace {
    let options = Options {
        live: Some(live),
        ..Options::default()
    };
    let optimised = optimise(trace, &options).trace;
    crate::verify::verify_knowing(&optimised, Some(live)).expect("well formed");
    optimised
}

fn words(exit: &ExitState) -> Vec<i32> {
    exit.words.iter().map(|(word, _)| word.0).collect()
}

/// Word 1 is a temporary: read in the instruction behind the one that writes it, and never again.
#[test]
fn a_temporary_is_pending_only_where_it_will_be_read() {
    let mut b = Builder::new("temporary", 0, words_alone());
    b.at(0);
    let (one, n) = (b.int(1), b.load_word(Type::I64, Word(0)));
    let next = b.pure(Op::Add, &[n, one]);
    b.store_word(Word(1), next);
    b.at(1);
    let x1 = b.side_exit(1, 0);
    let next = b.load_word(Type::I64, Word(1));
    let hundred = b.int(100);
    let less = b.pure(Op::Lt, &[next, hundred]);
    b.guard(less, x1);
    b.store_word(Word(0), next);
    b.at(2);
    let x2 = b.side_exit(2, 0);
    let odd = b.pure(Op::And, &[next, one]);
    let odd = b.pure(Op::Ne, &[odd, n]);
    b.guard(odd, x2);
    let recorded = b.finish_loop();
    let optimised = optimise_knowing(&recorded, &Table(&[(0, &[0]), (1, &[0, 1]), (2, &[0])]));
    let taken: Vec<_> = optimised
        .header_params()
        .map(|it| optimised.uop(it).word())
        .collect();
    assert_eq!(taken, [Some(Word(0))], "{optimised}");
    for exit in &optimised.exits {
        let wanted: &[i32] = if exit.target == 1 { &[1] } else { &[0] };
        let found = words(exit);
        assert!(
            wanted.iter().all(|word| found.contains(word)),
            "{optimised}"
        );
        assert_eq!(found.contains(&1), exit.target == 1, "{optimised}");
    }
}

/// Leaves for 0 unless the base may be moved up so far.
fn room_for(b: &mut Builder, word: i32) {
    let exit = b.side_exit(0, 0);
    let room = b.has_room(Word(word));
    b.guard(room, exit);
}

/// The frame at base 10 was called from instruction 7 of the frame at base 0.
#[test]
fn each_frame_keeps_what_is_live_in_it() {
    let mut b = Builder::new("frames", 0, words_alone());
    b.at(0);
    room_for(&mut b, 10);
    let n = b.load_word(Type::I64, Word(0));
    for word in [3, 4, 11, 12] {
        b.store_word(Word(word), n);
    }
    let link = b.int(10 << 32 | 7);
    b.store_word(Word(9), link);
    b.at(50);
    let out = b.side_exit(50, 10);
    b.leave(out);
    let live = Table(&[(7, &[3]), (50, &[2])]);
    let optimised = optimise_knowing(&b.finish(), &live);
    assert_eq!(words(&optimised.exits[1]), [3, 9, 12], "{optimised}");
}

#[test]
fn a_frame_that_is_left_keeps_its_results() {
    let mut b = Builder::new("left", 0, words_alone());
    b.at(0);
    room_for(&mut b, 10);
    let n = b.load_word(Type::I64, Word(10));
    for word in [3, 9, 10, 11] {
        b.store_word(Word(word), n);
    }
    let window = b.int(10);
    let exit = b.exit(ExitState::new(ExitKind::Dynamic, 0, 10));
    b.leave_dynamic(n, window, exit);
    let optimised = optimise_knowing(&b.finish(), &Table(&[(0, &[1])]));
    let stores = optimised.uops.iter().filter(|uop| uop.op == Op::StoreWord);
    let stored: Vec<_> = stores.map(|uop| uop.word()).collect();
    assert_eq!(
        stored,
        [3, 9, 11].map(|word| Some(Word(word))),
        "{optimised}"
    );
}

/// The same exit without a window enters a function: nothing of any frame is lost, whatever the host says
/// of frames that are left.
#[test]
fn a_frame_that_is_entered_keeps_everything() {
    let mut b = Builder::new("entered", 0, words_alone());
    b.at(0);
    room_for(&mut b, 10);
    let n = b.load_word(Type::I64, Word(1));
    for word in [3, 9, 10, 11] {
        b.store_word(Word(word), n);
    }
    let window = b.int(0);
    let exit = b.exit(ExitState::new(ExitKind::Dynamic, 0, 10));
    b.leave_dynamic(n, window, exit);
    let optimised = optimise_knowing(&b.finish(), &Table(&[(0, &[1])]));
    let stores = optimised.uops.iter().filter(|uop| uop.op == Op::StoreWord);
    let stored: Vec<_> = stores.map(|uop| uop.word()).collect();
    let all = [3, 9, 10, 11].map(|word| Some(Word(word)));
    assert_eq!(stored, all, "{optimised}");
}

/// A host that answers by word, and otherwise each time.
#[derive(Debug)]
struct Torn {
    dead: u32,
    wavers: bool,
    times: std::cell::Cell<u32>,
}

impl Liveness for Torn {
    fn is_live(&self, _: u32, word: u32) -> bool {
        self.times.set(self.times.get() + 1);
        match self.wavers {
            true => self.times.get().is_multiple_of(2),
            false => word != self.dead,
        }
    }

    fn outlives(&self, pc: u32, word: u32) -> bool {
        self.is_live(pc, word)
    }

    fn caller(&self, _: &dyn Fn(i32) -> Option<i64>) -> Option<Caller> {
        None
    }
}

#[test]
fn a_value_is_kept_or_dropped_whole_whatever_the_host_says() {
    for (dead, wavers) in [(6, false), (7, false), (0, true)] {
        let mut interface = Interface::new();
        interface.group = 2;
        let mut b = Builder::new("torn", 0, Arc::new(interface));
        b.at(0);
        let n = b.load_word(Type::I64, Word(1));
        let zero = b.int(0);
        for pc in 1..5 {
            b.at(pc);
            b.store_word(Word(6), zero);
            let more = b.int(i64::from(pc));
            let next = b.pure(Op::Add, &[n, more]);
            b.store_word(Word(7), next);
            let exit = b.side_exit(pc, 0);
            let less = b.pure(Op::Lt, &[next, zero]);
            b.guard(less, exit);
        }
        let last = b.side_exit(9, 0);
        b.leave(last);
        let host = Torn {
            dead,
            wavers,
            times: std::cell::Cell::new(0),
        };
        let options = Options {
            live: Some(&host),
            ..Options::default()
        };
        let optimised = optimise(&b.finish(), &options).trace;
        assert!(host.times.get() > 0);
        for exit in &optimised.exits {
            let found = words(exit);
            let (tag, payload) = (found.contains(&6), found.contains(&7));
            assert_eq!(tag, payload, "word {dead}: {optimised}");
            assert!(wavers || tag == (dead == 7), "word {dead}: {optimised}");
        }
    }
}
