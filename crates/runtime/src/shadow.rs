//! The shadow check: a recorded trace beside the interpreter, on the next real iteration.
//!
//! An instruction that looks at changing host state without asking the machine bakes what it saw
//! into traces, and nothing in its types forbids that. Here the unoptimised trace is evaluated
//! instruction by instruction while the interpreter does the same for real, and what the trace
//! would have stored is compared with what is there. The first instruction that differs is named.
//!
//! The recorder beside it is [witnessed](crate::recorder), as all recordings are that are made with
//! [`Config::shadow`](crate::Config::shadow): what helpers do beyond their declarations is found there.
//!
//! The trace only pretends: its stores go to an overlay, helpers with effects are called once, by
//! the interpreter, and their answers are handed to both. A guard that fails ends the check
//! without a finding: that is what guards are for.
#![allow(
    unsafe_code,
    reason = "traces read the heap by address; the argument is in heap.rs"
)]

use crate::checks::{Difference, Differs};
use crate::core::Core;
use crate::language::context::Context;
use crate::language::heap;
use crate::language::phases::Flow;
use crate::language::program::Program;
use crate::recorder::Recorder;
use crate::registry::ANSWERED_TAG;
use offramp_uop::evaluate::{Call, Entry, Outcome, State, run};
use offramp_uop::{HelperId, Mem, Pc, Trace};
use rustc_hash::FxHashMap;

/// The trace's pretended machine, and the real one.
struct Shadow<'r, 'a, P: Program> {
    core: &'a Core<P>,
    real: &'r mut Recorder<'a, P>,
    /// Where the real program is, and how it got there.
    pc: Pc,
    flow: Flow,
    /// The instruction the trace is in, and whether the real program has done it.
    current: Option<Pc>,
    done: bool,
    words: FxHashMap<i64, u64>,
    heap: FxHashMap<u64, (Mem, u64)>,
    finding: Option<(Pc, Differs)>,
    /// Nothing more is to be compared: the evaluator is led out.
    over: bool,
    start: Pc,
}

/// Runs one iteration of `trace` as its own shadow; `real` stands at the trace's start. What differs
/// first, and how and where the program goes on.
pub(crate) fn check<'a, P: Program>(
    trace: &Trace,
    real: &mut Recorder<'a, P>,
) -> (Option<Difference>, Flow, Pc) {
    let core = real.run.core;
    let base = real.run.frame.index() as i64;
    let mut shadow = Shadow {
        core,
        real,
        pc: trace.pc,
        flow: Flow::Next,
        current: None,
        done: false,
        words: FxHashMap::default(),
        heap: FxHashMap::default(),
        finding: None,
        over: false,
        start: trace.pc,
    };
    let left = run(trace, Entry::Start, &[], base, &mut shadow);
    if !shadow.over && Some(left.pc) != shadow.current {
        shadow.settle();
        shadow.expect_at(left.pc);
    }
    let finding = shadow.finding.map(|(pc, what)| Difference {
        trace: trace.name.clone(),
        pc,
        place: core.program().name_of(pc),
        what,
    });
    (finding, shadow.flow, shadow.pc)
}

impl<P: Program> Shadow<'_, '_, P> {
    /// The real program does the current instruction.
    fn perform(&mut self) {
        let pc = self.pc;
        self.done = true;
        self.core.count_executed();
        self.flow = self.real.step(pc);
        self.pc = self.flow.next(pc);
        self.over |= matches!(self.flow, Flow::Finish | Flow::Fail);
    }

    /// The trace is through with the current instruction: what it stored is compared.
    fn settle(&mut self) {
        let Some(current) = self.current.take() else {
            return;
        };
        if !self.done {
            self.perform();
        }
        self.done = false;
        let mut words: Vec<(i64, u64)> = self.words.drain().collect();
        words.sort_unstable();
        for (index, traced) in words {
            let real = self.word(index);
            if !same(traced, real) {
                let differs = Differs::Word {
                    index,
                    traced,
                    real,
                };
                self.find(current, differs);
            }
        }
        let mut heap: Vec<(u64, (Mem, u64))> = self.heap.drain().collect();
        heap.sort_unstable_by_key(|&(address, _)| address);
        for (address, (mem, traced)) in heap {
            // SAFETY: the place was stored to by this instruction, so it is live.
            let real = unsafe { heap::read(address, mem) };
            if !same(traced, real) {
                let differs = Differs::Heap {
                    address,
                    traced,
                    real,
                };
                self.find(current, differs);
            }
        }
    }

    fn expect_at(&mut self, traced: Pc) {
        let real = self.pc;
        if traced != real && !self.over {
            self.find(traced, Differs::Next { traced, real });
        }
    }

    /// Only the first counts.
    fn find(&mut self, pc: Pc, differs: Differs) {
        self.finding.get_or_insert((pc, differs));
        self.over = true;
    }

    fn word(&mut self, index: i64) -> u64 {
        let frame = &mut self.real.run.frame;
        frame.with_stack(|stack| stack.index(index as usize))
    }

    fn answered(&mut self, helper: HelperId) -> Option<u64> {
        self.real.log.get_mut().answered(helper)
    }
}

/// Bits are equal, or both are a NaN.
fn same(a: u64, b: u64) -> bool {
    a == b || f64::from_bits(a).is_nan() && f64::from_bits(b).is_nan()
}

impl<P: Program> State for Shadow<'_, '_, P> {
    fn load_word(&mut self, index: i64) -> u64 {
        match self.words.get(&index) {
            Some(&bits) => bits,
            None => self.word(index),
        }
    }

    fn store_word(&mut self, index: i64, bits: u64) {
        self.words.insert(index, bits);
    }

    fn load(&mut self, address: u64, mem: Mem) -> u64 {
        match self.heap.get(&address) {
            Some(&(stored, bits)) if stored == mem => bits,
            // SAFETY: as for `Memory`: the trace loads behind its guards.
            _ => unsafe { heap::read(address, mem) },
        }
    }

    fn store(&mut self, address: u64, mem: Mem, bits: u64) {
        self.heap.insert(address, (mem, mem.extend(bits)));
    }

    fn call(&mut self, call: Call<'_>) -> Outcome {
        if self.over {
            return Outcome::Error;
        }
        let repeatable = self.core.interface().helpers[call.helper.index()].is_repeatable();
        if repeatable && call.helper != ANSWERED_TAG {
            let shim = self.core.registry().shim(call.helper);
            let shim = shim.expect("every helper but one has a shim");
            let (core, host) = (self.core, &mut *self.real.run.host);
            return self.real.run.frame.with_stack(|stack| {
                let mut context = Context::new(core, host, stack, 0);
                shim(&mut context, call.args)
                    .outcome
                    .unwrap_or(Outcome::Error)
            });
        }
        if !self.done {
            self.perform();
        }
        match self.answered(call.helper) {
            Some(bits) => Outcome::Value(bits),
            // It failed, moved the program elsewhere, or was not called at all; the trace leaves.
            None => {
                self.over = true;
                Outcome::Error
            }
        }
    }

    fn has_room(&mut self, index: i64) -> bool {
        let frame = &mut self.real.run.frame;
        frame.with_stack(|stack| index <= stack.limit() as i64)
    }

    fn poll(&mut self) -> bool {
        self.over
    }

    fn force_exit(&mut self) -> bool {
        self.over
    }

    fn at(&mut self, pc: Pc) {
        if self.over {
            return;
        }
        let is_first = self.current.is_none();
        self.settle();
        self.expect_at(pc);
        if pc == self.start && !is_first {
            self.over = true;
        }
        self.current = Some(pc);
    }
}
