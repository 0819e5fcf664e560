//! Chunks of mapped pages, and the slots in them.
//!
//! A *pool* is what may share pages. In dual mode there is one; in toggle mode every owner has its
//! own, because publishing takes the right to execute away from whole pages for a moment, which only
//! the thread that runs them can afford.
//!
//! A pool grows by chunks, each twice the last. The cap bounds what is *mapped*, so memory that code
//! takes never exceeds it, whatever is freed in between. A chunk whose last slot is freed is
//! unmapped, save one that the shared pool keeps, so that code which comes and goes does not map
//! and unmap each time.
//!
//! A process that forks shares the pages of dual mode with its child (see [`fork`]). Slots that lived
//! then are *pinned*: freed, they join no free run, and their chunk is unmapped as soon as it holds
//! no live slot.
//!
//! Invariants: a granule is in a free run, in one slot, pinned, or in none of these only inside these
//! methods; `used` of a chunk is the sum of its slots, `pinned` of what they left; outside
//! [`Arena::install`] no page is writable where it executes.

use super::coherence;
use super::config::{Mode, Owner, Usage};
use super::error::{CodeMemoryError, Step};
use super::fault::{Fault, Faults};
use super::fork;
use super::mapping::{Access, Mapping};
use super::runs::{FreeRuns, GRANULE};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Bytes of a pool's first chunk.
const FIRST_CHUNK: usize = 64 << 10;
/// Bytes of the largest chunk that is made when small codes ask.
const LARGEST_CHUNK: usize = 1 << 20;

/// Where a slot lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pool: Owner,
    chunk: u32,
    start: u32,
    granules: u32,
    /// [`fork::forks`] when it was taken.
    forks: u32,
}

impl Place {
    fn offset(self) -> usize {
        self.start as usize * GRANULE
    }

    fn bytes(self) -> usize {
        self.granules as usize * GRANULE
    }
}

#[derive(Debug)]
struct Chunk {
    mapping: Mapping,
    /// Granules in slots.
    used: u32,
    /// Granules of freed slots that a forked process may still run.
    pinned: u32,
}

#[derive(Debug)]
struct Pool {
    /// By number; unmapped ones leave a hole that the next fills.
    chunks: Vec<Option<Chunk>>,
    free: FreeRuns,
    /// Bytes of the next chunk.
    next: usize,
}

/// All chunks and slots of one code memory.
#[derive(Debug)]
pub(super) struct Arena {
    mode: Mode,
    cap: usize,
    page: usize,
    faults: Faults,
    pools: FxHashMap<Owner, Pool>,
    usage: Usage,
}

/// Places of one batch.
pub(super) type Places = SmallVec<[Place; 2]>;

fn granules(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(GRANULE)).unwrap_or(u32::MAX)
}

