//! Runs random programs under the executor graph while everything that can happen to executors
//! and links happens, and compares with the plain interpreter.
//!
//! Whenever compiled code is left, and inside it wherever a helper may look at frames, the
//! [oracle](super::oracle) is asked. The number of instructions comes from the traces' instruction marks:
//! an instruction that began again was not committed before. Code that tells nothing has no number.

use super::heap::Heap;
use super::mischief::{assert_consistent, mischief};
use super::oracle::Oracle;
use super::program::{BOX, Instr, Memory, Next, Program, REGISTERS, halve_or_fail};
use super::recorder::{
    APPEND, CHANGE, COLLECT, FAIL, Follower, NEW_BOX, REENTER, Recorded, interface,
};
use offramp::explicit::{EvaluatorBackend, ExecutorGraph, InstallError, Leave, Recording};
use offramp::inspect::{Abort, ExecutorRef, ExitRef, Stats};
use offramp::{Arrival, Config, Dependency};
#[cfg(feature = "native")]
use offramp_uop::evaluate::Hardware;
use offramp_uop::evaluate::{Call, Outcome, State};
use offramp_uop::record::Recorder;
use offramp_uop::testing::contract;
use offramp_uop::testing::random::Random;
use offramp_uop::{Mem, Pc, Trace};
use std::collections::BTreeSet;

/// What depends on the global's value.
const GLOBAL: Dependency = Dependency(100);

/// How a program is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Instructions, at most (a little more if interrupts come late).
    pub fuel: u64,
    /// Percentage of guards that leave although they hold.
    pub forced: usize,
    /// Percentage of transfers and leaves at which something is done to the graph.
    pub mischief: usize,
    /// Make exactly this guard leave, counted over the whole run.
    pub force_at: Option<u64>,
    /// Optimise recorded traces.
    pub optimise: bool,
    /// Thresholds.
    pub hot: u16,
}

impl Plan {
    /// A random plan.
    pub fn random(random: &mut Random) -> Plan {
        Plan {
            fuel: 300 + random.below(1500) as u64,
            forced: random.pick(&[0, 0, 1, 5, 20]),
            force_at: None,
            mischief: random.pick(&[0, 2, 10, 40]),
            optimise: !random.chance(25),
            hot: 1 + random.below(3) as u16,
        }
    }

    /// Whether the graph may hold a few executors only: so it is in a third of the runs.
    fn has_little_room(&self) -> bool {
        self.fuel % 3 == 1
    }
}

/// What a program's traces run on.
pub struct Machinery {
    graph: Box<dyn FnOnce(Config) -> ExecutorGraph>,
    heap: Heap,
    /// Whether traces tell of instructions, guards and polls.
    tells: bool,
}

impl std::fmt::Debug for Machinery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machinery").finish_non_exhaustive()
    }
}

impl Machinery {
    /// The evaluator.
    pub fn evaluator() -> Machinery {
        Machinery {
            graph: Box::new(|config| ExecutorGraph::new(config, EvaluatorBackend)),
            heap: Heap::Map(Default::default()),
            tells: true,
        }
    }

    /// Compiled code, in the arena; `tells`: whether it is watched.
    #[cfg(feature = "native")]
    pub fn compiled(back_end: offramp::explicit::NativeBackend, tells: bool) -> Machinery {
        Machinery {
            graph: Box::new(|config| ExecutorGraph::new(config, back_end)),
            heap: Heap::Real(crate::arena::Arena::take()),
            tells,
        }
    }
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The graph's statistics.
    pub stats: Stats,
    /// Boxes that compiled code made.
    pub boxes: usize,
}

/// Runs `program` as `plan` says.
///
/// # Panics
/// If the run differs from the plain one, or the graph's books are not in order.
pub fn run(program: &Program, plan: &Plan, on: Machinery, random: &mut Random) -> Ran {
    let mut config = Config::default();
    config.hot_loop = plan.hot;
    config.hot_function = plan.hot;
    config.hot_exit = plan.hot;
    config.chain_depth = 6;
    config.sweep_every = 7;
    if plan.has_little_room() {
        config.executors = 2 + (plan.fuel % 20) as usize;
    }
    config.useless_root = 5;
    config.optimise = plan.optimise;
    let graph = (on.graph)(config);
    let mut hook_random = Random::new(random.next());
    let percent = plan.mischief;
    graph.set_transfer_hook(Some(Box::new(move |graph, exit| {
        if hook_random.chance(percent) {
            mischief(graph, Some(exit), &mut hook_random);
        }
    })));
    let mut host = Host::new(
        program,
        plan,
        &graph,
        Random::new(random.next()),
        plan.fuel,
        Memory::with_heap(on.heap),
    );
    host.tells = on.tells;
    host.run();
    let boxes = host.made.len();
    assert_consistent(&graph);
    graph.flush();
    graph.drain();
    let stats = graph.stats();
    assert_eq!(
        (stats.executors, stats.code_bytes),
        (0, 0),
        "leaked executors"
    );
    assert_eq!(graph.activations(), 0);
    Ran { stats, boxes }
}

