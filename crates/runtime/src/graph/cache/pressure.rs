//! Pressure: room that is asked for, and the trees that make it.
//!
//! Room is asked for before something is recorded, when its size is a guess, and again before it is
//! compiled, when its uops are known. Either everything that is missing can be evicted, or nothing is.
//! Which trees may go, and why so few, is the subject of the [parent module](super).

use super::super::error::InstallError;
use super::super::handle::{ExitRef, Origin};
use super::super::store::Store;
use super::{Invalidation, TreeId};
use offramp_uop::Pc;

/// By how much the threshold grows for what waits for room. Asking costs little, not nothing.
const WAITING: u32 = 16;

/// Room for another executor that is asked for.
#[derive(Clone, Copy)]
struct Claim {
    bytes: usize,
    /// A tree that has run since then stays.
    before: u64,
    /// The tree it is for.
    spared: Option<TreeId>,
}

impl Store {
    /// Whether there is, or could be made, room for what is to be recorded from `pc` for `exit`. If
    /// not, that asks again later.
    pub(in crate::graph) fn room_to_record(&mut self, pc: Pc, exit: Option<ExitRef>) -> bool {
        self.regret(pc);
        let bytes = self.cache.estimate(None);
        if self.fits(bytes, 1) {
            return true;
        }
        let (now, span) = (self.cache.now, self.span());
        let anchor = self.anchors.get_mut(pc);
        let asking = match anchor.waiting {
            // What was never here has waited for nothing; what was starts to wait.
            0 if anchor.evicted.is_none() => Some(now.saturating_sub(span)),
            0 => None,
            since => (now - since >= span).then_some(since),
        };
        if let Some(before) = asking {
            let claim = Claim {
                bytes,
                before,
                spared: self.tree_of(exit),
            };
            if self.make_room(claim, 1) {
                return true;
            }
        }
        let anchor = self.anchors.get_mut(pc);
        if anchor.waiting == 0 || asking.is_some() {
            anchor.waiting = now.max(1);
        }
        self.wait_for_room(pc, exit);
        false
    }

    /// Puts off the next question for room.
    fn wait_for_room(&mut self, pc: Pc, exit: Option<ExitRef>) {
        self.stats.refused += 1;
        let jitter = u32::from(self.jitter() & 7);
        let wait = |threshold: u16| u32::from(threshold.max(1)) * WAITING + jitter;
        let (hot_loop, hot_exit) = (wait(self.config.hot_loop), wait(self.config.hot_exit));
        match exit {
            Some(exit) => {
                if let Some(record) = self.record_mut(exit) {
                    record.temperature.wait(hot_exit);
                }
            }
            None => {
                if let Some(counter) = &mut self.anchors.get_mut(pc).counter {
                    counter.wait(hot_loop);
                }
            }
        }
    }

    /// Makes room for the code of a trace of `uops` uops that has a slot already, if there is none;
    /// before it is compiled.
    ///
    /// # Errors
    /// What there is too little of.
    pub(in crate::graph) fn room_to_compile(
        &mut self,
        uops: usize,
        side: Option<ExitRef>,
    ) -> Result<(), InstallError> {
        self.room_for(self.cache.estimate(Some(uops)), side)
    }

    /// Makes room for `bytes` of code of a trace that has a slot already.
    ///
    /// # Errors
    /// What there is too little of.
    pub(in crate::graph) fn room_for(
        &mut self,
        bytes: usize,
        side: Option<ExitRef>,
    ) -> Result<(), InstallError> {
        let claim = Claim {
            bytes,
            before: self.cache.now.saturating_sub(self.span()),
            spared: self.tree_of(side),
        };
        match self.fits(bytes, 0) || self.make_room(claim, 0) {
            true => Ok(()),
            false => Err(self.excess(bytes)),
        }
    }

    /// Whether `bytes` of code and so many more executors are within the budgets, less what is kept
    /// back for adapters: without one an exit would leave to the interpreter each time.
    fn fits(&self, bytes: usize, more: usize) -> bool {
        let most = |limit: usize| limit - limit / 16;
        let code = self.stats.code_bytes.saturating_add(bytes);
        code <= most(self.config.code_bytes)
            && self.executors.len() + more <= most(self.config.executors)
    }

