//! What an exit's guards test, as text, and what they compared with when the exit was taken.
//!
//! Guards of one instruction share an exit, and compiled code does not say which of them left. Every
//! exit of a guard leads back to where its instruction begins, though, with all of the frame in
//! memory once the exit has stored what was pending. So a condition over frame words can be computed
//! again there, and the first that does not hold is the one that left. Conditions over heap loads and
//! calls are shown but not computed: memory may have changed since the trace loaded, and a helper is
//! called only where the program calls it.

use crate::place_name::{Names, PlaceName};
use offramp_uop::evaluate::State;
use offramp_uop::types::Const;
use offramp_uop::{Access, ExitId, ExitState, Imm, Op, Trace, Type, Uop, Value, Word};
use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};

/// How deep conditions are shown.
const DEPTH: u32 = 4;

/// What one guard tests.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Test {
    what: What,
    /// The frame words in the condition, seen from the exit's base, and their types.
    words: Vec<(Word, Type)>,
    /// Whether it is no test: the trace always leaves here.
    always: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    /// That the condition is as wanted.
    Holds(Term, bool),
    /// What frame words do not say.
    Said(String),
}

/// Where a value of a condition comes from.
#[derive(Clone, Debug, PartialEq)]
enum Term {
    Constant(Const),
    /// A frame word that holds the value when the exit has stored what is pending.
    Word(Word, Type),
    /// Computed from others.
    Pure(Op, Vec<Term>),
    /// Known as text only.
    Opaque(String),
}

/// What guards through `exit` test, in their order; of an exit at the end of a trace, what ends it.
pub(crate) fn tests_of(trace: &Trace, exit: ExitId) -> Vec<Test> {
    let through = trace.iter().filter(|(_, uop)| uop.exit == Some(exit));
    let state = trace.exit(exit);
    let tests = through.map(|(at, uop)| Reader { trace, state, at }.test(uop));
    let mut distinct: Vec<Test> = Vec::new();
    for test in tests {
        // A guard of a preamble and the same one of its loop.
        if !distinct.contains(&test) {
            distinct.push(test);
        }
    }
    distinct
}

/// The first of `tests` that does not hold with the frame base at absolute word `base`: its index, and
/// what its frame words hold. If one cannot be computed and all others hold it is that one.
pub(crate) fn failed(
    tests: &[Test],
    base: i64,
    state: &mut dyn State,
) -> Option<(usize, Vec<u64>)> {
    let mut read = |word: Word| state.load_word(base + i64::from(word.0));
    let mut unknown = None;
    let mut several = false;
    for (index, test) in tests.iter().enumerate() {
        match test.holds(&mut read) {
            Some(true) => {}
            Some(false) => {
                unknown = Some(index);
                several = false;
                break;
            }
            None => {
                several |= unknown.is_some();
                unknown.get_or_insert(index);
            }
        }
    }
    let index = unknown.filter(|_| !several)?;
    let words = tests[index].words.iter();
    Some((index, words.map(|&(word, _)| read(word)).collect()))
}

impl Test {
    /// Whether the trace leaves here, no matter what it sees.
    pub(crate) fn is_always(&self) -> bool {
        self.always
    }

    /// What holds as long as the guard does not leave.
    pub(crate) fn text(&self, names: &dyn Names) -> String {
        match &self.what {
            What::Holds(condition, wanted) => condition.stated(*wanted, names),
            What::Said(text) => text.clone(),
        }
    }

    /// What the frame words of the condition held, each between two values:
    /// `w4 = 7, w6 = 2.5 to 3.5`. Empty if it has none.
    pub(crate) fn values(&self, range: &[(u64, u64)], names: &dyn Names) -> String {
        let words = self.words.iter().zip(range);
        let values = words.map(|(&(word, ty), &(least, most))| {
            let returns = |bits| Some(returns(word, bits, names)?.to_string());
            if let (Some(least), Some(most)) = (returns(least), returns(most)) {
                return match least == most {
                    true => format!("a return to {least}"),
                    false => "returns to other places".to_owned(),
                };
            }
            let least_text = plain(ty, least);
            match least == most {
                true => format!("{word} = {least_text}"),
                false => format!("{word} = {least_text} to {}", plain(ty, most)),
            }
        });
        values.collect::<Vec<_>>().join(", ")
    }

