//! Returns whose target is known at run time only, on compiled code: they stay there, and survive
//! that what they return to is unlinked and freed.

use offramp::inspect::Stats;
use offramp::inspect::{Abort, LinkKind};
use offramp::{Config, Engine, Stack, Words};
use offramp_tests::calls::{Calls, recursion, returns_in_a_row};

const N: i64 = 20;
const FIB: i64 = 6765;

fn run(config: Config, program: Calls, expected: i64, flush: bool) -> Stats {
    let engine = Engine::new(config).expect("an engine");
    let mut interpreter = engine.interpreter(program).expect("an interpreter");
    let mut stack = Stack::new(1000);
    for _ in 0..3 {
        let answer = interpreter.run(&mut 0, &mut stack, 0);
        assert_eq!(answer, Ok(expected));
        assert_eq!(stack.base(), Stack::<Words>::new(0).base());
        if flush {
            interpreter.graph().flush();
            interpreter.graph().drain();
            assert_eq!(interpreter.graph().stats().executors, 0);
        }
    }
    assert!(interpreter.graph().inconsistencies().is_empty());
    interpreter.graph().stats()
}

#[test]
fn returns_stay_in_compiled_code() {
    let (program, calls) = recursion(N);
    for return_depth in [0, 1, 4] {
        let mut config = Config::default();
        config.return_depth = return_depth;
        let stats = run(config, program.clone(), FIB, false);
        if return_depth == 0 {
            assert!(stats.links[&LinkKind::ReturnPoint] > 0);
        }
        // Every return that came back would be one.
        assert!(stats.cold_exits < calls / 2, "{stats:?}");
        assert!(stats.entries < calls / 2, "{stats:?}");
    }
}

/// A trace from a return that pops one frame and meets the same return again has got somewhere.
#[test]
fn returns_to_themselves_stay_in_compiled_code() {
    let (program, calls) = returns_in_a_row(12);
    // Which of its two callers a return is recorded with depends on when it gets hot.
    for (threshold, return_depth) in (2..10).flat_map(|hot| [0, 1, 2].map(|depth| (hot, depth))) {
        let mut config = Config::default();
        config.return_depth = return_depth;
        (config.hot_function, config.hot_exit) = (threshold, threshold);
        let stats = run(config, program.clone(), 1, false);
        assert!(!stats.aborts.contains_key(&Abort::NoProgress), "{stats:?}");
        assert!(stats.cold_exits < calls / 4, "{stats:?}");
    }
}

#[test]
fn k5_what_is_returned_to_may_be_unlinked_and_freed() {
    for threshold in [1, 2, 10] {
        for return_depth in [0, 1] {
            let mut config = Config::default();
            config.return_depth = return_depth;
            (config.hot_loop, config.hot_function) = (threshold, threshold);
            config.hot_exit = threshold;
            // Each new trace cools the others, so links go while frames wait to be returned to.
            config.sweep_every = 1;
            let stats = run(config, recursion(N).0, FIB, true);
            assert!(stats.links[&LinkKind::ReturnPoint] > 0);
            assert!(stats.unlinks > 0 && stats.freed > 0, "{stats:?}");
        }
    }
}
