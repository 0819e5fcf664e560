//! Terms: what values of both traces are, as functions of the state the proof began with.
//!
//! One pool serves both sides, and equal terms are one term, so that comparing is comparing numbers.
//! A term is a pure op over terms or a leaf that names a part of a state. What has been proven makes
//! terms equal that were made apart ([`assume`](Terms::assume)): the term of a condition becomes a
//! constant, and what was made of a term is made again of what it turned out to be, so that equality
//! is closed under all ops (congruence).
//!
//! Terms are simplified by the optimiser's rule table, which is shared as data and proved by itself;
//! what a rule asks about ranges is decided by this checker's own [`facts`](super::facts).

use super::facts::{Interval, Ranges};
use super::node::{Node, Operands, Term};
use super::pool::Pool;
use crate::id::{Value, Word};
use crate::op::Op;
use crate::optimise::{Algebra, fold};
use crate::types::{Const, Mem, Type};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// The comparison that is true where this one is false, and whether of the operands swapped.
fn opposite(op: Op) -> Option<(Op, bool)> {
    Some(match op {
        Op::Eq => (Op::Ne, false),
        Op::Ne => (Op::Eq, false),
        Op::Lt => (Op::Le, true),
        Op::Le => (Op::Lt, true),
        Op::Ult => (Op::Ule, true),
        Op::Ule => (Op::Ult, true),
        Op::Feq => (Op::Fne, false),
        Op::Fne => (Op::Feq, false),
        _ => return None,
    })
}

/// How far a comparison looks into two terms that were made at different times.
const DEPTH: u32 = 6;

/// The pool, and what has been proven of its terms.
#[derive(Default)]
pub(super) struct Terms {
    pool: Pool,
    ranges: Ranges,
    /// Terms made again, each so deep, and at which state of the ranges.
    renewed: FxHashMap<(Term, u32), (Term, u32)>,
    /// The highest word up to which room is proven, and the words asked about.
    room: Option<Word>,
    rooms: Vec<Word>,
    /// Conditions that have become known and whose consequences are not drawn yet.
    learned: Vec<Term>,
    /// Two constants were proven equal: what follows is never reached.
    contradiction: bool,
}

impl Terms {
    pub(super) fn len(&self) -> usize {
        self.pool.len()
    }

    pub(super) fn node(&self, term: Term) -> &Node {
        self.pool.node(term)
    }

    pub(super) fn ty(&self, term: Term) -> Type {
        self.pool.ty(term)
    }

    /// What a term is known to be now.
    pub(super) fn resolve(&self, term: Term) -> Term {
        self.pool.resolve(term)
    }

    pub(super) fn resolve_all(&self, terms: &[Term]) -> Operands {
        terms.iter().map(|&term| self.resolve(term)).collect()
    }

    /// The term of a node, which must be simplified already.
    pub(super) fn intern(&mut self, node: Node, ty: Type) -> Term {
        self.pool.intern(node, ty)
    }

    /// The term of a node, if there is one.
    pub(super) fn find(&self, node: &Node) -> Option<Term> {
        self.pool.find(node)
    }

    pub(super) fn as_constant(&self, term: Term) -> Option<Const> {
        self.pool.as_constant(term)
    }

    pub(super) fn as_int(&self, term: Term) -> Option<i64> {
        self.pool.as_int(term)
    }

    fn is_constant(&self, term: Term) -> bool {
        self.as_constant(term).is_some()
    }

    /// Forgets what has been proven; terms stay.
    pub(super) fn forget(&mut self) {
        self.pool.forget();
        self.ranges = Ranges::default();
        self.renewed.clear();
        self.room = None;
        self.contradiction = false;
    }

    /// Whether what has been proven contradicts itself: no run gets here.
    pub(super) fn is_contradiction(&self) -> bool {
        self.contradiction
    }

    pub(super) fn constant(&mut self, constant: Const) -> Term {
        debug_assert!(constant.ty != Type::Ref, "a reference is one by address");
        self.intern(Node::Constant(constant), constant.ty)
    }

