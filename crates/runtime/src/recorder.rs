//! [`Recorder`]: the machine that executes and records, or one of the two ([`Purpose`]).
//!
//! Every method of its [`Machine`] (`recorder/machine.rs`) executes through an
//! inner [`Direct`] and notes the uop that does the same. What is constant is computed once, here;
//! everything else is left to the optimiser. The recorder makes no decision about where a trace ends: see
//! [`interpreter`](crate::interpreter).

mod explain;
mod helpers;
mod log;
mod machine;
mod session;
mod witness;

pub(crate) use explain::explained;
pub(crate) use log::{Limits, Log};
pub(crate) use session::{Arrived, Reach, Session};

use crate::checks::{self, Difference, Differs, Lie};
use crate::core::Core;
use crate::direct::Direct;
use crate::graph::{Dependency, ExecutorRef};
use crate::language::context::Shim;
use crate::language::helper::{Act, Read};
use crate::language::kind::{Arguments, Key, Kind, Operand, Operands, Pair, Returns};
use crate::language::layout::Layout;
use crate::language::machine::Machine;
use crate::language::phases::{self, Flow, Outcome};
use crate::language::program::Program;
use crate::language::stack::Stack;
use crate::registry::{ANSWERED_TAG, Registry};
use offramp_uop::types::Const;
use offramp_uop::{Builder, Effects, Op, Pc, Type, Value, Word};
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use witness::Witness;

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

/// Values where nothing is noted.
impl<K: Kind> Traced<K> {
    fn known(value: K) -> Traced<K> {
        Traced::new(Operand::computed(Value(0), K::TYPE, value.bits(KEY)))
    }

    fn now(self) -> K {
        K::of_bits(self.operand.bits, KEY)
    }
}

/// A traced tagged value. Its payload has the type that the tag it was seen with says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TracedValue {
    pub(crate) tag: Operand,
    pub(crate) payload: Operand,
}

/// What a recorder is for.
///
/// All of it is one instance of [`Program::step`]: what is asked for rarely is not compiled again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Executes, and notes what it does.
    Record,
    /// The same by the other of two ways where an instruction has a general one.
    RecordContrary,
    /// Executes and notes nothing, in the way of the plain interpreter: where instructions are counted.
    Execute,
    /// Notes what would be done now, and has no effects: helpers that have some are not called, and
    /// what they would return is unknown.
    Explain,
}

impl Purpose {
    /// Whether effects happen.
    fn performs(self) -> bool {
        self != Purpose::Explain
    }

    /// Whether there will be a trace.
    fn notes(self) -> bool {
        self != Purpose::Execute
    }
}

/// The machine that executes and records.
pub(crate) struct Recorder<'a, P: Program> {
    pub(crate) run: Direct<'a, P>,
    pub(crate) log: RefCell<Log>,
    /// What the trace will be, where it will be anything: what its dependencies are registered for.
    pub(crate) executor: Option<ExecutorRef>,
    purpose: Purpose,
    /// With [`Config::shadow`](crate::Config::shadow).
    witness: Option<RefCell<Witness>>,
}

