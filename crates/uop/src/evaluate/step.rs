//! What each uop does: a stepper, and runs from an entry to an exit.
//!
//! A trace may still grow while it is stepped through, so the stepper does not hold it. Steps match on
//! [views](View) of all ops, and pure ones compute what their row of the op table says.

use super::{Call, Entry, Left, Outcome, State};
use crate::exit::Pc;
use crate::id::{ExitId, HelperId, Value, Word};
use crate::sunk;
use crate::trace::Trace;
use crate::types::Type;
use crate::uop::Access;
use crate::view::View;
use smallvec::SmallVec;

/// Runs `trace` from `entry` with the frame base at absolute word `base` until it leaves.
///
/// `handed` are the parameters of the entry's signature in order, then (at the header) its
/// invariants.
///
/// # Panics
/// If the trace is malformed or `handed` does not fit the entry.
pub fn run<S: State + ?Sized>(
    trace: &Trace,
    entry: Entry,
    handed: &[u64],
    base: i64,
    state: &mut S,
) -> Left {
    let mut stepper = Stepper::new(trace, entry, handed, base, state);
    loop {
        if let Some(left) = stepper.step(trace, state) {
            return left;
        }
    }
}

/// Runs a trace uop by uop, also one that is still being recorded: what a recorder that executes as it
/// records runs on.
///
/// ```
/// use offramp_uop::evaluate::{Call, Entry, Outcome, State, Stepper};
/// use offramp_uop::record::Recorder;
/// use offramp_uop::{Interface, Mem, Op, Type, Word};
///
/// /// A machine of frame words.
/// struct Words([u64; 2]);
///
/// impl State for Words {
///     fn load_word(&mut self, index: i64) -> u64 {
///         self.0[index as usize]
///     }
///     fn store_word(&mut self, index: i64, bits: u64) {
///         self.0[index as usize] = bits;
///     }
///     fn load(&mut self, _: u64, _: Mem) -> u64 {
///         unreachable!("no heap")
///     }
///     fn store(&mut self, _: u64, _: Mem, _: u64) {
///         unreachable!("no heap")
///     }
///     fn call(&mut self, _: Call<'_>) -> Outcome {
///         unreachable!("no helpers")
///     }
/// }
///
/// let mut words = Words([20, 22]);
/// let mut recorder = Recorder::root("sum", 0, Interface::new().into());
/// let mut stepper = Stepper::new(recorder.trace(), Entry::Start, &[], 0, &mut words);
/// let mut add = recorder.begin(0);
/// let (x, y) = (add.load_word(Type::I64, Word(0)), add.load_word(Type::I64, Word(1)));
/// let sum = add.pure(Op::Add, &[x, y]);
/// while stepper.position() < recorder.trace().uops.len() {
///     assert!(stepper.step(recorder.trace(), &mut words).is_none());
/// }
/// assert_eq!(stepper.value(sum), 42);
/// ```
#[derive(Clone, Debug)]
pub struct Stepper {
    base: i64,
    next: usize,
    values: Vec<u64>,
    /// Position of each value's last use; computed at a call that collects.
    last_uses: Vec<usize>,
}

impl Stepper {
    /// At `entry` of `trace`, with the frame base at absolute word `base`; `handed` are the parameters of
    /// the entry's signature in order, then (at the header) its invariants.
    ///
    /// # Panics
    /// If `handed` does not fit the entry, or there is no header to enter at.
    pub fn new<S: State + ?Sized>(
        trace: &Trace,
        entry: Entry,
        handed: &[u64],
        base: i64,
        state: &mut S,
    ) -> Stepper {
        let mut stepper = Stepper {
            base,
            next: 0,
            values: vec![0; trace.uops.len()],
            last_uses: Vec::new(),
        };
        // The loop may use the preamble's constants wherever the trace was entered.
        for (value, uop) in trace.iter() {
            if let Some(View::Const { ty, bits }) = uop.view() {
                stepper.values[value.index()] = constant(trace, ty, bits);
            }
        }
        stepper.next = Run {
            trace,
            at: &mut stepper,
            state,
        }
        .enter(entry, handed);
        stepper
    }

