//! Optimisers with one wrong rule each: the checker's own test, and the [proof](crate::proof)'s.
//!
//! Every mutant keeps to the fuel and notes its rewrites, correct ones among them, so that naming
//! the wrong one takes the bisection.

use super::super::blame::{Optimiser, Report, Step, examine};
use super::super::generate::generate;
use super::super::model::{ENTRY_BASE, STACK};
use super::passes::optimiser;
use super::suite::Seeds;
use crate::id::Value;
use crate::op::Op;
use crate::optimise::{Optimised, Options, Passes, optimise};
use crate::proof::prove;
use crate::trace::Trace;
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Rewrites under fuel.
struct Rewriter {
    trace: Trace,
    fuel: u64,
    trail: Vec<Step>,
}

impl Rewriter {
    fn new(trace: &Trace, fuel: Option<u64>) -> Rewriter {
        Rewriter {
            trace: trace.clone(),
            fuel: fuel.unwrap_or(u64::MAX),
            trail: Vec::new(),
        }
    }

    /// Whether there is fuel for a rewrite, which is noted.
    fn may(&mut self, rule: &str, at: Value) -> bool {
        if self.trail.len() as u64 >= self.fuel {
            return false;
        }
        self.trail.push(Step {
            pass: "mutant".to_owned(),
            rule: rule.to_owned(),
            at,
        });
        true
    }

    /// Swaps operands of commutative ops, which is right.
    fn commute(&mut self) {
        for index in 0..self.trace.uops.len() {
            if self.trace.uops[index].op.is_commutative()
                && self.may("commute", Value(index as u32))
            {
                self.trace.uops[index].args.reverse();
            }
        }
    }

    fn positions(&self, op: Op) -> Vec<Value> {
        let found = self.trace.iter().filter(|(_, uop)| uop.op == op);
        found.map(|(value, _)| value).collect()
    }

    /// Lets later uses of `from` use `to`.
    fn replace(&mut self, from: Value, to: Value) {
        for uop in &mut self.trace.uops[from.index() + 1..] {
            for arg in uop.args.iter_mut().filter(|arg| **arg == from) {
                *arg = to;
            }
        }
    }

    /// Replaces the uop by one that does nothing and defines nothing that is used.
    fn drop(&mut self, at: Value) {
        self.trace.uops[at.index()] = Uop::new(Op::Const, &[])
            .with_ty(Type::I64)
            .with_imm(Imm::Const(0));
    }

    fn done(self) -> (Trace, Vec<Step>) {
        (self.trace, self.trail)
    }
}

/// The wrong optimiser must be caught within a few times the usual number of traces, `rule` be named,
/// and its trace not be proved.
fn caught(rule: &str, optimiser: &Optimiser<'_>) {
    caught_with(rule, optimiser, in_place);
}

fn caught_with(rule: &str, optimiser: &Optimiser<'_>, hints: Hints) {
    for (number, seed) in Seeds::fixed_and_more().enumerate() {
        let Err(report) = examine(&generate(seed), optimiser) else {
            continue;
        };
        let Some((_, step)) = &report.guilty else {
            panic!("{rule} was caught, but nobody named:\n{report}")
        };
        assert_eq!(step.rule, rule, "{report}");
        assert!(report.recorded.uops.len() < 60, "not small:\n{report}");
        refused(&report, optimiser, hints);
        return println!("{rule}: trace {number}\n{report}");
    }
    panic!("{rule} was not caught");
}

/// The trace that was caught is not proved, and the one without the last, wrong rewrite is.
fn refused(report: &Report, optimiser: &Optimiser<'_>, hints: Hints) {
    let Some((fuel, _)) = report.guilty else {
        return;
    };
    let proved = |fuel| {
        let (trace, _) = optimiser(&report.recorded, Some(fuel));
        let optimised = Optimised {
            trace,
            trail: Vec::new(),
            origins: hints(&report.recorded),
            leads_to: None,
        };
        prove(&report.recorded, &optimised, &Options::default())
    };
    if let Err(unproved) = proved(fuel - 1) {
        panic!("the right rewrites are not proved: {unproved}\n{report}");
    }
    match proved(fuel) {
        Err(unproved) => println!("refused: {unproved}"),
        Ok(proof) => panic!("proved, although it is wrong: {proof:?}\n{report}"),
    }
}

/// What a wrong optimiser tells the proof: which uop of the recording each of its uops is.
type Hints = fn(&Trace) -> Vec<Value>;

