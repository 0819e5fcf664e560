//! The op table: one row per operation.
//!
//! From it derive the [`Op`] enum, the printer and the parser (name, suffix, operands,
//! immediate), the verifier's checks (operand and result types, exits), the evaluator's pure arms
//! the effect class the optimiser asks for, and the [`View`](crate::View) that names the parts of a uop. Nothing
//! else lists ops, so an op added here exists everywhere; the form follows LuaJIT's `IRDEF` (Mike Pall, `lj_ir.h`).
//!
//! All pure ops are total: for every input there is one result, stated in the row. Of NaNs that means:
//! - arithmetic on one NaN and a number answers the NaN, made quiet, with its sign and payload;
//! - arithmetic that makes a NaN of numbers answers the machine's own, whose sign differs from machine
//!   to machine, so folding never produces it;
//! - arithmetic on two NaNs answers one of them, made quiet, and which is open: it is the only result that
//!   may differ from run to run;
//! - `fneg`, `fabs`, `f64_of_bits` and `bits_of_f64` are operations on bits.

use crate::exit_kind::ExitKind;
use crate::types::{Reference, Scalar, Type};

/// What a uop does besides defining its value: decides what a pass may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// A function of its operands: removable, and equal to an earlier one with equal operands.
    Pure,
    /// Reads a frame word.
    ReadsWord,
    /// Writes a frame word.
    WritesWord,
    /// Reads the heap, in one alias class.
    Loads,
    /// Writes the heap, in one alias class.
    Stores,
    /// Leaves through its exit unless its condition holds.
    Guards,
    /// Calls a helper; the helper's [`Effects`](crate::Effects) say the rest.
    Calls,
    /// Marks an instruction boundary; does nothing.
    Marks,
    /// An entry, or a value an entry defines.
    Enters,
    /// Ends the line: nothing after it in the trace is reached through it.
    Leaves,
}

/// The type an operand must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Exactly this type.
    Is(Type),
    /// `ref` or `ptr`.
    Address,
    /// Any type a frame word holds: `i64`, `f64` or `ref`.
    Word,
    /// The type of the op's suffix.
    Suffix,
}

/// The type of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Produces {
    /// No result.
    Nothing,
    /// Exactly this type.
    Is(Type),
    /// The type of the op's suffix.
    Suffix,
    /// What the called helper declares.
    Helper,
}

/// What the suffix after the op's name (`load.u8`, `const.i64`) may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suffix {
    /// No suffix.
    None,
    /// One of these types.
    Type(&'static [Type]),
    /// A memory access kind.
    Mem,
}

/// What besides operands and exit a uop carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Immediate {
    /// Nothing.
    None,
    /// A constant of the suffix's type (`ref`: an index into the trace's references).
    Const,
    /// A frame word.
    Word,
    /// Offset and alias class of an access.
    Access,
    /// Offset, index scale and alias class of an access.
    Element,
    /// A helper.
    Helper,
    /// A place in the host's program.
    Place,
}

/// Whether a uop carries an exit, and of which kinds it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exits {
    /// No exit.
    None,
    /// Always one, of one of these kinds.
    One(&'static [ExitKind]),
    /// One if the helper [needs it](crate::Helper::needs_exit).
    ByHelper,
}

/// A row of the op table.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// The op.
    pub op: Op,
    /// Its name in the text form.
    pub name: &'static str,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
    /// Suffix after the name.
    pub suffix: Suffix,
    /// Fixed operands. Variadic ops have none here: their operands follow from the helper
    /// (`call`) or from the header's parameters (`header`, `loop`).
    pub operands: &'static [Operand],
    /// Whether operands are variadic.
    pub variadic: bool,
    /// Type of the result.
    pub produces: Produces,
    /// Immediate.
    pub immediate: Immediate,
    /// Exit.
    pub exits: Exits,
    /// Effect class.
    pub effect: Effect,
    /// Whether it has two operands and swapping them changes nothing.
    pub commutes: bool,
    /// Whether it computes on a double's bits, so that a NaN is an operand like any other: its result is
    /// the same on every machine.
    pub on_bits: bool,
}

