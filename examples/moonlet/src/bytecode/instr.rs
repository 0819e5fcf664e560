//! The table of instructions. Nothing else enumerates them but `step`,
//! which executes them: what must be known of each is a column here.
//!
//! A row is `Name(operand: Kind, …)`, or with names `Name { operand: Kind, … }`. Behind it may be
//! - `[effects]`: what it does with slots that no operand names by itself;
//! - `fails fault`: what is wrong if it faults, other than that the stack has no room.
//!
//! The order of rows and operands is that of the encoding and of the listing.

use super::operand::Fault::{Call, Compare, Divide, Handler, Index, Iterate, Length, Modulo, Step};
use super::operand::{
    Fault, Field, Kind, Moved, OPEN, Operand, Side, after, kind, needs, reads, reads_list,
    reads_rest, results, results_list, returns, returns_list, writes, writes_list,
};
use std::array::IntoIter;
use std::iter::Flatten;

/// The most operands and effects of a row.
const MOST: usize = 8;

/// A row of the table, to be read by people.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What the instruction belongs to.
    pub group: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Its operands' names and [kinds](super::operand::KINDS).
    pub operands: &'static [(&'static str, &'static str)],
    /// What it does with slots that no operand names by itself.
    pub effects: &'static [&'static str],
    /// What is wrong if it faults; empty if only that the stack has no room.
    pub fault: &'static str,
}

/// Operands of a row.
type InOrder<T> = Flatten<IntoIter<Option<T>, MOST>>;

fn in_order<T, const N: usize>(listed: [Option<T>; N]) -> InOrder<T> {
    const { assert!(N <= MOST) };
    let mut listed = listed.into_iter();
    let mut all: [Option<T>; MOST] = std::array::from_fn(|_| None);
    for place in &mut all {
        *place = listed.next().flatten();
    }
    all.into_iter().flatten()
}

macro_rules! instructions {
    ($($group:literal { $(
        $(#[doc = $doc:literal])*
        $name:ident
            $(($($place:ident: $place_kind:ident),*))?
            $({ $($field:ident: $field_kind:ident),* })?
            $([$($effect:expr),*])?
            $(fails $fault:expr)?;
    )* })*) => {
        /// An instruction, eight bytes. `R[a]` is slot `a`, `K[k]` constant `k`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the operands are explained with each instruction")]
        pub enum Instr {
            $($(
                $(#[doc = $doc])*
                $name
                    $(($(<kind::$place_kind as Kind>::Raw),*))?
                    $({ $($field: <kind::$field_kind as Kind>::Raw),* })?,
            )*)*
        }

        impl Instr {
            /// All rows.
            pub const TABLE: &'static [Row] = &[$($(Row {
                group: $group,
                name: stringify!($name),
                doc: concat!($($doc),*),
                operands: &[
                    $($((stringify!($place), stringify!($place_kind))),*)?
                    $($((stringify!($field), stringify!($field_kind))),*)?
                ],
                effects: &[$($(stringify!($effect)),*)?],
                fault: concat!($(stringify!($fault))?),
            },)*)*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Instr::$name { .. } => stringify!($name),)*)*
                }
            }

            /// Its operands and effects, all of them, in the table's order.
            pub fn operands(self) -> impl Iterator<Item = Operand> {
                match self {
                    $($(Instr::$name $(($($place),*))? $({ $($field),* })? => in_order([
                        $($(kind::$place_kind::operand($place),)*)?
                        $($(kind::$field_kind::operand($field),)*)?
                        $($(Some($effect),)*)?
                    ]),)*)*
                }
            }

            /// Its operands, as the listing writes them.
            pub(crate) fn fields(self) -> impl Iterator<Item = Field> {
                match self {
                    $($(Instr::$name $(($($place),*))? $({ $($field),* })? => in_order([
                        $($(Some(kind::$place_kind::field($place)),)*)?
                        $($(Some(kind::$field_kind::field($field)),)*)?
                    ]),)*)*
                }
            }

            /// Where it may go other than to the next instruction, to be set.
            pub(crate) fn target_mut(&mut self) -> Option<&mut u32> {
                match self {
                    $($(Instr::$name $(($($place),*))? $({ $($field),* })? => None
                        $($(.or(kind::$place_kind::target($place)))*)?
                        $($(.or(kind::$field_kind::target($field)))*)?,)*)*
                }
            }

            /// The same where its chunk has become a part of a program. `None` if an operand has no
            /// room for what it must be there.
            pub(crate) fn moved(self, to: &Moved<'_>) -> Option<Instr> {
                Some(match self {
                    $($(Instr::$name $(($($place),*))? $({ $($field),* })? => {
                        Instr::$name
                            $(($(kind::$place_kind::moved($place, to)?),*))?
                            $({ $($field: kind::$field_kind::moved($field, to)?),* })?
                    })*)*
                })
            }

            /// What is wrong where it finds that it cannot do what it says.
            #[allow(unused_variables, reason = "a fault is of few operands")]
            pub(crate) fn fault(self) -> Fault {
                match self {
                    $($(Instr::$name $(($($place),*))? $({ $($field),* })? => {
                        None$(.or(Some($fault)))?.unwrap_or(Fault::StackOverflow)
                    })*)*
                }
            }
        }
    };
}

