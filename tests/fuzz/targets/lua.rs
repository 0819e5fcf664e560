//! Lua source, compiled and run without traces and with.
#![no_main]

#[path = "../../../examples/moonlet/tests/generated/fuzzed.rs"]
mod fuzzed;
#[path = "../../../examples/moonlet/tests/generated/grammar/mod.rs"]
mod grammar;
#[path = "../../../examples/moonlet/tests/generated/program.rs"]
mod program;
#[path = "../../../examples/moonlet/tests/generated/random.rs"]
mod random;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fuzzed::run(bytes);
});
