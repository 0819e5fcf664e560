//! The back end of one interpreter: publishes what its compiler has made, and runs it.

use super::compiler::NativeCompiler;
use super::engine::NativeEngine;
use super::entries::Entries;
use super::run;
use crate::graph::{Backend, Code, CompileError, Compiler, Entrance, Records, Unpublished};
use offramp_uop::evaluate::State;
use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

/// Runs the traces of one interpreter as machine code.
///
/// It may move to another thread, but is not shared by threads: it runs one trace at a time, and nothing
/// is published while one runs elsewhere. Its [compiler](Backend::compiler) is shared.
///
/// ```compile_fail,E0277
/// fn is_shared<T: Sync>() {}
/// is_shared::<offramp::explicit::NativeBackend>();
/// ```
#[derive(Debug)]
pub struct NativeBackend {
    compiler: Arc<NativeCompiler>,
    _not_shared: PhantomData<Cell<()>>,
}

impl NativeBackend {
    /// A back end for one interpreter.
    ///
    /// # Errors
    /// [`CompileError::CodeMemory`] if its stubs cannot be published.
    pub fn new(engine: Arc<NativeEngine>) -> Result<NativeBackend, CompileError> {
        let compiler = Arc::new(NativeCompiler::new(engine)?);
        Ok(NativeBackend {
            compiler,
            _not_shared: PhantomData,
        })
    }

    /// Calls these helpers directly. To be said before anything is compiled.
    pub(crate) fn with_entries(mut self, entries: Arc<Entries>) -> NativeBackend {
        let compiler = Arc::get_mut(&mut self.compiler).expect("it has not been shared yet");
        compiler.entries = Some(entries);
        self
    }
}

#[cfg(any(test, feature = "test-hooks"))]
#[doc(hidden)]
impl NativeBackend {
    /// With [`NativeOptions::forced_exits`]: the `count`-th guard or poll from here on leaves.
    /// Returns what was left of the countdown before.
    pub fn set_countdown(&self, count: u64) -> u64 {
        self.compiler.context.set_countdown(count)
    }
}

impl Backend for NativeBackend {
    fn compiler(&self) -> Arc<dyn Compiler> {
        self.compiler.clone()
    }

    fn publish(&self, compiled: Box<dyn Unpublished>) -> Result<Arc<dyn Code>, CompileError> {
        self.compiler.publish(compiled)
    }

    fn run(&self, records: &dyn Records, entrance: Entrance, state: &mut dyn State) {
        run::run(&self.compiler, records, &entrance, state);
    }
}
