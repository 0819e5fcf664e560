//! Settings and instruction numbers at the ends of their ranges: the answer stays, and so does the
//! process.

use offramp::{Config, Done, Engine, Machine, Op, Pc, Program, Stack, Words};
use offramp_tests::calls::recursion;

type Setting = (&'static str, fn(&mut Config));

const SETTINGS: [Setting; 24] = [
    ("hot_loop 0", |config| config.hot_loop = 0),
    ("hot_loop most", |config| config.hot_loop = u16::MAX),
    ("hot_function 0", |config| config.hot_function = 0),
    ("hot_function most", |config| config.hot_function = u16::MAX),
    ("hot_exit 0", |config| config.hot_exit = 0),
    ("hot_exit most", |config| config.hot_exit = u16::MAX),
    ("failures 0", |config| config.failures = 0),
    ("general_after 0", |config| config.general_after = 0),
    ("general_after most", |config| {
        config.general_after = u16::MAX
    }),
    ("chain_depth 0", |config| config.chain_depth = 0),
    ("chain_depth most", |config| config.chain_depth = u16::MAX),
    ("trace_length 0", |config| config.trace_length = 0),
    ("trace_length most", |config| {
        config.trace_length = usize::MAX;
    }),
    ("trace_exits 0", |config| config.trace_exits = 0),
    ("trace_exits most", |config| config.trace_exits = usize::MAX),
    ("inlining_depth 0", |config| config.inlining_depth = 0),
    ("inlining_depth most", |config| {
        config.inlining_depth = u32::MAX;
    }),
    ("return_depth most", |config| config.return_depth = u32::MAX),
    ("executors 0", |config| config.executors = 0),
    ("executors most", |config| config.executors = usize::MAX),
    ("code_bytes 0", |config| config.code_bytes = 0),
    ("code_bytes most", |config| config.code_bytes = usize::MAX),
    ("sweep_every 1", |config| config.sweep_every = 1),
    ("native_stack most", |config| {
        config.native_stack = usize::MAX;
    }),
];

/// Answers with 610 and how many traces were made.
fn compiled(config: Config) -> u64 {
    let engine = Engine::new(config).expect("an engine");
    let (program, _) = recursion(15);
    let mut interpreter = engine.interpreter(program).expect("an interpreter");
    let answer = interpreter.run(&mut 0, &mut Stack::new(1000), 0);
    assert_eq!(answer, Ok(610));
    assert_eq!(interpreter.graph().inconsistencies(), Vec::<String>::new());
    interpreter.graph().stats().compiled
}

fn hot() -> Config {
    let mut config = Config::default();
    (config.hot_loop, config.hot_function, config.hot_exit) = (5, 5, 5);
    config
}

#[test]
fn o4_settings_at_the_ends_of_their_ranges() {
    let none = [
        "trace_length 0",
        "trace_exits 0",
        "executors 0",
        "code_bytes 0",
    ];
    let never = ["hot_function most", "failures 0"];
    for (name, set) in SETTINGS {
        let mut config = hot();
        set(&mut config);
        let compiled = compiled(config);
        if !never.contains(&name) {
            assert_eq!(compiled == 0, none.contains(&name), "{name}: {compiled}");
        }
    }
}

/// Counts at an instruction of this number.
struct Counts(Pc);

impl Program for Counts {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        if pc != self.0 {
            let count = m.int(0);
            return m.commit().finish(count);
        }
        let next = m.add(m.int(0), m.constant(1));
        if m.is_less(next, m.constant(1000)) {
            return m.commit().set(0, next).loop_to(pc);
        }
        m.commit().set(0, next).jump(self.0 - 1)
    }
}

#[test]
fn p8_instructions_that_are_not_numbered_from_0() {
    let runs = [3, (1 << 22) - 1, 1 << 22, 1 << 31, u32::MAX].map(|pc| {
        let engine = Engine::new(Config::default()).expect("an engine");
        let mut interpreter = engine.interpreter(Counts(pc)).expect("an interpreter");
        let answers = [1, 2].map(|_| interpreter.run(&mut (), &mut Stack::new(100), pc));
        assert_eq!(answers, [Ok(1000); 2]);
        interpreter.graph().flush();
        interpreter.graph().sweep();
        let answer = interpreter.run(&mut (), &mut Stack::new(100), pc);
        assert_eq!(answer, Ok(1000));
        let stats = interpreter.graph().stats();
        (stats.compiled, stats.entries)
    });
    assert!(runs[0].0 > 0);
    assert!(runs.iter().all(|&run| run == runs[0]), "{runs:?}");
}
