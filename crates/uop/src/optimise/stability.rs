//! Which values of the preamble are the same whenever control is at the header.
//!
//! Only what is stable may be known in the loop: the rest was true of the first iteration. And only
//! what can be replayed may be known to a foreign entry.

use super::looped::Looped;
use super::walk::Walk;
use crate::id::Value;
use crate::interface::ClassSet;
use crate::op::{Effect, Op};
use crate::types::Type;
use crate::uop::Imm;

/// Whether a preamble value is the same whenever control is at the header.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stability {
    /// Yes, and the uops that make it can be replayed elsewhere.
    Replayable,
    /// Yes, but only this trace's own entry could make it.
    Sealed,
    /// No: it belongs to the first iteration.
    Varying,
}

/// The stability of every value of the preamble, by position; others count as varying.
pub(super) fn of_preamble(walk: &Walk<'_>, looped: &Looped) -> Vec<Stability> {
    let mut known = vec![Stability::Varying; looped.boundary as usize];
    for &value in &looped.preamble {
        known[value.index()] = stability_of(walk, looped, value, &known);
    }
    known
}

fn stability_of(walk: &Walk<'_>, looped: &Looped, value: Value, known: &[Stability]) -> Stability {
    let uop = walk.out.uop(value);
    let own = match (uop.op, uop.imm) {
        (Op::LoadWord, Imm::Word(word)) => {
            let held = match looped.writes.kept_in(word) {
                Some(kept) => walk.resolve(kept) == walk.resolve(value),
                None => !looped.writes.word(word),
            };
            if held {
                Stability::Replayable
            } else {
                Stability::Varying
            }
        }
        (Op::Param, Imm::Word(word)) if looped.writes.word(word) => Stability::Varying,
        (Op::Param, _) => Stability::Sealed,
        (Op::Load | Op::LoadElem, Imm::Access(access)) => {
            let class = ClassSet::of(&[access.class]);
            match class.intersects(looped.writes.classes) {
                true => Stability::Varying,
                false => Stability::Replayable,
            }
        }
        (Op::Call, Imm::Helper(helper)) => {
            let helper = &walk.source.interface.helpers[helper.index()];
            let effects = helper.effects.closed();
            let writes = &looped.writes;
            let written =
                effects.reads.intersects(writes.classes) || effects.reads_host && writes.host;
            match helper.is_repeatable() && !written {
                true => Stability::Sealed,
                false => Stability::Varying,
            }
        }
        (op, _) => match op.info().effect {
            Effect::Pure | Effect::ReadsWord => Stability::Replayable,
            Effect::Guards if !matches!(op, Op::Poll | Op::CheckValid) => Stability::Replayable,
            _ => Stability::Varying,
        },
    };
    // A reference constant of a trace is a root of that trace only while it lives, which is as
    // long as its header can be entered; replaying copies it.
    debug_assert!(
        uop.op != Op::Const || uop.ty != Some(Type::Ptr),
        "no ptr constants"
    );
    uop.args
        .iter()
        .map(|arg| known[arg.index()])
        .fold(own, Stability::max)
}
