//! Random traces, model machines and the trace checker, for tests.