/// Every uop is where it was.
fn in_place(recorded: &Trace) -> Vec<Value> {
    recorded.iter().map(|(at, _)| at).collect()
}

#[test]
fn swapped_operands_of_a_difference() {
    caught("swap", &|trace, fuel| {
        let mut rewriter = Rewriter::new(trace, fuel);
        rewriter.commute();
        for at in rewriter.positions(Op::Sub) {
            if rewriter.may("swap", at) {
                rewriter.trace.uops[at.index()].args.reverse();
            }
        }
        rewriter.done()
    });
}

#[test]
fn a_product_as_a_shift() {
    caught("shift", &|trace, fuel| {
        let mut rewriter = Rewriter::new(trace, fuel);
        rewriter.commute();
        for at in rewriter.positions(Op::Mul) {
            let by = rewriter.trace.uop(at).args[1];
            let factor = rewriter.trace.constant(by);
            if factor.is_some_and(|factor| factor.bits == 2) && rewriter.may("shift", at) {
                rewriter.trace.uops[at.index()].op = Op::Shl;
            }
        }
        rewriter.done()
    });
}

/// A NaN comes out of a product as it went in.
#[test]
fn a_float_product_as_a_negation() {
    caught("negation", &|trace, fuel| {
        let mut rewriter = Rewriter::new(trace, fuel);
        rewriter.commute();
        for at in rewriter.positions(Op::Fmul) {
            for (factor, other) in [(0, 1), (1, 0)] {
                let args = rewriter.trace.uop(at).args.clone();
                let constant = args
                    .get(factor)
                    .and_then(|&arg| rewriter.trace.constant(arg));
                let minus_one = |constant: Const| constant.bits == (-1.0_f64).to_bits();
                if constant.is_some_and(minus_one) && rewriter.may("negation", at) {
                    let uop = &mut rewriter.trace.uops[at.index()];
                    uop.op = Op::Fneg;
                    uop.args = smallvec::smallvec![args[other]];
                }
            }
        }
        rewriter.done()
    });
}

#[test]
fn a_float_sum_with_zero() {
    caught("zero", &|trace, fuel| {
        let mut rewriter = Rewriter::new(trace, fuel);
        rewriter.commute();
        for at in rewriter.positions(Op::Fadd) {
            for (zero, other) in [(0, 1), (1, 0)] {
                let args = rewriter.trace.uop(at).args.clone();
                let addend = rewriter.trace.constant(args[zero]);
                // -0.0 + 0.0 is 0.0.
                if addend.is_some_and(|addend| addend.bits == 0) && rewriter.may("zero", at) {
                    rewriter.replace(at, args[other]);
                }
            }
        }
        rewriter.done()
    });
}

#[test]
fn a_dropped_guard() {
    caught("drop", &|trace, fuel| {
        let mut rewriter = Rewriter::new(trace, fuel);
        rewriter.commute();
        // Only one, somewhere in the middle: the others may well hide that it is missing.
        let guards = rewriter.positions(Op::Guard);
        if let Some(&at) = guards.get(guards.len() / 2)
            && rewriter.may("drop", at)
        {
            rewriter.drop(at);
        }
        rewriter.done()
    });
}

#[test]
fn a_guard_behind_an_effect() {
    caught("late", &|trace, fuel| {
        let mut rewriter = Rewriter::new(trace, fuel);
        rewriter.commute();
        for at in rewriter.positions(Op::Guard) {
            let next = at.index() + 1;
            if rewriter.trace.uops[next].op == Op::StoreWord
                && rewriter.trace.uops[next].args[0] != at
                && rewriter.may("late", at)
            {
                rewriter.trace.uops.swap(at.index(), next);
            }
        }
        rewriter.done()
    });
}

