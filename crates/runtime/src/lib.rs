//! A tracing JIT for any interpreter written in Rust.
