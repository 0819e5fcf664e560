//! Table constructors.

use super::{Compiled, Compiler};
use crate::bytecode::{Count, Instr, Slot};
use crate::syntax::ast::{Entry, Expr, Statement, Table, Var};

/// Items stored at once.
const BATCH: usize = 50;
/// Statements looked at for fields that a new table gets.
const FOLLOWING: usize = 64;

/// The table that the first of `statements` makes for a local variable, itself or by way of
/// `setmetatable`, and how many fields the others of the block give it: room it will need. A guess, as
/// any of them may not be reached.
pub(super) fn filled_by(statements: &[Statement]) -> Option<(&Table, usize)> {
    let Some(Statement::Local { vars, values, .. }) = statements.first() else {
        return None;
    };
    let (&[var], [value]) = (&vars[..], &values[..]) else {
        return None;
    };
    let table = match value {
        Expr::Table(table) => table,
        Expr::Call(call) => match (&call.callee, call.args.first()) {
            (Expr::Global(name, _), Some(Expr::Table(table))) if **name == *"setmetatable" => table,
            _ => return None,
        },
        _ => return None,
    };
    let mut names: Vec<&[u8]> = Vec::new();
    for statement in statements.iter().skip(1).take(FOLLOWING) {
        if let Statement::Assign { targets, .. } = statement {
            let fields = targets.iter().filter_map(|target| field_of(var, target));
            for name in fields {
                if !names.contains(&name) && !has(table, name) {
                    names.push(name);
                }
            }
        }
    }
    Some((table, names.len()))
}

/// The name of the field of `var` that is assigned.
fn field_of(var: Var, target: &Expr) -> Option<&[u8]> {
    let Expr::Index(index) = target else {
        return None;
    };
    match (&index.object, &index.key) {
        (Expr::Local(object, _), Expr::Str(name)) if *object == var => Some(name),
        _ => None,
    }
}

fn has(table: &Table, name: &[u8]) -> bool {
    let mut entries = table.entries.iter();
    entries.any(|entry| matches!(entry, Entry::Field(Expr::Str(key), ..) if **key == *name))
}

impl<'a> Compiler<'a> {
    /// Makes a table in the target. Items are computed in the slots behind the table.
    pub(super) fn table_to(&mut self, table: &'a Table, target: Slot) -> Compiled {
        let items = table.entries.iter();
        let items = items
            .filter(|entry| matches!(entry, Entry::Item(_)))
            .count();
        if items > 0 && !self.is_fresh(target) {
            let slot = self.reserve(1, table.line)?;
            self.table_at(table, slot, items)?;
            self.emit(Instr::Move(target, slot), table.end_line);
            self.release(slot);
            return Ok(());
        }
        self.table_at(table, target, items)
    }

    fn table_at(&mut self, table: &'a Table, a: Slot, items: usize) -> Compiled {
        let filled = self.filled.filter(|&(it, _)| std::ptr::eq(it, table));
        let fields = table.entries.len() - items + filled.map_or(0, |(_, fields)| fields);
        let fields = fields.min(usize::from(u8::MAX));
        let is_open = matches!(table.entries.last(), Some(Entry::Item(last)) if last.is_multiple());
        // An open list behind other items most likely adds one; on its own it brings its length.
        let room = if is_open && items == 1 { 0 } else { items };
        let room = room.min(usize::from(u16::MAX));
        self.emit(Instr::NewTable(a, room as u16, fields as u8), table.line);
        let top = self.state().top;
        let first = self.state().free;
        let (mut start, mut waiting) = (1u32, 0usize);
        for (index, entry) in table.entries.iter().enumerate() {
            match entry {
                Entry::Field(key, value, line) => self.field(a, key, value, *line)?,
                Entry::Item(value) if is_open && index + 1 == table.entries.len() => {
                    let count = self.open_list(std::slice::from_ref(value))?;
                    let line = table.end_line;
                    self.emit(
                        Instr::SetList {
                            a,
                            count,
                            top,
                            start,
                        },
                        line,
                    );
                    self.release(first);
                    return Ok(());
                }
                Entry::Item(value) => {
                    self.expr_next(value)?;
                    waiting += 1;
                }
            }
            let is_last = index + 1 == table.entries.len();
            if waiting == BATCH || is_last && waiting > 0 {
                let count = waiting as Count;
                let line = table.end_line;
                self.emit(
                    Instr::SetList {
                        a,
                        count,
                        top,
                        start,
                    },
                    line,
                );
                self.release(first);
                start += waiting as u32;
                waiting = 0;
            }
        }
        Ok(())
    }

    fn field(&mut self, a: Slot, key: &'a Expr, value: &'a Expr, line: u32) -> Compiled {
        let free = self.state().free;
        let instr = match key {
            Expr::Str(name) => {
                let name = self.string(name, line)?;
                Instr::SetField(a, name, self.operand(value)?)
            }
            Expr::Int(key) if let Ok(key) = i32::try_from(*key) => {
                Instr::SetItem(a, key, self.operand(value)?)
            }
            key => {
                let (key, value) = self.operands(key, value, &mut None)?;
                Instr::SetIndex(a, key, value)
            }
        };
        self.emit(instr, line);
        self.release(free);
        Ok(())
    }
}
