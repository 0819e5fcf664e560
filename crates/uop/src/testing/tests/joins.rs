//! Where paths join: arms end at one place, each optimised to meet the entries that the ones before
//! it left there or to make one, and both arm and entry are run.
//!
//! Arms are alike but for some instructions: other words are pending, others hold constants, a word
//! is in memory only, a tag or a frame below is another one. The recorded arm leaves everything in
//! memory, and the recorded entry is run where memory holds the constants it takes for granted. The
//! optimised arm hands its values over. No run may be told from the recorded one, whatever guard of
//! the arm's end or of the entry is made to leave.

use super::super::checker::{bases, difference};
use super::super::generate::Start;
use super::super::generate::arms::{Arm, Junction, handed_from};
use super::super::model::{ENTRY_BASE, Event, Machine, Visible, Watch};
use super::super::random::{Random, mix};
use super::passes::SomeDead;
use super::suite::Seeds;
use crate::evaluate::{Entry, Left, State, run};
use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{ExitId, Value, Word};
use crate::op::Op;
use crate::optimise::{Join, Liveness, Options, Rewrite, optimise};
use crate::signature::{EntrySignature, Holds};
use crate::trace::Trace;
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};
use crate::verify::{verify_knowing, verify_recorded};
use std::sync::Arc;

/// Arms of a scene.
const ARMS: usize = 4;
/// Starts from which exits are forced, and how many per run.
const FORCED: (usize, usize) = (2, 24);

/// How often what happened.
#[derive(Debug, Default)]
struct Count {
    arms: usize,
    knowing: usize,
    // How arms end:
    met: usize,
    met_guarded: usize,
    met_loading: usize,
    met_storing: usize,
    met_viewed: usize,
    met_below: usize,
    met_knowing: usize,
    refuted: usize,
    no_frames: usize,
    in_memory: usize,
    general: usize,
    tags_added: usize,
    unpolled: usize,
    // How runs end:
    runs: usize,
    entered: usize,
    kept_out: usize,
    left_before: usize,
    declined: usize,
    forced: usize,
}

/// What is changed about an optimised arm: its end, and the entry it is to lead to, if there was one.
type Change = dyn Fn(Trace, Option<&EntrySignature>) -> Trace;

/// A trace that starts where the paths join.
struct Middle {
    recorded: Trace,
    optimised: Arc<Trace>,
}

/// An arm, and where it leads.
struct Path {
    arm: Arm,
    optimised: Trace,
    /// How it was optimised: after how many entries, whether in memory, with polls; `None` without
    /// a join.
    join: Option<(usize, bool, bool)>,
    leads_to: Option<usize>,
}

struct Scene<'a> {
    junction: &'a Junction,
    dead: Option<&'a SomeDead>,
    middles: Vec<Middle>,
    paths: Vec<Path>,
}

fn checked(trace: &Trace, live: Option<&dyn Liveness>, seed: u64) {
    if let Err(errors) = verify_knowing(trace, live) {
        panic!("seed {seed:#x}: {errors}");
    }
}

/// The exit of the trace's end, if that is an `exit`.
fn end(trace: &Trace) -> Option<&ExitState> {
    let last = &trace.uops[trace.uops.len() - 2];
    Some(trace.exit(last.exit.filter(|_| last.op == Op::Exit)?))
}

fn leads_to(trace: &Trace, middles: &[Middle]) -> Option<usize> {
    let end = end(trace)?;
    let agrees = |middle: &Middle| end.agrees(trace, &middle.optimised.entry).is_ok();
    middles.iter().position(agrees)
}

/// Where the last instruction of `trace` begins.
fn last_instruction(trace: &Trace) -> usize {
    let last = trace.uops.iter().rposition(|uop| uop.op == Op::At);
    last.unwrap_or(0)
}

