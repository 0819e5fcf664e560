//! Ends of arms that are wrong on purpose.

use super::super::super::generate::arms::Junction;
use super::super::suite::Seeds;
use super::{Change, Count, Scene, arms_of, end, last_instruction};
use crate::id::{ExitId, Value};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};

/// An end that is wrong on purpose must be noticed.
fn caught(what: &str, change: &Change) {
    let mut count = Count::default();
    for (number, seed) in Seeds::fixed().enumerate() {
        let junction = Junction::new(seed);
        let (arms, _) = arms_of(&junction, seed);
        let scene = Scene::new(&junction, &arms, None, seed, Some(change), &mut count);
        if let Err((at, start, forced, wrong)) = scene.check(&mut count) {
            return println!(
                "{what}: place {number}, arm {at}, start {start}, guard {forced:?}: {wrong}"
            );
        }
    }
    panic!("{what} was not caught");
}

/// Replaces the uop by one that does nothing.
fn drop_uop(trace: &mut Trace, at: usize) {
    trace.uops[at] = Uop::new(Op::Const, &[])
        .with_ty(Type::I64)
        .with_imm(Imm::Const(0));
}

#[test]
fn an_end_that_forgets_what_the_entry_does_not_take() {
    caught("unstored", &|mut trace, takes| {
        if takes.is_none() {
            return trace;
        }
        for at in last_instruction(&trace)..trace.uops.len() {
            if trace.uops[at].op == Op::StoreWord {
                drop_uop(&mut trace, at);
            }
        }
        trace
    });
}

#[test]
fn an_end_that_takes_a_constant_on_trust() {
    caught("trusted", &|mut trace, _| {
        let Some(target) = end(&trace).map(|end| end.target) else {
            return trace;
        };
        for at in last_instruction(&trace)..trace.uops.len() {
            let uop = &trace.uops[at];
            let leads = uop.exit.map(|exit| trace.exit(exit).target);
            if uop.op == Op::Guard && leads == Some(target) {
                drop_uop(&mut trace, at);
            }
        }
        trace
    });
}

/// What is handed over for a constant is what the word held before.
#[test]
fn an_end_that_hands_over_a_constants_old_value() {
    caught("old", &|mut trace, takes| {
        let Some(takes) = takes else { return trace };
        let base = end(&trace).map_or(0, |end| end.base);
        let last = trace.uops.len() - 2;
        let ExitId(exit) = trace.uops[last].exit.expect("an exit has an exit");
        let words = trace.exits[exit as usize].words.clone();
        let old = words.iter().position(|&(word, value)| {
            let constant: Option<Const> = trace.constant(value);
            let mut params = takes.params();
            constant.is_some() && params.any(|(it, _)| it == word.seen_from(base))
        });
        if let Some(old) = old {
            let (word, value) = words[old];
            let ty = trace.ty(value).expect("a pending value has a type");
            let load = Uop::new(Op::LoadWord, &[])
                .with_ty(ty)
                .with_imm(Imm::Word(word));
            trace.uops.insert(last, load);
            trace.exits[exit as usize].words[old].1 = Value(last as u32);
        }
        trace
    });
}
