//! Random traces on compiled code: each run is the evaluator's, to the last pending word.
//!
//! `OFFRAMP_RANDOM_TRACES` sets how many traces (300), `OFFRAMP_RANDOM_SECONDS` runs for that long
//! instead, `OFFRAMP_SEED` starts at the seed a failure printed. Compiled code that crashes takes
//! the process along; the seed that was about to run is then in the file `native_traces.seed` below
//! the target directory's `tmp`.

use offramp_tests::seeds::Seeds;
use offramp_tests::traces::compiled::Harness;
use offramp_uop::optimise::{Options, optimise};
use offramp_uop::testing::generate::generate;
use std::path::Path;

#[test]
fn random_traces_run_on_compiled_code_as_on_the_evaluator() {
    let seeds = Seeds::from_environment(0x7a_0000, "OFFRAMP_RANDOM_TRACES", 300);
    let first = seeds.first();
    let note = Path::new(env!("CARGO_TARGET_TMPDIR")).join("native_traces.seed");
    let mut harness = Harness::new().expect("a supported machine");
    for seed in seeds {
        std::fs::write(&note, format!("OFFRAMP_SEED={seed:#x}\n")).expect("written");
        let generated = generate(seed);
        let optimised = optimise(&generated.trace, &Options::default()).trace;
        for (kind, trace) in [("recorded", &generated.trace), ("optimised", &optimised)] {
            if let Err(error) = harness.check(trace, &generated.starts, seed) {
                panic!(
                    "OFFRAMP_SEED={seed:#x} OFFRAMP_RANDOM_TRACES=1\nthe {kind} trace, {error}\n{trace}"
                );
            }
        }
    }
    println!("from seed {first:#x}: {:?}", harness.coverage);
    if harness.coverage.traces >= 200 {
        let coverage = harness.coverage;
        assert!(coverage.whole > coverage.traces && coverage.forced > 4 * coverage.traces);
        assert!(coverage.header > coverage.traces / 10 && coverage.words > 20 * coverage.traces);
        assert!(coverage.unmade.iter().all(|&unmade| unmade > 0));
    }
}
