//! The calling convention between executors: their signatures, and what of a list of locations is an argument.

use super::machine::Location;
use cranelift_codegen::ir::{AbiParam, Signature, types};
use cranelift_codegen::isa::CallConv;

/// The signature of every executor entry with this many integers and floats.
pub(super) fn signature(ints: usize, floats: usize) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    for _ in 0..ints {
        signature.params.push(AbiParam::new(types::I64));
    }
    for _ in 0..floats {
        signature.params.push(AbiParam::new(types::F64));
    }
    signature.returns.push(AbiParam::new(types::I64));
    signature
}

/// How many integer and float arguments a list of locations takes.
pub(super) fn arity(locations: &[Location]) -> (usize, usize) {
    let count = |float: bool| {
        let index = |location: &Location| match (location, float) {
            (Location::Int(n), false) | (Location::Float(n), true) => Some(usize::from(*n) + 1),
            _ => None,
        };
        locations.iter().filter_map(index).max().unwrap_or(0)
    };
    (count(false), count(true))
}
