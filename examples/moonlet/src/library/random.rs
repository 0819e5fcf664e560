//! `math.random`: xoshiro256**, with the numbers that lua5.4 has for the same seed.

use super::Raised;
use super::args::Args;
use crate::host::Host;
use crate::number::{float, int};
use crate::value::Tagged;
use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// A generator of random numbers.
#[derive(Debug)]
pub(crate) struct Random(Cell<[u64; 4]>);

impl Default for Random {
    /// Seeded by chance, once for the process: a program that is run again in it gets the same numbers.
    fn default() -> Random {
        static CHANCE: OnceLock<u64> = OnceLock::new();
        let chance = CHANCE.get_or_init(|| RandomState::new().hash_one(0));
        Random::seeded(*chance, 0)
    }
}

impl Random {
    fn seeded(first: u64, second: u64) -> Random {
        let random = Random(Cell::new([first, 0xff, second, 0]));
        for _ in 0..16 {
            random.next();
        }
        random
    }

    fn next(&self) -> u64 {
        let [mut a, mut b, mut c, mut d] = self.0.get();
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= shifted;
        d = d.rotate_left(45);
        self.0.set([a, b, c, d]);
        result
    }

    /// A number from 0 to `most`, of which `random` is the first try.
    fn up_to(&self, most: u64, mut random: u64) -> u64 {
        // As few bits as hold the most; those that are too large are thrown away.
        let mask = match most {
            0 => 0,
            most => u64::MAX >> most.leading_zeros(),
        };
        loop {
            random &= mask;
            if random <= most {
                return random;
            }
            random = self.next();
        }
    }
}

pub(super) fn random(host: &Host, args: &[Tagged]) -> Result<Tagged, Raised> {
    let args = Args::new("math.random", args);
    let random = host.random.next();
    let (low, high) = match args.len() {
        // 53 bits, below 1.
        0 => return Ok(float((random >> 11) as f64 * (0.5 / (1_u64 << 52) as f64))),
        1 => match args.int(1)? {
            0 => return Ok(int(random as i64)),
            high => (1, high),
        },
        2 => (args.int(1)?, args.int(2)?),
        _ => return Err(Raised::Message("wrong number of arguments".into())),
    };
    if low > high {
        return Err(args.bad(1, "interval is empty"));
    }
    let above = host.random.up_to(high.wrapping_sub(low) as u64, random);
    Ok(int(low.wrapping_add(above as i64)))
}

pub(super) fn randomseed(
    host: &mut Host,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    let args = Args::new("math.randomseed", args);
    let (first, second) = match args.len() {
        0 => (RandomState::new().hash_one(0) as i64, 0),
        _ => (args.int(1)?, args.int_or(2, 0)?),
    };
    host.random = Random::seeded(first as u64, second as u64);
    results.extend([int(first), int(second)]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_lua() {
        let random = Random::seeded(42, 0);
        // `math.randomseed(42)`, then `math.random(0)` four times.
        let expected = [
            -1276290044721465627,
            8333941968102511665,
            -8358531260401861301,
            -3807604385970496171,
        ];
        assert_eq!([(); 4].map(|()| random.next() as i64), expected);
    }

    #[test]
    fn numbers_keep_within_their_bounds() {
        let random = Random::seeded(1, 2);
        for most in [0, 1, 2, 9, 255, 256, u64::MAX - 1, u64::MAX] {
            for _ in 0..100 {
                let first = random.next();
                assert!(random.up_to(most, first) <= most);
            }
        }
    }
}
