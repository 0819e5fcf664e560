//! A program that has every kind of helper but those that make objects, and a fuse that burns at a
//! place of one's choice.

use offramp::explicit::{NativeEngine, NativeOptions};
use offramp::{
    Act, ClassSet, Config, Context, Done, Effects, Engine, Failure, Interpreter, Machine, Op, Pc,
    Program, Read, Stack, Words,
};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Once, PoisonError};

/// Where a panic begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// A helper that reads, of the loop and of a function it calls.
    Read,
    Callee,
    /// A helper without effects that acts; one that collects; one that runs the program.
    Act,
    Collect,
    Nest,
    /// A helper that reads, in the nested run; one that acts.
    Deep,
    DeepAct,
    /// A helper that makes objects.
    Make,
    /// What the host is asked or told.
    Step,
    Live,
    Outlives,
    Observer,
    Inspector,
}

/// What a fuse panics with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Burnt(pub(crate) Site, pub(crate) i64);

/// Burns once, at one site: helpers when they are called with a value, all else when they are called
/// for the n-th time.
#[derive(Debug, Default)]
pub(crate) struct Fuse {
    armed: Mutex<Option<(Site, i64)>>,
    calls: AtomicI64,
}

impl Fuse {
    fn armed(&self) -> Option<(Site, i64)> {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn arm(&self, at: Option<(Site, i64)>) {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = at;
        self.calls.store(0, Relaxed);
    }

    /// Panics if it is armed for this site and this value.
    pub(crate) fn value(&self, site: Site, value: i64) {
        if self.armed() == Some((site, value)) {
            panic_any(Burnt(site, value));
        }
    }

    /// Panics if it is armed for this site and this is the call.
    pub(crate) fn call(&self, site: Site) {
        if let Some((armed, nth)) = self.armed()
            && armed == site
            && self.calls.fetch_add(1, Relaxed) + 1 == nth
        {
            panic_any(Burnt(site, nth));
        }
    }
}

/// The host's state.
#[derive(Debug, Default)]
pub(crate) struct Host {
    pub(crate) fuse: Arc<Fuse>,
    /// What was collected, and how many roots there were at the first.
    pub(crate) roots: Option<usize>,
    pub(crate) said: i64,
}

pub(crate) struct P(pub(crate) Arc<Fuse>);

const SQUARE: Read<P, (i64,), i64> = Read::new("square", |host: &Host, (x,)| {
    host.fuse.value(Site::Read, x);
    x * x
})
.reading(ClassSet::NONE);
const CALLEE: Read<P, (i64,), i64> = Read::new("callee", |host: &Host, (x,)| {
    host.fuse.value(Site::Callee, x);
    x + 1
});
const DEEP: Read<P, (i64,), i64> = Read::new("deep", |host: &Host, (x,)| {
    host.fuse.value(Site::Deep, x);
    x ^ 5
})
.pure();
const ACT: Act<P, (i64,), i64> = Act::new("act", |cx: &mut Context<'_, P>, (x,)| {
    cx.host.said += 1;
    cx.host.fuse.value(Site::Act, x);
    Ok(x & 7)
})
.with_effects(Effects::PURE);
const COLLECT: Act<P, (i64,), i64> = Act::new("collect", |cx: &mut Context<'_, P>, (x,)| {
    let roots = cx.roots().len();
    cx.host.roots.get_or_insert(roots);
    cx.host.fuse.value(Site::Collect, x);
    Ok(x)
})
.with_effects(Effects {
    collects: true,
    ..Effects::PURE
});
const DEEP_ACT: Act<P, (i64,), i64> = Act::new("deep_act", |cx: &mut Context<'_, P>, (x,)| {
    cx.host.fuse.value(Site::DeepAct, x);
    Ok(x)
});
const NEST: Act<P, (i64,), i64> = Act::new("nest", |cx: &mut Context<'_, P>, (x,)| {
    cx.host.fuse.value(Site::Nest, x);
    cx.stack.set_word(NESTED, x * 100);
    cx.stack.set_word(NESTED + 1, 0);
    cx.stack.set_word(NESTED + 2, x * 100 + 20);
    cx.run(NESTED, 30)
        .map_err(|_| Failure("the nested run failed"))
});

