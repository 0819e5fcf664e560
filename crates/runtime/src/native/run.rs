//! Into compiled code and out again: the trampoline's caller, and what compiled code calls.
//!
//! One file, though a long one: both sides use one machine context, and one argument covers them.
//!
//! # Safety argument
//! Compiled code reads and writes four things: the machine context, exit records, frame words and
//! the heap. The context is a heap allocation of the back end that outlives every run. Records
//! outlive the code that names them: an executor's code is entered only while the graph holds the
//! executor, and freed only when no activation is inside. Frame words and heap are the host's
//! promise, made by [`Hardware::new`](offramp_uop::evaluate::Hardware::new); that the base it is
//! entered with is one of the host's is checked. While compiled code runs, the run's borrows are
//! not used except through the pointers in [`Running`] and [`Vm::state`], and those only inside the
//! callbacks and [shims](super::shim), on this thread, one at a time.
#![allow(
    unsafe_code,
    reason = "calls compiled code and is called by it: see the module's safety argument"
)]

use super::compiler::NativeCompiler;
use super::entries::Entries;
use super::pending::{Constant, Leaving, Move, constant, place};
use super::records::{NativeCode, Record};
use super::returns::Returns;
#[cfg(any(test, feature = "test-hooks"))]
use crate::graph::ExecutorRef;
use crate::graph::{Entrance, Onward, Records, Taken};
#[cfg(any(test, feature = "test-hooks"))]
use offramp_uop::ExitId;
use offramp_uop::evaluate::{Call, Entry, Left, Outcome, State};
use offramp_uop::lower::machine::CallSite;
use offramp_uop::lower::{ExitMap, Location, Vm, machine};
use offramp_uop::sunk::survives;
use offramp_uop::{ExitKind, ExitState, Pc, Value};
use smallvec::SmallVec;
use std::any::Any;
use std::cell::UnsafeCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

/// An interpreter's machine context. Compiled code keeps its address.
#[derive(Debug)]
pub(super) struct Context {
    vm: Box<UnsafeCell<Vm>>,
    far: bool,
    /// The table that [`Vm::onward`] points at.
    returns: Returns,
}

// SAFETY: the pointers in the context are set at the beginning of each run, on the thread that
// runs, and mean nothing between runs.
unsafe impl Send for Context {}
// SAFETY: shared references give access to the table of returns alone, which is Sync, and to
// `Vm::onward`, which is atomic. The compiler, which may be on other threads, asks for addresses only;
// everything else is done by the back end, which is not shared.
unsafe impl Sync for Context {}

impl Context {
    /// A context whose returns lead to `cold_exit`, and whose forced exits come every `period`
    /// guards and polls, if that is not 0. With `far`, records are named as if they were elsewhere.
    pub(super) fn new(cold_exit: *const u8, period: u64, far: bool) -> Context {
        let returns = Returns::new(cold_exit);
        let vm = Vm {
            interrupt: ptr::null(),
            limit: ptr::null(),
            record: 0,
            far_record: 0,
            base: ptr::null_mut(),
            high: 0,
            countdown: match period {
                0 => u64::MAX,
                period => period,
            },
            on_cold_exit: on_cold_exit as *const u8,
            on_call: on_call as *const u8,
            runtime: ptr::null_mut(),
            state: ptr::null_mut(),
            call_site: 0,
            call_record: ptr::null(),
            result: 0,
            dynamic_pc: 0,
            onward: returns.first(),
            args: [0; machine::CALL_ARGS],
            ints: [0; machine::INT_ARGS],
            floats: [0; machine::FLOAT_ARGS],
            work: 0,
            spill: [0; machine::SPILL_SLOTS],
            on_watch: super::watch::on_watch as *const u8,
            left_by: 0,
            unmade: 0,
            cold_exit,
            period,
        };
        let mut vm = Box::new(UnsafeCell::new(vm));
        let high = high_half(vm.get() as u64);
        (vm.get_mut().high, vm.get_mut().record) = (high, high);
        Context { vm, far, returns }
    }

    /// What [`Vm::high`] holds, if that is the high half of all these addresses, too, and none has
    /// a low half of 0.
    pub(super) fn high(&self, addresses: Range<u64>) -> Option<u64> {
        let high = high_half(self.vm() as u64);
        let shared = high < addresses.start && high_half(addresses.end) == high;
        (shared && !self.far).then_some(high)
    }

    fn vm(&self) -> *mut Vm {
        self.vm.get()
    }

