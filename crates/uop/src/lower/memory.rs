//! Heap accesses.

use super::address::FOLDED;
use super::section::{Lowering, trusted};
use crate::access::Access;
use crate::id::Value;
use crate::op::Op;
use crate::types::Mem;
use crate::view::View;
use cranelift_codegen::ir::types::{F64, I64};
use cranelift_codegen::ir::{self, InstBuilder};

impl Lowering<'_, '_> {
    pub(super) fn load(
        &mut self,
        address: Value,
        index: Option<Value>,
        access: Access,
    ) -> ir::Value {
        let (address, at) = self.address(address, index, access);
        let ins = self.b.ins();
        match access.mem {
            Mem::I8 => ins.sload8(I64, trusted(), address, at),
            Mem::U8 => ins.uload8(I64, trusted(), address, at),
            Mem::I16 => ins.sload16(I64, trusted(), address, at),
            Mem::U16 => ins.uload16(I64, trusted(), address, at),
            Mem::I32 => ins.sload32(trusted(), address, at),
            Mem::U32 => ins.uload32(trusted(), address, at),
            Mem::I64 | Mem::Ref | Mem::Ptr => ins.load(I64, trusted(), address, at),
            Mem::F64 => ins.load(F64, trusted(), address, at),
        }
    }

    pub(super) fn store(
        &mut self,
        address: Value,
        index: Option<Value>,
        value: Value,
        access: Access,
    ) {
        let (address, at) = self.address(address, index, access);
        let value = self.get(value);
        let ins = self.b.ins();
        match access.mem.bytes() {
            1 => ins.istore8(trusted(), value, address, at),
            2 => ins.istore16(trusted(), value, address, at),
            4 => ins.istore32(trusted(), value, address, at),
            _ => ins.store(trusted(), value, address, at),
        };
    }

    /// The address that a heap access is made relative to, and how many bytes from there.
    fn address(&mut self, base: Value, index: Option<Value>, access: Access) -> (ir::Value, i32) {
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
        debug_assert!(self.is_hot(), "an element is accessed in hot code");
        let index = self.get(index);
        let (b, scale) = (&mut self.b, access.scale);
        let address = self.addresses.element(b, base, index, scale);
        (address, access.offset)
    }

    /// The value that indexes, seen through the guards that it is in bounds.
    fn unguarded(&self, mut index: Value) -> Value {
        while self.trace.uop(index).op == Op::GuardIndex {
            index = self.trace.uop(index).args[0];
        }
        index
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
            let index = self.unguarded(index);
            if access.scale > FOLDED && trace.uop(index).op == Op::Invariant {
                let index = self.get(index);
                self.addresses
                    .shift_invariant(&mut self.b, index, access.scale);
            }
        }
    }
}
