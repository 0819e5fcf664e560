//! Productions of expressions: one a type, which all call one another.

use super::Type::{Any, Float, Function, Int, List, Object, Record, Str};
use super::{Generator, Type};

impl Generator<'_> {
    pub(super) fn value(&mut self, ty: Type, depth: usize) -> String {
        match ty {
            Int => self.int(depth),
            Float => self.float(depth),
            Str => format!("cut({})", self.string(depth)),
            List => match self.random.below(4) {
                0 => "{}".to_owned(),
                1 => format!(
                    "table.pack(some({}), {})",
                    self.int(0),
                    self.random.below(9)
                ),
                _ => format!("{{1, some({}), some({})}}", self.int(0), self.int(0)),
            },
            Record => {
                let (a, c, e) = (self.int(1), self.float(1), self.string(0));
                match self.random.below(5) {
                    0 => format!("{{a = {a}}}"),
                    1 => format!("{{e = {e}, c = {c}, a = {a}}}"),
                    2 => format!("setmetatable({{a = {a}}}, {{__index = {{c = {c}, e = {e}}}}})"),
                    3 => format!("setmetatable({{a = {a}, c = {c}}}, Counting)"),
                    _ => format!("{{a = {a}, b = 2, c = {c}, d = 0.25, e = {e}, f = \"f\"}}"),
                }
            }
            Object => match self.random.below(2) {
                0 => format!("Base.new({})", self.int(1)),
                _ => format!("Derived.new({})", self.int(1)),
            },
            Function => match self.variable(Function) {
                Some(name) if self.random.chance(50) => name,
                _ => {
                    let body = self.int(1);
                    format!("function(x, y) return x + ({body}) end")
                }
            },
            Any => match self.random.below(7) {
                0 => "nil".to_owned(),
                1 => "true".to_owned(),
                2 => "false".to_owned(),
                3 => self.float(1),
                4 => format!("cut({})", self.string(1)),
                _ => self.int(1),
            },
        }
    }

    /// What is seldom right where a number is wanted.
    pub(super) fn wrong(&mut self) -> String {
        let ty = *self.random.pick(&[Str, List, Record, Any, Function]);
        match self.variable(ty) {
            Some(name) if self.random.chance(70) => name,
            _ => (*self
                .random
                .pick(&["nothing", "g3", "(nil)", "{}", "nothing.x"]))
            .to_owned(),
        }
    }

    pub(super) fn int(&mut self, depth: usize) -> String {
        if self.random.below(150) == 0 {
            return self.wrong();
        }
        if depth == 0 || self.random.chance(25) {
            return match self.variable(Int) {
                Some(name) if self.random.chance(70) => name,
                _ => (*self.random.pick(&[
                    "0",
                    "1",
                    "2",
                    "3",
                    "7",
                    "10",
                    "-1",
                    "-5",
                    "100",
                    "255",
                    "1000003",
                    "0x7fffffff",
                    "math.maxinteger",
                    "math.mininteger",
                    "g1",
                ]))
                .to_owned(),
            };
        }
        let d = depth - 1;
        match self.random.below(24) {
            0..=3 => format!("({} + {})", self.int(d), self.int(d)),
            4 | 5 => format!("({} - {})", self.int(d), self.int(d)),
            6 => format!("({} * {})", self.int(d), self.int(d)),
            7 => {
                let by = *self.random.pick(&["7", "3", "-4", "1000", "1", "0x10001"]);
                format!("({} % {by})", self.int(d))
            }
            8 => {
                let by = *self.random.pick(&["7", "2", "-3", "1", "-1"]);
                format!("({} // {by})", self.int(d))
            }
            9 => {
                // Never by zero: lua5.4.4 gives that the line of an instruction before it.
                let operator = *self.random.pick(&["%", "//"]);
                format!("({} {operator} ({} | 1))", self.int(d), self.int(d))
            }
            10 => {
                let operator = *self.random.pick(&["&", "|", "~"]);
                format!("({} {operator} {})", self.int(d), self.int(d))
            }
            11 => {
                let operator = *self.random.pick(&["<<", ">>"]);
                format!("({} {operator} {})", self.int(d), self.int(0))
            }
            12 => {
                let operator = *self.random.pick(&["-", "~"]);
                format!("({operator}({}))", self.int(d))
            }
            13 => format!("({} and {} or {})", self.truth(d), self.int(d), self.int(d)),
            14 => format!("(#({}))", self.string(d)),
            15 => match self.variable(List) {
                Some(list) => format!("(#{list})"),
                None => self.int(d),
            },
            16 | 17 => match self.variable(List) {
                Some(list) => format!("({list}[{}] or {})", self.index(d), self.int(0)),
                None => self.int(d),
            },
            18 | 19 => match self.variable(Record) {
                Some(record) => {
                    let field = *self.random.pick(&["a", "a", "b", "[\"a\"]"]);
                    let dot = if field.starts_with('[') { "" } else { "." };
                    format!("({record}{dot}{field} or {})", self.int(0))
                }
                None => self.int(d),
            },
            20 | 21 => self.call(d),
            22 => match self.variable(Object) {
                Some(object) if self.random.chance(50) => format!("{object}:get()"),
                Some(object) => format!("{object}:add({})", self.int(d)),
                None => self.int(d),
            },
            _ => self.library(d),
        }
    }

    /// An index into a list, mostly within it.
    fn index(&mut self, depth: usize) -> String {
        match self.variable(Int) {
            Some(name) if self.random.chance(60) => name,
            _ => format!("({} % 8)", self.int(depth)),
        }
    }

    pub(super) fn call(&mut self, depth: usize) -> String {
        let Some(function) = self.variable(Function) else {
            return self.int(depth);
        };
        match self.random.below(6) {
            0 => format!("({function}({}) or 0)", self.int(depth)),
            1 => format!(
                "{function}({}, {}, {})",
                self.int(depth),
                self.int(0),
                self.int(0)
            ),
            _ => format!("{function}({}, {})", self.int(depth), self.int(depth)),
        }
    }

    fn library(&mut self, d: usize) -> String {
        match self.random.below(9) {
            0 => format!("math.floor({})", self.float(d)),
            1 => format!("math.max({}, {})", self.int(d), self.int(d)),
            2 => format!("math.min({}, {})", self.int(d), self.int(d)),
            3 => format!("math.abs({})", self.int(d)),
            4 => format!("(string.byte({}, {}) or 0)", self.string(d), self.index(d)),
            5 => format!("(tonumber({}) or 1)", self.string(d)),
            6 if self.variadic => "select(\"#\", ...)".to_owned(),
            7 if self.variadic => format!("((select({}, ...)) or 2)", self.random.below(3) + 1),
            _ => format!("(math.tointeger({} + 0.0) or 3)", self.float(d)),
        }
    }

    pub(super) fn float(&mut self, depth: usize) -> String {
        if self.random.below(150) == 0 {
            return self.wrong();
        }
        if depth == 0 || self.random.chance(25) {
            return match self.variable(Float) {
                Some(name) if self.random.chance(70) => name,
                _ => (*self.random.pick(&[
                    "0.0",
                    "-0.0",
                    "0.5",
                    "1.25",
                    "-3.75",
                    "1e10",
                    "2.0",
                    "math.pi",
                    "math.huge",
                    "1e-3",
                    "-2.1e-200",
                    "5e-324",
                    "1.05e308",
                    "g2",
                ]))
                .to_owned(),
            };
        }
        let d = depth - 1;
        match self.random.below(12) {
            0 | 1 => format!("({} + {})", self.float(d), self.float(d)),
            2 => format!("({} - {})", self.float(d), self.int(d)),
            3 => format!("({} * {})", self.float(d), self.float(d)),
            4 => format!("({} / {})", self.int(d), self.int(d)),
            5 => format!("({} / {})", self.float(d), self.float(d)),
            6 => {
                let operator = *self.random.pick(&["%", "//"]);
                format!("({} {operator} {})", self.float(d), self.float(d))
            }
            7 => format!("({} * 0.5)", self.int(d)),
            8 => format!("math.sqrt({})", self.int(d)),
            9 => match self.variable(Record) {
                Some(record) => {
                    let field = *self.random.pick(&["c", "d"]);
                    format!("({record}.{field} or {})", self.float(0))
                }
                None => self.float(d),
            },
            10 => format!(
                "({} and {} or {})",
                self.truth(d),
                self.float(d),
                self.float(d)
            ),
            _ => format!("(-{})", self.float(d)),
        }
    }

    pub(super) fn string(&mut self, depth: usize) -> String {
        if self.random.below(150) == 0 {
            return self.wrong();
        }
        if depth == 0 || self.random.chance(30) {
            return match self.variable(Str) {
                Some(name) if self.random.chance(60) => name,
                _ => (*self
                    .random
                    .pick(&["\"\"", "\"x\"", "\"abc\"", "\"12\"", "\"k7\"", "g3"]))
                .to_owned(),
            };
        }
        let d = depth - 1;
        match self.random.below(8) {
            0 | 1 => format!("({} .. {})", self.string(d), self.string(d)),
            2 => format!("({} .. {})", self.string(d), self.int(d)),
            3 => format!("({}):sub({}, {})", self.string(d), self.int(0), self.int(0)),
            4 => format!("text({})", self.float(d)),
            5 => format!("({}):upper()", self.string(d)),
            6 => format!("string.rep({}, {})", self.string(d), self.random.below(4)),
            _ => match self.variable(Record) {
                Some(record) => format!("({record}.e or {})", self.string(0)),
                None => format!("tostring(plain({}))", self.int(d)),
            },
        }
    }

    pub(super) fn truth(&mut self, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        match self.random.below(12) {
            0..=2 => {
                let operator = *self.random.pick(&["<", "<=", ">", ">=", "==", "~="]);
                format!("({} {operator} {})", self.int(d), self.int(d))
            }
            3 => format!("({} % {} == 0)", self.int(d), self.random.below(6) + 2),
            4 => {
                let operator = *self.random.pick(&["<", "<=", ">", "=="]);
                format!("({} {operator} {})", self.float(d), self.int(d))
            }
            5 => {
                let operator = *self.random.pick(&["<", "<=", "==", "~="]);
                format!("({} {operator} {})", self.string(d), self.string(d))
            }
            6 if depth > 0 => format!("(not {})", self.truth(d)),
            7 if depth > 0 => format!("({} and {})", self.truth(d), self.truth(d)),
            8 if depth > 0 => format!("({} or {})", self.truth(d), self.truth(d)),
            9 => match self.variable(Any) {
                Some(any) => {
                    let what = *self.random.pick(&["== nil", "== true", "== 1", "~= false"]);
                    format!("({any} {what})")
                }
                None => "true".to_owned(),
            },
            10 => match self.variable(Record) {
                Some(record) => format!("({record}.b == nil)"),
                None => "false".to_owned(),
            },
            _ => format!("({} > 2)", self.int(d)),
        }
    }
}
