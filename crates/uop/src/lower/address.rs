//! Addresses of heap accesses, each computed once.
//!
//! Element `index` of an array lies at `base + (index << scale)`, and a trace that touches one element
//! touches it several times: a tag, and what is tagged. Cranelift's mid-end, which would see that they
//! have an address in common, does not run, and an access folds no more than a sum and a shift of up to
//! [`FOLDED`] bits. So what is shifted by more is kept per index, and the sum per array and index.
//!
//! What is kept must dominate where it is used again. Only hot code asks, which is one line of blocks, each
//! dominating those after it; exits access no elements. What a block takes anew as its parameter, as the
//! rounds of a loop do, is another value to Cranelift, and what is kept is kept by Cranelift's values. An
//! index that is invariant is shifted before the loop.
//!
//! A helper call forgets: over a call only four registers keep a value, and a shifted index can be had
//! again for two instructions.

use super::body::Lowering;
use crate::id::Value;
use crate::op::Op;
use crate::uop::Access;
use crate::view::View;
use cranelift_codegen::ir::{self, InstBuilder};
use rustc_hash::FxHashMap;

/// Bits by which an x86-64 access shifts its index at no cost. An aarch64 access does where the shift is
/// by its own size; where it is not, an addition does.
const FOLDED: u8 = 3;

/// What has been computed of addresses, by what it was computed from.
#[derive(Default)]
pub(super) struct Addresses {
    /// Per index and scale: how many bytes behind the first the element lies.
    shifted: FxHashMap<(ir::Value, u8), ir::Value>,
    /// The same of indices that are invariant in the loop, computed before it.
    invariant: FxHashMap<(ir::Value, u8), ir::Value>,
    /// Per array and distance from its first element: the sum.
    sums: FxHashMap<(ir::Value, ir::Value), ir::Value>,
}

impl Addresses {
    /// Code from here on computes again what was not computed before the loop.
    pub(super) fn forget(&mut self) {
        self.shifted.clear();
        self.sums.clear();
    }
}

impl Lowering<'_, '_> {
    /// The address that a heap access is made relative to, and how many bytes from there.
    pub(super) fn address(
        &mut self,
        base: Value,
        index: Option<Value>,
        access: Access,
    ) -> (ir::Value, i32) {
        let base = self.get(base);
        let Some(index) = index else {
            return (base, access.offset);
        };
        if let Some(constant) = self.trace.constant(self.unguarded(index)) {
            let bytes = (constant.bits as i64).checked_mul(1 << access.scale);
            let offset = bytes.and_then(|bytes| bytes.checked_add(i64::from(access.offset)));
            if let Some(offset) = offset.and_then(|offset| i32::try_from(offset).ok()) {
                return (base, offset);
            }
        }
        debug_assert!(!self.leaving, "an element is accessed in hot code");
        let index = self.get(index);
        let bytes = self.shifted(index, access.scale);
        if let Some(&sum) = self.addresses.sums.get(&(base, bytes)) {
            return (sum, access.offset);
        }
        let sum = self.b.ins().iadd(base, bytes);
        self.addresses.sums.insert((base, bytes), sum);
        (sum, access.offset)
    }

    /// The value that indexes, seen through the guards that it is in bounds.
    fn unguarded(&self, mut index: Value) -> Value {
        while self.trace.uop(index).op == Op::GuardIndex {
            index = self.trace.uop(index).args[0];
        }
        index
    }

    fn shifted(&mut self, index: ir::Value, scale: u8) -> ir::Value {
        let key = (index, scale);
        let addresses = &self.addresses;
        let known = addresses.invariant.get(&key);
        if let Some(&known) = known.or_else(|| addresses.shifted.get(&key)) {
            return known;
        }
        let bytes = self.b.ins().ishl_imm_s(index, i64::from(scale));
        self.addresses.shifted.insert(key, bytes);
        bytes
    }

    /// Shifts before the loop what it indexes by in every round. Not if it calls helpers.
    pub(super) fn shift_invariants(&mut self) {
        let trace = self.trace;
        let header = trace.header.as_ref().expect("a loop has a header").at;
        let looped = &trace.uops[header.index()..];
        if looped.iter().any(|uop| uop.op == Op::Call) {
            return;
        }
        for uop in looped {
            let (View::LoadElem { index, access, .. } | View::StoreElem { index, access, .. }) =
                uop.verified()
            else {
                continue;
            };
            if uop.sunk {
                continue;
            }
            let scale = access.scale;
            let index = self.unguarded(index);
            if scale <= FOLDED || trace.uop(index).op != Op::Invariant {
                continue;
            }
            let index = self.get(index);
            if !self.addresses.invariant.contains_key(&(index, scale)) {
                let bytes = self.b.ins().ishl_imm_s(index, i64::from(scale));
                self.addresses.invariant.insert((index, scale), bytes);
            }
        }
    }
}