/// A load takes the value last loaded from the same place, unless `changes` says of a uop in
/// between that it may have written there. Same places are told by value numbering: frame words
/// keep their number from store to store and call to call.
fn forward(
    trace: &Trace,
    fuel: Option<u64>,
    changes: fn(&Trace, &Uop) -> bool,
) -> (Trace, Vec<Step>) {
    let mut rewriter = Rewriter::new(trace, fuel);
    let mut number: Vec<u64> = Vec::new();
    let mut words = [0; STACK];
    let mut epoch = 0;
    let mut known: Vec<(u64, Value)> = Vec::new();
    for (at, uop) in trace.iter() {
        let version = match uop.op {
            Op::StoreWord | Op::Call | Op::Header => {
                epoch += 1;
                match uop.word() {
                    Some(word) => words[(word.0 + ENTRY_BASE as i32) as usize] = epoch,
                    None => words.fill(epoch),
                }
                epoch
            }
            Op::LoadWord => uop
                .word()
                .map_or(0, |word| words[(word.0 + ENTRY_BASE as i32) as usize]),
            _ => 0,
        };
        let args = match uop.op {
            Op::GuardRef => &uop.args[1..],
            _ => &uop.args[..],
        };
        let mut hasher = DefaultHasher::new();
        (uop.imm, uop.ty, version).hash(&mut hasher);
        uop.op.hash(&mut hasher);
        for arg in args {
            number[arg.index()].hash(&mut hasher);
        }
        number.push(hasher.finish());
        match uop.op {
            Op::Header => known.clear(),
            Op::Load => {
                let key = number[at.index()];
                match known.iter().find(|(seen, _)| *seen == key) {
                    Some(&(_, value)) => {
                        if rewriter.may("forward", at) {
                            rewriter.replace(at, value);
                        }
                    }
                    None => known.push((key, at)),
                }
            }
            _ if changes(trace, uop) => known.clear(),
            _ => {}
        }
    }
    rewriter.done()
}

#[test]
fn a_load_forwarded_over_an_aliasing_store() {
    caught("forward", &|trace, fuel| {
        forward(trace, fuel, |_, uop| uop.op == Op::Call)
    });
}

#[test]
fn a_load_forwarded_over_a_call() {
    caught("forward", &|trace, fuel| {
        forward(trace, fuel, |_, uop| {
            matches!(uop.op, Op::Store | Op::StoreElem)
        })
    });
}

/// Loads of words take the value last stored there, whatever was called in between.
#[test]
fn a_word_forwarded_over_a_call_that_writes_frames() {
    caught("word", &|trace, fuel| {
        let mut rewriter = Rewriter::new(trace, fuel);
        rewriter.commute();
        let mut known: Vec<(Uop, Value)> = Vec::new();
        for index in 0..rewriter.trace.uops.len() {
            let at = Value(index as u32);
            let uop = rewriter.trace.uops[index].clone();
            match uop.op {
                Op::StoreWord => known.retain(|(load, _)| load.imm != uop.imm),
                Op::LoadWord => match known.iter().find(|(load, _)| *load == uop) {
                    Some(&(_, value)) if rewriter.may("word", at) => rewriter.replace(at, value),
                    _ => known.push((uop, at)),
                },
                _ => {}
            }
        }
        rewriter.done()
    });
}

/// Removes a store that another store to the same word follows, with nothing between that
/// `needs` it.
fn dead_stores(
    trace: &Trace,
    fuel: Option<u64>,
    needs: impl Fn(&Trace, &Uop) -> bool,
) -> (Trace, Vec<Step>) {
    let mut rewriter = Rewriter::new(trace, fuel);
    rewriter.commute();
    for at in rewriter.positions(Op::StoreWord) {
        let word = rewriter.trace.uop(at).word();
        let next = rewriter.trace.uops[at.index() + 1..].iter().find(|uop| {
            uop.word() == word || uop.op.is_terminator() || needs(&rewriter.trace, uop)
        });
        if next.is_some_and(|uop| uop.op == Op::StoreWord) && rewriter.may("dead store", at) {
            rewriter.drop(at);
        }
    }
    rewriter.done()
}

#[test]
fn a_store_an_exit_needs() {
    caught("dead store", &|trace, fuel| {
        dead_stores(trace, fuel, |_, uop| uop.op == Op::Call)
    });
}

#[test]
fn a_store_a_call_needs() {
    caught("dead store", &|trace, fuel| {
        dead_stores(trace, fuel, |trace, uop| {
            // A failing call leaves too; what a call sees that returns is forgotten.
            let helper = uop
                .helper()
                .map(|helper| &trace.interface.helpers[helper.index()]);
            helper.map_or(uop.exit.is_some(), |helper| helper.fails)
        })
    });
}

