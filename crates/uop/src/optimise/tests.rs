//! What the passes do together, on traces small enough to see through. Each pass on its own is in
//! the filetests; soundness is the trace checker's.

use super::{Join, Options, Pass, Passes, optimise};

use crate::builder::{Builder, inherit, take_over};
use crate::evaluate::{self, Call, Entry, Left, Outcome, State};
use crate::exit::{ExitKind, ExitState};
use crate::id::{ExitId, MAX_FRAME, Value, Word};
use crate::interface::{Class, Interface};
use crate::op::Op;
use crate::signature::{EntrySignature, EntryWord, Holds};
use crate::trace::Trace;
use crate::types::{Const, Mem, Type};
use std::collections::BTreeMap;
use std::sync::Arc;

mod liveness;

const INT: i64 = 1;

fn interface() -> Arc<Interface> {
    Arc::new(Interface {
        group: 2,
        classes: vec!["cell".into()],
        helpers: Vec::new(),
    })
}

/// Every word is a value of its own.
fn words_alone() -> Arc<Interface> {
    Arc::new(Interface::new())
}

/// The payload of the integer in the group at `word`, guarded.
fn load_int(b: &mut Builder, word: i32, exit: ExitId) -> Value {
    let tag = b.load_word(Type::I64, Word(word));
    let wanted = b.int(INT);
    let is_int = b.pure(Op::Eq, &[tag, wanted]);
    b.guard(is_int, exit);
    b.load_word(Type::I64, Word(word + 1))
}

fn store_int(b: &mut Builder, word: i32, value: Value) {
    let tag = b.int(INT);
    b.store_word(Word(word), tag);
    b.store_word(Word(word + 1), value);
}

fn add_checked(b: &mut Builder, one: Value, other: Value, exit: ExitId) -> Value {
    let sum = b.pure(Op::Add, &[one, other]);
    let overflows = b.pure(Op::AddOverflows, &[one, other]);
    b.guard_not(overflows, exit);
    sum
}

/// `repeat s = s + i; i = i + 1 until not (i < n)` over groups 0 (s), 2 (i), 4 (n).
fn sum_loop() -> Trace {
    let mut b = Builder::new("sum", 4, interface());
    b.at(4);
    let x4 = b.side_exit(4, 0);
    let interrupted = b.exit(crate::ExitState::new(ExitKind::Poll, 4, 0));
    b.poll(interrupted);
    let (s, i) = (load_int(&mut b, 0, x4), load_int(&mut b, 2, x4));
    let sum = add_checked(&mut b, s, i, x4);
    store_int(&mut b, 0, sum);
    b.at(5);
    let x5 = b.side_exit(5, 0);
    let i = load_int(&mut b, 2, x5);
    let one = b.int(1);
    let next = add_checked(&mut b, i, one, x5);
    store_int(&mut b, 2, next);
    b.at(6);
    let x6 = b.side_exit(6, 0);
    let (i, n) = (load_int(&mut b, 2, x6), load_int(&mut b, 4, x6));
    let less = b.pure(Op::Lt, &[i, n]);
    b.guard(less, x6);
    b.finish_loop()
}

/// Frame words only.
#[derive(Default)]
struct Frame(BTreeMap<i64, u64>);

impl State for Frame {
    fn load_word(&mut self, index: i64) -> u64 {
        self.0.get(&index).copied().unwrap_or(0)
    }
    fn store_word(&mut self, index: i64, bits: u64) {
        self.0.insert(index, bits);
    }
    fn load(&mut self, _: u64, _: Mem) -> u64 {
        unreachable!("no heap")
    }
    fn store(&mut self, _: u64, _: Mem, _: u64) {
        unreachable!("no heap")
    }
    fn call(&mut self, _: Call<'_>) -> Outcome {
        unreachable!("no helpers")
    }
}

