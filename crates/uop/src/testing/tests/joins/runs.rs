//! Runs of an arm and of the entry it leads to, recorded and optimised, and their comparison.

use super::super::super::checker::{bases, difference};
use super::super::super::generate::Start;
use super::super::super::generate::arms::handed_from;
use super::super::super::model::{ENTRY_BASE, Event, Machine, Visible, Watch};
use super::{Count, Path, Scene, last_instruction, leads_to};
use crate::evaluate::{Entry, Left, State, run};
use crate::exit::{ExitKind, Pc};
use crate::op::Op;
use crate::signature::Holds;

/// Starts from which exits are forced, and how many per run.
const FORCED: (usize, usize) = (2, 24);

/// A run of recorded traces, everything in memory.
struct Plain {
    begun: Vec<Pc>,
    bases: Vec<Option<i64>>,
    snapshots: Vec<Visible>,
    log: Vec<Event>,
    left: Left,
    kind: ExitKind,
    end: Visible,
    /// How many instructions were begun before the paths joined, if they did.
    joined: Option<usize>,
    /// Whether the entry was run.
    entered: bool,
}

impl Scene<'_> {
    fn machine(&self, path: &Path, start: &Start) -> Machine {
        let mut machine = start.machine.clone();
        if path.join.is_some_and(|(_, _, polls)| !polls) {
            // The arm polls in its first instruction.
            machine.script.quiet = machine.script.quiet.max(1);
        }
        machine
    }

    fn plain(&self, path: &Path, start: &Start) -> Result<Plain, String> {
        let mut machine = self.machine(path, start);
        machine.watch.snapshots = true;
        let recorded = &path.arm.trace;
        let at = |base: i64| move |delta: Option<i32>| delta.map(|delta| base + i64::from(delta));
        let mut left = run(
            recorded,
            Entry::Start,
            &start.handed,
            start.base,
            &mut machine,
        );
        let mut kind = recorded.exit(left.exit).kind;
        let begun = machine.begun.len();
        let mut known: Vec<Option<i64>> = bases(recorded, begun)
            .into_iter()
            .map(at(start.base))
            .collect();
        let joined = (recorded.uop(left.at).op == Op::Exit).then_some(begun);
        let mut entered = false;
        if joined.is_some()
            && let Some(leads) = path.leads_to
        {
            let middle = &self.middles[leads].recorded;
            if let Some(handed) = handed_from(&middle.entry, left.base, &mut machine) {
                entered = true;
                let base = left.base;
                left = run(middle, Entry::Start, &handed, base, &mut machine);
                kind = middle.exit(left.exit).kind;
                let more = bases(middle, machine.begun.len() - begun);
                known.extend(more.into_iter().map(at(base)));
            }
        }
        match machine.fault {
            Some(fault) => Err(format!("recorded: {fault}")),
            None => Ok(Plain {
                begun: machine.begun,
                bases: known,
                snapshots: machine.snapshots,
                log: machine.log,
                left,
                kind,
                end: machine.visible,
                joined,
                entered,
            }),
        }
    }

    /// Runs recorded and optimised traces and compares; how many guards held before the arm's last
    /// ones, and in all.
    pub(super) fn compare(
        &self,
        at: usize,
        start: usize,
        forced: Option<usize>,
        count: &mut Count,
    ) -> Result<(usize, usize), String> {
        let path = &self.paths[at];
        let start = &path.arm.starts[start];
        let plain = self.plain(path, start)?;
        self.compare_with(&plain, path, start, forced, count)
    }

    fn compare_with(
        &self,
        plain: &Plain,
        path: &Path,
        start: &Start,
        forced: Option<usize>,
        count: &mut Count,
    ) -> Result<(usize, usize), String> {
        let mut machine = self.machine(path, start);
        machine.watch = Watch {
            contracts: true,
            force_guard: forced,
            ..Watch::default()
        };
        let mut trace = &path.optimised;
        let mut left = run(trace, Entry::Start, &start.handed, start.base, &mut machine);
        let tail = trace.uops[last_instruction(trace)..].iter();
        let before = machine
            .guards
            .saturating_sub(tail.filter(|uop| uop.op.is_guard()).count());
        let at_end = trace.uop(left.at).op == Op::Exit;
        let leads = leads_to(trace, &self.middles).filter(|_| at_end);
        // What was cut short by fuel leads elsewhere, and is looked at where the paths join.
        let leads = leads.filter(|&leads| Some(leads) == path.leads_to);
        let begun = machine.begun.len();
        if let Some(leads) = leads {
            if !plain.entered {
                return Err("enters, though memory would not hold a constant".to_owned());
            }
            let middle = &self.middles[leads].optimised;
            let words = middle.entry.words.iter().zip(&left.words);
            let params = words.filter(|(entry, _)| matches!(entry.holds, Holds::Param(_)));
            let handed: Vec<u64> = params.map(|(_, &(_, bits))| bits).collect();
            trace = middle;
            left = run(trace, Entry::Start, &handed, left.base, &mut machine);
        }
        for &(index, bits) in &left.words {
            machine.store_word(index, bits);
        }
        let guards = (before, machine.guards);
        if let Some(fault) = machine.fault.take() {
            return Err(fault);
        }
        if !plain.begun.starts_with(&machine.begun) {
            return Err(format!("begins {:?}, not {:?}", machine.begun, plain.begun));
        }
        let header = trace.header.as_ref();
        let declines = header.is_some_and(|header| left.at < header.at)
            && leads.is_some()
            && machine.begun.len() == begun
            // It may be interrupted on its way into the loop, too.
            && matches!(trace.exit(left.exit).kind, ExitKind::Side | ExitKind::Poll);
        let whole = match forced {
            None => {
                count.runs += 1;
                count.entered += usize::from(leads.is_some());
                count.kept_out += usize::from(plain.joined.is_some() && !plain.entered);
                count.left_before += usize::from(plain.joined.is_none());
                count.declined += usize::from(declines);
                let same_way = plain.entered && leads.is_none();
                let ends = leads_to(&path.optimised, &self.middles) == path.leads_to;
                if same_way && ends {
                    return Err("does not enter, though every constant is there".to_owned());
                }
                true
            }
            Some(_) => {
                count.forced += 1;
                false
            }
        };
        let found = (
            trace.exit(left.exit).kind,
            left.pc,
            left.base,
            left.transferred,
        );
        let wanted = &plain.left;
        let wanted = (plain.kind, wanted.pc, wanted.base, wanted.transferred);
        let at_end = if machine.begun.len() == plain.begun.len() && found == wanted {
            self.same(&machine, plain, &plain.end)
        } else {
            Err(format!("leaves with {found:?}, not {wanted:?}"))
        };
        let cut_short = plain.entered && leads.is_none();
        if at_end.is_ok() || whole && !declines && !cut_short {
            return at_end.map(|()| guards);
        }
        // It left at the start of the instruction it had begun, or of the next.
        let n = machine.begun.len();
        let starts = [n.checked_sub(1).filter(|_| !declines), Some(n)];
        for number in starts.into_iter().flatten() {
            let (Some(&pc), Some(snapshot)) =
                (plain.begun.get(number), plain.snapshots.get(number))
            else {
                continue;
            };
            let base = plain.bases[number].unwrap_or(left.base);
            if (left.pc, left.base) == (pc, base) && self.same(&machine, plain, snapshot).is_ok() {
                return Ok(guards);
            }
        }
        let at = (left.at, left.pc, left.base);
        Err(format!("left at {at:?} in instruction {n}: {at_end:?}"))
    }

    /// The first difference between what `machine` shows and what is `wanted`, but for dead words.
    fn same(&self, machine: &Machine, plain: &Plain, wanted: &Visible) -> Result<(), String> {
        let differs = match self.dead {
            None => difference(machine, &machine.visible, &plain.log, wanted),
            Some(dead) => {
                let (mut found, mut wanted) = (machine.visible.clone(), wanted.clone());
                for word in (0..64).filter(|&word| dead.contains(word)) {
                    let at = ENTRY_BASE as usize + word as usize;
                    found.words[at] = 0;
                    wanted.words[at] = 0;
                }
                difference(machine, &found, &plain.log, &wanted)
            }
        };
        differs.map_or(Ok(()), Err)
    }

    /// Every arm from every start; the first that fails: arm, start, the guard forced, and how.
    pub(super) fn check(
        &self,
        count: &mut Count,
    ) -> Result<(), (usize, usize, Option<usize>, String)> {
        for (at, path) in self.paths.iter().enumerate() {
            for (number, start) in path.arm.starts.iter().enumerate() {
                let plain = self
                    .plain(path, start)
                    .map_err(|it| (at, number, None, it))?;
                let guards = self.compare_with(&plain, path, start, None, count);
                let (before, all) = guards.map_err(|it| (at, number, None, it))?;
                let (starts, most) = FORCED;
                let most = if number < starts { most } else { 0 };
                for guard in (before + 1..=all).take(most) {
                    let forced = Some(guard);
                    self.compare_with(&plain, path, start, forced, count)
                        .map_err(|it| (at, number, forced, it))?;
                }
            }
        }
        Ok(())
    }
}