impl Arena {
    pub(super) fn new(mode: Mode, cap: usize, faults: Faults) -> Arena {
        Arena {
            mode,
            cap,
            page: rustix::param::page_size(),
            faults,
            pools: FxHashMap::default(),
            usage: Usage::default(),
        }
    }

    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// Gives every code of a batch a slot and writes it there; all or none.
    pub(super) fn install(
        &mut self,
        owner: Owner,
        codes: &[&[u8]],
    ) -> Result<Places, CodeMemoryError> {
        let pool = match self.mode {
            Mode::Dual => Owner::SHARED,
            Mode::Toggle => owner,
        };
        let mut places = Places::new();
        let mut result = Ok(());
        for code in codes {
            match self.allocate(pool, code.len()) {
                Ok(place) => places.push(place),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        let result = result.and_then(|()| self.write(&places, codes));
        match result {
            Ok(()) => Ok(places),
            Err(error) => {
                places.into_iter().for_each(|place| self.free(place));
                self.trim(pool);
                Err(error)
            }
        }
    }

    /// The address at which a slot's code starts.
    pub(super) fn address(&self, place: Place) -> usize {
        self.chunk(place).mapping.address(place.offset())
    }

    /// Takes a slot back. Nobody may run its code any more.
    pub(super) fn free(&mut self, place: Place) {
        self.usage.in_use -= place.bytes();
        self.usage.slots -= 1;
        let pool = self.pools.get_mut(&place.pool);
        let pool = pool.expect("a pool lives as long as its slots");
        let chunk = pool.chunks[place.chunk as usize].as_mut();
        let chunk = chunk.expect("a chunk lives as long as its slots");
        chunk.used -= place.granules;
        if self.mode == Mode::Dual && place.forks != fork::forks() {
            chunk.pinned += place.granules;
        } else {
            pool.free.give(place.chunk, place.start, place.granules);
        }
        if chunk.used == 0 {
            self.trim(place.pool);
        }
    }

    fn chunk(&self, place: Place) -> &Chunk {
        let chunk = self.pools.get(&place.pool);
        let chunk = chunk.and_then(|pool| pool.chunks[place.chunk as usize].as_ref());
        chunk.expect("a chunk lives as long as its slots")
    }

    fn chunk_mut(&mut self, place: Place) -> &mut Chunk {
        let chunk = self.pools.get_mut(&place.pool);
        let chunk = chunk.and_then(|pool| pool.chunks[place.chunk as usize].as_mut());
        chunk.expect("a chunk lives as long as its slots")
    }

    fn allocate(&mut self, pool: Owner, len: usize) -> Result<Place, CodeMemoryError> {
        if self.faults.trips(Fault::Allocation) {
            return Err(self.full(len));
        }
        // An empty code still has an address of its own.
        let needed = granules(len.max(1));
        let found = match self.take(pool, needed) {
            Some(found) => found,
            None => {
                self.grow(pool, len)?;
                self.take(pool, needed).ok_or_else(|| self.full(len))?
            }
        };
        let place = Place {
            pool,
            chunk: found.0,
            start: found.1,
            granules: needed,
            forks: fork::forks(),
        };
        self.chunk_mut(place).used += needed;
        self.usage.slots += 1;
        self.usage.in_use += place.bytes();
        self.usage.high_water = self.usage.high_water.max(self.usage.in_use);
        Ok(place)
    }

    fn take(&mut self, pool: Owner, needed: u32) -> Option<(u32, u32)> {
        self.pools.get_mut(&pool)?.free.take(needed)
    }

    fn full(&self, asked: usize) -> CodeMemoryError {
        CodeMemoryError::Full {
            asked,
            in_use: self.usage.in_use,
            cap: self.cap,
        }
    }

    /// Maps a chunk in which `len` bytes fit.
    fn grow(&mut self, pool: Owner, len: usize) -> Result<(), CodeMemoryError> {
        let least = len.max(1).checked_next_multiple_of(self.page);
        let least = least.filter(|&least| least <= self.cap);
        let least = least.ok_or_else(|| self.full(len))?;
        let wanted = self.pools.get(&pool).map_or(FIRST_CHUNK, |pool| pool.next);
        if self.cap - self.usage.reserved < wanted.max(least) {
            self.release_empty();
        }
        let room = (self.cap - self.usage.reserved) / self.page * self.page;
        if room < least {
            return Err(self.full(len));
        }
        let size = wanted.max(least).min(room).next_multiple_of(self.page);
        if self.faults.trips(Fault::Mapping) {
            let refused = rustix::io::Errno::NOMEM;
            return Err(super::mapping::system(Step::Map, refused));
        }
        let mapping = match self.mode {
            Mode::Dual => Mapping::dual(size)?,
            Mode::Toggle => Mapping::single(size)?,
        };
        self.usage.reserved += size;
        let pool = self.pools.entry(pool).or_insert_with(|| Pool {
            chunks: Vec::new(),
            free: FreeRuns::default(),
            next: FIRST_CHUNK,
        });
        pool.next = (pool.next * 2).min(LARGEST_CHUNK);
        let hole = pool.chunks.iter().position(Option::is_none);
        let number = hole.unwrap_or_else(|| {
            pool.chunks.push(None);
            pool.chunks.len() - 1
        });
        pool.free.give(number as u32, 0, granules(size));
        pool.chunks[number] = Some(Chunk {
            mapping,
            used: 0,
            pinned: 0,
        });
        Ok(())
    }

    /// Unmaps a pool's empty chunks, save what is worth keeping.
    fn trim(&mut self, owner: Owner) {
        let in_use = self.usage.in_use > 0;
        let Some(pool) = self.pools.get_mut(&owner) else {
            return;
        };
        // Of several empty chunks the smallest stays; of none in use, only a first one.
        let empty = |chunk: &Chunk| chunk.used == 0;
        let whole = |chunk: &&Chunk| empty(chunk) && chunk.pinned == 0;
        let sizes = pool.chunks.iter().flatten().filter(whole);
        let smallest = sizes.map(|chunk| chunk.mapping.len()).min();
        let keep = smallest.filter(|&size| in_use || size <= FIRST_CHUNK);
        let mut keep = keep.filter(|_| self.mode == Mode::Dual);
        for (number, entry) in pool.chunks.iter_mut().enumerate() {
            let Some(chunk) = entry.as_ref().filter(|chunk| empty(chunk)) else {
                continue;
            };
            if keep == Some(chunk.mapping.len()) && chunk.pinned == 0 {
                keep = None;
                continue;
            }
            pool.free.forget(number as u32);
            self.usage.reserved -= chunk.mapping.len();
            *entry = None;
        }
        if pool.chunks.iter().all(Option::is_none) {
            self.pools.remove(&owner);
        }
    }

    /// Unmaps every empty chunk.
    fn release_empty(&mut self) {
        for pool in self.pools.values_mut() {
            for (number, entry) in pool.chunks.iter_mut().enumerate() {
                if let Some(chunk) = entry.take_if(|chunk| chunk.used == 0) {
                    pool.free.forget(number as u32);
                    self.usage.reserved -= chunk.mapping.len();
                }
            }
        }
        let live = |_: &Owner, pool: &mut Pool| pool.chunks.iter().any(Option::is_some);
        self.pools.retain(live);
    }

    fn write(&mut self, places: &[Place], codes: &[&[u8]]) -> Result<(), CodeMemoryError> {
        match self.mode {
            Mode::Dual => self.copy(places, codes),
            Mode::Toggle => {
                let spans = self.spans(places);
                for (opened, span) in spans.iter().enumerate() {
                    if let Err(error) = self.protect(span, Access::Write) {
                        self.close(&spans[..opened]);
                        return Err(error);
                    }
                    let inside = |place: &&Place| place.chunk == span.place.chunk;
                    let of_chunk = places.iter().zip(codes).filter(|(place, _)| inside(place));
                    for (place, code) in of_chunk {
                        self.chunk_mut(*place).mapping.write(place.offset(), code);
                    }
                }
                self.close(&spans);
            }
        }
        for (place, code) in places.iter().zip(codes) {
            let (start, mapping) = (place.offset(), &self.chunk(*place).mapping);
            let (written, executed) = mapping.lines(start..start + code.len());
            coherence::publish(written, executed, code.len());
        }
        Ok(())
    }

    fn copy(&mut self, places: &[Place], codes: &[&[u8]]) {
        for (place, code) in places.iter().zip(codes) {
            self.chunk_mut(*place).mapping.write(place.offset(), code);
        }
    }

    /// The pages of a batch, one span per chunk: a batch costs two changes of protection, not two
    /// per code.
    fn spans(&self, places: &[Place]) -> SmallVec<[Span; 2]> {
        let mut spans: SmallVec<[Span; 2]> = SmallVec::new();
        for &place in places {
            let first = place.offset() / self.page * self.page;
            let last = (place.offset() + place.bytes()).next_multiple_of(self.page);
            match spans
                .iter_mut()
                .find(|span| span.place.chunk == place.chunk)
            {
                Some(span) => {
                    span.first = span.first.min(first);
                    span.last = span.last.max(last);
                }
                None => spans.push(Span { place, first, last }),
            }
        }
        spans
    }

    fn protect(&mut self, span: &Span, access: Access) -> Result<(), CodeMemoryError> {
        if self.faults.trips(Fault::Protection) {
            let refused = rustix::io::Errno::NOMEM;
            return Err(super::mapping::system(Step::Protect, refused));
        }
        let mapping = &mut self.chunk_mut(span.place).mapping;
        mapping.protect(span.first..span.last, access)
    }

    /// Makes opened pages executable again.
    ///
    /// They hold other live code too, and opening them has already split the kernel's map where it
    /// must be split, so there is nothing left that closing could lack: it is tried again, and if
    /// it cannot be done the process cannot go on.
    fn close(&mut self, spans: &[Span]) {
        for span in spans {
            let mut tries = 3;
            while let Err(error) = self.protect(span, Access::Execute) {
                tries -= 1;
                if tries == 0 {
                    tracing::error!(%error, "live code cannot be made executable again");
                    std::process::abort();
                }
            }
        }
    }
}

/// Pages of one chunk, from the byte `first` to before the byte `last`.
#[derive(Debug)]
struct Span {
    /// Any slot in the chunk.
    place: Place,
    first: usize,
    last: usize,
}