/// Where callees begin, and nested runs.
const WINDOW: u16 = 8;
const NESTED: u16 = 24;
/// Words of a frame.
pub(crate) const FRAME: usize = 6;

impl Program for P {
    type Host = Host;
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    fn is_live(&self, _: Pc, _: u32) -> bool {
        self.0.call(Site::Live);
        true
    }

    fn outlives(&self, _: Pc, _: u32) -> bool {
        self.0.call(Site::Outlives);
        true
    }

    /// Words: the counter in 0, the limit in 1, the sum in 2.
    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        self.0.call(Site::Step);
        match pc {
            0 => {
                let next = m.add(m.int(0), m.constant(1));
                m.commit().set(0, next).next()
            }
            1 => {
                let square = m.read(SQUARE, (m.int(0),));
                let sum = m.add(m.int(2), square);
                m.commit().set(2, sum).next()
            }
            2 => {
                let n = m.int(0);
                let commit = m.commit().set(3, n);
                commit.call(ACT, (n,), |called, x| called.set(4, x).next())
            }
            3 => match m.is_less(m.int(4), m.constant(3)) {
                true => m.commit().jump(5),
                false => m.commit().next(),
            },
            4 => {
                let sum = m.add(m.int(2), m.int(4));
                m.commit().set(2, sum).jump(6)
            }
            5 => {
                let sum = m.sub(m.int(2), m.int(4));
                m.commit().set(2, sum).next()
            }
            6 => {
                if !m.has_room(4 * WINDOW) {
                    return m.commit().fail(Failure("stack overflow"));
                }
                let n = m.int(0);
                m.commit().set(WINDOW, n).enter(WINDOW, 7, 20)
            }
            7 => {
                let sum = m.add(m.int(2), m.int(WINDOW));
                m.commit().set(2, sum).next()
            }
            8 => match m.is_equal(m.and(m.int(0), m.constant(15)), m.constant(3)) {
                true => m.commit().next(),
                false => m.commit().jump(10),
            },
            9 => {
                let n = m.int(0);
                m.commit().call_into(4, NEST, (n,))
            }
            10 => {
                let n = m.int(0);
                m.commit().call_into(5, COLLECT, (n,))
            }
            11 => match m.is_less(m.int(0), m.int(1)) {
                true => m.commit().loop_to(0),
                false => m.commit().next(),
            },
            20 => {
                let x = m.read(CALLEE, (m.int(0),));
                m.commit().set(1, x).next()
            }
            21 => {
                let (x, caller) = (m.int(1), m.caller().expect("it was called"));
                m.commit().leave(caller, WINDOW, x)
            }
            30 => {
                let n = m.int(0);
                m.commit().call_into(3, DEEP_ACT, (n,))
            }
            31 => {
                let next = m.add(m.int(0), m.constant(1));
                let sum = m.add(m.int(1), m.read(DEEP, (next,)));
                m.commit().set(0, next).set(1, sum).next()
            }
            32 => match m.is_less(m.int(0), m.int(2)) {
                true => m.commit().loop_to(30),
                false => m.commit().next(),
            },
            33 => {
                let sum = m.int(1);
                m.commit().finish(sum)
            }
            _ => {
                let sum = m.int(2);
                m.commit().finish(sum)
            }
        }
    }
}

/// How often the loop goes round.
pub(crate) const ROUNDS: i64 = 150;

pub(crate) fn threshold(hot: u16) -> Config {
    let mut config = Config::default();
    (config.hot_loop, config.hot_function, config.hot_exit) = (hot, hot, hot);
    config
}

/// The configurations that everything is tried on: the plain interpreter, the evaluator, machine
/// code; everything hot at once, at the second time, and as it is by default.
pub(crate) fn configs() -> Vec<(&'static str, Config)> {
    let mut off = Config::default();
    off.enabled = false;
    let mut all = vec![("interpreter", off)];
    for hot in [threshold(1), threshold(2), Config::default()] {
        let mut evaluated = hot.clone();
        evaluated.machine_code = false;
        all.push(("evaluator", evaluated));
        all.push(("machine code", hot));
    }
    all
}

