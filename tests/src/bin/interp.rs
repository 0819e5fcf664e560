//! What the write-once interpreter costs beside one written by hand: `interp direct` and
//! `interp hand` run the same programs and print the same lines.
//!
//! Under callgrind their instruction counts are compared; tracing is off, counters are on.

use offramp::{Config, Engine, Stack};
use offramp_tests::larger::hand;
use offramp_tests::larger::host::{Host, show};
use offramp_tests::larger::programs::{Sample, samples};

const WORDS: usize = 20_000;
const MEASURED: &[&str] = &[
    "numbers",
    "types_change",
    "calls",
    "captured",
    "arrays",
    "builtins",
    "recursion",
    "tail_calls",
    "nested_loops",
];

fn direct(sample: &Sample) -> String {
    let mut config = Config::default();
    config.enabled = false;
    let engine = Engine::new(config).expect("an engine without code memory");
    let program = sample.program.clone();
    let mut interpreter = engine.interpreter(program).expect("few classes");
    let (mut host, mut stack) = (Host::default(), Stack::new(WORDS));
    match interpreter.run(&mut host, &mut stack, 0) {
        Ok(answer) => show(answer),
        Err(fault) => fault.to_string(),
    }
}

fn by_hand(sample: &Sample) -> String {
    match hand::run(&sample.program, &mut Host::default(), WORDS) {
        Ok(answer) => show(answer),
        Err(failure) => failure.to_string(),
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let way = arguments.next().unwrap_or_default();
    let size = arguments.next().and_then(|size| size.parse().ok());
    let only = arguments.next();
    let run: fn(&Sample) -> String = match way.as_str() {
        "direct" => direct,
        "hand" => by_hand,
        _ => {
            eprintln!("usage: interp direct|hand [iterations [program]]");
            std::process::exit(2);
        }
    };
    for sample in samples(size.unwrap_or(20_000)) {
        let chosen = only.as_ref().is_none_or(|only| only == sample.name);
        if MEASURED.contains(&sample.name) && chosen {
            println!("{}: {}", sample.name, run(&sample));
        }
    }
}
