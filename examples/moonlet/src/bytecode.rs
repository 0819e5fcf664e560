//! The instructions Moonlet runs, and what the compiler hands to the machine.
//!
//! # Frames
//! A register is a *slot* of the running frame: two frame words, a value's tag and its payload.
//! Slot 0 holds the running function itself. Parameters follow from slot 1, in a variadic function
//! from slot 2: its slot 1 holds the extra arguments (a table, or nil if there are none).
//!
//! ```text
//!   caller:  …  a        a+1       a+2      a+3   …
//!               (link)   callee    arg 1    arg 2
//!   callee:              0         1        2     …
//! ```
//! [`Instr::Call`] names slot `a`: the callee lies in `a + 1`, its arguments behind. The callee's
//! frame begins at `a + 1`; the slot below it becomes its link to the caller. Results come back
//! from `a` on. Nothing is copied.
//!
//! An *open* list (a call's results or `...` at the end of a list) has a length that only the
//! run knows. Whoever makes one stores the number of the slot behind its last value as an integer to
//! the slot `top`, which the compiler gave it; whoever takes one reads it there.

use offramp::Pc;

/// A slot of the running frame.
pub type Slot = u8;

/// The index of a constant.
pub type Const = u16;

/// A count of values, or [`OPEN`].
pub type Count = u8;

/// The list is open: the slot `top` says where it ends.
pub const OPEN: Count = u8::MAX;

/// An instruction, eight bytes. `R[a]` is slot `a`, `K[k]` constant `k`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[rustfmt::skip]
#[expect(missing_docs, reason = "the operands are explained with each instruction")]
pub enum Instr {
    /// `R[a] := R[b]`
    Move(Slot, Slot),
    /// `R[a], … (n values) := nil`
    LoadNil(Slot, u8),
    /// `R[a] := false` or `true`
    LoadBool(Slot, bool),
    /// `R[a] := integer`
    LoadInt(Slot, i32),
    /// `R[a] := K[k]`
    LoadConst(Slot, Const),

    /// `R[a] := cell(R[a])`: the variable in `a` is captured and assigned, so it lives in a cell.
    NewCell(Slot),
    /// `R[a] := R[b].cell`
    GetCell(Slot, Slot),
    /// `R[a].cell := R[b]`
    SetCell(Slot, Slot),
    /// `R[a] := captured[u]`
    GetUpvalue(Slot, u8),
    /// `R[a] := captured[u].cell`
    GetUpvalueCell(Slot, u8),
    /// `captured[u].cell := R[b]`
    SetUpvalueCell(u8, Slot),
    /// `R[a] := function p`, capturing what the prototype says
    Closure(Slot, u16),

    /// `R[a] := globals[K[k]]`
    GetGlobal(Slot, Const),
    /// `globals[K[k]] := R[a]`
    SetGlobal(Slot, Const),
    /// `R[a] := {}` with room for items and fields
    NewTable(Slot, u16, u8),
    /// `R[a] := R[b][K[k]]`, the key a string
    GetField(Slot, Slot, Const),
    /// `R[a][K[k]] := R[b]`, the key a string
    SetField(Slot, Const, Slot),
    /// `R[a] := R[b][R[c]]`
    GetIndex(Slot, Slot, Slot),
    /// `R[a][R[b]] := R[c]`
    SetIndex(Slot, Slot, Slot),
    /// `R[a] := R[b][i]`
    GetItem(Slot, Slot, i32),
    /// `R[a][i] := R[b]`
    SetItem(Slot, i32, Slot),
    /// `R[a+1] := R[b][K[k]]; R[a+2] := R[b]`: a method and its receiver, in the places of a call
    Method(Slot, Slot, Const),
    /// `R[a][start+i] := R[a+1+i]` for `n` values, or from `top` if open
    SetList { a: Slot, count: Count, top: Slot, start: u32 },