fn run(trace: &Trace, words: &[u64]) -> (Left, Vec<u64>) {
    let mut frame = Frame(
        words
            .iter()
            .enumerate()
            .map(|(at, &bits)| (at as i64, bits))
            .collect(),
    );
    let left = evaluate::run(trace, Entry::Start, &[], 0, &mut frame);
    for &(index, bits) in &left.words {
        frame.store_word(index, bits);
    }
    let words = (0..words.len())
        .map(|at| frame.load_word(at as i64))
        .collect();
    (left, words)
}

/// How many uops of the loop body (behind the header) have this op.
fn in_body(trace: &Trace, op: Op) -> usize {
    let header = trace.header.as_ref().expect("a loop").at.index();
    trace.uops[header..]
        .iter()
        .filter(|uop| uop.op == op)
        .count()
}

#[test]
fn a_sum_loop_keeps_its_words_in_registers() {
    let recorded = sum_loop();
    let optimised = optimise(&recorded, &Options::default()).trace;
    for op in [Op::LoadWord, Op::StoreWord, Op::Eq] {
        assert_eq!(in_body(&optimised, op), 0, "{op:?}: {:#?}", optimised.uops);
    }
    // The sum's overflow is tested; the counter's cannot happen below the limit.
    assert_eq!(in_body(&optimised, Op::AddOverflows), 2);
    let start = [1, 0, 1, 1, 1, 100].map(|word: i64| word as u64);
    let (left, words) = run(&optimised, &start);
    assert_eq!((left.pc, words.clone()), (6, vec![1, 4950, 1, 100, 1, 100]));
    assert_eq!(run(&recorded, &start).1, words);
}

#[test]
fn tags_the_loop_does_not_change_stay_in_memory_and_are_shown_by_guards() {
    let optimised = optimise(&sum_loop(), &Options::default()).trace;
    let header = optimised.header.as_ref().expect("a loop");
    assert_eq!(header.constants, vec![]);
    let guards = header
        .short
        .iter()
        .filter(|&&step| optimised.uop(step).op == Op::Guard);
    assert!(header.open);
    assert_eq!(guards.count(), 3, "the tags of sum, counter and limit");
}

#[test]
fn constants_the_loop_writes_are_part_of_the_contract() {
    let mut b = Builder::new("constant", 0, interface());
    b.at(0);
    let seven = b.int(7);
    store_int(&mut b, 0, seven);
    b.at(1);
    let exit = b.side_exit(1, 0);
    let i = b.load_word(Type::I64, Word(3));
    let more = b.pure(Op::Add, &[i, seven]);
    let less = b.pure(Op::Lt, &[i, more]);
    b.guard(less, exit);
    b.store_word(Word(3), more);
    let optimised = optimise(&b.finish_loop(), &Options::default()).trace;
    let header = optimised.header.as_ref().expect("a loop");
    let constants = vec![(Word(0), Const::int(INT)), (Word(1), Const::int(7))];
    assert_eq!(header.constants, constants);
    assert_eq!(optimised.header_params().count(), 1);
}

#[test]
fn without_passes_the_trace_is_copied() {
    let recorded = sum_loop();
    let options = Options {
        passes: Passes::NONE,
        ..Options::default()
    };
    let copy = optimise(&recorded, &options);
    assert!(copy.trail.is_empty());
    assert_eq!(
        in_body(&copy.trace, Op::StoreWord),
        in_body(&recorded, Op::StoreWord)
    );
}

#[test]
fn optimising_is_idempotent() {
    let once = optimise(&sum_loop(), &Options::default()).trace;
    assert_eq!(optimise(&once, &Options::default()).trace, once);
}

/// A side trace from the exit of `parent` that counts group 0 up and goes back to pc 4.
fn side_of(parent: &Trace, exit: ExitId, tag: i64) -> Trace {
    let mut b = inherit("side", parent.exit(exit), parent);
    b.at(6);
    let ten = b.int(10);
    let tag = b.int(tag);
    b.store_word(Word(0), tag);
    b.store_word(Word(1), ten);
    let back = b.side_exit(4, 0);
    b.leave(back);
    b.finish()
}

