//! What it costs to go into a trace and out again by an exit that stays cold.
//!
//! A root of one instruction leaves with a number of words pending. Its exit is not hot for as long
//! as is measured, so each round is the whole way: into the graph, into compiled code, out by the
//! cold exit, which stores what is pending, and back to the host.

use offramp::Config;
use offramp::explicit::{ExecutorGraph, Leave};
use offramp::explicit::{NativeBackend, NativeEngine, NativeOptions};
use offramp::inspect::ExecutorRef;
use offramp_uop::evaluate::{Call, Hardware, Outcome, State};
use offramp_uop::{Builder, ExitKind, ExitState, Interface, Mem, Op, Type, Word};
use std::sync::Arc;
use std::time::Instant;

/// Rounds of a run, fewer than make an exit hot.
const COUNT: u32 = 20_000;
/// Runs, of which the least counts.
const RUNS: usize = 30;
const START: u32 = 0;
const AFTER: u32 = 1;

struct Frame {
    words: Vec<u64>,
    interrupt: u64,
}

impl State for Frame {
    fn load_word(&mut self, index: i64) -> u64 {
        self.words[index as usize]
    }
    fn store_word(&mut self, index: i64, bits: u64) {
        self.words[index as usize] = bits;
    }
    fn load(&mut self, _: u64, _: Mem) -> u64 {
        unreachable!("nothing is loaded from the heap")
    }
    fn store(&mut self, _: u64, _: Mem, _: u64) {
        unreachable!("nothing is stored to the heap")
    }
    fn call(&mut self, _: Call<'_>) -> Outcome {
        unreachable!("no helpers")
    }
    fn hardware(&mut self) -> Option<Hardware> {
        Some(offramp_tests::hardware::hardware(
            &mut self.words,
            0,
            0..=0,
            &self.interrupt,
        ))
    }
}

/// A root that adds one to each of the words 0 to `pending`, and leaves.
fn install(pending: usize) -> Result<(ExecutorGraph, ExecutorRef), String> {
    let engine = NativeEngine::new(NativeOptions::default()).map_err(|error| error.to_string())?;
    let backend = NativeBackend::new(Arc::new(engine)).map_err(|error| error.to_string())?;
    let mut config = Config::default();
    config.hot_exit = u16::MAX;
    let graph = ExecutorGraph::new(config, backend);
    let mut b = Builder::new("way", START, Interface::new().into());
    b.at(START);
    let interrupted = b.exit(ExitState::new(ExitKind::Poll, START, 0));
    b.poll(interrupted);
    let one = b.int(1);
    for word in (0..pending).map(|word| Word(word as i32)) {
        let old = b.load_word(Type::I64, word);
        let new = b.pure(Op::Add, &[old, one]);
        b.store_word(word, new);
    }
    let out = b.side_exit(AFTER, 0);
    b.leave(out);
    let recording = graph.begin_root(START).ok_or("a recording is under way")?;
    let root = graph.finish(recording, b.finish());
    let root = root.map_err(|error| error.to_string())?;
    Ok((graph, root))
}

/// Nanoseconds for the way in and out with so many words pending.
pub(crate) fn measure(pending: usize) -> Result<f64, String> {
    let mut least = f64::INFINITY;
    for _ in 0..RUNS {
        let (graph, root) = install(pending)?;
        let mut frame = Frame {
            words: vec![0; 64],
            interrupt: 0,
        };
        let began = Instant::now();
        for _ in 0..COUNT {
            let leave = graph.enter(root, 0, &mut frame);
            if leave != (Leave::Resume { pc: AFTER, base: 0 }) {
                return Err(format!("the trace was left by {leave:?}"));
            }
        }
        least = least.min(began.elapsed().as_nanos() as f64 / f64::from(COUNT));
        let counted = frame.words[..pending].iter().all(|&it| it == COUNT.into());
        if !counted {
            return Err(format!(
                "{:?} after {COUNT} rounds",
                &frame.words[..pending]
            ));
        }
    }
    Ok(least)
}
