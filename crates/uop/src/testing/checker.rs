//! The trace checker: no run of the optimised trace may be told from a run of the recorded one.
//!
//! A recorded trace keeps everything in memory, so its run shows the interpreter's state at the
//! start of every instruction. From each start the checker compares:
//!
//! - **the whole run**: exit kind, place and base, instructions begun, calls seen by the host, and
//!   frame words and heap after the pending words were written as the cold exit writes them; a run
//!   that declines (leaves before its loop, with nothing done) is compared with the start;
//! - **forced exits**: the optimised trace leaves at the first guard at or after the start of the
//!   n-th instruction. Wherever that is, the state must be the recorded run's at the start of the
//!   instruction the guard belongs to; so guards that were rightly removed do not matter;
//! - **header contracts** at every arrival at the header ([`contract`]);
//! - **entries at the header**: with what an arrival hands over, and from a start of its own if
//!   the contract holds there, with other words in memory where words are pending.
//!
//! NaNs are compared by their bits. What is open, which of two NaNs an operation answers, the generator
//! keeps from happening.

use super::contract;
use super::generate::Start;
use super::model::{BUDGET, Event, Machine, Visible, Watch};
use super::random::Random;
use crate::evaluate::{Entry, Left, State, run};
use crate::exit::{ExitKind, Pc};
use crate::liveness::Liveness;
use crate::op::Op;
use crate::signature::Holds;
use crate::sunk;
use crate::trace::Trace;
use crate::types::Type;
use crate::verify::{VerifyErrors, verify_knowing, verify_recorded};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

/// Forced exits tried per start.
const FORCED: usize = 8;

/// What the checked runs reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Runs of recorded traces.
    pub runs: usize,
    /// Uops executed in them, by op.
    pub ops: BTreeMap<&'static str, usize>,
    /// Exits taken in them: by kind, or the op of a terminator, or `transfer`.
    pub exits: BTreeMap<&'static str, usize>,
    /// Instructions begun in them.
    pub instructions: usize,
    /// Arrivals at a header in them.
    pub arrivals: usize,
    /// Runs of optimised traces that left before their loop, the words not being what it wants.
    pub declined: usize,
    /// Exits forced in optimised traces.
    pub forced: usize,
    /// Entries at headers with the values of an arrival.
    pub header_entries: usize,
    /// Entries at headers from a start of their own.
    pub foreign_entries: usize,
    /// Objects that are sunk in optimised traces.
    pub sunk: usize,
    /// Runs of optimised traces that left by an exit that makes objects.
    pub made: usize,
    /// Uops before and after optimisation.
    pub sizes: (usize, usize),
}

impl Coverage {
    /// Adds `other` to this.
    pub fn add(&mut self, other: &Coverage) {
        self.runs += other.runs;
        for (op, count) in &other.ops {
            *self.ops.entry(op).or_default() += count;
        }
        for (exit, count) in &other.exits {
            *self.exits.entry(exit).or_default() += count;
        }
        self.instructions += other.instructions;
        self.arrivals += other.arrivals;
        self.declined += other.declined;
        self.forced += other.forced;
        self.header_entries += other.header_entries;
        self.foreign_entries += other.foreign_entries;
        self.sunk += other.sunk;
        self.made += other.made;
        self.sizes.0 += other.sizes.0;
        self.sizes.1 += other.sizes.1;
    }

    /// Prints what was reached, for people who look whether it is enough.
    pub fn print(&self, title: &str) {
        println!("{title}: {self:?}");
    }

