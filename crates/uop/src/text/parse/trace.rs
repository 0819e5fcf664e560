//! Parses traces.

use super::{ParseErrorKind, Parser, Result, Token};
use crate::exit::{ExitKind, ExitState};
use crate::id::{ExitId, Value};
use crate::interface::Class;
use crate::op::{Immediate, Op, Suffix};
use crate::signature::{EntrySignature, EntryWord, Holds};
use crate::trace::{Header, Trace};
use crate::types::{Mem, Type};
use crate::uop::{Access, Imm, Uop};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// The names of one trace, and where they are used: a use may stand before its definition.
#[derive(Default)]
struct Names<'s> {
    values: FxHashMap<&'s str, Value>,
    exits: FxHashMap<&'s str, ExitId>,
    /// Per uop: the tokens that name its operands and its exit.
    uses: Vec<(SmallVec<[usize; 3]>, Option<usize>)>,
}

impl<'s> Parser<'s> {
    pub(super) fn trace(&mut self) -> Result<Trace> {
        self.expect_name("trace")?;
        let Token::Text(_) = self.peek() else {
            return Err(self.expected("the trace's name in quotes"));
        };
        let mut trace = Trace {
            name: self.text("a name")?,
            pc: 0,
            entry: EntrySignature::empty(),
            interface: self.interface.clone(),
            refs: Vec::new(),
            uops: Vec::new(),
            exits: Vec::new(),
            header: None,
        };
        self.expect_name("at")?;
        trace.pc = self.u32("a place")?;
        if self.eat_name("takes") {
            trace.entry.words = self.braces(Self::entry_word)?;
        }
        if self.eat_name("refs") {
            let mut expected = 0;
            trace.refs = self.braces(|p| {
                let index: usize = p.indexed("r", "a reference")?;
                if index != expected {
                    return Err(p.error(ParseErrorKind::ReferenceOrder { expected }));
                }
                expected += 1;
                p.expect('=')?;
                p.address()
            })?;
        }
        self.expect('{')?;
        self.end_of_line()?;
        let mut names = Names::default();
        self.skip_newlines();
        while self.peek() != &Token::Punctuation('}') && !self.is_section() {
            let uop = self.uop(Value(trace.uops.len() as u32), &mut names)?;
            trace.uops.push(uop);
            self.end_of_line()?;
            self.skip_newlines();
        }
        self.resolve_exits(&mut trace, &mut names)?;
        if self.eat_name("header") {
            self.expect(':')?;
            self.skip_newlines();
            trace.header = Some(self.header(&trace, &names)?);
            self.end_of_line()?;
            self.skip_newlines();
        }
        self.expect('}')?;
        self.resolve_uses(&mut trace, &names)?;
        Ok(trace)
    }

    /// Whether a section's title stands here: a name and a colon.
    fn is_section(&self) -> bool {
        matches!(self.peek(), Token::Name(_))
            && self.tokens[self.next + 1].token == Token::Punctuation(':')
    }

    fn entry_word(&mut self) -> Result<EntryWord> {
        let word = self.word()?;
        let holds = if self.eat(':') {
            Holds::Param(self.ty()?)
        } else {
            self.expect('=')?;
            Holds::Constant(self.typed_constant()?)
        };
        Ok(EntryWord { word, holds })
    }

    fn uop(&mut self, at: Value, names: &mut Names<'s>) -> Result<Uop> {
        let named = self.next;
        let mut stated = None;
        if let Token::Value(name) = *self.peek() {
            self.take();
            if names.values.insert(name, at).is_some() {
                let (what, name) = ("value", format!("%{name}"));
                return Err(self.error(ParseErrorKind::Twice { what, name }));
            }
            if self.eat(':') {
                stated = Some(if self.eat_name("none") {
                    None
                } else {
                    Some(self.ty()?)
                });
            }
            self.expect('=')?;
        }
        let sunk = self.eat_name("sunk");
        let op_token = self.next;
        let (op, ty, mem) = self.op()?;
        let mut uop = Uop::new(op, &[]);
        uop.sunk = sunk;
        uop.ty = ty;
        let mut operands = SmallVec::new();
        self.items(&mut uop, mem, &mut operands)?;
        let (keyword, other) = match op.is_terminator() {
            true => ("to", "else"),
            false => ("else", "to"),
        };
        if self.is_name(other) {
            return Err(self.expected(format!("`{keyword}` or the end of the line")));
        }
        let exit = if self.eat_name(keyword) {
            self.exit_name()?;
            Some(self.next - 1)
        } else {
            None
        };
        names.uses.push((operands, exit));
        uop.ty = match stated {
            Some(ty) => ty,
            None => uop.declared_type(&self.interface),
        };
        let has_name = op_token != named + usize::from(sunk);
        let op = op.name();
        match (stated, uop.ty, has_name) {
            (None, Some(_), false) => {
                Err(self.error_at(op_token, ParseErrorKind::MissingName { op }))
            }
            // A short preamble may name guards.
            (None, None, true) if !uop.op.is_guard() => {
                Err(self.error_at(named, ParseErrorKind::NothingToName { op }))
            }
            _ => Ok(uop),
        }
    }

