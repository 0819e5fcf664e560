//! Programs from random numbers.
//!
//! They end by construction: loops have bounds, and every round of a loop and every call burns
//! `fuel`, which each section of a program gets anew. They do no harm: strings and tables stay
//! small. They are defined: nothing printed depends on addresses, on the order of `pairs`, on `#`
//! of tables with holes or on the sign of NaN, and `nested` keeps protected calls from coming to an
//! implementation's limit. Operations mostly get operands of the right type; now and then they do
//! not, and the error is caught and printed.
//!
//! A production is a function. What holds for all of them is here, the program they begin with
//! among it; [`expressions`] and [`statements`] are the rest.

mod expressions;
mod statements;

use crate::program::Statement;
use crate::random::Random;

/// What every program begins with.
pub(crate) const PRELUDE: &str = include_str!("prelude.lua");

/// Protected calls that may wait for one another. lua5.4 ends at 200 C calls within one another, of
/// which each takes up to three, and other implementations elsewhere.
const NESTED: usize = 30;

/// What a variable is meant to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Int,
    Float,
    Str,
    /// A sequence of integers.
    List,
    /// A record: integers in `a` and `b`, floats in `c` and `d`, strings in `e` and `f`.
    Record,
    /// An object with methods.
    Object,
    /// A function of two numbers that returns a number.
    Function,
    /// Now this, now that.
    Any,
}

use Type::{Any, Float, Function, Int, List, Object, Record, Str};

struct Generator<'a> {
    random: &'a mut Random,
    variables: Vec<(String, Type)>,
    /// Names made so far.
    names: usize,
    /// Functions around.
    functions: usize,
    /// Loops around, in this function.
    loops: usize,
    /// Whether extra arguments may be read.
    variadic: bool,
    /// Statements there are still to be.
    left: usize,
}

/// A whole program.
pub(crate) fn program(random: &mut Random) -> Vec<Statement> {
    let mut generator = Generator {
        random,
        variables: Vec::new(),
        names: 0,
        functions: 0,
        loops: 0,
        variadic: false,
        left: 0,
    };
    let mut program = Vec::new();
    for ty in [Int, Int, Float, Str, List, Record, Object] {
        program.push(generator.declare(ty));
    }
    for _ in 0..2 {
        program.push(generator.function());
    }
    for section in 1..=3 {
        generator.left = 25;
        let outer = generator.variables.len();
        let mut body = generator.block(5);
        body.push(generator.show_all());
        generator.variables.truncate(outer);
        program.push(Statement::Line("fuel, nested = 2500, 0".to_owned()));
        let head = format!("show({section}, pcall(function()");
        program.push(Statement::block(head, body, "end))"));
    }
    program.push(generator.show_all());
    program
}

impl Generator<'_> {
    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    /// A variable in scope of this type.
    fn variable(&mut self, ty: Type) -> Option<String> {
        let fitting: Vec<&(String, Type)> =
            (self.variables.iter().filter(|(_, its)| *its == ty)).collect();
        (!fitting.is_empty()).then(|| self.random.pick(&fitting).0.clone())
    }

    /// `local name = …`
    fn declare(&mut self, ty: Type) -> Statement {
        let value = self.value(ty, 2);
        let name = self.name(match ty {
            Int => "i",
            Float => "f",
            Str => "s",
            List => "list",
            Record => "rec",
            Object => "obj",
            Function => "fun",
            Any => "any",
        });
        self.variables.push((name.clone(), ty));
        Statement::Line(format!("local {name} = {value}"))
    }
}
