//! [`Recorder`]: the machine that executes and records.
//!
//! Every method of its [`Machine`] (`recorder/machine.rs`) executes through an
//! inner [`Direct`] and notes the uop that does the same. What is constant is computed once, here;
//! everything else is left to the optimiser. The recorder makes no decision about where a trace ends: see
//! [`interpreter`](crate::interpreter).

mod log;
mod machine;
mod registry;
mod session;
mod witness;

pub(crate) use log::{Limits, Log};
pub(crate) use registry::{ANSWERED_TAG, Registry};
pub(crate) use witness::Witness;

pub(crate) use session::{Arrived, Reach, Session};

use crate::direct::Direct;
use crate::graph::{Dependency, ExecutorRef};
use crate::language::helper::Read;
use crate::language::kind::{Arguments, Key, Kind, Operand, Operands, Pair};
use crate::language::layout::Layout;
use crate::language::machine::{Machine, Place};
use crate::language::program::Program;
use crate::shadow::{Difference, Differs, Lie};
use offramp_uop::types::Const;
use offramp_uop::{Effects, Mem, Op, Pc, Type, Word};
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

const KEY: Key = Key(());

/// A traced value: what it is now, and the uop that computes it. The type says what it is traced
/// as and nothing else.
pub(crate) struct Traced<K> {
    operand: Operand,
    kind: PhantomData<fn() -> K>,
}

impl<K> Clone for Traced<K> {
    fn clone(&self) -> Traced<K> {
        *self
    }
}

impl<K> Copy for Traced<K> {}

impl<K> fmt::Debug for Traced<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operand.uop)
    }
}

impl<K> Traced<K> {
    pub(crate) fn new(operand: Operand) -> Traced<K> {
        Traced {
            operand,
            kind: PhantomData,
        }
    }

    pub(crate) fn operand(self) -> Operand {
        self.operand
    }
}

/// A traced tagged value. Its payload has the type that the tag it was seen with says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TracedValue {
    pub(crate) tag: Operand,
    pub(crate) payload: Operand,
}

/// The machine that executes and records.
pub(crate) struct Recorder<'a, P: Program> {
    pub(crate) run: Direct<'a, P>,
    pub(crate) log: RefCell<Log>,
    /// What the trace will be, where it will be anything: what its dependencies are registered for.
    pub(crate) executor: Option<ExecutorRef>,
    /// Take the ways of instructions that the graph does not ask for: general ones for the others and
    /// the reverse.
    pub(crate) contrary: bool,
    /// With [`Config::shadow`](crate::Config::shadow).
    pub(crate) witness: Option<RefCell<Witness>>,
}

impl<P: Program> fmt::Debug for Recorder<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

