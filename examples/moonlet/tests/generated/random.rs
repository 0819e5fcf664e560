//! The generator's own random numbers: the same everywhere, for ever, for one seed.

/// SplitMix64, or bytes that a fuzzer chose and what follows them.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
    /// From the last to the first.
    bytes: Vec<u8>,
}

impl Random {
    /// Begins the sequence of `seed`.
    pub(crate) fn new(seed: u64) -> Random {
        Random {
            state: seed,
            bytes: Vec::new(),
        }
    }

    /// Choices as `bytes` say, one for each; when they are used up, those of a seed.
    pub(crate) fn reading(bytes: &[u8]) -> Random {
        Random {
            state: bytes.len() as u64,
            bytes: bytes.iter().rev().copied().collect(),
        }
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        if let Some(byte) = self.bytes.pop() {
            return byte.into();
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Whether something of `percent` likelihood happens.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}