    /// An op with its suffix.
    fn op(&mut self) -> Result<(Op, Option<Type>, Option<Mem>)> {
        let Token::Name(name) = *self.peek() else {
            return Err(self.expected("a uop"));
        };
        let (name, suffix) = match name.split_once('.') {
            Some((name, suffix)) => (name, Some(suffix)),
            None => (name, None),
        };
        self.take();
        let Some(op) = Op::from_name(name) else {
            let name = name.to_owned();
            return Err(self.error(ParseErrorKind::UnknownOp { name }));
        };
        let found = match (op.info().suffix, suffix) {
            (Suffix::None, None) => return Ok((op, None, None)),
            (_, None) => return Err(self.error(ParseErrorKind::MissingSuffix { op: op.name() })),
            (Suffix::None, Some(_)) => None,
            (Suffix::Type(_), Some(suffix)) => {
                Type::from_name(suffix).map(|ty| (op, Some(ty), None))
            }
            (Suffix::Mem, Some(suffix)) => Mem::from_name(suffix).map(|mem| (op, None, Some(mem))),
        };
        found.ok_or_else(|| {
            let suffix = suffix.unwrap_or_default().to_owned();
            self.error(ParseErrorKind::Suffix {
                op: op.name(),
                suffix,
            })
        })
    }

    /// What follows the op: immediate and operands.
    fn items(
        &mut self,
        uop: &mut Uop,
        mem: Option<Mem>,
        operands: &mut SmallVec<[usize; 3]>,
    ) -> Result<()> {
        let mut access = None;
        let mut more = true;
        match uop.op.info().immediate {
            Immediate::None => more = matches!(self.peek(), Token::Value(_)),
            Immediate::Access | Immediate::Element => {
                access = mem.map(|mem| Access {
                    mem,
                    offset: 0,
                    scale: 0,
                    class: Class(0),
                });
            }
            Immediate::Const => {
                uop.imm = Imm::Const(self.constant(uop.ty.unwrap_or(Type::I64))?);
                more = self.eat(',');
            }
            Immediate::Word => {
                uop.imm = Imm::Word(self.word()?);
                more = self.eat(',');
            }
            Immediate::Place => {
                uop.imm = Imm::Place(self.u32("a place")?);
                more = self.eat(',');
            }
            Immediate::Helper => {
                uop.imm = Imm::Helper(self.helper()?);
                self.expect('(')?;
                while !self.eat(')') {
                    if !operands.is_empty() {
                        self.expect(',')?;
                    }
                    self.value_name()?;
                    operands.push(self.next - 1);
                }
                return Ok(());
            }
        }
        while more {
            match (self.peek(), &mut access) {
                (Token::Value(_), _) => {
                    operands.push(self.next);
                    self.take();
                }
                (Token::Name("scale"), Some(access)) => {
                    self.take();
                    access.scale = self.number("a scale", |text| text.parse().ok())?;
                }
                (Token::Name("offset"), Some(access)) => {
                    self.take();
                    access.offset = self.number("an offset", |text| text.parse().ok())?;
                }
                (_, Some(access)) => {
                    access.class = self.class()?;
                    uop.imm = Imm::Access(*access);
                    return Ok(());
                }
                (_, None) => return Err(self.expected("a value")),
            }
            more = self.eat(',');
        }
        match access {
            Some(_) => Err(self.expected("`,` and an alias class")),
            None => Ok(()),
        }
    }

