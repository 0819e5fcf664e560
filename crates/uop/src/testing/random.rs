//! The random source: a function of its seed and nothing else.
//!
//! SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): a
//! few lines, the same numbers on every machine, and any state is a good seed. It also serves as
//! the mixing function of the model's hashes.
//!
//! A fuzzer chooses instead: [`Random::reading`] takes what it decides from bytes, so that whoever
//! changes a byte changes one choice of a generator.

/// A SplitMix64 generator, or bytes and what follows them.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
    /// Bytes to choose by, as long as there are any.
    bytes: Option<Box<[u8]>>,
    read: usize,
}

/// A well-mixed function of two numbers.
pub fn mix(a: u64, b: u64) -> u64 {
    Random::new(a.rotate_left(23) ^ b.wrapping_mul(0xd6e8_feb8_6659_fd93)).next()
}

impl Random {
    /// A generator that starts at `seed`.
    pub fn new(seed: u64) -> Random {
        Random {
            state: seed,
            bytes: None,
            read: 0,
        }
    }

    /// Choices as `bytes` say, one byte for one among up to 256 things, eight for 64 bits; when they
    /// are used up, those of a generator.
    pub fn reading(bytes: &[u8]) -> Random {
        Random {
            bytes: Some(bytes.into()),
            ..Random::new(bytes.len() as u64)
        }
    }

    /// So many bytes as a number, if so many are left.
    fn take(&mut self, count: usize) -> Option<u64> {
        let left = self.bytes.as_deref()?.get(self.read..)?;
        let taken = left.get(..count);
        let Some(taken) = taken else {
            self.bytes = None;
            return None;
        };
        self.read += count;
        let digit = |number, &byte| number << 8 | u64::from(byte);
        Some(taken.iter().fold(0, digit))
    }

    /// The next 64 bits.
    #[expect(
        clippy::should_implement_trait,
        reason = "an endless source is no iterator anybody wants to adapt"
    )]
    pub fn next(&mut self) -> u64 {
        if let Some(bits) = self.take(8) {
            return bits;
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `limit`, 0 if the limit is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let chosen = match limit {
            0..=256 => self.take(1),
            _ => None,
        };
        (chosen.unwrap_or_else(|| self.next()) % limit.max(1) as u64) as usize
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// An integer: small most of the time, else one where arithmetic has its corners.
    pub fn int(&mut self) -> i64 {
        const EDGES: &[i64] = &[
            0,
            1,
            -1,
            2,
            8,
            63,
            64,
            i64::MIN,
            i64::MIN + 1,
            i64::MAX,
            i64::MAX - 1,
            1 << 53,
            (1 << 53) + 1,
            -(1 << 53) - 1,
            1 << 31,
            (1 << 32) - 1,
            0x80,
            0xffff,
        ];
        match self.below(10) {
            0..6 => self.below(12) as i64 - 2,
            6..9 => self.pick(EDGES),
            _ => self.next() as i64,
        }
    }

    /// A double: small and integral, fractional, or one of the corners.
    ///
    /// No NaN with other bits than the standard one, so that no result depends on which of two
    /// NaNs an addition passes on.
    pub fn float(&mut self) -> f64 {
        const EDGES: &[f64] = &[
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            2.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            -f64::NAN,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            9007199254740992.0,
            9007199254740994.0,
            9223372036854775808.0,
            -9223372036854775808.0,
            1e300,
        ];
        match self.below(10) {
            0..2 => self.pick(&[0.0, -0.0, -0.0]),
            2..4 => self.below(12) as f64 - 2.0,
            4 => self.pick(&[f64::NAN, -f64::NAN]),
            5 => (self.below(1000) as f64 - 500.0) / 8.0,
            _ => self.pick(EDGES),
        }
    }
}
