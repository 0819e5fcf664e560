//! The least interpreter that gets a JIT.

fn main() {}