#[test]
fn a_torn_group() {
    caught("tear", &|trace, fuel| {
        let mut rewriter = Rewriter::new(trace, fuel);
        rewriter.commute();
        if trace.interface.group != 2 {
            return rewriter.done();
        }
        // Keeps tags back until the next store, past any call in between.
        for at in rewriter.positions(Op::StoreWord).into_iter().rev() {
            let uop = rewriter.trace.uop(at).clone();
            let behind = at.index() + 2;
            if uop.word().is_some_and(|word| word.0 % 2 == 0)
                && rewriter.trace.uops[behind].op == Op::Call
                && rewriter.trace.uops[at.index() + 1].op == Op::StoreWord
                && rewriter.trace.uops[behind + 1].op != Op::Unreachable
                && rewriter.may("tear", at)
            {
                rewriter.trace.uops[at.index()..=behind].rotate_left(1);
                let call = Value(behind as u32);
                let moved = Value(behind as u32 - 1);
                rewriter.replace(call, moved);
            }
        }
        rewriter.done()
    });
}

#[test]
fn an_invalid_executor_that_goes_on() {
    caught("stay", &|trace, fuel| {
        let mut rewriter = Rewriter::new(trace, fuel);
        rewriter.commute();
        for at in rewriter.positions(Op::CheckValid) {
            if rewriter.may("stay", at) {
                rewriter.drop(at);
            }
        }
        rewriter.done()
    });
}

/// Objects that stay sunk go on naming one that they hold and that the line has made: exits make it again.
#[test]
fn a_holder_that_keeps_what_was_not_made() {
    let hints: Hints = |trace| optimise(trace, &Options::default()).origins;
    let stale: &Optimiser<'_> = &|trace, fuel| {
        let (optimised, mut steps) = optimiser(Passes::ALL)(trace, fuel);
        let left = fuel.map(|fuel| fuel.saturating_sub(steps.len() as u64));
        let mut rewriter = Rewriter::new(&optimised, left);
        let mut stores: Vec<Value> = Vec::new();
        for (at, uop) in optimised.iter() {
            if !uop.sunk || uop.op != Op::Store {
                continue;
            }
            // The store once more of what was made in the meantime.
            let earlier = stores.iter().map(|&store| optimised.uop(store));
            let mut earlier = earlier.filter(|it| it.args[0] == uop.args[0] && it.imm == uop.imm);
            let (held, before) = (optimised.uop(uop.args[1]), earlier.next_back());
            let before = before.filter(|it| {
                let before = optimised.uop(it.args[1]);
                before.sunk && !held.sunk && before.op == held.op && before.imm == held.imm
            });
            if let Some(before) = before
                && rewriter.may("stale", at)
            {
                rewriter.trace.uops[at.index()].args[1] = before.args[1];
            }
            stores.push(at);
        }
        let (trace, stale) = rewriter.done();
        steps.extend(stale);
        (trace, steps)
    };
    caught_with("stale", stale, hints);
}

/// What held in the first iteration is taken for granted in the others.
#[test]
fn a_guard_moved_out_of_the_loop() {
    caught("hoist", &|trace, fuel| {
        let mut rewriter = Rewriter::new(trace, fuel);
        rewriter.commute();
        let Some(header) = rewriter.trace.header.clone() else {
            return rewriter.done();
        };
        // A copy of the body before the header, less one guard behind it.
        let body: Vec<Uop> = trace.uops[header.at.index() + 1..trace.uops.len() - 2].to_vec();
        let Some(guard) = body.iter().rposition(|uop| uop.op == Op::Guard) else {
            return rewriter.done();
        };
        if !rewriter.may("peel", header.at) {
            return rewriter.done();
        }
        let length = body.len() as u32;
        let first = header.at.0;
        let mut uops = rewriter.trace.uops[..header.at.index()].to_vec();
        let moved = |uop: &Uop, by: u32| {
            let mut uop = uop.clone();
            for arg in &mut uop.args {
                if arg.0 >= first {
                    arg.0 += by;
                }
            }
            uop
        };
        // Without the header, values move down by one; behind it, up by the copy's length.
        let copied = body.iter().map(|uop| {
            let mut uop = uop.clone();
            for arg in &mut uop.args {
                arg.0 -= u32::from(arg.0 > first);
            }
            uop
        });
        uops.extend(copied);
        uops.push(Uop::new(Op::Header, &[]));
        uops.extend(
            trace.uops[header.at.index() + 1..]
                .iter()
                .map(|uop| moved(uop, length)),
        );
        rewriter.trace.uops = uops;
        if let Some(header) = &mut rewriter.trace.header {
            header.at.0 += length;
        }
        let guard = Value(first + length + 1 + guard as u32);
        if rewriter.may("hoist", guard) {
            rewriter.drop(guard);
        }
        rewriter.done()
    });
}
