//! Executors, exits and links by name, and the random linker: all of it on the evaluator, and all of
//! it on compiled code.

#[cfg(feature = "native")]
mod compiled;
mod evaluator;