instructions! {
    "Values" {
        /// `R[a] := R[b]`
        Move(a: Write, b: Read);
        /// `R[a], … (n values) := nil`
        LoadNil(a: Base, n: U8) [writes(a, n)];
        /// `R[a] := false` or `true`
        LoadBool(a: Write, value: Truth);
        /// `R[a] := integer`
        LoadInt(a: Write, value: I32);
        /// `R[a] := K[k]`
        LoadConst(a: Write, k: Any);
    }

    "Functions and what they capture" {
        /// `R[a] := cell(R[a])`: the variable in `a` is captured and assigned, so it lives in a cell.
        NewCell(a: Cell);
        /// `R[a] := R[b].cell`
        GetCell(a: Write, b: Read);
        /// `R[a].cell := R[b]`
        SetCell(a: Read, b: Read);
        /// `R[a] := captured[u]`
        GetUpvalue(a: Write, u: Upvalue);
        /// `R[a] := captured[u].cell`
        GetUpvalueCell(a: Write, u: Upvalue);
        /// `captured[u].cell := R[b]`
        SetUpvalueCell(u: Upvalue, b: Read);
        /// `R[a] := function p`, capturing what the prototype says
        Closure(a: Write, p: Function);
    }

    "Tables" {
        /// `R[a] := globals[K[k]]`
        GetGlobal(a: Write, k: Str);
        /// `globals[K[k]] := R[a]`
        SetGlobal(a: Read, k: Str);
        /// `R[a] := globals`
        GetGlobals(a: Write);
        /// `R[a] := {}` with room for items and fields
        NewTable(a: Write, items: U16, fields: U8);
        /// `R[a] := R[b][K[k]]`
        GetField(a: Write, b: Read, k: Str) fails Index(b);
        /// `R[a][K[k]] := R[b]`
        SetField(a: Read, k: Str, b: Read) fails Index(a);
        /// `R[a] := R[b][R[c]]`
        GetIndex(a: Write, b: Read, c: Read) fails Index(b);
        /// `R[a][R[b]] := R[c]`
        SetIndex(a: Read, b: Read, c: Read) fails Index(a);
        /// `R[a] := R[b][i]`
        GetItem(a: Write, b: Read, i: I32) fails Index(b);
        /// `R[a][i] := R[b]`
        SetItem(a: Read, i: I32, b: Read) fails Index(a);
        /// `R[a+1] := R[b][K[k]]; R[a+2] := R[b]`: a method and its receiver, in the places of a call
        Method(a: Base, b: Read, k: Str) [writes(after(a, 1), 2)] fails Index(b);
        /// `R[a][start+i] := R[a+1+i]` for `count` values, or up to `top` if open
        SetList { a: Read, count: Values, start: U32, top: End } [reads_list(after(a, 1), count, top)];
    }

    "Operators" {
        /// `R[a] := R[b] + R[c]`
        Add(a: Write, b: Read, c: Read);
        /// `R[a] := R[b] - R[c]`
        Sub(a: Write, b: Read, c: Read);
        /// `R[a] := R[b] * R[c]`
        Mul(a: Write, b: Read, c: Read);
        /// `R[a] := R[b] / R[c]`
        Div(a: Write, b: Read, c: Read);
        /// `R[a] := R[b] % R[c]`
        Mod(a: Write, b: Read, c: Read) fails Modulo;
        /// `R[a] := R[b] // R[c]`
        FloorDiv(a: Write, b: Read, c: Read) fails Divide;
        /// `R[a] := R[b] ^ R[c]`
        Pow(a: Write, b: Read, c: Read);
        /// `R[a] := R[b] & R[c]`
        BitAnd(a: Write, b: Read, c: Read);
        /// `R[a] := R[b] | R[c]`
        BitOr(a: Write, b: Read, c: Read);
        /// `R[a] := R[b] ~ R[c]`
        BitXor(a: Write, b: Read, c: Read);
        /// `R[a] := R[b] << R[c]`
        ShiftLeft(a: Write, b: Read, c: Read);
        /// `R[a] := R[b] >> R[c]`
        ShiftRight(a: Write, b: Read, c: Read);
        /// `R[a] := R[b] + K[k]`
        AddConst(a: Write, b: Read, k: Number);
        /// `R[a] := R[b] - K[k]`
        SubConst(a: Write, b: Read, k: Number);
        /// `R[a] := R[b] * K[k]`
        MulConst(a: Write, b: Read, k: Number);
        /// `R[a] := R[b] / K[k]`
        DivConst(a: Write, b: Read, k: Number);
        /// `R[a] := R[b] % K[k]`
        ModConst(a: Write, b: Read, k: Number) fails Modulo;
        /// `R[a] := R[b] // K[k]`
        FloorDivConst(a: Write, b: Read, k: Number) fails Divide;
        /// `R[a] := R[b] ^ K[k]`
        PowConst(a: Write, b: Read, k: Number);
        /// `R[a] := K[k] + R[b]`: metamethods and errors see operands in their order
        ConstAdd(a: Write, b: Read, k: Number);
        /// `R[a] := K[k] * R[b]`
        ConstMul(a: Write, b: Read, k: Number);
        /// `R[a] := -R[b]`
        Neg(a: Write, b: Read);
        /// `R[a] := ~R[b]`
        BitNot(a: Write, b: Read);
        /// `R[a] := not R[b]`
        Not(a: Write, b: Read);
        /// `R[a] := #R[b]`
        Len(a: Write, b: Read) fails Length(b);
        /// `R[a] := R[b] .. … .. R[b+n-1]`
        Concat(a: Write, b: Base, n: U8) [reads(b, n)];
    }

    "Jumps" {
        /// Goes on at the target.
        Jump(to: Goto);
        /// Goes on at the target: a loop's edge.
        Loop(to: Edge);
        /// Jumps if `R[a]` is neither nil nor false.
        JumpIf(a: Read, to: Branch);
        /// Jumps if `R[a]` is nil or false.
        JumpIfNot(a: Read, to: Branch);
        /// Jumps if `R[a] == R[b]`.
        JumpEq(a: Read, b: Read, to: Branch);
        /// Jumps if not `R[a] == R[b]`.
        JumpNotEq(a: Read, b: Read, to: Branch);
        /// Jumps if `R[a] < R[b]`.
        JumpLess(a: Read, b: Read, to: Branch) fails Compare(Side::Slot(a), Side::Slot(b));
        /// Jumps if not `R[a] < R[b]`.
        JumpNotLess(a: Read, b: Read, to: Branch) fails Compare(Side::Slot(a), Side::Slot(b));
        /// Jumps if `R[a] <= R[b]`.
        JumpLessEq(a: Read, b: Read, to: Branch) fails Compare(Side::Slot(a), Side::Slot(b));
        /// Jumps if not `R[a] <= R[b]`.
        JumpNotLessEq(a: Read, b: Read, to: Branch) fails Compare(Side::Slot(a), Side::Slot(b));
        /// Jumps if `R[a] == K[k]`.
        JumpEqConst(a: Read, k: NearAny, to: Branch);
        /// Jumps if not `R[a] == K[k]`.
        JumpNotEqConst(a: Read, k: NearAny, to: Branch);
        /// Jumps if `R[a] < K[k]`.
        JumpLessConst(a: Read, k: NearNumber, to: Branch) fails Compare(Side::Slot(a), Side::Const(k.into()));
        /// Jumps if not `R[a] < K[k]`.
        JumpNotLessConst(a: Read, k: NearNumber, to: Branch) fails Compare(Side::Slot(a), Side::Const(k.into()));
        /// Jumps if `R[a] <= K[k]`.
        JumpLessEqConst(a: Read, k: NearNumber, to: Branch) fails Compare(Side::Slot(a), Side::Const(k.into()));
        /// Jumps if not `R[a] <= K[k]`.
        JumpNotLessEqConst(a: Read, k: NearNumber, to: Branch) fails Compare(Side::Slot(a), Side::Const(k.into()));
        /// Jumps if `R[a] > K[k]`.
        JumpGreaterConst(a: Read, k: NearNumber, to: Branch) fails Compare(Side::Const(k.into()), Side::Slot(a));
        /// Jumps if not `R[a] > K[k]`.
        JumpNotGreaterConst(a: Read, k: NearNumber, to: Branch) fails Compare(Side::Const(k.into()), Side::Slot(a));
        /// Jumps if `R[a] >= K[k]`.
        JumpGreaterEqConst(a: Read, k: NearNumber, to: Branch) fails Compare(Side::Const(k.into()), Side::Slot(a));
        /// Jumps if not `R[a] >= K[k]`.
        JumpNotGreaterEqConst(a: Read, k: NearNumber, to: Branch) fails Compare(Side::Const(k.into()), Side::Slot(a));
    }

    "Loops" {
        /// Begins a numeric loop: limit in `R[a]`, step in `R[a+1]`, first value in `R[a+2]`. Checks
        /// and prepares them; jumps to the target, after the loop, if it does not run at all.
        ForPrep(a: Base, to: Branch) [reads(a, 3), writes(a, 3)] fails Step;
        /// Ends a round of a numeric loop: jumps to the target, the body, with the next value in
        /// `R[a+2]`, or falls through. The body never assigns `R[a+2]`.
        ForLoop(a: Base, to: Back) [reads(a, 3), writes(after(a, 2), 1)];
        /// `R[a+4], … := R[a](R[a+1], R[a+2])`, `n` results; `R[a+3]`, nil at first, is the iterator's
        /// to use. The call's link lies in `R[a+4]`, so the frame has slots up to `a + 7`.
        ForCall(a: Base, n: U8)
            [reads(a, 4), writes(after(a, 3), 1), results(after(a, 4), n), needs(after(a, 7))]
            fails Iterate(a);
        /// If `R[a+4]` is not nil: `R[a+2] := R[a+4]`, and jumps to the target, the body.
        ForNext(a: Base, to: Back) [reads(after(a, 2), 3), writes(after(a, 2), 1)];
    }

    "Calls" {
        /// `R[a], … := R[a+1](R[a+2], …)`: `args` arguments, `results` results; either may be open.
        Call { a: Base, args: Values, results: Values, top: End }
            [reads(after(a, 1), 1), reads_list(after(a, 2), args, top), results_list(a, results, top)]
            fails Call(a + 1);
        /// `return R[a+1](R[a+2], …)`. If the callee is of the library, it is called with open results
        /// instead and the next instruction, `Return { a, count: OPEN, top }`, returns them.
        TailCall { a: Base, args: Values, top: End }
            [reads(after(a, 1), 1), reads_list(after(a, 2), args, top), results_list(a, OPEN, top)]
            fails Call(a + 1);
        /// `return R[a], …`
        Return { a: Base, count: Values, top: End } [returns_list(a, count, top)];
        /// `return`
        Return0 [returns(0_u8, 0)];
        /// `return R[a]`
        Return1(a: Base) [returns(a, 1)];
        /// First instruction of a variadic function: packs the extra arguments. `R[1]` holds the number
        /// of arguments, which lie from `R[2]` on.
        Variadic [reads_rest(1)];
        /// `R[a], … := ...`, `count` values
        Vararg { a: Base, count: Values, top: End } [reads(1_u8, 1), writes_list(a, count, top)];
        /// Goes on with an instruction, of which this is the continuation: what it called has
        /// returned. No chunk has it; a program has as many behind a chunk's instructions.
        GoOn(of: U32);
        /// Looks for the metamethod of the instruction `of`.
        Ask(of: U32);
        /// Calls what lies in the frame for the instruction `of`.
        Apply(of: U32);
    }

    "Functions of the library" {
        /// Begins a protected call of `R[2]` with the handler `R[3]`: `R[1]` holds the number of
        /// arguments, which lie from `R[2]` on. `R[3] := R[2]; R[1] := R[3]`, and the arguments end
        /// where `R[0]` says.
        Protect(a: Write) [reads_rest(1), writes(3_u8, 1)] fails Handler;
        /// A protected call, or that of its handler, has returned: `R[a] := false` or `true`. Until here
        /// the handler in `R[1]` may be wanted.
        Protected(a: Write, value: Truth) [reads(1_u8, 1)];
        /// Resumes the coroutine in `R[2]`, or the captured one if it is wrapped. `R[1]` holds the number
        /// of arguments, which lie from `R[2]` on. The coroutine's frames begin above `R[3]`. Goes on
        /// there; when it yields behind the next instruction, with what it passed from `R[2]` on, up to
        /// where `R[0]` says, and `true` in `R[1]`; when its function returns at the next instruction.
        Resume(wrapped: Truth) [reads_rest(1)];
        /// The function of a coroutine has returned: it is dead. `R[1] := true`
        Ended(a: Write) [reads_list(2_u8, OPEN, 0)];
        /// Yields the arguments to whoever resumed; goes on with what is passed to the next resumption
        /// from `R[2]` on, up to where `R[1]` says.
        Yield [reads_rest(1)];
    }
}

const _: () = assert!(size_of::<Instr>() == 8);