    /// The position of the uop that is run next.
    pub fn position(&self) -> usize {
        self.next
    }

    /// What `value` is; 0 if it is not defined yet.
    pub fn value(&self, value: Value) -> u64 {
        self.values.get(value.index()).copied().unwrap_or(0)
    }

    /// Runs the [next](Stepper::position) uop of `trace`, which is the one that this began in, grown by uops
    /// and exits at most; how it leaves, if it does. What comes next then is the uop after it: a recorder
    /// may go on where the trace would not.
    ///
    /// # Panics
    /// If there is no next uop, or the trace is malformed.
    pub fn step<S: State + ?Sized>(&mut self, trace: &Trace, state: &mut S) -> Option<Left> {
        if self.values.len() < trace.uops.len() {
            self.values.resize(trace.uops.len(), 0);
        }
        let position = self.next;
        self.next += 1;
        let mut run = Run {
            trace,
            at: self,
            state,
        };
        match run.step(position) {
            Step::Next => None,
            Step::Jump(position) => {
                self.next = position;
                None
            }
            Step::Leave(left) => Some(left),
            Step::Unmade => unreachable!("what is sunk is done on the way out"),
        }
    }
}

enum Step {
    Next,
    /// A sunk call has failed.
    Unmade,
    Jump(usize),
    Leave(Left),
}

struct Run<'a, S: ?Sized> {
    trace: &'a Trace,
    at: &'a mut Stepper,
    state: &'a mut S,
}

