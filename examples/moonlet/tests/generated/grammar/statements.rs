//! Productions of statements, and of what they are made of: loops, functions, protected calls.

use super::Type::{Any, Float, Function, Int, List, Object, Record, Str};
use super::{Generator, NESTED};
use crate::program::Statement;

/// Rounds that loops make.
const ROUNDS: [&str; 8] = ["3", "7", "20", "60", "60", "80", "120", "130"];

impl Generator<'_> {
    /// Up to `most` statements; what they declare goes out of scope.
    pub(super) fn block(&mut self, most: usize) -> Vec<Statement> {
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
    pub(super) fn function(&mut self) -> Statement {
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
            let (head, end) = self.pcall(&ok, &error);
            return Statement::Line(format!("{head}{function}, {x}, {y}{end} {shown}"));
        }
        if self.random.chance(15) {
            let function = *self
                .random
                .pick(&["math.max", "select", "tostring", "error", "type"]);
            let (mut x, y) = (self.int(1), self.int(0));
            if function == "tostring" {
                x = format!("plain({x})");
            }
            let (head, end) = self.pcall(&ok, &error);
            return Statement::Line(format!("{head}{function}, {x}, {y}{end} {shown}"));
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
        let (head, end) = self.pcall(&ok, &error);
        Statement::block(
            format!("{head}function()"),
            body,
            &format!("end{end} {shown}"),
        )
    }

    /// What is said before and after a function and its arguments to call it protected, by `pcall`
    /// or by one that others call, and to keep the results in new variables. Where too many such
    /// calls wait already it is not called, and both are nil.
    fn pcall(&mut self, ok: &str, error: &str) -> (String, String) {
        let (head, end) = *self.random.pick(&[
            ("pcall(", ")"),
            ("pcall(", ")"),
            ("pcall(", ")"),
            ("pcall(pcall, ", ")"),
            ("select(2, pcall(pcall, ", "))"),
            ("select(3, pcall(pcall, pcall, ", "))"),
            ("table.unpack({pcall(pcall, ", ")}, 2)"),
            ("pcall(select, 2, pcall(pcall, ", "))"),
        ]);
        // An error leaves `nested` too high until a call further out puts its own back.
        let count = "local level = nested nested = level + 1";
        (
            format!("local {ok}, {error} if nested < {NESTED} then {count} {ok}, {error} = {head}"),
            format!("{end} nested = level end"),
        )
    }

    /// Shows every variable in scope.
    pub(super) fn show_all(&mut self) -> Statement {
        let names: Vec<&str> = self
            .variables
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        Statement::Line(format!("show(g1, g2, {})", names.join(", ")))
    }
}
