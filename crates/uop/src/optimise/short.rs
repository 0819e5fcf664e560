//! The short preamble: what a header rests on, and the way in that is made of it.
//!
//! The short preamble holds the invariants' makings *and every guard of the preamble over values
//! that do not change*: any fact the loop rests on was proven by one of those, so replaying them in
//! order re-establishes all of it without tracking which fact was used where.
//!
//! A header that foreign traces may enter can be entered by the trace itself the same way: the
//! replay, guards for the contract's constants, loads of the parameters. That replaces the first
//! iteration, which is walked only to find out what the loop may rest on; compiled, it would be
//! half of every loop's code and more than half of what compiling takes. Where the words are not
//! yet what the loop wants (a variable is nil until the first iteration has set it) the guards
//! leave to the header's instruction with nothing done. If that happens often, a side trace from
//! there is the first iteration, made on demand.

use super::looped::Looped;
use super::output::Output;
use super::pass::Pass;
use super::stability::{self, Stability};
use super::walk::Walk;
use crate::id::Value;
use crate::op::{Effect, Op};

/// What the loop takes from the preamble, and what its header rests on.
pub(super) struct Contract {
    /// Constants that the loop names.
    pub(super) constants: Vec<Value>,
    /// Other preamble values that the loop names.
    pub(super) invariants: Vec<Value>,
    /// The short preamble, in order; empty if the header is closed.
    pub(super) short: Vec<Value>,
    /// Whether everything it rests on can be replayed.
    pub(super) open: bool,
}

impl Contract {
    pub(super) fn of(walk: &Walk<'_>, looped: &Looped, body: &[Value]) -> Contract {
        let named = named_by(&walk.out, looped, body);
        let is_constant = |value: &Value| walk.out.uop(*value).op == Op::Const;
        let names = (0..looped.boundary).map(Value);
        let names = names.filter(|value| named[value.index()]);
        let (constants, invariants): (Vec<Value>, Vec<Value>) = names.partition(is_constant);
        let stability = stability::of_preamble(walk, looped);
        // What is needed, to begin with the roots.
        let mut needed = vec![false; looped.boundary as usize];
        for value in &invariants {
            needed[value.index()] = true;
        }
        for &value in &looped.preamble {
            let found = stability[value.index()];
            let uop = walk.out.uop(value);
            let tests = match uop.op.info().effect {
                Effect::Guards => !matches!(uop.op, Op::Poll | Op::CheckValid),
                // The loop need not call again what has not failed before.
                Effect::Calls => uop.exit.is_some(),
                _ => false,
            };
            if tests && found != Stability::Varying {
                needed[value.index()] = true;
            }
        }
        let mut roots = needed.iter().zip(&stability);
        let open = roots.all(|(&root, &found)| !root || found == Stability::Replayable);
        // Backwards, so that a uop is reached after all its users.
        for &value in looped.preamble.iter().rev() {
            if needed[value.index()] {
                for arg in &walk.out.uop(value).args {
                    needed[arg.index()] = true;
                }
            }
        }
        let short = looped.preamble.iter().copied();
        let short = short.filter(|value| open && needed[value.index()]);
        Contract {
            constants,
            invariants,
            short: short.collect(),
            open,
        }
    }
}

/// The preamble values the body names: in its uops, its exits, its back edge.
fn named_by(out: &Output, looped: &Looped, body: &[Value]) -> Vec<bool> {
    let mut named = vec![false; looped.boundary as usize];
    let mut name = |value: Value| {
        if let Some(named) = named.get_mut(value.index()) {
            *named = true;
        }
    };
    for &value in body {
        let uop = out.uop(value);
        uop.args.iter().copied().for_each(&mut name);
        if let Some(exit) = uop.exit {
            let exit = out.exit(exit);
            exit.words.iter().for_each(|&(_, value)| name(value));
            exit.extras.iter().copied().for_each(&mut name);
        }
    }
    named
}

/// What the trace does before the short preamble, if it enters its loop by that; notes the
/// rewrite if so.
///
/// Not where a guard of the loop is known to fail: then it is only ever left, and the first
/// iteration is what the trace is good for.
pub(super) fn way_in(
    walk: &mut Walk<'_>,
    looped: &Looped,
    contract: &Contract,
    body: &[Value],
) -> Option<Vec<Value>> {
    let refuted = |&value: &Value| {
        let uop = walk.out.uop(value);
        uop.op.is_guard() && walk.is_refuted(uop.verified())
    };
    if !contract.open || body.iter().any(refuted) {
        return None;
    }
    let begun = begun(&walk.out, looped)?;
    walk.out.allow(Pass::Short, "entry").then_some(begun)
}

/// What comes before the first instruction: what the trace was handed, put into memory. `None`
/// if there is more.
fn begun(out: &Output, looped: &Looped) -> Option<Vec<Value>> {
    let op = |value: Value| out.uop(value).op;
    let line = &looped.preamble;
    let first = |&value: &Value| matches!(op(value), Op::At | Op::Poll);
    let begun = &line[..line.iter().position(first)?];
    let hands_over = |op| matches!(op, Op::Start | Op::Param | Op::Const | Op::StoreWord);
    let is_used = |&value: &Value| {
        let mut users = begun.iter().map(|&user| out.uop(user));
        op(value) != Op::Const || users.any(|user| user.args.contains(&value))
    };
    let all = begun.iter().all(|&value| hands_over(op(value)));
    all.then(|| begun.iter().copied().filter(is_used).collect())
}
