//! What leaving to the host stores, worked out when a trace is compiled.
//!
//! An exit that stays cold is left by thousands of times. Its state says which words are pending and the
//! lowered code where each of them travels; putting the two together at every exit would take longer
//! than the stores. Here each word is a place in the machine context and a place in the frame, next to
//! those of the same exit.
//!
//! The tables say nothing of exits that failed to make an object: those go by the state
//! ([`Exit::words`](super::run)).

use crate::graph::done_at_exits;
use offramp_uop::lower::machine::{FLOAT_ARGS, INT_ARGS, SPILL_SLOTS};
use offramp_uop::lower::{ExitMap, Location, Vm};
use offramp_uop::{ExitId, ExitKind, Pc, Trace};
use std::mem::offset_of;

/// The exits of a trace.
#[derive(Debug, Default)]
pub(super) struct Departures {
    exits: Vec<Departure>,
    moves: Vec<Move>,
    constants: Vec<Constant>,
}

#[derive(Debug)]
struct Departure {
    target: Pc,
    dynamic: bool,
    /// Instructions that are not counted where a call leaves through it.
    done: u32,
    /// Where its words begin; they end where those of the next begin.
    moves: u32,
    constants: u32,
}

/// A word that travels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    /// Words from the exit's frame base.
    pub(super) to: i32,
    /// Bytes into the machine context, of eight that are a value's place.
    pub(super) from: u32,
}

/// A word that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constant {
    /// Words from the exit's frame base.
    pub(super) to: i32,
    pub(super) bits: u64,
}

/// Where an exit goes on, and what is pending there.
pub(super) struct Leaving<'a> {
    /// The instruction, unless the exit is dynamic.
    pub(super) target: Pc,
    pub(super) dynamic: bool,
    pub(super) done: u32,
    pub(super) moves: &'a [Move],
    pub(super) constants: &'a [Constant],
}

impl Departures {
    /// Those of `trace`, whose values travel as `maps` say.
    pub(super) fn of(trace: &Trace, maps: &[ExitMap]) -> Departures {
        let mut all = Departures::default();
        let exits = trace.exits.iter().zip(maps);
        for ((state, map), done) in exits.zip(done_at_exits(trace)) {
            let dynamic = state.kind == ExitKind::Dynamic;
            all.begin(state.target, dynamic, done);
            // Its code has stored them.
            if dynamic {
                continue;
            }
            for (&(word, value), location) in state.words.iter().zip(&map.words) {
                let to = word.0 - state.base;
                match location {
                    Some(location) => all.moves.push(Move {
                        to,
                        from: place(*location),
                    }),
                    // Nothing travels to an exit that no uop leaves through.
                    None => all.constants.extend(
                        trace
                            .constant(value)
                            .map(|it| Constant { to, bits: it.bits }),
                    ),
                }
            }
        }
        all.begin(0, false, 0);
        all
    }

    fn begin(&mut self, target: Pc, dynamic: bool, done: u32) {
        self.exits.push(Departure {
            target,
            dynamic,
            done,
            moves: self.moves.len() as u32,
            constants: self.constants.len() as u32,
        });
    }

    #[inline(always)]
    pub(super) fn exit(&self, exit: ExitId) -> Leaving<'_> {
        let (this, next) = (&self.exits[exit.index()], &self.exits[exit.index() + 1]);
        Leaving {
            target: this.target,
            dynamic: this.dynamic,
            done: this.done,
            moves: &self.moves[this.moves as usize..next.moves as usize],
            constants: &self.constants[this.constants as usize..next.constants as usize],
        }
    }
}

/// The bits of a pending word that does not travel.
pub(super) fn constant(trace: &Trace, value: offramp_uop::Value) -> u64 {
    let constant = trace.constant(value);
    constant.expect("what is no constant travels").bits
}

/// Where a travelling value is in the machine context, in bytes.
///
/// # Panics
/// If there is no such place: lowering checks that there is.
pub(super) fn place(location: Location) -> u32 {
    let (array, n, of) = match location {
        Location::Int(n) => (offset_of!(Vm, ints), usize::from(n), INT_ARGS),
        Location::Float(n) => (offset_of!(Vm, floats), usize::from(n), FLOAT_ARGS),
        Location::Spill(n) => (offset_of!(Vm, spill), usize::from(n), SPILL_SLOTS),
    };
    assert!(n < of, "{location:?} is no place of a value");
    (array + 8 * n) as u32
}
