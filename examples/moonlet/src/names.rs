//! stub
use crate::bytecode::*;
/// stub
pub fn describe(_: &Chunk, _: offramp::Pc, _: Slot) -> Option<(&'static str, String)> {
    None
}
