//! Pure uops as Cranelift instructions.
//!
//! Where the machine's instruction is not total, as division is not, it is made so here, exactly as
//! the op table says.

use super::section::Lowering;
use crate::id::Value;
use crate::op::Op;
use crate::types::Type;
use crate::uop::Uop;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, I8, I64};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData};

impl Lowering<'_, '_> {
    pub(super) fn pure(&mut self, uop: &Uop) -> ir::Value {
        let mut args: smallvec::SmallVec<[ir::Value; 3]> =
            uop.args.iter().map(|&arg| self.get(arg)).collect();
        let negated = |arg: &Value| self.trace.uop(*arg).op == Op::Fneg;
        if uop.op == Op::Fmul && uop.args.iter().all(negated) {
            // Cranelift leaves out two negations, and a NaN's sign with them.
            args[0] = self.opaque_negation(uop.args[0]);
        }
        if uop.op.is_commutative() && self.is_better_swapped(uop) {
            args.swap(0, 1);
        }
        if let Op::Add | Op::Sub | Op::Mul = uop.op
            && self
                .plan
                .overflows
                .contains(&(uop.op, uop.args[0], uop.args[1]))
        {
            return self.pair(uop.op, uop.args[0], uop.args[1]).0;
        }
        match uop.op {
            Op::AddOverflows => return self.pair(Op::Add, uop.args[0], uop.args[1]).1,
            Op::SubOverflows => return self.pair(Op::Sub, uop.args[0], uop.args[1]).1,
            Op::MulOverflows => return self.pair(Op::Mul, uop.args[0], uop.args[1]).1,
            Op::Add if !self.plan.uses.at_most_once(self.at) => {
                if let Some(sum) = self.step(uop) {
                    return sum;
                }
            }
            Op::Div => return self.divide(uop, args[0], args[1]).0,
            Op::Rem => return self.divide(uop, args[0], args[1]).1,
            Op::FloorDiv | Op::FloorRem => return self.floor_divide(uop, args[0], args[1]),
            Op::FitsI64 => return self.fits(args[0]),
            _ => {}
        }
        let ints = |op: Op| match op {
            Op::Eq | Op::RefEq => IntCC::Equal,
            Op::Ne => IntCC::NotEqual,
            Op::Lt => IntCC::SignedLessThan,
            Op::Le => IntCC::SignedLessThanOrEqual,
            Op::Ult => IntCC::UnsignedLessThan,
            _ => IntCC::UnsignedLessThanOrEqual,
        };
        let floats = |op: Op| match op {
            Op::Feq => FloatCC::Equal,
            Op::Fne => FloatCC::NotEqual,
            Op::Flt => FloatCC::LessThan,
            _ => FloatCC::LessThanOrEqual,
        };
        let bits = MemFlagsData::new();
        let ins = self.b.ins();
        match uop.op {
            Op::Add => ins.iadd(args[0], args[1]),
            Op::Sub => ins.isub(args[0], args[1]),
            Op::Mul => ins.imul(args[0], args[1]),
            Op::Neg => ins.ineg(args[0]),
            Op::And | Op::BoolAnd => ins.band(args[0], args[1]),
            Op::Or | Op::BoolOr => ins.bor(args[0], args[1]),
            Op::Xor => ins.bxor(args[0], args[1]),
            Op::Not => ins.bnot(args[0]),
            Op::Shl => ins.ishl(args[0], args[1]),
            Op::Shr => ins.ushr(args[0], args[1]),
            Op::Sar => ins.sshr(args[0], args[1]),
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Ult | Op::Ule | Op::RefEq => {
                ins.icmp(ints(uop.op), args[0], args[1])
            }
            Op::Fadd => ins.fadd(args[0], args[1]),
            Op::Fsub => ins.fsub(args[0], args[1]),
            Op::Fmul => ins.fmul(args[0], args[1]),
            Op::Fdiv => ins.fdiv(args[0], args[1]),
            Op::Fneg => ins.fneg(args[0]),
            Op::Fabs => ins.fabs(args[0]),
            Op::Fsqrt => ins.sqrt(args[0]),
            Op::Ffloor => ins.floor(args[0]),
            Op::Fceil => ins.ceil(args[0]),
            Op::Ftrunc => ins.trunc(args[0]),
            Op::Feq | Op::Fne | Op::Flt | Op::Fle => ins.fcmp(floats(uop.op), args[0], args[1]),
            Op::I64ToF64 => ins.fcvt_from_sint(F64, args[0]),
            Op::F64ToI64 => ins.fcvt_to_sint_sat(I64, args[0]),
            Op::BitsOfF64 => ins.bitcast(I64, bits, args[0]),
            Op::F64OfBits => ins.bitcast(F64, bits, args[0]),
            Op::BitsOfRef | Op::RefOfBits => args[0],
            Op::BoolToI64 => ins.uextend(I64, args[0]),
            Op::BoolNot => ins.bxor_imm_s(args[0], 1),
            Op::Select => ins.select(args[0], args[1], args[2]),
            op => unreachable!("{} is not pure", op.name()),
        }
    }

