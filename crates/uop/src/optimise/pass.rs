//! The passes by name, sets of them, and the trail they leave.

use crate::id::Value;
use crate::named::named;
use std::fmt;

named! {
    /// A pass of the optimiser.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    #[repr(u8)]
    pub enum Pass, "pass" {
        /// Frame words to SSA values, stores pending.
        Words = "words",
        /// Heap loads and stores by alias class.
        Heap = "heap",
        /// Objects that are not made before somebody may see them.
        Sink = "sink",
        /// Constants and algebra.
        Fold = "fold",
        /// What guards have proven.
        Facts = "facts",
        /// Common subexpressions: pure uops, guards, repeatable calls.
        Cse = "cse",
        /// One iteration before the loop, so that what does not change leaves the loop.
        Peel = "peel",
        /// The way into the loop by its short preamble, instead of a copied iteration.
        Short = "short",
        /// Going back to another trace's header.
        Reenter = "reenter",
        /// Ending where paths join.
        Join = "join",
        /// Dead code.
        Dce = "dce",
    }
}

/// A set of passes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Passes(u16);

impl Passes {
    /// Every pass.
    pub const ALL: Passes = Passes(u16::MAX);
    /// No pass: the trace is copied.
    pub const NONE: Passes = Passes(0);

    /// The set of the given passes.
    pub fn of(passes: &[Pass]) -> Passes {
        Passes(passes.iter().fold(0, |set, &pass| set | 1 << pass as u8))
    }

    /// This set without `pass`.
    pub fn without(self, pass: Pass) -> Passes {
        Passes(self.0 & !(1 << pass as u8))
    }

    /// Whether `pass` is in the set.
    pub fn contains(self, pass: Pass) -> bool {
        self.0 >> pass as u8 & 1 == 1
    }
}

impl fmt::Debug for Passes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(Pass::ALL.iter().filter(|&&pass| self.contains(pass)))
            .finish()
    }
}

/// One thing the optimiser did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The pass.
    pub pass: Pass,
    /// The rule, unique in its pass.
    pub rule: &'static str,
    /// The uop of the recorded trace that was being looked at.
    pub at: Value,
}

impl fmt::Display for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {}", self.pass, self.rule, self.at)
    }
}
