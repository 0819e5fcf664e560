//! What the host is asked and told: instructions themselves, which words are live, events, new traces.

use crate::kit::{Burnt, Rig, Site, configs, expected, threshold};
use offramp::Config;
use offramp::explicit::ExecutorGraph;
use offramp::inspect::Event;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The numbers that a sweep tries: all at first, then ever fewer.
fn sweep() -> impl Iterator<Item = i64> {
    std::iter::successors(Some(1), |n| Some(n + 1 + n / 6))
}

fn rig(config: &Config) -> Rig {
    let mut rig = Rig::new(config);
    let fuse = rig.fuse.clone();
    rig.interpreter
        .graph()
        .observe(move |_| fuse.call(Site::Observer));
    let fuse = rig.fuse.clone();
    rig.interpreter
        .inspect(move |_, _| fuse.call(Site::Inspector));
    rig
}

/// Lets `site` burn at its n-th call, for ever larger n, until a run has no n-th; how many burnt.
fn burn(site: Site) {
    let right = expected();
    for (name, config) in configs() {
        let mut burnt = 0;
        for n in sweep() {
            let what = (name, site, n, config.hot_loop);
            let mut rig = rig(&config);
            rig.fuse.arm(Some((site, n)));
            let ended = rig.run();
            rig.check(&what);
            rig.fuse.arm(None);
            let again = rig.run();
            assert_eq!(again.answer, Ok(right), "{what:?}");
            rig.check(&what);
            rig.check_nothing_leaked(&what);
            match ended.answer {
                Err(panic) => assert_eq!(panic, Burnt(site, n)),
                Ok(answer) => {
                    assert_eq!(answer, right, "{what:?}");
                    break;
                }
            }
            burnt += 1;
        }
        // Nothing here returns where that is not known.
        let asked = site == Site::Step || config.enabled && config.hot_loop < 20;
        let asked = asked && site != Site::Outlives;
        assert!(burnt > 3 || !asked, "{name}: {burnt} burnt");
    }
}

#[test]
fn an_observer_panics() {
    burn(Site::Observer);
}

#[test]
fn an_inspector_panics() {
    burn(Site::Inspector);
}

#[test]
fn an_instruction_panics() {
    burn(Site::Step);
}

#[test]
fn what_says_which_words_are_live_panics() {
    burn(Site::Live);
    burn(Site::Outlives);
}

/// An interpreter whose observer panics again and again goes on being right.
#[test]
fn an_observer_that_panics_at_every_nth_event() {
    let right = expected();
    for every in [1, 2, 3, 7, 50] {
        for hot in [1, 2] {
            let mut rig = Rig::new(&threshold(hot));
            let heard = Arc::new(AtomicUsize::new(0));
            let count = heard.clone();
            rig.interpreter.graph().observe(move |_| {
                if count.fetch_add(1, Relaxed) % every == every - 1 {
                    panic_any(Burnt(Site::Observer, 0));
                }
            });
            let mut answers = 0;
            for _ in 0..60 {
                let ended = rig.run();
                rig.interpreter.graph().inconsistencies();
                if let Ok(answer) = ended.answer {
                    assert_eq!(answer, right, "every {every}, hot {hot}");
                    answers += 1;
                }
            }
            assert!(answers > 0 || every < 50, "every {every}: never an answer");
            rig.interpreter.graph().observe(|_| {});
            rig.check(&(every, hot));
            assert_eq!(rig.run().answer, Ok(right));
            rig.check_nothing_leaked(&(every, hot));
        }
    }
}

/// Events come in order and once, whatever the observer does to the graph meanwhile.
#[test]
fn an_observer_may_call_the_graph() {
    let graph = Rc::new(ExecutorGraph::new(
        threshold(1),
        offramp::explicit::EvaluatorBackend,
    ));
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let events = told.clone();
    thread_local! {
        static GRAPH: std::cell::RefCell<Option<Rc<ExecutorGraph>>> = const { std::cell::RefCell::new(None) };
    }
    // An observer must be one that can be sent; the graph it calls is this thread's.
    GRAPH.set(Some(graph.clone()));
    graph.observe(move |event| {
        events.lock().expect("no panic").push(*event);
        let graph = GRAPH.with_borrow(|graph| graph.clone().expect("it was set"));
        match event {
            Event::Compiled { executor, .. } => graph.invalidate(*executor),
            Event::Invalidated { .. } => graph.drain(),
            Event::Freed { executor } => {
                let recording = graph.begin_root(executor.pc());
                drop(recording.expect("nothing is recording"));
                graph.flush();
                graph.sweep();
            }
            _ => {}
        }
    });
    let recording = graph.begin_root(3).expect("nothing is recording");
    let mut b = offramp_uop::Builder::new("t", 3, offramp_uop::Interface::new().into());
    b.at(3);
    let out = b.side_exit(4, 0);
    b.leave(out);
    let installed = graph.finish(recording, b.finish());
    assert!(installed.is_ok());
    assert!(!graph.is_recording());
    assert_eq!(graph.executors(), []);
    let names: Vec<String> = told
        .lock()
        .expect("no panic")
        .iter()
        .map(|event| {
            format!("{event:?}")
                .split(' ')
                .next()
                .unwrap_or("")
                .to_owned()
        })
        .collect();
    assert_eq!(
        names,
        [
            "Recording",
            "Compiled",
            "Invalidated",
            "Freed",
            "Recording",
            "Aborted"
        ]
    );
    GRAPH.set(None);
}

/// A panic of what says which words are live, through the graph alone: the exit that asked cools again.
#[test]
fn a_recording_that_a_panic_dropped_is_counted_and_over() {
    #[derive(Debug)]
    struct Bad;
    impl offramp_uop::optimise::Liveness for Bad {
        fn is_live(&self, _: u32, _: u32) -> bool {
            panic_any(Burnt(Site::Live, 0))
        }
        fn outlives(&self, _: u32, _: u32) -> bool {
            true
        }
        fn caller(&self, _: &dyn Fn(i32) -> Option<i64>) -> Option<offramp_uop::optimise::Caller> {
            None
        }
    }
    let graph = ExecutorGraph::new(threshold(1), offramp::explicit::EvaluatorBackend);
    let recording = graph.begin_root(3).expect("nothing is recording");
    let mut b = offramp_uop::Builder::new("t", 3, offramp_uop::Interface::new().into());
    b.at(3);
    let x = b.load_word(offramp_uop::Type::I64, offramp_uop::Word(0));
    b.store_word(offramp_uop::Word(1), x);
    let out = b.side_exit(4, 0);
    b.leave(out);
    let trace = b.finish();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        graph.finish_knowing(recording, trace.clone(), Some(&Bad))
    }));
    assert!(panic.expect_err("it panics").is::<Burnt>());
    assert!(!graph.is_recording());
    assert_eq!(graph.stats().aborts.values().sum::<u64>(), 1);
    let recording = graph.begin_root(3).expect("nothing is recording");
    assert!(graph.finish(recording, trace).is_ok());
}
