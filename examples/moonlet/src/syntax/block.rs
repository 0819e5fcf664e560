//! Blocks, and the labels and gotos that cross them.

use super::SyntaxError;
use super::ast::{Block, GotoId, Name, Statement};
use super::parser::{Label, Parser, Pending, Scope};
use super::token::Token;

/// The target of a goto that was not resolved yet.
const UNKNOWN: usize = usize::MAX;

impl Parser<'_> {
    /// Whether the token at hand ends a block.
    pub(crate) fn at_block_end(&self, with_until: bool) -> bool {
        match &self.token {
            Token::End => true,
            Token::Word("else" | "elseif" | "end") => true,
            Token::Word("until") => with_until,
            _ => false,
        }
    }

    /// Statements up to the end of the block, in a scope of their own.
    pub(crate) fn block(&mut self) -> Result<Block, SyntaxError> {
        self.open_scope();
        let block = self.statements();
        self.close_scope();
        block
    }

    /// Statements up to the end of the block, in the current scope.
    pub(crate) fn statements(&mut self) -> Result<Block, SyntaxError> {
        let mut statements = Vec::new();
        while !self.at_block_end(true) {
            let last = self.token.is("return");
            self.statement(&mut statements)?;
            if last {
                break;
            }
        }
        Ok(Block { statements })
    }

    /// Begins a scope.
    pub(crate) fn open_scope(&mut self) {
        let function = self.function_mut();
        let scope = Scope {
            active: function.active.len(),
            labels: function.labels.len(),
            pending: function.pending.len(),
        };
        function.scopes.push(scope);
    }

    /// Ends the innermost scope. Gotos whose labels were not found go on to the one around.
    pub(crate) fn close_scope(&mut self) {
        let function = self.function_mut();
        let Some(scope) = function.scopes.pop() else {
            return;
        };
        function.active.truncate(scope.active);
        function.labels.truncate(scope.labels);
        for pending in &mut function.pending[scope.pending..] {
            pending.active = pending.active.min(scope.active);
        }
    }

    /// `break`, after the word.
    pub(crate) fn break_statement(&mut self, line: u32) -> Statement {
        let function = self.function_mut();
        if function.loops == 0 {
            // Reported at the end of the function, as the reference implementation does.
            let active = function.active.len();
            function.pending.push(Pending {
                name: "break".into(),
                id: None,
                line,
                active,
            });
        }
        Statement::Break(line)
    }

    /// `goto`, after the word.
    pub(crate) fn goto_statement(&mut self, line: u32) -> Result<Statement, SyntaxError> {
        let name = self.name()?;
        let function = self.function_mut();
        let id: GotoId = function.gotos.len();
        let known = function.labels.iter().find(|label| label.name == name);
        let target = known.map_or(UNKNOWN, |label| label.id);
        function.gotos.push(target);
        if target == UNKNOWN {
            let active = function.active.len();
            function.pending.push(Pending {
                name,
                id: Some(id),
                line,
                active,
            });
        }
        Ok(Statement::Goto(id, line))
    }

    /// A label, after the first `::`.
    pub(crate) fn label_statement(&mut self, into: &mut Vec<Statement>) -> Result<(), SyntaxError> {
        let line = self.lexer.line;
        let name = self.name()?;
        self.expect("::")?;
        // Statements that do nothing belong to the label, so that it may still end the block.
        while self.token.is(";") || self.token.is("::") {
            self.statement(into)?;
        }
        let labels = &self.function().labels;
        if let Some(other) = labels.iter().find(|label| label.name == name) {
            let line = other.line;
            return Err(self.semantic(format_args!(
                "label '{name}' already defined on line {line}"
            )));
        }
        let is_last = self.at_block_end(false);
        into.push(self.place_label(name, line, is_last)?);
        Ok(())
    }

    /// Makes a label and leads the gotos of this block to it.
    fn place_label(
        &mut self,
        name: Name,
        line: u32,
        is_last: bool,
    ) -> Result<Statement, SyntaxError> {
        let function = self.function_mut();
        let scope = function.scopes.last().copied().unwrap_or_default();
        let id = function.label_count;
        function.label_count += 1;
        // At a block's end, its variables are out of scope already.
        let active = if is_last {
            scope.active
        } else {
            function.active.len()
        };
        let mut index = scope.pending;
        while let Some(pending) = function.pending.get(index) {
            let Some(goto) = pending.id.filter(|_| pending.name == name) else {
                index += 1;
                continue;
            };
            if pending.active < active {
                let entered = function.active[pending.active].name.clone();
                let line = pending.line;
                return Err(self.semantic(format_args!(
                    "<goto {name}> at line {line} jumps into the scope of local '{entered}'"
                )));
            }
            function.gotos[goto] = id;
            function.pending.remove(index);
        }
        function.labels.push(Label { name, id, line });
        Ok(Statement::Label(id))
    }
}
