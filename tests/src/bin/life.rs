//! A few interpreters on compiled code from beginning to end, with and without failing steps: what
//! a memory checker watches.

use offramp::explicit::CodeFault as Fault;
use offramp::explicit::NativeOptions;
use offramp_tests::larger::programs::samples;
use offramp_tests::life::{engine, run};

fn main() {
    let (plain, _) = engine(NativeOptions::default(), false).expect("an engine");
    let (hot, native) = engine(NativeOptions::default(), true).expect("an engine");
    for sample in samples(40) {
        let wanted = run(&plain, &sample, 0).expect("an interpreter");
        let found = run(&hot, &sample, 0).expect("an interpreter");
        assert_eq!(found, wanted, "{}", sample.name);
    }
    assert_eq!(native.memory().usage().slots, 0);
    let sample = &samples(40)[0];
    for passing in 0..8 {
        let options = NativeOptions::default();
        options.memory.inject(Fault::Allocation, passing);
        if let Ok((engine, _)) = engine(options, true) {
            // Refused or not, nothing is left: that is for the memory checker to say.
            let _ = run(&engine, sample, passing);
        }
    }
    println!("done");
}
