//! The random programs' heap: a map for the plain interpreter and the evaluator, real memory for
//! compiled code.

#[cfg(feature = "native")]
use crate::arena::Arena;
use std::collections::BTreeMap;

/// Where addresses begin.
pub const BASE: u64 = offramp_uop::testing::heap::BASE;

/// Bytes from there on that programs use.
#[cfg(feature = "native")]
const USED: usize = 0xa000;

/// Eight-byte words by address.
#[derive(Debug)]
pub enum Heap {
    /// Words that were written.
    Map(BTreeMap<u64, u64>),
    /// The arena.
    #[cfg(feature = "native")]
    Real(Arena),
}

impl Heap {
    /// The word at `address`.
    pub fn load(&self, address: u64) -> u64 {
        match self {
            Heap::Map(words) => *words
                .get(&address)
                .unwrap_or_else(|| panic!("a wild load at {address:#x}")),
            #[cfg(feature = "native")]
            Heap::Real(arena) => arena.word((address - BASE) as usize),
        }
    }

    /// Writes the word at `address`.
    pub fn store(&mut self, address: u64, bits: u64) {
        match self {
            Heap::Map(words) => {
                words.insert(address, bits);
            }
            #[cfg(feature = "native")]
            Heap::Real(arena) => arena.set_word((address - BASE) as usize, bits),
        }
    }

    /// A heap for a run inside this one's, and what is to be given back to [`Heap::take_back`].
    pub fn lend(&mut self) -> (Heap, Vec<u8>) {
        let empty = Heap::Map(BTreeMap::new());
        match self {
            Heap::Map(_) => (empty, Vec::new()),
            #[cfg(feature = "native")]
            Heap::Real(arena) => {
                let saved = arena.bytes(USED);
                (std::mem::replace(self, empty), saved)
            }
        }
    }

    /// The run inside is over: its heap, and what was saved.
    pub fn take_back(&mut self, lent: Heap, _saved: &[u8]) {
        match lent {
            Heap::Map(_) => {}
            #[cfg(feature = "native")]
            Heap::Real(mut arena) => {
                arena.fill(_saved);
                *self = Heap::Real(arena);
            }
        }
    }

    /// The words that were written, of a map.
    pub fn words(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let words = match self {
            Heap::Map(words) => Some(words),
            #[cfg(feature = "native")]
            Heap::Real(_) => None,
        };
        let words = words.into_iter().flatten();
        words.map(|(&address, &bits)| (address, bits))
    }
}

impl Clone for Heap {
    /// Of a map: there is one arena.
    fn clone(&self) -> Heap {
        Heap::Map(self.words().collect())
    }
}
