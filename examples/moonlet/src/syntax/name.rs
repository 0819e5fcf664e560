//! What names mean: the scopes of local variables.

use super::SyntaxError;
use super::ast::{ENV, Expr, Index, Name, Var, Variable};
use super::parser::{MOST_LOCALS, MOST_UPVALUES, Parser};

/// A variable in scope.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    pub(crate) name: Name,
    pub(crate) meaning: Meaning,
}

/// What a name in scope means.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    /// A variable, constant or not.
    Var { var: Var, constant: bool },
    /// A literal: `local n <const> = 1`.
    Literal(Literal),
}

impl Meaning {
    /// The expression that a name stands for, and whether it is a constant.
    fn expr(&self, line: u32) -> (Expr, bool) {
        match self {
            Meaning::Var { var, constant } => (Expr::Local(*var, line), *constant),
            Meaning::Literal(literal) => (literal.expr(), true),
        }
    }
}

/// The value of a constant that needs no place.
#[derive(Clone, Debug)]
pub(crate) enum Literal {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Box<[u8]>),
}

impl Literal {
    /// The literal that an expression is, if it is one.
    pub(crate) fn of(expr: &Expr) -> Option<Literal> {
        Some(match expr {
            Expr::Nil => Literal::Nil,
            Expr::Bool(value) => Literal::Bool(*value),
            Expr::Int(value) => Literal::Int(*value),
            Expr::Float(value) => Literal::Float(*value),
            Expr::Str(bytes) => Literal::Str(bytes.clone()),
            _ => return None,
        })
    }

    fn expr(&self) -> Expr {
        match self {
            Literal::Nil => Expr::Nil,
            Literal::Bool(value) => Expr::Bool(*value),
            Literal::Int(value) => Expr::Int(*value),
            Literal::Float(value) => Expr::Float(*value),
            Literal::Str(bytes) => Expr::Str(bytes.clone()),
        }
    }
}

impl Parser<'_> {
    /// Makes a variable, not in scope yet.
    pub(crate) fn declare(&mut self, name: &Name) -> Var {
        let var = self.variables.len();
        self.variables.push(Variable {
            name: name.clone(),
            function: self.function().id,
            captured: false,
            assigned: false,
            itself: None,
        });
        var
    }

    /// Brings a variable into scope.
    pub(crate) fn activate(&mut self, name: Name, meaning: Meaning) {
        self.function_mut().active.push(Active { name, meaning });
    }

    /// Brings a variable that may be assigned into scope.
    pub(crate) fn activate_var(&mut self, var: Var) {
        let name = self.variables[var].name.clone();
        let constant = false;
        self.activate(name, Meaning::Var { var, constant });
    }

    /// Fails if `more` names do not fit into the running function.
    pub(crate) fn check_locals(&self, more: usize) -> Result<(), SyntaxError> {
        self.limit(
            self.function().active.len() + self.function().hidden + more,
            MOST_LOCALS,
            "local variables",
        )
    }

    /// What a name means here, and whether it is a constant.
    pub(crate) fn resolve(&mut self, name: &Name, line: u32) -> Result<(Expr, bool), SyntaxError> {
        if let Some(local) = self.lookup(name)? {
            return Ok(local.expr(line));
        }
        let env = self.lookup(&self.variables[ENV].name.clone())?;
        if env.is_none() {
            self.capture(ENV, 0)?;
        }
        if name == &self.variables[ENV].name {
            return Ok((Expr::Local(ENV, line), false));
        }
        let Some(env) = env else {
            return Ok((Expr::Global(name.clone(), line), false));
        };
        let (object, _) = env.expr(line);
        let depth = self.deeper(object.depth())?;
        let key = Expr::Str(name.as_bytes().into());
        let index = Index {
            object,
            key,
            line,
            depth,
        };
        Ok((Expr::Index(Box::new(index)), false))
    }

    /// Finds a name in the scopes, innermost first.
    pub(crate) fn lookup(&mut self, name: &Name) -> Result<Option<Meaning>, SyntaxError> {
        let running = self.functions.len() - 1;
        let mut found = None;
        for (level, function) in self.functions.iter().enumerate().rev() {
            if let Some(active) = function.active.iter().rfind(|active| active.name == *name) {
                found = Some((level, active.meaning.clone()));
                break;
            }
        }
        let Some((level, meaning)) = found else {
            return Ok(None);
        };
        if let Meaning::Var { var, .. } = meaning
            && level < running
        {
            self.variables[var].captured = true;
            self.capture(var, level + 1)?;
        }
        Ok(Some(meaning))
    }

    /// Notes that the running function captures a variable, and so do those around it from a level on.
    fn capture(&mut self, var: Var, level: usize) -> Result<(), SyntaxError> {
        for inner in level..self.functions.len() {
            let function = &mut self.functions[inner];
            if !function.captures.contains(&var) {
                function.captures.push(var);
                self.limit(
                    self.functions[inner].captures.len(),
                    MOST_UPVALUES,
                    "upvalues",
                )?;
            }
        }
        Ok(())
    }
}
