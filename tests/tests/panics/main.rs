//! Panics of host code come out of `run` as they are, whoever called it, with or without traces: the
//! frame is whole then, the graph's books are right, the interpreter runs on, and nothing is leaked.

mod callbacks;
mod helpers;
mod kit;
mod making;
