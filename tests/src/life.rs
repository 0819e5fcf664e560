//! Interpreters on compiled code that come and go, for what must be left behind: nothing.

use crate::larger::host::{Host, show};
use crate::larger::programs::Sample;
use offramp::explicit::{NativeEngine, NativeOptions};
use offramp::{Config, Engine, EngineError, Fault, Stack};
use std::sync::Arc;

const WORDS: usize = 20_000;

/// Everything gets hot at once, or nothing ever does.
pub fn config(hot: bool) -> Config {
    let mut config = Config::default();
    (config.hot_loop, config.hot_function, config.hot_exit) = (1, 1, 1);
    config.enabled = hot;
    config
}

/// An engine, and what its interpreters share.
///
/// # Errors
/// [`EngineError`].
pub fn engine(
    options: NativeOptions,
    hot: bool,
) -> Result<(Engine, Arc<NativeEngine>), EngineError> {
    let native = Arc::new(NativeEngine::new(options)?);
    Ok((Engine::on(config(hot), native.clone()), native))
}

/// Makes an interpreter of the sample, runs it and drops it: what the run answered and printed.
///
/// # Errors
/// If the interpreter could not be made.
///
/// # Panics
/// If the run ends as none of the samples does.
pub fn run(engine: &Engine, sample: &Sample, failing: u32) -> Result<String, EngineError> {
    let mut interpreter = engine.interpreter(sample.program.clone())?;
    interpreter.graph().fail_next_compiles(failing);
    let (mut host, mut stack) = (Host::default(), Stack::new(WORDS));
    let answer = match interpreter.run(&mut host, &mut stack, 0) {
        Ok(value) => format!("answer {}", show(value)),
        Err(Fault::Failed { pc, error }) => format!("failed at {pc}: {error}"),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(interpreter.graph().inconsistencies(), Vec::<String>::new());
    Ok(format!("{answer}\n{}", host.show()))
}