/// What the interpreter did last, which decides what it may do at an instruction.
#[derive(Clone, Copy, PartialEq)]
enum Came {
    Plainly,
    ByLoopEdge,
    ByCall,
}

struct Host<'a> {
    program: &'a Program,
    plan: &'a Plan,
    graph: &'a ExecutorGraph,
    random: Random,
    memory: Memory,
    /// Instructions committed.
    count: u64,
    fuel: u64,
    nesting: usize,
    oracle: Oracle<'a>,
    /// Whether traces tell of instructions, guards and polls.
    tells: bool,
    /// The interrupt word, where they do not.
    interrupt: u64,
    /// Instructions compiled code has begun since it was entered.
    begun: u64,
    last: Option<Pc>,
    /// How often the last one began in a row.
    again: u32,
    /// Guards that held or were forced.
    guards: u64,
    /// The numbers of the boxes that compiled code made.
    made: BTreeSet<u64>,
}

impl<'a> Host<'a> {
    fn new(
        program: &'a Program,
        plan: &'a Plan,
        graph: &'a ExecutorGraph,
        random: Random,
        fuel: u64,
        memory: Memory,
    ) -> Host<'a> {
        Host {
            program,
            plan,
            graph,
            random,
            memory,
            count: 0,
            fuel,
            nesting: 0,
            tells: true,
            interrupt: 0,
            oracle: Oracle::new(program),
            begun: 0,
            last: None,
            again: 0,
            guards: 0,
            made: BTreeSet::new(),
        }
    }

    /// The plain run is here, too, and everything is as there.
    fn compare(&mut self, pc: u32, base: i64, place: &str) {
        let oracle = &mut self.oracle;
        oracle.compare(&self.memory, self.count, (pc, base), place);
    }

    fn run(&mut self) {
        let (mut pc, mut base) = (0, 0);
        let mut came = Came::ByCall;
        let mut recorder: Option<Follower> = None;
        while self.count < self.fuel {
            if let Some(recording) = recorder.take() {
                recorder = self.boundary(recording, pc, came);
            }
            if recorder.is_none() {
                let free = came != Came::Plainly || self.random.chance(10);
                let root = self.graph.root_at(pc).filter(|_| free);
                if let Some(root) = root {
                    match self.enter(root, pc, base) {
                        Some((next, there, recording)) => {
                            (pc, base, recorder) = (next, there, recording);
                        }
                        None => return,
                    }
                } else if self.is_hot(pc, came) && !self.graph.is_recording() {
                    recorder = self.graph.begin_root(pc).map(|ticket| {
                        let name = format!("root {pc}");
                        Follower::new(ticket, Recorder::root(name, pc, interface()), pc, true)
                    });
                }
            }
            if let Some(recording) = recorder.take() {
                recorder = self.record(recording, pc, base);
            }
            let before = self.program.code[pc as usize];
            match before {
                Instr::Reenter => self.reenter(),
                Instr::Change => self.changing(),
                _ => {}
            }
            let next = self.program.step(pc, base, &mut self.memory);
            self.count += u64::from(matches!(next, Next::Go { .. }));
            match next {
                Next::Go {
                    pc: to,
                    base: there,
                } => {
                    came = match before {
                        Instr::Count(_, _, target) if target == to => Came::ByLoopEdge,
                        Instr::Call(..) => Came::ByCall,
                        _ => Came::Plainly,
                    };
                    (pc, base) = (to, there);
                }
                Next::Halt | Next::Failed => {
                    self.compare(pc, base, "at the end");
                    assert_eq!(self.oracle.next(), next, "how the plain run ends");
                    return;
                }
            }
        }
        self.compare(pc, base, "out of fuel");
    }

    fn is_hot(&mut self, pc: u32, came: Came) -> bool {
        match came {
            Came::Plainly => self.random.chance(1),
            Came::ByLoopEdge => self.graph.arrive(pc, Arrival::Loop),
            Came::ByCall => self.graph.arrive(pc, Arrival::Function),
        }
    }

    /// Enters compiled code; where to go on and what to record, or `None` if the program ended.
    fn enter(
        &mut self,
        root: ExecutorRef,
        pc: u32,
        base: i64,
    ) -> Option<(u32, i64, Option<Follower>)> {
        (self.begun, self.last, self.interrupt) = (0, None, 0);
        let before = self.count;
        let graph = self.graph;
        let leave = graph.enter(root, base, self);
        let (next, there) = match leave {
            Leave::Resume { pc, base }
            | Leave::StepFirst { pc, base }
            | Leave::Record { pc, base, .. }
            | Leave::Error { pc, base }
            | Leave::Interrupt { pc, base } => (pc, base),
        };
        self.arrive_at(next, there, &format!("left by {leave:?}"));
        let got_on = self.count > before || (next, there) == (pc, base);
        assert!(got_on, "{leave:?} from {pc} without an instruction");
        if let Leave::Error { .. } = leave {
            let end = self.oracle.next();
            assert_eq!(end, Next::Failed, "the plain run does not fail at {next}");
            return None;
        }
        if self.random.chance(self.plan.mischief) {
            let exit = match leave {
                Leave::Record { exit, .. } => Some(exit),
                _ => None,
            };
            mischief(graph, exit, &mut self.random);
        }
        let recorder = match leave {
            Leave::Record { exit, .. } if !self.random.chance(10) => self.record_side(exit, next),
            _ => None,
        };
        Some((next, there, recorder))
    }

    /// Traces have come to the instruction at `pc`, by leaving or inside: everything is as in the
    /// plain run.
    fn arrive_at(&mut self, pc: u32, base: i64, place: &str) {
        if self.tells {
            self.count += self.committed(pc);
            self.begun = u64::from(self.last == Some(pc));
            self.compare(pc, base, place);
        } else {
            let oracle = &mut self.oracle;
            self.count = oracle.catch_up(&self.memory, (pc, base), place);
        }
    }

    fn record_side(&mut self, exit: ExitRef, pc: u32) -> Option<Follower> {
        let ticket = self.graph.begin_side(exit)?;
        let name = format!("side {pc}");
        let inherited = self.graph.inherit(&ticket, name.clone());
        let polls = inherited.is_none() || self.random.chance(50);
        let recorder = match inherited {
            Some(inherited) => Recorder::after(inherited),
            None => Recorder::root(name, pc, interface()),
        };
        Some(Follower::new(ticket, recorder, pc, polls))
    }

    /// What the recording does before the instruction at `pc`.
    fn boundary(&mut self, recorder: Follower, pc: u32, came: Came) -> Option<Follower> {
        if recorder.length() == 0 {
            return Some(recorder);
        }
        let joins = came == Came::Plainly && self.graph.pass(recorder.last(), pc);
        let is_side = recorder.ticket.exit().is_some();
        if joins && is_side && pc != recorder.start && self.random.chance(60) {
            self.graph.ends_at_join(&recorder.ticket);
            let (ticket, trace) = recorder.leave(pc);
            self.finish(ticket, trace);
            return None;
        }
        if pc == recorder.start && recorder.delta() == 0 {
            let (ticket, trace) = match recorder.polls {
                true => recorder.close(),
                false => recorder.leave(pc),
            };
            self.finish(ticket, trace);
            return None;
        }
        let known = self.graph.root_at(pc).is_some() || self.graph.header_at(pc).is_some();
        let ends = match came {
            Came::ByLoopEdge if known => self.random.chance(90),
            Came::ByLoopEdge if self.random.chance(30) => {
                self.graph.abandon(recorder.ticket, Abort::InnerLoop);
                return None;
            }
            Came::ByCall => recorder.depth > 3 || known && self.random.chance(30),
            _ => known && self.random.chance(20),
        };
        if ends || recorder.length() > 60 || self.random.chance(2) {
            let (ticket, trace) = recorder.leave(pc);
            self.finish(ticket, trace);
            return None;
        }
        Some(recorder)
    }

    fn finish(&mut self, ticket: Recording, trace: Trace) {
        if self.random.chance(self.plan.mischief) {
            mischief(self.graph, None, &mut self.random);
        }
        match self.graph.finish(ticket, trace) {
            Ok(_)
            | Err(InstallError::ParentGone | InstallError::Stale | InstallError::Compile(_)) => {}
            // There was room when it began, which an adapter or what still runs may have taken since.
            Err(InstallError::Executors { .. }) if self.plan.has_little_room() => {}
            Err(error) => panic!("{error}: {error:?}"),
        }
    }

    fn record(&mut self, recorder: Follower, pc: u32, base: i64) -> Option<Follower> {
        if self.random.chance(1) {
            // Dropped as by an error on the way.
            return None;
        }
        let dynamic = self.random.chance(60);
        match recorder.record(self.program, pc, base, &self.memory, dynamic) {
            Recorded::On(recorder) => {
                if recorder.reads_global {
                    self.graph.depend(recorder.ticket.executor(), GLOBAL);
                }
                Some(recorder)
            }
            Recorded::Ended(ticket, trace) => {
                self.finish(ticket, trace);
                None
            }
            Recorded::Nothing(ticket) => {
                self.graph.abandon(ticket, Abort::Finished);
                None
            }
        }
    }

    /// Instructions compiled code has committed when it is about to do the one at `pc`.
    fn committed(&self, pc: u32) -> u64 {
        self.begun - u64::from(self.last == Some(pc))
    }

    /// The global is about to change: what assumes its value goes.
    fn changing(&mut self) {
        if !self.memory.frozen {
            self.graph.invalidate_dependency(GLOBAL);
        }
    }

    /// What the re-entering helper does: anything, and the program once more.
    fn reenter(&mut self) {
        if self.random.chance(self.plan.mischief) {
            mischief(self.graph, None, &mut self.random);
        }
        if self.nesting < 2 && self.random.chance(20) {
            let (random, fuel) = (Random::new(self.random.next()), self.fuel / 8);
            // Real memory is at one address only.
            let (heap, saved) = self.memory.heap.lend();
            let memory = Memory::with_heap(heap);
            let mut nested = Host::new(self.program, self.plan, self.graph, random, fuel, memory);
            (nested.nesting, nested.tells) = (self.nesting + 1, self.tells);
            for memory in [&mut nested.memory, &mut nested.oracle.memory] {
                (memory.global, memory.frozen) = (self.memory.global, true);
            }
            nested.run();
            self.memory.heap.take_back(nested.memory.heap, &saved);
        }
        if self.random.chance(self.plan.mischief) {
            mischief(self.graph, None, &mut self.random);
        }
    }
}

