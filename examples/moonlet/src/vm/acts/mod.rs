//! The helpers: what instructions ask for and do outside the machine's vocabulary.
//!
//! Each declares what it touches ([`effects`]). Those that allocate are the collector's safe points: they collect
//! before they allocate, never after, so an answer needs no root.

mod builtins;
mod effects;
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

use crate::value::Tagged;
use effects::ANYTHING;

use super::{Moonlet, errors};
use offramp::{Act, Context, Failure, Pc};

type Ctx<'a> = Context<'a, Moonlet>;
type Answer<T> = Result<T, Failure>;

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
    let pc = program.instruction(pc);
    let line = program.chunk.lines[pc as usize];
    format!("{}:{line}:", program.chunk.name)
}
