//! The helpers that traces of one interpreter call, numbered as they are met.
//!
//! A helper enters the table when it is first recorded, so a program declares nothing. Tables only
//! grow: a trace recorded earlier has a prefix of the table in its interface.
//!
//! # Which helper is which
//! A trace calls a helper by its number, so what gets one number must be one function with one way
//! to call it and one set of promises: an [`Identity`]. The name alone says nothing of the kind. The
//! address alone does not either, as linkers merge functions of different types that have the same
//! code. With the types it does: functions of one type at one address do the same.
//!
//! The reverse does not hold. The compiler may emit a function twice, closures above all, and give
//! a constant that is used in two places the address of either. So helpers of one name at two
//! addresses may be one helper or two, and nothing can tell. They get two numbers, which is right
//! in both cases, and the second is called `name.2` in traces; refusing the second would refuse
//! good programs, and only when they get hot.

use crate::language::helper::{Act, Context, Make, Read};
use crate::language::holds::Holds;
use crate::language::kind::{Arguments, Key, Kind, Returns};
use crate::language::layout::{Layout, Object};
use crate::language::phases::Outcome;
use crate::language::program::Program;
use offramp_uop::evaluate::Outcome as CallOutcome;
use offramp_uop::{Class, ClassSet, Effects, Helper, HelperId, Interface, NewObject, Type};
use rustc_hash::FxHashMap;
use smallvec::smallvec;
use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

const KEY: Key = Key(());

/// What a helper's objects hold that makes none.
const NOTHING: (usize, usize) = (0, 0);

/// What a call from a trace answers, and the tag of its answer if it is tagged.
pub(crate) struct Called {
    pub(crate) outcome: Result<CallOutcome, crate::language::helper::Failure>,
    pub(crate) tag: i64,
}

pub(crate) type Shim<P> = Arc<dyn Fn(&mut Context<'_, P>, &[u64]) -> Called + Send + Sync>;

/// What makes a helper the one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Identity {
    name: &'static str,
    /// The address of the function.
    function: usize,
    /// Of the helper, and so its kind, its program and the types of arguments and result.
    types: TypeId,
    effects: Effects,
    /// What the objects hold that it makes, by address and count.
    holds: (usize, usize),
}

pub(crate) struct Registry<P: Program> {
    interface: Arc<Interface>,
    known: FxHashMap<Identity, HelperId>,
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
            known: FxHashMap::default(),
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
            entries.push(crate::native::Entry::act(&helper));
            (declare::<P, A, R>(name, identity.effects), Arc::new(shim))
        })
    }

    pub(crate) fn act_outcome<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<P, A, Outcome<R>>,
    ) -> HelperId {
        #[cfg(feature = "native")]
        let entries = self.entries.clone();
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
                Ok(Outcome::Transfer(pc)) => Called {
                    outcome: Ok(CallOutcome::Transfer {
                        pc,
                        base: context.stack.base() as i64,
                    }),
                    tag: 0,
                },
                Err(failure) => failed(failure),
            };
            #[cfg(feature = "native")]
            entries.push(crate::native::Entry::dispatched());
            let effects = Effects {
                transfers: true,
                ..helper.effects
            };
            (declare::<P, A, R>(name, effects), Arc::new(shim))
        })
    }

    /// The number of a helper; if it has none yet, `make` gets the name that traces call it by.
    fn intern(
        &mut self,
        identity: Identity,
        make: impl FnOnce(String) -> (Helper, Shim<P>),
    ) -> HelperId {
        if let Some(&known) = self.known.get(&identity) {
            return known;
        }
        let (declared, shim) = make(self.free_name(identity.name));
        let id = HelperId(self.shims.len() as u32);
        Arc::make_mut(&mut self.interface).helpers.push(declared);
        self.shims.push(Some(shim));
        self.known.insert(identity, id);
        id
    }

    /// `name`, or, as names are what traces as text tell helpers by, the first of `name.2`,
    /// `name.3`, … that no helper has.
    fn free_name(&self, name: &str) -> String {
        let helpers = &self.interface.helpers;
        let is_free = |name: &String| helpers.iter().all(|helper| helper.name != *name);
        let numbered = (2..).map(|number| format!("{name}.{number}"));
        let mut names = std::iter::once(name.to_string()).chain(numbered);
        names.find(is_free).expect("fewer helpers than numbers")
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
        effects.writes = effects.writes.with(Registry::<P>::tag_class());
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

fn value<R: Returns>(answer: R) -> Called {
    let answer = answer.answer(KEY);
    Called {
        outcome: Ok(CallOutcome::Value(answer.payload)),
        tag: answer.tag as i64,
    }
}

fn failed(failure: crate::language::helper::Failure) -> Called {
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
