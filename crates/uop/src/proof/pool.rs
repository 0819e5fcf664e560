//! The pool of terms: equal nodes are one term, and a term knows what it has been proven equal to.
//!
//! Nothing is concluded here. [`terms`](super::terms) says what follows when two terms become one.

use super::node::{Node, Operands, Term};
use crate::types::{Const, Type};
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

/// All terms of both sides.
#[derive(Default)]
pub(super) struct Pool {
    nodes: Vec<Node>,
    types: Vec<Type>,
    ids: FxHashMap<Node, Term>,
    /// The terms made of each.
    users: Vec<SmallVec<[Term; 2]>>,
    /// What a term has been proven equal to.
    better: Vec<Option<Term>>,
}

impl Pool {
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Forgets which terms are equal; terms stay.
    pub(super) fn forget(&mut self) {
        self.better.fill(None);
    }

    pub(super) fn node(&self, term: Term) -> &Node {
        &self.nodes[term.0 as usize]
    }

    pub(super) fn ty(&self, term: Term) -> Type {
        self.types[term.0 as usize]
    }

    /// What a term is known to be now.
    pub(super) fn resolve(&self, mut term: Term) -> Term {
        while let Some(better) = self.better[term.0 as usize] {
            term = better;
        }
        term
    }

    /// The term of a node, which must be simplified already.
    pub(super) fn intern(&mut self, node: Node, ty: Type) -> Term {
        if let Some(&term) = self.ids.get(&node) {
            return term;
        }
        let term = Term(self.nodes.len() as u32);
        let parts: Operands = match &node {
            Node::Pure(_, _, args) => args.clone(),
            Node::Load(_, address, index, _) => {
                let mut parts: Operands = smallvec![*address];
                parts.extend(*index);
                parts
            }
            Node::Extend(_, value) => smallvec![*value],
            Node::Call(_, args, ..) => Operands::from_slice(args),
            _ => Operands::new(),
        };
        for part in parts {
            let users = &mut self.users[part.0 as usize];
            if users.last() != Some(&term) {
                users.push(term);
            }
        }
        self.nodes.push(node.clone());
        self.types.push(ty);
        self.users.push(SmallVec::new());
        self.better.push(None);
        self.ids.insert(node, term);
        term
    }

    /// The term of a node, if there is one.
    pub(super) fn find(&self, node: &Node) -> Option<Term> {
        self.ids.get(node).copied()
    }

    pub(super) fn as_constant(&self, term: Term) -> Option<Const> {
        match self.node(term) {
            Node::Constant(constant) => Some(*constant),
            _ => None,
        }
    }

    pub(super) fn as_int(&self, term: Term) -> Option<i64> {
        let constant = self.as_constant(term)?;
        (constant.ty == Type::I64).then_some(constant.bits as i64)
    }

    /// Notes that `from` is `to`; returns the terms made of it, to be [given back](Pool::give_users).
    pub(super) fn replace(&mut self, from: Term, to: Term) -> SmallVec<[Term; 2]> {
        self.better[from.0 as usize] = Some(to);
        std::mem::take(&mut self.users[from.0 as usize])
    }

    /// What is made of `from` is made of `to`, too, and of `from` still, once it is forgotten that they are
    /// equal.
    pub(super) fn give_users(&mut self, from: Term, to: Term, users: SmallVec<[Term; 2]>) {
        self.users[to.0 as usize].extend_from_slice(&users);
        self.users[from.0 as usize] = users;
    }
}
