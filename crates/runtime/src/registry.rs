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

use offramp_uop::{Class, ClassSet, Effects, Helper, HelperId, Interface, Type};
use rustc_hash::FxHashMap;
use smallvec::smallvec;
use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

/// What makes a helper the one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) name: &'static str,
    /// The address of the function.
    pub(crate) function: usize,
    /// Of the helper, and so its kind, its program and the types of arguments and result.
    pub(crate) types: TypeId,
    pub(crate) effects: Effects,
    /// What the objects hold that it makes, by address and count.
    pub(crate) holds: (usize, usize),
}

/// The table. The evaluator calls a helper by its `S`; what that is, is known above.
pub(crate) struct Registry<S> {
    interface: Arc<Interface>,
    known: FxHashMap<Identity, HelperId>,
    shims: Vec<Option<S>>,
    #[cfg(feature = "native")]
    entries: Arc<crate::native::Entries>,
}

/// The helper by which a trace asks for the tag of the last tagged answer.
pub(crate) const ANSWERED_TAG: HelperId = HelperId(0);

/// The alias class of the place where the tag of a tagged answer waits, after those of a layout.
pub(crate) fn tag_class(classes: &[&str]) -> Class {
    Class(classes.len() as u8)
}

impl<S> Registry<S> {
    /// The table of a program whose layout has these classes and value groups of `group` words.
    pub(crate) fn new(group: u32, classes: &[&str]) -> Registry<S> {
        let tag_class = tag_class(classes);
        let mut classes: Vec<String> = classes.iter().map(|&class| class.into()).collect();
        classes.push("answered_tag".into());
        let interface = Interface {
            group,
            classes,
            helpers: vec![Helper {
                name: "answered_tag".into(),
                params: smallvec![],
                result: Some(Type::I64),
                effects: Effects::reading(ClassSet::of(&[tag_class])),
                fails: false,
                makes: None,
            }],
        };
        Registry {
            interface: Arc::new(interface),
            known: FxHashMap::default(),
            shims: vec![None],
            #[cfg(feature = "native")]
            entries: Arc::default(),
        }
    }

    /// The helpers as compiled code calls them, that of [`ANSWERED_TAG`] included.
    #[cfg(feature = "native")]
    pub(crate) fn entries(&self) -> &Arc<crate::native::Entries> {
        &self.entries
    }

    pub(crate) fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    /// The number of a helper; if it has none yet, `make` gets the name that traces call it by.
    pub(crate) fn intern(
        &mut self,
        identity: Identity,
        make: impl FnOnce(String) -> (Helper, S),
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

impl<S: Clone> Registry<S> {
    /// How the evaluator calls a helper; [`ANSWERED_TAG`] is not called.
    pub(crate) fn shim(&self, helper: HelperId) -> Option<S> {
        self.shims[helper.index()].clone()
    }
}

impl<S> fmt::Debug for Registry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("helpers", &self.interface.helpers)
            .finish_non_exhaustive()
    }
}