    fn count(&mut self, trace: &Trace, machine: &Machine, left: &Left) {
        self.runs += 1;
        self.instructions += machine.begun.len();
        self.arrivals += machine.arrivals;
        let mut count = |from: usize, to: usize, times: usize| {
            for uop in &trace.uops[from..to] {
                *self.ops.entry(uop.op.name()).or_default() += times;
            }
        };
        let last = left.at.index();
        match &trace.header {
            Some(header) if machine.arrivals > 0 => {
                let body = header.at.index();
                count(0, body, 1);
                count(body, trace.uops.len() - 1, machine.arrivals - 1);
                count(body, last + 1, 1);
            }
            _ => count(0, last + 1, 1),
        }
        let op = trace.uop(left.at).op;
        let exit = match op {
            _ if left.transferred => "transfer",
            _ if op.is_terminator() => op.name(),
            _ => trace.exit(left.exit).kind.name(),
        };
        *self.exits.entry(exit).or_default() += 1;
    }
}

/// Which comparison failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// The recorded trace by itself.
    Recorded,
    /// Start to exit.
    Whole,
    /// With exits forced from an instruction on.
    Forced(usize),
    /// Entered at the header with what an arrival handed over.
    Header,
    /// Entered at the header from a start of its own.
    Foreign,
}

/// A difference between a run of the recorded trace and one of the optimised trace.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which start.
    pub start: usize,
    /// Which run.
    pub run: Run,
    /// The first difference.
    pub difference: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "start {}, {:?} run: {}",
            self.start, self.run, self.difference
        )
    }
}

/// A run of the recorded trace.
#[derive(Debug)]
pub struct Reference {
    first: Visible,
    begun: Vec<Pc>,
    bases: Vec<Option<i64>>,
    snapshots: Vec<Visible>,
    log: Vec<Event>,
    left: Left,
    kind: ExitKind,
    end: Visible,
    /// It was made to leave, because it went on for too long.
    limited: bool,
}

/// Runs the recorded trace, which must be beyond reproach.
///
/// # Errors
/// What it does that a recorded trace must not.
pub fn reference(
    recorded: &Trace,
    start: &Start,
    coverage: &mut Coverage,
) -> Result<Reference, String> {
    has_poll(recorded)?;
    let (entry, mut machine) = start.fresh();
    let first = machine.visible.clone();
    machine.watch = Watch {
        snapshots: true,
        ..Watch::default()
    };
    let left = run(recorded, entry, &start.handed, start.base, &mut machine);
    if let Some(fault) = machine.fault {
        return Err(fault);
    }
    coverage.count(recorded, &machine, &left);
    let bases = bases(recorded, machine.begun.len());
    let end = finish(&mut machine, &left);
    Ok(Reference {
        first,
        bases: bases
            .into_iter()
            .map(|delta| delta.map(|delta| start.base + i64::from(delta)))
            .collect(),
        limited: machine.begun.len() > BUDGET,
        begun: machine.begun,
        snapshots: machine.snapshots,
        log: machine.log,
        kind: recorded.exit(left.exit).kind,
        left,
        end,
    })
}

/// Compares `optimised` with `recorded` from every start.
///
/// # Errors
/// The first difference.
pub fn check(recorded: &Trace, optimised: &Trace, starts: &[Start]) -> Result<Coverage, Failure> {
    check_knowing(recorded, optimised, starts, None)
}

