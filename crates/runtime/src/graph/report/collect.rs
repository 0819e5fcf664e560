//! What a report says of what exists: read from the executors, their exits and the anchors.

use super::{AbandonedReport, ExitReport, TreeReport, guards, plural, work};
use crate::graph::account::Account;
use crate::graph::executor::Role;
use crate::graph::exit_record::{ExitStatus, Record};
use crate::graph::handle::{ExecutorRef, ExitRef};
use crate::graph::store::Store;
use crate::place_name::Names;
use offramp_uop::evaluate::Entry;
use offramp_uop::{ExitId, ExitKind, Pc};
use std::cmp::Reverse;
use std::collections::BTreeMap;

impl Store {
    pub(super) fn exits_of_report(&self, names: &dyn Names) -> Vec<ExitReport> {
        let profile = self.config.profile;
        let mut exits = Vec::new();
        for owner in self.executors.handles(|executor| executor.trace.pc) {
            let Some(found) = self.executors.get(owner) else {
                continue;
            };
            for (index, record) in found.exits.iter().enumerate() {
                let taken = profile.then(|| work::taken(found, index));
                if record.cold == 0 && taken.is_none_or(|taken| taken == 0) {
                    continue;
                }
                let id = ExitId(index as u32);
                let (exit, state) = (owner.exit(id), found.trace.exit(id));
                let sighting = self.sightings.get(exit);
                let tests = guards::tests_of(&found.trace, id);
                let seen = sighting.map_or(Vec::new(), |sighting| sighting.report(names));
                exits.push(ExitReport {
                    exit,
                    kind: state.kind,
                    place: names.name_of(state.target),
                    taken,
                    cold: record.cold,
                    tests: tests.iter().map(|test| test.text(names)).collect(),
                    seen,
                    seen_else: sighting.map_or(0, |sighting| sighting.others),
                    status: record.status,
                    status_text: status_text(record, state.kind),
                    why_not_linked: self.why_not_linked(exit, state.kind, state.target, record),
                });
            }
        }
        for (pc, anchor) in self.anchors.iter() {
            let Some(record) = anchor.return_point.record() else {
                continue;
            };
            if record.cold == 0 && record.taken == 0 {
                continue;
            }
            let (exit, kind) = (ExitRef::return_point(pc), ExitKind::Dynamic);
            exits.push(ExitReport {
                exit,
                kind,
                place: names.name_of(pc),
                // Compiled code does not count its ways through a return point.
                taken: None,
                cold: record.cold,
                tests: vec!["no trace returns here".to_owned()],
                seen: Vec::new(),
                seen_else: 0,
                status: record.status,
                status_text: status_text(record, ExitKind::Side),
                why_not_linked: self.why_not_linked(exit, ExitKind::Side, pc, record),
            });
        }
        let count = |exit: &ExitReport| exit.taken.unwrap_or(exit.cold).max(exit.cold);
        exits.sort_by_key(|exit| {
            let order = (count(exit), exit.cold);
            (Reverse(order), exit.exit)
        });
        exits
    }

    fn why_not_linked(
        &self,
        exit: ExitRef,
        kind: ExitKind,
        target: Pc,
        record: &Record,
    ) -> Option<String> {
        if record.link().is_some() {
            return None;
        }
        match kind {
            ExitKind::Side => {}
            ExitKind::Deopt => return Some("it leads to the interpreter for good".to_owned()),
            ExitKind::Error => return Some("the instruction failed".to_owned()),
            ExitKind::Poll => return Some("an interrupt was pending".to_owned()),
            ExitKind::Dynamic => {
                return Some(
                    "where it leads is found at run time: see the return points".to_owned(),
                );
            }
        }
        if exit.owner().is_some_and(|owner| self.live(owner).is_err()) {
            return Some("its trace is no longer in use".to_owned());
        }
        let mut reasons = Vec::new();
        if record.failures > 0 {
            let (failures, s) = (record.failures, plural(record.failures.into()));
            reasons.push(format!("{failures} failed attempt{s}"));
        }
        if self.depth_behind(exit) > self.config.chain_depth {
            let limit = self.config.chain_depth;
            reasons.push(format!(
                "it is behind {limit} side traces, as many as may be"
            ));
        }
        let anchor = self.anchors.get(target);
        let starts = anchor.into_iter().flat_map(|anchor| anchor.starts.iter());
        let starts = starts.map(|start| (start, Entry::Start));
        let headers = anchor.into_iter().flat_map(|anchor| anchor.headers.iter());
        let headers = headers.map(|header| (header, Entry::Header));
        let mut entries = 0;
        for (executor, entry) in starts.chain(headers) {
            entries += 1;
            match self.check(exit, executor, entry) {
                Ok(_) => reasons.push(format!("{executor} could take over")),
                Err(error) => reasons.push(format!("{executor}: {error}")),
            }
        }
        if entries == 0 {
            reasons.push("no trace starts there".to_owned());
        }
        let more = reasons.len().saturating_sub(3);
        reasons.truncate(3);
        if more > 0 {
            reasons.push(format!("{more} more"));
        }
        Some(reasons.join("; "))
    }

