//! Names of places, where they are shown.

use crate::host::{branches, configs, failing, interpreter, nameless, run};
use offramp::PlaceName;
use offramp::explicit::{EvaluatorBackend, ExecutorGraph};
use offramp::inspect::{Abort, Event};
use offramp_uop::text::parse_trace;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

/// Where an instruction of the host is, as it is named.
const LOOP: &str = "lines.x:15 in all, instruction 5: JumpIfLess(1, 4, 7)";
const RARE: &str = "lines.x:16 in all, instruction 6: Add(0, 0, 3)";

#[test]
fn events_are_described_with_the_names_of_places() {
    for config in configs() {
        let mut interpreter = interpreter(branches(2000), config);
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = log.clone();
        interpreter.observe(move |event, executors| {
            if !matches!(event, Event::Entered { .. } | Event::ColdExit { .. }) {
                lines
                    .lock()
                    .expect("no panic")
                    .push(executors.describe(event));
            }
        });
        assert_eq!(run(&mut interpreter), Ok(1100));
        let log = log.lock().expect("no panic").join("\n");
        assert!(
            log.starts_with(&format!("recording from {LOOP}\n")),
            "{log}"
        );
        assert!(
            log.contains(&format!("compiled, root at {LOOP}: ")),
            "{log}"
        );
        assert!(
            log.contains(&format!("recording from {LOOP} for e0.0:x")),
            "{log}"
        );
        assert!(
            log.contains(&format!(" to {LOOP} linked to e1.0 (exact)")),
            "{log}"
        );
    }
}

#[test]
fn an_abandoned_recording_says_where_it_began_and_where_it_ended() {
    for mut config in configs() {
        config.hot_loop = 100;
        let mut interpreter = interpreter(failing(100), config);
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = log.clone();
        interpreter.observe(move |event, executors| {
            lines
                .lock()
                .expect("no panic")
                .push(executors.describe(event));
        });
        let fault = run(&mut interpreter).expect_err("it fails");
        let place = "lines.x:14 in all, instruction 4: FailAbove(1, 100)";
        assert_eq!(
            fault.describe(interpreter.program()),
            format!("above the limit (at {place})")
        );
        assert_eq!(
            log.lock().expect("no panic").last().map(String::as_str),
            Some(
                format!(
                    "recording from lines.x:13 in all, instruction 3: Add(1, 1, 3) \
                     abandoned at {place}: error"
                )
                .as_str()
            )
        );
    }
}

#[test]
fn dumps_of_the_graph_and_of_traces_show_names() {
    for config in configs() {
        let mut interpreter = interpreter(branches(2000), config);
        let texts = Arc::new(Mutex::new(Vec::new()));
        let shown = texts.clone();
        interpreter.inspect_graph(move |recorded, installed, executors| {
            let mut shown = shown.lock().expect("no panic");
            shown.push((recorded.clone(), executors.annotated(recorded)));
            let trace = (*installed.trace).clone();
            shown.push((trace, executors.annotated(&installed.trace)));
        });
        assert_eq!(run(&mut interpreter), Ok(1100));
        let dump = interpreter.graph().dump().to_string();
        assert!(dump.contains(&format!("root 5 at {LOOP}, root")), "{dump}");
        assert!(dump.contains(&format!("to {LOOP}: e1.0")), "{dump}");
        let texts = texts.lock().expect("no panic");
        assert!(texts.len() >= 4);
        let comment = "at 7  ; lines.x:17 in all: Add(1, 1, 3)\n";
        assert!(texts[0].1.contains(comment), "{}", texts[0].1);
        for (trace, text) in texts.iter() {
            let parsed = parse_trace(text, &trace.interface);
            let parsed = parsed.unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(parsed.to_string(), trace.to_string());
        }
        assert_eq!(interpreter.graph().name_of(6).to_string(), RARE);
    }
}

#[test]
fn without_names_numbers_are_shown_as_ever() {
    let [config, _] = configs();
    let mut interpreter = nameless(branches(2000), config);
    assert_eq!(run(&mut interpreter), Ok(1100));
    let graph = interpreter.graph();
    let dump = graph.dump().to_string();
    assert!(dump.starts_with("e0.0 root 5 at 5, root, "), "{dump}");
    let info = graph
        .executor_info(graph.root_at(5).expect("a root"))
        .expect("it exists");
    assert_eq!(graph.annotated(&info.trace), info.trace.to_string());
    let event = Event::Recording { pc: 5, exit: None };
    assert_eq!(graph.describe(&event), "recording from instruction 5");
}

#[test]
fn a_panicking_observer_stays_and_hears_the_rest() {
    let [config, _] = configs();
    let mut interpreter = interpreter(branches(2000), config);
    let count = Arc::new(Mutex::new(0));
    let seen = count.clone();
    interpreter.observe(move |_, _| {
        let mut seen = match seen.lock() {
            Ok(seen) => seen,
            Err(poisoned) => poisoned.into_inner(),
        };
        *seen += 1;
        if *seen == 1 {
            panic!("the first event");
        }
    });
    let panicked = catch_unwind(AssertUnwindSafe(|| run(&mut interpreter)));
    assert!(panicked.is_err());
    assert_eq!(run(&mut interpreter), Ok(1100));
    let seen = *count
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    assert!(seen > 3, "{seen}");
}

#[test]
fn a_host_with_a_graph_of_its_own_names_places_by_a_closure() {
    let graph = ExecutorGraph::new(Default::default(), EvaluatorBackend);
    let names = |pc| PlaceName::of(pc).with_function("f");
    let recording = graph.begin_root(4).expect("nothing else is recording");
    let log = Arc::new(Mutex::new(Vec::new()));
    let events = log.clone();
    graph.observe(move |event| events.lock().expect("no panic").push(*event));
    graph.abandon_at(recording, Abort::Length, 9);
    let events = log.lock().expect("no panic");
    assert_eq!(
        graph.describe(&events[0], &names),
        "recording from f, instruction 4 abandoned at f, instruction 9: length"
    );
}
