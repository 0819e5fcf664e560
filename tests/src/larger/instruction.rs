//! The instructions. Operands are slots of two words; a word is twice a slot.

use offramp::Pc;

/// A slot of the frame.
pub type Slot = u16;

/// An instruction. Where a window is named, the callee is in that slot, and its arguments begin two
/// slots behind it; the answer comes back in the window's slot. The callee's frame begins one
/// slot behind: it finds itself in its slot 0 and its arguments from slot 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Instr {
    /// a := nil
    Nil(Slot),
    /// a := a truth value
    Bool(Slot, bool),
    /// a := an integer
    Int(Slot, i64),
    /// a := a double
    Float(Slot, f64),
    /// a := b
    Copy(Slot, Slot),
    /// a := b + c; with a metamethod if either is a table
    Add(Slot, Slot, Slot),
    /// a := b - c
    Sub(Slot, Slot, Slot),
    /// a := b * c
    Mul(Slot, Slot, Slot),
    /// a := b / c, as doubles
    Div(Slot, Slot, Slot),
    /// a := b // c, rounded down; integers only
    FloorDiv(Slot, Slot, Slot),
    /// a := b % c, with the sign of c; integers only
    Mod(Slot, Slot, Slot),
    /// a := -b
    Neg(Slot, Slot),
    /// a := b & c
    And(Slot, Slot, Slot),
    /// a := b | c
    Or(Slot, Slot, Slot),
    /// a := b ^ c
    Xor(Slot, Slot, Slot),
    /// a := b << c
    Shl(Slot, Slot, Slot),
    /// a := b >> c
    Shr(Slot, Slot, Slot),
    /// a := ~b
    Not(Slot, Slot),
    /// a := the larger of b and c, without a branch; integers only
    Max(Slot, Slot, Slot),
    /// a := b as a double
    ToFloat(Slot, Slot),
    /// a := b as an integer, if nothing is lost
    ToInt(Slot, Slot),
    /// Goes to the target
    Jump(Pc),
    /// Goes back to the target
    Loop(Pc),
    /// If a < b; with a metamethod if either is a table
    JumpIfLess(Slot, Slot, Pc),
    /// If a <= b
    JumpIfLessEqual(Slot, Slot, Pc),
    /// If a == b
    JumpIfEqual(Slot, Slot, Pc),
    /// If a is nil or false
    JumpIfFalse(Slot, Pc),
    /// Back to the target if a < b; integers only
    LoopIfLess(Slot, Slot, Pc),
    /// a := a + 1, back to the target while a <= b; integers only
    ForLoop(Slot, Slot, Pc),
    /// a := a new table
    NewTable(Slot),
    /// a := b.key
    GetField(Slot, Slot, u32),
    /// a.key := b
    SetField(Slot, u32, Slot),
    /// `a := b[c]`
    GetIndex(Slot, Slot, Slot),
    /// `a[b] := c`
    SetIndex(Slot, Slot, Slot),
    /// Appends b to a
    Append(Slot, Slot),
    /// a := #b
    Length(Slot, Slot),
    /// a's metatable := b
    SetMeta(Slot, Slot),
    /// a := a closure of function f over b
    Closure(Slot, u32, Slot),
    /// a := what this closure (slot b) captured
    Captured(Slot, Slot),
    /// What this closure (slot a) captured := b
    SetCaptured(Slot, Slot),
    /// Calls the closure in the window with its arguments
    Call(Slot),
    /// Calls the closure in slot a in place of this frame, with the argument in the next slot
    TailCall(Slot),
    /// Moves the frame up behind its first n slots, which stay unreachable: variable arguments
    Shift(Slot),
    /// Returns a
    Return(Slot),
    /// Returns a from a frame that moved up by n slots
    ReturnShifted(Slot, Slot),
    /// Returns a and b, in the window's slot and the next
    ReturnTwo(Slot, Slot),
    /// Prints a
    Print(Slot),
    /// The window's slot := the sum of calling the closure in it n times, run by a helper
    Repeat(Slot, u32),
    /// Calls whatever is in the window, by a helper that decides
    Invoke(Slot),
    /// Fails with a message of the host's
    Fail,
    /// A builtin's whole body: floor of the argument
    BuiltinFloor,
    /// A builtin's whole body: square root of the argument
    BuiltinSqrt,
    /// Ends the program with a
    Halt(Slot),
}