/// The exit of the loop's last guard.
fn last_side_exit(trace: &Trace) -> ExitId {
    let mut exits = trace.uops.iter().rev().filter_map(|uop| uop.exit);
    exits
        .find(|&exit| trace.exit(exit).kind == ExitKind::Side)
        .expect("a side exit")
}

#[test]
fn a_side_trace_goes_back_to_the_header_in_registers() {
    let parent = optimise(&sum_loop(), &Options::default()).trace;
    let side = side_of(&parent, last_side_exit(&parent), INT);
    let options = Options {
        reenter: &[&parent],
        ..Options::default()
    };
    let side = optimise(&side, &options).trace;
    let signature = parent.header_signature().expect("an open header");
    let last = side.exits.last().expect("an exit");
    assert_eq!(last.agrees(&side, &signature), Ok(()));
    // The tag is in memory at the header; the sum is handed over.
    let mut stores = side.uops.iter().filter(|uop| uop.op == Op::StoreWord);
    assert!(
        stores.all(|store| store.word() == Some(Word(0))),
        "{:#?}",
        side.uops
    );
}

#[test]
fn a_changed_tag_goes_by_the_root() {
    let parent = optimise(&sum_loop(), &Options::default()).trace;
    let side = side_of(&parent, last_side_exit(&parent), INT + 1);
    let options = Options {
        reenter: &[&parent],
        ..Options::default()
    };
    let side = optimise(&side, &options);
    assert!(
        side.trail
            .iter()
            .all(|rewrite| rewrite.pass != Pass::Reenter)
    );
    let last = side.trace.exits.last().expect("an exit");
    assert!(last.contract.is_none());
    let first = &last.signature(&side.trace).words[0];
    assert_eq!(first.holds, Holds::Constant(Const::int(INT + 1)));
}

#[test]
fn a_load_survives_a_store_to_another_field_only() {
    let mut b = Builder::new("fields", 0, interface());
    b.at(0);
    let exit = b.side_exit(0, 0);
    let bits = b.load_word(Type::I64, Word(1));
    let yes = b.bool(true);
    let object = b.guard_ref(yes, bits, exit);
    let class = Class(0);
    let first = b.load(Mem::I64, object, 0, class);
    let second = b.load(Mem::I64, object, 8, class);
    b.store(Mem::I64, object, second, 0, class);
    let again = b.load(Mem::I64, object, 0, class);
    let kept = b.load(Mem::I64, object, 8, class);
    let sum = b.pure(Op::Add, &[first, again]);
    let sum = b.pure(Op::Add, &[sum, kept]);
    b.store_word(Word(1), sum);
    let out = b.side_exit(1, 0);
    b.leave(out);
    let optimised = optimise(&b.finish(), &Options::default()).trace;
    let loads = optimised
        .uops
        .iter()
        .filter(|uop| uop.op == Op::Load)
        .count();
    assert_eq!(loads, 2);
}

#[test]
fn room_is_asked_for_once_and_more_covers_less() {
    let mut b = Builder::new("room", 0, interface());
    b.at(0);
    let exit = b.side_exit(0, 0);
    for word in [20, 30, 20, 30, 40] {
        let room = b.has_room(Word(word));
        b.guard(room, exit);
    }
    b.at(1);
    let out = b.side_exit(1, 0);
    b.leave(out);
    let optimised = optimise(&b.finish(), &Options::default()).trace;
    let rooms = optimised.uops.iter().filter(|uop| uop.op == Op::HasRoom);
    let words: Vec<_> = rooms.map(|uop| uop.word()).collect();
    assert_eq!(words, [20, 30, 40].map(|word| Some(Word(word))));
}