/// An interpreter with a fuse.
pub(crate) struct Rig {
    pub(crate) interpreter: Interpreter<P>,
    pub(crate) fuse: Arc<Fuse>,
    /// What machine code shares.
    native: Option<Arc<NativeEngine>>,
    slots: usize,
}

/// How a run ended, and the frames then: the base, and the words of all frames below the running
/// one and of that.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) answer: Result<i64, Burnt>,
    pub(crate) base: usize,
    pub(crate) words: Vec<i64>,
}

/// Prints nothing of panics that a test asks for.
pub(crate) fn silence() {
    static SILENT: Once = Once::new();
    SILENT.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Burnt>() {
                hook(info);
            }
        }));
    });
}

impl Rig {
    pub(crate) fn new(config: &Config) -> Rig {
        silence();
        let native = config.machine_code.then(|| {
            let native = NativeEngine::new(NativeOptions::default());
            Arc::new(native.expect("machine code"))
        });
        let engine = match &native {
            Some(native) => Engine::on(config.clone(), native.clone()),
            None => Engine::new(config.clone()).expect("an engine"),
        };
        let fuse = Arc::new(Fuse::default());
        let interpreter = engine.interpreter(P(fuse.clone())).expect("an interpreter");
        let slots = native.as_ref().map_or(0, |it| it.memory().usage().slots);
        Rig {
            interpreter,
            fuse,
            native,
            slots,
        }
    }

    /// Runs from the start.
    pub(crate) fn run(&mut self) -> Ended {
        self.run_with(&mut Host::default())
    }

    fn run_with(&mut self, host: &mut Host) -> Ended {
        host.fuse = self.fuse.clone();
        let mut stack = Stack::new(1000);
        stack.set_word(1, ROUNDS);
        let bottom = stack.base();
        let ran = catch_unwind(AssertUnwindSafe(|| {
            self.interpreter.run(host, &mut stack, 0)
        }));
        let answer = match ran {
            Ok(answer) => Ok(answer.expect("it does not fail")),
            Err(panic) => Err(*panic.downcast::<Burnt>().expect("the fuse's panic")),
        };
        let base = stack.base();
        let mut words = stack.words(FRAME as u16).to_vec();
        while stack.pop().is_some() {
            words.extend_from_slice(stack.words(FRAME as u16));
        }
        Ended {
            answer,
            base: base - bottom,
            words: words.into_iter().map(|word| word as i64).collect(),
        }
    }

    /// The graph's books are right and nothing is under way.
    pub(crate) fn check(&self, what: &dyn std::fmt::Debug) {
        let graph = self.interpreter.graph();
        assert_eq!(graph.inconsistencies(), Vec::<String>::new(), "{what:?}");
        assert_eq!(graph.activations(), 0, "{what:?}");
        assert!(!graph.is_recording(), "{what:?}");
        for executor in graph.executors() {
            let info = graph.executor_info(executor).expect("it exists");
            assert_eq!(info.pins, 0, "{what:?}: {executor}");
        }
    }

    /// Everything can be freed, and nothing is held.
    pub(crate) fn check_nothing_leaked(&mut self, what: &dyn std::fmt::Debug) {
        self.fuse.arm(None);
        let graph = self.interpreter.graph();
        graph.flush();
        graph.drain();
        assert_eq!(graph.executors(), [], "{what:?}");
        assert_eq!(graph.stats().code_bytes, 0, "{what:?}");
        assert_eq!(graph.references(), [0; 0], "{what:?}");
        if let Some(native) = &self.native {
            assert_eq!(native.memory().usage().slots, self.slots, "{what:?}");
        }
        graph.set_enabled(false);
        let mut host = Host::default();
        self.run_with(&mut host);
        assert_eq!(host.roots, Some(0), "{what:?}");
    }
}

/// What a run without a panic answers.
pub(crate) fn expected() -> i64 {
    let mut off = Config::default();
    off.enabled = false;
    Rig::new(&off).run().answer.expect("it ends")
}
