//! Loops: the body walked twice, and the header between.
//!
//! The recorded body is walked once as the preamble. What it leaves known goes into the second
//! walk, the loop: a load, a guard or a pure uop that the first iteration has done and no
//! iteration undoes is simply found there. Nothing is moved up; whether the first walk is emitted is
//! decided later ([`short`](super::short)) (Pall, `lj_opt_loop.c`: copy-substitution instead of code motion;
//! Ardö, Bolz and Fijałkowski 2012).
//!
//! At the header only what holds on *both* edges may be known:
//! - clean words that are clean with the same value on the back edge too; heap classes the loop
//!   does not write; facts about preamble values;
//! - pending words become parameters, or constants of the contract where the value is the same
//!   constant on both edges;
//! - everything else is forgotten.
//!
//! What holds on the back edge is found out by walking: a wrong guess demotes the word and the loop
//! is walked again. Every retry demotes at least one word by at least one step of
//! kept → constant → parameter, or adds a heap class that the loop turned out to write, so the number of
//! walks is bounded.

use super::looped::{LoopWrites, Looped, classes_written_by};
use super::pass::Pass;
use super::stability::{self, Stability};
use super::walk::Walk;
use super::words::Where;
use crate::id::{Value, Word};
use crate::interface::ClassSet;
use crate::op::Op;
use crate::trace::Header;
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};
use std::collections::BTreeMap;
use std::ops::Range;

/// What is known of a word at the header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Clean, with this value.
    Kept(Value),
    /// Pending with this constant.
    Constant(Const),
    /// Pending, a parameter.
    Param(Type),
    /// Clean, with an unknown value.
    Forgotten,
}

impl Shape {
    fn is_pending(self) -> bool {
        matches!(self, Shape::Constant(_) | Shape::Param(_))
    }
}

/// Walks a trace that loops.
pub(super) fn walk(walk: &mut Walk<'_>, header: &Header) -> Looped {
    let source = walk.source;
    let header_at = header.at.index();
    let body = header_at + 1..source.uops.len() - 2;
    walk.walk(0..header_at);
    walk.begin_first_iteration();
    let mut writes = LoopWrites::of(source, body.clone());
    if walk.out.allow(Pass::Peel, "first_iteration") {
        let before = walk.out.line().len();
        walk.walk(body.clone());
        walk.end_first_iteration();
        writes.classes = written_since(walk, before);
    }
    close(walk, header, body, writes)
}

/// The heap classes that were written since the section had so many uops.
fn written_since(walk: &Walk<'_>, before: usize) -> ClassSet {
    let line = &walk.out.line()[before..];
    classes_written_by(&walk.out, &walk.source.interface, line)
}

/// The type in which a word of type `ty` is a parameter of a header.
///
/// A reference is handed over as its bits: the loop makes it a reference again by the guard on its
/// tag that was recorded, which costs nothing where the tag is a constant of the contract. So
/// whoever enters needs no reference, only the word.
fn handed_as(ty: Type) -> Type {
    match ty {
        Type::Ref => Type::I64,
        ty => ty,
    }
}

/// Closes the loop: header, body, back edge.
///
/// That the loop writes no heap class but those that the first iteration wrote is a guess, too.
fn close(
    walk: &mut Walk<'_>,
    header: &Header,
    body: Range<usize>,
    mut writes: LoopWrites,
) -> Looped {
    let pc = header.pc;
    walk.arrive(pc);
    let mut shapes: BTreeMap<Word, Shape> = BTreeMap::new();
    for (word, value, state) in walk.known_words() {
        let resolved = walk.resolve(value);
        // What memory holds can be shown to a foreign entry only by loading it again; a value
        // this trace put there is handed over instead.
        let shape = match walk.out.as_constant(resolved) {
            _ if state == Where::Loaded => Shape::Kept(value),
            Some(constant) => Shape::Constant(constant),
            None => Shape::Param(handed_as(walk.out.ty(resolved))),
        };
        shapes.insert(word, shape);
    }
    loop {
        let before = walk.checkpoint();
        walk.out.look_at(header.at);
        let looped = enter(walk, &shapes, &writes);
        walk.walk(body.clone());
        walk.out.look_at(Value(body.end as u32));
        walk.drop_dead(pc, 0);
        let closed = back_edge(walk, &shapes);
        let written = written_since(walk, 0);
        match closed {
            Ok(()) if writes.classes.union(written) == writes.classes => return looped,
            Ok(()) => {}
            Err(demoted) => shapes.extend(demoted),
        }
        walk.out.set_line(looped.preamble);
        walk.restore(before);
        writes.classes = writes.classes.union(written);
    }
}

