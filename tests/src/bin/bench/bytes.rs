//! Bytes per exit, over traces whose exits have mixed random live sets.
//!
//! What counts is the code for leaving: every exit's own block and the block they share, with the
//! addressing of the records; not the compare and branch on the hot path. Both architectures are
//! lowered on any host.

use offramp_uop::lower::{Checks, ExitLayout, LowerOptions, Lowerer, Target};
use offramp_uop::testing::random::Random;
use offramp_uop::{Builder, ExitKind, ExitState, Interface, Op, Trace, Type, Value, Word};
use std::fmt;

/// Guards of a trace, and traces of each shape.
const GUARDS: usize = 40;
const SEEDS: u64 = 12;
/// Most integers and doubles that are pending at an exit.
const SHAPES: [(usize, usize); 5] = [(2, 0), (4, 2), (4, 8), (6, 2), (8, 4)];
const TARGETS: [(&str, &str); 2] = [
    ("x86_64", "x86_64-unknown-linux-gnu"),
    ("aarch64", "aarch64-unknown-linux-gnu"),
];

/// Where the runtime's records would lie: far from everything, as the heap is.
const LAYOUT: ExitLayout = ExitLayout {
    records: 0x7f00_1234_5000,
    stride: 24,
    target: 0,
    valid: 0x7f00_1234_4000,
    high: Some(0x7f00_0000_0000),
    count: None,
    witness: None,
};

/// Bytes for leaving on one architecture, per shape.
pub(crate) struct Figures {
    pub(crate) architecture: &'static str,
    shapes: Vec<f64>,
}

impl Figures {
    /// The mean over all shapes.
    pub(crate) fn per_exit(&self) -> f64 {
        self.shapes.iter().sum::<f64>() / self.shapes.len() as f64
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.architecture;
        write!(
            f,
            "bytes per exit, {name:8} {:5.1} in the mean;",
            self.per_exit()
        )?;
        for ((ints, floats), bytes) in SHAPES.iter().zip(&self.shapes) {
            write!(f, "  {bytes:.1} (to {ints} integers, {floats} doubles)")?;
        }
        Ok(())
    }
}

pub(crate) fn measure() -> Result<Vec<Figures>, String> {
    TARGETS
        .iter()
        .map(|&(architecture, triple)| {
            let triple = triple
                .parse()
                .map_err(|error| format!("{triple}: {error}"))?;
            let target = Target::new(triple, Checks::default());
            let target = target.map_err(|error| error.to_string())?;
            let shapes = SHAPES.iter().map(|&shape| per_exit(shape, &target));
            let shapes = shapes.collect::<Result<_, _>>()?;
            Ok(Figures {
                architecture,
                shapes,
            })
        })
        .collect()
}

fn per_exit((ints, floats): (usize, usize), target: &Target) -> Result<f64, String> {
    let mut lowerer = Lowerer::new();
    let mut bytes = 0;
    for seed in 0..SEEDS {
        let trace = trace(ints, floats, seed);
        let options = LowerOptions {
            layout: LAYOUT,
            entry: &[],
            onward: None,
            helpers: &[],
            forced_exits: false,
            watched: false,
            keep_clif: false,
        };
        let lowered = lowerer.lower(&trace, target, &options);
        bytes += lowered.map_err(|error| error.to_string())?.entry.exit_bytes;
    }
    Ok(bytes as f64 / (SEEDS as usize * GUARDS) as f64)
}

/// Four uops on a pool of values, then a guard at which a random part of the pool is pending.
/// Each entry of the pool belongs to a word.
fn trace(ints: usize, floats: usize, seed: u64) -> Trace {
    let mut random = Random::new(seed);
    let mut b = Builder::new("mixed", 0, Interface::new().into());
    b.at(0);
    let mut int_pool: Vec<Value> = (0..ints.max(2))
        .map(|n| b.load_word(Type::I64, Word(n as i32)))
        .collect();
    let mut float_pool: Vec<Value> = (0..floats.max(1))
        .map(|n| b.load_word(Type::F64, Word(32 + n as i32)))
        .collect();
    for guard in 0..GUARDS {
        b.at(guard as u32 + 1);
        for _ in 0..4 {
            if floats > 0 && random.chance(50) {
                let op = random.pick(&[Op::Fadd, Op::Fmul]);
                let args = [random.pick(&float_pool), random.pick(&float_pool)];
                let at = random.below(float_pool.len());
                float_pool[at] = b.pure(op, &args);
                continue;
            }
            let at = random.below(int_pool.len());
            int_pool[at] = match random.below(3) {
                0 => b.load_word(Type::I64, Word(100 + guard as i32)),
                choice => {
                    let args = [random.pick(&int_pool), random.pick(&int_pool)];
                    b.pure([Op::Add, Op::Xor][choice - 1], &args)
                }
            };
        }
        let mut words = pending(&int_pool, ints, 0, &mut random);
        words.extend(pending(&float_pool, floats, 32, &mut random));
        let exit = b.exit(ExitState {
            words,
            ..ExitState::new(ExitKind::Side, guard as u32 + 1, 0)
        });
        let limit = b.int(random.below(1000) as i64);
        let tested = random.pick(&int_pool);
        let less = b.pure(Op::Lt, &[tested, limit]);
        b.guard(less, exit);
    }
    let out = b.side_exit(GUARDS as u32 + 1, 0);
    b.leave(out);
    b.finish()
}

/// Between none and `most` of the pool, in words from `first`.
fn pending(pool: &[Value], most: usize, first: i32, random: &mut Random) -> Vec<(Word, Value)> {
    let words = pool.iter().take(most).enumerate();
    let mut words: Vec<_> = words
        .map(|(n, &value)| (Word(first + n as i32), value))
        .collect();
    let wanted = random.below(most + 1);
    while words.len() > wanted {
        let gone = random.below(words.len());
        words.remove(gone);
    }
    words
}
