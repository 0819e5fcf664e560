//! Operations on the executor graph while a program runs on it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| offramp_tests::fuzzing::graph(bytes));
