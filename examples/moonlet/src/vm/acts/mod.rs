//! The helpers: what instructions ask for and do outside the machine's vocabulary.
//!
//! Each declares what it touches. Those that allocate are the collector's safe points: they collect
//! before they allocate, never after, so an answer needs no root.

mod builtins;
mod functions;
mod index;
mod numbers;
mod strings;
mod tables;

pub(super) use builtins::*;
pub(super) use functions::*;
pub(super) use index::*;
pub(super) use numbers::*;
pub(super) use strings::*;
pub(super) use tables::*;

use super::{Moonlet, errors};
use crate::value::TABLE_CLASSES;
use offramp::{Act, ClassSet, Context, Effects, Failure, Pc, Tagged};

type Ctx<'a> = Context<'a, Moonlet>;
type Answer<T> = Result<T, Failure>;

/// Allocates, and so may collect first; writes nothing that existed.
const ALLOCATES: Effects = Effects {
    collects: true,
    ..Effects::PURE
};

/// Looks at the frame, too.
const ALLOCATES_FROM_FRAME: Effects = Effects {
    reads_frames: true,
    ..ALLOCATES
};

const fn writing(writes: ClassSet) -> Effects {
    Effects {
        reads: ClassSet::ALL,
        writes,
        ..Effects::PURE
    }
}

/// May push a metamethod's frame.
const TRANSFERS: Effects = Effects {
    reads: ClassSet::ALL,
    writes: TABLE_CLASSES,
    collects: true,
    reads_frames: true,
    writes_frames: true,
    reenters: false,
    transfers: true,
};

/// Anything but running the program.
const ANYTHING: Effects = Effects {
    reenters: false,
    ..Effects::WORST
};

/// Raises the error of the instruction that calls.
pub(super) const FAULT: Act<Moonlet, (), ()> =
    Act::new("fault", |context, ()| Err(errors::raise(context))).with_effects(ANYTHING);

/// Collects if it is time, with `arguments` as roots beside all others.
#[inline]
fn safe_point(context: &mut Ctx<'_>, arguments: &[Tagged]) {
    if context.host.heap.is_due() {
        super::run::collect(context, arguments);
    }
}

/// Where a program is, for messages.
pub(super) fn place(program: &Moonlet, pc: Pc) -> String {
    let pc = program.continued(pc).unwrap_or(pc);
    let line = program.chunk.lines[pc as usize];
    format!("{}:{line}:", program.chunk.name)
}
