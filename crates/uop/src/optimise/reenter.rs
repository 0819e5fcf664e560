//! Going back to another trace's header with values in registers.
//!
//! A trace whose last exit leads to the instruction of a live header hands over exactly what the
//! header's signature takes: parameters in its types, constants shown to be those constants, and
//! the invariants. For the invariants and facts the header's short preamble is walked here like any
//! recorded code: what this trace knows already is found, the rest is computed and guarded anew,
//! with the state at the header's instruction. So nothing the path wrote can be missed; a
//! class written on the way is simply not known any more. The exit then carries the contract.
//!
//! Where the contract cannot be [met](super::meet), the exit stays as it was and goes by the root
//! entry.

use super::meet;
use super::output::Args;
use super::pass::Pass;
use super::walk::Walk;
use super::walk::guards::Made;
use crate::exit::{ExitKind, ExitState};
use crate::id::{ExitId, Value, Word};
use crate::signature::EntrySignature;
use crate::trace::{Header, Trace};
use crate::types::Type;
use crate::view::View;
use rustc_hash::FxHashMap;

/// Ends the trace at the first of the headers to re-enter that `exit` leads to and whose contract can be
/// met; returns which. Emits nothing if there is none.
pub(super) fn reenter(walk: &mut Walk<'_>, state: &ExitState) -> Option<usize> {
    let targets = walk.options.reenter;
    let mut targets = targets.iter();
    targets.position(|target| reenter_header_of(walk, target, state))
}

fn reenter_header_of(walk: &mut Walk<'_>, target: &Trace, state: &ExitState) -> bool {
    let (Some(header), Some(signature)) = (&target.header, target.header_signature()) else {
        return false;
    };
    if state.kind != ExitKind::Side || state.target != header.pc {
        return false;
    }
    let before = walk.checkpoint();
    if walk.out.allow(Pass::Reenter, "header")
        && meet_header(walk, target, header, &signature, state.base).is_some()
    {
        return true;
    }
    walk.restore(before);
    false
}

/// Meets the contract and leaves; `None` if it cannot be met (what was emitted is void).
fn meet_header(
    walk: &mut Walk<'_>,
    target: &Trace,
    header: &Header,
    signature: &EntrySignature,
    base: i32,
) -> Option<()> {
    let read = header.short.iter().filter_map(|&it| target.uop(it).word());
    if !meet::reaches(walk, signature, read, base) {
        return None;
    }
    meet::hand_over(walk, signature, header.pc, base, |walk, exit| {
        replay(walk, target, header, base, exit)
    })
}

/// Walks the header's short preamble here; the invariants, in the header's order.
///
/// Guards leave to the header's instruction, which nothing after the last instruction of this
/// trace has begun.
fn replay(
    walk: &mut Walk<'_>,
    target: &Trace,
    header: &Header,
    base: i32,
    exit: ExitId,
) -> Option<Vec<Value>> {
    let mut replayed: FxHashMap<Value, Value> = FxHashMap::default();
    for &step in &header.short {
        let uop = target.uop(step);
        let mut args = Args::new();
        for arg in &uop.args {
            args.push(walk.resolve(*replayed.get(arg)?));
        }
        let here = |word: Word| Word(word.0 + base);
        let result = match View::with(uop, &args)? {
            View::Const {
                ty: Type::Ref,
                bits,
            } => Some(walk.out.reference(*target.refs.get(bits as usize)?)),
            View::LoadWord { ty, word } => Some(walk.load_word(ty, here(word))),
            View::HasRoom { word } => Some(walk.has_room(here(word))),
            guard @ (View::Guard { .. }
            | View::GuardNot { .. }
            | View::GuardRef { .. }
            | View::GuardIndex { .. }) => {
                if walk.is_refuted(guard) {
                    return None;
                }
                walk.test(guard, Made(exit))
            }
            View::Pure { .. }
            | View::Select { .. }
            | View::RefOfBits { .. }
            | View::Const { .. }
            | View::Load { .. }
            | View::LoadElem { .. } => walk.step(uop, args),
            _ => return None,
        };
        if let Some(value) = result {
            replayed.insert(step, value);
        }
    }
    let invariants = target.header_invariants();
    invariants
        .map(|invariant| {
            let from = target.uop(invariant).args[0];
            replayed.get(&from).map(|&value| walk.resolve(value))
        })
        .collect()
}
