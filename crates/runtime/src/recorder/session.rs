//! Where a recording ends: asked after every instruction, before the next begins.
//!
//! The rules, in the order they are tried, are in [`Session::follow_on`]; [`Session::arrive`] cuts at a
//! join what they let go on too long or give up. They know nothing of the program; what they ask of
//! the rest of the library is whether a root exists at a place and whether paths join there.

use super::log::Log;
use crate::graph::{Abort, Config};
use crate::language::phases::Flow;
use offramp_uop::Pc;
use smallvec::SmallVec;

/// Edges of inner loops that are followed, where any are.
const UNROLLED: usize = 8;
/// What part of the longest trace may follow the first of them before no further one is followed: eight
/// rounds of a small body, but one or two of a large one.
const COPIED: usize = 4;
/// Recordings of a root that follow inner edges and are given up because there are too many.
const PATIENCE: u8 = 3;

/// How far a recording may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// Calls inlined within one another.
    pub(crate) inlining_depth: i32,
    /// Frames below the first one that may be returned to.
    pub(crate) returns: i32,
    /// Times one function may be entered within itself.
    pub(crate) recursion: usize,
    /// Edges of inner loops without a root that a side trace may follow.
    pub(crate) unrolled: usize,
    /// The same for a root.
    pub(crate) root_unrolled: usize,
    /// Uops after the first of them after which no further one is followed.
    pub(crate) copied: usize,
    /// Whether a root that meets more than that waits for the loop's root.
    pub(crate) waits: bool,
    /// Instructions that a side trace may have after the first join it comes to.
    pub(crate) tail: usize,
}

impl Reach {
    pub(crate) fn of(config: &Config) -> Reach {
        Reach {
            inlining_depth: config.inlining_depth.min(i32::MAX as u32) as i32,
            returns: config.return_depth.min(i32::MAX as u32) as i32,
            recursion: 2,
            unrolled: UNROLLED,
            root_unrolled: 0,
            copied: config.trace_length / COPIED,
            waits: true,
            tail: config.join_tail,
        }
    }

    /// The same for a root that was recorded in vain `failures` times.
    ///
    /// A root that meets an inner loop waits for that to get a root of its own. A loop of few rounds
    /// never does: its recordings begin at the last round and meet the outer loop. So from the third
    /// time on the inner loop is unrolled; at the first time that would cost a loop of many rounds
    /// its own trace. A loop that goes on after as many rounds or uops as are unrolled gets one, and
    /// what was copied of it would be in vain; so the root waits for it a few times more.
    pub(crate) fn after(self, failures: u8) -> Reach {
        let root_unrolled = if failures >= 2 { UNROLLED } else { 0 };
        Reach {
            root_unrolled,
            waits: failures < 2 + PATIENCE,
            ..self
        }
    }
}

/// What to do when an instruction has been recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrived {
    /// Record the next instruction.
    Continue,
    /// The trace is a loop.
    Loop,
    /// The trace ends with an exit to the next instruction.
    Exit,
    /// The trace ends at the first join it came to.
    Join,
    /// The trace ends with the return just recorded, wherever that leads.
    Return,
    /// The trace ends with the call just recorded, wherever that leads.
    Call,
    /// The trace ends with the call just recorded, which leads to other frames: the exit behind it is
    /// for calls that do not.
    Switch,
    /// The trace ends with an exit to the instruction just recorded, as if it had not been.
    ExitBefore,
    /// There is no trace.
    Abort(Abort),
}

impl Arrived {
    /// Exits that the trace is going to have, at least, beside those of the instructions so far; `None`
    /// where it is cut at a place at which that was asked before.
    fn takes_exits(self) -> Option<usize> {
        match self {
            Arrived::Loop => Some(0),
            Arrived::Continue | Arrived::Exit | Arrived::Return | Arrived::Call => Some(1),
            Arrived::Switch => Some(1),
            Arrived::Join | Arrived::ExitBefore | Arrived::Abort(_) => None,
        }
    }
}

/// A recording's way through the program.
#[derive(Debug)]
pub(crate) struct Session {
    start: Pc,
    is_side: bool,
    reach: Reach,
    /// Entries of the inlined functions that have not returned.
    frames: Vec<Pc>,
    /// Frames returned to below the first.
    below: i32,
    /// Where the edges of inner loops led that were followed, and how many uops there were at the first.
    edges: SmallVec<[Pc; UNROLLED]>,
    uops_unrolled_from: usize,
}

impl Session {
    pub(crate) fn new(start: Pc, is_side: bool, reach: Reach) -> Session {
        Session {
            start,
            is_side,
            reach,
            frames: Vec::new(),
            below: 0,
            edges: SmallVec::new(),
            uops_unrolled_from: 0,
        }
    }

