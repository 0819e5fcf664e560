//! Compiles a trace and compares its runs with the evaluator's.

use super::rig::{Arrival, Rig};
use crate::arena::Arena;
use offramp::Config;
use offramp::explicit::{Backend, EvaluatorBackend};
use offramp::explicit::{
    Code, Compile, CompileError, Entrance, ExecutorGraph, Onward, Records, Taken,
};
use offramp::explicit::{NativeBackend, NativeEngine, NativeOptions};
use offramp::inspect::ExecutorRef;
use offramp_uop::evaluate::{Entry, Left, run};
use offramp_uop::lower::Checks;
use offramp_uop::testing::checker::difference;
use offramp_uop::testing::generate::Start;
use offramp_uop::testing::model::Machine;
use offramp_uop::testing::random::Random;
use offramp_uop::{Builder, ExitId, ExitKind, ExitState, Holds, Trace, Type, Word};
use std::cell::RefCell;
use std::sync::Arc;

/// Guards and polls of a run, at most: then it is made to leave.
const LIMIT: u64 = 1500;
/// Forced exits tried per start.
const FORCED: u64 = 12;

/// What was compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Coverage {
    /// Traces compiled.
    pub traces: usize,
    /// Runs of code that counts nothing, to their own end.
    pub whole: usize,
    /// Runs with an exit forced somewhere.
    pub forced: usize,
    /// Runs that began at a header.
    pub header: usize,
    /// Pending words compared.
    pub words: usize,
    /// Runs that ended because an object could not be made, in the line or on the way out.
    pub unmade: [usize; 2],
}

/// Compiles and runs traces. Holds the [`Arena`].
#[derive(Debug)]
pub struct Harness {
    arena: Arena,
    plain: NativeBackend,
    forced: NativeBackend,
    executor: ExecutorRef,
    /// What was compared so far.
    pub coverage: Coverage,
}

/// A trace as code.
struct Compiled<'a> {
    backend: &'a NativeBackend,
    executor: ExecutorRef,
    trace: &'a Arc<Trace>,
    /// What it takes over from, if it takes over anything.
    parent: Option<(Arc<dyn Code>, ExitId)>,
    code: Arc<dyn Code>,
}

impl Harness {
    /// A harness on the machine at hand, with Cranelift's checks on.
    ///
    /// # Errors
    /// If the machine is not supported.
    pub fn new() -> Result<Harness, CompileError> {
        let backend = |forced_exits| {
            let engine = NativeEngine::new(NativeOptions {
                checks: Checks::ALL,
                forced_exits,
                ..NativeOptions::default()
            });
            NativeBackend::new(Arc::new(engine?))
        };
        // Code needs an executor's name, which nothing but a graph gives.
        let graph = ExecutorGraph::new(Config::default(), EvaluatorBackend);
        let recording = graph.begin_root(0).expect("nothing is recorded");
        Ok(Harness {
            arena: Arena::take(),
            plain: backend(false)?,
            forced: backend(true)?,
            executor: recording.executor(),
            coverage: Coverage::default(),
        })
    }

    /// Compiles `trace`, which the verifier must have accepted, and does not run it.
    ///
    /// # Errors
    /// If it cannot be compiled.
    pub fn compile(&self, trace: &Trace) -> Result<(), String> {
        let trace = Arc::new(trace.clone());
        let parent = (!trace.entry.is_empty()).then(|| parent(&trace, 0));
        let compiled = Compiled::new(&self.plain, self.executor, &trace, parent.as_ref());
        compiled.map(drop).map_err(|error| format!("{error:?}"))
    }

    /// Compares compiled runs of `trace` with the evaluator's, from every start, with exits forced
    /// at guards all over the run.
    ///
    /// # Errors
    /// The first difference.
    pub fn check(&mut self, trace: &Trace, starts: &[Start], seed: u64) -> Result<(), String> {
        let trace = Arc::new(trace.clone());
        let parent = (!trace.entry.is_empty()).then(|| parent(&trace, seed));
        let compile = |backend| Compiled::new(backend, self.executor, &trace, parent.as_ref());
        let failed = |error: CompileError| format!("{error:?}");
        let mut plain = compile(&self.plain).map_err(failed)?;
        let mut forced = compile(&self.forced).map_err(failed)?;
        let (arena, coverage) = (&mut self.arena, &mut self.coverage);
        coverage.traces += 1;
        for (number, start) in starts.iter().enumerate() {
            let mut machine = start.machine.clone();
            // In every other start helpers may fail to make an object.
            machine.script.unmade = number % 2 * 20;
            let from = From {
                entry: Entry::Start,
                handed: &start.handed,
                base: start.base,
                machine: &machine,
            };
            let arrival = compare(&from, &mut plain, &mut forced, arena, coverage, FORCED)
                .map_err(|error| format!("start {number}: {error}"))?;
            if let Some(arrival) = arrival {
                coverage.header += 1;
                let from = From {
                    entry: Entry::Header,
                    handed: &arrival.handed,
                    base: arrival.base,
                    machine: &arrival.machine,
                };
                compare(&from, &mut plain, &mut forced, arena, coverage, 2)
                    .map_err(|error| format!("start {number}, entered at the header: {error}"))?;
            }
        }
        Ok(())
    }
}