    /// Whether there is room up to `word`.
    pub(super) fn room(&mut self, word: Word) -> Term {
        if self.room.is_some_and(|proven| word <= proven) {
            return self.constant(Const::bool(true));
        }
        let known = self.len();
        let term = self.intern(Node::Room(word), Type::Bool);
        if self.len() > known {
            self.rooms.push(word);
        }
        self.resolve(term)
    }

    /// A pure op, simplified.
    pub(super) fn pure(&mut self, op: Op, ty: Type, args: &[Term]) -> Term {
        let mut args = self.resolve_all(args);
        if op.is_commutative() {
            let rank = |term: Term| (self.as_constant(term).is_some(), term);
            if rank(args[0]) > rank(args[1]) {
                args.swap(0, 1);
            }
        }
        let values: SmallVec<[Value; 3]> = args.iter().map(|term| Value(term.0)).collect();
        if let Some(value) = fold(self, op, ty, &values) {
            return self.resolve(Term(value.0));
        }
        if let Some(truth) = self.decide(op, &args) {
            return self.constant(Const::bool(truth));
        }
        let term = self.intern(Node::Pure(op, ty, args), ty);
        self.resolve(term)
    }

    /// What a narrow load sees of `value`.
    pub(super) fn extend(&mut self, mem: Mem, value: Term) -> Term {
        let value = self.resolve(value);
        match self.as_int(value) {
            Some(int) => self.constant(Const::int(mem.extend(int as u64) as i64)),
            None => {
                let term = self.intern(Node::Extend(mem, value), Type::I64);
                self.resolve(term)
            }
        }
    }

    /// `term` read from a frame word as `ty`: the same bits.
    pub(super) fn view(&mut self, ty: Type, term: Term) -> Term {
        let term = self.resolve(term);
        match (self.ty(term), ty) {
            (from, to) if from == to => term,
            (Type::F64, Type::I64) => self.pure(Op::BitsOfF64, ty, &[term]),
            (Type::I64, Type::F64) => self.pure(Op::F64OfBits, ty, &[term]),
            (Type::Ref, Type::I64) => self.pure(Op::BitsOfRef, ty, &[term]),
            (Type::I64, Type::Ref) => self.pure(Op::RefOfBits, ty, &[term]),
            (Type::Ref, Type::F64) => {
                let bits = self.view(Type::I64, term);
                self.view(ty, bits)
            }
            // No word holds one; the verifier says so.
            _ => term,
        }
    }

    /// A term of the same kind over what its operands are known to be now.
    fn again(&mut self, term: Term) -> Term {
        let node = self.node(term).clone();
        match node {
            Node::Pure(op, ty, args) => self.pure(op, ty, &args),
            Node::Extend(mem, value) => self.extend(mem, value),
            Node::Load(state, address, index, access) => {
                let (address, ty) = (self.resolve(address), self.ty(term));
                let index = index.map(|index| self.resolve(index));
                let term = self.intern(Node::Load(state, address, index, access), ty);
                self.resolve(term)
            }
            Node::Call(helper, args, states, host) => {
                let (args, ty) = (self.resolve_all(&args).into_vec(), self.ty(term));
                let term = self.intern(Node::Call(helper, args, states, host), ty);
                self.resolve(term)
            }
            _ => self.resolve(term),
        }
    }

    /// Notes that two terms are equal, and with them what is made of them.
    fn merge(&mut self, one: Term, other: Term) {
        let mut left = vec![(one, other)];
        while let Some((one, other)) = left.pop() {
            let (one, other) = (self.resolve(one), self.resolve(other));
            if one == other {
                continue;
            }
            let constants = (self.is_constant(one), self.is_constant(other));
            let (from, to) = match constants {
                (true, true) => {
                    self.contradiction = true;
                    continue;
                }
                (true, false) => (other, one),
                _ => (one, other),
            };
            let users = self.pool.replace(from, to);
            if self.ty(from) == Type::Bool && self.is_constant(to) {
                self.learned.push(from);
            }
            if self.ty(from) == Type::I64 {
                self.ranges.changed();
            }
            if let Some(range) = self.ranges.noted(from) {
                self.narrow(to, range);
            }
            for &user in &users {
                left.push((user, self.again(user)));
            }
            self.pool.give_users(from, to, users);
        }
    }