impl State for Host<'_> {
    fn load_word(&mut self, index: i64) -> u64 {
        self.memory.get(index)
    }
    fn store_word(&mut self, index: i64, bits: u64) {
        self.memory.set(index, bits);
    }
    fn load(&mut self, address: u64, mem: Mem) -> u64 {
        mem.extend(self.memory.load(address))
    }
    fn store(&mut self, address: u64, _: Mem, bits: u64) {
        self.memory.store(address, bits);
    }
    fn call(&mut self, call: Call<'_>) -> Outcome {
        match call.helper {
            NEW_BOX => {
                let number = call.args[0];
                assert!(self.made.insert(number), "box {number} is made twice");
                return Outcome::Value(self.memory.new_box(number));
            }
            APPEND => self.memory.append(call.args[0]),
            FAIL => {
                return match halve_or_fail(call.args[0]) {
                    Some(half) => Outcome::Value(half),
                    None => Outcome::Error,
                };
            }
            helper => {
                let (base, pc) = call.from.expect("it looks at frames");
                // A collector finds whole values, and every word where it should be.
                for register in 0..REGISTERS as u8 {
                    let (tag, _) = self.memory.register(base, register);
                    assert!(tag <= BOX, "a torn value in {register}");
                }
                self.arrive_at(pc, base, "at a collecting call");
                let tired = self.count >= self.fuel || self.random.chance(1);
                self.interrupt = tired.into();
                match helper {
                    REENTER => self.reenter(),
                    CHANGE => {
                        self.changing();
                        self.memory.change();
                    }
                    _ => assert_eq!(helper, COLLECT),
                }
            }
        }
        Outcome::Value(0)
    }
    #[cfg(feature = "native")]
    fn hardware(&mut self) -> Option<Hardware> {
        Some(self.memory.hardware(&self.interrupt))
    }
    fn poll(&mut self) -> bool {
        self.count + self.begun >= self.fuel || self.random.chance(1)
    }
    fn at(&mut self, pc: Pc) {
        if self.last != Some(pc) {
            self.begun += 1;
            self.last = Some(pc);
            self.again = 0;
        }
        // Each early exit leads to a younger executor, so there is an end to it.
        self.again += 1;
        assert!(self.again < 100, "no progress at {pc}");
        let count = self.count + self.begun;
        assert!(
            count < self.fuel + 5_000,
            "an uninterruptible cycle at {pc}"
        );
    }
    /// The header's contract holds wherever control is at it, whatever the link check believed.
    fn at_header(&mut self, trace: &Trace, handed: &[u64], base: i64) {
        if trace.header.as_ref().is_some_and(|header| header.open)
            && let Err(broken) = contract::holds(trace, handed, base, self)
        {
            panic!("{}: at its header, but {broken}", trace.name);
        }
    }
    fn force_exit(&mut self) -> bool {
        self.guards += 1;
        self.plan.force_at == Some(self.guards) || self.random.chance(self.plan.forced)
    }
}
