//! The model machine as compiled code meets it.

use crate::arena::Arena;
use crate::hardware::hardware;
use offramp::explicit::Code;
use offramp_uop::evaluate::{Call, Hardware, Left, Outcome, State};
use offramp_uop::testing::model::Machine;
use offramp_uop::{Mem, Trace};
use std::sync::Arc;

/// Control at a trace's header: what an entry there hands over, and the machine.
#[derive(Debug)]
pub struct Arrival {
    /// Parameters, then invariants.
    pub handed: Vec<u64>,
    /// The frame base.
    pub base: i64,
    /// The machine there.
    pub machine: Machine,
}

/// A model machine with what happens to it from outside; runs on the evaluator, and on compiled
/// code with [`Rig::hard`].
#[derive(Debug)]
pub struct Rig<'a> {
    /// The machine.
    pub machine: Machine,
    /// At which guard or poll from here on to leave.
    pub countdown: u64,
    /// The first arrival at a header, if it is to be noted.
    pub arrival: Option<Option<Box<Arrival>>>,
    pending: u64,
    /// The call that raises an interrupt.
    raised_by: Option<usize>,
    calls: usize,
    hard: Option<(&'a mut Arena, Arc<dyn Code>)>,
}

impl<'a> Rig<'a> {
    /// A machine whose script's quiet time says when an interrupt comes: at once, or
    /// with that call.
    pub fn new(machine: Machine, countdown: u64) -> Rig<'a> {
        let quiet = machine.script.quiet;
        Rig {
            machine,
            countdown,
            arrival: None,
            pending: u64::from(quiet == 0),
            raised_by: Some(quiet),
            calls: 0,
            hard: None,
        }
    }

    /// The same for compiled code, whose heap is in the arena.
    pub fn hard(machine: Machine, arena: &'a mut Arena, code: Arc<dyn Code>) -> Rig<'a> {
        arena.fill(machine.visible.heap.bytes());
        let mut rig = Rig::new(machine, u64::MAX);
        if !rig.machine.is_valid() {
            code.invalidate();
        }
        rig.hard = Some((arena, code));
        rig
    }

    /// Writes what is pending, as the cold exit does; the machine, whose heap is up to date.
    pub fn finish(mut self, left: &Left) -> Machine {
        self.look();
        for &(index, bits) in &left.words {
            self.machine.store_word(index, bits);
        }
        self.machine
    }

    /// Takes over what compiled code did to the heap.
    fn look(&mut self) {
        if let Some((arena, _)) = &self.hard {
            let heap = &mut self.machine.visible.heap;
            let bytes = arena.bytes(heap.bytes().len());
            heap.set_bytes(&bytes);
        }
    }

    fn counted(&mut self) -> bool {
        self.countdown = self.countdown.wrapping_sub(1);
        self.countdown == 0
    }
}

impl State for Rig<'_> {
    fn load_word(&mut self, index: i64) -> u64 {
        self.machine.load_word(index)
    }
    fn store_word(&mut self, index: i64, bits: u64) {
        self.machine.store_word(index, bits);
    }
    fn load(&mut self, address: u64, mem: Mem) -> u64 {
        self.machine.load(address, mem)
    }
    fn store(&mut self, address: u64, mem: Mem, bits: u64) {
        self.machine.store(address, mem, bits);
    }
    fn call(&mut self, call: Call<'_>) -> Outcome {
        self.look();
        let outcome = self.machine.call(call);
        self.calls += 1;
        if self.raised_by == Some(self.calls) {
            self.pending = 1;
        }
        let valid = self.machine.is_valid();
        if let Some((arena, code)) = &mut self.hard {
            arena.fill(self.machine.visible.heap.bytes());
            if !valid {
                code.invalidate();
            }
        }
        outcome
    }
    fn has_room(&mut self, index: i64) -> bool {
        self.machine.has_room(index)
    }
    fn poll(&mut self) -> bool {
        self.counted() || self.pending != 0
    }
    fn is_valid(&mut self) -> bool {
        self.machine.is_valid()
    }
    fn force_exit(&mut self) -> bool {
        self.counted()
    }
    fn at_header(&mut self, _: &Trace, handed: &[u64], base: i64) {
        if let Some(arrival @ None) = &mut self.arrival {
            *arrival = Some(Box::new(Arrival {
                handed: handed.to_vec(),
                base,
                machine: self.machine.clone(),
            }));
        }
    }
    fn hardware(&mut self) -> Option<Hardware> {
        let words = &mut self.machine.visible.words;
        let bases = 0..=self.machine.script.limit;
        Some(hardware(words, 0, bases, &self.pending))
    }
}
