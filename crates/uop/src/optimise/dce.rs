//! Dead code: backwards, what nobody uses and nobody would miss is dropped.
//!
//! Dropped are pure uops, reads, and removable calls that cannot fail. Guards, effects and marks stay,
//! and with them whatever their exits list as pending. One sweep is enough: a line has no cycles
//! but the header's parameters, whose values the exits need anyway, and what sunk objects hold of each
//! other, which is followed at once.

use super::looped::Looped;
use super::output::Output;
use super::pass::Pass;
use crate::id::Value;
use crate::interface::Interface;
use crate::op::{Effect, Op};
use crate::uop::Uop;
use rustc_hash::FxHashMap;

/// Drops dead uops from the body, then from the preamble.
pub(super) fn sweep(out: &mut Output, interface: &Interface, looped: Option<&mut Looped>) {
    let mut live = Live::new(out, looped.as_deref());
    let line = out.take_line();
    let line = sweep_line(out, interface, line, &mut live);
    out.set_line(line);
    if let Some(looped) = looped {
        for &(_, first) in &looped.params {
            live.want(out, first);
        }
        let preamble = std::mem::take(&mut looped.preamble);
        looped.preamble = sweep_line(out, interface, preamble, &mut live);
    }
}

fn sweep_line(
    out: &mut Output,
    interface: &Interface,
    line: Vec<Value>,
    live: &mut Live,
) -> Vec<Value> {
    let mut kept = Vec::with_capacity(line.len());
    for value in line.into_iter().rev() {
        let uop = out.uop(value);
        let dead = !live.is_wanted(out, value) && is_removable(interface, uop);
        if dead {
            out.look_at(value);
            if out.allow(Pass::Dce, "unused") {
                continue;
            }
        }
        live.keep(out, value);
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
    fn new(out: &Output, looped: Option<&Looped>) -> Live {
        let mut stored: FxHashMap<Value, Vec<Value>> = FxHashMap::default();
        let preamble = looped.iter().flat_map(|looped| &looped.preamble);
        for &value in preamble.chain(out.line()) {
            let uop = out.uop(value);
            if uop.sunk {
                let held = stored.entry(object_of(out, value)).or_default();
                held.extend(uop.args.iter().filter(|&&arg| out.uop(arg).sunk));
            }
        }
        Live {
            values: vec![false; out.len()],
            stored,
        }
    }

    /// Whether anybody wants `value`: of a sunk uop, the object it is part of.
    fn is_wanted(&self, out: &Output, value: Value) -> bool {
        self.values[value.index()] || self.values[object_of(out, value).index()]
    }

    fn want(&mut self, out: &Output, value: Value) {
        self.values[value.index()] = true;
        if !out.uop(value).sunk {
            return;
        }
        let mut grey = vec![object_of(out, value)];
        while let Some(object) = grey.pop() {
            self.values[object.index()] = true;
            // Each is looked at once.
            let held = self.stored.remove(&object).unwrap_or_default();
            grey.extend(held.into_iter().map(|value| object_of(out, value)));
        }
    }

    /// Wants what `value`, which is kept, is made of and what its exit names.
    fn keep(&mut self, out: &Output, value: Value) {
        self.want(out, value);
        let uop = out.uop(value);
        for &arg in &uop.args {
            self.want(out, arg);
        }
        if let Some(exit) = uop.exit {
            let exit = out.exit(exit);
            let words = exit.words.iter().map(|(_, value)| value);
            for &value in words.chain(&exit.extras) {
                self.want(out, value);
            }
        }
    }
}

/// The sunk object that `value` is part of; any other value itself.
fn object_of(out: &Output, mut value: Value) -> Value {
    loop {
        let uop = out.uop(value);
        if !uop.sunk || uop.op == Op::Call {
            return value;
        }
        value = uop.args[0];
    }
}

fn is_removable(interface: &Interface, uop: &Uop) -> bool {
    match uop.op.info().effect {
        Effect::Stores => uop.sunk,
        Effect::Pure | Effect::ReadsWord | Effect::Loads => true,
        Effect::Calls => uop.helper().is_some_and(|helper| {
            let helper = &interface.helpers[helper.index()];
            helper.is_removable() || helper.makes.is_some()
        }),
        // Entry parameters belong to the signature; a poll or check has its own effect.
        _ => uop.op == Op::Unreachable,
    }
}