const WORD_TYPES: &[Type] = &[Type::I64, Type::F64, Type::Ref];
const CONST_TYPES: &[Type] = &[Type::I64, Type::F64, Type::Bool, Type::Ref];

/// What the operands and results of the rows are here.
type Int = i64;
type Float = f64;
type Bool = bool;

/// Whether a flag is in a row's brackets.
macro_rules! flag {
    (commutes: commutes $($rest:ident)*) => { true };
    (on_bits: on_bits $($rest:ident)*) => { true };
    ($wanted:ident: $other:ident $($rest:ident)*) => { flag!($wanted: $($rest)*) };
    ($wanted:ident:) => { false };
}

macro_rules! op_table {
    (
        $( pure $group:ident { $( #[doc = $pdoc:literal] $method:ident $P:ident $pname:literal ($($a:ident : $t:ident),*) -> $r:ident [$($flag:ident)*] = $e:expr; )* } )*
        other { $( #[doc = $odoc:literal] $O:ident $oname:literal { $($part:ident : $how:ident),* } { $($field:ident : $val:expr),* $(,)? } )* }
    ) => {
        /// An operation of the trace IR. See [`Op::info`] for its row in the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op {
            $($( #[doc = $pdoc] $P, )*)*
            $( #[doc = $odoc] $O, )*
        }

        const TABLE: &[OpInfo] = &[
            $($( OpInfo {
                op: Op::$P, name: $pname, doc: $pdoc, suffix: Suffix::None,
                operands: &[$(Operand::Is(<$t as Scalar>::TYPE)),*], variadic: false,
                produces: Produces::Is(<$r as Scalar>::TYPE), immediate: Immediate::None,
                exits: Exits::None, effect: Effect::Pure,
                commutes: flag!(commutes: $($flag)*), on_bits: flag!(on_bits: $($flag)*),
            }, )*)*
            $( OpInfo {
                $($field: $val,)*
                ..OpInfo {
                    op: Op::$O, name: $oname, doc: $odoc, suffix: Suffix::None, operands: &[],
                    variadic: false, produces: Produces::Nothing, immediate: Immediate::None,
                    exits: Exits::None, effect: Effect::Pure, commutes: false, on_bits: false,
                }
            }, )*
        ];

        /// How many ops there are.
        pub(crate) const OPS: usize = TABLE.len();

        impl Op {
            /// The result of a pure op with no suffix and no immediate, from its operands' bits.
            ///
            /// `None` for every other op, and when the number of operands is not the row's.
            pub fn eval_pure(self, args: &[u64]) -> Option<u64> {
                if args.len() != self.info().operands.len() {
                    return None;
                }
                let mut rest = args.iter();
                let mut next = || *rest.next().expect("operand count was compared with the row");
                match self {
                    $($( Op::$P => {
                        $( let $a = <$t as Scalar>::from_bits(next()); )*
                        Some(<$r as Scalar>::to_bits($e))
                    } )*)*
                    _ => None,
                }
            }
        }
    };
}

/// The pure operations that an interpreter has values for, for the macro `then` to make something of. Each row
/// has its documentation, the name of the method of a host's machine, the op and its name in the text form, its
/// operands and result (`Int`, `Float` and `Bool` are what `then` takes for them), and what it computes.
/// In brackets are `commutes`, where swapping the operands changes nothing, and `on_bits`, where a NaN is
/// like any other operand.
///
/// The rows come in two groups. What is `between` stands between these, and what is `after` after them.
#[doc(hidden)]
#[macro_export]
macro_rules! pure_ops {
    ($then:ident { $($between:tt)* } $($after:tt)*) => {
        $then! {
            pure numbers {
                #[doc = "Wrapping sum."]
                add Add "add" (a: Int, b: Int) -> Int [commutes] = a.wrapping_add(b);
                #[doc = "Wrapping difference."]
                sub Sub "sub" (a: Int, b: Int) -> Int [] = a.wrapping_sub(b);
                #[doc = "Wrapping product."]
                mul Mul "mul" (a: Int, b: Int) -> Int [commutes] = a.wrapping_mul(b);
                #[doc = "Quotient, rounded towards zero. By zero: 0. `i64::MIN / -1`: `i64::MIN`."]
                div Div "div" (a: Int, b: Int) -> Int [] = if b == 0 { 0 } else { a.wrapping_div(b) };
                #[doc = "Remainder with the sign of the dividend: `a - (a div b) * b`. By zero: `a`."]
                rem Rem "rem" (a: Int, b: Int) -> Int [] = if b == 0 { a } else { a.wrapping_rem(b) };
                #[doc = "Quotient, rounded towards minus infinity. By zero: 0. `i64::MIN / -1`: `i64::MIN`."]
                floor_div FloorDiv "floor_div" (a: Int, b: Int) -> Int [] = $crate::op::floor_div(a, b);
                #[doc = "Remainder with the sign of the divisor: `a - (a floor_div b) * b`. By zero: `a`."]
                floor_rem FloorRem "floor_rem" (a: Int, b: Int) -> Int [] = $crate::op::floor_rem(a, b);
                #[doc = "Wrapping negation."]
                neg Neg "neg" (a: Int) -> Int [] = a.wrapping_neg();
                #[doc = "Bitwise and."]
                and And "and" (a: Int, b: Int) -> Int [commutes] = a & b;
                #[doc = "Bitwise or."]
                or Or "or" (a: Int, b: Int) -> Int [commutes] = a | b;
                #[doc = "Bitwise exclusive or."]
                xor Xor "xor" (a: Int, b: Int) -> Int [commutes] = a ^ b;
                #[doc = "Bitwise complement."]
                not Not "not" (a: Int) -> Int [] = !a;
                #[doc = "Shift left by the amount modulo 64."]
                shl Shl "shl" (a: Int, b: Int) -> Int [] = a.wrapping_shl(b as u32);
                #[doc = "Logical shift right by the amount modulo 64."]
                shr Shr "shr" (a: Int, b: Int) -> Int [] = (a as u64).wrapping_shr(b as u32) as i64;
                #[doc = "Arithmetic shift right by the amount modulo 64."]
                sar Sar "sar" (a: Int, b: Int) -> Int [] = a.wrapping_shr(b as u32);
                #[doc = "Whether the signed sum overflows."]
                add_overflows AddOverflows "add_overflows" (a: Int, b: Int) -> Bool [commutes] = a.overflowing_add(b).1;
                #[doc = "Whether the signed difference overflows."]
                sub_overflows SubOverflows "sub_overflows" (a: Int, b: Int) -> Bool [] = a.overflowing_sub(b).1;
                #[doc = "Whether the signed product overflows."]
                mul_overflows MulOverflows "mul_overflows" (a: Int, b: Int) -> Bool [commutes] = a.overflowing_mul(b).1;
                #[doc = "Integer equality."]
                equal Eq "eq" (a: Int, b: Int) -> Bool [commutes] = a == b;
                #[doc = "Integer inequality."]
                not_equal Ne "ne" (a: Int, b: Int) -> Bool [commutes] = a != b;
                #[doc = "Signed less."]
                less Lt "lt" (a: Int, b: Int) -> Bool [] = a < b;
                #[doc = "Signed less or equal."]
                less_equal Le "le" (a: Int, b: Int) -> Bool [] = a <= b;
                #[doc = "Unsigned less."]
                unsigned_less Ult "ult" (a: Int, b: Int) -> Bool [] = (a as u64) < b as u64;
                #[doc = "Unsigned less or equal."]
                unsigned_less_equal Ule "ule" (a: Int, b: Int) -> Bool [] = a as u64 <= b as u64;
                #[doc = "IEEE sum, round to nearest even."]
                float_add Fadd "fadd" (a: Float, b: Float) -> Float [commutes] = a + b;
                #[doc = "IEEE difference."]
                float_sub Fsub "fsub" (a: Float, b: Float) -> Float [] = a - b;
                #[doc = "IEEE product."]
                float_mul Fmul "fmul" (a: Float, b: Float) -> Float [commutes] = a * b;
                #[doc = "IEEE quotient; by zero: infinity or NaN."]
                float_div Fdiv "fdiv" (a: Float, b: Float) -> Float [] = a / b;
                #[doc = "The sign bit flipped, of a NaN too."]
                float_neg Fneg "fneg" (a: Float) -> Float [on_bits] = -a;
                #[doc = "The sign bit cleared, of a NaN too."]
                float_abs Fabs "fabs" (a: Float) -> Float [on_bits] = a.abs();
                #[doc = "IEEE square root; of a negative number: NaN; of -0.0: -0.0."]
                float_sqrt Fsqrt "fsqrt" (a: Float) -> Float [] = a.sqrt();
                #[doc = "Rounded towards minus infinity; keeps the sign of zero."]
                float_floor Ffloor "ffloor" (a: Float) -> Float [] = $crate::op::quiet(a.floor());
                #[doc = "Rounded towards plus infinity; keeps the sign of zero."]
                float_ceil Fceil "fceil" (a: Float) -> Float [] = $crate::op::quiet(a.ceil());
                #[doc = "Rounded towards zero; keeps the sign of zero."]
                float_trunc Ftrunc "ftrunc" (a: Float) -> Float [] = $crate::op::quiet(a.trunc());
                #[doc = "IEEE equality: false with a NaN; -0.0 equals 0.0."]
                float_equal Feq "feq" (a: Float, b: Float) -> Bool [commutes] = a == b;
                #[doc = "IEEE inequality: true with a NaN."]
                float_not_equal Fne "fne" (a: Float, b: Float) -> Bool [commutes] = a != b;
                #[doc = "IEEE less: false with a NaN."]
                float_less Flt "flt" (a: Float, b: Float) -> Bool [] = a < b;
                #[doc = "IEEE less or equal: false with a NaN."]
                float_less_equal Fle "fle" (a: Float, b: Float) -> Bool [] = a <= b;
                #[doc = "The nearest double, ties to even."]
                to_float I64ToF64 "i64_to_f64" (a: Int) -> Float [] = a as f64;
                #[doc = "Truncated towards zero and saturated; NaN: 0."]
                to_int F64ToI64 "f64_to_i64" (a: Float) -> Int [] = a as i64;
                #[doc = "Whether the double is integral and within `i64`: `f64_to_i64` loses nothing but the sign of zero."]
                fits_int FitsI64 "fits_i64" (a: Float) -> Bool [] = a.trunc() == a && (-9223372036854775808.0..9223372036854775808.0).contains(&a);
                #[doc = "The bits of a double, unchanged."]
                bits_of_float BitsOfF64 "bits_of_f64" (a: Float) -> Int [] = a.to_bits() as i64;
                #[doc = "The double with these bits, unchanged."]
                float_of_bits F64OfBits "f64_of_bits" (a: Int) -> Float [on_bits] = f64::from_bits(a as u64);
            }
            $($between)*
            pure truths {
                #[doc = "0 or 1."]
                bool_to_int BoolToI64 "bool_to_i64" (a: Bool) -> Int [] = a as i64;
                #[doc = "Negation."]
                bool_not BoolNot "bool_not" (a: Bool) -> Bool [] = !a;
                #[doc = "Conjunction; both sides are computed."]
                bool_and BoolAnd "bool_and" (a: Bool, b: Bool) -> Bool [commutes] = a & b;
                #[doc = "Disjunction; both sides are computed."]
                bool_or BoolOr "bool_or" (a: Bool, b: Bool) -> Bool [commutes] = a | b;
            }
            $($after)*
        }
    };
}

/// The rows, for the macro `then` to make something of: those of [`pure_ops`], those that are about references,
/// and `other` ones with the parts that a [`View`](crate::View) names and the columns that differ from the defaults.
///
/// A part is an operand (`arg`, in order), all operands (`args`), the result's type (`ty`), an immediate (`bits`,
/// `word`, `access`, `helper`, `place`) or the exit (`exit`; `perhaps`, if there is one).
macro_rules! op_rows {
    ($then:ident) => {
        $crate::pure_ops! { $then {
        pure references {
            #[doc = "The address of a reference as an integer. Sound for collectors that do not move."]
            bits_of_ref BitsOfRef "bits_of_ref" (a: Reference) -> Int [] = a.0 as i64;
            #[doc = "Whether two references are the same."]
            ref_eq RefEq "ref_eq" (a: Reference, b: Reference) -> Bool [commutes] = a.0 == b.0;
        }
        }
        other {
            #[doc = "A constant."]
            Const "const" { ty: ty, bits: bits } { suffix: Suffix::Type(CONST_TYPES), produces: Produces::Suffix, immediate: Immediate::Const }
            #[doc = "The second operand if the first is true, else the third."]
            Select "select" { ty: ty, condition: arg, yes: arg, no: arg } {
                suffix: Suffix::Type(&Type::ALL), produces: Produces::Suffix,
                operands: &[Operand::Is(Type::Bool), Operand::Suffix, Operand::Suffix],
            }
            #[doc = "A reference whose bits an earlier guard of this trace proved to be one. Made by the optimiser from `guard_ref`, never recorded."]
            RefOfBits "ref_of_bits" { bits: arg } { operands: &[Operand::Is(Type::I64)], produces: Produces::Is(Type::Ref) }
            #[doc = "A frame word, read with this type (a reference is read as `i64` and refined by `guard_ref`)."]
            LoadWord "load_word" { ty: ty, word: word } {
                suffix: Suffix::Type(&[Type::I64, Type::F64]), produces: Produces::Suffix,
                immediate: Immediate::Word, effect: Effect::ReadsWord,
            }
            #[doc = "Writes a frame word."]
            StoreWord "store_word" { word: word, value: arg } {
                operands: &[Operand::Word], immediate: Immediate::Word, effect: Effect::WritesWord,
            }
            #[doc = "Whether the frame base at the trace's entry, moved up to this word, is still within the stack's limit."]
            HasRoom "has_room" { word: word } { produces: Produces::Is(Type::Bool), immediate: Immediate::Word }
            #[doc = "Loads from address + offset."]
            Load "load" { address: arg, access: access } {
                suffix: Suffix::Mem, operands: &[Operand::Address], produces: Produces::Suffix,
                immediate: Immediate::Access, effect: Effect::Loads,
            }
            #[doc = "Stores the second operand at address + offset; narrow kinds drop high bits."]
            Store "store" { address: arg, value: arg, access: access } {
                suffix: Suffix::Mem, operands: &[Operand::Address, Operand::Suffix],
                immediate: Immediate::Access, effect: Effect::Stores,
            }
            #[doc = "Loads from address + (index << scale) + offset."]
            LoadElem "load_elem" { address: arg, index: arg, access: access } {
                suffix: Suffix::Mem, operands: &[Operand::Address, Operand::Is(Type::I64)],
                produces: Produces::Suffix, immediate: Immediate::Element, effect: Effect::Loads,
            }
            #[doc = "Stores the third operand at address + (index << scale) + offset."]
            StoreElem "store_elem" { address: arg, index: arg, value: arg, access: access } {
                suffix: Suffix::Mem, operands: &[Operand::Address, Operand::Is(Type::I64), Operand::Suffix],
                immediate: Immediate::Element, effect: Effect::Stores,
            }
            #[doc = "Leaves unless the condition is true."]
            Guard "guard" { condition: arg, exit: exit } {
                operands: &[Operand::Is(Type::Bool)], exits: Exits::One(&[ExitKind::Side, ExitKind::Deopt]),
                effect: Effect::Guards,
            }
            #[doc = "Leaves unless the condition is false."]
            GuardNot "guard_not" { condition: arg, exit: exit } {
                operands: &[Operand::Is(Type::Bool)], exits: Exits::One(&[ExitKind::Side, ExitKind::Deopt]),
                effect: Effect::Guards,
            }
            #[doc = "Leaves unless the condition is true; the result is the second operand's bits as a reference. The condition is the tag test that makes it one."]
            GuardRef "guard_ref" { condition: arg, bits: arg, exit: exit } {
                operands: &[Operand::Is(Type::Bool), Operand::Is(Type::I64)], produces: Produces::Is(Type::Ref),
                exits: Exits::One(&[ExitKind::Side, ExitKind::Deopt]), effect: Effect::Guards,
            }
            #[doc = "Leaves unless the first operand is below the second, unsigned; the result is the first, now proven an index below that length."]
            GuardIndex "guard_index" { index: arg, length: arg, exit: exit } {
                operands: &[Operand::Is(Type::I64), Operand::Is(Type::I64)], produces: Produces::Is(Type::I64),
                exits: Exits::One(&[ExitKind::Side, ExitKind::Deopt]), effect: Effect::Guards,
            }
            #[doc = "Leaves if this executor was invalidated while it runs: after a call that may run arbitrary code, and where an instruction relies on a dependency."]
            CheckValid "check_valid" { exit: exit } { exits: Exits::One(&[ExitKind::Deopt]), effect: Effect::Guards }
            #[doc = "Leaves if an interrupt is pending. Once per header, and at root entries that call cycles use. Never removed or moved by the optimiser. The code of a loop without calls looks at every entry and once in 64 rounds."]
            Poll "poll" { exit: exit } { exits: Exits::One(&[ExitKind::Poll]), effect: Effect::Guards }
            #[doc = "Calls a helper. If it fails, leaves through the error exit."]
            Call "call" { helper: helper, args: args, exit: perhaps } {
                variadic: true, produces: Produces::Helper, immediate: Immediate::Helper,
                exits: Exits::ByHelper, effect: Effect::Calls,
            }
            #[doc = "An instruction of the host begins here."]
            At "at" { pc: place } { immediate: Immediate::Place, effect: Effect::Marks }
            #[doc = "The trace's entry: its first uop. `param` uops follow, one per parameter of the entry signature."]
            Start "start" { } { effect: Effect::Enters }
            #[doc = "The loop's entry. The operands are the parameters' first values; `param` and `invariant` uops follow."]
            Header "header" { firsts: args } { variadic: true, effect: Effect::Enters }
            #[doc = "The pending value of a frame word, handed over by whoever enters."]
            Param "param" { ty: ty, word: word } {
                suffix: Suffix::Type(WORD_TYPES), produces: Produces::Suffix, immediate: Immediate::Word,
                effect: Effect::Enters,
            }
            #[doc = "A preamble value the loop uses, the same in every iteration; a foreign entry supplies it."]
            Invariant "invariant" { value: arg } {
                suffix: Suffix::Type(&Type::ALL), operands: &[Operand::Suffix], produces: Produces::Suffix,
                effect: Effect::Enters,
            }
            #[doc = "Back to the header; the operands are the parameters' next values."]
            Loop "loop" { nexts: args } { variadic: true, effect: Effect::Leaves }
            #[doc = "Tail jump through an exit record: warms, links, grows."]
            Exit "exit" { exit: exit } { exits: Exits::One(&[ExitKind::Side]), effect: Effect::Leaves }
            #[doc = "Tail jump through a record found at run time: goes on at the place in the first operand, with the base lowered by the second operand's words. A constant 0 says that a function is entered, not left: the frame stays."]
            ExitDynamic "exit_dynamic" { pc: arg, window: arg, exit: exit } {
                operands: &[Operand::Is(Type::I64), Operand::Is(Type::I64)],
                exits: Exits::One(&[ExitKind::Dynamic]), effect: Effect::Leaves,
            }
            #[doc = "Leaves without warming: for what should never grow a trace."]
            Deopt "deopt" { exit: exit } { exits: Exits::One(&[ExitKind::Deopt]), effect: Effect::Leaves }
            #[doc = "Leaves to the host's error handling."]
            ErrorExit "error_exit" { exit: exit } { exits: Exits::One(&[ExitKind::Error]), effect: Effect::Leaves }
            #[doc = "Behind the last uop of every trace: reaching it is a bug and ends the process."]
            Unreachable "unreachable" { } { effect: Effect::Leaves }
        }
        }
    };
}
pub(crate) use op_rows;

op_rows!(op_table);

/// `value`, a signalling NaN made quiet.
///
/// IEEE says that of rounding to an integer, and machines do it. Rust's functions do where they are
/// an instruction; where they are a library's, as on x86-64 without SSE4.1, they return the NaN as it is.
///
/// ```
/// use offramp_uop::op::quiet;
/// assert_eq!(quiet(-0.0).to_bits(), (-0.0_f64).to_bits());
/// assert_eq!(quiet(f64::from_bits(0xfff4_0000_0000_0001)).to_bits(), 0xfffc_0000_0000_0001);
/// ```
pub fn quiet(value: f64) -> f64 {
    match value.is_nan() {
        true => f64::from_bits(value.to_bits() | 1 << 51),
        false => value,
    }
}

/// The quotient of `a` by `b`, rounded towards minus infinity; by zero 0.
///
/// ```
/// use offramp_uop::op::{floor_div, floor_rem};
/// assert_eq!((floor_div(-7, 2), floor_rem(-7, 2)), (-4, 1));
/// assert_eq!((floor_div(7, 0), floor_rem(7, 0)), (0, 7));
/// ```
#[inline(always)]
pub fn floor_div(a: i64, b: i64) -> i64 {
    if b == 0 {
        return 0;
    }
    let quotient = a.wrapping_div(b);
    if a.wrapping_rem(b) != 0 && (a < 0) != (b < 0) {
        quotient - 1
    } else {
        quotient
    }
}

/// The remainder of `a` by `b` with the sign of `b`; by zero `a`.
#[inline(always)]
pub fn floor_rem(a: i64, b: i64) -> i64 {
    if b == 0 {
        return a;
    }
    let remainder = a.wrapping_rem(b);
    if remainder != 0 && (remainder < 0) != (b < 0) {
        remainder + b
    } else {
        remainder
    }
}

impl Op {
    /// Every op, in table order.
    pub fn all() -> impl Iterator<Item = Op> {
        TABLE.iter().map(|row| row.op)
    }

    /// The op's row.
    pub fn info(self) -> &'static OpInfo {
        &TABLE[self as usize]
    }

    /// The name in the text form.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The op called `name`, if there is one.
    pub fn from_name(name: &str) -> Option<Op> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.op)
    }

    /// Whether the uop is a function of its operands and immediate.
    pub fn is_pure(self) -> bool {
        self.info().effect == Effect::Pure
    }

    /// Whether the uop may leave the trace and otherwise falls through.
    pub fn is_guard(self) -> bool {
        self.info().effect == Effect::Guards
    }

    /// Whether nothing after the uop is reached through it.
    pub fn is_terminator(self) -> bool {
        self.info().effect == Effect::Leaves
    }

    /// Whether swapping the two operands of this pure op changes nothing.
    pub fn is_commutative(self) -> bool {
        self.info().commutes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_enum_order_and_names_are_unique() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.op as usize, index, "{}", row.name);
            assert_eq!(Op::from_name(row.name), Some(row.op));
            assert!(!row.doc.is_empty());
        }
    }

    #[test]
    fn exits_belong_to_guards_calls_and_leaves() {
        for op in Op::all() {
            let row = op.info();
            let may_leave = matches!(row.effect, Effect::Guards | Effect::Calls | Effect::Leaves);
            assert!(may_leave || row.exits == Exits::None, "{}", row.name);
        }
    }
}