impl<'a, P: Program> Recorder<'a, P> {
    /// A recorder whose first instruction is the one at the trace's start.
    pub(crate) fn new(
        core: &'a Core<P>,
        host: &'a mut P::Host,
        stack: &'a mut Stack<P::Layout>,
        builder: Builder,
        purpose: Purpose,
    ) -> Recorder<'a, P> {
        let config = core.graph().config();
        let recording = matches!(purpose, Purpose::Record | Purpose::RecordContrary);
        let witnessed = checks::COMPILED && config.shadow && recording;
        Recorder {
            run: Direct::new(core, host, stack, builder.trace().pc),
            log: RefCell::new(match purpose.notes() {
                true => Log::new(builder, Limits::of(&config)),
                false => Log::silent(builder),
            }),
            executor: None,
            purpose,
            witness: witnessed.then(RefCell::default),
        }
    }

    /// Does the instruction at `pc`, and where that goes on.
    ///
    /// The one place where a program's instructions are compiled for recording: they are large.
    #[cold]
    #[inline(never)]
    pub(crate) fn step(&mut self, pc: Pc) -> Flow {
        self.run.begin(pc);
        self.log.get_mut().begin(pc);
        self.run.core.program().step(phases::Op::new(self), pc).flow
    }

    /// What helpers are compared with, if they are.
    fn witness(&self) -> Option<&RefCell<Witness>> {
        match checks::COMPILED {
            true => self.witness.as_ref(),
            false => None,
        }
    }
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
        if !self.purpose.notes() {
            return Operand::computed(Value(0), ty, bits);
        }
        let mut log = self.log.borrow_mut();
        log.load_word(ty, word_of(word, second), bits)
    }

    fn note_store(&mut self, word: u16, second: bool, x: Operand) {
        if !self.purpose.notes() {
            return;
        }
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
        if !self.purpose.notes() {
            return Operand::computed(Value(0), ty, x.bits);
        }
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
    fn place_of(&self, pc: Pc) -> Traced<i64> {
        let mut log = self.log.borrow_mut();
        Traced::new(match log.return_place() {
            Some(place) => place,
            None => log.constant_operand(Const::int(i64::from(pc))),
        })
    }

    /// Asks a helper that has no effects, and notes that unless it is constant.
    fn ask<A: Arguments, R: Kind>(
        &self,
        helper: Read<P, A, R>,
        operands: Operands,
        now: A,
    ) -> Operand {
        self.before_call();
        let bits = (helper.function)(&*self.run.host, now).bits(KEY);
        if self.witness().is_some() {
            let id = self.run.core.registry().read(helper);
            self.after_call(id, helper.name, |witness, effects| {
                let refers = operands.iter().any(|arg| arg.ty == Type::Ref);
                let pure = effects.reads.is_empty() && !effects.reads_host && !refers;
                let args = || operands.iter().map(|arg| arg.bits).collect();
                let checks = self.run.core.checks();
                let before = pure.then(|| checks.returned_before(id, args(), bits));
                let depends = before
                    .flatten()
                    .map(|before| Lie::Depends { before, now: bits });
                witness.after_read(id, effects, &operands, bits).or(depends)
            });
        }
        if !self.purpose.notes() {
            return Operand::computed(Value(0), R::TYPE, bits);
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
    fn ask_once<A: Arguments, R: Kind>(
        &self,
        key: Dependency,
        helper: Read<P, A, R>,
        operands: Operands,
        now: A,
    ) -> Operand {
        let constant = R::TYPE != Type::Ptr && operands.iter().all(|arg| arg.constant);
        if !constant || !self.purpose.notes() || !self.run.core.is_steady(key) {
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
        if self.purpose.notes() {
            self.run.core.roots().note_constant(bits);
        }
        Operand {
            bits,
            uop: self.log.borrow_mut().reference(bits),
            ty: Type::Ref,
            constant: true,
        }
    }

    fn before_call(&self) {
        if let Some(witness) = self.witness() {
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
        let Some(witness) = self.witness() else {
            return;
        };
        let effects = self.run.core.interface().helpers[id.index()].effects;
        if let Some(lie) = lie(&mut witness.borrow_mut(), effects) {
            let trace = self.log.borrow().trace().name.clone();
            self.run.core.checks().find(Difference {
                trace,
                pc: self.run.pc(),
                place: self.run.core.program().name_of(self.run.pc()),
                what: Differs::Undeclared { helper, lie },
            });
        }
    }

    /// A helper with effects has returned `returned`: notes its call, by the number that `register`
    /// gives it.
    fn acted(
        &mut self,
        helper: &'static str,
        register: impl FnOnce(&mut Registry<Shim<P>>) -> offramp_uop::HelperId,
        operands: &[Operand],
        returned: Pair<Operand>,
        tagged: bool,
    ) -> Pair<Operand> {
        if !self.purpose.notes() {
            return returned;
        }
        let id = register(&mut self.run.core.registry());
        self.after_call(id, helper, |witness, effects| witness.after_act(effects));
        self.note_call(id, operands, returned, tagged)
    }

    /// A helper has moved the program elsewhere: its call may be what the trace ends with.
    fn transferred<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<P, A, Outcome<R>>,
        operands: &[Operand],
    ) {
        if self.purpose.notes() {
            let id = self.run.core.registry().act_outcome(helper);
            self.note_call(id, operands, UNKNOWN, false);
        }
    }

    /// Notes a call that answered `answer`.
    fn note_call(
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

/// What a helper would return that is not called.
const UNKNOWN: Pair<Operand> = Pair {
    payload: Operand::now(0),
    tag: Operand::now(0),
};

fn now_of(answer: Pair<u64>) -> Pair<Operand> {
    Pair {
        payload: Operand::now(answer.payload),
        tag: Operand::now(answer.tag),
    }
}