    /// Whether two terms are equal by what is known now.
    pub(super) fn same(&mut self, one: Term, other: Term) -> bool {
        self.resolve(one) == self.resolve(other)
            || self.renew(one, DEPTH) == self.renew(other, DEPTH)
    }

    /// The truth of a condition, if it is known.
    pub(super) fn truth(&mut self, condition: Term) -> Option<bool> {
        let condition = self.resolve(condition);
        let of = |terms: &Terms, term| terms.as_constant(term).map(|known| known.bits == 1);
        of(self, condition).or_else(|| {
            let condition = self.renew(condition, DEPTH);
            of(self, condition)
        })
    }

    /// A term made again under what is known now: ranges decide more than when it was made. Of all else
    /// that has become known since, what it is [resolved](Terms::resolve) to tells.
    fn renew(&mut self, term: Term, depth: u32) -> Term {
        let term = self.resolve(term);
        let Node::Pure(op, ty, args) = self.node(term) else {
            return term;
        };
        if depth == 0 {
            return term;
        }
        let now = self.ranges.now();
        if let Some(&(renewed, at)) = self.renewed.get(&(term, depth))
            && at == now
        {
            return self.resolve(renewed);
        }
        let (op, ty, args) = (*op, *ty, args.clone());
        let args: Operands = args.iter().map(|&arg| self.renew(arg, depth - 1)).collect();
        let renewed = self.pure(op, ty, &args);
        self.renewed.insert((term, depth), (renewed, now));
        renewed
    }

    /// Notes that `condition` is `truth` from here on, and what follows from that.
    pub(super) fn assume(&mut self, condition: Term, truth: bool) {
        let constant = self.constant(Const::bool(truth));
        self.merge(condition, constant);
        while let Some(condition) = self.learned.pop() {
            if let Some(known) = self.as_constant(self.resolve(condition)) {
                self.conclude(condition, known.bits == 1);
            }
        }
    }

    /// What follows from a condition that has become known.
    fn conclude(&mut self, condition: Term, truth: bool) {
        let (op, args) = match self.node(condition) {
            Node::Pure(op, _, args) => (*op, self.resolve_all(args)),
            &Node::Room(word) if truth => return self.conclude_room(word),
            _ => return,
        };
        if let Some((opposite, swapped)) = opposite(op) {
            let other = match swapped {
                true => [args[1], args[0]],
                false => [args[0], args[1]],
            };
            let other = self.pure(opposite, Type::Bool, &other);
            let known = self.constant(Const::bool(!truth));
            self.merge(other, known);
        }
        match (op, truth) {
            (Op::BoolNot, _) => self.assume(args[0], !truth),
            (Op::BoolAnd, true) | (Op::BoolOr, false) => {
                self.assume(args[0], truth);
                self.assume(args[1], truth);
            }
            (Op::Eq, true) | (Op::Ne, false) if args.iter().any(|&arg| self.is_constant(arg)) => {
                self.merge(args[0], args[1]);
            }
            (Op::Lt, true) => self.order(args[0], args[1], 1),
            (Op::Le, false) => self.order(args[1], args[0], 1),
            (Op::Le, true) => self.order(args[0], args[1], 0),
            (Op::Lt, false) => self.order(args[1], args[0], 0),
            (Op::Ult, true) => {
                let length = self.interval(args[1]);
                if length.low >= 0 {
                    let below = Interval::new(0, (length.high - 1).max(0));
                    self.narrow(args[0], below);
                }
            }
            _ => {}
        }
    }

    fn conclude_room(&mut self, word: Word) {
        self.room = self.room.max(Some(word));
        let yes = self.constant(Const::bool(true));
        for word in self.rooms.clone() {
            if self.room >= Some(word) {
                let asked = self.intern(Node::Room(word), Type::Bool);
                self.merge(asked, yes);
            }
        }
    }