    /// Makes `range` hold `bits`, too.
    pub(crate) fn widen(&self, range: &mut [(u64, u64)], bits: &[u64]) {
        for ((&(_, ty), (least, most)), &now) in self.words.iter().zip(range).zip(bits) {
            if order(ty, now, *least).is_lt() {
                *least = now;
            }
            if order(ty, now, *most).is_gt() {
                *most = now;
            }
        }
    }

    fn holds(&self, read: &mut impl FnMut(Word) -> u64) -> Option<bool> {
        match &self.what {
            What::Holds(condition, wanted) => Some((condition.bits(read)? & 1 == 1) == *wanted),
            What::Said(_) => None,
        }
    }
}

/// Reads the values of a trace as they are where one of its uops leaves.
struct Reader<'a> {
    trace: &'a Trace,
    state: &'a ExitState,
    /// The uop that leaves.
    at: Value,
}

impl Reader<'_> {
    fn test(&self, uop: &Uop) -> Test {
        let term = |index: usize| self.term(uop.args[index], DEPTH);
        match uop.op {
            Op::Guard | Op::GuardRef => Test::of(term(0), true),
            Op::GuardNot => Test::of(term(0), false),
            Op::GuardIndex => Test::of(Term::Pure(Op::Ult, vec![term(0), term(1)]), true),
            Op::CheckValid => Test::said("the trace is still valid"),
            Op::Poll => Test::said("no interrupt is pending"),
            Op::Call => Test::said(format!("{} returns as usual", self.helper(uop))),
            Op::Exit => Test::always("the trace ends here"),
            Op::ExitDynamic => Test::always("the trace ends with a return"),
            _ => Test::always("the trace always leaves here"),
        }
    }

    fn term(&self, value: Value, depth: u32) -> Term {
        let trace = self.trace;
        if let Some(constant) = trace.constant(value) {
            return Term::Constant(constant);
        }
        let ty = trace.ty(value).unwrap_or(Type::I64);
        let mut pending = self.state.words.iter();
        if let Some(&(word, _)) = pending.find(|&&(_, it)| it == value) {
            return Term::Word(word.seen_from(self.state.base), ty);
        }
        let uop = trace.uop(value);
        if depth == 0 {
            return Term::Opaque("…".to_owned());
        }
        let arg = |index: usize| self.term(uop.args[index], depth - 1);
        match (uop.op, uop.imm) {
            (Op::LoadWord, Imm::Word(word)) if self.is_unchanged(value, word) => {
                Term::Word(word.seen_from(self.state.base), ty)
            }
            (Op::LoadWord | Op::Param, Imm::Word(word)) => {
                Term::Opaque(format!("earlier {}", word.seen_from(self.state.base)))
            }
            (Op::Invariant | Op::RefOfBits | Op::GuardIndex, _) => arg(0),
            (Op::GuardRef, _) => arg(1),
            (Op::Const, _) => Term::Opaque("a known object".to_owned()),
            (Op::HasRoom, Imm::Word(word)) => {
                let word = word.seen_from(self.state.base);
                Term::Opaque(format!("there is room up to {word}"))
            }
            (Op::Load | Op::LoadElem, Imm::Access(access)) => {
                Term::Opaque(self.load(uop, access, depth))
            }
            (Op::Call, _) => Term::Opaque(format!("{}()", self.helper(uop))),
            (Op::Select, _) => Term::Opaque(format!("({} ? {} : {})", arg(0), arg(1), arg(2))),
            (op, _) if op.is_pure() => {
                let args = (0..uop.args.len()).map(arg);
                Term::Pure(op, args.collect())
            }
            (op, _) => Term::Opaque(op.name().to_owned()),
        }
    }

    /// Whether a frame word holds at the exit what `load` has loaded from it: the exit does not store
    /// it, and between the two the trace does not and no helper may.
    fn is_unchanged(&self, load: Value, word: Word) -> bool {
        let helpers = &self.trace.interface.helpers;
        let header = self.trace.header.as_ref().map(|header| header.at);
        let end = match header.filter(|&header| load < header && header < self.at) {
            // Rounds of the whole loop may lie between.
            Some(_) => self.trace.uops.len(),
            None => self.at.index(),
        };
        let between = &self.trace.uops[load.index() + 1..end];
        let stores = between.iter().any(|uop| match uop.op {
            Op::StoreWord => uop.word() == Some(word),
            Op::Call => uop.helper().is_none_or(|helper| {
                let effects = helpers[helper.index()].effects.closed();
                effects.writes_frames || effects.transfers
            }),
            _ => false,
        });
        !stores && self.state.word(word).is_none()
    }

    fn load(&self, uop: &Uop, access: Access, depth: u32) -> String {
        let classes = &self.trace.interface.classes;
        let class = classes.get(usize::from(access.class.0));
        let class = class.map_or("heap", String::as_str);
        let object = self.term(uop.args[0], depth - 1);
        match uop.args.get(1).filter(|_| uop.op == Op::LoadElem) {
            Some(&index) => format!("{class}[{}] of {object}", self.term(index, depth - 1)),
            None => format!("{class}+{} of {object}", access.offset),
        }
    }

    fn helper(&self, uop: &Uop) -> String {
        let helpers = &self.trace.interface.helpers;
        let helper = uop.helper().and_then(|helper| helpers.get(helper.index()));
        format!("@{}", helper.map_or("helper", |helper| &helper.name))
    }
}

