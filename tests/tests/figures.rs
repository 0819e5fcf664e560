//! What the library says about its executors: sizes, listings and counts.

use offramp::inspect::ExecutorInfo;
use offramp::{Config, Engine, Interpreter, Stack};
use offramp_tests::calls::{Calls, Instr, looped, recursion};

fn ran(config: Config) -> Interpreter<Calls> {
    let engine = Engine::new(config).expect("an engine");
    let (program, _) = recursion(15);
    let mut interpreter = engine.interpreter(program).expect("an interpreter");
    let answer = interpreter.run(&mut 0, &mut Stack::new(1000), 0);
    assert_eq!(answer, Ok(610));
    interpreter
}

fn infos(interpreter: &Interpreter<Calls>) -> Vec<ExecutorInfo> {
    let graph = interpreter.graph();
    let executors = graph.executors().into_iter();
    executors
        .filter_map(|executor| graph.executor_info(executor))
        .collect()
}

#[test]
fn counts_and_sizes_agree_with_the_executors() {
    for machine_code in [false, true] {
        let mut config = Config::default();
        config.machine_code = machine_code;
        let interpreter = ran(config);
        let stats = interpreter.graph().stats();
        assert_eq!(stats.freed, 0);
        assert_eq!(stats.roots + stats.sides, stats.compiled);
        assert!(stats.sides > 0 && stats.exits_linked() > 0, "{stats:?}");
        assert!(stats.uops_recorded > stats.instructions_recorded);
        let infos = infos(&interpreter);
        let sum = |of: fn(&ExecutorInfo) -> usize| infos.iter().map(of).sum::<usize>() as u64;
        assert_eq!(stats.exits, sum(|info| info.trace.exits.len()));
        assert_eq!(stats.uops_compiled, sum(|info| info.trace.uops.len()));
        assert_eq!(stats.machine_code_bytes, sum(|info| info.code.code_bytes));
        assert_eq!(stats.exit_code_bytes, sum(|info| info.code.exit_bytes));
        let time = infos.iter().map(|info| info.compile_time).sum();
        assert_eq!(stats.compile_time, time);
        assert_eq!(stats.code_bytes_per_instruction() > 0.0, machine_code);
        assert_eq!(stats.exit_code_bytes_mean() > 0.0, machine_code);
        assert!(stats.exit_code_bytes < stats.machine_code_bytes || !machine_code);
        assert!(infos.iter().all(|info| info.listing.is_none()));
    }
}

#[test]
fn listings_hold_what_cranelift_made() {
    let mut config = Config::default();
    config.listings = true;
    for info in infos(&ran(config)) {
        let listing = info.listing.expect("kept");
        let functions = 1 + usize::from(info.trace.header.is_some());
        assert_eq!(listing.clif.len(), functions);
        assert_eq!(listing.asm.len(), functions);
        assert!(listing.clif.iter().all(|clif| clif.contains("block0")));
        assert!(listing.asm.iter().all(|asm| asm.contains("block0")));
        let bytes = listing.bytes.iter().map(Vec::len).sum::<usize>();
        assert_eq!(bytes, info.code.code_bytes);
    }
}

#[test]
fn forced_exits_reach_compiled_code() {
    let entries = |forced| {
        let engine = Engine::watched(Config::default()).expect("an engine");
        let program = looped(1000, &[Instr::Add(0, 0, 4)]);
        let mut interpreter = engine.interpreter(program).expect("an interpreter");
        interpreter.force_exits(forced);
        let answer = interpreter.run(&mut 0, &mut Stack::new(100), 0);
        assert_eq!(answer, Ok(499_500));
        interpreter.graph().stats().entries
    };
    assert!(entries(7) > entries(0) + 10);
}