impl<'a> Scene<'a> {
    /// The arms one after the other, each with the entries that those before it left.
    fn new(
        junction: &'a Junction,
        arms: &[Arm],
        dead: Option<&'a SomeDead>,
        seed: u64,
        change: Option<&Change>,
        count: &mut Count,
    ) -> Scene<'a> {
        let mut random = Random::new(mix(seed, 2));
        let most = random.pick(&[0, 1, 1, 1, 2, 3]);
        let exactly = random.chance(10);
        let mut scene = Scene {
            junction,
            dead,
            middles: Vec::new(),
            paths: Vec::new(),
        };
        for arm in arms {
            let takes_something = |middle: &&Middle| !middle.optimised.entry.is_empty();
            let full = scene.middles.iter().filter(takes_something).count() >= most;
            let join = (scene.middles.len(), full, random.chance(50));
            let join = (!exactly || !scene.middles.is_empty()).then_some(join);
            let (mut optimised, trail) = scene.optimise(&arm.trace, join, None);
            checked(&optimised, scene.live(), seed);
            let mut leads = leads_to(&optimised, &scene.middles);
            scene.note(arm, &optimised, &trail, join, leads, count);
            if leads.is_none()
                && let Some(end) = end(&optimised)
            {
                let takes = match join {
                    Some(_) => end.general_signature(&optimised),
                    None => end.signature(&optimised),
                };
                let name = format!("middle{}", scene.middles.len());
                if let Some(recorded) = junction.onward(name, takes, arm) {
                    assert!(verify_recorded(&recorded).is_ok(), "seed {seed:#x}");
                    let onward = optimise(&recorded, &scene.options()).trace;
                    checked(&onward, scene.live(), seed);
                    leads = Some(scene.middles.len());
                    scene.middles.push(Middle {
                        recorded,
                        optimised: Arc::new(onward),
                    });
                    // Where an arm makes an entry, it must lead there.
                    assert_eq!(
                        leads_to(&optimised, &scene.middles),
                        leads,
                        "seed {seed:#x}"
                    );
                }
            }
            if let Some(change) = change {
                let takes = leads.map(|leads| &scene.middles[leads].optimised.entry);
                optimised = change(optimised, takes);
            }
            scene.paths.push(Path {
                arm: arm.clone(),
                optimised,
                join,
                leads_to: leads,
            });
        }
        scene
    }

    fn live(&self) -> Option<&dyn Liveness> {
        self.dead.map(|dead| dead as &dyn Liveness)
    }

    fn options(&self) -> Options<'_> {
        Options {
            live: self.live(),
            ..Options::default()
        }
    }

    fn optimise(
        &self,
        trace: &Trace,
        join: Option<(usize, bool, bool)>,
        fuel: Option<u64>,
    ) -> (Trace, Vec<Rewrite>) {
        let known = join.map_or(0, |(known, ..)| known);
        let entries = self.middles[..known].iter();
        let entries: Vec<Arc<Trace>> = entries.map(|middle| middle.optimised.clone()).collect();
        let options = Options {
            fuel,
            join: join.map(|(_, in_memory, polls)| Join {
                entries: &entries,
                in_memory,
                polls,
            }),
            ..self.options()
        };
        let optimised = optimise(trace, &options);
        (optimised.trace, optimised.trail)
    }

    /// Counts how the arm ends, and looks at what its end must be.
    fn note(
        &self,
        arm: &Arm,
        optimised: &Trace,
        trail: &[Rewrite],
        join: Option<(usize, bool, bool)>,
        leads: Option<usize>,
        count: &mut Count,
    ) {
        let (Some((_, in_memory, polls)), Some(end)) = (join, end(optimised)) else {
            return;
        };
        count.arms += 1;
        count.knowing += usize::from(self.dead.is_some());
        let has_poll = |trace: &Trace| trace.uops.iter().any(|uop| uop.op == Op::Poll);
        assert_eq!(has_poll(optimised), polls && has_poll(&arm.trace));
        count.unpolled += usize::from(!polls && has_poll(&arm.trace));
        let did = |rule| {
            trail
                .iter()
                .any(|it| it.pass.name() == "join" && it.rule == rule)
        };
        let plain = self.optimise(&arm.trace, None, None).0;
        let plain_end = self::end(&plain).expect("an arm ends with an exit");
        let pending = |word: Word| {
            let word = Word(word.0 + end.base);
            plain_end
                .word(word)
                .map(|value| (plain.ty(value), plain.constant(value)))
        };
        let own = arm.trace.reach().map_or(0, |(low, _)| low.0);
        if did("entry") {
            let met = leads.expect("what was met agrees");
            let entry = &self.middles[met].optimised.entry;
            let tail = &optimised.uops[last_instruction(optimised)..];
            let exits = tail.iter().filter(|uop| uop.op.is_guard());
            let mut exits = exits.filter_map(|uop| uop.exit);
            let guarded = exits.any(|exit| optimised.exit(exit).target == self.junction.pc);
            let loading = end.words.iter().any(|&(word, value)| {
                let uop = optimised.uop(value);
                uop.op == Op::LoadWord && uop.word() == Some(word)
            });
            let viewed = entry
                .params()
                .any(|(word, ty)| pending(word).is_some_and(|(known, _)| known != Some(ty)));
            // A frame below is there if the arm names it.
            let below = entry.words.iter().map(|it| it.word.0);
            let lowest = below.filter(|&word| word < 0).min();
            assert!(
                lowest.is_none_or(|word| word + end.base >= own),
                "{optimised}"
            );
            let takes = |word: Word| entry.words.iter().any(|it| it.word == word);
            let storing = plain_end.words.iter();
            let mut storing = storing.filter(|(word, _)| !takes(word.seen_from(end.base)));
            count.met += 1;
            count.met_guarded += usize::from(guarded);
            count.met_loading += usize::from(loading);
            count.met_storing += usize::from(storing.next().is_some());
            count.met_viewed += usize::from(viewed);
            count.met_below += usize::from(lowest.is_some());
            count.met_knowing += usize::from(self.dead.is_some());
            return;
        }
        for middle in &self.middles {
            let entry = &middle.optimised.entry;
            let mut words = entry.words.iter().map(|it| it.word.0);
            let below = words.any(|word| word < 0 && word + end.base < own);
            let refuted = entry.constants().any(|(word, constant)| {
                let known = pending(word).and_then(|(_, known)| known);
                known.is_some_and(|known| known.ty == constant.ty && known != constant)
            });
            count.no_frames += usize::from(below);
            count.refuted += usize::from(refuted);
            // Whoever takes nothing over is met by all.
            assert!(!entry.is_empty(), "{optimised}");
        }
        assert_eq!(did("memory"), in_memory);
        if in_memory {
            count.in_memory += 1;
            assert!(end.words.is_empty(), "{optimised}");
            return;
        }
        count.general += 1;
        count.tags_added += usize::from(end.words.len() > plain_end.words.len());
        let types = end.words.iter().map(|&(_, value)| optimised.ty(value));
        assert!(
            !types.into_iter().any(|ty| ty == Some(Type::Ref)),
            "{optimised}"
        );
    }

    /// The least fuel for an arm, or for the entry it leads to, that fails.
    fn blame(&mut self, at: usize, start: usize, forced: Option<usize>) -> String {
        let mut count = Count::default();
        let mut fails = |scene: &Scene<'_>| scene.compare(at, start, forced, &mut count).is_err();
        let join = self.paths[at].join;
        let arm = self.paths[at].arm.trace.clone();
        let (full, trail) = self.optimise(&arm, join, None);
        let guilty = |what: &str, fuel: u64, trail: &[Rewrite]| {
            let last = (fuel as usize).checked_sub(1).map(|last| &trail[last]);
            format!("first with fuel {fuel} for {what}: {last:?}")
        };
        if let Some(leads) = self.paths[at].leads_to {
            let recorded = self.middles[leads].recorded.clone();
            let trail = optimise(&recorded, &self.options()).trail;
            for fuel in 0..=trail.len() as u64 {
                let options = Options {
                    fuel: Some(fuel),
                    ..self.options()
                };
                let optimised = optimise(&recorded, &options).trace;
                self.middles[leads].optimised = Arc::new(optimised);
                if fails(self) {
                    if fuel == 0 {
                        break;
                    }
                    return guilty("the entry", fuel, &trail);
                }
            }
        }
        for fuel in 0..=trail.len() as u64 {
            self.paths[at].optimised = self.optimise(&arm, join, Some(fuel)).0;
            if fails(self) {
                return guilty("the arm", fuel, &trail);
            }
        }
        self.paths[at].optimised = full;
        "with no fuel that is less".to_owned()
    }
}

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
    fn compare(
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
    fn check(&self, count: &mut Count) -> Result<(), (usize, usize, Option<usize>, String)> {
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

/// The arms of a place, and what none of them nor what follows reads.
fn arms_of(junction: &Junction, seed: u64) -> (Vec<Arm>, Option<SomeDead>) {
    let mut random = Random::new(mix(seed, 11));
    let arms: Vec<Arm> = (0..ARMS)
        .map(|number| junction.arm(format!("arm{number}"), &mut random))
        .collect();
    let onward = arms
        .iter()
        .filter_map(|arm| junction.onward("onward".to_owned(), EntrySignature::empty(), arm));
    let onward: Vec<Trace> = onward.collect();
    let traces: Vec<&Trace> = arms.iter().map(|arm| &arm.trace).chain(&onward).collect();
    let dead = SomeDead::of_all(&traces, &mut random);
    (arms, dead)
}

#[test]
fn arms_meet_where_paths_join() {
    let mut count = Count::default();
    for seed in Seeds::from_environment() {
        let junction = Junction::new(seed);
        let (arms, dead) = arms_of(&junction, seed);
        for arm in &arms {
            if let Err(errors) = verify_recorded(&arm.trace) {
                panic!("seed {seed:#x}: {errors}");
            }
        }
        let knowing = dead.as_ref().map(Some);
        for dead in knowing.into_iter().chain([None]) {
            let mut scene = Scene::new(&junction, &arms, dead, seed, None, &mut count);
            let Err((at, start, forced, wrong)) = scene.check(&mut count) else {
                continue;
            };
            let path = &scene.paths[at];
            let middle = path.leads_to.map(|leads| &scene.middles[leads]);
            let middle = middle.map(|it| format!("{}\n{}", it.recorded, it.optimised));
            let traces = format!("{}\n{}", path.arm.trace, path.optimised);
            let blame = scene.blame(at, start, forced);
            panic!(
                "seed {seed:#x}, arm {at}, start {start}, guard {forced:?}: {wrong}\n{blame}\n\
                 {traces}\n{}",
                middle.unwrap_or_default()
            );
        }
    }
    println!("arms that join: {count:?}");
    if count.arms < 8000 {
        return;
    }
    let often = [
        ("met", count.met),
        ("met with a guard", count.met_guarded),
        ("met with a load", count.met_loading),
        ("met with a store", count.met_storing),
        ("met with other types", count.met_viewed),
        ("met with words of frames below", count.met_below),
        ("a constant refuted", count.refuted),
        ("frames below that do not exist", count.no_frames),
        ("in memory", count.in_memory),
        ("in general", count.general),
        ("tags added", count.tags_added),
        ("without a poll", count.unpolled),
        ("met knowing what is dead", count.met_knowing),
        ("entered", count.entered),
        ("kept out by a guard", count.kept_out),
        ("left before", count.left_before),
    ];
    for (what, count) in often {
        assert!(count > 50, "{what}: {count}");
    }
}

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