/// Where a run begins.
struct From<'a> {
    entry: Entry,
    handed: &'a [u64],
    base: i64,
    machine: &'a Machine,
}

impl From<'_> {
    /// The evaluator's run.
    fn evaluated(&self, trace: &Trace, countdown: u64, noting: bool) -> (Left, Rig<'_>) {
        let mut rig = Rig::new(self.machine.clone(), countdown);
        rig.arrival = noting.then_some(None);
        let left = run(trace, self.entry, self.handed, self.base, &mut rig);
        (left, rig)
    }
}

/// Compares runs from one beginning; the first arrival at the header of a run from the start.
fn compare(
    from: &From<'_>,
    plain: &mut Compiled<'_>,
    forced: &mut Compiled<'_>,
    arena: &mut Arena,
    coverage: &mut Coverage,
    tries: u64,
) -> Result<Option<Box<Arrival>>, String> {
    let trace = plain.trace.clone();
    let noting = from.entry == Entry::Start;
    let (left, mut rig) = from.evaluated(&trace, LIMIT, noting);
    let arrival = rig.arrival.take().flatten();
    let asked = LIMIT - rig.countdown;
    if rig.countdown > 0 {
        coverage.whole += 1;
        plain
            .agrees(from, None, (&left, rig.finish(&left)), arena, coverage)
            .map_err(|error| format!("the whole run: {error}"))?;
    }
    // One more than it asks: its own end, with the countdown going on.
    for turn in 0..=tries.min(asked) {
        let countdown = match asked <= tries {
            true => turn + 1,
            // The first few, then spread over the rest.
            false => 1 + turn * turn * asked / (tries * tries),
        };
        coverage.forced += 1;
        let (left, rig) = from.evaluated(&trace, countdown, false);
        let rest = rig.countdown;
        forced
            .agrees(
                from,
                Some((countdown, rest)),
                (&left, rig.finish(&left)),
                arena,
                coverage,
            )
            .map_err(|error| format!("forced at guard {countdown}: {error}"))?;
    }
    Ok(arrival)
}

