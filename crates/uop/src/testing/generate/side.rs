//! The beginning of a random side trace: a parent's exit with words pending.

use super::super::model::{
    ARRAY, ENTRY_BASE, FLOAT, INT, Machine, NIL, RECORD, Script, is_float_word,
};
use super::super::random::Random;
use super::generator::{Generator, STARTS, Start};
use crate::builder::{Builder, inherit};
use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{Value, Word};
use crate::interface::Interface;
use crate::op::Op;
use crate::signature::Holds;
use crate::trace::Trace;
use crate::types::Type;
use std::sync::Arc;

/// A parent that leaves with random words pending, the side trace begun at its exit, and starts.
pub(super) fn begin(
    name: String,
    interface: Arc<Interface>,
    machine: Machine,
    script: Script,
    random: &mut Random,
) -> (Generator, Vec<Start>) {
    let base = random.pick(&[0, 0, 4, 8]);
    let target = random.below(40) as Pc;
    let (parent, tags) = parent(interface, target, base, random);
    let exit = &parent.exits[0];
    let mut starts: Vec<Start> = Vec::new();
    for _ in 0..STARTS {
        let machine = match starts.first() {
            None => machine.clone().with_script(script),
            Some(start) => start.machine.perturbed(random),
        };
        let handed = hand(&parent, &tags, &machine, random);
        starts.push(Start {
            handed,
            base: ENTRY_BASE,
            machine,
        });
    }
    let builder = inherit(name, exit, &parent);
    let generator = Generator::new(builder, machine, ENTRY_BASE, &starts[0].handed);
    (generator, starts)
}

/// A trace with an exit where whole groups are pending, and the tag of each of its groups if it
/// is known (by the group's first word, seen from the exit's base).
fn parent(
    interface: Arc<Interface>,
    target: Pc,
    base: i32,
    random: &mut Random,
) -> (Trace, Vec<(Word, Option<i64>)>) {
    let group = interface.group as i32;
    let mut builder = Builder::new("parent", 0, interface);
    builder.at(0);
    let early = builder.side_exit(0, 0);
    let room = builder.has_room(Word(base));
    builder.guard(room, early);
    let mut words: Vec<(Word, Value)> = Vec::new();
    let mut tags = Vec::new();
    for first in (base - 4..base + 12).step_by(group as usize) {
        let is_link = (base - 2..base).contains(&first);
        if is_link && base == 0 || !random.chance(30) {
            continue;
        }
        let mut pending = |word: i32, value| words.push((Word(word), value));
        if is_link && group == 1 {
            let link = (i64::from(base) << 32) | 5;
            let bits = if first == base - 1 { link } else { 0 };
            pending(first, builder.int(bits));
            tags.push((Word(first - base), Some(bits)));
        } else if is_link {
            pending(first, builder.int(INT));
            pending(first + 1, builder.int((i64::from(base) << 32) | 5));
            tags.push((Word(first - base), Some(INT)));
        } else if group == 1 {
            let is_float = is_float_word(i64::from(first - base));
            let ty = if is_float { Type::F64 } else { Type::I64 };
            let value = match (random.chance(30), is_float) {
                (true, true) => builder.float(random.float()),
                (true, false) => builder.int(random.int()),
                _ => builder.load_word(ty, Word(first)),
            };
            pending(first, value);
            tags.push((Word(first - base), None));
        } else {
            let tag = random.pick(&[INT, INT, FLOAT, NIL, RECORD, ARRAY]);
            let unknown = random.chance(15);
            let loaded = builder.load_word(Type::I64, Word(first));
            let wanted = builder.int(tag);
            let same = builder.pure(Op::Eq, &[loaded, wanted]);
            let payload = match tag {
                _ if unknown => builder.load_word(Type::I64, Word(first + 1)),
                NIL => builder.int(0),
                FLOAT if random.chance(30) => builder.float(random.float()),
                INT if random.chance(30) => builder.int(random.int()),
                FLOAT => builder.load_word(Type::F64, Word(first + 1)),
                INT => builder.load_word(Type::I64, Word(first + 1)),
                _ => {
                    let bits = builder.load_word(Type::I64, Word(first + 1));
                    builder.guard_ref(same, bits, early)
                }
            };
            pending(first, if unknown { loaded } else { wanted });
            pending(first + 1, payload);
            tags.push((Word(first - base), (!unknown).then_some(tag)));
        }
    }
    words.sort_by_key(|&(word, _)| word);
    let mut state = ExitState::new(ExitKind::Side, target, base);
    state.words = words;
    let exit = builder.exit(state);
    builder.leave(exit);
    let mut trace = builder.finish();
    // The exit with the pending words is the one that matters to the caller.
    trace.exits.swap(0, 1);
    for uop in &mut trace.uops {
        if let Some(exit) = &mut uop.exit {
            exit.0 = 1 - exit.0;
        }
    }
    (trace, tags)
}

/// Values for the parameters that fit their groups.
fn hand(
    parent: &Trace,
    tags: &[(Word, Option<i64>)],
    machine: &Machine,
    random: &mut Random,
) -> Vec<u64> {
    let signature = parent.exits[0].signature(parent);
    let mut handed = Vec::new();
    for &(first, tag) in tags {
        let group = machine.random_group(ENTRY_BASE + i64::from(first.0), tag, random);
        for (offset, bits) in group.into_iter().enumerate() {
            let word = Word(first.0 + offset as i32);
            let entry = signature.words.iter().find(|entry| entry.word == word);
            if let Some(entry) = entry
                && matches!(entry.holds, Holds::Param(_))
            {
                handed.push(bits);
            }
        }
    }
    handed
}
