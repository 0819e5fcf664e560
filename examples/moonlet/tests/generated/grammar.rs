//! Programs from random numbers.
//!
//! They end by construction: loops have bounds, and every round of a loop and every call burns
//! `fuel`, which each section of a program gets anew. They do no harm: strings and tables stay
//! small. They are defined: nothing printed depends on addresses, on the order of `pairs`, on `#`
//! of tables with holes or on the sign of NaN. Operations mostly get operands of the right type;
//! now and then they do not, and the error is caught and printed.
//!
//! Long, because it is one grammar: a function for each production, which all call one another.

use crate::program::Statement;
use crate::random::Random;

/// What every program begins with.
pub(crate) const PRELUDE: &str = r##"local fuel = 0
local function text(v)
  if v ~= v then return "NaN" end
  if type(v) == "function" then return "function" end
  if type(v) ~= "table" then return tostring(v) end
  local parts = {}
  for i = 1, 6 do
    local item = v[i]
    parts[i] = type(item) == "table" and "table" or item ~= item and "NaN" or tostring(item)
  end
  for i, key in ipairs({"a", "b", "c", "d", "e", "f"}) do
    local item = rawget(v, key)
    if item ~= nil then parts[#parts + 1] = key .. "=" .. (type(item) == "table" and "table" or item ~= item and "NaN" or tostring(item)) end
  end
  return "{" .. table.concat(parts, " ") .. "}"
end
local function show(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = text((select(i, ...))) end
  print(table.concat(parts, " "))
end
local function cut(s)
  if type(s) == "string" and #s > 60 then return s:sub(1, 20) end
  return s
end
local function some(v)
  if v == nil then return 0 end
  return v
end
local function range(n)
  local i = 0
  return function()
    i = i + 1
    if i <= n then return i end
  end
end
local Base = {}
Base.__index = Base
function Base.new(n) return setmetatable({a = n, b = 1}, Base) end
function Base:get() return self.a end
function Base:add(n) self.a = self.a + n return self.a end
local Derived = setmetatable({}, {__index = Base})
Derived.__index = Derived
function Derived.new(n) return setmetatable({b = n, a = 2, c = 0.5}, Derived) end
function Derived:get() self.b = self.b + 1 return self.a + self.b end
local Counting = {__index = function(t, k) return type(k) == "string" and #k or nil end, __newindex = function(t, k, v) rawset(t, k, some(v)) end}
g1, g2, g3 = 1, 2.5, "three"
"##;

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
    /// A function of two numbers that answers a number.
    Function,
    /// Now this, now that.
    Any,
}

use Type::{Any, Float, Function, Int, List, Object, Record, Str};

/// Rounds that loops make.
const ROUNDS: [&str; 8] = ["3", "7", "20", "60", "60", "80", "120", "130"];

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
        program.push(Statement::Line("fuel = 2500".to_owned()));
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

    fn value(&mut self, ty: Type, depth: usize) -> String {
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
    fn wrong(&mut self) -> String {
        let ty = *self.random.pick(&[Str, List, Record, Any, Function]);
        match self.variable(ty) {
            Some(name) if self.random.chance(70) => name,
            _ => (*self
                .random
                .pick(&["nothing", "g3", "(nil)", "{}", "nothing.x"]))
            .to_owned(),
        }
    }

    fn int(&mut self, depth: usize) -> String {
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

    fn call(&mut self, depth: usize) -> String {
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

    fn float(&mut self, depth: usize) -> String {
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

    fn string(&mut self, depth: usize) -> String {
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
                None => format!("tostring({})", self.int(d)),
            },
        }
    }

    fn truth(&mut self, depth: usize) -> String {
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

    /// Up to `most` statements; what they declare goes out of scope.
    fn block(&mut self, most: usize) -> Vec<Statement> {
        let outer = self.variables.len();
        let count = 1 + self.random.below(most);
        let mut statements = Vec::new();
        for _ in 0..count {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            statements.push(self.statement());
        }
        self.variables.truncate(outer);
        statements
    }

    fn statement(&mut self) -> Statement {
        match self.random.below(40) {
            0..=3 => {
                let ty = *self
                    .random
                    .pick(&[Int, Int, Float, Str, List, Record, Object, Any]);
                self.declare(ty)
            }
            4..=12 => self.assign(),
            13..=15 => self.store(),
            16..=22 if self.loops < 3 => self.repetition(),
            23..=26 => self.choice(),
            27 | 28 if self.functions < 2 => self.function(),
            29 => self.protected(),
            30 => {
                let value = match self.random.below(3) {
                    0 => self.int(2),
                    1 => self.float(2),
                    _ => self.string(2),
                };
                Statement::Line(format!("if fuel % 16 == 0 then show({value}) end"))
            }
            31 => self.call_results(),
            32 => match self.random.below(4) {
                0 => Statement::Line(format!("g1 = {}", self.int(2))),
                1 => Statement::Line(format!("g2 = {}", self.float(1))),
                _ => Statement::Line(format!("g1 = g1 + {}", self.int(0))),
            },
            33 => self.rare_error(),
            34 => self.swap(),
            _ => self.assign(),
        }
    }

    fn assign(&mut self) -> Statement {
        let ty = *self
            .random
            .pick(&[Int, Int, Int, Float, Str, Any, Function, Record, Object]);
        let Some(name) = self.variable(ty) else {
            return self.declare(Int);
        };
        let rare = matches!(ty, Function | Record | Object);
        let value = match ty {
            Int if self.random.chance(60) => format!("{name} + {}", self.int(2)),
            _ => self.value(ty, 3),
        };
        let assignment = format!("{name} = {value}");
        Statement::Line(match rare || self.random.chance(20) {
            true => format!("if {} then {assignment} end", self.truth(2)),
            false => assignment,
        })
    }

    /// Stores to a table.
    fn store(&mut self) -> Statement {
        if self.random.chance(50)
            && let Some(list) = self.variable(List)
        {
            let value = format!("some({})", self.int(2));
            return Statement::Line(match self.random.below(6) {
                0 | 1 => format!("{list}[#{list} + 1] = {value}"),
                2 => format!("{list}[#{list}] = nil"),
                3 => format!("table.insert({list}, {value})"),
                4 => format!("{list}[1] = {value}"),
                _ => format!(
                    "if #{list} > 0 then {list}[{} % #{list} + 1] = {value} end",
                    self.int(1)
                ),
            });
        }
        let Some(record) = self.variable(Record) else {
            return self.declare(Record);
        };
        Statement::Line(match self.random.below(8) {
            0 | 1 => format!("{record}.a = {}", self.int(2)),
            2 => format!("{record}.b = {}", self.int(2)),
            3 => format!("{record}.c = {}", self.float(2)),
            4 => format!("{record}.e = {}", self.value(Str, 2)),
            5 => format!("if {} then {record}.b = nil end", self.truth(2)),
            6 => format!(
                "{record}.d, {record}.a = {}, {}",
                self.float(1),
                self.int(1)
            ),
            _ => format!("{record}[{}] = {}", self.string(1), self.int(1)),
        })
    }

    /// Two assignments at once.
    fn swap(&mut self) -> Statement {
        match (self.variable(Int), self.variable(Int), self.variable(Float)) {
            (Some(a), Some(b), _) if a != b => {
                Statement::Line(format!("{a}, {b} = {b}, {a} + {}", self.int(0)))
            }
            (Some(a), _, Some(f)) => {
                Statement::Line(format!("{a}, {f} = {}, {f} * 0.5", self.int(1)))
            }
            _ => self.declare(Int),
        }
    }

    /// Calls that give several values, or take any number.
    fn call_results(&mut self) -> Statement {
        let (x, y) = (self.name("i"), self.name("i"));
        let list = self.variable(List);
        let values = match (list, self.random.below(3)) {
            (Some(list), 0) => format!("table.unpack({list})"),
            (_, 1) if self.variadic => "...".to_owned(),
            _ => format!("math.modf({})", self.float(1)),
        };
        for name in [&x, &y] {
            self.variables.push((name.clone(), Any));
        }
        Statement::Line(format!("local {x}, {y} = {values}"))
    }

    /// An error on purpose, at the end of a section's fuel.
    fn rare_error(&mut self) -> Statement {
        let value = match self.random.below(4) {
            0 => format!("\"error \" .. ({})", self.int(1)),
            1 => "{a = 1}".to_owned(),
            2 => self.int(1),
            _ => "\"message\", 2".to_owned(),
        };
        let below = self.random.below(400);
        Statement::Line(format!("if fuel < {below} then error({value}) end"))
    }

    fn choice(&mut self) -> Statement {
        let mut arms = Vec::new();
        for arm in 0..1 + self.random.below(3) {
            let keyword = if arm == 0 { "if" } else { "elseif" };
            let head = format!("{keyword} {} then", self.truth(2));
            arms.push((head, self.block(3)));
        }
        if self.random.chance(50) {
            arms.push(("else".to_owned(), self.block(3)));
        }
        Statement::Blocks {
            arms,
            end: "end".to_owned(),
        }
    }

    fn repetition(&mut self) -> Statement {
        let burn = "fuel = fuel - 1 if fuel < 0 then break end";
        let rounds = *self.random.pick(&ROUNDS);
        let outer = self.variables.len();
        self.loops += 1;
        let variable = self.name("i");
        let (before, head, end) = match self.random.below(9) {
            0..=2 => {
                let bound = match self.random.chance(70) {
                    true => rounds.to_owned(),
                    false => format!("{} % 40", self.int(1)),
                };
                self.variables.push((variable.clone(), Int));
                (
                    None,
                    format!("for {variable} = 1, {bound} do {burn}"),
                    "end".to_owned(),
                )
            }
            3 => {
                let step = *self.random.pick(&["-1", "2", "-3", "0.5", "7"]);
                let ty = if step == "0.5" { Float } else { Int };
                self.variables.push((variable.clone(), ty));
                let bounds = match step.starts_with('-') {
                    true => format!("{rounds}, -10"),
                    false => format!("-5, {rounds}"),
                };
                (
                    None,
                    format!("for {variable} = {bounds}, {step} do {burn}"),
                    "end".to_owned(),
                )
            }
            4 => {
                let condition = self.truth(2);
                let head = format!(
                    "while {variable} < {rounds} and ({condition} or {variable} % 3 ~= 2) do {variable} = {variable} + 1 {burn}"
                );
                self.variables.push((variable.clone(), Int));
                (
                    Some(format!("local {variable} = 0")),
                    head,
                    "end".to_owned(),
                )
            }
            5 => {
                self.variables.push((variable.clone(), Int));
                let condition = self.truth(1);
                let head = format!("repeat {variable} = {variable} + 1 {burn}");
                let end =
                    format!("until {variable} >= {rounds} or {condition} and {variable} > 30");
                (Some(format!("local {variable} = 0")), head, end)
            }
            6 => {
                let list = self
                    .variable(List)
                    .unwrap_or_else(|| "{1, 2, 3}".to_owned());
                let item = self.name("i");
                self.variables.push((variable.clone(), Int));
                self.variables.push((item.clone(), Int));
                (
                    None,
                    format!("for {variable}, {item} in ipairs({list}) do {burn}"),
                    "end".to_owned(),
                )
            }
            7 => {
                self.variables.push((variable.clone(), Int));
                (
                    None,
                    format!("for {variable} in range({rounds}) do {burn}"),
                    "end".to_owned(),
                )
            }
            _ => {
                let record = self
                    .variable(Record)
                    .unwrap_or_else(|| "{a = 1}".to_owned());
                // Only the number of rounds is certain, so that is all the body counts.
                self.loops -= 1;
                let counted = self.variable(Int).unwrap_or_else(|| "g1".to_owned());
                let line =
                    format!("for _ in pairs({record}) do {counted} = {counted} + 1 {burn} end");
                return Statement::Line(line);
            }
        };
        let mut body = Vec::new();
        let label = self.random.chance(20).then(|| self.name("continue"));
        if let Some(label) = &label {
            body.push(Statement::Line(format!(
                "if {} then goto {label} end",
                self.truth(2)
            )));
        }
        let mut inside = self.block(6);
        if label.is_some() {
            // A label at the end of a block may be jumped to over the block's own variables only
            // if nothing follows it, which an `until` does.
            inside = vec![Statement::block("do".to_owned(), inside, "end")];
        }
        body.extend(inside);
        if self.random.chance(15) {
            body.push(Statement::Line(format!(
                "if {} then break end",
                self.truth(2)
            )));
        }
        self.variables.truncate(outer);
        self.loops -= 1;
        let end = match label {
            Some(label) => format!("::{label}:: {end}"),
            None => end,
        };
        let repetition = Statement::block(head, body, &end);
        match before {
            // One statement, so that taking it out takes both.
            Some(before) => Statement::block(format!("do {before}"), vec![repetition], "end"),
            None => repetition,
        }
    }

    /// A function of two numbers, perhaps with extra arguments.
    fn function(&mut self) -> Statement {
        let name = self.name("fun");
        let outer = self.variables.len();
        let recursive = self.random.chance(40);
        if recursive {
            self.variables.push((name.clone(), Function));
        }
        let variadic = self.random.chance(25);
        let around = (self.loops, self.variadic);
        (self.loops, self.variadic) = (1, variadic);
        self.functions += 1;
        let (x, y) = (self.name("i"), self.name("i"));
        self.variables.push((x.clone(), Int));
        self.variables.push((y.clone(), Int));
        self.left += 3;
        let mut body = self.block(4);
        let result = self.int(2);
        body.push(Statement::Line(match self.random.below(4) {
            0 => format!("do return {} end", self.call(1)),
            _ => format!("do return {result} end"),
        }));
        self.functions -= 1;
        (self.loops, self.variadic) = around;
        self.variables.truncate(outer);
        self.variables.push((name.clone(), Function));
        let extra = if variadic { ", ..." } else { "" };
        let head = format!(
            "local function {name}({x}, {y}{extra}) fuel = fuel - 1 if fuel < 0 then return 1 end"
        );
        Statement::block(head, body, "return 0 end")
    }

    /// A protected call, its result shown now and then.
    fn protected(&mut self) -> Statement {
        let (ok, error) = (self.name("ok"), self.name("any"));
        self.variables.push((error.clone(), Any));
        let shown = format!("if not {ok} and fuel % 4 == 0 then show({error}) end");
        if self.random.chance(40)
            && let Some(function) = self.variable(Function)
        {
            let (x, y) = (self.int(1), self.int(0));
            let (head, end) = self.pcall();
            let call = format!("local {ok}, {error} = {head}{function}, {x}, {y}{end} {shown}");
            return Statement::Line(call);
        }
        if self.random.chance(15) {
            let function = *self
                .random
                .pick(&["math.max", "select", "tostring", "error", "type"]);
            let (x, y) = (self.int(1), self.int(0));
            let (head, end) = self.pcall();
            let call = format!("local {ok}, {error} = {head}{function}, {x}, {y}{end} {shown}");
            return Statement::Line(call);
        }
        let around = (self.loops, self.variadic);
        (self.loops, self.variadic) = (around.0, false);
        self.variables.pop();
        let mut body = self.block(3);
        if self.random.chance(40) {
            let (truth, wrong) = (self.truth(1), self.wrong());
            body.push(Statement::Line(format!(
                "if {truth} then local x = 1 + {wrong} end"
            )));
        }
        body.push(Statement::Line(format!("do return {} end", self.int(1))));
        (self.loops, self.variadic) = around;
        self.variables.push((error.clone(), Any));
        let (head, end) = self.pcall();
        Statement::block(
            format!("local {ok}, {error} = {head}function()"),
            body,
            &format!("end{end} {shown}"),
        )
    }

    /// What is said before and behind a function and its arguments to call it protected: by `pcall`,
    /// or by one that others call.
    fn pcall(&mut self) -> (&'static str, &'static str) {
        *self.random.pick(&[
            ("pcall(", ")"),
            ("pcall(", ")"),
            ("pcall(", ")"),
            ("pcall(pcall, ", ")"),
            ("select(2, pcall(pcall, ", "))"),
            ("select(3, pcall(pcall, pcall, ", "))"),
            ("table.unpack({pcall(pcall, ", ")}, 2)"),
            ("pcall(select, 2, pcall(pcall, ", "))"),
        ])
    }

    /// Shows every variable in scope.
    fn show_all(&mut self) -> Statement {
        let names: Vec<&str> = self
            .variables
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        Statement::Line(format!("show(g1, g2, {})", names.join(", ")))
    }
}
