//! The helpers: what instructions ask for and do outside the machine's vocabulary.
//!
//! Each declares what it touches ([`effects`]). Those that allocate are the collector's safe points: they collect
//! before they allocate, never after, so an answer needs no root.
//!
//! Where there is no memory a helper fails, having changed nothing: [`Vm`](super::Vm) may collect
//! and try the instruction once more, as if it had not begun.

mod builtins;
mod coroutines;
mod effects;
mod functions;
mod index;
mod metamethod;
mod numbers;
mod strings;
mod tables;

pub(super) use builtins::*;
pub(super) use coroutines::{ENDED, RESUME, YIELD, fail};
pub(super) use functions::*;
pub(super) use index::*;
pub(super) use metamethod::*;
pub(super) use numbers::*;
pub(super) use strings::*;
pub(super) use tables::*;

use crate::value::Tagged;
use effects::ANYTHING;

use super::Moonlet;
use super::errors::{self, Throw};
use crate::bytecode::NO_LINE;
use crate::value::NOTHING;
use offramp::{Act, Context, Pc};
use std::ops::Deref;

type Ctx<'a> = Context<'a, Moonlet>;
type Answer<T> = Result<T, Throw>;

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

/// Values out of a frame. Few need no memory.
#[derive(Debug)]
struct Gathered {
    few: [Tagged; FEW],
    count: usize,
    /// All of them, if they are not few.
    many: Vec<Tagged>,
}

/// As many values as most calls and constructors have.
const FEW: usize = 6;

impl Deref for Gathered {
    type Target = [Tagged];

    #[inline]
    fn deref(&self) -> &[Tagged] {
        match self.many.is_empty() {
            true => &self.few[..self.count],
            false => &self.many,
        }
    }
}

/// The values of `count` slots of the frame from `first` on.
#[inline]
fn gather(context: &Ctx<'_>, first: i64, count: i64) -> Answer<Gathered> {
    let mut gathered = Gathered {
        few: [NOTHING; FEW],
        count: count.max(0) as usize,
        many: Vec::new(),
    };
    let slots = first..first + count;
    if gathered.count <= FEW {
        for (value, slot) in gathered.few.iter_mut().zip(slots) {
            *value = context.stack.value(2 * slot as u16);
        }
        return Ok(gathered);
    }
    gathered.many = context.host.heap.memory.list(gathered.count)?;
    let values = slots.map(|slot| context.stack.value(2 * slot as u16));
    gathered.many.extend(values);
    Ok(gathered)
}

/// Where a program is, for messages that begin with it: nothing in functions of the library.
pub(super) fn place(program: &Moonlet, pc: Pc) -> String {
    let (unit, pc) = program.at(program.instruction(pc));
    match unit.chunk.lines[pc as usize] {
        NO_LINE => String::new(),
        line => format!("{}:{line}: ", unit.chunk.name),
    }
}