/// As [`check`], for a trace that was optimised with this knowledge: words of the running frame that
/// are dead where it leaves are not compared.
///
/// # Errors
/// The first difference.
pub fn check_knowing(
    recorded: &Trace,
    optimised: &Trace,
    starts: &[Start],
    live: Option<&dyn Liveness>,
) -> Result<Coverage, Failure> {
    let malformed = |run| {
        move |errors: VerifyErrors| Failure {
            start: 0,
            run,
            difference: format!("does not verify:\n{errors}"),
        }
    };
    verify_recorded(recorded).map_err(malformed(Run::Recorded))?;
    verify_knowing(optimised, live).map_err(malformed(Run::Whole))?;
    let sunk = optimised.uops.iter();
    let sunk = sunk.filter(|uop| uop.sunk && uop.op == Op::Call);
    let mut coverage = Coverage {
        sunk: sunk.count(),
        sizes: (recorded.uops.len(), optimised.uops.len()),
        ..Coverage::default()
    };
    for (number, start) in starts.iter().enumerate() {
        let fail = |run| {
            move |difference| Failure {
                start: number,
                run,
                difference,
            }
        };
        let reference = reference(recorded, start, &mut coverage).map_err(fail(Run::Recorded))?;
        has_poll(optimised).map_err(fail(Run::Whole))?;
        let attempt = Attempt {
            trace: optimised,
            reference: &reference,
            live,
            declined: Cell::new(false),
            made: Cell::new(0),
        };
        let (entry, machine) = start.fresh();
        let watch = Watch {
            contracts: true,
            arrival: true,
            force_from: reference.limited.then_some(BUDGET),
            ..Watch::default()
        };
        let handed = &start.handed;
        let arrival = attempt
            .run(entry, handed, start.base, machine, watch)
            .map_err(fail(Run::Whole))?;
        coverage.declined += usize::from(attempt.declined.get());
        let begun = reference.begun.len();
        for turn in 0..FORCED.min(begun) {
            let from = if begun <= FORCED {
                turn + 1
            } else {
                // The first few, then spread over the rest.
                (turn * turn * (begun - 1)) / ((FORCED - 1) * (FORCED - 1)) + 1
            };
            let (entry, machine) = start.fresh();
            let watch = forced(from);
            attempt
                .run(entry, handed, start.base, machine, watch)
                .map_err(fail(Run::Forced(from)))?;
            coverage.forced += 1;
        }
        if let Some(arrival) = arrival {
            coverage.header_entries += 1;
            let mut machine = *arrival.machine;
            let watch = std::mem::take(&mut machine.watch);
            // Entering is an arrival too: the copy was made in the midst of one.
            let watch = Watch {
                arrival: false,
                ..watch
            };
            attempt
                .run(Entry::Header, &arrival.handed, arrival.base, machine, watch)
                .map_err(fail(Run::Header))?;
        }
        coverage.made += attempt.made.get();
        if recorded.header.is_some() && attempt.foreign(start).map_err(fail(Run::Foreign))? {
            coverage.foreign_entries += 1;
        }
    }
    Ok(coverage)
}

fn forced(from: usize) -> Watch {
    Watch {
        force_from: Some(from),
        ..Watch::default()
    }
}

/// Every cycle contains a poll: without, a run might never end.
fn has_poll(trace: &Trace) -> Result<(), String> {
    match &trace.header {
        Some(header)
            if !trace.uops[header.at.index()..]
                .iter()
                .any(|uop| uop.op == Op::Poll) =>
        {
            Err("the loop has no poll".to_owned())
        }
        _ => Ok(()),
    }
}

/// How far the base has moved at each of the first `count` instructions, where an exit tells.
pub(super) fn bases(recorded: &Trace, count: usize) -> Vec<Option<i32>> {
    let mut marks = Vec::new();
    let mut before_loop = None;
    for (value, uop) in recorded.iter() {
        match uop.op {
            Op::At => marks.push(None),
            Op::Header => before_loop = Some(marks.len()),
            _ => {}
        }
        if let Some(exit) = uop.exit
            && uop.op != Op::Exit
            && let Some(mark @ None) = marks.last_mut()
        {
            *mark = Some(recorded.exit(exit).base);
        }
        debug_assert!(value.index() < recorded.uops.len());
    }
    let first = before_loop.unwrap_or(marks.len());
    let round = marks.len() - first;
    (0..count)
        .map(|index| match index.checked_sub(first) {
            Some(over) if round > 0 => marks[first + over % round],
            _ => marks.get(index).copied().flatten(),
        })
        .collect()
}

/// Writes what is pending, as the cold exit does.
fn finish(machine: &mut Machine, left: &Left) -> Visible {
    for &(index, bits) in &left.words {
        machine.store_word(index, bits);
    }
    machine.visible.clone()
}