impl<'a> Compiled<'a> {
    fn new(
        backend: &'a NativeBackend,
        executor: ExecutorRef,
        trace: &'a Arc<Trace>,
        parent: Option<&(Arc<Trace>, ExitId)>,
    ) -> Result<Compiled<'a>, CompileError> {
        let parent = match parent {
            None => None,
            Some((parent, exit)) => Some((
                backend.compile(&Compile {
                    trace: parent,
                    executor,
                    parent: None,
                    onward: None,
                    profile: false,
                })?,
                *exit,
            )),
        };
        let code = compile(backend, executor, trace, parent.as_ref())?;
        Ok(Compiled {
            backend,
            executor,
            trace,
            parent,
            code,
        })
    }

    /// Runs the code and compares with what the evaluator's run left: the exit, and the machine
    /// with what was pending written. `forced`: the countdown before and after.
    fn agrees(
        &mut self,
        from: &From<'_>,
        forced: Option<(u64, u64)>,
        (wanted, wanted_machine): (&Left, Machine),
        arena: &mut Arena,
        coverage: &mut Coverage,
    ) -> Result<(), String> {
        if let Some(fault) = wanted_machine.fault {
            return Err(format!("the evaluator's run is at fault: {fault}"));
        }
        let mut rig = Rig::hard(from.machine.clone(), arena, self.code.clone());
        self.backend
            .set_countdown(forced.map_or(u64::MAX, |(before, _)| before));
        let entrance = Entrance {
            executor: self.executor,
            code: self.code.clone(),
            entry: from.entry,
            handed: from.handed.iter().copied().collect(),
            base: from.base,
        };
        let one = One {
            left: RefCell::default(),
        };
        self.backend.run(&one, entrance, &mut rig);
        let rest = self.backend.set_countdown(u64::MAX);
        let left = one.left.take();
        let left = left.expect("compiled code returns by the cold exit");
        same_exit(&left, wanted)?;
        coverage.words += left.words.len();
        let at = self.trace.uop(wanted.at);
        let makes = at
            .helper()
            .map(|helper| &self.trace.interface.helpers[helper.index()]);
        coverage.unmade[0] += usize::from(makes.is_some_and(|helper| helper.makes.is_some()));
        coverage.unmade[1] += usize::from(left.unmade);
        // The evaluator does not ask at a guard that fails by itself.
        if let Some((_, wanted)) = forced
            && rest != wanted
            && rest.wrapping_add(1) != wanted
        {
            return Err(format!("{rest} left of the countdown, not {wanted}"));
        }
        let mut machine = rig.finish(&left);
        if let Some(fault) = machine.fault {
            return Err(fault);
        }
        let (log, visible) = (&wanted_machine.log, &wanted_machine.visible);
        if let Some(difference) = difference(&machine, &machine.visible, log, visible) {
            return Err(difference);
        }
        if !offramp_uop::evaluate::State::is_valid(&mut machine) {
            self.code = compile(
                self.backend,
                self.executor,
                self.trace,
                self.parent.as_ref(),
            )
            .map_err(|error| format!("{error:?}"))?;
        }
        Ok(())
    }
}

fn compile(
    backend: &NativeBackend,
    executor: ExecutorRef,
    trace: &Arc<Trace>,
    parent: Option<&(Arc<dyn Code>, ExitId)>,
) -> Result<Arc<dyn Code>, CompileError> {
    backend.compile(&Compile {
        trace,
        executor,
        parent: parent.map(|(code, exit)| (&**code, *exit)),
        onward: None,
        profile: false,
    })
}

fn same_exit(found: &Left, wanted: &Left) -> Result<(), String> {
    let place = |left: &Left| (left.exit, left.pc, left.base, left.transferred, left.unmade);
    if place(found) == place(wanted)
        && found.words == wanted.words
        // Extras travel only to a header that the exit was compiled for.
        && (found.extras.is_empty() || found.extras == wanted.extras)
    {
        return Ok(());
    }
    Err(format!("leaves {found:x?}\nwhere it should {wanted:x?}"))
}

/// A trace that `of` can take over from, and the exit: what `of` takes over is pending there, and
/// other words at another exit, so that values do not simply travel in order.
fn parent(of: &Trace, seed: u64) -> (Arc<Trace>, ExitId) {
    let mut random = Random::new(seed);
    let mut b = Builder::new("parent", 0, of.interface.clone());
    b.at(0);
    let (early, yes) = (b.side_exit(0, 0), b.bool(true));
    let mut words = Vec::new();
    for entry in &of.entry.words {
        let value = match entry.holds {
            Holds::Constant(constant) => b.constant(constant),
            Holds::Param(Type::Ref) => {
                let bits = b.load_word(Type::I64, entry.word);
                b.guard_ref(yes, bits, early)
            }
            Holds::Param(ty) => b.load_word(ty, entry.word),
        };
        words.push((entry.word, value));
    }
    let exit = |words| ExitState {
        words,
        ..ExitState::new(ExitKind::Side, of.pc, 0)
    };
    let taken = b.exit(exit(words));
    let mut others = Vec::new();
    for word in -20..20 {
        if random.chance(20) {
            let ty = random.pick(&[Type::I64, Type::F64]);
            others.push((Word(word), b.load_word(ty, Word(word))));
        }
    }
    let other = b.exit(exit(others));
    b.guard(yes, other);
    b.guard(yes, taken);
    let out = b.side_exit(1, 0);
    b.leave(out);
    (b.finish().into(), taken)
}

/// One piece of code whose exits lead nowhere.
struct One {
    left: RefCell<Option<Left>>,
}

impl Records for One {
    fn onward(&self, taken: &Taken<'_>) -> Onward {
        self.left.replace(Some((taken.left)()));
        Onward::Leave
    }
    fn is_valid(&self, _: ExecutorRef) -> bool {
        true
    }
    fn before_call(&self, _: ExecutorRef) {}
    fn after_call(&self) {}
}