    /// The instruction that ended with `flow` has been recorded; `next` is the next one.
    ///
    /// `pass` says whether paths join at an instruction that the recording comes to, and is told that
    /// it does. What follows a join may go wrong or on and on: then the trace ends at the join.
    pub(crate) fn arrive(
        &mut self,
        log: &mut Log,
        flow: Flow,
        next: Pc,
        has_root: impl Fn(Pc) -> bool,
        pass: impl Fn(Pc) -> bool,
    ) -> Arrived {
        let mut arrived = self.follow_on(log, flow, next, has_root, pass);
        if let Some(more) = arrived.takes_exits()
            && !log.has_exits_left(more)
        {
            arrived = self.rewind(log, Abort::ExitLimit);
        }
        match arrived {
            Arrived::Continue if log.since_join() >= Some(self.reach.tail) => Arrived::Join,
            Arrived::Abort(_) if log.since_join().is_some() => Arrived::Join,
            arrived => arrived,
        }
    }

    fn follow_on(
        &mut self,
        log: &mut Log,
        flow: Flow,
        next: Pc,
        has_root: impl Fn(Pc) -> bool,
        pass: impl Fn(Pc) -> bool,
    ) -> Arrived {
        match flow {
            Flow::Finish => return Arrived::Abort(Abort::Finished),
            Flow::Fail => return Arrived::Abort(Abort::Error),
            Flow::Transfer(_) if !log.switched() => {
                return Arrived::Abort(Abort::Transferred);
            }
            _ => {}
        }
        if let Some(reason) = log.broken {
            return self.rewind(log, reason);
        }
        if log.enters_any() {
            return Arrived::Call;
        }
        if log.switched() {
            return Arrived::Switch;
        }
        let inlined_return = matches!(flow, Flow::Return(_)) && !self.frames.is_empty();
        self.follow(log, flow);
        if log.is_dynamic() {
            // Only a return may do with less than the whole link.
            return match flow {
                Flow::Return(_) => Arrived::Return,
                _ => self.rewind(log, Abort::LeftStartFrame),
            };
        }
        log.leaves_reach = self.leaves_reach();
        let at_start = next == self.start && log.delta() == 0 && self.below == 0;
        let is_entry = matches!(flow, Flow::Enter(_));
        if at_start && !(self.is_side && has_root(next)) {
            return Arrived::Loop;
        }
        if is_entry && self.is_too_deep(next) {
            return Arrived::Exit;
        }
        if !is_entry && !inlined_return && has_root(next) {
            return Arrived::Exit;
        }
        let joins = !is_entry && !matches!(flow, Flow::Loop(_)) && pass(next);
        if joins && self.is_side && next != self.start {
            log.come_to_join(next);
        }
        if let Flow::Loop(_) = flow
            && !self.unrolls(log, next)
        {
            let goes_on = self.reach.root_unrolled == 0 || self.edges.contains(&next);
            return match goes_on && !self.is_side && self.reach.waits {
                true => Arrived::Abort(Abort::InnerLoop),
                false => Arrived::Exit,
            };
        }
        if log.is_full() {
            return Arrived::Exit;
        }
        Arrived::Continue
    }

    /// Whether one more edge of an inner loop is followed.
    fn unrolls(&mut self, log: &Log, next: Pc) -> bool {
        let most = match self.is_side {
            true => self.reach.unrolled,
            false => self.reach.root_unrolled,
        };
        if self.edges.is_empty() {
            self.uops_unrolled_from = log.uops();
        }
        let copied = log.uops() - self.uops_unrolled_from;
        if self.edges.len() >= most || copied > self.reach.copied {
            return false;
        }
        self.edges.push(next);
        true
    }

    /// Whether a return now would lead further down than the recording follows.
    pub(crate) fn leaves_reach(&self) -> bool {
        self.frames.is_empty() && self.below >= self.reach.returns
    }

    /// The trace ends before the current instruction, if there is anything before it.
    fn rewind(&self, log: &Log, reason: Abort) -> Arrived {
        match log.instructions() {
            0 | 1 => Arrived::Abort(reason),
            _ => Arrived::ExitBefore,
        }
    }

    fn follow(&mut self, log: &Log, flow: Flow) {
        match flow {
            // A tail call takes its caller's place.
            Flow::Enter(entry) if !log.pushed() => {
                self.frames.pop();
                self.frames.push(entry);
            }
            Flow::Enter(entry) => self.frames.push(entry),
            Flow::Return(_) if self.frames.pop().is_none() => self.below += 1,
            _ => {}
        }
    }

    fn is_too_deep(&self, entry: Pc) -> bool {
        let within = self.frames.iter().filter(|&&frame| frame == entry).count();
        let own = usize::from(entry == self.start);
        self.frames.len() as i32 > self.reach.inlining_depth || within + own > self.reach.recursion
    }
}
