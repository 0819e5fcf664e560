//! New objects.
//!
//! The n-th call of the recording that [makes an object](crate::interface::NewObject) makes object n; a call
//! of the optimised trace, in its line or in an exit, makes one of these. Who may know of them is decided in
//! [`escape`](super::escape).

use super::node::{Node, Operands, Term};
use super::terms::Terms;
use crate::id::{HelperId, Value};
use rustc_hash::FxHashMap;

/// How deep a term is looked into for objects.
const DEPTH: u32 = 8;

/// An object that the recording makes.
pub(super) struct Object {
    pub(super) helper: HelperId,
    pub(super) args: Operands,
    pub(super) term: Term,
    /// The uop of the recording that makes it.
    pub(super) made_at: Value,
    /// The optimised trace has made it in its line.
    pub(super) in_line: bool,
    /// It is of this way through the trace, not of the first iteration.
    pub(super) current: bool,
    /// How many terms there were when others first saw it.
    seen_at: Option<u32>,
}

/// All objects so far, and the terms that are an object or the address of a part of one.
#[derive(Default)]
pub(super) struct Objects {
    all: Vec<Object>,
    owners: FxHashMap<Term, u32>,
    /// The results of calls that may be references to what went in.
    results: FxHashMap<Term, Vec<u32>>,
}

impl Objects {
    pub(super) fn count(&self) -> u32 {
        self.all.len() as u32
    }

    pub(super) fn get(&self, object: u32) -> &Object {
        &self.all[object as usize]
    }

    /// The object that `term` is, or is the address of a part of.
    pub(super) fn of(&self, terms: &Terms, term: Term) -> Option<u32> {
        match self.owners.is_empty() {
            true => None,
            false => self.owners.get(&terms.resolve(term)).copied(),
        }
    }

    /// The object that `term` itself is.
    pub(super) fn named(&self, terms: &Terms, term: Term) -> Option<u32> {
        let object = self.of(terms, term)?;
        (self.get(object).term == terms.resolve(term)).then_some(object)
    }

    /// Notes that `term`, the result of a call, may be a reference to one of these.
    pub(super) fn may_be(&mut self, term: Term, objects: Vec<u32>) {
        if !objects.is_empty() {
            self.results.insert(term, objects);
        }
    }

    /// Whether `term` is the result of a call that new objects went into.
    pub(super) fn may_be_new(&self, terms: &Terms, term: Term) -> bool {
        !self.results.is_empty() && self.results.contains_key(&terms.resolve(term))
    }

    pub(super) fn belongs(&mut self, term: Term, object: u32) {
        self.owners.insert(term, object);
    }

    /// The latest object that this uop of the recording made.
    pub(super) fn made_by(&self, uop: Value) -> Option<u32> {
        let found = self
            .all
            .iter()
            .rposition(|it| it.current && it.made_at == uop);
        found.map(|found| found as u32)
    }

    /// Notes that the line has made it.
    pub(super) fn make(&mut self, object: u32) {
        self.all[object as usize].in_line = true;
    }

    /// Objects that the line has made.
    pub(super) fn in_line(&self) -> Vec<u32> {
        let all = self.all.iter().enumerate();
        let made = all.filter(|(_, object)| object.in_line && object.current);
        made.map(|(number, _)| number as u32).collect()
    }

    /// An iteration from anywhere: objects made so far are any.
    pub(super) fn leave_behind(&mut self) {
        for object in &mut self.all {
            object.current = false;
            object.seen_at = Some(0);
        }
    }

    /// A new object; the term names it.
    pub(super) fn add(&mut self, term: Term, helper: HelperId, args: Operands, made_at: Value) {
        self.belongs(term, self.count());
        self.all.push(Object {
            helper,
            args,
            term,
            made_at,
            in_line: false,
            current: true,
            seen_at: None,
        });
    }

    /// Others first see an object when there are so many terms.
    pub(super) fn note_seen(&mut self, object: u32, terms: u32) {
        let seen_at = &mut self.all[object as usize].seen_at;
        seen_at.get_or_insert(terms);
    }

    /// Whether a term was there before others first saw an object.
    pub(super) fn is_before_seen(&self, term: Term, object: u32) -> bool {
        self.get(object).seen_at.is_some_and(|seen| term.0 < seen)
    }

    /// The objects that a term names, is the address of a part of, or is computed from.
    pub(super) fn inside(&self, terms: &Terms, term: Term) -> Vec<u32> {
        let mut found = Vec::new();
        if !self.all.is_empty() {
            self.in_term(terms, term, &mut found, DEPTH);
        }
        found
    }

    fn in_term(&self, terms: &Terms, term: Term, found: &mut Vec<u32>, depth: u32) {
        let term = terms.resolve(term);
        let mut note = |object: u32| {
            if !found.contains(&object) {
                found.push(object);
            }
        };
        if let Some(&object) = self.owners.get(&term) {
            note(object);
        } else if let Some(objects) = self.results.get(&term) {
            objects.iter().copied().for_each(note);
        } else if let (Node::Pure(_, _, args), true) = (terms.node(term), depth > 0) {
            for &arg in args {
                self.in_term(terms, arg, found, depth - 1);
            }
        }
    }
}
