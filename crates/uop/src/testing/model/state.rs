//! The model machine as traces see it: every access is checked, every call done as badly as it may be.

use super::super::contract;
use super::super::random::{Random, mix};
use super::{Arrival, BUDGET, Machine};
use crate::evaluate::{Call, Outcome, State};
use crate::exit::Pc;
use crate::trace::Trace;
use crate::types::{Mem, Type};

impl State for Machine {
    fn load_word(&mut self, index: i64) -> u64 {
        self.word(index).map_or(0, |at| self.visible.words[at])
    }

    fn store_word(&mut self, index: i64, bits: u64) {
        if let Some(at) = self.word(index) {
            self.visible.words[at] = bits;
        }
    }

    fn load(&mut self, address: u64, mem: Mem) -> u64 {
        match self.visible.heap.load(address, mem) {
            Ok(bits) => bits,
            Err(what) => {
                self.fail(what);
                0
            }
        }
    }

    fn store(&mut self, address: u64, mem: Mem, bits: u64) {
        if let Err(what) = self.visible.heap.store(address, mem, bits) {
            self.fail(what);
        }
    }

    fn call(&mut self, call: Call<'_>) -> Outcome {
        let interface = self.interface.clone();
        let helper = &interface.helpers[call.helper.index()];
        let may_be_sunk = helper.makes.is_some();
        if helper.needs_exit() && call.from.is_none() && !may_be_sunk {
            self.fail(format!("{} was called without an exit", helper.name));
        }
        let args = call.args;
        for (arg, ty) in args.iter().zip(&helper.params) {
            if *ty == Type::Ref && self.kind_at(*arg).is_none() {
                self.fail(format!("{} got {arg:#x}, no live object", helper.name));
            }
        }
        if helper.makes.is_some() {
            let unmade = helper.fails.then(|| mix(args[0], self.script.seed));
            let unmade = unmade.map(|hash| Random::new(hash).chance(self.script.unmade));
            return match unmade {
                Some(true) => Outcome::Error,
                _ => Outcome::Value(self.make(helper, args)),
            };
        }
        let hash = args
            .iter()
            .fold(u64::from(call.helper.0), |a, &b| mix(a, b));
        let hash = mix(
            hash,
            self.visible
                .heap
                .hash(helper.effects.closed().reads, &self.pinned),
        );
        let hash = mix(hash, self.script.seed);
        let hash = match helper.effects.closed().reads_host {
            true => mix(hash, self.visible.host),
            false => hash,
        };
        if !helper.effects.is_removable() {
            return self.effectful(call, hash);
        }
        if helper.fails && Random::new(hash).chance(self.script.accidents) {
            return Outcome::Error;
        }
        Outcome::Value(self.result(helper.result, args, false, mix(hash, 2)))
    }

    fn has_room(&mut self, index: i64) -> bool {
        index <= self.script.limit
    }

    fn poll(&mut self) -> bool {
        // A shrunk trace may be a loop of no instructions.
        self.polls += 1;
        let begun = self.begun.len().max(self.polls / 2);
        begun > self.script.quiet.min(BUDGET) || self.fault.is_some()
    }

    fn is_valid(&mut self) -> bool {
        self.valid
    }

    fn at(&mut self, pc: Pc) {
        self.begun.push(pc);
        if self.watch.snapshots {
            self.snapshots.push(self.visible.clone());
            if let Err(torn) = self.frame_roots() {
                self.fail(torn);
            }
        }
    }

    fn force_exit(&mut self) -> bool {
        self.guards += 1;
        let this = self.watch.force_guard == Some(self.guards);
        let forced = self
            .watch
            .force_from
            .is_some_and(|from| self.begun.len() >= from);
        this || forced || self.fault.is_some() || self.begun.len() > BUDGET
    }

    fn at_header(&mut self, trace: &Trace, handed: &[u64], base: i64) {
        self.arrivals += 1;
        if self.watch.arrival && self.arrival.is_none() {
            let machine = Box::new(self.clone());
            self.arrival = Some(Arrival {
                handed: handed.to_vec(),
                base,
                machine,
            });
        }
        if self.watch.contracts
            && trace.header.as_ref().is_some_and(|header| header.open)
            && let Err(broken) = contract::holds(trace, handed, base, self)
        {
            self.fail(format!("at the header: {broken}"));
        }
    }
}