    /// Returns to `pc` lead to `code`, or to the cold exit.
    pub(super) fn set_return_point(&self, pc: Pc, code: Option<*const u8>) {
        // SAFETY: the context is alive, and the field is atomic.
        let onward = unsafe { &(*self.vm()).onward };
        match code {
            Some(code) => self.returns.link(onward, pc, code),
            None => self.returns.unlink(pc),
        }
    }

    /// Sets the countdown of forced exits; answers what was left of it.
    #[cfg(any(test, feature = "test-hooks"))]
    pub(super) fn set_countdown(&self, count: u64) -> u64 {
        let vm = self.vm();
        // SAFETY: the context is this interpreter's, on this thread, and compiled code keeps
        // nothing of it in registers across a callback, so the word may change at any time.
        unsafe { std::mem::replace(&mut (*vm).countdown, count) }
    }
}

fn high_half(address: u64) -> u64 {
    address & !u64::from(u32::MAX)
}

/// What the callbacks need of the run they interrupt.
pub(super) struct Running<'a> {
    pub(super) records: &'a dyn Records,
    pub(super) state: *mut dyn State,
    pub(super) frame: *mut u64,
    /// How the last call that left was answered, if it was a transfer.
    transfer: Option<(Pc, i64)>,
    pub(super) panic: Option<Box<dyn Any + Send>>,
}

/// Runs from `entrance` until an exit that leads back to the host.
pub(super) fn run(
    compiler: &NativeCompiler,
    records: &dyn Records,
    entrance: &Entrance,
    state: &mut dyn State,
) {
    let hardware = state.hardware();
    let hardware = hardware.expect("compiled code runs on states that are real machines");
    let entries = compiler.entries.as_ref().map(Entries::identity);
    assert!(
        entries.is_none() || entries == hardware.direct_calls(),
        "an interpreter's traces run on its own memory"
    );
    assert!(
        hardware.has_base(entrance.base),
        "base {} is not on the stack, whose bases are {:?}",
        entrance.base,
        hardware.bases()
    );
    let (target, locations) = NativeCode::from_code(&*entrance.code).entry(entrance.entry);
    let vm = compiler.context.vm();
    // SAFETY: `Running` is used only while this call to the trampoline is under way, in which
    // `state` is not used otherwise; the transmute only forgets that lifetime.
    let state: *mut (dyn State + 'static) =
        unsafe { std::mem::transmute::<*mut (dyn State + '_), *mut (dyn State + 'static)>(state) };
    let mut running = Running {
        records,
        state,
        frame: hardware.frame(),
        transfer: None,
        panic: None,
    };
    // SAFETY: the context is this interpreter's, on this thread; an outer run, if there is one, has
    // given up everything in it but what is saved here and put back below. The frame pointer is the
    // host's promise.
    let outer = unsafe {
        let outer = (!(*vm).runtime.is_null()).then(|| {
            (
                ((*vm).runtime, (*vm).state),
                ((*vm).interrupt, (*vm).limit),
                ((*vm).record, (*vm).far_record, (*vm).base),
                (*vm).left_by,
            )
        });
        (*vm).state = state.cast();
        (*vm).runtime = (&raw mut running).cast();
        (*vm).interrupt = hardware.interrupt();
        (*vm).limit = hardware.limit();
        (*vm).base = hardware.address(entrance.base);
        for (&bits, location) in entrance.handed.iter().zip(locations) {
            *slot(vm, *location) = bits;
        }
        outer
    };
    let entry = compiler.stubs.trampoline();
    // SAFETY: the trampoline was lowered with this signature.
    let enter: extern "C" fn(*mut Vm, *const u8) -> u64 = unsafe { std::mem::transmute(entry) };
    enter(vm, target);
    // SAFETY: as above; the run is over.
    unsafe {
        match outer {
            Some(outer) => {
                (
                    ((*vm).runtime, (*vm).state),
                    ((*vm).interrupt, (*vm).limit),
                    ((*vm).record, (*vm).far_record, (*vm).base),
                    (*vm).left_by,
                ) = outer;
            }
            // No pointer to this run is left behind.
            None => ((*vm).runtime, (*vm).state) = (ptr::null_mut(), ptr::null_mut()),
        }
    }
    if let Some(panic) = running.panic {
        resume_unwind(panic);
    }
}

/// An exit that leads to the cold exit, whose values are where the cold-exit function saved them.
struct Exit<'a> {
    vm: *mut Vm,
    code: &'a NativeCode,
    record: &'a Record,
    /// The frame base there, as an absolute word.
    base: i64,
    unmade: bool,
}

