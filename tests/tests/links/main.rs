//! Executors, exits and links by name, and the random linker: all of it on the evaluator, and all of
//! it on compiled code.

#[cfg(feature = "native")]
mod compiled;
mod evaluator;

/// Graphs that are gone leave nothing.
#[global_allocator]
static ALLOCATOR: offramp_tests::counting::Counting = offramp_tests::counting::Counting;