    /// Refuses an adapter that does not fit.
    ///
    /// # Errors
    /// What there is too little of.
    pub(in crate::graph) fn room_for_adapter(&self, bytes: usize) -> Result<(), InstallError> {
        let code = self.stats.code_bytes.saturating_add(bytes);
        let fits = code <= self.config.code_bytes && self.executors.len() <= self.config.executors;
        fits.then_some(()).ok_or_else(|| self.excess(bytes))
    }

    fn excess(&self, bytes: usize) -> InstallError {
        let limit = self.config.executors;
        match self.executors.len() > limit - limit / 16 {
            true => InstallError::Executors { limit },
            false => InstallError::CodeBytes {
                bytes,
                limit: self.config.code_bytes,
            },
        }
    }

    /// Evicts the trees that ran longest ago until `claim` and so many more executors fit; all or
    /// nothing. Whether they do.
    fn make_room(&mut self, claim: Claim, more: usize) -> bool {
        self.drain(None);
        if self.fits(claim.bytes, more) {
            return true;
        }
        // What was taken away still runs; its room will come.
        if !self.retired.is_empty() {
            return false;
        }
        let code = self.config.code_bytes - self.config.code_bytes / 16;
        let slots = self.config.executors - self.config.executors / 16;
        let mut bytes = (self.stats.code_bytes.saturating_add(claim.bytes)).saturating_sub(code);
        let mut executors = (self.executors.len() + more).saturating_sub(slots);
        let (mut victims, mut stay) = (Vec::new(), Vec::new());
        while bytes > 0 || executors > 0 {
            let Some((used, tree)) = self.cache.next() else {
                break;
            };
            let number = self.cache.number(tree);
            stay.push((tree, number));
            if used >= claim.before {
                break;
            }
            if Some(tree) == claim.spared || self.is_pinned(tree) || self.probe(tree) {
                continue;
            }
            let members = &self.cache.trees[tree.0 as usize].members;
            executors = executors.saturating_sub(members.len());
            let members = members.iter().filter_map(|&it| self.executors.get(it));
            let size: usize = members.map(|member| member.code_bytes).sum();
            bytes = bytes.saturating_sub(size);
            victims.push(tree);
        }
        let enough = bytes == 0 && executors == 0;
        if enough {
            for tree in victims {
                self.evict(tree);
            }
            self.drain(None);
        }
        for (tree, number) in stay {
            self.cache.put_back(tree, number);
        }
        enough && self.fits(claim.bytes, more)
    }

    fn is_pinned(&self, tree: TreeId) -> bool {
        let members = self.cache.trees[tree.0 as usize].members.iter();
        let mut members = members.filter_map(|&member| self.executors.get(member));
        members.any(|member| member.pins > 0)
    }

    /// Undoes the links that lead to `tree` from elsewhere, if that was not done since it was seen
    /// last and there are any; whether so. It counts as seen then.
    fn probe(&mut self, tree: TreeId) -> bool {
        let found = &self.cache.trees[tree.0 as usize];
        if found.probed {
            return false;
        }
        let mut outside = Vec::new();
        for &member in &found.members {
            let incoming = self.executors.get(member).map(|it| &it.incoming);
            let incoming = incoming.into_iter().flatten().copied();
            outside.extend(incoming.filter(|&exit| match exit.0 {
                Origin::Exit(..) => self.tree_of(Some(exit)) != Some(tree),
                Origin::ReturnPoint(_) => true,
            }));
        }
        if outside.is_empty() {
            return false;
        }
        for exit in outside {
            self.unlink(exit);
        }
        let now = self.cache.now;
        let found = &mut self.cache.trees[tree.0 as usize];
        (found.used, found.probed) = (now, true);
        true
    }

    fn evict(&mut self, tree: TreeId) {
        let members = self.cache.trees[tree.0 as usize].members.clone();
        self.stats.trees_evicted += 1;
        for member in members {
            self.take_away(member, Invalidation::Evicted);
        }
    }
}
