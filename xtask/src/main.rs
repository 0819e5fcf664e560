//! What people run on this repository.

fn main() {}
