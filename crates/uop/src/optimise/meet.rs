//! Handing over what another trace's entry takes.
//!
//! An entry says which words it takes over, in which types and which of them are known constants. A
//! trace that ends there stores what the entry does not take, hands over the rest, and loads what
//! the entry wants in a register and this trace has only in memory. A constant that this trace does
//! not know is shown by a guard, whose exit leads to the entry's instruction with the state as it
//! is: no instruction has begun there.
//!
//! Where the entry names words of frames that this trace does not know to exist, where a constant is
//! known to differ (Lua's 7 is not 7.0) or a reference cannot be shown to be one, it cannot be met.

use super::walk::Walk;
use super::walk::guards::Made;
use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{ExitId, MAX_FRAME, Value, Word};
use crate::op::Op;
use crate::signature::{EntrySignature, Holds};
use crate::types::{Const, Type};
use crate::uop::Uop;
use smallvec::smallvec;

/// Whether every word that an entry takes or otherwise `read`s is on the stack where this trace
/// ends, in the frame at `base`: no lower than that or what the trace names itself, and no higher
/// than there is room for above any base. The entry may have been recorded further up the stack,
/// with frames below that do not exist here, or take what a frame has left that was called.
pub(super) fn reaches(
    walk: &Walk<'_>,
    signature: &EntrySignature,
    read: impl Iterator<Item = Word>,
    base: i32,
) -> bool {
    let own = walk.source.reach().map_or(0, |(low, _)| low.0);
    let taken = signature.words.iter().map(|entry| entry.word);
    let highest = MAX_FRAME as i32;
    let mut words = taken.chain(read).map(|word| word.0);
    words.all(|word| word <= highest && (word >= 0 || word + base >= own))
}

/// Leaves to the instruction at `pc`, in the frame at `base`, with what `signature` takes and the
/// `extras` it takes besides; `None` if that cannot be had (what was emitted is void then).
///
/// Guards that `extras` makes leave by the exit it is given.
pub(super) fn hand_over(
    walk: &mut Walk<'_>,
    signature: &EntrySignature,
    pc: Pc,
    base: i32,
    extras: impl FnOnce(&mut Walk<'_>, ExitId) -> Option<Vec<Value>>,
) -> Option<()> {
    let here = |word: Word| Word(word.0 + base);
    let taken = |word: Word| signature.words.iter().any(|entry| here(entry.word) == word);
    walk.drop_dead(pc, base);
    walk.store_where(|word| !taken(word));
    let guard_exit = walk.make_exit(ExitKind::Side, pc, base);
    for (word, constant) in signature.constants() {
        show_constant(walk, here(word), constant, guard_exit)?;
    }
    let extras = extras(walk, guard_exit)?;
    let mut words = Vec::with_capacity(signature.words.len());
    for entry in &signature.words {
        let word = here(entry.word);
        let value = match entry.holds {
            Holds::Constant(constant) => walk.out.constant(constant),
            Holds::Param(ty) => handed(walk, word, ty)?,
        };
        words.push((word, value));
    }
    let contract = signature.contract;
    let exit = walk.out.add_exit(ExitState {
        words,
        extras,
        contract,
        ..ExitState::new(ExitKind::Side, pc, base)
    });
    walk.out.emit(Uop::new(Op::Exit, &[]).with_exit(exit));
    Some(())
}

/// The value of `word` as a parameter of type `ty`.
fn handed(walk: &mut Walk<'_>, word: Word, ty: Type) -> Option<Value> {
    match walk.word(word) {
        Some(value) if ty == Type::Ref => (walk.out.ty(value) == Type::Ref).then_some(value),
        Some(value) => Some(walk.view(ty, value)),
        None => (ty != Type::Ref).then(|| walk.load_word(ty, word)),
    }
}

/// Shows, by a guard if need be, that `word` holds `constant`.
fn show_constant(walk: &mut Walk<'_>, word: Word, constant: Const, exit: ExitId) -> Option<()> {
    let value = handed(walk, word, constant.ty)?;
    match walk.out.as_constant(value) {
        Some(known) => (known == constant).then_some(()),
        None => {
            let bits = walk.view(Type::I64, value);
            let wanted = walk.out.constant(Const::int(constant.bits as i64));
            let equal = walk.pure(Op::Eq, Type::Bool, smallvec![bits, wanted]);
            walk.test_truth(equal, true, Made(exit));
            Some(())
        }
    }
}
