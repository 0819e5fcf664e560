//! The text form of traces: what dumps show, what file tests are written in.
//!
//! ```text
//! interface {                                    ; what the host declared
//!   group 2                                      ; words per value group, 1 if left out
//!   class elems                                  ; alias classes, in order
//!   helper @print(i64, ref) -> i64 { reads elems, collects, fails }
//! }
//!
//! trace "sum" at 4 takes { w2 = i64 1, w3: f64 } refs { r0 = 0x1000 } {
//!   start
//!   %1 = param.f64 w3
//!   at 4
//!   %3 = load_word.i64 w5
//!   %4 = load.i64 %2, offset 8, elems            ; offset 0 and scale 0 are left out
//!   %5 = load_elem.f64 %2, %3, scale 3, elems
//!   guard %7 else x0                             ; leaves sometimes: `else`
//!   %9 = call @print(%3, %2) else x1
//!   header %1, %9
//!   ...
//!   loop %11, %12                                ; or `exit to x0`: leaves always: `to`
//!   unreachable
//! exits:
//!   x0 = side 4                                  ; kind, target
//!   x1 = error 5 base +2 { w2 = %1, w3 = %9 } extras { %5 } contract 0
//! header:
//!   contract 0 at 4 constants { w2 = i64 1 } short { %3, %5 }
//! }
//! ```
//!
//! Op names, suffixes, operand counts, result types and kinds of immediates come from the
//! [op table](crate::op); only how each kind of immediate is written is known here.
//!
//! * A uop is one line. A value prints as its position; the parser takes any distinct names and
//!   numbers them in order of definition, exits likewise. A name may be used before the line that
//!   defines it: that is the verifier's to reject.
//! * Doubles print as the shortest decimal that reads back to the same bits, infinities and NaNs
//!   as their bits (`0x7ff8000000000000`).
//! * `%3: f64 = add …` states a result type that is not the table's (`none` for no result), so
//!   that malformed traces can be written and shown. Classes and helpers that are not declared
//!   print as `#7` and `@#7`.
//! * A guard without a result has a name where a short preamble lists it: `%7 = guard %6 else x0`.
//! * A header that no foreign entry is possible at is `closed`: `contract 0 at 4 closed`.
//! * Contracts are numbered in order of appearance. The parser gives each number of a source a
//!   fresh [`ContractId`](crate::ContractId), so printing and parsing keep everything but those.
//! * `;` begins a comment.
//!
//! Not done here: any check beyond syntax and names.

mod error;
mod lex;
mod listing;
mod parse;
mod print;
#[cfg(test)]
mod tests;

pub use error::{ParseError, ParseErrorKind};
pub use listing::{Listing, Place};
pub use parse::{parse_file, parse_trace};
pub use print::{print_file, print_traces};

use crate::types::{Const, Type};

/// Whether `name` may be written without quotes.
fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
        && !RESERVED.contains(&name)
}

/// What stands where a class name could: quoted when it is one.
const RESERVED: [&str; 5] = ["all", "offset", "scale", "else", "to"];

/// A constant as the text form writes it, without its type.
fn constant_text(constant: Const) -> String {
    let Const { ty, bits } = constant;
    match ty {
        Type::I64 => (bits as i64).to_string(),
        Type::F64 if f64::from_bits(bits).is_finite() => format!("{:?}", f64::from_bits(bits)),
        Type::F64 => format!("{bits:#018x}"),
        Type::Bool if bits <= 1 => (bits == 1).to_string(),
        Type::Bool | Type::Ptr => format!("{bits:#x}"),
        Type::Ref => format!("r{bits}"),
    }
}
