//! What all traces of one interpreter share: value groups, alias classes, helpers and their
//! effects.
//!
//! The host declares these once; the optimiser's freedom around a call or a store is exactly what
//! is declared here. A forgotten effect is a wrong program, so the default of [`Effects`] is the
//! worst there is.

use crate::access::Access;
use crate::types::Type;
use smallvec::SmallVec;

pub use crate::access::{Class, ClassSet};

/// What calling a helper may do besides computing its result.
///
/// The flags are independent claims, except that [`reenters`](Effects::reenters) implies every
/// other one but [`writes_frames`](Effects::writes_frames) and
/// [`transfers`](Effects::transfers).
///
/// The default is the worst: reads and writes every class and the host, collects, reads frames, re-enters,
/// writes frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Effects {
    /// Heap classes whose content the result depends on.
    pub reads: ClassSet,
    /// Heap classes it may write.
    pub writes: ClassSet,
    /// The result depends on the host's own state, which no class covers: what was printed, a clock.
    pub reads_host: bool,
    /// May change the host's own state. Such a call is made exactly as often and in the order in which the
    /// program makes it among those, and nothing else: it is no reason to store, to load again or to make an
    /// object.
    pub writes_host: bool,
    /// May run the host's collector: it scans frame words and the call's
    /// [roots](crate::evaluate::Call::roots), frees what it did not reach, and moves nothing. It
    /// may overwrite words above the end of the running frame, which no instruction reads before
    /// it writes them.
    pub collects: bool,
    /// May look at frame words and frame links (traceback, debugger).
    pub reads_frames: bool,
    /// May change frame words of the running frames.
    pub writes_frames: bool,
    /// May run the host's program, and so anything: other traces, invalidation, collection.
    pub reenters: bool,
    /// May answer [`Outcome::Transfer`](crate::evaluate::Outcome::Transfer): it pushed or popped a
    /// frame and the program goes on elsewhere.
    /// Everything pending is stored before such a call: what it writes must not be overtaken.
    pub transfers: bool,
}

impl Effects {
    /// No effect and no dependence on memory: the result is a function of the arguments.
    pub const PURE: Effects = Effects {
        reads: ClassSet::NONE,
        writes: ClassSet::NONE,
        reads_host: false,
        writes_host: false,
        collects: false,
        reads_frames: false,
        writes_frames: false,
        reenters: false,
        transfers: false,
    };

    /// Changes the host's own state and nothing an instruction or a trace can see: prints, counts.
    pub const HOST: Effects = Effects {
        writes_host: true,
        ..Effects::PURE
    };

    /// Anything but a transfer.
    pub const WORST: Effects = Effects {
        reads: ClassSet::ALL,
        writes: ClassSet::ALL,
        reads_host: true,
        writes_host: true,
        collects: true,
        reads_frames: true,
        writes_frames: true,
        reenters: true,
        transfers: false,
    };

    /// A function of its arguments and of the classes `reads`.
    pub const fn reading(reads: ClassSet) -> Effects {
        Effects {
            reads,
            ..Effects::PURE
        }
    }

    /// With what [`reenters`](Effects::reenters) implies made explicit.
    pub fn closed(self) -> Effects {
        if self.reenters {
            Effects {
                reads: ClassSet::ALL,
                writes: ClassSet::ALL,
                reads_host: true,
                writes_host: true,
                collects: true,
                reads_frames: true,
                ..self
            }
        } else {
            self
        }
    }

    /// Whether a second call with the same arguments gives the same result while nothing is written that
    /// it [reads](Effects::reads) ([of the host](Effects::reads_host)), and leaving the call out changes nothing.
    pub fn is_removable(self) -> bool {
        let effects = self.closed();
        effects.writes.is_empty()
            && !effects.writes_host
            && !effects.collects
            && !effects.writes_frames
            && !effects.transfers
            && !effects.reads_frames
    }
}

impl Default for Effects {
    fn default() -> Effects {
        Effects::WORST
    }
}

/// A function of the host that traces may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helper {
    /// Its name in the text form, unique in the interface.
    pub name: String,
    /// Types of the arguments.
    pub params: SmallVec<[Type; 4]>,
    /// Type of the result, if it has one.
    pub result: Option<Type>,
    /// What it does besides.
    pub effects: Effects,
    /// Whether it may fail, which leaves the trace by the call's error exit. A helper that only reads
    /// or makes an object fails by a panic.
    pub fails: bool,
    /// If its result is a new object: what that holds.
    pub makes: Option<NewObject>,
}

/// What a helper promises that makes an object.
///
/// Nothing else refers to the object; making it later, as often as it is wanted or not at all is the
/// same to the program. So a trace need not make an object before somebody else may see it (see
/// [`sunk`](crate::sunk)). Of the [`Effects`] such a helper has at most those of
/// writing: what it writes is known to be written only if it is called, so these are places where the
/// program finds old content as good as new. If it fails,
/// by a panic, the run is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewObject {
    /// What is known of the object's content; a location that is not listed holds anything.
    pub holds: Vec<Content>,
}

/// A location of a new object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Where, without an index.
    pub access: Access,
    /// What a load finds there.
    pub value: Initial,
}

/// What a location of a new object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    /// A constant, as bits of the type that a load has.
    Constant(u64),
    /// The helper's argument of this number, which has the type that a load has.
    Argument(u8),
}

impl Helper {
    /// Whether a second call with the same arguments is the first, as long as nothing is written that it
    /// reads: what has not failed does not fail then.
    pub fn is_repeatable(&self) -> bool {
        self.effects.is_removable() && self.makes.is_none()
    }

    /// Whether it is [repeatable](Helper::is_repeatable) and a call whose result nobody wants can be left
    /// out.
    pub fn is_removable(&self) -> bool {
        self.is_repeatable() && !self.fails
    }

    /// Whether a call needs an exit: because it can leave through it, or because it must know the
    /// frame base and the instruction it is called from.
    pub fn needs_exit(&self) -> bool {
        let effects = self.effects.closed();
        self.fails
            || effects.collects
            || effects.reads_frames
            || effects.writes_frames
            || effects.transfers
    }
}

/// What all traces of one interpreter share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Words per value group: word `w` belongs to group `w.div_euclid(group)`. A group is stored,
    /// forwarded and killed as a unit. 1 where every word stands alone.
    pub group: u32,
    /// Names of the alias classes.
    pub classes: Vec<String>,
    /// The helpers.
    pub helpers: Vec<Helper>,
}

impl Interface {
    /// An interface with single-word groups, no classes and no helpers.
    pub fn new() -> Interface {
        Interface {
            group: 1,
            classes: Vec::new(),
            helpers: Vec::new(),
        }
    }

    /// The words of the group that `word` belongs to.
    pub fn group_of(&self, word: crate::Word) -> impl Iterator<Item = crate::Word> + use<> {
        let group = self.group.max(1) as i32;
        let first = self.first_of_group(word).0;
        (first..first + group).map(crate::Word)
    }

    /// The lowest word of the group that `word` belongs to.
    pub fn first_of_group(&self, word: crate::Word) -> crate::Word {
        let group = self.group.max(1) as i32;
        crate::Word(word.0.div_euclid(group) * group)
    }
}

impl Default for Interface {
    fn default() -> Interface {
        Interface::new()
    }
}