impl Exit<'_> {
    fn state(&self) -> &ExitState {
        self.code.trace.exit(self.record.exit)
    }

    fn map(&self) -> &ExitMap {
        &self.code.published().exits[self.record.exit.index()]
    }

    /// What travelled to here.
    fn read(&self, location: Location) -> u64 {
        // SAFETY: the cold-exit function filled the context's registers; spill is valid until the
        // next entry.
        unsafe { *slot(self.vm, location) }
    }

    /// Pending words, in the state's order: absolute index and bits.
    fn words(&self) -> impl Iterator<Item = (i64, u64)> {
        let (trace, state) = (&self.code.trace, self.state());
        // A dynamic exit has stored what was pending, and its base has moved on by more than the
        // state says.
        let dynamic = state.kind == ExitKind::Dynamic;
        let entry_base = self.base - i64::from(state.base);
        let pending = state.words.iter().zip(&self.map().words);
        let pending = pending.filter(move |((word, _), _)| {
            !dynamic && (!self.unmade || survives(trace, state, *word))
        });
        pending.map(move |(&(at, value), location)| {
            let bits = match location {
                Some(location) => self.read(*location),
                None => constant(trace, value),
            };
            (entry_base + i64::from(at.0), bits)
        })
    }

    /// Stores what is pending, where the frame base is at `base`.
    #[inline]
    fn store_pending(&self, leaving: &Leaving<'_>, base: *mut u64, state: &mut dyn State) {
        if self.unmade {
            self.store_whole(state);
            return;
        }
        for &Move { to, from } in leaving.moves {
            // SAFETY: `from` is the place of a value in the context, which the cold-exit function and
            // the exit have filled. The trace is verified, so `to` names a word of one of its frames,
            // which the exit's own code might write.
            unsafe { *base.offset(to as isize) = *self.vm.byte_add(from as usize).cast::<u64>() };
        }
        for &Constant { to, bits } in leaving.constants {
            // SAFETY: as above.
            unsafe { *base.offset(to as isize) = bits };
        }
    }

    /// Stores what is pending and whole, where the exit failed to make an object.
    #[cold]
    fn store_whole(&self, state: &mut dyn State) {
        for (index, bits) in self.words() {
            state.store_word(index, bits);
        }
    }

    fn left(&self, pc: Pc, base: i64, transferred: bool) -> Left {
        let extras = self.map().extras.iter();
        Left {
            exit: self.record.exit,
            // Which of the exit's guards it was is not recorded by compiled code.
            at: Value(0),
            pc,
            base,
            words: self.words().collect(),
            extras: extras.map(|&location| self.read(location)).collect(),
            transferred,
            unmade: self.unmade,
        }
    }
}

/// Where control goes from an exit that leads to the cold exit: on at this code, or, if there is
/// none, back to the host. What is not needed on the way is not decoded.
fn answer(
    running: &mut Running<'_>,
    vm: *mut Vm,
    record: &Record,
    base: *mut u64,
) -> Option<*const u8> {
    // SAFETY: the graph frees no executor whose exit waits for its answer.
    let code = unsafe { record.code() };
    // SAFETY: the context is this run's; the exit has written it.
    let (unmade, work) = unsafe {
        let unmade = std::mem::take(&mut (*vm).unmade) != 0;
        (unmade, std::mem::take(&mut (*vm).work))
    };
    let exit = Exit {
        vm,
        code,
        record,
        base: (base as i64 - running.frame as i64) / 8,
        unmade,
    };
    let leaving = code.published().departures.exit(record.exit);
    // SAFETY: the run's state is used by nobody else while compiled code waits for this answer.
    let state = unsafe { &mut *running.state };
    if running.panic.is_some() {
        exit.store_pending(&leaving, base, state);
        return None;
    }
    #[cfg(any(test, feature = "test-hooks"))]
    if running.records.has_hook() && !unmade {
        // SAFETY: the context is this run's, and compiled code waits for this answer.
        unsafe { run_hook(running.records, vm, code.executor, record.exit) };
    }
    let (pc, at, transferred) = match running.transfer.take() {
        Some((pc, base)) => (pc, base, true),
        None if leaving.dynamic => {
            // SAFETY: written by the exit.
            (unsafe { (*vm).dynamic_pc } as u32, exit.base, false)
        }
        None => (leaving.target, exit.base, false),
    };
    let left = || exit.left(pc, at, transferred);
    let taken = Taken {
        executor: code.executor,
        exit: record.exit,
        pc,
        base: at,
        transferred,
        unmade,
        work,
        left: &left,
    };
    let records = running.records;
    let (code, entry) = match records.onward(&taken) {
        // What it takes over is where the exit left it: no link is made otherwise.
        Onward::Jump { code, entry, .. } => (code, entry),
        Onward::StoreAndJump { code, .. } => {
            exit.store_pending(&leaving, base, state);
            // SAFETY: the context is this run's; a helper left the stack's base there, so it is one of
            // its bases.
            unsafe { (*vm).base = running.frame.offset(at as isize) };
            (code, Entry::Start)
        }
        Onward::Leave => {
            exit.store_pending(&leaving, base, state);
            return None;
        }
    };
    Some(NativeCode::from_code(&*code).entry(entry).0)
}

