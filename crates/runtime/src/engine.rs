//! [`Engine`]: what interpreters share, and where they come from.

use crate::graph::{Config, EvaluatorBackend, ExecutorGraph};
use crate::interpreter::Interpreter;
use crate::layout::Layout;
use crate::program::Program;
use crate::recorder::Registry;
#[cfg(feature = "native")]
use std::sync::Arc;

/// An engine could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The layout has more alias classes than the trace IR.
    #[error("{found} alias classes, at most {limit} are possible")]
    Classes {
        /// How many the layout names.
        found: usize,
        /// How many are possible.
        limit: usize,
    },
    /// Traces cannot be made machine code here.
    #[error("no machine code here")]
    MachineCode(#[from] crate::graph::CompileError),
}

/// What interpreters share: policy, and with the feature `native` the target and code memory.
#[derive(Clone, Debug)]
pub struct Engine {
    config: Config,
    #[cfg(feature = "native")]
    native: Option<Arc<crate::native::NativeEngine>>,
}

impl Engine {
    /// An engine with this policy.
    ///
    /// # Errors
    /// With the feature `native` and [`Config::machine_code`]: if the machine or its code memory
    /// is not supported. Without, it cannot fail to be made.
    pub fn new(config: Config) -> Result<Engine, EngineError> {
        Ok(Engine {
            #[cfg(feature = "native")]
            native: Engine::native(&config)?,
            config,
        })
    }

    /// An engine on machine code that is made with other settings than the defaults.
    #[cfg(all(feature = "native", any(test, feature = "test-hooks")))]
    #[doc(hidden)]
    pub fn on(config: Config, native: Arc<crate::native::NativeEngine>) -> Engine {
        Engine {
            native: Some(native),
            config,
        }
    }

    #[cfg(feature = "native")]
    fn native(config: &Config) -> Result<Option<Arc<crate::native::NativeEngine>>, EngineError> {
        if !config.machine_code {
            return Ok(None);
        }
        let options = crate::native::NativeOptions {
            listings: config.listings,
            ..Default::default()
        };
        let engine = crate::native::NativeEngine::new(options)?;
        Ok(Some(Arc::new(engine)))
    }

    /// An engine whose compiled code asks the machine at every guard, as the evaluator does, so
    /// that [`Interpreter::force_exits`] reaches it.
    ///
    /// # Errors
    /// As [`new`](Engine::new).
    #[cfg(any(test, feature = "test-hooks"))]
    #[doc(hidden)]
    pub fn watched(config: Config) -> Result<Engine, EngineError> {
        #[cfg(feature = "native")]
        if config.machine_code {
            let options = crate::native::NativeOptions {
                watched: true,
                ..Default::default()
            };
            let engine = crate::native::NativeEngine::new(options)?;
            return Ok(Engine {
                native: Some(Arc::new(engine)),
                config,
            });
        }
        Engine::new(config)
    }

    /// The executor graph of a new interpreter.
    fn graph<P: Program>(&self, registry: &Registry<P>) -> Result<ExecutorGraph, EngineError> {
        let config = self.config.clone();
        #[cfg(feature = "native")]
        if let Some(native) = &self.native {
            let backend = crate::native::NativeBackend::new(native.clone())?;
            let backend = backend.with_entries(registry.entries().clone());
            return Ok(ExecutorGraph::new(config, backend));
        }
        #[cfg(not(feature = "native"))]
        let _ = registry;
        Ok(ExecutorGraph::new(config, EvaluatorBackend))
    }

    /// An interpreter of `program`.
    ///
    /// # Errors
    /// If the program's layout is beyond what traces can express.
    pub fn interpreter<P: Program>(&self, program: P) -> Result<Interpreter<P>, EngineError> {
        let (found, limit) = (
            P::Layout::CLASSES.len(),
            offramp_uop::ClassSet::CAPACITY - 1,
        );
        if found > limit {
            return Err(EngineError::Classes { found, limit });
        }
        let registry = Registry::new();
        let graph = self.graph(&registry)?;
        Ok(Interpreter::new(program, graph, registry))
    }
}
