//! The protocol, and how it is broken.

use super::*;
use crate::evaluate::{Call, Entry, Outcome, State, Stepper};
use crate::id::{HelperId, Word};
use crate::interface::{Effects, Helper};
use crate::types::{Mem, Type};
use crate::verify::verify_recorded;
use expect_test::expect;
use smallvec::SmallVec;

/// Groups of two, and a helper that runs the program.
fn interface() -> Arc<Interface> {
    let helper = |name: &str, effects| Helper {
        name: name.into(),
        params: SmallVec::new(),
        result: Some(Type::I64),
        effects,
        fails: false,
        makes: None,
    };
    Arc::new(Interface {
        group: 2,
        classes: Vec::new(),
        helpers: vec![
            helper("run", Effects::WORST),
            helper(
                "clock",
                Effects {
                    reads_host: true,
                    ..Effects::PURE
                },
            ),
        ],
    })
}

fn recorder() -> Recorder {
    Recorder::root("t", 3, interface())
}

#[test]
fn an_instruction_has_one_exit_of_each_kind_and_the_next_asks_after_a_run() {
    let mut recorder = recorder();
    let mut call = recorder.begin(3);
    let x = call.load_word(Type::I64, Word(0));
    let zero = call.int(0);
    let positive = call.pure(Op::Lt, &[zero, x]);
    call.guard(positive, true);
    call.guard_through(ExitKind::Deopt, positive, true);
    call.check_valid();
    let index = call.guard_index(x, x);
    call.commit().call(HelperId(0), &[]);
    let mut next = recorder.begin(4);
    next.read(HelperId(1), &[]);
    let mut next = next.commit();
    next.store_word(Word(0), index);
    next.store_word(Word(1), index);
    let trace = recorder.finish_exit(5).unwrap();
    verify_recorded(&trace).unwrap();
    expect![[r#"
        trace "t" at 3 {
          start
          at 3
          poll else x0
          %3 = load_word.i64 w0
          %4 = const.i64 0
          %5 = lt %4, %3
          guard %5 else x1
          guard %5 else x2
          check_valid else x2
          %9 = guard_index %3, %3 else x1
          %10 = call @run() else x3
          at 4
          check_valid else x4
          %13 = call @clock()
          store_word w0, %9
          store_word w1, %9
          exit to x5
          unreachable
        exits:
          x0 = poll 3
          x1 = side 3
          x2 = deopt 3
          x3 = error 3
          x4 = deopt 4
          x5 = side 5
        }
    "#]]
    .assert_eq(&trace.to_string());
}

#[test]
fn frame_words_are_counted_from_the_frame_that_runs() {
    let mut recorder = recorder();
    let mut call = recorder.begin(3);
    call.guard_room(Word(8), true);
    let x = call.load_word(Type::I64, Word(0));
    let mut callee = call.commit();
    callee.push_frame(8, 4);
    callee.store_word(Word(0), x);
    callee.store_word(Word(1), x);
    assert_eq!(recorder.base(), 8);
    let mut back = recorder.begin(20);
    back.guard_link(link_word(8, 4));
    let x = back.load_word(Type::I64, Word(0));
    let mut back = back.commit();
    back.pop_frame(8);
    back.store_word(Word(2), x);
    back.store_word(Word(3), x);
    assert_eq!((recorder.base(), recorder.broken()), (0, None));
    let trace = recorder.finish_loop().unwrap();
    verify_recorded(&trace).unwrap();
    expect![[r#"
        trace "t" at 3 {
          start
          header
          at 3
          poll else x0
          %4 = has_room w8
          guard %4 else x1
          %6 = load_word.i64 w0
          %7 = const.i64 0
          %8 = const.i64 34359738372
          store_word w6, %7
          store_word w7, %8
          store_word w8, %6
          store_word w9, %6
          at 20
          %14 = load_word.i64 w7
          %15 = const.i64 34359738372
          %16 = eq %14, %15
          guard %16 else x2
          %18 = load_word.i64 w8
          store_word w2, %18
          store_word w3, %18
          loop
          unreachable
        exits:
          x0 = poll 3
          x1 = side 3
          x2 = side 20 base +8
        header:
          contract 0 at 3
        }
    "#]]
    .assert_eq(&trace.to_string());
}

#[test]
fn a_frame_needs_room_that_a_guard_has_shown() {
    let mut recorder = recorder();
    recorder.begin(3).guard_room(Word(4), true);
    let mut call = recorder.begin(4);
    // There is none: the trace goes the other way.
    call.guard_room(Word(8), false);
    call.commit().push_frame(8, 5);
    let error = RecordError::UnprovenRoom {
        pc: 4,
        base: 8,
        proven: 4,
    };
    assert_eq!(recorder.broken(), Some(error));
    recorder.begin(20);
    assert_eq!(recorder.finish_exit(21), Err(error));
}

#[test]
fn a_frame_is_left_by_a_link_that_the_same_instruction_has_shown() {
    let mut recorder = recorder();
    recorder.begin(3).guard_link(link_word(8, 4));
    recorder.begin(4).commit().pop_frame(8);
    assert_eq!(
        recorder.finish_exit(4),
        Err(RecordError::UnprovenLink { pc: 4 })
    );
    // A frame that is entered has another link.
    let mut recorder = self::recorder();
    let mut both = recorder.begin(3);
    both.guard_link(link_word(8, 4));
    both.guard_room(Word(8), true);
    let mut both = both.commit();
    both.push_frame(8, 4);
    both.pop_frame(8);
    assert_eq!(recorder.broken(), Some(RecordError::UnprovenLink { pc: 3 }));
    // One that is shifted keeps its caller.
    let mut recorder = self::recorder();
    let mut shift = recorder.begin(3);
    shift.guard_link(link_word(8, 4));
    shift.guard_room(Word(2), true);
    let mut shift = shift.commit();
    shift.shift_frame(2);
    shift.pop_frame(10);
    assert_eq!((recorder.base(), recorder.broken()), (-8, None));
}

#[test]
fn frames_lie_at_whole_groups() {
    let mut recorder = recorder();
    let mut call = recorder.begin(3);
    call.guard_room(Word(8), true);
    call.commit().push_frame(7, 4);
    assert_eq!(
        recorder.finish_exit(20),
        Err(RecordError::TornGroups { pc: 3, words: 7 })
    );
}

#[test]
fn what_was_broken_is_cut_off_with_its_instruction() {
    let broken = || {
        let mut recorder = recorder();
        recorder.begin(3);
        let before = recorder.mark(4);
        recorder.begin(4).commit().pop_frame(8);
        let after = recorder.mark(9);
        (recorder, before, after)
    };
    let error = RecordError::UnprovenLink { pc: 4 };
    let (recorder, before, _) = broken();
    assert_eq!((before.base(), before.instructions()), (0, 1));
    let trace = recorder.finish_at(before).unwrap();
    verify_recorded(&trace).unwrap();
    expect![[r#"
        trace "t" at 3 {
          start
          at 3
          poll else x0
          exit to x1
          unreachable
        exits:
          x0 = poll 3
          x1 = side 4
        }
    "#]]
    .assert_eq(&trace.to_string());
    let (recorder, ..) = broken();
    assert_eq!(recorder.finish_before(), Ok(trace));
    let (recorder, _, after) = broken();
    assert_eq!(recorder.finish_at(after), Err(error));
    let (mut recorder, ..) = broken();
    recorder.begin(9);
    assert_eq!(recorder.finish_before(), Err(error));
}

#[test]
fn a_loop_polls_and_ends_where_it_began() {
    let empty = recorder().finish_loop();
    assert_eq!(empty, Err(RecordError::EmptyLoop));
    let mut silent = recorder().without_poll();
    silent.begin(3);
    assert_eq!(silent.finish_loop(), Err(RecordError::LoopWithoutPoll));
    let mut deeper = recorder();
    let mut call = deeper.begin(3);
    call.guard_room(Word(8), true);
    call.commit().push_frame(8, 4);
    let base = 8;
    assert_eq!(
        deeper.finish_loop(),
        Err(RecordError::LoopInAnotherFrame { base })
    );
}

#[test]
fn dynamic_ends_say_which_frame_is_left() {
    let mut recorder = recorder();
    let mut back = recorder.begin(3);
    let link = back.load_word(Type::I64, Word(-1));
    back.link_is_shown();
    let mut back = back.commit();
    back.pop_frame(8);
    let (mask, window) = (back.int(0xffff_ffff), back.int(8));
    let target = back.pure(Op::And, &[link, mask]);
    let from = recorder.start().base();
    let trace = recorder.finish_dynamic(target, window, from).unwrap();
    let exit = trace.exits.last().unwrap();
    assert_eq!(
        (exit.kind, exit.target, exit.base),
        (ExitKind::Dynamic, 3, 0)
    );
    verify_recorded(&trace).unwrap();
}

#[test]
#[should_panic(expected = "a guard precedes all effects")]
fn a_recorder_that_keeps_its_phases_itself_is_checked() {
    let mut recorder = recorder();
    recorder.begin(3);
    let zero = recorder.either().int(0);
    recorder.acting().store_word(Word(0), zero);
    recorder.either().int(1);
    recorder.reading().check_valid();
}

#[test]
#[should_panic(expected = "run has effects")]
fn what_has_effects_is_not_called_in_passing() {
    recorder().begin(3).read(HelperId(0), &[]);
}

#[test]
#[should_panic(expected = "no guard leaves by a dynamic exit")]
fn guards_leave_by_exits_of_guards() {
    recorder().begin(3).exit(ExitKind::Dynamic);
}

#[test]
#[should_panic(expected = "what a recording comes after is no instruction")]
fn a_recording_has_its_own_first_instruction() {
    let mut builder = Builder::new("t", 3, interface());
    builder.at(3);
    Recorder::after(builder);
}

#[test]
#[should_panic(expected = "a mark of another recording")]
fn a_mark_is_of_its_recording() {
    let mut longer = recorder();
    longer.begin(3);
    let mark = longer.mark(4);
    let _ = recorder().finish_at(mark);
}

/// A machine of frame words, with helper 0, which collects, noting its roots.
#[derive(Default)]
struct Words {
    words: [u64; 4],
    roots: Vec<Vec<u64>>,
}

impl State for Words {
    fn load_word(&mut self, index: i64) -> u64 {
        self.words[index as usize]
    }
    fn store_word(&mut self, index: i64, bits: u64) {
        self.words[index as usize] = bits;
    }
    fn load(&mut self, _: u64, _: Mem) -> u64 {
        unreachable!("no heap")
    }
    fn store(&mut self, _: u64, _: Mem, _: u64) {
        unreachable!("no heap")
    }
    fn call(&mut self, call: Call<'_>) -> Outcome {
        self.roots.push(call.roots.to_vec());
        Outcome::Value(7)
    }
}

#[test]
fn a_recorder_executes_as_it_records() {
    let mut recorder = recorder();
    let mut words = Words::default();
    let mut stepper = Stepper::new(recorder.trace(), Entry::Start, &[], 0, &mut words);
    let mut execute = |recorder: &Recorder, words: &mut Words| {
        let trace = recorder.trace();
        let mut left = Vec::new();
        while stepper.position() < trace.uops.len() {
            left.extend(stepper.step(trace, words).map(|left| left.pc));
        }
        (left, stepper.value(Value(trace.uops.len() as u32 - 1)))
    };
    let mut first = recorder.begin(3);
    let object = first.reference(0x40);
    let truth = first.bool(true);
    assert_eq!(execute(&recorder, &mut words), (vec![], 1));
    // The trace would leave here; the recording goes on.
    recorder.reading().guard(truth, false);
    assert_eq!(execute(&recorder, &mut words), (vec![3], 0));
    let mut effects = recorder.acting();
    let seven = effects.call(HelperId(0), &[]);
    assert_eq!(execute(&recorder, &mut words), (vec![], 7));
    assert_eq!(words.roots, [[]; 1], "nothing is used later so far");
    let mut effects = recorder.acting();
    effects.store_word(Word(0), seven);
    effects.call(HelperId(0), &[]);
    effects.store_word(Word(1), object);
    assert_eq!(execute(&recorder, &mut words), (vec![], 0));
    assert_eq!(words.words[..2], [7, 0x40]);
    assert_eq!(words.roots[1], [0x40], "what is used by now");
}