/// Where control goes after a transfer to an instruction at which a root waits that returns lead to: to
/// that, as after a return that compiled code makes itself. `None` if there is anything else to do.
///
/// # Safety
/// `vm` must point at the context of the run, which has left by `record`.
#[inline]
unsafe fn switched(running: &mut Running<'_>, vm: *mut Vm, record: &Record) -> Option<*const u8> {
    let (pc, base) = running.transfer?;
    // SAFETY: the graph frees no executor whose exit waits for its answer.
    let code = unsafe { record.code() };
    // SAFETY: the caller's promise.
    let vm = unsafe { &mut *vm };
    if running.panic.is_some() || vm.unmade != 0 || code.counts() {
        return None;
    }
    #[cfg(any(test, feature = "test-hooks"))]
    if running.records.has_hook() {
        return None;
    }
    let table = vm.onward.load(Ordering::Acquire);
    let leaving = code.published().departures.exit(record.exit);
    debug_assert!(leaving.moves.is_empty() && leaving.constants.is_empty());
    // SAFETY: the table holds its length and as many addresses of code; it is never freed before the
    // context.
    let target = unsafe {
        if u64::from(pc) >= table.read() {
            return None;
        }
        AtomicU64::from_ptr(table.add(pc as usize + 1)).load(Ordering::Acquire)
    };
    let target = ptr::with_exposed_provenance::<u8>(target as usize);
    if target == vm.cold_exit {
        return None;
    }
    running.transfer = None;
    vm.work += u64::from(leaving.done);
    vm.base = running.frame.wrapping_offset(base as isize);
    Some(target)
}

/// Runs a test's hook, which may run the program: what travels is afterwards where it was.
///
/// # Safety
/// `vm` must point at the context of a run that waits for an answer.
#[cfg(any(test, feature = "test-hooks"))]
#[cold]
unsafe fn run_hook(records: &dyn Records, vm: *mut Vm, executor: ExecutorRef, exit: ExitId) {
    // SAFETY: the caller's promise.
    let saved = unsafe { ((*vm).ints, (*vm).floats, (*vm).spill) };
    records.asks(executor, exit);
    // SAFETY: as above; runs inside this one are over.
    unsafe { ((*vm).ints, (*vm).floats, (*vm).spill) = saved };
}

/// The place of a travelling value.
///
/// # Safety
/// `vm` must point at a context.
unsafe fn slot(vm: *mut Vm, location: Location) -> *mut u64 {
    // SAFETY: it is a place within the context.
    unsafe { vm.byte_add(place(location) as usize).cast() }
}

/// Called by the cold-exit function. Answers the code to go on at: none, back to the host.
///
/// # Safety
/// Only compiled code calls this, with the context it runs with.
unsafe extern "C" fn on_cold_exit(vm: *mut Vm) -> *const u8 {
    // SAFETY: compiled code runs only below `run`, which set `runtime`.
    let (running, record, base) = unsafe {
        let running = &mut *(*vm).runtime.cast::<Running<'_>>();
        let record = match (*vm).record as u32 {
            0 => (*vm).far_record,
            _ => (*vm).record,
        };
        let record = ptr::with_exposed_provenance::<Record>(record as usize);
        (running, record, (*vm).base)
    };
    // SAFETY: the record is that of an exit that waits for its answer.
    if let Some(code) = unsafe { switched(running, vm, &*record) } {
        return code;
    }
    let answered = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the exit has just written it, in debug builds.
        let left_by = unsafe { (*vm).left_by };
        debug_assert_eq!(
            record.addr() as u64,
            left_by,
            "compiled code names another record than that of the exit it leaves by"
        );
        // SAFETY: it is that of an exit that waits for its answer.
        answer(running, vm, unsafe { &*record }, base)
    }));
    match answered {
        Ok(code) => code.unwrap_or(ptr::null()),
        Err(panic) => {
            running.panic = Some(panic);
            ptr::null()
        }
    }
}