impl Test {
    fn said(text: impl Into<String>) -> Test {
        Test {
            what: What::Said(text.into()),
            words: Vec::new(),
            always: false,
        }
    }

    fn always(text: &str) -> Test {
        Test {
            always: true,
            ..Test::said(text)
        }
    }

    fn of(condition: Term, wanted: bool) -> Test {
        let mut words = Vec::new();
        condition.words(&mut words);
        Test {
            what: What::Holds(condition, wanted),
            words,
            always: false,
        }
    }
}

impl Term {
    fn bits(&self, read: &mut impl FnMut(Word) -> u64) -> Option<u64> {
        match self {
            Term::Constant(constant) => Some(constant.bits),
            Term::Word(word, _) => Some(read(*word)),
            Term::Pure(op, args) => {
                let args: Option<Vec<u64>> = args.iter().map(|arg| arg.bits(read)).collect();
                op.eval_pure(&args?)
            }
            Term::Opaque(_) => None,
        }
    }

    /// The frame words it depends on, each once; addresses of objects say nothing.
    fn words(&self, words: &mut Vec<(Word, Type)>) {
        match self {
            Term::Word(word, ty) if !matches!(ty, Type::Ref | Type::Ptr) => {
                if !words.contains(&(*word, *ty)) {
                    words.push((*word, *ty));
                }
            }
            Term::Pure(_, args) => args.iter().for_each(|arg| arg.words(words)),
            Term::Word(..) | Term::Constant(_) | Term::Opaque(_) => {}
        }
    }

    /// That it is `wanted`, as a sentence.
    fn stated(&self, wanted: bool, names: &dyn Names) -> String {
        if let Some(place) = self.return_place(names) {
            let not = if wanted { "" } else { "not " };
            return format!("the frame does {not}return to {place}")
                .replace("does return", "returns");
        }
        let (Term::Pure(op, args), false) = (self, wanted) else {
            return match wanted {
                true => self.to_string(),
                false => format!("not {self}"),
            };
        };
        // Comparisons of doubles have no opposite: a NaN is neither.
        let opposite = match op {
            Op::Eq | Op::RefEq => Some("!="),
            Op::Ne => Some("=="),
            Op::Lt => Some(">="),
            Op::Le => Some(">"),
            _ => None,
        };
        match (opposite, args.as_slice()) {
            (Some(opposite), [a, b]) => format!("{} {opposite} {}", a.within(), b.within()),
            _ => format!("not {}", self.within()),
        }
    }

    /// The place, if this tests where the running frame returns to.
    fn return_place(&self, names: &dyn Names) -> Option<PlaceName> {
        let Term::Pure(Op::Eq, args) = self else {
            return None;
        };
        match args.as_slice() {
            [Term::Word(word, _), Term::Constant(link)]
            | [Term::Constant(link), Term::Word(word, _)] => returns(*word, link.bits, names),
            _ => None,
        }
    }

    /// In parentheses where it is an operand and has operands itself.
    fn within(&self) -> String {
        match self {
            Term::Pure(op, _) if sign(*op).is_some() => format!("({self})"),
            _ => self.to_string(),
        }
    }
}