    /// `R[a] := R[b] + R[c]`
    Add(Slot, Slot, Slot),
    /// `R[a] := R[b] - R[c]`
    Sub(Slot, Slot, Slot),
    /// `R[a] := R[b] * R[c]`
    Mul(Slot, Slot, Slot),
    /// `R[a] := R[b] / R[c]`
    Div(Slot, Slot, Slot),
    /// `R[a] := R[b] % R[c]`
    Mod(Slot, Slot, Slot),
    /// `R[a] := R[b] // R[c]`
    FloorDiv(Slot, Slot, Slot),
    /// `R[a] := R[b] ^ R[c]`
    Pow(Slot, Slot, Slot),
    /// `R[a] := R[b] & R[c]`
    BitAnd(Slot, Slot, Slot),
    /// `R[a] := R[b] | R[c]`
    BitOr(Slot, Slot, Slot),
    /// `R[a] := R[b] ~ R[c]`
    BitXor(Slot, Slot, Slot),
    /// `R[a] := R[b] << R[c]`
    ShiftLeft(Slot, Slot, Slot),
    /// `R[a] := R[b] >> R[c]`
    ShiftRight(Slot, Slot, Slot),
    /// `R[a] := R[b] + K[k]`, the constant a number
    AddConst(Slot, Slot, Const),
    /// `R[a] := R[b] - K[k]`, the constant a number
    SubConst(Slot, Slot, Const),
    /// `R[a] := R[b] * K[k]`, the constant a number
    MulConst(Slot, Slot, Const),
    /// `R[a] := R[b] / K[k]`, the constant a number
    DivConst(Slot, Slot, Const),
    /// `R[a] := R[b] % K[k]`, the constant a number
    ModConst(Slot, Slot, Const),
    /// `R[a] := R[b] // K[k]`, the constant a number
    FloorDivConst(Slot, Slot, Const),
    /// `R[a] := R[b] ^ K[k]`, the constant a number
    PowConst(Slot, Slot, Const),
    /// `R[a] := K[k] + R[b]`, the constant a number: errors name operands in their order
    ConstAdd(Slot, Slot, Const),
    /// `R[a] := K[k] * R[b]`, the constant a number
    ConstMul(Slot, Slot, Const),
    /// `R[a] := -R[b]`
    Neg(Slot, Slot),
    /// `R[a] := ~R[b]`
    BitNot(Slot, Slot),
    /// `R[a] := not R[b]`
    Not(Slot, Slot),
    /// `R[a] := #R[b]`
    Len(Slot, Slot),
    /// `R[a] := R[b] .. … .. R[b+n-1]`
    Concat(Slot, Slot, u8),

    /// Goes on at the target, forwards.
    Jump(Pc),
    /// Goes on at the target, backwards: a loop's edge.
    Loop(Pc),
    /// Jumps if `R[a]` is neither nil nor false.
    JumpIf(Slot, Pc),
    /// Jumps if `R[a]` is nil or false.
    JumpIfNot(Slot, Pc),
    /// Jumps if `R[a] == R[b]`.
    JumpEq(Slot, Slot, Pc),
    /// Jumps if not `R[a] == R[b]`.
    JumpNotEq(Slot, Slot, Pc),
    /// Jumps if `R[a] < R[b]`.
    JumpLess(Slot, Slot, Pc),
    /// Jumps if not `R[a] < R[b]`.
    JumpNotLess(Slot, Slot, Pc),
    /// Jumps if `R[a] <= R[b]`.
    JumpLessEq(Slot, Slot, Pc),
    /// Jumps if not `R[a] <= R[b]`.
    JumpNotLessEq(Slot, Slot, Pc),
    /// Jumps if `R[a] == K[k]`, the constant any but a table or function.
    JumpEqConst(Slot, Const, Pc),
    /// Jumps if not `R[a] == K[k]`.
    JumpNotEqConst(Slot, Const, Pc),
    /// Jumps if `R[a] < K[k]`, the constant a number here and below.
    JumpLessConst(Slot, Const, Pc),
    /// Jumps if not `R[a] < K[k]`.
    JumpNotLessConst(Slot, Const, Pc),
    /// Jumps if `R[a] <= K[k]`.
    JumpLessEqConst(Slot, Const, Pc),
    /// Jumps if not `R[a] <= K[k]`.
    JumpNotLessEqConst(Slot, Const, Pc),
    /// Jumps if `R[a] > K[k]`.
    JumpGreaterConst(Slot, Const, Pc),
    /// Jumps if not `R[a] > K[k]`.
    JumpNotGreaterConst(Slot, Const, Pc),
    /// Jumps if `R[a] >= K[k]`.
    JumpGreaterEqConst(Slot, Const, Pc),
    /// Jumps if not `R[a] >= K[k]`.
    JumpNotGreaterEqConst(Slot, Const, Pc),