/// Defines the header: what it takes over, and what stays known.
fn enter(walk: &mut Walk<'_>, shapes: &BTreeMap<Word, Shape>, writes: &LoopWrites) -> Looped {
    let mut firsts = Vec::new();
    for (&word, &shape) in shapes {
        if let Shape::Param(ty) = shape {
            let value = walk.word(word).expect("a shaped word is known");
            firsts.push((word, ty, walk.view(ty, value)));
        }
    }
    let boundary = walk.out.len() as u32;
    let mut params = Vec::new();
    for (word, ty, first) in firsts {
        let param = Uop::new(Op::Param, &[])
            .with_ty(ty)
            .with_imm(Imm::Word(word));
        let param = walk.out.define(param);
        walk.pass(word, param);
        params.push((param, first));
    }
    let mut constants = Vec::new();
    for (&word, &shape) in shapes {
        if let Shape::Constant(constant) = shape {
            let value = walk.out.constant(constant);
            walk.pass(word, value);
            constants.push((word, constant));
        }
    }
    let mut writes = writes.clone();
    writes.kept = shapes
        .iter()
        .filter_map(|(&word, &shape)| match shape {
            Shape::Kept(value) => Some((word, value)),
            _ => None,
        })
        .collect();
    let forgotten = |word| shapes.get(&word) == Some(&Shape::Forgotten);
    walk.pass_header(forgotten, writes.classes, writes.host);
    let looped = Looped {
        boundary,
        preamble: walk.out.take_line(),
        params,
        constants,
        writes,
    };
    let stability = stability::of_preamble(walk, &looped);
    let stable = looped.preamble.iter().copied();
    walk.relearn(stable.filter(|value| stability[value.index()] != Stability::Varying));
    looped
}

/// Goes back to the header: hands over the parameters, stores what it does not take.
///
/// # Errors
/// The words whose shape does not hold on this edge, with the shape that might.
fn back_edge(
    walk: &mut Walk<'_>,
    shapes: &BTreeMap<Word, Shape>,
) -> Result<(), BTreeMap<Word, Shape>> {
    let taken = |word| shapes.get(&word).is_some_and(|shape| shape.is_pending());
    let mut demoted = BTreeMap::new();
    for (&word, &shape) in shapes {
        if let Shape::Kept(value) = shape
            && let Some(shape) = demote_kept(walk, word, value)
        {
            demoted.insert(word, shape);
        }
    }
    walk.store_where(|word| !taken(word));
    walk.materialise_pending(|_| true);
    let mut args = Vec::new();
    for (&word, &shape) in shapes {
        let value = walk.word(word);
        match shape {
            Shape::Kept(_) | Shape::Forgotten => {}
            Shape::Constant(constant) => {
                if value.and_then(|value| walk.out.as_constant(value)) != Some(constant) {
                    demoted.insert(word, Shape::Param(constant.ty));
                }
            }
            Shape::Param(ty) => args.push(match value {
                Some(value) => walk.view(ty, value),
                None => walk.load_word(ty, word),
            }),
        }
    }
    if !demoted.is_empty() {
        return Err(demoted);
    }
    walk.out.emit(Uop::new(Op::Loop, &args));
    Ok(())
}

/// What a word kept with `first` at the header is instead, if the back edge breaks that.
fn demote_kept(walk: &Walk<'_>, word: Word, first: Value) -> Option<Shape> {
    let first = walk.resolve(first);
    match walk.word(word) {
        Some(next) if !walk.is_pending(word) => (next != first).then_some(Shape::Forgotten),
        Some(next) => Some(match walk.out.as_constant(first) {
            Some(constant) if next == first => Shape::Constant(constant),
            _ => Shape::Param(handed_as(walk.out.ty(first))),
        }),
        None => Some(Shape::Forgotten),
    }
}
