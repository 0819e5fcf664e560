//! stub
use crate::host::Host;
use crate::value::*;
use offramp::*;
/// s
pub enum Run {
    /// s
    Pure(fn(&Host, &[Tagged]) -> Result<Tagged, Raised>),
    /// s
    Simple(fn(&mut Host, &[Tagged]) -> Result<Tagged, Raised>),
    /// s
    General(fn(&mut Host, &[Tagged], &mut Vec<Tagged>) -> Result<(), Raised>),
}
/// s
pub struct Builtin {
    /// s
    pub run: Run,
}
/// s
pub enum Raised {
    /// s
    Message(String),
    /// s
    Value(Tagged),
    /// s
    Level {
        /// s
        message: Vec<u8>,
        /// s
        level: i64,
    },
}
/// s
pub const BUILTINS: &[Builtin] = &[];
/// s
#[repr(u16)]
pub enum BuiltinId {
    /// s
    Pcall,
    /// s
    Next,
    /// s
    IpairsStep,
    /// s
    MathFloor,
    /// s
    MathSqrt,
    /// s
    MathAbs,
    /// s
    MathMin,
    /// s
    MathMax,
    /// s
    StringByte,
    /// s
    StringSub,
    /// s
    StringLen,
    /// s
    Setmetatable,
}
/// s
pub fn set_metatable(_: &mut Host, _: Reference<Table>, _: Reference<Table>) -> Result<(), Raised> {
    Ok(())
}
/// s
pub fn substring(b: &[u8], _: i64, _: i64) -> &[u8] {
    b
}
