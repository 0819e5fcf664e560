//! Heap accesses: alias classes, sets of them, and where a load or store goes.
//!
//! Hosts declare classes, uops carry accesses, optimiser and evaluator compare both.

use crate::types::Mem;
use std::fmt;

/// An alias class: a set of heap locations. Two accesses of different classes never overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Class(pub u8);

/// A set of alias classes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ClassSet(u64);

impl ClassSet {
    /// How many classes an interface can have.
    pub const CAPACITY: usize = 64;
    /// No class.
    pub const NONE: ClassSet = ClassSet(0);
    /// Every class.
    pub const ALL: ClassSet = ClassSet(u64::MAX);

    /// The set of the given classes.
    ///
    /// # Panics
    /// If a class is [`ClassSet::CAPACITY`] or more.
    pub const fn of(classes: &[Class]) -> ClassSet {
        let mut set = ClassSet::NONE;
        let mut index = 0;
        while index < classes.len() {
            set = set.with(classes[index]);
            index += 1;
        }
        set
    }

    /// This set and `class`.
    ///
    /// # Panics
    /// If the class is [`ClassSet::CAPACITY`] or more.
    pub const fn with(self, class: Class) -> ClassSet {
        assert!(
            (class.0 as usize) < ClassSet::CAPACITY,
            "alias class out of range"
        );
        ClassSet(self.0 | 1 << class.0)
    }

    /// Whether `class` is in the set.
    pub fn contains(self, class: Class) -> bool {
        (class.0 as usize) < ClassSet::CAPACITY && self.0 >> class.0 & 1 == 1
    }

    /// Whether every class below `count` is in the set.
    pub const fn covers(self, count: usize) -> bool {
        let all = match count {
            0 => 0,
            count if count >= ClassSet::CAPACITY => u64::MAX,
            count => u64::MAX >> (ClassSet::CAPACITY - count),
        };
        self.0 & all == all
    }

    /// Classes in either set.
    pub fn union(self, other: ClassSet) -> ClassSet {
        ClassSet(self.0 | other.0)
    }

    /// Whether the two sets share a class.
    pub fn intersects(self, other: ClassSet) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether no class is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The classes of the set, ascending.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        (0..ClassSet::CAPACITY as u8)
            .map(Class)
            .filter(move |class| self.contains(*class))
    }
}

impl fmt::Debug for ClassSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|class| class.0))
            .finish()
    }
}

/// Where in the heap a load or store goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    /// Width and type.
    pub mem: Mem,
    /// Byte offset from the address operand.
    pub offset: i32,
    /// For element accesses: the index is shifted left by this much (0 to 4).
    pub scale: u8,
    /// The alias class.
    pub class: Class,
}
