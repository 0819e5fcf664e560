//! The header's contract, checked while it runs.
//!
//! Whoever enters a header promises that its short preamble would succeed there and then, and that
//! the invariants handed over are what it would compute. [`holds`] computes it: the preamble's
//! uops once more, over memory and what is pending. Links that prove their promise statically are
//! tested by calling it at every entry.

use crate::evaluate::{Call, Outcome, State};
use crate::id::{Value, Word};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::{Mem, Type};
use crate::uop::Imm;
use rustc_hash::FxHashMap;

/// Why a header's contract does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// The trace has no header.
    #[error("the trace has no header")]
    NoHeader,
    /// The header takes no foreign entry.
    #[error("the header is closed to foreign entries")]
    Closed,
    /// Not as many values as the header's parameters and invariants.
    #[error("{handed} values were handed over where the header takes {wanted}")]
    Count {
        /// How many were handed over.
        handed: usize,
        /// Parameters and invariants together.
        wanted: usize,
    },
    /// A guard of the short preamble fails.
    #[error("{at}, a guard of the short preamble, does not hold")]
    Guard {
        /// The guard.
        at: Value,
    },
    /// An invariant has another value than its short preamble computes.
    #[error("invariant {at} is {handed:#x}, its short preamble computes {computed:#x}")]
    Invariant {
        /// The `invariant` uop.
        at: Value,
        /// What was handed over.
        handed: u64,
        /// What the short preamble computes.
        computed: u64,
    },
    /// The short preamble does not define what it uses, or an invariant's value.
    #[error("the short preamble does not define {value}")]
    Undefined {
        /// The value.
        value: Value,
    },
    /// The short preamble has a uop that may not be replayed.
    #[error("{at} ({}) has no place in a short preamble", op.name())]
    Misplaced {
        /// The uop.
        at: Value,
        /// Its op.
        op: Op,
    },
}

/// Checks the contract of `trace`'s header for an entry that hands over `handed` with the frame
/// base at absolute word `base`, in `state`.
///
/// # Errors
/// What does not hold.
pub fn holds<S: State + ?Sized>(
    trace: &Trace,
    handed: &[u64],
    base: i64,
    state: &mut S,
) -> Result<(), Broken> {
    let params = trace.header_params().count();
    let invariants = trace.header_invariants().count();
    if handed.len() != params + invariants {
        return Err(Broken::Count {
            handed: handed.len(),
            wanted: params + invariants,
        });
    }
    let (params, given) = handed.split_at(params);
    let computed = invariants_at(trace, params, base, state)?;
    for ((at, computed), &handed) in trace.header_invariants().zip(computed).zip(given) {
        if computed != handed {
            return Err(Broken::Invariant {
                at,
                handed,
                computed,
            });
        }
    }
    Ok(())
}

/// Replays the short preamble of `trace`'s header: the invariants an entry with these `params`
/// would have to hand over.
///
/// # Errors
/// The first guard that fails, or what makes the short preamble unfit for replay.
pub fn invariants_at<S: State + ?Sized>(
    trace: &Trace,
    params: &[u64],
    base: i64,
    state: &mut S,
) -> Result<Vec<u64>, Broken> {
    let header = trace.header.as_ref().ok_or(Broken::NoHeader)?;
    if !header.open {
        return Err(Broken::Closed);
    }
    let mut pending: FxHashMap<Word, u64> = header
        .constants
        .iter()
        .map(|&(word, constant)| (word, constant.bits))
        .collect();
    for (param, &bits) in trace.header_params().zip(params) {
        if let Some(word) = trace.uop(param).word() {
            pending.insert(word, bits);
        }
    }
    let mut values: FxHashMap<Value, u64> = FxHashMap::default();
    for &at in &header.short {
        if let Some(bits) = replay(trace, at, &pending, &values, base, state)? {
            values.insert(at, bits);
        }
    }
    let invariants = trace.header_invariants().map(|at| {
        let from = trace.uop(at).args[0];
        let known = values.get(&from).copied();
        known
            .or_else(|| constant(trace, from))
            .ok_or(Broken::Undefined { value: from })
    });
    invariants.collect()
}

fn constant(trace: &Trace, value: Value) -> Option<u64> {
    let uop = trace.uop(value);
    match (uop.op, uop.ty, uop.imm) {
        (Op::Const, Some(Type::Ref), Imm::Const(index)) => trace.refs.get(index as usize).copied(),
        (Op::Const, _, Imm::Const(bits)) => Some(bits),
        _ => None,
    }
}

fn replay<S: State + ?Sized>(
    trace: &Trace,
    at: Value,
    pending: &FxHashMap<Word, u64>,
    values: &FxHashMap<Value, u64>,
    base: i64,
    state: &mut S,
) -> Result<Option<u64>, Broken> {
    let uop = trace.uop(at);
    let mut args = Vec::with_capacity(uop.args.len());
    for &arg in &uop.args {
        let known = values.get(&arg).copied().or_else(|| constant(trace, arg));
        args.push(known.ok_or(Broken::Undefined { value: arg })?);
    }
    let holds = |condition: bool| {
        if condition {
            Ok(())
        } else {
            Err(Broken::Guard { at })
        }
    };
    if let Some(bits) = uop.op.eval_pure(&args) {
        return Ok(Some(bits));
    }
    let misplaced = Broken::Misplaced { at, op: uop.op };
    Ok(match uop.op {
        Op::Const => constant(trace, at),
        Op::Select => Some(if args[0] & 1 == 1 { args[1] } else { args[2] }),
        Op::RefOfBits => Some(args[0]),
        Op::LoadWord => {
            let word = uop.word().ok_or(misplaced)?;
            let bits = pending.get(&word).copied();
            Some(bits.unwrap_or_else(|| state.load_word(base + i64::from(word.0))))
        }
        Op::HasRoom => {
            let word = uop.word().ok_or(misplaced)?;
            Some(state.has_room(base + i64::from(word.0)).into())
        }
        Op::Load | Op::LoadElem => {
            let access = uop.access().ok_or(misplaced)?;
            let index = match uop.op {
                Op::LoadElem => args[1] << access.scale,
                _ => 0,
            };
            let address = args[0].wrapping_add(index);
            let address = address.wrapping_add(i64::from(access.offset) as u64);
            let mem: Mem = access.mem;
            Some(state.load(address, mem))
        }
        Op::Guard => {
            holds(args[0] & 1 == 1)?;
            None
        }
        Op::GuardNot => {
            holds(args[0] & 1 == 0)?;
            None
        }
        Op::GuardRef => {
            holds(args[0] & 1 == 1)?;
            Some(args[1])
        }
        Op::GuardIndex => {
            holds(args[0] < args[1])?;
            Some(args[0])
        }
        Op::Call => {
            let helper = uop.helper().ok_or(misplaced.clone())?;
            let declared = &trace.interface.helpers[helper.index()];
            if !declared.effects.is_removable() {
                return Err(misplaced);
            }
            let call = Call {
                helper,
                args: &args,
                from: None,
                roots: &[],
            };
            match state.call(call) {
                Outcome::Value(bits) => Some(bits),
                Outcome::Error | Outcome::Transfer { .. } => return Err(Broken::Guard { at }),
            }
        }
        _ => return Err(misplaced),
    })
}
