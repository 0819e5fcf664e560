#![allow(
    unsafe_code,
    reason = "forks, and ends the child without running what the test harness left"
)]
//! A helper that forks while a trace runs. The child comes back into compiled code, goes on in it, and
//! compiles more; the parent meanwhile compiles over everything it can.
//!
//! # Safety argument
//! The child of a process with several threads has only the one that forked. Until it ends it takes no
//! lock that another thread may have held: the C library's allocator is made for that, the test
//! prints nothing, and it ends by `_exit`.

use offramp::explicit::Mode;
use offramp::explicit::{NativeEngine, NativeOptions};
use offramp::{
    Act, Config, Context, Done, Engine, Interpreter, Machine, Op, Pc, Program, Stack, Words,
};
use std::sync::Arc;

/// Adds up what [`HELP`] returns in a loop at 0, and counts in loops at 10, 20, ….
#[derive(Debug)]
struct Loops;

#[derive(Debug, Default)]
struct Host {
    calls: u64,
    /// The call that forks.
    forks_at: u64,
    /// What `fork` returned.
    child: Option<i32>,
}

const HELP: Act<Loops, (), i64> = Act::new("help", |context: &mut Context<'_, Loops>, ()| {
    context.host.calls += 1;
    if context.host.calls == context.host.forks_at {
        // SAFETY: see the module's safety argument.
        context.host.child = Some(unsafe { libc::fork() });
    }
    Ok(2)
});

impl Program for Loops {
    type Host = Host;
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc % 10 {
            0 if pc == 0 => m.commit().call_into(1, HELP, ()),
            0 => m.commit().jump(pc + 1),
            1 => {
                let sum = m.add(m.int(2), m.int(1));
                m.commit().set(2, sum).next()
            }
            2 => {
                let n = m.add(m.int(0), m.constant(1));
                match m.is_less(n, m.constant(1000)) {
                    true => m.commit().set(0, n).loop_to(pc - 2),
                    false => m.commit().set(0, n).next(),
                }
            }
            _ => {
                let sum = m.int(2);
                m.commit().finish(sum)
            }
        }
    }
}

fn run(interpreter: &mut Interpreter<Loops>, host: &mut Host, pc: Pc) -> i64 {
    let mut stack = Stack::new(1000);
    stack.set_word(1, 2);
    interpreter.run(host, &mut stack, pc).expect("it ends")
}

/// Whether everything goes on as if nothing had happened.
fn goes_on(interpreter: &mut Interpreter<Loops>) -> bool {
    let before = interpreter.graph().stats().roots;
    let all_run = |interpreter: &mut Interpreter<Loops>| {
        let mut sums = (0..200)
            .step_by(10)
            .map(|pc| run(interpreter, &mut Host::default(), pc));
        sums.all(|sum| sum == 2000)
    };
    // The old trace is used, new ones are made, dropped, and made again.
    let once = all_run(interpreter);
    interpreter.graph().flush();
    interpreter.graph().drain();
    let again = all_run(interpreter);
    once && again && interpreter.graph().stats().roots >= before + 20
}

/// A pipe's two ends, to read and to write.
fn pipe() -> [i32; 2] {
    let mut ends = [0; 2];
    // SAFETY: the array has room for two descriptors.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    ends
}

fn wait_for_parent(ends: [i32; 2]) {
    let mut byte = 0u8;
    // SAFETY: the buffer has room for a byte; the descriptors are this test's.
    unsafe {
        libc::close(ends[1]);
        libc::read(ends[0], (&raw mut byte).cast(), 1);
    }
}

fn a_helper_forks(mode: Mode, forks_at: u64) {
    let mut options = NativeOptions::default();
    options.memory.mode = Some(mode);
    let native = match NativeEngine::new(options) {
        Ok(native) => Arc::new(native),
        // Emulators run stale code by dual mappings.
        Err(_) if cfg!(target_arch = "aarch64") && mode == Mode::Dual => return,
        Err(error) => panic!("{mode}: {error:?}"),
    };
    let mut config = Config::default();
    config.hot_loop = 10;
    // All of them at any cost.
    config.compile_burst = u32::MAX;
    let engine = Engine::on(config, native);
    let mut interpreter = engine.interpreter(Loops).expect("an interpreter");
    let ends = pipe();
    let mut host = Host {
        forks_at,
        ..Host::default()
    };
    let sum = run(&mut interpreter, &mut host, 0);
    match host.child.expect("it forked") {
        0 => {
            // Until the parent has compiled over what it may.
            wait_for_parent(ends);
            let mut right = sum == 2000 && goes_on(&mut interpreter);
            // A child's child has nothing of its own, either.
            // SAFETY: as above.
            let grandchild = unsafe { libc::fork() };
            right &= goes_on(&mut interpreter);
            drop((interpreter, engine));
            if grandchild != 0 {
                right &= exit_status(grandchild) == 0;
            }
            // SAFETY: ends the child, whose other threads do not exist.
            unsafe { libc::_exit(i32::from(!right)) }
        }
        child => {
            assert!(child > 0, "fork failed");
            assert_eq!(sum, 2000);
            assert!(goes_on(&mut interpreter), "{mode}: the parent");
            for end in ends {
                // SAFETY: the descriptor is this test's.
                unsafe { libc::close(end) };
            }
            assert_eq!(exit_status(child), 0, "{mode}: the child");
        }
    }
}

/// How a child ended: 0 if it found everything right.
fn exit_status(child: i32) -> i32 {
    let mut status = 0;
    // SAFETY: the status has room.
    let waited = unsafe { libc::waitpid(child, &mut status, 0) };
    if waited == child { status } else { -1 }
}

#[test]
fn a_child_goes_on_in_the_trace_it_was_forked_from() {
    for mode in [Mode::Dual, Mode::Toggle] {
        // In the interpreter, while recording, at the trace's first and later iterations.
        for forks_at in [1, 10, 11, 12, 13, 500] {
            a_helper_forks(mode, forks_at);
        }
    }
}
