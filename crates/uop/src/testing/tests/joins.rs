//! Where paths join: arms end at one place, each optimised to meet the entries that the ones before
//! it left there or to make one, and both arm and entry are run.
//!
//! Arms are alike but for some instructions: other words are pending, others hold constants, a word
//! is in memory only, a tag or a frame below is another one. The recorded arm leaves everything in
//! memory, and the recorded entry is run where memory holds the constants it takes for granted. The
//! optimised arm hands its values over. No run may be told from the recorded one, whatever guard of
//! the arm's end or of the entry is made to leave.

mod mutants;
mod runs;

use super::super::generate::arms::{Arm, Junction};
use super::super::random::{Random, mix};
use super::passes::SomeDead;
use super::suite::{Seeds, must_be_proved};
use crate::exit::ExitState;
use crate::id::Word;
use crate::op::Op;
use crate::optimise::{Join, Liveness, Options, Rewrite, optimise};
use crate::signature::EntrySignature;
use crate::trace::Trace;
use crate::types::Type;
use crate::verify::{verify_knowing, verify_recorded};
use std::sync::Arc;

/// Arms of a scene.
const ARMS: usize = 4;

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
    seed: u64,
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
            seed,
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
                    let onward = optimise(&recorded, &scene.options());
                    must_be_proved(seed, &recorded, &onward, &scene.options());
                    let onward = onward.trace;
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
        if fuel.is_none() {
            must_be_proved(self.seed, trace, &optimised, &options);
        }
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
            // An entry that takes nothing over is met by all.
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
