//! Helpers enter the table of an interpreter, each kind as it is called.

use crate::language::context::{Context, Returned, Shim};
use crate::language::helper::{Act, Make, Read};
use crate::language::holds::Holds;
use crate::language::kind::{Arguments, Key, Kind, Returns};
use crate::language::layout::{Layout, Object};
use crate::language::phases::Outcome;
use crate::language::program::Program;
#[cfg(feature = "native")]
use crate::memory::Memory;
use crate::registry::{Identity, Registry, tag_class};
use offramp_uop::evaluate::Outcome as CallOutcome;
use offramp_uop::{ClassSet, Effects, Helper, HelperId, NewObject, Type};
use std::any::TypeId;
use std::sync::Arc;

const KEY: Key = Key(());

/// What a helper's objects hold that makes none.
const NOTHING: (usize, usize) = (0, 0);

impl<P: Program> Registry<Shim<P>> {
    /// The table of a program of which nothing was recorded yet.
    pub(crate) fn of_program() -> Registry<Shim<P>> {
        let registry = Registry::new(P::Layout::GROUP, P::Layout::CLASSES);
        #[cfg(feature = "native")]
        registry
            .entries()
            .push(crate::native::Entry::word(Memory::<P>::ANSWERED_TAG));
        registry
    }

    pub(crate) fn read<A: Arguments, R: Kind>(&mut self, helper: Read<P, A, R>) -> HelperId {
        #[cfg(feature = "native")]
        let entries = self.entries().clone();
        let identity = Identity {
            name: helper.name,
            function: helper.function as usize,
            types: TypeId::of::<Read<P, A, R>>(),
            effects: Effects {
                reads_host: helper.reads_host,
                ..Effects::reading(helper.reads)
            },
            holds: NOTHING,
        };
        self.intern(identity, |name| {
            let declared = Helper {
                name,
                params: A::types(),
                result: Some(R::TYPE),
                effects: identity.effects,
                // By a panic.
                fails: true,
                makes: None,
            };
            let shim = move |context: &mut Context<'_, P>, args: &[u64]| {
                let answer = (helper.function)(&*context.host, A::of_bits(args, KEY));
                Returned {
                    outcome: Ok(CallOutcome::Value(answer.bits(KEY))),
                    tag: 0,
                }
            };
            #[cfg(feature = "native")]
            entries.push(crate::native::shim::read_entry(&helper));
            (declared, Arc::new(shim))
        })
    }

    pub(crate) fn make<A: Arguments, T: Object>(&mut self, helper: Make<P, A, T>) -> HelperId {
        #[cfg(feature = "native")]
        let entries = self.entries().clone();
        let identity = Identity {
            name: helper.name,
            function: helper.function as usize,
            types: TypeId::of::<Make<P, A, T>>(),
            effects: Effects {
                writes: helper.writes,
                ..Effects::HOST
            },
            holds: (helper.holds.as_ptr() as usize, helper.holds.len()),
        };
        self.intern(identity, |name| {
            let holds = helper.holds.iter().flat_map(Holds::contents).collect();
            let declared = Helper {
                name,
                params: A::types(),
                result: Some(Type::Ref),
                effects: identity.effects,
                // By a panic.
                fails: true,
                makes: Some(NewObject { holds }),
            };
            let shim = move |context: &mut Context<'_, P>, args: &[u64]| {
                let object = (helper.function)(&*context.host, A::of_bits(args, KEY));
                Returned {
                    outcome: Ok(CallOutcome::Value(object.address())),
                    tag: 0,
                }
            };
            #[cfg(feature = "native")]
            entries.push(crate::native::shim::make_entry(&helper));
            (declared, Arc::new(shim))
        })
    }

    pub(crate) fn act<A: Arguments, R: Returns>(&mut self, helper: Act<P, A, R>) -> HelperId {
        #[cfg(feature = "native")]
        let entries = self.entries().clone();
        let identity = Identity {
            name: helper.name,
            function: helper.function as usize,
            types: TypeId::of::<Act<P, A, R>>(),
            effects: helper.effects,
            holds: NOTHING,
        };
        self.intern(identity, |name| {
            let shim = move |context: &mut Context<'_, P>, args: &[u64]| match helper
                .perform(context, A::of_bits(args, KEY))
            {
                Ok(answer) => value(answer),
                Err(failure) => failed(failure),
            };
            #[cfg(feature = "native")]
            entries.push(crate::native::shim::act_entry(&helper));
            (declare::<P, A, R>(name, identity.effects), Arc::new(shim))
        })
    }

    pub(crate) fn act_outcome<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<P, A, Outcome<R>>,
    ) -> HelperId {
        #[cfg(feature = "native")]
        let entries = self.entries().clone();
        let identity = Identity {
            name: helper.name,
            function: helper.function as usize,
            types: TypeId::of::<Act<P, A, Outcome<R>>>(),
            effects: helper.effects,
            holds: NOTHING,
        };
        self.intern(identity, |name| {
            let shim = move |context: &mut Context<'_, P>, args: &[u64]| match helper
                .perform_outcome(context, A::of_bits(args, KEY))
            {
                Ok(Outcome::Value(answer)) => value(answer),
                Ok(Outcome::Transfer(pc)) => Returned {
                    outcome: Ok(CallOutcome::Transfer {
                        pc,
                        base: context.stack.base() as i64,
                    }),
                    tag: 0,
                },
                Err(failure) => failed(failure),
            };
            #[cfg(feature = "native")]
            entries.push(crate::native::shim::outcome_entry(&helper));
            let effects = Effects {
                transfers: true,
                ..helper.effects
            };
            (declare::<P, A, R>(name, effects), Arc::new(shim))
        })
    }
}

fn declare<P: Program, A: Arguments, R: Returns>(name: String, effects: Effects) -> Helper {
    let mut effects = effects;
    if P::Layout::CLASSES.is_empty() {
        // What `Act::with_effects` relies on.
        effects.writes = ClassSet::ALL;
    }
    // An act gets `&mut Host`, so no call of it may be taken for an earlier one.
    effects.writes_host = true;
    if R::TAGGED {
        effects.writes = effects.writes.with(tag_class(P::Layout::CLASSES));
    }
    Helper {
        name,
        params: A::types(),
        result: R::TYPE,
        effects,
        fails: true,
        makes: None,
    }
}

fn value<R: Returns, E>(answer: R) -> Returned<E> {
    let answer = answer.answer(KEY);
    Returned {
        outcome: Ok(CallOutcome::Value(answer.payload)),
        tag: answer.tag as i64,
    }
}

fn failed<E>(error: E) -> Returned<E> {
    Returned {
        outcome: Err(error),
        tag: 0,
    }
}