impl<S: State + ?Sized> Run<'_, S> {
    /// Defines what the entry hands over; the position of the first uop to run.
    fn enter(&mut self, entry: Entry, handed: &[u64]) -> usize {
        let trace = self.trace;
        let targets: Vec<Value> = match entry {
            Entry::Start => trace.entry_params().collect(),
            Entry::Header => trace
                .header_params()
                .chain(trace.header_invariants())
                .collect(),
        };
        assert_eq!(
            targets.len(),
            handed.len(),
            "{}: values handed over at {entry:?}",
            trace.name
        );
        for (target, &bits) in targets.iter().zip(handed) {
            self.at.values[target.index()] = bits;
        }
        match entry {
            Entry::Start => 1 + targets.len(),
            Entry::Header => {
                let header = trace.header.as_ref().expect("the trace has a header");
                self.arrive(header.at.index())
            }
        }
    }

    fn get(&self, value: Value) -> u64 {
        self.at.values[value.index()]
    }

    fn word(&self, word: Word) -> i64 {
        self.at.base + i64::from(word.0)
    }

    fn step(&mut self, position: usize) -> Step {
        match self.trace.uops[position].sunk {
            true => Step::Next,
            false => self.perform(position),
        }
    }

    fn perform(&mut self, position: usize) -> Step {
        let trace = self.trace;
        let here = Value(position as u32);
        let uop = trace.uop(here);
        let value = match uop.verified() {
            View::Pure { op, args, .. } => {
                let args = self.get_all(args);
                op.eval_pure(&args).expect("operands as the row has them")
            }
            View::Const { ty, bits } => constant(trace, ty, bits),
            View::Select {
                condition, yes, no, ..
            } => self.get(if self.is_true(condition) { yes } else { no }),
            View::RefOfBits { bits } => self.get(bits),
            View::LoadWord { word, .. } => {
                let index = self.word(word);
                self.state.load_word(index)
            }
            View::StoreWord { word, value } => {
                let (index, value) = (self.word(word), self.get(value));
                self.state.store_word(index, value);
                return Step::Next;
            }
            View::HasRoom { word } => {
                let index = self.word(word);
                self.state.has_room(index).into()
            }
            View::Load { address, access } => {
                let address = self.address(address, None, access);
                self.state.load(address, access.mem)
            }
            View::LoadElem {
                address,
                index,
                access,
            } => {
                let address = self.address(address, Some(index), access);
                self.state.load(address, access.mem)
            }
            View::Store {
                address,
                value,
                access,
            } => {
                let (address, value) = (self.address(address, None, access), self.get(value));
                self.state.store(address, access.mem, value);
                return Step::Next;
            }
            View::StoreElem {
                address,
                index,
                value,
                access,
            } => {
                let address = self.address(address, Some(index), access);
                let value = self.get(value);
                self.state.store(address, access.mem, value);
                return Step::Next;
            }
            View::Guard { condition, exit } => {
                let holds = self.is_true(condition);
                return self.guard(here, exit, holds);
            }
            View::GuardNot { condition, exit } => {
                let holds = !self.is_true(condition);
                return self.guard(here, exit, holds);
            }
            View::GuardRef {
                condition,
                bits,
                exit,
            } => {
                self.at.values[position] = self.get(bits);
                let holds = self.is_true(condition);
                return self.guard(here, exit, holds);
            }
            View::GuardIndex {
                index,
                length,
                exit,
            } => {
                let (index, length) = (self.get(index), self.get(length));
                self.at.values[position] = index;
                return self.guard(here, exit, index < length);
            }
            View::CheckValid { exit } => {
                let valid = self.state.is_valid();
                return self.guard(here, exit, valid);
            }
            View::Poll { exit } => {
                return match self.state.poll() {
                    true => self.leave(here, exit),
                    false => Step::Next,
                };
            }
            View::Call { helper, args, exit } => {
                let args = self.get_all(args);
                return self.call(here, helper, &args, exit);
            }
            View::At { pc } => {
                self.state.at(pc);
                return Step::Next;
            }
            View::Start {} => return Step::Next,
            View::Header { firsts } => {
                let firsts = self.get_all(firsts);
                return Step::Jump(self.fall_into_header(position, &firsts));
            }
            View::Loop { nexts } => {
                let header = trace.header.as_ref().expect("a loop has a header");
                let nexts = self.get_all(nexts);
                self.hand_params(&nexts);
                return Step::Jump(self.arrive(header.at.index()));
            }
            View::Exit { exit } | View::Deopt { exit } | View::ErrorExit { exit } => {
                return self.leave(here, exit);
            }
            View::ExitDynamic { pc, window, exit } => {
                let (pc, window) = (self.get(pc) as Pc, self.get(window) as i64);
                let mut left = self.left(here, exit);
                left.pc = pc;
                left.base -= window;
                return Step::Leave(left);
            }
            View::Param { .. } | View::Invariant { .. } | View::Unreachable {} => {
                panic!("{}: {here} ({}) was reached", trace.name, uop.op.name())
            }
        };
        self.at.values[position] = value;
        Step::Next
    }

    fn get_all(&self, values: &[Value]) -> SmallVec<[u64; 4]> {
        values.iter().map(|&value| self.get(value)).collect()
    }

    fn is_true(&self, condition: Value) -> bool {
        self.get(condition) & 1 == 1
    }

    fn address(&self, address: Value, index: Option<Value>, access: Access) -> u64 {
        let index = index.map_or(0, |index| self.get(index) << access.scale);
        let offset = i64::from(access.offset) as u64;
        self.get(address).wrapping_add(index).wrapping_add(offset)
    }

    fn hand_params(&mut self, args: &[u64]) {
        let trace = self.trace;
        for (param, &bits) in trace.header_params().zip(args) {
            self.at.values[param.index()] = bits;
        }
    }

    /// Defines parameters and invariants from the preamble; the position behind them.
    fn fall_into_header(&mut self, position: usize, args: &[u64]) -> usize {
        let trace = self.trace;
        self.hand_params(args);
        for value in trace.header_invariants() {
            self.at.values[value.index()] = self.get(trace.uop(value).args[0]);
        }
        self.arrive(position)
    }

    /// Tells the state that control is at the header; the position behind its definitions.
    fn arrive(&mut self, header: usize) -> usize {
        let trace = self.trace;
        let defined = trace.header_params().chain(trace.header_invariants());
        let handed: Vec<u64> = defined.map(|value| self.get(value)).collect();
        self.state.at_header(trace, &handed, self.at.base);
        header + 1 + handed.len()
    }

    fn guard(&mut self, at: Value, exit: ExitId, holds: bool) -> Step {
        if holds && !self.state.force_exit() {
            Step::Next
        } else {
            self.leave(at, exit)
        }
    }

    fn call(&mut self, at: Value, helper: HelperId, args: &[u64], exit: Option<ExitId>) -> Step {
        let from = exit.map(|exit| {
            let state = self.trace.exit(exit);
            (self.at.base + i64::from(state.base), state.target)
        });
        let roots = match self.trace.interface.helpers[helper.index()]
            .effects
            .closed()
            .collects
        {
            true => self.roots(at),
            false => Vec::new(),
        };
        match self.state.call(Call {
            helper,
            args,
            from,
            roots: &roots,
        }) {
            Outcome::Value(bits) => {
                self.at.values[at.index()] = bits;
                Step::Next
            }
            Outcome::Error if self.trace.uop(at).sunk => Step::Unmade,
            Outcome::Error => self.leave(at, exit.expect("a helper that may fail has an exit")),
            Outcome::Transfer { pc, base } => {
                let mut left = self.left(at, exit.expect("a helper that may transfer has an exit"));
                left.pc = pc;
                left.base = base;
                left.transferred = true;
                Step::Leave(left)
            }
        }
    }

    /// The references defined before the call `at` and used after it.
    fn roots(&mut self, at: Value) -> Vec<u64> {
        let trace = self.trace;
        if self.at.last_uses.len() != trace.uops.len() {
            self.at.last_uses = last_uses(trace);
        }
        let last_uses = &self.at.last_uses;
        let live = references_across(trace, at, last_uses);
        live.into_iter()
            .map(|value| self.at.values[value.index()])
            .collect()
    }

    fn leave(&mut self, at: Value, exit: ExitId) -> Step {
        Step::Leave(self.left(at, exit))
    }

    fn left(&mut self, at: Value, exit: ExitId) -> Left {
        let trace = self.trace;
        let state = trace.exit(exit);
        let done = sunk::done_at(trace, state, at);
        let mut done = done.into_iter();
        let unmade = done.any(|value| matches!(self.perform(value.index()), Step::Unmade));
        let listed = |word| !unmade || sunk::survives(trace, state, word);
        let words = state.words.iter().filter(|&&(word, _)| listed(word));
        let words = words.map(|&(word, value)| (self.word(word), self.get(value)));
        Left {
            exit,
            at,
            pc: state.target,
            base: self.at.base + i64::from(state.base),
            words: words.collect(),
            extras: state.extras.iter().map(|&value| self.get(value)).collect(),
            transferred: false,
            unmade,
        }
    }
}