    /// What the `fneg` at `value` computes, without a float instruction for it.
    fn opaque_negation(&mut self, value: Value) -> ir::Value {
        let negated = self.get(self.trace.uop(value).args[0]);
        let bits = self.b.ins().bitcast(I64, MemFlagsData::new(), negated);
        let sign = self.b.ins().iconst(I64, i64::MIN);
        let flipped = self.b.ins().bxor(bits, sign);
        self.b.ins().bitcast(F64, MemFlagsData::new(), flipped)
    }

    pub(super) fn constant(&mut self, ty: Type, bits: u64) -> ir::Value {
        match ty {
            Type::F64 => self.b.ins().f64const(f64::from_bits(bits)),
            Type::Bool => self.b.ins().iconst(I8, bits as i64),
            Type::Ref => {
                let address = self.trace.refs[bits as usize];
                self.b.ins().iconst(I64, address as i64)
            }
            Type::I64 | Type::Ptr => self.b.ins().iconst(I64, bits as i64),
        }
    }

    /// Whether the second operand should be the first. On x86-64 the result takes the first one's
    /// register, for nothing if that is not used any more. Best is then what exits meant by the
    /// word that the result is meant by; what they mean by another would bring two homes into one
    /// register, and every exit would have to part them.
    fn is_better_swapped(&self, uop: &Uop) -> bool {
        let [one, other] = uop.args[..] else {
            return false;
        };
        let is_double = |value| {
            let constant = self.trace.constant(value);
            constant.is_some_and(|constant| constant.ty == Type::F64)
        };
        // An x86-64 instruction takes a constant double from memory as its second operand; as the first it
        // would need a register, and two instructions to get there.
        if is_double(one) != is_double(other) {
            return is_double(one);
        }
        let home = self.homes.home_of(self.at);
        let rank = |value| match self.homes.home_of(value) {
            _ if !self.plan.uses.dies(value, self.at) => 1,
            from if from == home => 0,
            None => 0,
            Some(_) => 2,
        };
        rank(other) < rank(one)
    }

    /// A value plus a constant, if it is that, as a subtraction. Cranelift would fold the sum into
    /// every sum and address that uses it, which keeps the value it came from alive besides: at a
    /// loop's counter that is a register and a move per iteration and per exit.
    fn step(&mut self, uop: &Uop) -> Option<ir::Value> {
        let constant = |value| self.trace.constant(value).map(|it| it.bits as i64);
        let (value, step) = match (constant(uop.args[0]), constant(uop.args[1])) {
            (None, Some(step)) => (uop.args[0], step),
            (Some(step), None) => (uop.args[1], step),
            _ => return None,
        };
        let less = i32::try_from(step.checked_neg()?).ok()?;
        let value = self.get(value);
        let less = self.b.ins().iconst(I64, i64::from(less));
        Some(self.b.ins().isub(value, less))
    }

    /// Result and overflow of one instruction.
    fn pair(&mut self, op: Op, one: Value, other: Value) -> (ir::Value, ir::Value) {
        if let Some(&pair) = self.pairs.get(&(op, one, other)) {
            return pair;
        }
        let (a, b) = (self.get(one), self.get(other));
        let pair = match op {
            Op::Add => self.b.ins().sadd_overflow(a, b),
            Op::Sub => self.b.ins().ssub_overflow(a, b),
            _ => self.b.ins().smul_overflow(a, b),
        };
        self.pairs.insert((op, one, other), pair);
        pair
    }

    /// Whether a double is an integer of 64 bits. The lower bound alone refuses NaN: the other two
    /// comparisons may hold for it, and take one instruction less for that, and no constant in a register.
    fn fits(&mut self, a: ir::Value) -> ir::Value {
        let whole = self.b.ins().trunc(a);
        let equal = match self.target.is_x86() {
            true => FloatCC::UnorderedOrEqual,
            false => FloatCC::Equal,
        };
        let integral = self.b.ins().fcmp(equal, whole, a);
        let low = self.b.ins().f64const(-9223372036854775808.0);
        let high = self.b.ins().f64const(9223372036854775808.0);
        let above = self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, a, low);
        let below = self.b.ins().fcmp(FloatCC::UnorderedOrLessThan, a, high);
        let within = self.b.ins().band(above, below);
        self.b.ins().band(integral, within)
    }
}
