//! The short strings, found by their bytes.

use super::memory::{Memory, OutOfMemory};
use super::pool::Pool;
use crate::value::{Str, bytes_of};
use offramp::Reference;

/// The least places there are, once there is a string.
const LEAST: usize = 256;

/// The short strings. Does not keep them alive.
#[derive(Debug, Default)]
pub(super) struct Interned {
    /// As many as a power of two, half of them free.
    places: Vec<Place>,
    used: usize,
}

/// A string and its hash; the hash 0 means none.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    hash: u32,
    string: Option<Reference<Str>>,
}

impl Place {
    fn string(self) -> Option<Reference<Str>> {
        self.string
    }

    /// Whether a string was here that a sweep has taken out.
    fn is_dead(self) -> bool {
        self.hash != 0 && self.string.is_none()
    }
}

fn places(memory: &Memory, count: usize) -> Result<Vec<Place>, OutOfMemory> {
    let bytes = count * size_of::<Place>();
    memory.charge(bytes)?;
    let places = memory.list(count);
    let mut places = places.inspect_err(|_| memory.give(bytes))?;
    places.resize(count, Place::default());
    Ok(places)
}

impl Interned {
    /// Bytes it takes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.places)
    }

    /// The string, or where it belongs.
    #[inline]
    pub(super) fn find(&self, hash: u32, bytes: &[u8]) -> Result<Reference<Str>, usize> {
        if self.places.is_empty() {
            return Err(0);
        }
        let mask = self.places.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let place = self.places[at];
            if place.hash == 0 {
                return Err(at);
            }
            if place.hash == hash
                && let Some(string) = place.string()
                && bytes_of(&string) == bytes
            {
                return Ok(string);
            }
            at = (at + 1) & mask;
        }
    }

    /// Room for one more string, which belongs at `at`: where it belongs then.
    ///
    /// # Errors
    /// If there is no memory for it.
    #[inline]
    pub(super) fn make_room(
        &mut self,
        memory: &Memory,
        hash: u32,
        at: usize,
    ) -> Result<usize, OutOfMemory> {
        if (self.used + 1) * 2 <= self.places.len() {
            return Ok(at);
        }
        self.grow(memory, hash)
    }

    #[cold]
    fn grow(&mut self, memory: &Memory, hash: u32) -> Result<usize, OutOfMemory> {
        let grown = places(memory, (self.places.len() * 2).max(LEAST))?;
        let kept = std::mem::replace(&mut self.places, grown);
        memory.give(kept.len() * size_of::<Place>());
        for place in kept.into_iter().filter(|place| place.hash != 0) {
            self.put(place);
        }
        Ok(self.free_place(hash))
    }

    /// Adds a string that was not found, where it belongs.
    pub(super) fn insert(&mut self, at: usize, hash: u32, string: Reference<Str>) {
        let string = Some(string);
        self.places[at] = Place { hash, string };
        self.used += 1;
    }

    fn free_place(&self, hash: u32) -> usize {
        let mask = self.places.len() - 1;
        let mut at = hash as usize & mask;
        while self.places[at].hash != 0 {
            at = (at + 1) & mask;
        }
        at
    }

    fn put(&mut self, place: Place) {
        let at = self.free_place(place.hash);
        self.places[at] = place;
    }

    /// Drops the strings that are not marked, and places there are too many of.
    pub(super) fn sweep(&mut self, memory: &Memory) {
        self.used = 0;
        for place in &mut self.places {
            place.string = place.string.filter(|&string| Pool::is_marked(string));
            self.used += usize::from(place.string.is_some());
        }
        let size = (self.used * 4).next_power_of_two().max(LEAST);
        if size < self.places.len()
            && let Ok(fewer) = places(memory, size)
        {
            let kept = std::mem::replace(&mut self.places, fewer);
            memory.give(kept.len() * size_of::<Place>());
            for place in kept.into_iter().filter(|place| place.string.is_some()) {
                self.put(place);
            }
            return;
        }
        for at in 0..self.places.len() {
            while self.places[at].is_dead() {
                self.remove(at);
            }
        }
    }

    /// Empties a place, and moves those behind it that would not be found any more.
    fn remove(&mut self, mut hole: usize) {
        let mask = self.places.len() - 1;
        let mut at = hole;
        loop {
            self.places[hole] = Place::default();
            loop {
                at = (at + 1) & mask;
                let place = self.places[at];
                if place.hash == 0 {
                    return;
                }
                // It is found from its own place on, so it may move to a hole not before that.
                let home = place.hash as usize & mask;
                if at.wrapping_sub(home) & mask >= at.wrapping_sub(hole) & mask {
                    break;
                }
            }
            self.places[hole] = self.places[at];
            hole = at;
        }
    }
}
