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

use super::Pass;
use super::forward::{Forward, Looped};
use super::words::Where;
use crate::id::{Value, Word};
use crate::interface::ClassSet;
use crate::op::Op;
use crate::trace::Trace;
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What a loop body may write.
#[derive(Clone, Default)]
pub(super) struct LoopWrites {
    pub(super) words: BTreeSet<Word>,
    pub(super) classes: ClassSet,
    /// A helper writes frames: any word.
    pub(super) frames: bool,
    /// A helper writes the host's own state.
    pub(super) host: bool,
    /// Words that hold the same value in memory whenever control is at the header, although the
    /// source may write them, with that value.
    kept: BTreeMap<Word, Value>,
}

impl LoopWrites {
    fn of(trace: &Trace, body: Range<usize>) -> LoopWrites {
        let mut writes = LoopWrites::default();
        for uop in &trace.uops[body.clone()] {
            match (uop.op, uop.imm) {
                (Op::StoreWord, Imm::Word(word)) => {
                    writes.words.insert(word);
                }
                (Op::Call, Imm::Helper(helper)) => {
                    let effects = trace.interface.helpers[helper.index()].effects.closed();
                    writes.frames |= effects.writes_frames;
                    writes.host |= effects.writes_host;
                }
                _ => {}
            }
        }
        writes.classes = classes_written(trace, &trace.uops[body]);
        writes
    }

    /// Whether memory may hold different values in `word` at different arrivals at the header.
    pub(super) fn word(&self, word: Word) -> bool {
        self.frames || self.words.contains(&word)
    }

    /// The value that `word` holds in memory at every arrival, if it is known to.
    pub(super) fn kept(&self, word: Word) -> Option<Value> {
        self.kept.get(&word).copied()
    }
}

/// The heap classes that uops write. What is sunk writes nothing: others know nothing of its object.
fn classes_written<'u>(trace: &Trace, uops: impl IntoIterator<Item = &'u Uop>) -> ClassSet {
    let written = |uop: &Uop| match (uop.op, uop.imm) {
        (Op::Store | Op::StoreElem, Imm::Access(access)) => ClassSet::of(&[access.class]),
        (Op::Call, Imm::Helper(helper)) => {
            let helper = &trace.interface.helpers[helper.index()];
            helper.effects.closed().writes
        }
        _ => ClassSet::NONE,
    };
    let uops = uops.into_iter().filter(|uop| !uop.sunk);
    uops.map(written).fold(ClassSet::NONE, ClassSet::union)
}

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

