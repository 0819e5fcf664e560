//! A loop and a side trace that goes back to its header: the least that an exit can cost.
//!
//! ```text
//!   header ─▶ i -= 1, done? ─▶ table[i & MASK] set? ─▶ every value += … ─▶ header
//!                                      │ yes
//!                                      └─▶ side: every value changed otherwise ─▶ header
//! ```
//! The traces are hand-built, in recorded form; the graph optimises, compiles and links them as it
//! would a recorder's. What is pending at the guard are the counter and the live values, so the
//! side trace takes them in registers and hands them back to the header in registers.

use offramp::Config;
use offramp::explicit::{ExecutorGraph, InstallError, Leave};
use offramp::explicit::{NativeBackend, NativeEngine, NativeOptions};
use offramp::inspect::{ExecutorRef, ExitRef, ExitStatus};
use offramp_uop::evaluate::{Call, Entry, Hardware, Outcome, State};
use offramp_uop::{
    Access, Builder, Class, ExitId, ExitKind, ExitState, Interface, Mem, Op, Type, Word, inherit,
};
use std::sync::Arc;

/// Entries of the table, a power of two.
pub(crate) const TABLE: usize = 1 << 19;
const MASK: i64 = TABLE as i64 - 1;
const LOOP: u32 = 0;
const SIDE: u32 = 2;
const DONE: u32 = 1;
/// The class of the table's bytes.
const BYTES: Class = Class(0);

/// How many values live around the loop, besides its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) floats: usize,
    pub(crate) ints: usize,
}

/// A ring with its frame and table.
pub(crate) struct Ring {
    graph: ExecutorGraph,
    root: ExecutorRef,
    live: Live,
    table: Box<[u8]>,
    words: Vec<u64>,
    interrupt: u64,
}

/// Word of the n-th value; the counter is word 0.
fn word(n: usize) -> Word {
    Word(1 + n as i32)
}

fn failed(error: InstallError) -> String {
    format!("{error}: {error:?}")
}

fn change(b: &mut Builder, live: Live, op: Op, step: f64) {
    for n in 0..live.ints {
        let counter = b.load_word(Type::I64, Word(0));
        let old = b.load_word(Type::I64, word(n));
        let new = b.pure(op, &[old, counter]);
        b.store_word(word(n), new);
    }
    for n in live.ints..live.ints + live.floats {
        let step = b.float(step);
        let old = b.load_word(Type::F64, word(n));
        let new = b.pure(Op::Fadd, &[old, step]);
        b.store_word(word(n), new);
    }
}

impl Ring {
    pub(crate) fn new(live: Live) -> Result<Ring, String> {
        let engine = NativeEngine::new(NativeOptions::default());
        let engine = engine.map_err(|error| error.to_string())?;
        let backend = NativeBackend::new(Arc::new(engine)).map_err(|error| error.to_string())?;
        let graph = ExecutorGraph::new(Config::default(), backend);
        let table = vec![0u8; TABLE].into_boxed_slice();
        let root = Ring::install(&graph, live, &table)?;
        Ok(Ring {
            graph,
            root,
            live,
            table,
            words: vec![0; 64],
            interrupt: 0,
        })
    }

    fn install(graph: &ExecutorGraph, live: Live, table: &[u8]) -> Result<ExecutorRef, String> {
        let interface = Interface {
            classes: vec!["bytes".into()],
            ..Interface::new()
        };
        let mut b = Builder::new("loop", LOOP, interface.into());
        b.at(LOOP);
        let interrupted = b.exit(ExitState::new(ExitKind::Poll, LOOP, 0));
        b.poll(interrupted);
        let (old, one, zero) = (b.load_word(Type::I64, Word(0)), b.int(1), b.int(0));
        let counter = b.pure(Op::Sub, &[old, one]);
        b.store_word(Word(0), counter);
        b.at(DONE);
        let done = b.side_exit(DONE, 0);
        let more = b.pure(Op::Ne, &[counter, zero]);
        b.guard(more, done);
        b.at(SIDE);
        let other = b.side_exit(SIDE, 0);
        let counter = b.load_word(Type::I64, Word(0));
        let (address, mask) = (b.reference(table.as_ptr() as u64), b.int(MASK));
        let index = b.pure(Op::And, &[counter, mask]);
        let access = Access {
            mem: Mem::U8,
            offset: 0,
            scale: 0,
            class: BYTES,
        };
        let byte = b.load_elem(address, index, access);
        let zero = b.int(0);
        let plain = b.pure(Op::Eq, &[byte, zero]);
        b.guard(plain, other);
        change(&mut b, live, Op::Add, 1.0);
        let recording = graph.begin_root(LOOP).ok_or("a recording is under way")?;
        let root = graph.finish(recording, b.finish_loop()).map_err(failed)?;
        let info = graph.executor_info(root).ok_or("the loop is gone")?;
        // Peeling copies the guard: one in the preamble, one in the loop.
        let exits = info.trace.exits.iter().enumerate();
        for (at, _) in exits.filter(|(_, exit)| exit.target == SIDE) {
            Ring::install_side(graph, root.exit(ExitId(at as u32)), live)?;
        }
        Ok(root)
    }