    /// `below + gap <= above`.
    fn order(&mut self, below: Term, above: Term, gap: i64) {
        let (least, most) = (self.interval(below).low, self.interval(above).high);
        if let Some(most) = most.checked_sub(gap) {
            self.narrow(below, Interval::new(i64::MIN, most));
        }
        if let Some(least) = least.checked_add(gap) {
            self.narrow(above, Interval::new(least, i64::MAX));
        }
    }

    fn narrow(&mut self, term: Term, to: Interval) {
        if self.as_constant(term).is_none() {
            let known = self.interval(term);
            self.ranges.note(term, known.and(to));
        }
    }

    /// The range of an `i64` term.
    pub(super) fn interval(&self, term: Term) -> Interval {
        self.ranges.of(&self.pool, term)
    }

    fn decide(&self, op: Op, args: &[Term]) -> Option<bool> {
        if op == Op::FitsI64 {
            let Node::Pure(Op::I64ToF64, _, from) = self.node(args[0]) else {
                return None;
            };
            let from = self.interval(self.resolve(from[0]));
            return from.is_exact_in_f64().then_some(true);
        }
        let [one, other] = *args else { return None };
        match op {
            Op::Eq
            | Op::Ne
            | Op::Lt
            | Op::Le
            | Op::Ult
            | Op::Ule
            | Op::AddOverflows
            | Op::SubOverflows
            | Op::MulOverflows => self.interval(one).decide(op, self.interval(other)),
            _ => None,
        }
    }

    /// A term for people.
    pub(super) fn show(&self, term: Term, depth: u32) -> String {
        let term = self.resolve(term);
        let inner = |term: Term| match depth {
            0 => "..".to_owned(),
            _ => self.show(term, depth - 1),
        };
        let list = |terms: &[Term]| {
            let terms: Vec<String> = terms.iter().map(|&term| inner(term)).collect();
            terms.join(", ")
        };
        match self.node(term) {
            Node::Constant(constant) => constant.to_string(),
            Node::Reference(address) => format!("ref {address:#x}"),
            Node::Pure(op, _, args) => format!("{}({})", op.name(), list(args)),
            Node::Word(_, word) => format!("[{word}]"),
            Node::Garbage(_, word) => format!("whatever memory holds in {word}"),
            Node::Lost(_, word) => format!("the dead {word}"),
            Node::Entry(word, _) => format!("entry {word}"),
            Node::Room(word) => format!("room up to {word}"),
            Node::Load(state, address, index, access) => {
                let index = index.map_or(String::new(), |index| format!("[{}]", inner(index)));
                let (offset, class) = (access.offset, access.class.0);
                let address = inner(*address);
                let state = state.0;
                format!("load({address}{index} + {offset}, class {class}, heap {state})")
            }
            Node::Call(helper, args, ..) => format!("{helper}({})", list(args)),
            Node::Object(number) => format!("object {number}"),
            Node::Extend(mem, value) => format!("{mem}({})", inner(*value)),
            Node::Fresh(number) => format!("result {number}"),
        }
    }
}

/// The rules see terms as values of the same number.
impl Algebra for Terms {
    fn op(&self, value: Value) -> Op {
        match self.node(Term(value.0)) {
            Node::Pure(op, ..) => *op,
            Node::Constant(_) => Op::Const,
            _ => Op::Param,
        }
    }

    fn operand(&self, value: Value, number: usize) -> Value {
        let Node::Pure(_, _, args) = self.node(Term(value.0)) else {
            unreachable!("it was made by a pure op");
        };
        Value(self.resolve(args[number]).0)
    }

    fn as_constant(&self, value: Value) -> Option<Const> {
        self.as_constant(Term(value.0))
    }

    fn bounds(&self, value: Value) -> (i64, i64) {
        let range = self.interval(Term(value.0));
        (range.low, range.high)
    }

    fn allow(&mut self, _: &'static str) -> bool {
        true
    }

    fn constant(&mut self, constant: Const) -> Value {
        Value(self.constant(constant).0)
    }

    fn pure(&mut self, op: Op, ty: Type, args: SmallVec<[Value; 3]>) -> Value {
        let args: Operands = args.iter().map(|&arg| Term(arg.0)).collect();
        Value(self.pure(op, ty, &args).0)
    }
}
