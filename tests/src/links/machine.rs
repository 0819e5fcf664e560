//! A machine for traces: frame words, a heap, helpers as closures.

#[cfg(feature = "native")]
use offramp_uop::evaluate::Hardware;
use offramp_uop::evaluate::{Call, Outcome, State};
use offramp_uop::{Mem, Pc};
use std::collections::BTreeMap;

/// Lowest absolute frame word a machine has.
pub const LOWEST: i64 = -64;

/// The frame base must stay below this word.
pub const ROOM: i64 = 4000;

type Calls<'a> = Box<dyn FnMut(&mut Words, Call<'_>) -> Outcome + 'a>;

/// The memory of a [`Machine`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    words: Vec<u64>,
    heap: BTreeMap<u64, u64>,
}

impl Words {
    /// Reads an absolute frame word.
    pub fn get(&self, index: i64) -> u64 {
        self.words[(index - LOWEST) as usize]
    }

    /// Writes an absolute frame word.
    pub fn set(&mut self, index: i64, bits: u64) {
        self.words[(index - LOWEST) as usize] = bits;
    }

    /// Reads eight bytes of heap; 0 where nothing was written.
    pub fn load(&self, address: u64) -> u64 {
        self.heap.get(&address).copied().unwrap_or(0)
    }

    /// Writes eight bytes of heap.
    pub fn store(&mut self, address: u64, bits: u64) {
        self.heap.insert(address, bits);
    }
}

/// A [`State`] whose parts are open to tests.
pub struct Machine<'a> {
    /// Frame words and heap.
    pub memory: Words,
    /// Answers helper calls.
    pub calls: Calls<'a>,
    /// Instructions begun, in order.
    pub begun: Vec<Pc>,
    /// Whether an interrupt is pending.
    pub interrupt: bool,
    /// Interrupts once this many instructions began.
    pub fuel: usize,
    #[cfg(feature = "native")]
    quiet: u64,
}

impl<'a> Machine<'a> {
    /// A machine of zeros whose helpers all answer 0.
    pub fn new() -> Machine<'a> {
        Machine {
            memory: Words {
                words: vec![0; (ROOM - LOWEST) as usize + 100],
                heap: BTreeMap::new(),
            },
            calls: Box::new(|_, _| Outcome::Value(0)),
            begun: Vec::new(),
            interrupt: false,
            fuel: 10_000,
            #[cfg(feature = "native")]
            quiet: 0,
        }
    }

    /// The same with `calls` answering helpers.
    pub fn calling(calls: impl FnMut(&mut Words, Call<'_>) -> Outcome + 'a) -> Machine<'a> {
        Machine {
            calls: Box::new(calls),
            ..Machine::new()
        }
    }
}

impl Default for Machine<'_> {
    fn default() -> Self {
        Machine::new()
    }
}

impl std::fmt::Debug for Machine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine")
            .field("memory", &self.memory)
            .finish_non_exhaustive()
    }
}

impl State for Machine<'_> {
    fn load_word(&mut self, index: i64) -> u64 {
        self.memory.get(index)
    }
    fn store_word(&mut self, index: i64, bits: u64) {
        self.memory.set(index, bits);
    }
    fn load(&mut self, address: u64, mem: Mem) -> u64 {
        mem.extend(self.memory.load(address))
    }
    fn store(&mut self, address: u64, mem: Mem, bits: u64) {
        assert_eq!(mem.bytes(), 8, "this heap has words only");
        self.memory.store(address, bits);
    }
    fn call(&mut self, call: Call<'_>) -> Outcome {
        (self.calls)(&mut self.memory, call)
    }
    fn has_room(&mut self, index: i64) -> bool {
        index < ROOM
    }
    fn poll(&mut self) -> bool {
        self.interrupt || self.begun.len() >= self.fuel
    }
    /// The frame only: compiled code of these suites has no heap, and its polls ask.
    #[cfg(feature = "native")]
    fn hardware(&mut self) -> Option<Hardware> {
        let words = &mut self.memory.words;
        let (zero, bases) = (-LOWEST as usize, LOWEST..=ROOM - 1);
        Some(crate::hardware::hardware(words, zero, bases, &self.quiet))
    }
    fn at(&mut self, pc: Pc) {
        self.begun.push(pc);
        // Twice the fuel without a poll: a cycle of executors that cannot be interrupted.
        assert!(
            self.begun.len() <= 2 * self.fuel,
            "an uninterruptible cycle"
        );
    }
}