    /// A side trace behind `exit`, which must go back to the header.
    fn install_side(graph: &ExecutorGraph, exit: ExitRef, live: Live) -> Result<(), String> {
        let recording = graph.begin_side(exit).ok_or("the exit is not cold")?;
        let (parent, id) = graph.parent_of(&recording).ok_or("the loop is gone")?;
        let mut b = inherit("side", parent.exit(id), &parent);
        b.at(SIDE);
        change(&mut b, live, Op::Xor, 2.0);
        let back = b.side_exit(LOOP, 0);
        b.leave(back);
        let side = graph.finish(recording, b.finish()).map_err(failed)?;
        let info = graph.executor_info(side).ok_or("the side trace is gone")?;
        let back = side.exit(ExitId(info.trace.exits.len() as u32 - 1));
        match graph.exit_info(back).map(|info| info.status) {
            Some(ExitStatus::Linked(link)) if link.entry == Entry::Header => Ok(()),
            status => Err(format!(
                "the side trace does not go back to the header: {status:?}"
            )),
        }
    }

    /// The table, to say at which counts the guard fails.
    pub(crate) fn table(&mut self) -> &mut [u8] {
        &mut self.table
    }

    /// How often the guard fails in a run of `count`.
    pub(crate) fn exits(&self, count: u64) -> u64 {
        let taken = |n: u64| u64::from(self.table[(n as i64 & MASK) as usize]);
        (1..count).map(taken).sum()
    }

    /// Runs from `count` down to zero.
    pub(crate) fn run(&mut self, count: u64) -> Result<(), String> {
        self.words.fill(0);
        self.words[0] = count;
        let mut state = Frame {
            words: &mut self.words,
            interrupt: &self.interrupt,
        };
        match self.graph.enter(self.root, 0, &mut state) {
            Leave::Resume { pc: DONE, .. } | Leave::Record { pc: DONE, .. } => Ok(()),
            leave => Err(format!("the loop was left by {leave:?}")),
        }
    }

    /// Runs and compares with the same done in Rust.
    pub(crate) fn check(&mut self, count: u64) -> Result<(), String> {
        self.run(count)?;
        let (mut int, mut float) = (0u64, 0.0);
        for n in (1..count).rev() {
            match self.table[(n as i64 & MASK) as usize] {
                0 => (int, float) = (int.wrapping_add(n), float + 1.0),
                _ => (int, float) = (int ^ n, float + 2.0),
            }
        }
        let live = self.live;
        let ints = (0..live.ints).map(|_| int);
        let floats = (0..live.floats).map(|_| f64::to_bits(float));
        let wanted: Vec<u64> = std::iter::once(0).chain(ints).chain(floats).collect();
        if self.words[..wanted.len()] != wanted {
            return Err(format!("{live:?}: {:?}, not {wanted:?}", self.words));
        }
        Ok(())
    }
}

struct Frame<'a> {
    words: &'a mut [u64],
    interrupt: &'a u64,
}

impl State for Frame<'_> {
    fn load_word(&mut self, index: i64) -> u64 {
        self.words[index as usize]
    }
    fn store_word(&mut self, index: i64, bits: u64) {
        self.words[index as usize] = bits;
    }
    fn load(&mut self, _: u64, _: Mem) -> u64 {
        unreachable!("compiled code loads by itself")
    }
    fn store(&mut self, _: u64, _: Mem, _: u64) {
        unreachable!("nothing is stored to the heap")
    }
    fn call(&mut self, _: Call<'_>) -> Outcome {
        unreachable!("no helpers")
    }
    fn hardware(&mut self) -> Option<Hardware> {
        let last = self.words.len() as i64 - 1;
        let words = &mut *self.words;
        Some(offramp_tests::hardware::hardware(
            words,
            0,
            0..=last,
            self.interrupt,
        ))
    }
}