/// Walks the whole source trace.
pub(super) fn walk(forward: &mut Forward<'_>) {
    let source = forward.source;
    let Some(header) = &source.header else {
        forward.walk(0..source.uops.len());
        return;
    };
    let header = header.at.index();
    let body = header + 1..source.uops.len() - 2;
    forward.walk(0..header);
    // A side trace that loops begins like a root: what it was handed it stores and loads again, so
    // that whatever the loop rests on can be shown to others by loading it.
    forward.store_all();
    forward.words.forget_all();
    let mut writes = LoopWrites::of(source, body.clone());
    if forward.allow(Pass::Peel, "first_iteration") {
        let before = forward.line.len();
        forward.walk(body.clone());
        forward.forget_exits();
        writes.classes = forward.written_since(before);
    }
    close(forward, header, body, writes);
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
fn close(forward: &mut Forward<'_>, header: usize, body: Range<usize>, mut writes: LoopWrites) {
    let pc = forward.source.header.as_ref().expect("it loops").pc;
    forward.drop_dead(pc, 0);
    forward.place = (pc, 0);
    forward.make_pending(|_| true);
    let mut shapes: BTreeMap<Word, Shape> = BTreeMap::new();
    for (word, value, state) in forward.words.known() {
        let resolved = forward.resolve(value);
        // What memory holds can be shown to a foreign entry only by loading it again; a value
        // this trace put there is handed over instead.
        let shape = match forward.as_constant(resolved) {
            _ if state == Where::Loaded => Shape::Kept(value),
            Some(constant) => Shape::Constant(constant),
            None => Shape::Param(handed_as(forward.ty(resolved))),
        };
        shapes.insert(word, shape);
    }
    loop {
        let before = forward.checkpoint();
        forward.at = Value(header as u32);
        enter(forward, &shapes, &writes);
        forward.walk(body.clone());
        forward.at = Value(body.end as u32);
        forward.drop_dead(pc, 0);
        let closed = back_edge(forward, &shapes);
        let written = forward.written_since(0);
        match closed {
            Ok(()) if writes.classes.union(written) == writes.classes => return,
            Ok(()) => {}
            Err(demoted) => shapes.extend(demoted),
        }
        forward.restore(before);
        writes.classes = writes.classes.union(written);
    }
}

/// Defines the header: what it takes over, and what stays known.
fn enter(forward: &mut Forward<'_>, shapes: &BTreeMap<Word, Shape>, writes: &LoopWrites) {
    let mut firsts = Vec::new();
    for (&word, &shape) in shapes {
        if let Shape::Param(ty) = shape {
            let value = forward.resolve(forward.words.value(word).expect("a shaped word is known"));
            firsts.push((word, ty, forward.view(ty, value)));
        }
    }
    let boundary = forward.pool.len() as u32;
    let mut params = Vec::new();
    for (word, ty, first) in firsts {
        let param = Uop::new(Op::Param, &[])
            .with_ty(ty)
            .with_imm(Imm::Word(word));
        let param = forward.define(param);
        forward.words.set_handed(word, param);
        params.push((param, first));
    }
    let mut constants = Vec::new();
    for (&word, &shape) in shapes {
        if let Shape::Constant(constant) = shape {
            let value = forward.constant(constant);
            forward.words.set_handed(word, value);
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
    forward
        .words
        .forget(|word| shapes.get(&word) == Some(&Shape::Forgotten));
    forward.heap.kill(writes.classes);
    forward.known.kill_calls(writes.classes, writes.host);
    forward.forget_exits();
    forward.valid = !writes.host;
    let looped = Looped {
        boundary,
        preamble: std::mem::take(&mut forward.line),
        params,
        constants,
        writes,
    };
    forward.relearn(&looped);
    forward.looped = Some(looped);
}

/// Goes back to the header: hands over the parameters, stores what it does not take.
///
/// # Errors
/// The words whose shape does not hold on this edge, with the shape that might.
fn back_edge(
    forward: &mut Forward<'_>,
    shapes: &BTreeMap<Word, Shape>,
) -> Result<(), BTreeMap<Word, Shape>> {
    let taken = |word| shapes.get(&word).is_some_and(|shape| shape.is_pending());
    let mut demoted = BTreeMap::new();
    for (&word, &shape) in shapes {
        if let Shape::Kept(value) = shape
            && let Some(shape) = forward.demote_kept(word, value)
        {
            demoted.insert(word, shape);
        }
    }
    forward.store_where(|word| !taken(word));
    forward.make_pending(|_| true);
    let mut args = Vec::new();
    for (&word, &shape) in shapes {
        let value = forward
            .words
            .value(word)
            .map(|value| forward.resolve(value));
        match shape {
            Shape::Kept(_) | Shape::Forgotten => {}
            Shape::Constant(constant) => {
                if value.and_then(|value| forward.as_constant(value)) != Some(constant) {
                    demoted.insert(word, Shape::Param(constant.ty));
                }
            }
            Shape::Param(ty) => args.push(match value {
                Some(value) => forward.view(ty, value),
                None => forward.load_word(ty, word),
            }),
        }
    }
    if !demoted.is_empty() {
        return Err(demoted);
    }
    forward.emit(Uop::new(Op::Loop, &args));
    Ok(())
}

impl Forward<'_> {
    /// The heap classes that were written since the section had so many uops.
    fn written_since(&self, before: usize) -> ClassSet {
        let uops = self.line[before..].iter().map(|&value| self.uop(value));
        classes_written(self.source, uops)
    }

    /// What a word kept with `first` at the header is instead, if the back edge breaks that.
    fn demote_kept(&self, word: Word, first: Value) -> Option<Shape> {
        let first = self.resolve(first);
        let next = self.words.value(word).map(|value| self.resolve(value));
        match next {
            Some(next) if !self.words.is_pending(word) => {
                (next != first).then_some(Shape::Forgotten)
            }
            Some(next) => Some(match self.as_constant(first) {
                Some(constant) if next == first => Shape::Constant(constant),
                _ => Shape::Param(handed_as(self.ty(first))),
            }),
            None => Some(Shape::Forgotten),
        }
    }
}
