//! What the [rules](crate::optimise::rules) and the [range laws](crate::optimise::range_laws) claim, as
//! laws that can be tried for values of their variables, at any width, or put to a solver.

use crate::op::Produces;
use crate::optimise::range_laws::RangeLaw;
use crate::optimise::rules::Rule;
use crate::optimise::term::{Function, Term, Variable, term};
use crate::types::Type;
use std::fmt;

/// Values of all variables, by their position in [`Variable::ALL`].
pub type Values = [u64; Variable::COUNT];

/// The value of a term for these values of its variables.
pub fn eval(term: &Term, values: &Values, bits: u32) -> u64 {
    term.eval(&|variable| values[variable as usize], bits)
}

/// Variables that have ranges, with the ends of these.
const TRIPLES: [[Variable; 3]; 2] = [
    [Variable::x, Variable::xl, Variable::xh],
    [Variable::y, Variable::yl, Variable::yh],
];

/// What is to be shown: `claims` hold where all of `given` do.
#[derive(Clone, Debug)]
pub struct Law {
    /// Its name for messages.
    pub name: &'static str,
    /// The variables, each once.
    pub variables: Vec<Variable>,
    /// What is known.
    pub given: Vec<Term>,
    /// What is claimed.
    pub claims: Vec<Claim>,
}

/// A relation between two terms.
#[derive(Clone, Debug)]
pub enum Claim {
    /// They are the same bits.
    Same(Term, Term),
    /// The first is at most the second.
    AtMost(Term, Term),
}

impl Law {
    /// The law of a rule.
    pub fn of_rule(rule: &Rule) -> Law {
        let claims = vec![Claim::Same(rule.left, rule.right)];
        Law::new(rule.name, rule.when.to_vec(), claims)
    }

    /// The law of a range.
    pub fn of_range(law: &RangeLaw) -> Law {
        let mut given = vec![law.given];
        given.extend(law.when);
        let claims = vec![
            Claim::AtMost(law.low, law.of),
            Claim::AtMost(law.of, law.high),
        ];
        Law::new(law.name, given, claims)
    }

    fn new(name: &'static str, given: Vec<Term>, claims: Vec<Claim>) -> Law {
        let mut law = Law {
            name,
            variables: Vec::new(),
            given,
            claims,
        };
        let mut found = Vec::new();
        for term in law.terms() {
            term.variables(&mut found);
        }
        // A range is an order of three.
        for triple in TRIPLES {
            if triple[1..].iter().any(|end| found.contains(end)) {
                found.extend(triple);
            }
        }
        let named = Variable::ALL.iter().copied();
        law.variables = named.filter(|variable| found.contains(variable)).collect();
        let within = law.bounds().into_iter().flat_map(|bounds| bounds.order);
        law.given.splice(0..0, within);
        law
    }

    /// Every term in it.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        let claims = self.claims.iter().flat_map(|claim| match claim {
            Claim::Same(one, other) | Claim::AtMost(one, other) => [one, other],
        });
        self.given.iter().chain(claims)
    }

    /// The variables whose ranges it is about.
    pub fn bounds(&self) -> Vec<Bounds> {
        let mut bounds = Vec::new();
        for ([of, low, high], order) in TRIPLES.into_iter().zip(WITHIN) {
            if self.variables.contains(&low) {
                bounds.push(Bounds {
                    of,
                    low,
                    high,
                    order,
                });
            }
        }
        bounds
    }

    /// Whether the law is about integers and truth values only.
    pub fn is_integer(&self) -> bool {
        !self.terms().any(has_float)
    }

    /// Whether it holds for these values of the variables; so it does where something given does not.
    pub fn holds(&self, values: &Values, bits: u32) -> bool {
        let is_true = |term: &Term| eval(term, values, bits) == 1;
        !self.given.iter().all(is_true) || self.claims.iter().all(|claim| claim.holds(values, bits))
    }
}

/// A variable and the ends of its range.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The variable.
    pub of: Variable,
    /// The lowest value.
    pub low: Variable,
    /// The highest value.
    pub high: Variable,
    /// That the variable lies between them.
    pub order: [Term; 2],
}

impl Claim {
    fn holds(&self, values: &Values, bits: u32) -> bool {
        let eval = |term: &Term| eval(term, values, bits);
        match self {
            Claim::Same(left, right) => eval(left) == eval(right),
            Claim::AtMost(low, high) => eval(low) as i64 <= eval(high) as i64,
        }
    }
}

/// That the variables of [`TRIPLES`] lie in their ranges.
const WITHIN: [[Term; 2]; 2] = [
    [term!(Le(xl, x)), term!(Le(x, xh))],
    [term!(Le(yl, y)), term!(Le(y, yh))],
];

fn has_float(term: &Term) -> bool {
    match *term {
        Term::Float(_) => true,
        Term::Variable(variable) => variable.ty() == Type::F64,
        Term::Apply(Function::Exact, _) => true,
        Term::Apply(Function::Op(op), _) if op.info().produces == Produces::Is(Type::F64) => true,
        Term::Apply(_, operands) => operands.iter().any(has_float),
        _ => false,
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