fn references_across(trace: &Trace, at: Value, last_uses: &[usize]) -> Vec<Value> {
    let live = trace
        .iter()
        .take(at.index())
        .filter(|(value, uop)| uop.ty == Some(Type::Ref) && last_uses[value.index()] > at.index())
        .filter(|(_, uop)| !uop.sunk);
    live.map(|(value, _)| value).collect()
}

/// The position at which each value is last used, exit states included; 0 if never. What the loop
/// uses from before it (parameters pass through `loop`, invariants do not) is used until its end.
fn last_uses(trace: &Trace) -> Vec<usize> {
    let mut last = vec![0; trace.uops.len()];
    for (position, uop) in trace.uops.iter().enumerate() {
        let exit = uop.exit.map(|exit| trace.exit(exit));
        let pending = exit.into_iter().flat_map(|exit| {
            exit.words
                .iter()
                .map(|(_, value)| value)
                .chain(&exit.extras)
        });
        for value in uop.args.iter().chain(pending) {
            last[value.index()] = position;
        }
    }
    for invariant in trace.header_invariants() {
        last[invariant.index()] = trace.uops.len();
    }
    last
}

/// The bits of a constant: of a reference, its address.
fn constant(trace: &Trace, ty: Type, bits: u64) -> u64 {
    match ty {
        Type::Ref => trace.refs[bits as usize],
        _ => bits,
    }
}