impl<P: Program> Recorder<'_, P> {
    fn load_word(&self, word: u16, second: bool, ty: Type) -> Operand {
        let bits = match second {
            false => self.run.frame.load(word),
            true => self.run.frame.load_second(word),
        };
        let mut log = self.log.borrow_mut();
        log.load_word(ty, word_of(word, second), bits)
    }

    pub(crate) fn note_store(&mut self, word: u16, second: bool, x: Operand) {
        self.log.get_mut().store_word(word_of(word, second), x);
    }

    /// The type of a payload that lies behind this tag now.
    fn payload_type<L: Layout>(tag: Operand) -> Type {
        match L::PAYLOADS.of(tag.bits as i64) {
            Type::F64 => Type::F64,
            // A reference only behind a guard of its tag.
            _ => Type::I64,
        }
    }

    fn as_type(&self, x: Operand, ty: Type) -> Operand {
        let mut log = self.log.borrow_mut();
        let bits = match x.ty {
            Type::F64 if ty == Type::F64 => return x,
            Type::I64 => x,
            Type::F64 => log.pure(Op::BitsOfF64, &[x]),
            _ => log.pure(Op::BitsOfRef, &[x]),
        };
        match ty {
            Type::F64 => log.pure(Op::F64OfBits, &[bits]),
            _ => bits,
        }
    }

    /// The place that the running frame, whose link has been asked for, returns to: `pc` now.
    pub(crate) fn place_of(&self, pc: Pc) -> Traced<i64> {
        let mut log = self.log.borrow_mut();
        Traced::new(match log.return_place() {
            Some(place) => place,
            None => log.constant_operand(Const::int(i64::from(pc))),
        })
    }

    /// Asks a helper that has no effects, and notes that unless it is constant.
    pub(crate) fn ask<A: Arguments, R: Kind>(
        &self,
        helper: Read<P, A, R>,
        operands: Operands,
        now: A,
    ) -> Operand {
        self.before_call();
        let bits = (helper.function)(&*self.run.host, now).bits(KEY);
        if self.witness.is_some() {
            let id = self.run.core.registry().read(helper);
            self.after_call(id, helper.name, |witness, effects| {
                let refers = operands.iter().any(|arg| arg.ty == Type::Ref);
                let pure = effects.reads.is_empty() && !effects.reads_host && !refers;
                let args = || operands.iter().map(|arg| arg.bits).collect();
                let before = pure.then(|| self.run.core.answered_before(id, args(), bits));
                let depends = before
                    .flatten()
                    .map(|before| Lie::Depends { before, now: bits });
                witness.after_read(id, effects, &operands, bits).or(depends)
            });
        }
        let foldable = helper.pure && operands.iter().all(|arg| arg.constant);
        if foldable && !matches!(R::TYPE, Type::Ref | Type::Ptr) {
            let constant = Const { ty: R::TYPE, bits };
            return self.log.borrow_mut().constant_operand(constant);
        }
        let id = self.run.core.registry().read(helper);
        let interface = self.run.core.interface();
        let mut log = self.log.borrow_mut();
        log.set_interface(&interface);
        log.call(id, &operands, bits)
    }

    /// Asks a helper that has no effects for what the trace takes for constant as long as `key` is not
    /// invalidated.
    pub(crate) fn ask_once<A: Arguments, R: Kind>(
        &self,
        key: Dependency,
        helper: Read<P, A, R>,
        operands: Operands,
        now: A,
    ) -> Operand {
        let constant = R::TYPE != Type::Ptr && operands.iter().all(|arg| arg.constant);
        if !constant || !self.run.core.is_steady(key) {
            return self.ask(helper, operands, now);
        }
        let bits = (helper.function)(&*self.run.host, now).bits(KEY);
        self.depends_on(key);
        match R::TYPE {
            Type::Ref => self.reference_constant(bits),
            ty => {
                let constant = Const { ty, bits };
                self.log.borrow_mut().constant_operand(constant)
            }
        }
    }

    fn reference_constant(&self, bits: u64) -> Operand {
        self.run.core.roots().note_constant(bits);
        Operand {
            bits,
            uop: self.log.borrow_mut().reference(bits),
            ty: Type::Ref,
            constant: true,
        }
    }

    fn before_call(&self) {
        if let Some(witness) = &self.witness {
            witness.borrow_mut().before();
        }
    }

    /// A helper has been called: what it did beyond its declaration is a finding.
    fn after_call(
        &self,
        id: offramp_uop::HelperId,
        helper: &'static str,
        lie: impl FnOnce(&mut Witness, Effects) -> Option<Lie>,
    ) {
        let Some(witness) = &self.witness else {
            return;
        };
        let effects = self.run.core.interface().helpers[id.index()].effects;
        if let Some(lie) = lie(&mut witness.borrow_mut(), effects) {
            let trace = self.log.borrow().trace().name.clone();
            self.run.core.found(Difference {
                trace,
                pc: self.run.pc(),
                place: self.run.core.program().name_of(self.run.pc()),
                what: Differs::Undeclared { helper, lie },
            });
        }
    }

    pub(crate) fn note_store_place(&mut self, place: Place, mem: Mem, x: Operand) {
        self.log.get_mut().store(place, mem, x);
    }

    /// Notes a call that answered `answer`.
    pub(crate) fn note_call(
        &mut self,
        id: offramp_uop::HelperId,
        args: &[Operand],
        answer: Pair<Operand>,
        tagged: bool,
    ) -> Pair<Operand> {
        let interface = self.run.core.interface();
        let log = self.log.get_mut();
        log.set_interface(&interface);
        let payload = log.call(id, args, answer.payload.bits);
        let tag = match tagged {
            true => log.call(ANSWERED_TAG, &[], answer.tag.bits),
            false => answer.tag,
        };
        Pair { payload, tag }
    }
}

fn word_of(word: u16, second: bool) -> Word {
    Word(i32::from(word) + i32::from(second))
}

fn bits(operands: &[Operand]) -> smallvec::SmallVec<[u64; 4]> {
    operands.iter().map(|operand| operand.bits).collect()
}

fn now_of(answer: Pair<u64>) -> Pair<Operand> {
    Pair {
        payload: Operand::now(answer.payload),
        tag: Operand::now(answer.tag),
    }
}