    /// Begins a numeric loop: limit in `R[a]`, step in `R[a+1]`, first value in `R[a+2]`. Checks
    /// and prepares them; jumps to the target, behind the loop, if it does not run at all.
    ForPrep(Slot, Pc),
    /// Ends a round of a numeric loop: jumps to the target, the body, with the next value in
    /// `R[a+2]`, or falls through. The body never assigns `R[a+2]`.
    ForLoop(Slot, Pc),
    /// `R[a+4], … := R[a](R[a+1], R[a+2])`, `n` results; `R[a+3]`, nil at first, is the iterator's
    /// to use. The call's link lies in `R[a+4]`, so the frame has slots up to `a + 7`.
    ForCall(Slot, u8),
    /// If `R[a+4]` is not nil: `R[a+2] := R[a+4]`, and jumps to the target, the body.
    ForNext(Slot, Pc),

    /// `R[a], … := R[a+1](R[a+2], …)`: `args` arguments, `results` results; either may be open.
    Call { a: Slot, args: Count, results: Count, top: Slot },
    /// `return R[a+1](R[a+2], …)`. If the callee is a builtin, it is called with open results
    /// instead and the next instruction, `Return { a, count: OPEN, top }`, returns them.
    TailCall { a: Slot, args: Count, top: Slot },
    /// `return R[a], …`
    Return { a: Slot, count: Count, top: Slot },
    /// `return`
    Return0,
    /// `return R[a]`
    Return1(Slot),
    /// First instruction of a variadic function: packs the extra arguments. `R[1]` holds the number
    /// of arguments, which lie from `R[2]` on.
    Variadic,
    /// `R[a], … := ...`, `count` values
    Vararg { a: Slot, count: Count, top: Slot },
}

const _: () = assert!(size_of::<Instr>() == 8);

/// A constant, before it has a place in the heap.
#[derive(Clone, Debug)]
pub enum Constant {
    /// nil, for comparisons.
    Nil,
    /// A truth value, for comparisons.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Str(Box<[u8]>),
}

/// What a function captures when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// What the slot of the enclosing function holds: a value, or the cell of a variable that is
    /// assigned after it was captured.
    Local(Slot),
    /// What the enclosing function captured itself.
    Upvalue(u8),
}

/// A local variable, for messages: in scope from `from` up to but not including `to`.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name.
    pub name: Box<str>,
    /// Where it lies.
    pub slot: Slot,
    /// The first instruction in its scope.
    pub from: Pc,
    /// The first instruction behind its scope.
    pub to: Pc,
}

/// A function without what it captures.
#[derive(Clone, Debug)]
pub struct Prototype {
    /// Where it begins.
    pub entry: Pc,
    /// The instruction behind its last.
    pub end: Pc,
    /// Fixed parameters.
    pub params: u8,
    /// Whether it takes extra arguments.
    pub variadic: bool,
    /// Slots of its frame, slot 0 included, calls' places included.
    pub slots: u8,
    /// What it captures.
    pub captures: Box<[Capture]>,
    /// The names of what it captures.
    pub capture_names: Box<[Box<str>]>,
    /// The line it begins at; 0 for the chunk itself.
    pub line: u32,
    /// Its local variables.
    pub locals: Vec<Local>,
}

/// A compiled program.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Its name in messages: a file's name, or `(command line)` and the like.
    pub name: Box<str>,
    /// All functions' instructions.
    pub code: Vec<Instr>,
    /// The line of each instruction.
    pub lines: Vec<u32>,
    /// Constants of all functions, each once.
    pub constants: Vec<Constant>,
    /// All functions; the first is the chunk itself, which is variadic.
    pub prototypes: Vec<Prototype>,
}

impl Chunk {
    /// The function an instruction belongs to.
    ///
    /// # Panics
    /// If there is no such instruction.
    pub fn function_at(&self, pc: Pc) -> &Prototype {
        let mut found = self.prototypes.iter();
        let found = found.find(|function| (function.entry..function.end).contains(&pc));
        found.expect("every instruction belongs to a function")
    }

    /// The bytes it takes, as they are counted as memory in use.
    pub fn bytes(&self) -> usize {
        let constants = self.constants.iter().map(|constant| match constant {
            Constant::Str(bytes) => size_of::<Constant>() + bytes.len(),
            _ => size_of::<Constant>(),
        });
        let prototypes = self.prototypes.iter().map(|prototype| {
            size_of_val(prototype)
                + size_of_val(&*prototype.captures)
                + size_of_val(&*prototype.locals)
        });
        size_of_val(&*self.code)
            + size_of_val(&*self.lines)
            + constants.sum::<usize>()
            + prototypes.sum::<usize>()
    }
}
