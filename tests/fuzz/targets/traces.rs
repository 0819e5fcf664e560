//! Traces through verifier, optimiser, evaluator and compiler.
#![no_main]

use offramp_tests::fuzzing;
use offramp_tests::traces::compiled::Harness;
use std::cell::RefCell;

thread_local! {
    static HARNESS: RefCell<Harness> = RefCell::new(Harness::new().expect("a supported machine"));
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    HARNESS.with_borrow_mut(|harness| fuzzing::traces(bytes, harness));
});
