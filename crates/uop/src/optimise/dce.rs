//! Dead code: backwards, what nobody uses and nobody would miss is dropped.
//!
//! Dropped are pure uops, reads, and removable calls that cannot fail. Guards, effects and marks stay,
//! and with them whatever their exits list as pending. One sweep is enough: a line has no cycles
//! but the header's parameters, whose values the exits need anyway, and what sunk objects hold of each
//! other, which is followed at once.

use super::Pass;
use super::forward::Forward;
use crate::id::Value;
use crate::op::{Effect, Op};
use crate::uop::Uop;
use rustc_hash::FxHashMap;

/// Drops dead uops from the body, then from the preamble.
pub(super) fn sweep(forward: &mut Forward<'_>) {
    let mut live = Live::new(forward);
    let line = std::mem::take(&mut forward.line);
    forward.line = sweep_line(forward, line, &mut live);
    if let Some(mut looped) = forward.looped.take() {
        for &(_, first) in &looped.params {
            live.want(forward, first);
        }
        let preamble = std::mem::take(&mut looped.preamble);
        looped.preamble = sweep_line(forward, preamble, &mut live);
        forward.looped = Some(looped);
    }
}

fn sweep_line(forward: &mut Forward<'_>, line: Vec<Value>, live: &mut Live) -> Vec<Value> {
    let mut kept = Vec::with_capacity(line.len());
    for value in line.into_iter().rev() {
        let uop = forward.uop(value);
        let dead = !live.is_wanted(forward, value) && is_removable(forward, uop);
        if dead {
            forward.at = value;
            if forward.allow(Pass::Dce, "unused") {
                continue;
            }
        }
        live.keep(forward, value);
        kept.push(value);
    }
    kept.reverse();
    kept
}

/// What is wanted.
struct Live {
    values: Vec<bool>,
    /// What is stored in each sunk object: wanted with it, wherever the store is.
    stored: FxHashMap<Value, Vec<Value>>,
}

impl Live {
    fn new(forward: &Forward<'_>) -> Live {
        let mut stored: FxHashMap<Value, Vec<Value>> = FxHashMap::default();
        let preamble = forward.looped.iter().flat_map(|looped| &looped.preamble);
        for &value in preamble.chain(&forward.line) {
            let uop = forward.uop(value);
            if uop.sunk {
                let held = stored.entry(object_of(forward, value)).or_default();
                held.extend(uop.args.iter().filter(|&&arg| forward.uop(arg).sunk));
            }
        }
        Live {
            values: vec![false; forward.pool.len()],
            stored,
        }
    }

    /// Whether anybody wants `value`: of a sunk uop, the object it is part of.
    fn is_wanted(&self, forward: &Forward<'_>, value: Value) -> bool {
        self.values[value.index()] || self.values[object_of(forward, value).index()]
    }

    fn want(&mut self, forward: &Forward<'_>, value: Value) {
        self.values[value.index()] = true;
        if !forward.uop(value).sunk {
            return;
        }
        let mut grey = vec![object_of(forward, value)];
        while let Some(object) = grey.pop() {
            self.values[object.index()] = true;
            // Each is looked at once.
            let held = self.stored.remove(&object).unwrap_or_default();
            grey.extend(held.into_iter().map(|value| object_of(forward, value)));
        }
    }

    /// Wants what `value`, which is kept, is made of and what its exit names.
    fn keep(&mut self, forward: &Forward<'_>, value: Value) {
        self.want(forward, value);
        let uop = forward.uop(value);
        for &arg in &uop.args {
            self.want(forward, arg);
        }
        if let Some(exit) = uop.exit {
            let exit = &forward.exits[exit.index()];
            let words = exit.words.iter().map(|(_, value)| value);
            for &value in words.chain(&exit.extras) {
                self.want(forward, value);
            }
        }
    }
}

/// The sunk object that `value` is part of; any other value itself.
fn object_of(forward: &Forward<'_>, mut value: Value) -> Value {
    loop {
        let uop = forward.uop(value);
        if !uop.sunk || uop.op == Op::Call {
            return value;
        }
        value = uop.args[0];
    }
}

fn is_removable(forward: &Forward<'_>, uop: &Uop) -> bool {
    match uop.op.info().effect {
        Effect::Stores => uop.sunk,
        Effect::Pure | Effect::ReadsWord | Effect::Loads => true,
        Effect::Calls => {
            let helper = uop.helper().expect("verified");
            let helper = &forward.source.interface.helpers[helper.index()];
            helper.is_removable() || helper.makes.is_some()
        }
        // Entry parameters belong to the signature; a poll or check has its own effect.
        _ => uop.op == Op::Unreachable,
    }
}
