//! The report: what it counts, what it says, and what it says of things that are gone.

use crate::host::{Lines, branches, configs, failing, interpreter, run};
use expect_test::expect;
use offramp::inspect::{Abort, Report};
use offramp::inspect::{ExitReport, ExitStatus};
use offramp::{Config, Engine, Interpreter, Stack};
use offramp_tests::calls::{Calls, recursion, returns_in_a_row};
use offramp_tests::larger::host::Host;
use offramp_tests::larger::programs::samples;

fn profiled(code: Vec<crate::host::Instr>, mut config: Config) -> Interpreter<Lines> {
    config.profile = true;
    let mut interpreter = interpreter(code, config);
    let ran = run(&mut interpreter);
    assert!(ran.is_ok() || ran.is_err());
    interpreter
}

fn exit<'a>(report: &'a Report, line: u32, test: &str) -> &'a ExitReport {
    let mut exits = report.exits.iter();
    let found = exits.find(|exit| exit.place.line == Some(line) && exit.tests == [test]);
    found.unwrap_or_else(|| panic!("no exit of line {line} tests {test}:\n{report}"))
}

#[test]
fn the_text_is_for_people() {
    let [config, _] = configs();
    let report = profiled(branches(2000), config).report();
    expect![[r#"
        instructions: 7,106 (counted)
                    560    7.9 %  in the interpreter
                      7    0.1 %  in the interpreter, recording
                  6,539   92.0 %  in traces
        recordings: 2: 1 root, 1 side trace, 0 abandoned
        compiled: 7 instructions, 46 uops recorded, 42 after optimisation, 0 bytes
        ways between interpreter and traces: 101 in, 101 exits not linked when they were taken
        exits to the interpreter: 1
                      1  e1.0:x2 side at lines.x:18 in all, instruction 8: LoopIfLess(1, 2, 5)
                         tests w1 < w2; saw w1 = 2000, w2 = 2000 (1×)
                         cold, recorded after 98 more
                         not linked: no trace starts there
        linked exits: 2
                  1,099  e0.0:x2 side at lines.x:15 in all, instruction 5: JumpIfLess(1, 4, 7)
                         100 of them while it was not linked
                         tests w1 < w4; saw w1 = 900 to 999, w4 = 900 (100×)
                         linked to e1.0 (exact)
                    998  e1.0:x3 side at lines.x:15 in all, instruction 5: JumpIfLess(1, 4, 7)
                         tests the trace ends here
                         linked to e0.0 (header)
        abandoned recordings: none
        trees of traces, largest first: 1
                42 uops  e0.0 root at lines.x:15 in all, instruction 5: JumpIfLess(1, 4, 7)
                         2 traces, 0 bytes of code; entered 101×, run 2,098×, 6,539 instructions; cost some 290 µs, lost 15
    "#]]
    .assert_eq(&report.to_string());
}

#[test]
fn the_hottest_exit_says_where_it_is_what_it_tests_and_what_it_saw() {
    for config in configs() {
        let report = profiled(branches(2000), config).report();
        let hottest = &report.exits[0];
        assert_eq!(
            hottest.place.to_string(),
            "lines.x:15 in all, instruction 5: JumpIfLess(1, 4, 7)"
        );
        assert_eq!(hottest.tests, ["w1 < w4"]);
        // Rounds from 900 on, but the one that recorded the side trace and began it.
        assert_eq!((hottest.taken, hottest.cold), (Some(1099), 100));
        let [seen] = &*hottest.seen else {
            panic!("{report}")
        };
        assert_eq!((seen.test, seen.times), (0, 100));
        assert_eq!(seen.values, "w1 = 900 to 999, w4 = 900");
        assert!(matches!(hottest.status, ExitStatus::Linked(_)));
        assert_eq!(hottest.why_not_linked, None);
        let last = exit(&report, 18, "w1 < w2");
        assert_eq!((last.taken, last.cold), (Some(1), 1));
        assert_eq!(last.seen[0].values, "w1 = 2000, w2 = 2000");
        assert_eq!(
            last.why_not_linked.as_deref(),
            Some("no trace starts there")
        );
    }
}

#[test]
fn a_few_different_sightings_are_told_apart() {
    // Word 4 is 900: the root is recorded below, the end is at 903.
    for mut config in configs() {
        config.hot_exit = 1000;
        let report = profiled(branches(903), config).report();
        let seen = &exit(&report, 15, "w1 < w4").seen;
        let seen: Vec<(&str, u64)> = seen.iter().map(|it| (&*it.values, it.times)).collect();
        let expected = [
            "w1 = 900, w4 = 900",
            "w1 = 901, w4 = 900",
            "w1 = 902, w4 = 900",
        ];
        assert_eq!(seen, expected.map(|values| (values, 1)));
    }
}

/// How many instructions the plain interpreter executes, and the report with traces.
fn counted(mut config: Config, run: impl Fn(Config) -> (u64, Report)) -> (u64, Report) {
    config.profile = true;
    let (_, report) = run(config.clone());
    config.enabled = false;
    let (all, plain) = run(config);
    assert_eq!(plain.instructions.all(), Some(all));
    assert_eq!(plain.instructions.in_traces, Some(0));
    (all, report)
}

#[test]
fn every_instruction_is_counted_once() {
    let of_lines = |code: fn(i64) -> Vec<crate::host::Instr>, size: i64| {
        move |config: Config| {
            let mut interpreter = interpreter(code(size), config);
            let _ = run(&mut interpreter);
            (interpreter.instructions_interpreted(), interpreter.report())
        }
    };
    let of_calls = |program: fn() -> Calls| {
        move |config: Config| {
            let engine = Engine::new(config).expect("an engine");
            let mut interpreter = engine.interpreter(program()).expect("an interpreter");
            let ran = interpreter.run(&mut 0, &mut Stack::new(1000), 0);
            assert!(ran.is_ok(), "{ran:?}");
            (interpreter.instructions_interpreted(), interpreter.report())
        }
    };
    type Run = Box<dyn Fn(Config) -> (u64, Report)>;
    let mut programs: Vec<(&str, Run)> = vec![
        ("branches", Box::new(of_lines(branches, 5000))),
        ("short", Box::new(of_lines(branches, 40))),
        ("failing", Box::new(of_lines(failing, 3000))),
        ("recursion", Box::new(of_calls(|| recursion(15).0))),
        ("returns", Box::new(of_calls(|| returns_in_a_row(9).0))),
    ];
    for sample in samples(400) {
        let run = move |config: Config| {
            let engine = Engine::new(config).expect("an engine");
            let program = sample.program.clone();
            let mut interpreter = engine.interpreter(program).expect("an interpreter");
            // How it ends is the same in every mode, which other tests show.
            let _ = interpreter.run(&mut Host::default(), &mut Stack::new(20_000), 0);
            (interpreter.instructions_interpreted(), interpreter.report())
        };
        programs.push((sample.name, Box::new(run)));
    }
    for (name, program) in &programs {
        for config in configs() {
            for threshold in [1, 2, 50] {
                let mut config = config.clone();
                config.hot_loop = threshold;
                config.hot_function = threshold;
                config.hot_exit = threshold;
                let (all, report) = counted(config, program);
                let found = report.instructions.all();
                assert_eq!(found, Some(all), "{name} at {threshold}:\n{report}");
            }
        }
    }
}

/// Bytes of machine code depend on addresses: how long an instruction is that names one.
fn without_bytes(text: &str) -> String {
    let words = text.split(' ').collect::<Vec<_>>();
    let is_count = |at: usize| {
        let before = at.checked_sub(1).map(|at| words[at]);
        let after = words
            .get(at + 1)
            .is_some_and(|next| next.starts_with("bytes"));
        after || before == Some("\"code_bytes\":")
    };
    let kept = (0..words.len()).filter(|&at| !is_count(at));
    kept.map(|at| words[at]).collect::<Vec<_>>().join(" ")
}

#[test]
fn reports_of_two_runs_are_the_same() {
    for config in configs() {
        let runs = [(); 2].map(|()| profiled(branches(3000), config.clone()).report());
        let [first, second] = runs.map(|report| (report.to_string(), report.json(5)));
        assert_eq!(without_bytes(&first.0), without_bytes(&second.0));
        assert_eq!(without_bytes(&first.1), without_bytes(&second.1));
        assert!(without_bytes(&first.0).len() < first.0.len());
        assert!(without_bytes(&first.1).len() < first.1.len());
    }
}

#[test]
fn without_profiling_what_was_not_counted_is_left_out() {
    for config in configs() {
        let mut interpreter = interpreter(branches(2000), config);
        assert_eq!(run(&mut interpreter), Ok(1100));
        let report = interpreter.report();
        assert_eq!(report.instructions.all(), None);
        assert_eq!(report.instructions.in_traces, None);
        assert_eq!(report.instructions.recording, Some(7));
        let hottest = &report.exits[0];
        assert_eq!((hottest.taken, hottest.cold), (None, 100));
        assert!(hottest.seen.is_empty());
        assert_eq!(report.trees[0].runs, None);
        assert!(report.to_string().contains("were not counted"), "{report}");
        assert!(report.json(1).contains("\"in_traces\": null"));
    }
}

#[test]
fn abandoned_recordings_say_why_and_where() {
    for mut config in configs() {
        config.hot_loop = 100;
        let mut interpreter = interpreter(failing(100), config);
        for _ in 0..40 {
            run(&mut interpreter).expect_err("it fails");
        }
        let report = interpreter.report();
        let stats = interpreter.graph().stats();
        let [first, ..] = &*report.abandoned else {
            panic!("{report}")
        };
        assert_eq!(first.reason, Abort::Error);
        assert_eq!(first.place.line, Some(13));
        assert_eq!(first.at.as_ref().and_then(|at| at.line), Some(14));
        assert!(!first.side);
        let times: u64 = report.abandoned.iter().map(|it| it.times).sum();
        assert_eq!(times, stats.aborts.values().sum::<u64>());
        assert!(
            report
                .to_string()
                .contains("The program failed while it was recorded.")
        );
    }
}

#[test]
fn an_exit_that_is_given_up_says_why_and_what_is_there() {
    for mut config in configs() {
        config.hot_exit = 2;
        config.failures = 1;
        config.useless_root = u32::MAX;
        config.profile = true;
        let mut interpreter = interpreter(branches(2000), config);
        // The root is compiled, nothing else can be.
        interpreter.observe(|event, executors| {
            if let offramp::inspect::Event::Compiled { .. } = event {
                executors.fail_next_compiles(u32::MAX);
            }
        });
        assert_eq!(run(&mut interpreter), Ok(1100));
        let report = interpreter.report();
        let hottest = &report.exits[0];
        assert_eq!(
            hottest.status,
            ExitStatus::GivenUp(Abort::Compile),
            "{report}"
        );
        let why = hottest.why_not_linked.as_deref().unwrap_or_default();
        assert!(why.starts_with("1 failed attempt; e0.0: "), "{why}");
        let [abandoned] = &*report.abandoned else {
            panic!("{report}")
        };
        assert!(abandoned.side && abandoned.at.is_none(), "{report}");
        assert_eq!((abandoned.reason, abandoned.times), (Abort::Compile, 1));
        let json = report.json(1);
        assert!(
            json.contains(r#""status": "given-up", "to": null, "reason": "compile""#),
            "{json}"
        );
    }
}

#[test]
fn trees_add_up_what_hangs_together() {
    for config in configs() {
        let interpreter = profiled(branches(2000), config);
        let report = interpreter.report();
        let [tree] = &*report.trees else {
            panic!("{report}")
        };
        let graph = interpreter.graph();
        let executors = graph.executors().into_iter();
        let infos = executors.filter_map(|executor| graph.executor_info(executor));
        let (mut uops, mut bytes, mut entered) = (0, 0, 0);
        for info in infos {
            uops += info.trace.uops.len();
            bytes += info.code.code_bytes;
            entered += info.entered;
        }
        assert!(tree.is_root);
        assert_eq!((tree.traces, tree.adapters), (2, 0));
        assert_eq!(
            (tree.uops, tree.code_bytes, tree.entered),
            (uops, bytes, entered)
        );
        assert_eq!(tree.instructions, report.instructions.in_traces);
        // The root once per way in, and both once per round of the rare branch.
        assert_eq!(tree.runs, Some(entered + 2 * 999 - 1));
    }
}

#[test]
fn a_side_trace_whose_root_is_gone_is_a_tree_of_its_own() {
    for config in configs() {
        let interpreter = profiled(branches(2000), config);
        let graph = interpreter.graph();
        graph.invalidate(graph.root_at(5).expect("a root"));
        graph.drain();
        let report = interpreter.report();
        let [tree] = &*report.trees else {
            panic!("{report}")
        };
        assert!(!tree.is_root && tree.traces == 1, "{report}");
        let mut exits = report.exits.iter();
        assert!(exits.all(|exit| exit.exit.owner() == Some(tree.root)));
        assert_eq!(report.freed, 1);
        assert!(report.to_string().contains("side trace of what is gone"));
    }
}

#[test]
fn exits_of_every_kind_are_reported_and_can_be_shown() {
    for mut config in configs() {
        config.profile = true;
        config.hot_loop = 5;
        config.hot_function = 5;
        config.hot_exit = 20;
        let mut texts = Vec::new();
        for sample in samples(400) {
            let engine = Engine::new(config.clone()).expect("an engine");
            let program = sample.program.clone();
            let mut interpreter = engine.interpreter(program).expect("an interpreter");
            let _ = interpreter.run(&mut Host::default(), &mut Stack::new(20_000), 0);
            let report = interpreter.report();
            for exit in &report.exits {
                assert!(!exit.tests.is_empty(), "{}: {report}", exit.exit);
                let linked = matches!(exit.status, ExitStatus::Linked(_));
                assert_eq!(linked, exit.why_not_linked.is_none(), "{}", exit.exit);
                let seen: u64 = exit.seen.iter().map(|seen| seen.times).sum();
                assert!(
                    seen + exit.seen_else <= exit.cold,
                    "{}: {report}",
                    exit.exit
                );
            }
            texts.push(report.text(usize::MAX));
        }
        let text = texts.join("\n");
        // Guards over words, the heap, helpers, returns.
        for part in [
            "tests w5 < w13; saw w5 = ",
            "tests shape+96 of w",
            "tests @print returns as usual",
            "tests there is room up to w",
            "tests the frame returns to instruction ",
            "; saw a return to instruction ",
        ] {
            assert!(text.contains(part), "`{part}` is not in\n{text}");
        }
    }
}

#[test]
fn what_freed_executors_did_stays_counted() {
    for config in configs() {
        let interpreter = profiled(branches(2000), config);
        let before = interpreter.report();
        let executors = interpreter.graph().executors().len() as u64;
        interpreter.graph().flush();
        interpreter.graph().drain();
        let after = interpreter.report();
        assert_eq!(after.instructions, before.instructions);
        assert_eq!(after.freed, executors);
        let cold: u64 = before.exits.iter().map(|exit| exit.cold).sum();
        assert_eq!(after.freed_cold, cold);
        assert!(after.exits.is_empty() && after.trees.is_empty());
        assert!(
            after
                .to_string()
                .contains("freed: 2 executors (invalidated: 2 asked)")
        );
    }
}

#[test]
fn returns_are_counted_at_their_return_points() {
    for mut config in configs() {
        config.profile = true;
        let engine = Engine::new(config).expect("an engine");
        let (program, _) = recursion(15);
        let mut interpreter = engine.interpreter(program).expect("an interpreter");
        assert_eq!(interpreter.run(&mut 0, &mut Stack::new(1000), 0), Ok(610));
        let report = interpreter.report();
        let mut exits = report.exits.iter();
        let found = exits.find(|exit| exit.exit.owner().is_none());
        let found = found.unwrap_or_else(|| panic!("no return point:\n{report}"));
        assert!(found.cold > 0);
        assert_eq!(found.tests, ["no trace returns here"]);
    }
}
