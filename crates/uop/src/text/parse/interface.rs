//! Parses interfaces.

use super::{ParseErrorKind, Parser, Result, Token};
use crate::interface::{ClassSet, Content, Effects, Helper, Initial, Interface, NewObject};
use crate::types::Mem;
use crate::uop::Access;
use smallvec::SmallVec;
use std::sync::Arc;

impl Parser<'_> {
    pub(super) fn interface(&mut self) -> Result<Interface> {
        let mut interface = Interface::new();
        self.expect_name("interface")?;
        self.expect('{')?;
        loop {
            self.skip_newlines();
            if self.eat('}') {
                return Ok(interface);
            }
            if self.eat_name("group") {
                interface.group = self.u32("a number of words")?;
            } else if self.eat_name("class") {
                let name = self.text("a class name")?;
                if interface.classes.contains(&name) {
                    let what = "class";
                    return Err(self.error(ParseErrorKind::Twice { what, name }));
                }
                if interface.classes.len() == ClassSet::CAPACITY {
                    return Err(self.error(ParseErrorKind::TooManyClasses));
                }
                interface.classes.push(name);
            } else if self.eat_name("helper") {
                // Names of classes are looked up in the parser's interface.
                self.interface = Arc::new(interface.clone());
                let helper = self.helper_declaration(&interface)?;
                interface.helpers.push(helper);
            } else {
                return Err(self.expected("`group`, `class`, `helper` or `}`"));
            }
            self.end_of_line()?;
        }
    }

    fn helper_declaration(&mut self, interface: &Interface) -> Result<Helper> {
        self.expect('@')?;
        let name = self.text("a helper's name")?;
        if interface.helpers.iter().any(|helper| helper.name == name) {
            let what = "helper";
            return Err(self.error(ParseErrorKind::Twice { what, name }));
        }
        self.expect('(')?;
        let mut params = SmallVec::new();
        while !self.eat(')') {
            if !params.is_empty() {
                self.expect(',')?;
            }
            params.push(self.ty()?);
        }
        let result = if self.peek() == &Token::Arrow {
            self.take();
            Some(self.ty()?)
        } else {
            None
        };
        let mut helper = Helper {
            name,
            params,
            result,
            effects: Effects::WORST,
            fails: false,
            makes: None,
        };
        if self.peek() == &Token::Punctuation('{') {
            helper.effects = Effects::PURE;
            self.braces(|p| p.effect(&mut helper))?;
        }
        Ok(helper)
    }

    fn effect(&mut self, helper: &mut Helper) -> Result<()> {
        let effects = &mut helper.effects;
        let Token::Name(name) = *self.peek() else {
            return Err(self.expected("an effect"));
        };
        match name {
            "pure" => {}
            "worst" => {
                *effects = Effects {
                    transfers: effects.transfers,
                    ..Effects::WORST
                }
            }
            "reads_host" => effects.reads_host = true,
            "writes_host" => effects.writes_host = true,
            "collects" => effects.collects = true,
            "reads_frames" => effects.reads_frames = true,
            "writes_frames" => effects.writes_frames = true,
            "reenters" => effects.reenters = true,
            "transfers" => effects.transfers = true,
            "fails" => helper.fails = true,
            "new" => {
                self.take();
                let mut object = NewObject::default();
                while !matches!(self.peek(), Token::Punctuation(',' | '}')) {
                    object.holds.push(self.content()?);
                }
                helper.makes = Some(object);
                return Ok(());
            }
            "reads" | "writes" => {
                self.take();
                let set = self.classes()?;
                match name {
                    "reads" => effects.reads = effects.reads.union(set),
                    _ => effects.writes = effects.writes.union(set),
                }
                return Ok(());
            }
            _ => return Err(self.expected("an effect")),
        }
        self.take();
        Ok(())
    }

    /// A location of a new object: `u32@8 class = 1`, or `= #0` for an argument.
    fn content(&mut self) -> Result<Content> {
        let Token::Name(name) = *self.peek() else {
            return Err(self.expected("a width"));
        };
        let Some(mem) = Mem::from_name(name) else {
            return Err(self.expected("a width"));
        };
        self.take();
        self.expect('@')?;
        let offset = self.number("an offset", |text| text.parse().ok())?;
        let class = self.class()?;
        self.expect('=')?;
        let value = match self.eat('#') {
            true => Initial::Argument(self.number("an argument", |text| text.parse().ok())?),
            false => Initial::Constant(self.constant(mem.ty())?),
        };
        let access = Access {
            mem,
            offset,
            scale: 0,
            class,
        };
        Ok(Content { access, value })
    }

    fn classes(&mut self) -> Result<ClassSet> {
        if self.eat_name("all") {
            return Ok(ClassSet::ALL);
        }
        let mut set = ClassSet::NONE;
        loop {
            let class = self.class()?;
            if usize::from(class.0) >= ClassSet::CAPACITY {
                return Err(self.error(ParseErrorKind::TooManyClasses));
            }
            set = set.with(class);
            if !matches!(
                self.peek(),
                Token::Name(_) | Token::Text(_) | Token::Punctuation('#')
            ) {
                return Ok(set);
            }
        }
    }
}