    pub(super) fn abandoned_of_report(&self, names: &dyn Names) -> Vec<AbandonedReport> {
        let abandoned = self.history.abandoned.iter();
        let abandoned = abandoned.map(|(attempt, &times)| AbandonedReport {
            place: names.name_of(attempt.pc),
            at: attempt.at.map(|at| names.name_of(at)),
            side: attempt.side,
            reason: attempt.reason,
            times,
        });
        let mut abandoned: Vec<AbandonedReport> = abandoned.collect();
        // Stable: those of one count stay in the order of their places.
        abandoned.sort_by_key(|attempt| Reverse(attempt.times));
        abandoned
    }

    pub(super) fn trees_of_report(&self, names: &dyn Names) -> Vec<TreeReport> {
        let profile = self.config.profile;
        let mut trees: BTreeMap<ExecutorRef, TreeReport> = BTreeMap::new();
        for executor in self.executors.handles(|executor| executor.trace.pc) {
            let Some(found) = self.executors.get(executor) else {
                continue;
            };
            let root = self.root_of(executor);
            let tree = trees.entry(root).or_insert_with(|| TreeReport {
                root,
                place: names.name_of(root.pc()),
                is_root: true,
                traces: 0,
                adapters: 0,
                uops: 0,
                code_bytes: 0,
                entered: 0,
                cost_us: 0,
                earned_us: 0,
                asleep: false,
                runs: profile.then_some(0),
                instructions: profile.then_some(0),
            });
            if executor == root {
                tree.is_root = found.role == Role::Root;
                let anchor = self.anchors.get(root.pc);
                tree.asleep = tree.is_root && anchor.is_some_and(|it| it.asleep.is_some());
                tree.earned_us = found.ledger.earned() / 1000;
            }
            match found.is_adapter() {
                true => tree.adapters += 1,
                false => tree.traces += 1,
            }
            let uops = found.trace.uops.len();
            tree.cost_us += Account::price(uops) / 1000;
            tree.uops += uops;
            tree.code_bytes += found.code.figures().code_bytes;
            tree.entered += found.entered;
            if !found.is_adapter()
                && let Some(runs) = &mut tree.runs
            {
                *runs += work::runs(found);
            }
            if let Some(instructions) = &mut tree.instructions {
                *instructions += work::done(found);
            }
        }
        let mut trees: Vec<TreeReport> = trees.into_values().collect();
        trees.sort_by_key(|tree| (Reverse(tree.uops), tree.root));
        trees
    }

    /// The first executor of the tree that `executor` is in, of those that still exist.
    fn root_of(&self, executor: ExecutorRef) -> ExecutorRef {
        let mut root = executor;
        while let Some(Role::Side(exit) | Role::Adapter(exit)) =
            self.executors.get(root).map(|it| it.role)
        {
            match exit
                .owner()
                .filter(|&owner| self.executors.get(owner).is_some())
            {
                Some(owner) => root = owner,
                None => break,
            }
        }
        root
    }
}

fn status_text(record: &Record, kind: ExitKind) -> String {
    match record.status {
        ExitStatus::Cold if kind != ExitKind::Side => "never linked".to_owned(),
        ExitStatus::Linked(link) => format!("linked to {} ({})", link.executor, link.kind.name()),
        ExitStatus::Recording => "being recorded".to_owned(),
        ExitStatus::GivenUp(reason) => {
            format!("given up after {}: {}", reason.name(), reason.sentence())
        }
        ExitStatus::Cold => match record.temperature.remaining() {
            0 => "cold, hot enough to be recorded".to_owned(),
            more => format!("cold, recorded after {more} more"),
        },
    }
}
