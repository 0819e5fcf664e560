//! [`Engine`]: what interpreters share, and where they come from.

use crate::checks;
use crate::engine_error::EngineError;
use crate::graph::{Config, EvaluatorBackend, ExecutorGraph};
use crate::interpreter::Interpreter;
use crate::language::layout::Layout;
use crate::language::program::Program;
use crate::registry::Registry;
#[cfg(feature = "native")]
use std::sync::Arc;

/// What interpreters share: policy, and with the feature `native` the target and code memory.
#[derive(Clone, Debug)]
pub struct Engine {
    config: Config,
    #[cfg(feature = "native")]
    native: Option<Arc<crate::native::NativeEngine>>,
    /// Whether interpreters do without traces where the machine refuses them.
    falls_back: bool,
    refusal: Option<EngineError>,
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
            falls_back: false,
            refusal: None,
        })
    }

    /// An engine with this policy whose interpreters run without traces if the machine refuses
    /// executable memory or is not supported: hardened systems do. Why, says
    /// [`refusal`](Engine::refusal); later refusals, of one interpreter's memory for code, are told by
    /// [`Interpreter::refusal`].
    ///
    /// ```
    /// use offramp::{Config, Engine};
    /// let engine = Engine::with_fallback(Config::default());
    /// if let Some(reason) = engine.refusal() {
    ///     eprintln!("running without traces: {reason}");
    /// }
    /// ```
    pub fn with_fallback(config: Config) -> Engine {
        let made = Engine::new(config.clone());
        Engine::falling_back(config, made)
    }

    fn falling_back(config: Config, made: Result<Engine, EngineError>) -> Engine {
        match made {
            Ok(engine) => Engine {
                falls_back: true,
                ..engine
            },
            Err(refusal) => Engine {
                #[cfg(feature = "native")]
                native: None,
                config: without_traces(config),
                falls_back: true,
                refusal: Some(refusal),
            },
        }
    }

    /// Why interpreters of this engine make no traces, if it was made [with a
    /// fallback](Engine::with_fallback) and needs it.
    pub fn refusal(&self) -> Option<&EngineError> {
        self.refusal.as_ref()
    }

    /// An engine on machine code that is made with other settings than the defaults.
    #[cfg(all(feature = "native", any(test, feature = "test-hooks")))]
    #[doc(hidden)]
    pub fn on(config: Config, native: Arc<crate::native::NativeEngine>) -> Engine {
        Engine {
            native: Some(native),
            config,
            falls_back: false,
            refusal: None,
        }
    }

    /// An engine with a fallback whose machine code is made with other settings than the defaults.
    #[cfg(all(feature = "native", any(test, feature = "test-hooks")))]
    #[doc(hidden)]
    pub fn with_fallback_from(config: Config, options: crate::native::NativeOptions) -> Engine {
        let native = crate::native::NativeEngine::new(options);
        let made = native.map(|native| Engine::on(config.clone(), Arc::new(native)));
        Engine::falling_back(config, made.map_err(EngineError::from))
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
                falls_back: false,
                refusal: None,
            });
        }
        Engine::new(config)
    }

    /// The executor graph of a new interpreter.
    fn graph<S>(&self, registry: &Registry<S>) -> Result<ExecutorGraph, EngineError> {
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
    /// If the program's layout is beyond what traces can express, if [`Config::shadow`] asks for the
    /// shadow check and it was not compiled, or, without a
    /// [fallback](Engine::with_fallback), if there is no memory for the code that every interpreter needs.
    pub fn interpreter<P: Program>(&self, program: P) -> Result<Interpreter<P>, EngineError> {
        let (found, limit) = (
            P::Layout::CLASSES.len(),
            offramp_uop::ClassSet::CAPACITY - 1,
        );
        if found > limit {
            return Err(EngineError::Classes { found, limit });
        }
        if self.config.shadow && !checks::COMPILED {
            return Err(EngineError::Shadow);
        }
        let registry = Registry::of_program();
        let (graph, refusal) = match self.graph(&registry) {
            Ok(graph) => (graph, self.refusal.clone()),
            Err(refusal) if self.falls_back => {
                let config = without_traces(self.config.clone());
                (ExecutorGraph::new(config, EvaluatorBackend), Some(refusal))
            }
            Err(refusal) => return Err(refusal),
        };
        Ok(Interpreter::new(program, graph, registry, refusal))
    }
}

/// The policy of an interpreter that makes no traces.
fn without_traces(config: Config) -> Config {
    Config {
        enabled: false,
        ..config
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::layout::Words;
    use crate::language::machine::Machine;
    use crate::language::phases::{Done, Op};
    use offramp_uop::Pc;

    struct Halt;

    impl Program for Halt {
        type Host = ();
        type Layout = Words;
        type Answer = ();
        type Error = crate::Failure;
        fn step<M: Machine<Program = Halt>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
            m.commit().finish(())
        }
    }

    #[test]
    fn the_shadow_check_is_refused_where_it_is_not_compiled() {
        let with = |shadow| Config {
            shadow,
            ..Config::default()
        };
        let engine = Engine::new(with(true)).expect("the machine is supported");
        let falling_back = Engine::with_fallback(with(true));
        for engine in [engine, falling_back] {
            let refused = engine.interpreter(Halt).err();
            assert_eq!(refused, (!checks::COMPILED).then_some(EngineError::Shadow));
        }
        let engine = Engine::new(with(false)).expect("the machine is supported");
        assert!(engine.interpreter(Halt).is_ok());
    }
}
