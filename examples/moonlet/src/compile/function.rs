//! Functions: their frames, from the first instruction to the last.

use super::{Compiled, Compiler};
use crate::bytecode::{Capture, Env, Instr, Local, Prototype, Slot};
use crate::syntax::ast::{ENV, Function, Name, Var};
use offramp::Pc;

/// Slots a frame may have; above them there is room for what calls need.
const MOST_SLOTS: usize = 250;

/// A function being compiled.
#[derive(Debug)]
pub(super) struct FunctionState<'a> {
    pub(super) function: &'a Function,
    pub(super) code: Vec<Instr>,
    pub(super) lines: Vec<u32>,
    pub(super) locals: Vec<Local>,
    /// The variables in scope, by their entries in `locals`.
    pub(super) active: Vec<usize>,
    /// What it captures.
    pub(super) captured: Vec<Var>,
    pub(super) captures: Vec<Capture>,
    pub(super) names: Vec<Name>,
    /// The first slot that is free.
    pub(super) free: Slot,
    /// The most slots that were ever in use.
    pub(super) most: Slot,
    /// Where open lists leave their ends.
    pub(super) top: Slot,
    /// The line of what is being compiled.
    pub(super) line: u32,
    /// For each loop around, the jumps that leave it.
    pub(super) breaks: Vec<Vec<usize>>,
    /// For each label, where it is and which jumps wait for it.
    pub(super) labels: Vec<(Option<Pc>, Vec<usize>)>,
}

/// A compiled function; its jumps count from its own beginning.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) code: Vec<Instr>,
    pub(super) lines: Vec<u32>,
    pub(super) prototype: Prototype,
}

impl<'a> Compiler<'a> {
    /// Compiles a function and returns its number.
    pub(super) fn function(&mut self, function: &'a Function) -> Compiled<u32> {
        let index = self.done.len();
        let Ok(number) = u32::try_from(index) else {
            return self.error(function.line, "too many functions");
        };
        self.done.push(None);
        self.functions.push(FunctionState {
            function,
            code: Vec::new(),
            lines: Vec::new(),
            locals: Vec::new(),
            active: Vec::new(),
            captured: Vec::new(),
            captures: Vec::new(),
            names: Vec::new(),
            free: 1,
            most: 1,
            top: 0,
            line: function.line,
            breaks: Vec::new(),
            labels: vec![(None, Vec::new()); function.labels],
        });
        if index == 0 && self.env != Env::Globals {
            let state = self.state_mut();
            state.captured.push(ENV);
            // Whoever makes the function sees to it.
            state.captures.push(Capture::Upvalue(0));
            state.names.push("_ENV".into());
        }
        if function.variadic {
            self.emit(Instr::Variadic, function.line);
            self.reserve(1, function.line)?;
        }
        let first = self.reserve(function.params.len(), function.line)?;
        for (slot, &var) in (first..).zip(&function.params) {
            self.bind(var, slot, function.line);
        }
        if function.has_open_lists {
            let top = self.reserve(1, function.line)?;
            self.state_mut().top = top;
        }
        self.statements(&function.body)?;
        self.emit(Instr::Return0, function.end_line);
        self.unbind(0);
        self.finish(index);
        Ok(number)
    }

    fn finish(&mut self, index: usize) {
        let state = self.functions.pop().expect("a function is open");
        let function = state.function;
        let mut locals = state.locals;
        if index > 0
            && let Some(var) = self
                .variables
                .iter()
                .find(|var| var.itself == Some(function.id))
            && !var.assigned
        {
            // The function's own name, for messages.
            locals.push(Local {
                name: (&*var.name).into(),
                slot: 0,
                from: 0,
                to: state.code.len() as Pc,
            });
        }
        let prototype = Prototype {
            entry: 0,
            end: state.code.len() as Pc,
            params: function.params.len() as u8,
            variadic: function.variadic,
            slots: state.most,
            captures: state.captures.into(),
            capture_names: state.names.iter().map(|name| (&**name).into()).collect(),
            line: function.line,
            locals,
        };
        self.done[index] = Some(Done {
            code: state.code,
            lines: state.lines,
            prototype,
        });
    }

    /// Takes slots and returns the first.
    pub(super) fn reserve(&mut self, count: usize, line: u32) -> Compiled<Slot> {
        let state = self.state_mut();
        let first = state.free;
        let end = usize::from(first) + count;
        if end > MOST_SLOTS {
            return self.error(line, "function or expression needs too many registers");
        }
        state.free = end as Slot;
        state.most = state.most.max(state.free);
        Ok(first)
    }

    /// Makes sure that the frame has slots behind those in use, without taking them.
    pub(super) fn room(&mut self, count: usize, line: u32) -> Compiled {
        let free = self.reserve(count, line)?;
        self.release(free);
        Ok(())
    }

    /// Gives back all slots from this one on.
    pub(super) fn release(&mut self, from: Slot) {
        self.state_mut().free = from;
    }

    /// The next instruction's place.
    pub(super) fn here(&self) -> Pc {
        self.state().code.len() as Pc
    }

    /// Brings a variable into scope: its value lies in the slot.
    pub(super) fn bind(&mut self, var: Var, slot: Slot, line: u32) {
        self.name_slot(var, slot);
        if self.is_cell(var) {
            self.emit(Instr::NewCell(slot), line);
        }
    }

    /// As [`bind`](Self::bind), without making its cell.
    pub(super) fn name_slot(&mut self, var: Var, slot: Slot) {
        self.slots[var] = slot;
        let name = (&*self.variables[var].name).into();
        let from = self.here();
        let state = self.state_mut();
        state.active.push(state.locals.len());
        state.locals.push(Local {
            name,
            slot,
            from,
            to: from,
        });
    }

    /// How many variables are in scope, to return to with [`unbind`](Self::unbind).
    pub(super) fn bound(&self) -> usize {
        self.state().active.len()
    }

    /// Ends the scope of all but the first variables. Their slots are the caller's to release.
    pub(super) fn unbind(&mut self, count: usize) {
        let to = self.here();
        let state = self.state_mut();
        for local in state.active.drain(count..) {
            state.locals[local].to = to;
        }
    }
}