/// Called for helpers. Answers a status.
///
/// # Safety
/// Only compiled code calls this, with the context it runs with; `record` is null or the record of
/// the call's exit.
unsafe extern "C" fn on_call(vm: *mut Vm, helper: u64, count: u64, record: *const Record) -> u64 {
    // SAFETY: compiled code runs only below `run`, which set `runtime`; the arguments were stored
    // before the call; the executor that calls is running, so it exists.
    unsafe {
        let running = &mut *(*vm).runtime.cast::<Running<'_>>();
        let args = (*vm).args;
        let args = &args[..count as usize];
        let record = record.as_ref();
        let helper = offramp_uop::HelperId(helper as u32);
        let outcome = catch_unwind(AssertUnwindSafe(|| call(running, vm, helper, args, record)));
        match outcome {
            Ok(Outcome::Value(bits)) => {
                (*vm).result = bits;
                machine::status::VALUE
            }
            Ok(Outcome::Error) => machine::status::ERROR,
            Ok(Outcome::Transfer { pc, base }) => {
                running.transfer = Some((pc, base));
                machine::status::TRANSFER
            }
            Err(panic) => {
                if record.is_none() {
                    // A helper without an exit declared that it cannot fail; there is no state
                    // to go on from.
                    std::process::abort();
                }
                running.panic = Some(panic);
                machine::status::ERROR
            }
        }
    }
}

fn call(
    running: &mut Running<'_>,
    vm: *mut Vm,
    helper: offramp_uop::HelperId,
    args: &[u64],
    record: Option<&Record>,
) -> Outcome {
    // SAFETY: the calling executor is running, so it exists.
    let code = record.map(|record| unsafe { record.code() });
    let from = match (record, code) {
        (Some(record), Some(code)) => {
            // SAFETY: the call's context, where nested runs leave the base as it was.
            let base = unsafe { (*vm).base } as i64 - running.frame as i64;
            let exit = code.trace.exit(record.exit);
            Some((base / 8 + i64::from(exit.base), exit.target))
        }
        _ => None,
    };
    let declared = code.map(|code| &code.trace.interface.helpers[helper.index()]);
    let effects = declared.map(|helper| helper.effects.closed());
    let (reenters, collects) = effects.map_or((false, false), |it| (it.reenters, it.collects));
    let mut live: SmallVec<[u64; 8]> = SmallVec::new();
    if collects {
        // SAFETY: the call wrote them.
        live.extend_from_slice(unsafe { roots(vm) });
    }
    // SAFETY: the run's state is used by nobody else while compiled code waits for this call.
    let state = unsafe { &mut *running.state };
    let call = Call {
        helper,
        args,
        from,
        roots: &live,
    };
    match code.filter(|_| reenters) {
        None => state.call(call),
        Some(code) => {
            running.records.before_call(code.executor);
            let _noted = Noted(running.records);
            state.call(call)
        }
    }
}

/// The references that a call which collects has written, until anything else runs.
///
/// # Safety
/// `vm` must point at the context of such a call.
#[inline]
pub(super) unsafe fn roots<'a>(vm: *mut Vm) -> &'a [u64] {
    // SAFETY: the caller's promise; indexing checks the count.
    unsafe { &(&(*vm).spill)[..usize::from(CallSite::of((*vm).call_site).roots)] }
}

/// A call that leaves now leads to the instruction `pc`, where the frame base is at `base`.
///
/// # Safety
/// `vm` must point at the context of a call that is under way, and the host must have a frame there.
pub(super) unsafe fn transfer(vm: *mut Vm, pc: Pc, base: usize) {
    // SAFETY: compiled code runs only below `run`, which set `runtime`; nobody else uses it while a
    // helper's shim runs.
    let running = unsafe { &mut *(*vm).runtime.cast::<Running<'_>>() };
    running.transfer = Some((pc, base as i64));
}

/// Takes the note back even if the helper panics.
pub(super) struct Noted<'a>(&'a dyn Records);

impl Noted<'_> {
    /// Notes the executor that calls a helper which re-enters.
    ///
    /// # Safety
    /// `vm` must point at the context of such a call, which is under way.
    pub(super) unsafe fn caller<'a>(vm: *mut Vm) -> Noted<'a> {
        // SAFETY: compiled code runs only below `run`, which set `runtime`; the call wrote the
        // record, whose owner is running, so it exists.
        let (running, executor) = unsafe {
            let record = &*(*vm).call_record.cast::<Record>();
            let running = &*(*vm).runtime.cast::<Running<'a>>();
            (running, record.code().executor)
        };
        running.records.before_call(executor);
        Noted(running.records)
    }
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.0.after_call();
    }
}
