//! Objects of two values, and a heap that keeps all that it has made.
#![allow(
    unsafe_code,
    reason = "declares an object's layout, and refers to objects"
)]

use offramp::{Class, Layout, Object, Payloads, Reference};
use std::cell::{Cell, RefCell};

/// The tag of integers.
pub const INT: i64 = 0;
/// What a frame word holds that nobody has written.
pub const NOTHING: Tagged = Tagged::int(INT, 0);

/// Two words per value.
#[derive(Debug)]
pub enum Values {}

/// A value.
pub type Tagged = offramp::Tagged<Values>;

// SAFETY: tag 1 is that of pairs.
unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const CLASSES: &'static [&'static str] = &["pairs"];
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[Pair::TAG]);
}

/// Two values.
#[derive(Debug)]
pub struct Pair {
    first: Cell<Tagged>,
    second: Cell<Tagged>,
}

offramp::object! {
    // SAFETY: heaps keep their pairs, and outlive the runs they are made for; no other value has this
    // tag; instructions alone change pairs.
    unsafe impl Object<Values> for Pair = 1 {
        field FIRST: Cell<Tagged> = first in Class(0);
        field SECOND: Cell<Tagged> = second in Class(0);
    }
}

/// The pairs that were made.
#[derive(Debug, Default)]
pub struct Heap {
    #[expect(clippy::vec_box, reason = "pairs do not move")]
    pairs: RefCell<Vec<Box<Pair>>>,
}

impl Heap {
    /// A new pair of a number and nothing.
    pub fn pair(&self, first: i64) -> Reference<Pair> {
        let pair = Box::new(Pair {
            first: Cell::new(Tagged::int(INT, first)),
            second: Cell::new(NOTHING),
        });
        // SAFETY: the heap keeps it.
        let reference = unsafe { Reference::to_live(&*pair) };
        self.pairs.borrow_mut().push(pair);
        reference
    }

    /// How many were made.
    pub fn made(&self) -> usize {
        self.pairs.borrow().len()
    }

    /// What all pairs hold is in order.
    ///
    /// # Panics
    /// If it is not.
    pub fn check_all(&self) {
        for pair in &*self.pairs.borrow() {
            self.check(pair.first.get());
            self.check(pair.second.get());
        }
    }

    /// The value is an integer or a pair that was made, as are those it holds.
    ///
    /// # Panics
    /// If it is not.
    pub fn check(&self, value: Tagged) {
        let Some(address) = value.as_reference::<Pair>().map(Reference::address) else {
            return assert_eq!(value.tag(), INT);
        };
        let pairs = self.pairs.borrow();
        let addresses: Vec<u64> = pairs
            .iter()
            .map(|pair| std::ptr::from_ref(&**pair).addr() as u64)
            .collect();
        let found = addresses.iter().position(|&known| known == address);
        let pair = &pairs[found.unwrap_or_else(|| panic!("{address:#x} is no pair"))];
        for held in [pair.first.get(), pair.second.get()] {
            if held.tag() != INT {
                let held = held.as_reference::<Pair>().expect("a pair").address();
                assert!(addresses.contains(&held), "{held:#x} is no pair");
            }
        }
    }
}
