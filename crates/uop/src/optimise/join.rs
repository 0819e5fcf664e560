//! Ending where paths join.
//!
//! After two arms of a condition the rest of the program is the same. A side trace that copied it
//! would double the code with every condition, so it ends where the arms join, and a trace that
//! starts there serves both. For that its end agrees with as many others as possible: it
//! [meets](super::meet) the entry of a trace that starts there, and where it can meet none it leaves
//! with what a later trace can take over from others, too: references as integers (the tag beside
//! them says what they are), payloads that this path happens to know handed over all the same
//! ([`ExitState::general_signature`]).
//!
//! Not here: where paths join, how many entries there may be. That is policy.

use super::meet;
use super::pass::Pass;
use super::walk::Walk;
use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{Value, Word};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::Type;
use crate::uop::Uop;
use std::iter;

/// How a trace ended where paths join.
pub(super) enum Joined {
    /// It meets this one of the entries.
    Met(usize),
    /// It meets none, and leaves for one that is made later.
    Open,
}

/// Ends the trace as [`Options::join`](super::Options) says; emits nothing without one.
pub(super) fn join(walk: &mut Walk<'_>, state: &ExitState) -> Option<Joined> {
    let (pc, base) = (state.target, state.base);
    let join = walk.options.join.filter(|_| state.kind == ExitKind::Side)?;
    let mut entries = join.entries.iter();
    if let Some(met) = entries.position(|entry| meet_entry(walk, entry, pc, base)) {
        return Some(Joined::Met(met));
    }
    let ended = match join.in_memory {
        true => end_in_memory(walk, pc, base),
        false => end_in_general(walk, pc, base),
    };
    ended.then_some(Joined::Open)
}

fn meet_entry(walk: &mut Walk<'_>, target: &Trace, pc: Pc, base: i32) -> bool {
    if target.pc != pc || !meet::reaches(walk, &target.entry, iter::empty(), base) {
        return false;
    }
    let before = walk.checkpoint();
    let none = |_: &mut Walk<'_>, _| Some(Vec::new());
    if walk.out.allow(Pass::Join, "entry")
        && meet::hand_over(walk, &target.entry, pc, base, none).is_some()
    {
        return true;
    }
    walk.restore(before);
    false
}

/// Leaves with everything stored.
fn end_in_memory(walk: &mut Walk<'_>, pc: Pc, base: i32) -> bool {
    if !walk.out.allow(Pass::Join, "memory") {
        return false;
    }
    walk.drop_dead(pc, base);
    walk.store_all();
    end(walk, ExitState::new(ExitKind::Side, pc, base));
    true
}

/// Leaves with what is pending, references as integers.
fn end_in_general(walk: &mut Walk<'_>, pc: Pc, base: i32) -> bool {
    if !walk.out.allow(Pass::Join, "general") {
        return false;
    }
    let mut words = walk.pending_at(pc, base);
    add_tags(walk, &mut words);
    for (_, value) in &mut words {
        if walk.out.ty(*value) == Type::Ref {
            *value = walk.view(Type::I64, *value);
        }
    }
    end(
        walk,
        ExitState {
            words,
            ..ExitState::new(ExitKind::Side, pc, base)
        },
    );
    true
}

/// Adds the tags of pending payloads that are known and in memory already. Who takes over knows
/// them then and need not ask; to store one once more changes nothing.
fn add_tags(walk: &Walk<'_>, words: &mut Vec<(Word, Value)>) {
    let interface = &walk.source.interface;
    let first = |&(word, _): &(Word, Value)| interface.first_of_group(word);
    let tags: Vec<(Word, Value)> = words
        .iter()
        .map(first)
        .filter_map(|word| {
            let value = walk.word(word)?;
            walk.out.as_constant(value).map(|_| (word, value))
        })
        .collect();
    words.extend(tags);
    words.sort_unstable();
    words.dedup_by_key(|(word, _)| *word);
}

fn end(walk: &mut Walk<'_>, state: ExitState) {
    let exit = walk.out.add_exit(state);
    walk.out.emit(Uop::new(Op::Exit, &[]).with_exit(exit));
}
