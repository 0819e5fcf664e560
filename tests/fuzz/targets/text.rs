//! The parser of traces' text, and what is made of what it accepts.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| offramp_tests::fuzzing::text(bytes));