    fn value_name(&mut self) -> Result<&'s str> {
        match *self.peek() {
            Token::Value(name) => {
                self.take();
                Ok(name)
            }
            _ => Err(self.expected("a value")),
        }
    }

    fn exit_name(&mut self) -> Result<&'s str> {
        match *self.peek() {
            Token::Name(name) if name.starts_with('x') => {
                self.take();
                Ok(name)
            }
            _ => Err(self.expected("an exit")),
        }
    }

    fn value(&mut self, names: &Names<'s>) -> Result<Value> {
        let name = self.value_name()?;
        names.values.get(name).copied().ok_or_else(|| {
            let (what, name) = ("value", format!("%{name}"));
            self.error(ParseErrorKind::Undefined { what, name })
        })
    }

    fn resolve_exits(&mut self, trace: &mut Trace, names: &mut Names<'s>) -> Result<()> {
        if !self.eat_name("exits") {
            return Ok(());
        }
        self.expect(':')?;
        self.skip_newlines();
        while self.peek() != &Token::Punctuation('}') && !self.is_section() {
            let name = self.exit_name()?;
            let id = ExitId(trace.exits.len() as u32);
            if names.exits.insert(name, id).is_some() {
                let (what, name) = ("exit", name.to_owned());
                return Err(self.error(ParseErrorKind::Twice { what, name }));
            }
            self.expect('=')?;
            let exit = self.exit(names)?;
            trace.exits.push(exit);
            self.end_of_line()?;
            self.skip_newlines();
        }
        Ok(())
    }

    fn exit(&mut self, names: &Names<'s>) -> Result<ExitState> {
        let kind = match self.peek() {
            Token::Name(name) => ExitKind::from_name(name),
            _ => None,
        };
        let Some(kind) = kind else {
            return Err(self.expected("an exit's kind"));
        };
        self.take();
        let mut exit = ExitState::new(kind, self.u32("a place")?, 0);
        if self.eat_name("base") {
            exit.base = self.number("a number of words", |text| text.parse().ok())?;
        }
        if self.peek() == &Token::Punctuation('{') {
            exit.words = self.braces(|p| {
                let word = p.word()?;
                p.expect('=')?;
                Ok((word, p.value(names)?))
            })?;
        }
        if self.eat_name("extras") {
            exit.extras = self.braces(|p| p.value(names))?;
        }
        if self.eat_name("contract") {
            exit.contract = Some(self.contract()?);
        }
        Ok(exit)
    }

    fn header(&mut self, trace: &Trace, names: &Names<'s>) -> Result<Header> {
        let mut uops = trace.iter();
        let Some((at, _)) = uops.find(|(_, uop)| uop.op == Op::Header) else {
            return Err(self.error_at(self.next, ParseErrorKind::NoHeader));
        };
        self.expect_name("contract")?;
        let contract = self.contract()?;
        self.expect_name("at")?;
        let mut header = Header {
            at,
            pc: self.u32("a place")?,
            contract,
            constants: Vec::new(),
            short: Vec::new(),
            open: true,
        };
        header.open = !self.eat_name("closed");
        if self.eat_name("constants") {
            header.constants = self.braces(|p| {
                let word = p.word()?;
                p.expect('=')?;
                Ok((word, p.typed_constant()?))
            })?;
        }
        if self.eat_name("short") {
            header.short = self.braces(|p| p.value(names))?;
        }
        Ok(header)
    }

    /// Fills in operands and exits, now that every name is known.
    fn resolve_uses(&self, trace: &mut Trace, names: &Names<'s>) -> Result<()> {
        let undefined = |token: usize, what| {
            let lexeme = &self.tokens[token];
            let name = self.source[lexeme.start..lexeme.end].to_owned();
            self.error_at(token, ParseErrorKind::Undefined { what, name })
        };
        for (uop, (operands, exit)) in trace.uops.iter_mut().zip(&names.uses) {
            for &token in operands {
                let found = match self.tokens[token].token {
                    Token::Value(name) => names.values.get(name),
                    _ => None,
                };
                uop.args
                    .push(*found.ok_or_else(|| undefined(token, "value"))?);
            }
            if let Some(token) = *exit {
                let found = match self.tokens[token].token {
                    Token::Name(name) => names.exits.get(name),
                    _ => None,
                };
                uop.exit = Some(*found.ok_or_else(|| undefined(token, "exit"))?);
            }
        }
        Ok(())
    }
}