/// The sign of an operation that is written between its operands.
fn sign(op: Op) -> Option<&'static str> {
    Some(match op {
        Op::Eq | Op::Feq | Op::RefEq => "==",
        Op::Ne | Op::Fne => "!=",
        Op::Lt | Op::Flt => "<",
        Op::Le | Op::Fle => "<=",
        Op::Ult => "<u",
        Op::Ule => "<=u",
        Op::Add | Op::Fadd => "+",
        Op::Sub | Op::Fsub => "-",
        Op::Mul | Op::Fmul => "*",
        Op::Fdiv => "/",
        Op::And | Op::BoolAnd => "&",
        Op::Or | Op::BoolOr => "|",
        Op::Xor => "^",
        Op::Shl => "<<",
        Op::Shr => ">>u",
        Op::Sar => ">>",
        _ => return None,
    })
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Term::Constant(constant) => f.write_str(&plain(constant.ty, constant.bits)),
            Term::Word(word, _) => write!(f, "{word}"),
            Term::Opaque(text) => f.write_str(text),
            Term::Pure(op, args) => match (sign(*op), args.as_slice()) {
                (Some(sign), [a, b]) => write!(f, "{} {sign} {}", a.within(), b.within()),
                // The same bits under another type.
                (None, [a]) if is_cast(*op) => f.write_str(&a.within()),
                (_, args) => {
                    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
                    write!(f, "{}({})", op.name(), args.join(", "))
                }
            },
        }
    }
}

/// Where the running frame returns to if `bits` are in `word` and that is its link.
fn returns(word: Word, bits: u64, names: &dyn Names) -> Option<PlaceName> {
    let link = (word == Word(-1)).then_some(bits as i64)?;
    Some(names.name_of(names.return_of(link)?))
}

fn is_cast(op: Op) -> bool {
    matches!(op, Op::BitsOfF64 | Op::F64OfBits | Op::BitsOfRef)
}

/// How two values of a type compare; NaNs are outside of all others.
fn order(ty: Type, a: u64, b: u64) -> Ordering {
    match ty {
        Type::F64 => f64::from_bits(a).total_cmp(&f64::from_bits(b)),
        _ => (a as i64).cmp(&(b as i64)),
    }
}

/// A value as people write it.
fn plain(ty: Type, bits: u64) -> String {
    match ty {
        Type::I64 => (bits as i64).to_string(),
        Type::F64 => format!("{:?}", f64::from_bits(bits)),
        Type::Bool => (bits & 1 == 1).to_string(),
        Type::Ref | Type::Ptr => "an address".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use offramp_uop::{Builder, Interface};

    fn text(build: impl FnOnce(&mut Builder, ExitId)) -> Vec<String> {
        let mut b = Builder::new("t", 4, Interface::new().into());
        b.at(4);
        let exit = b.side_exit(4, 0);
        build(&mut b, exit);
        b.at(5);
        let out = b.side_exit(6, 0);
        b.leave(out);
        let trace = b.finish();
        let tests = tests_of(&trace, exit).into_iter();
        tests.map(|test| test.text(&PlaceName::of)).collect()
    }

    #[test]
    fn conditions_are_written_as_people_write_them() {
        let shown = text(|b, exit| {
            let x = b.load_word(Type::I64, Word(3));
            let (one, y) = (b.int(1), b.load_word(Type::I64, Word(5)));
            let sum = b.pure(Op::Add, &[x, one]);
            let less = b.pure(Op::Lt, &[sum, y]);
            b.guard(less, exit);
            b.guard_not(less, exit);
            let equal = b.pure(Op::Eq, &[x, one]);
            b.guard_not(equal, exit);
            let z = b.load_word(Type::F64, Word(7));
            let ordered = b.pure(Op::Fle, &[z, z]);
            b.guard_not(ordered, exit);
        });
        let expected = [
            "(w3 + 1) < w5",
            "(w3 + 1) >= w5",
            "w3 != 1",
            "not (w7 <= w7)",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_word_that_the_trace_stores_is_an_earlier_one() {
        let shown = text(|b, exit| {
            let x = b.load_word(Type::I64, Word(3));
            let zero = b.int(0);
            let less = b.pure(Op::Lt, &[x, zero]);
            b.guard(less, exit);
            b.store_word(Word(3), zero);
            b.guard(less, exit);
        });
        assert_eq!(shown, ["w3 < 0", "earlier w3 < 0"]);
    }
}
