//! Objects that are made only on the way out.
//!
//! A helper that [makes](crate::interface::NewObject) objects need not be called before somebody may
//! see its object. Where the optimiser can follow every use of one, its uops stay in the line as *sunk*:
//! the call, stores to the object, loads of pointers in it, and views of its address. Running
//! the trace passes them over. Leaving through an exit whose state names the object does first what of them
//! lies before the uop that leaves, in order, but for the stores that a later one overwrites; whoever takes
//! over then finds an object like any other, so it is made once on every path, and links and side traces know
//! nothing of this (LuaJIT's allocation sinking, `lj_opt_sink.c`, restores such objects in its exit handler;
//! here it is code of the exit).
//!
//! An object holds others. What is held is made with its holder, so a holder must never name an object
//! that the line has made in the meantime: the exit would make it a second time. Where the line makes an
//! object, the optimiser therefore stores it once more, sunk, in every sunk object that holds it. That store
//! overwrites the one that names the sunk object, and exits follow only what is not overwritten where they
//! leave.
//!
//! The rules, which the [verifier](crate::verify) checks:
//! - sunk are only calls of helpers that make objects, stores and loads of `ptr` whose address is
//!   sunk, and views (`bits_of_ref`, `f64_of_bits`) of what is sunk;
//! - what is sunk is used by sunk uops and named by the words of exits, but not by the one that ends
//!   the trace: the optimiser has made the object by then;
//! - a sunk load reads nothing that a sunk store writes, so leaving out a store that is overwritten
//!   changes nothing that is loaded;
//! - uops that leave through one exit make the same objects and store the same in them: the exit's code is
//!   there once;
//! - no call that collects lies between an object's making and an exit that names it: what would be
//!   stored in the object is no root before it is.

use crate::exit::ExitState;
use crate::id::{Value, Word};
use crate::op::Op;
use crate::trace::Trace;
use crate::uop::{Access, Uop};
use rustc_hash::FxHashSet;

/// The sunk object that `value` is, or is part of.
pub fn object_of(trace: &Trace, value: Value) -> Option<Value> {
    let mut value = value;
    loop {
        let uop = trace.uop(value);
        if !uop.sunk || uop.op == Op::Call {
            return uop.sunk.then_some(value);
        }
        // Operands come first, or nobody made this.
        value = *uop.args.first().filter(|arg| **arg < value)?;
    }
}

/// Whether leaving with this state makes objects first.
pub fn makes(trace: &Trace, exit: &ExitState) -> bool {
    exit.words.iter().any(|&(_, value)| trace.uop(value).sunk)
}

/// Whether the word `word` is stored where an exit fails to make an object: if nothing of its value group is
/// sunk. Half a value would be none, so memory keeps the whole of what it holds.
pub fn survives(trace: &Trace, exit: &ExitState, word: Word) -> bool {
    let mut group = trace.interface.group_of(word);
    group.all(|of_group| {
        let mut named = exit.words.iter().filter(|&&(at, _)| at == of_group);
        named.all(|&(_, value)| !trace.uop(value).sunk)
    })
}

/// How many sunk uops all exits together do: what sinking costs in code.
pub fn cost(trace: &Trace) -> usize {
    let sunk = all(trace);
    if sunk.is_empty() {
        return 0;
    }
    let mut left: Vec<bool> = vec![false; trace.exits.len()];
    let exits = trace.iter().filter_map(|(at, uop)| Some((at, uop.exit?)));
    // Uops that share an exit share its code.
    let first = exits.filter(|(_, exit)| !std::mem::replace(&mut left[exit.index()], true));
    let done = first.map(|(at, exit)| done_among(trace, &sunk, trace.exit(exit), at).len());
    done.sum()
}

/// The sunk uops that are done where the uop at `at` leaves with the state `exit`, in order.
///
/// Whoever asks for more than one exit finds [all](all()) sunk uops once and asks
/// [`done_among`](done_among()) them.
pub fn done_at(trace: &Trace, exit: &ExitState, at: Value) -> Vec<Value> {
    match makes(trace, exit) {
        true => done_among(trace, &all(trace), exit, at),
        false => Vec::new(),
    }
}

/// The sunk uops of a trace, in order.
pub(crate) fn all(trace: &Trace) -> Vec<Value> {
    let sunk = trace.iter().filter(|(_, uop)| uop.sunk);
    sunk.map(|(at, _)| at).collect()
}

/// What [`done_at`](done_at()) says, given [all](all()) sunk uops of the trace.
pub(crate) fn done_among(trace: &Trace, sunk: &[Value], exit: &ExitState, at: Value) -> Vec<Value> {
    let words = exit.words.iter();
    let named = words.filter_map(|&(_, value)| object_of(trace, value));
    let mut objects: Vec<Value> = named.collect();
    if objects.is_empty() {
        return objects;
    }
    let before = &sunk[..sunk.partition_point(|&it| it < at)];
    let sunk = current(before.iter().map(|&it| (it, trace.uop(it))));
    let is_of = |objects: &[Value], value: Value| {
        object_of(trace, value).is_some_and(|object| objects.contains(&object))
    };
    // What is stored in an object is wanted with it.
    let mut known = 0;
    while known < objects.len() {
        known = objects.len();
        for &value in &sunk {
            if !is_of(&objects[..known], value) {
                continue;
            }
            for &arg in &trace.uop(value).args {
                let object = object_of(trace, arg);
                objects.extend(object.filter(|object| !objects.contains(object)));
            }
        }
    }
    sunk.into_iter()
        .filter(|&value| is_of(&objects, value))
        .collect()
}

/// Of these sunk uops, which are in order, those that count: not a store to where a later one stores.
pub(crate) fn current<'t>(sunk: impl DoubleEndedIterator<Item = (Value, &'t Uop)>) -> Vec<Value> {
    let mut overwritten: FxHashSet<(Value, Access)> = FxHashSet::default();
    let mut counts = |uop: &Uop| match (uop.op, uop.access()) {
        (Op::Store, Some(access)) => overwritten.insert((uop.args[0], access)),
        _ => true,
    };
    let backwards = sunk.rev().filter(|(_, uop)| counts(uop));
    let mut current: Vec<Value> = backwards.map(|(value, _)| value).collect();
    current.reverse();
    current
}

/// Whether two accesses to one object, each by its address, may be to the same bytes.
pub(crate) fn may_meet(one: (Value, Access), other: (Value, Access)) -> bool {
    let end = |access: Access| i64::from(access.offset) + i64::from(access.mem.bytes());
    let apart = |one: Access, other: Access| end(one) <= i64::from(other.offset);
    let ((at, one), (to, other)) = (one, other);
    one.class == other.class && (at != to || !apart(one, other) && !apart(other, one))
}