/// `i < n` of the first iteration bounds `n`, which no foreign entry need know: the loop must not
/// take the bound as a fact before its own guard has proven it.
#[test]
fn what_a_varying_guard_proved_of_a_stable_value_is_forgotten_at_the_header() {
    let mut b = Builder::new("bound", 0, interface());
    b.at(0);
    let exit = b.side_exit(0, 0);
    let (i, n) = (
        b.load_word(Type::I64, Word(1)),
        b.load_word(Type::I64, Word(5)),
    );
    let hundred = b.int(100);
    let large = b.pure(Op::Le, &[hundred, i]);
    b.guard(large, exit);
    b.at(1);
    let ten = b.int(10);
    let small = b.pure(Op::Lt, &[n, ten]);
    let small = b.pure(Op::BoolToI64, &[small]);
    b.store_word(Word(7), small);
    b.at(2);
    let exit = b.side_exit(2, 0);
    let less = b.pure(Op::Lt, &[i, n]);
    b.guard(less, exit);
    let more = b.pure(Op::Add, &[i, ten]);
    b.store_word(Word(1), more);
    let optimised = optimise(&b.finish_loop(), &Options::default()).trace;
    let header = optimised.header.as_ref().expect("a loop");
    assert!(header.open);
    let pending = optimised.exits.iter().filter_map(|exit| exit.word(Word(7)));
    let mut constant = pending.map(|value| optimised.constant(value));
    assert!(constant.all(|constant| constant.is_none()), "{optimised}");
}

/// A trace that keeps so many new objects in words of their own and then has so many guards.
fn objects_and_guards(objects: usize, guards: usize) -> Trace {
    let mut source = String::from(
        "interface {\n  class a\n  helper @new() -> ref { pure, new }\n}\ntrace \"t\" at 0 {\n  start\n  at 0\n",
    );
    for object in 0..objects {
        source += &format!("  %o{object} = call @new()\n  store_word w{object}, %o{object}\n");
    }
    for guard in 0..guards {
        let pc = guard + 1;
        source += &format!("  at {pc}\n  %a{guard} = load_word.i64 w{}\n", 100 + guard);
        source +=
            &format!("  %b{guard} = lt %a{guard}, %a{guard}\n  guard %b{guard} else x{guard}\n");
    }
    source += &format!("  exit to x{guards}\n  unreachable\nexits:\n");
    for guard in 0..=guards {
        source += &format!("  x{guard} = side {}\n", guard + 1);
    }
    source += "}\n";
    let (_, mut traces) = crate::text::parse_file(&source).expect("it is in the text form");
    traces.remove(0)
}

#[test]
fn objects_are_sunk_unless_exits_would_be_full_of_them() {
    let sunk = |objects, guards| {
        let trace = objects_and_guards(objects, guards);
        let trace = optimise(&trace, &Options::default()).trace;
        assert_eq!(crate::verify::verify(&trace), Ok(()));
        trace.uops.iter().filter(|uop| uop.sunk).count()
    };
    assert_eq!(sunk(10, 20), 10);
    assert_eq!(sunk(40, 40), 0);
}

/// An entry may take what a called frame has left, high above the base. A trace that did not call does not
/// know that there is a stack so far up.
#[test]
fn an_entry_with_words_beyond_any_frame_is_not_met() {
    let highest = MAX_FRAME as i32;
    for (word, met) in [(highest, true), (highest + 1, false)] {
        let entry = EntrySignature {
            words: vec![EntryWord {
                word: Word(word),
                holds: Holds::Param(Type::I64),
            }],
            ..EntrySignature::empty()
        };
        let mut middle = take_over("middle", 9, &words_alone(), entry);
        middle.at(9);
        let out = middle.side_exit(10, 0);
        middle.leave(out);
        let entries = [Arc::new(
            optimise(&middle.finish(), &Options::default()).trace,
        )];
        let mut arm = Builder::new("arm", 4, words_alone());
        arm.at(4);
        let zero = arm.int(0);
        arm.store_word(Word(0), zero);
        let out = arm.side_exit(9, 0);
        arm.leave(out);
        let join = Join {
            entries: &entries,
            in_memory: false,
            polls: true,
        };
        let options = Options {
            join: Some(join),
            ..Options::default()
        };
        let optimised = optimise(&arm.finish(), &options);
        let rule = |rule| optimised.trail.iter().any(|it| it.rule == rule);
        assert_eq!((rule("entry"), rule("general")), (met, !met), "{word}");
        if let Err(errors) = crate::verify::verify(&optimised.trace) {
            panic!("{errors}");
        }
    }
}
