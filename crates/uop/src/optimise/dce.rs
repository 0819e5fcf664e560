//! Dead code: backwards, what nobody uses and nobody would miss is dropped.
//!
//! Dropped are pure uops, reads, and removable calls that cannot fail. Guards, effects and marks stay,
//! and with them whatever their exits list as pending. One sweep is enough: a line has no cycles
//! but the header's parameters, whose values the exits need anyway.

use super::Pass;
use super::forward::Forward;
use crate::id::Value;
use crate::op::{Effect, Op};
use crate::uop::Uop;

/// Drops dead uops from the body, then from the preamble.
pub(super) fn sweep(forward: &mut Forward<'_>) {
    let mut live = vec![false; forward.pool.len()];
    let line = std::mem::take(&mut forward.line);
    forward.line = sweep_line(forward, line, &mut live);
    if let Some(mut looped) = forward.looped.take() {
        for &(_, first) in &looped.params {
            live[first.index()] = true;
        }
        let preamble = std::mem::take(&mut looped.preamble);
        looped.preamble = sweep_line(forward, preamble, &mut live);
        forward.looped = Some(looped);
    }
}

fn sweep_line(forward: &mut Forward<'_>, line: Vec<Value>, live: &mut [bool]) -> Vec<Value> {
    let mut kept = Vec::with_capacity(line.len());
    for value in line.into_iter().rev() {
        let uop = forward.uop(value);
        let dead = !live[value.index()] && is_removable(forward, uop);
        if dead {
            forward.at = value;
            if forward.allow(Pass::Dce, "unused") {
                continue;
            }
        }
        mark(forward, value, live);
        kept.push(value);
    }
    kept.reverse();
    kept
}

fn mark(forward: &Forward<'_>, value: Value, live: &mut [bool]) {
    live[value.index()] = true;
    let uop = forward.uop(value);
    for arg in &uop.args {
        live[arg.index()] = true;
    }
    if let Some(exit) = uop.exit {
        let exit = &forward.exits[exit.index()];
        for value in exit
            .words
            .iter()
            .map(|(_, value)| value)
            .chain(&exit.extras)
        {
            live[value.index()] = true;
        }
    }
}

fn is_removable(forward: &Forward<'_>, uop: &Uop) -> bool {
    match uop.op.info().effect {
        Effect::Pure | Effect::ReadsWord | Effect::Loads => true,
        Effect::Calls => {
            let helper = uop.helper().expect("verified");
            let helper = &forward.source.interface.helpers[helper.index()];
            helper.effects.is_removable() && !helper.fails
        }
        // Entry parameters belong to the signature; a poll or check has its own effect.
        _ => uop.op == Op::Unreachable,
    }
}
