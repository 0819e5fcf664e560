//! The helpers that traces of one interpreter call, numbered as they are met.
//!
//! A helper enters the table when it is first recorded, so a program declares nothing. Tables only
//! grow: a trace recorded earlier has a prefix of the table in its interface.

use crate::helper::{Act, Context, Make, Read};
use crate::kind::{Arguments, Key, Kind, Returns};
use crate::layout::{Holds, Layout, Object};
use crate::phases::Outcome;
use crate::program::Program;
use offramp_uop::evaluate::Outcome as CallOutcome;
use offramp_uop::{Class, ClassSet, Effects, Helper, HelperId, Interface, NewObject, Type};
use rustc_hash::FxHashMap;
use smallvec::smallvec;
use std::fmt;
use std::sync::Arc;

const KEY: Key = Key(());

/// What a call from a trace answers, and the tag of its answer if it is tagged.
pub(crate) struct Called {
    pub(crate) outcome: Result<CallOutcome, crate::helper::Failure>,
    pub(crate) tag: i64,
}

pub(crate) type Shim<P> = Arc<dyn Fn(&mut Context<'_, P>, &[u64]) -> Called + Send + Sync>;

pub(crate) struct Registry<P: Program> {
    interface: Arc<Interface>,
    names: FxHashMap<&'static str, HelperId>,
    shims: Vec<Option<Shim<P>>>,
    #[cfg(feature = "native")]
    entries: Arc<crate::native::Entries>,
}

/// The helper by which a trace asks for the tag of the last tagged answer.
pub(crate) const ANSWERED_TAG: HelperId = HelperId(0);

impl<P: Program> Registry<P> {
    pub(crate) fn new() -> Registry<P> {
        let mut classes: Vec<String> = P::Layout::CLASSES.iter().map(|&c| c.into()).collect();
        classes.push("answered_tag".into());
        let interface = Interface {
            group: P::Layout::GROUP,
            classes,
            helpers: vec![Helper {
                name: "answered_tag".into(),
                params: smallvec![],
                result: Some(Type::I64),
                effects: Effects::reading(ClassSet::of(&[Registry::<P>::tag_class()])),
                fails: false,
                makes: None,
            }],
        };
        Registry {
            interface: Arc::new(interface),
            names: FxHashMap::default(),
            shims: vec![None],
            #[cfg(feature = "native")]
            entries: {
                let entries = Arc::new(crate::native::Entries::default());
                entries.push(crate::native::Entry::answered_tag::<P>());
                entries
            },
        }
    }

    /// The helpers as compiled code calls them.
    #[cfg(feature = "native")]
    pub(crate) fn entries(&self) -> &Arc<crate::native::Entries> {
        &self.entries
    }

    /// The alias class of the place where the tag of a tagged answer waits.
    fn tag_class() -> Class {
        Class(P::Layout::CLASSES.len() as u8)
    }

    pub(crate) fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    /// The shim of a helper; [`ANSWERED_TAG`] has none.
    pub(crate) fn shim(&self, helper: HelperId) -> Option<Shim<P>> {
        self.shims[helper.index()].clone()
    }

    pub(crate) fn read<A: Arguments, R: Kind>(&mut self, helper: Read<P, A, R>) -> HelperId {
        #[cfg(feature = "native")]
        let entries = self.entries.clone();
        self.intern(helper.name, || {
            let declared = Helper {
                name: helper.name.into(),
                params: A::types(),
                result: Some(R::TYPE),
                effects: Effects::reading(helper.reads),
                // By a panic.
                fails: true,
                makes: None,
            };
            let shim = move |context: &mut Context<'_, P>, args: &[u64]| {
                let answer = (helper.function)(&*context.host, A::of_bits(args, KEY));
                Called {
                    outcome: Ok(CallOutcome::Value(answer.bits(KEY))),
                    tag: 0,
                }
            };
            #[cfg(feature = "native")]
            entries.push(crate::native::Entry::read(&helper));
            (declared, Arc::new(shim))
        })
    }

    pub(crate) fn make<A: Arguments, T: Object>(&mut self, helper: Make<P, A, T>) -> HelperId {
        #[cfg(feature = "native")]
        let entries = self.entries.clone();
        self.intern(helper.name, || {
            let holds = helper.holds.iter().flat_map(Holds::contents).collect();
            let declared = Helper {
                name: helper.name.into(),
                params: A::types(),
                result: Some(Type::Ref),
                effects: Effects::PURE,
                fails: false,
                makes: Some(NewObject { holds }),
            };
            let shim = move |context: &mut Context<'_, P>, args: &[u64]| {
                let object = (helper.function)(&*context.host, A::of_bits(args, KEY));
                Called {
                    outcome: Ok(CallOutcome::Value(object.address())),
                    tag: 0,
                }
            };
            #[cfg(feature = "native")]
            entries.push(crate::native::Entry::make(&helper));
            (declared, Arc::new(shim))
        })
    }

    pub(crate) fn act<A: Arguments, R: Returns>(&mut self, helper: Act<P, A, R>) -> HelperId {
        #[cfg(feature = "native")]
        let entries = self.entries.clone();
        self.intern(helper.name, || {
            let shim = move |context: &mut Context<'_, P>, args: &[u64]| match helper
                .perform(context, A::of_bits(args, KEY))
            {
                Ok(answer) => value(answer),
                Err(failure) => failed(failure),
            };
            let effects = helper.effects;
            #[cfg(feature = "native")]
            entries.push(crate::native::Entry::act(&helper));
            (declare::<P, A, R>(helper.name, effects), Arc::new(shim))
        })
    }

    pub(crate) fn act_outcome<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<P, A, Outcome<R>>,
    ) -> HelperId {
        #[cfg(feature = "native")]
        let entries = self.entries.clone();
        self.intern(helper.name, || {
            let shim = move |context: &mut Context<'_, P>, args: &[u64]| match helper
                .perform_outcome(context, A::of_bits(args, KEY))
            {
                Ok(Outcome::Value(answer)) => value(answer),
                Ok(Outcome::Transfer(pc)) => Called {
                    outcome: Ok(CallOutcome::Transfer {
                        pc,
                        base: context.stack.base() as i64,
                    }),
                    tag: 0,
                },
                Err(failure) => failed(failure),
            };
            let effects = Effects {
                transfers: true,
                ..helper.effects
            };
            #[cfg(feature = "native")]
            entries.push(crate::native::Entry::dispatched());
            (declare::<P, A, R>(helper.name, effects), Arc::new(shim))
        })
    }

    fn intern(&mut self, name: &'static str, make: impl FnOnce() -> (Helper, Shim<P>)) -> HelperId {
        if let Some(&known) = self.names.get(name) {
            return known;
        }
        let (declared, shim) = make();
        let id = HelperId(self.shims.len() as u32);
        Arc::make_mut(&mut self.interface).helpers.push(declared);
        self.shims.push(Some(shim));
        self.names.insert(name, id);
        id
    }
}

fn declare<P: Program, A: Arguments, R: Returns>(name: &str, effects: Effects) -> Helper {
    let mut effects = effects;
    if P::Layout::CLASSES.is_empty() {
        // What `Act::with_effects` relies on.
        effects.writes = ClassSet::ALL;
    }
    // Besides leaving a tag there, this says that the call does something: an act is called for
    // what no declaration knows (it prints), so no call of it may be taken for an earlier one.
    effects.writes = effects.writes.with(Registry::<P>::tag_class());
    Helper {
        name: name.into(),
        params: A::types(),
        result: R::TYPE,
        effects,
        fails: true,
        makes: None,
    }
}

fn value<R: Returns>(answer: R) -> Called {
    let answer = answer.answer(KEY);
    Called {
        outcome: Ok(CallOutcome::Value(answer.payload)),
        tag: answer.tag as i64,
    }
}

fn failed(failure: crate::helper::Failure) -> Called {
    Called {
        outcome: Err(failure),
        tag: 0,
    }
}

impl<P: Program> fmt::Debug for Registry<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("helpers", &self.interface.helpers)
            .finish_non_exhaustive()
    }
}
