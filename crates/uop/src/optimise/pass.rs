//! The passes by name, sets of them, and the trail they leave.

use crate::id::Value;
use std::fmt;

/// A pass of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Pass {
    /// Frame words to SSA values, stores pending.
    Words,
    /// Heap loads and stores by alias class.
    Heap,
    /// Objects that are not made before somebody may see them.
    Sink,
    /// Constants and algebra.
    Fold,
    /// What guards have proven.
    Facts,
    /// Common subexpressions: pure uops, guards, repeatable calls.
    Cse,
    /// One iteration before the loop, so that what does not change leaves the loop.
    Peel,
    /// The way into the loop by its short preamble, instead of a copied iteration.
    Short,
    /// Going back to another trace's header.
    Reenter,
    /// Ending where paths join.
    Join,
    /// Dead code.
    Dce,
}

impl Pass {
    /// Every pass.
    pub const ALL: [Pass; 11] = [
        Pass::Words,
        Pass::Heap,
        Pass::Sink,
        Pass::Fold,
        Pass::Facts,
        Pass::Cse,
        Pass::Peel,
        Pass::Short,
        Pass::Reenter,
        Pass::Join,
        Pass::Dce,
    ];

    /// Its name, as in filetests and dumps.
    pub fn name(self) -> &'static str {
        match self {
            Pass::Words => "words",
            Pass::Heap => "heap",
            Pass::Sink => "sink",
            Pass::Fold => "fold",
            Pass::Facts => "facts",
            Pass::Cse => "cse",
            Pass::Peel => "peel",
            Pass::Short => "short",
            Pass::Reenter => "reenter",
            Pass::Join => "join",
            Pass::Dce => "dce",
        }
    }

    /// The pass called `name`, if there is one.
    pub fn from_name(name: &str) -> Option<Pass> {
        Pass::ALL.into_iter().find(|pass| pass.name() == name)
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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
