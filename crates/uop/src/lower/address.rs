//! Addresses of heap accesses, each computed once.
//!
//! Element `index` of an array lies at `base + (index << scale)`, and a trace that touches one element
//! touches it several times: a tag, and what is tagged. Cranelift's mid-end, which would see that they
//! have an address in common, does not run, and an access folds no more than a sum and a shift of up to
//! [`FOLDED`] bits. So what is shifted by more is kept per index, and the sum per array and index.
//!
//! What is kept must dominate where it is used again. Only hot code asks, which is one line of blocks, each
//! dominating those after it; exits access no elements. What a block takes as its parameter, as the
//! rounds of a loop do, is another value to Cranelift, and what is kept is kept by Cranelift's values. An
//! index that is invariant is shifted before the loop.
//!
//! A helper call forgets: over a call only four registers keep a value, and a shifted index can be had
//! again for two instructions.

use cranelift_codegen::ir::{self, InstBuilder};
use cranelift_frontend::FunctionBuilder;
use rustc_hash::FxHashMap;

/// Bits by which an x86-64 access shifts its index at no cost. An aarch64 access does where the shift is
/// by its own size; where it is not, an addition does.
pub(super) const FOLDED: u8 = 3;

/// What has been computed of addresses, by what it was computed from.
#[derive(Default)]
pub(super) struct Addresses {
    /// Per index and scale: how many bytes after the first the element lies.
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

    /// The address of element `index` of the array at `base`.
    pub(super) fn element(
        &mut self,
        b: &mut FunctionBuilder<'_>,
        base: ir::Value,
        index: ir::Value,
        scale: u8,
    ) -> ir::Value {
        let bytes = self.shifted(b, index, scale);
        let sum = self.sums.entry((base, bytes));
        *sum.or_insert_with(|| b.ins().iadd(base, bytes))
    }

    fn shifted(&mut self, b: &mut FunctionBuilder<'_>, index: ir::Value, scale: u8) -> ir::Value {
        let key = (index, scale);
        if let Some(&known) = self.invariant.get(&key) {
            return known;
        }
        let shifted = self.shifted.entry(key);
        *shifted.or_insert_with(|| b.ins().ishl_imm_s(index, i64::from(scale)))
    }

    /// Shifts an index before the loop that is the same in all rounds.
    pub(super) fn shift_invariant(
        &mut self,
        b: &mut FunctionBuilder<'_>,
        index: ir::Value,
        scale: u8,
    ) {
        let shifted = self.invariant.entry((index, scale));
        shifted.or_insert_with(|| b.ins().ishl_imm_s(index, i64::from(scale)));
    }
}
