//! What is sunk, and who may name it.

use super::{Problem, Verifier};
use crate::exit::ExitKind;
use crate::id::{ExitId, Value};
use crate::op::Op;
use crate::sunk::{done_at, makes, may_meet, object_of};
use crate::text::Place;
use crate::types::Mem;
use crate::uop::Uop;
use rustc_hash::FxHashMap;

impl Verifier<'_> {
    pub(super) fn sunk(&mut self) {
        let trace = self.trace;
        // Operands that do not exist are reported elsewhere.
        let exists = |uop: &Uop| uop.args.iter().all(|arg| arg.index() < trace.uops.len());
        if !trace.uops.iter().any(|uop| uop.sunk) || !trace.uops.iter().all(exists) {
            return;
        }
        let is_sunk = |value: &Value| trace.uop(*value).sunk;
        let mut collected = 0;
        let mut leaves: FxHashMap<ExitId, Value> = FxHashMap::default();
        let mut stores: Vec<Value> = Vec::new();
        for (at, uop) in trace.iter() {
            if uop.sunk {
                let op = uop.op;
                self.check(self.may_be_sunk(uop), Place::Op(at), || Problem::Sunk {
                    op,
                });
                match uop.op {
                    Op::Store => stores.push(at),
                    Op::Load => self.reads_no_store(at, &stores),
                    _ => {}
                }
            } else if let Some(operand) = uop.args.iter().position(is_sunk) {
                let value = uop.args[operand];
                self.report(Place::Operand(at, operand), Problem::SunkUsed { value });
            }
            let helper = uop
                .helper()
                .and_then(|it| trace.interface.helpers.get(it.index()));
            if uop.op == Op::Call && helper.is_some_and(|it| it.effects.closed().collects) {
                collected = at.index();
            }
            let Some(exit) = uop.exit.filter(|exit| exit.index() < trace.exits.len()) else {
                continue;
            };
            let state = trace.exit(exit);
            let first = *leaves.entry(exit).or_insert(at);
            let mut words = state.words.iter();
            let exist = words.all(|(_, value)| value.index() < trace.uops.len());
            if first != at && exist && makes(trace, state) {
                let done = |at| {
                    let mut done = done_at(trace, state, at);
                    done.retain(|&value| matches!(trace.uop(value).op, Op::Call | Op::Store));
                    done
                };
                self.check(done(first) == done(at), Place::Through(at), || {
                    Problem::SunkBetween { exit, first }
                });
            }
            let named = |value: &&Value| value.index() < trace.uops.len() && is_sunk(value);
            let extra = state.extras.iter().position(|value| named(&value));
            if let Some(extra) = extra {
                let value = state.extras[extra];
                self.report(Place::Extra(exit, extra), Problem::SunkUsed { value });
            }
            for (index, (_, value)) in state.words.iter().enumerate() {
                if !named(&value) {
                    continue;
                }
                let made = object_of(trace, *value).map_or(0, Value::index);
                let rooted = made >= collected;
                let ends = uop.op == Op::Exit || state.kind == ExitKind::Dynamic;
                let value = *value;
                self.check(rooted && !ends, Place::ExitWord(exit, index), || {
                    Problem::SunkUsed { value }
                });
            }
        }
    }

    /// The sunk load at `at` is not of what one of the sunk `stores` may have written.
    fn reads_no_store(&mut self, at: Value, stores: &[Value]) {
        let trace = self.trace;
        let place = |value: Value| {
            let uop = trace.uop(value);
            Some((*uop.args.first()?, uop.access()?))
        };
        let Some(read) = place(at) else { return };
        let object = object_of(trace, at);
        let written = stores.iter().copied().find(|&store| {
            let of_object = object_of(trace, store) == object;
            of_object && place(store).is_some_and(|written| may_meet(written, read))
        });
        if let Some(store) = written {
            self.report(Place::Op(at), Problem::SunkLoad { store });
        }
    }

    fn may_be_sunk(&self, uop: &Uop) -> bool {
        let trace = self.trace;
        let first = uop.args.first().is_some_and(|&arg| trace.uop(arg).sunk);
        match uop.op {
            Op::Call => {
                let helper = uop.helper();
                let helper = helper.and_then(|it| trace.interface.helpers.get(it.index()));
                helper.is_some_and(|helper| helper.makes.is_some())
            }
            Op::Load => first && uop.access().is_some_and(|access| access.mem == Mem::Ptr),
            Op::Store | Op::BitsOfRef | Op::F64OfBits => first,
            _ => false,
        }
    }
}