struct Attempt<'a> {
    trace: &'a Trace,
    reference: &'a Reference,
    live: Option<&'a dyn Liveness>,
    declined: Cell<bool>,
    made: Cell<usize>,
}

impl Attempt<'_> {
    /// Runs the optimised trace and compares; the first arrival at the header, if watched.
    fn run(
        &self,
        entry: Entry,
        handed: &[u64],
        base: i64,
        mut machine: Machine,
        watch: Watch,
    ) -> Result<Option<super::model::Arrival>, String> {
        let forced = watch.force_from.is_some();
        machine.watch = watch;
        let left = run(self.trace, entry, handed, base, &mut machine);
        let arrival = machine.arrival.take();
        let makes = sunk::makes(self.trace, self.trace.exit(left.exit));
        self.made.set(self.made.get() + usize::from(makes));
        let visible = finish(&mut machine, &left);
        if let Some(fault) = machine.fault {
            return Err(fault);
        }
        let reference = self.reference;
        if !reference.begun.starts_with(&machine.begun) {
            return Err(format!(
                "begins the instructions {:?} where the recorded trace begins {:?}",
                tail(&machine.begun),
                tail(&reference.begun)
            ));
        }
        if self.declines(&machine, &left) {
            self.declined.set(true);
            let untouched = self.compare_start(1, &machine, &left, &visible);
            return untouched.map(|()| None);
        }
        let at_end = self.compare_end(&machine, &left, &visible);
        if at_end.is_ok() || !forced {
            return at_end.map(|()| arrival);
        }
        let begun = machine.begun.len();
        let at_start = self.compare_start(begun, &machine, &left, &visible);
        if at_start.is_ok()
            || self
                .compare_start(begun + 1, &machine, &left, &visible)
                .is_ok()
        {
            return Ok(arrival);
        }
        at_start.map(|()| arrival)
    }

    /// Whether the trace left before its loop because the words are not what the loop wants.
    fn declines(&self, machine: &Machine, left: &Left) -> bool {
        let header = self.trace.header.as_ref();
        let before = header.is_some_and(|header| left.at < header.at);
        let kind = self.trace.exit(left.exit).kind;
        before && machine.begun.is_empty() && kind == ExitKind::Side
    }

    /// Compares with the end of the recorded run.
    fn compare_end(&self, machine: &Machine, left: &Left, visible: &Visible) -> Result<(), String> {
        let reference = self.reference;
        let kind = self.trace.exit(left.exit).kind;
        if machine.begun.len() != reference.begun.len() {
            return Err(format!(
                "leaves at {} ({}) in instruction {}, the recorded trace in instruction {}",
                left.at,
                kind.name(),
                machine.begun.len(),
                reference.begun.len()
            ));
        }
        let found = (kind, left.pc, left.base, left.transferred);
        let wanted = (
            reference.kind,
            reference.left.pc,
            reference.left.base,
            reference.left.transferred,
        );
        if found != wanted {
            return Err(format!(
                "leaves at {} with (kind, pc, base, transferred) {found:?}, not {wanted:?}",
                left.at
            ));
        }
        self.compare_visible(machine, left, visible, &reference.end)
    }

    /// Compares with the recorded run at the start of its `number`-th instruction.
    fn compare_start(
        &self,
        number: usize,
        machine: &Machine,
        left: &Left,
        visible: &Visible,
    ) -> Result<(), String> {
        let reference = self.reference;
        let Some(index) = number.checked_sub(1) else {
            return self.compare_visible(machine, left, visible, &reference.first);
        };
        let Some(snapshot) = reference.snapshots.get(index) else {
            return Err(format!("leaves at {} behind the recorded end", left.at));
        };
        let wanted = (
            reference.begun[index],
            reference.bases[index].unwrap_or(left.base),
        );
        if (left.pc, left.base) != wanted {
            return Err(format!(
                "leaves at {} with (pc, base) {:?}, not {wanted:?}",
                left.at,
                (left.pc, left.base)
            ));
        }
        self.compare_visible(machine, left, visible, snapshot)
    }

    fn compare_visible(
        &self,
        machine: &Machine,
        left: &Left,
        found: &Visible,
        wanted: &Visible,
    ) -> Result<(), String> {
        let (mut found, mut wanted) = (found.clone(), wanted.clone());
        for (at, words) in found.words.iter_mut().zip(&mut wanted.words).enumerate() {
            let word = u32::try_from(at as i64 - left.base);
            let is_dead = |word| self.live.is_some_and(|live| !live.is_live(left.pc, word));
            if word.is_ok_and(is_dead) {
                *words.0 = 0;
                *words.1 = 0;
            }
        }
        match difference(machine, &found, &self.reference.log, &wanted) {
            Some(difference) => Err(format!("left at {}: {difference}", left.at)),
            None => Ok(()),
        }
    }

    /// Enters at the header straight from `start`, if the contract holds there: false if not.
    fn foreign(&self, start: &Start) -> Result<bool, String> {
        let trace = self.trace;
        let Some(header) = trace.header.as_ref().filter(|header| header.pc == trace.pc) else {
            return Ok(false);
        };
        if !trace.entry.is_empty() {
            return Ok(false);
        }
        let Some(signature) = trace.header_signature() else {
            return Ok(false);
        };
        let mut machine = start.machine.clone();
        let absolute = |word: crate::Word| start.base + i64::from(word.0);
        let mut handed = Vec::new();
        for entry in &signature.words {
            let bits = machine.load_word(absolute(entry.word));
            match entry.holds {
                Holds::Constant(constant) if constant.bits != bits => return Ok(false),
                Holds::Constant(_) => {}
                Holds::Param(Type::Ref) if machine.kind_at(bits).is_none() => return Ok(false),
                Holds::Param(_) => handed.push(bits),
            }
        }
        let Ok(invariants) =
            contract::invariants_at(trace, &handed, start.base, &mut machine.clone())
        else {
            return Ok(false);
        };
        handed.extend(invariants);
        // What is pending need not be in memory.
        let mut random = Random::new(machine.script.seed ^ header.contract.0);
        let pending: Vec<i64> = signature.words.iter().map(|e| absolute(e.word)).collect();
        for entry in &signature.words {
            let first = trace.interface.group_of(entry.word).next();
            let first = absolute(first.expect("a group has words"));
            machine.scramble_group(first, |word| pending.contains(&word), &mut random);
        }
        let watch = Watch {
            contracts: true,
            force_from: self.reference.limited.then_some(BUDGET),
            ..Watch::default()
        };
        self.run(Entry::Header, &handed, start.base, machine, watch)?;
        Ok(true)
    }
}

/// The first difference between what `machine`'s host observed, `found`, and what was `wanted`,
/// the calls of which are in `log`.
pub fn difference(
    machine: &Machine,
    found: &Visible,
    log: &[Event],
    wanted: &Visible,
) -> Option<String> {
    let calls = machine.log.iter().zip(&log[..wanted.calls]);
    for (index, (found, wanted)) in calls.enumerate() {
        if found != wanted {
            return Some(format!("call {index} is {found:?}, not {wanted:?}"));
        }
    }
    if found.calls != wanted.calls {
        return Some(format!(
            "the host saw {} calls, not {}",
            found.calls, wanted.calls
        ));
    }
    for (index, (&found, &wanted)) in found.words.iter().zip(&wanted.words).enumerate() {
        if found != wanted {
            return Some(format!(
                "absolute word {index} is {found:#x}, not {wanted:#x}"
            ));
        }
    }
    let (found, wanted) = (machine.reached(found), machine.reached(wanted));
    (found != wanted).then(|| found.difference(&wanted))
}

fn tail(begun: &[Pc]) -> &[Pc] {
    &begun[begun.len().saturating_sub(8)..]
}
