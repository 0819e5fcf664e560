//! Where objects of one type live.
//!
//! A pool hands out slots of *blocks*: [`BLOCK`] bytes, aligned to their size, so that an object's
//! block is its address with the low bits cleared. A block begins with two bitmaps, of the slots
//! in use and of the marked ones; sweeping is `in use := marked` and looks only at the dead. New
//! objects take the free slots of one bitmap word after another: the word is set as a whole when
//! the pool begins to fill it, and `free` says what of it is still to be handed out.
//!
//! # Safety argument
//! - Block memory belongs to the pool from [`Pool::block`] to its release in `sweep`, `release` or
//!   `drop`, and a block is released only when no slot of it is in use.
//! - A slot whose bit is set and not in `free` of the current word holds an initialised `T`: the
//!   only place that takes a bit out of `free` writes the slot first, and sweep clears the bit of
//!   each slot it drops.
//! - Objects do not move. That no reference is used after sweep dropped its object is what the
//!   collector's caller promises by marking ([`Object`]'s contract).
#![allow(unsafe_code, reason = "hands out typed slots of raw memory")]

use super::memory::{Memory, OutOfMemory, Source};
use super::sanitizer::{disown, own};
use offramp::{Object, Reference};
use rustc_hash::FxHashSet;
use std::alloc::{Layout, alloc, dealloc};
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Bytes of a block, and its alignment.
pub const BLOCK: usize = 32 << 10;

/// What freed slots are filled with on request.
pub const POISON: u8 = 0xdb;

/// Words of a bitmap: enough for slots of 16 bytes.
const WORDS: usize = BLOCK / 16 / 64;

/// Empty blocks that a sweep keeps at least.
const KEPT: usize = 8;

const LAYOUT: Layout = match Layout::from_size_align(BLOCK, BLOCK) {
    Ok(layout) => layout,
    Err(_) => unreachable!(),
};

#[repr(C, align(16))]
struct Head {
    used: [Cell<u64>; WORDS],
    marked: [Cell<u64>; WORDS],
}

/// The objects of one type.
#[derive(Debug)]
pub struct Pool<T> {
    blocks: RefCell<Vec<NonNull<u8>>>,
    /// Blocks that nothing was ever put in, for [`Source::Reserve`].
    reserve: RefCell<Vec<NonNull<u8>>>,
    known: RefCell<FxHashSet<u64>>,
    /// Free slots of the word being filled.
    free: Cell<u64>,
    /// That word's first slot.
    base: Cell<*mut T>,
    /// The word to look at next: block and word.
    next: Cell<(usize, usize)>,
    types: PhantomData<T>,
}

impl<T> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool {
            blocks: RefCell::default(),
            reserve: RefCell::default(),
            known: RefCell::default(),
            free: Cell::new(0),
            base: Cell::new(std::ptr::null_mut()),
            next: Cell::new((0, 0)),
            types: PhantomData,
        }
    }
}

impl<T> Pool<T> {
    /// Bytes of a slot.
    pub const SIZE: usize = {
        assert!(align_of::<T>() <= 16 && size_of::<T>() >= 16);
        size_of::<T>()
    };
    const START: usize = size_of::<Head>();
    const SLOTS: usize = (BLOCK - Self::START) / Self::SIZE;

    /// The slots that a bitmap word has.
    const fn valid(word: usize) -> u64 {
        let slots = Self::SLOTS.saturating_sub(word * 64);
        if slots >= 64 { !0 } else { (1 << slots) - 1 }
    }

    fn head<'a>(block: NonNull<u8>) -> &'a Head {
        // SAFETY: every block begins with a `Head`, initialised by `grow`, and `Head` changes
        // through cells only. Callers use it while the pool keeps the block.
        unsafe { block.cast::<Head>().as_ref() }
    }

    fn slot(block: NonNull<u8>, index: usize) -> *mut T {
        debug_assert!(index <= Self::SLOTS);
        // SAFETY: the slot lies within the block.
        unsafe { block.as_ptr().add(Self::START + index * Self::SIZE).cast() }
    }

    /// The block of an object, and the number of its slot.
    fn place(address: u64) -> (NonNull<u8>, usize) {
        let block = address as usize & !(BLOCK - 1);
        let index = (address as usize - block - Self::START) / Self::SIZE;
        let block = std::ptr::with_exposed_provenance_mut::<u8>(block);
        (NonNull::new(block).expect("objects lie in blocks"), index)
    }

    /// A block without objects, which is not known yet.
    fn block(memory: &Memory) -> Result<NonNull<u8>, OutOfMemory> {
        // SAFETY: the layout's size is not zero.
        let block = memory.system(BLOCK, || NonNull::new(unsafe { alloc(LAYOUT) }))?;
        let head = Head {
            used: [const { Cell::new(0) }; WORDS],
            marked: [const { Cell::new(0) }; WORDS],
        };
        // SAFETY: the block is fresh and large and aligned enough.
        unsafe { block.cast::<Head>().write(head) };
        disown(Self::slot(block, 0), BLOCK - Self::START);
        Ok(block)
    }

    /// Keeps `count` blocks for [`Source::Reserve`], as far as the system has the memory; whether
    /// they are there.
    pub fn fill_reserve(&self, memory: &Memory, count: usize) -> bool {
        let mut reserve = self.reserve.borrow_mut();
        while reserve.len() < count {
            let room = memory.system(0, || {
                reserve.try_reserve(count).ok()?;
                self.room_for_blocks(count)
            });
            let Ok(block) = room.and_then(|()| Self::block(memory)) else {
                return false;
            };
            reserve.push(block);
        }
        true
    }

    /// Room in the lists for so many more blocks, and those of the reserve.
    fn room_for_blocks(&self, count: usize) -> Option<()> {
        let mut blocks = self.blocks.borrow_mut();
        blocks.try_reserve(count).ok()?;
        self.known.borrow_mut().try_reserve(count).ok()
    }

    fn grow(&self, memory: &Memory, source: Source) -> Result<(), OutOfMemory> {
        let more = 1 + self.reserve.borrow().capacity();
        let room = memory.system(0, || self.room_for_blocks(more));
        let block = match (room.and_then(|()| Self::block(memory)), source) {
            (Err(_), Source::Reserve) => {
                memory.set_drained(true);
                self.reserve.borrow_mut().pop().ok_or(OutOfMemory)?
            }
            (block, _) => block?,
        };
        self.known
            .borrow_mut()
            .insert(block.as_ptr().expose_provenance() as u64);
        self.blocks.borrow_mut().push(block);
        Ok(())
    }

    #[cold]
    fn refill(&self, memory: &Memory, source: Source) -> Result<(), OutOfMemory> {
        let (mut block, mut word) = self.next.get();
        loop {
            if block == self.blocks.borrow().len() {
                self.grow(memory, source)?;
            }
            let memory = self.blocks.borrow()[block];
            let used = &Self::head(memory).used;
            while word * 64 < Self::SLOTS {
                let free = Self::valid(word) & !used[word].get();
                if free != 0 {
                    used[word].set(Self::valid(word));
                    self.free.set(free);
                    self.base.set(Self::slot(memory, word * 64));
                    self.next.set((block, word + 1));
                    return Ok(());
                }
                word += 1;
            }
            (block, word) = (block + 1, 0);
        }
    }

    /// Ends the filling of the current word, so that the bitmaps alone tell what is in use.
    fn settle(&self) {
        let free = self.free.replace(0);
        if free != 0 {
            let (block, next) = self.next.get();
            let used = &Self::head(self.blocks.borrow()[block]).used[next - 1];
            used.set(used.get() & !free);
        }
    }
}

impl<T: Object> Pool<T> {
    /// Makes an object.
    ///
    /// # Errors
    /// If it does not fit in memory, the limit included.
    #[inline]
    pub fn alloc(
        &self,
        memory: &Memory,
        source: Source,
        value: T,
    ) -> Result<Reference<T>, OutOfMemory> {
        memory.charge_from(source, Self::SIZE)?;
        let made = self.alloc_charged(memory, source, value);
        made.map_err(|(_, error)| {
            memory.give(Self::SIZE);
            error
        })
    }

    /// Makes an object whose bytes are charged already.
    ///
    /// # Errors
    /// If the system has no memory for it; with the value.
    #[inline(always)]
    pub fn alloc_charged(
        &self,
        memory: &Memory,
        source: Source,
        value: T,
    ) -> Result<Reference<T>, (T, OutOfMemory)> {
        if self.free.get() == 0
            && let Err(error) = self.refill(memory, source)
        {
            return Err((value, error));
        }
        let free = self.free.get();
        let bit = free.trailing_zeros();
        // SAFETY: `free` has only valid slots of the word at `base`, and this one is unused.
        let object = unsafe {
            let slot = self.base.get().add(bit as usize);
            own(slot, Self::SIZE);
            slot.write(value);
            &*slot
        };
        self.free.set(free & (free - 1));
        // SAFETY: it is freed by `sweep` alone.
        Ok(unsafe { Reference::to_live(object) })
    }

    /// The live object at exactly this address.
    pub fn find(&self, address: u64) -> Option<Reference<T>> {
        let start = address & !(BLOCK as u64 - 1);
        if !self.known.borrow().contains(&start) {
            return None;
        }
        let offset = ((address - start) as usize).checked_sub(Self::START)?;
        let index = offset / Self::SIZE;
        if offset % Self::SIZE != 0 || index >= Self::SLOTS {
            return None;
        }
        let (block, _) = Self::place(address);
        let mut used = Self::head(block).used[index / 64].get();
        if self.base.get() == Self::slot(block, index / 64 * 64) {
            used &= !self.free.get();
        }
        // SAFETY: the slot is in use, so it holds an object, which is freed by `sweep` alone.
        (used >> (index % 64) & 1 == 1)
            .then(|| unsafe { Reference::to_live(&*Self::slot(block, index)) })
    }

    /// Marks an object of any pool of this type; whether it was not marked yet.
    #[inline]
    pub fn mark(object: Reference<T>) -> bool {
        let (block, index) = Self::place(object.address());
        let word = &Self::head(block).marked[index / 64];
        let (before, bit) = (word.get(), 1 << (index % 64));
        word.set(before | bit);
        before & bit == 0
    }

    /// Whether an object is marked.
    pub fn is_marked(object: Reference<T>) -> bool {
        let (block, index) = Self::place(object.address());
        Self::head(block).marked[index / 64].get() >> (index % 64) & 1 == 1
    }

    /// Calls `visit` with every object.
    pub fn each(&self, mut visit: impl FnMut(Reference<T>)) {
        self.settle();
        for &block in &*self.blocks.borrow() {
            for (word, used) in Self::head(block).used.iter().enumerate() {
                for index in bits(used.get()) {
                    // SAFETY: the slot is in use, so it holds an object, which is freed by `sweep`
                    // alone.
                    visit(unsafe { Reference::to_live(&*Self::slot(block, word * 64 + index)) });
                }
            }
        }
    }

    /// Frees the objects that are not marked, after showing each to `dead`, and takes the marks
    /// off the others. Answers how many were freed.
    pub fn sweep(&self, poison: bool, mut dead: impl FnMut(&T)) -> usize {
        self.settle();
        self.next.set((0, 0));
        self.base.set(std::ptr::null_mut());
        let mut freed = 0;
        let mut empty = 0;
        let kept = KEPT + self.blocks.borrow().len() / 2;
        self.blocks.borrow_mut().retain(|&block| {
            let Head { used, marked } = Self::head(block);
            let mut any = 0;
            for (word, (used, marked)) in used.iter().zip(marked).enumerate() {
                let lost = used.get() & !marked.get();
                freed += lost.count_ones() as usize;
                for index in bits(lost) {
                    let slot = Self::slot(block, word * 64 + index);
                    // SAFETY: the slot is in use, so it holds an object; its bit is cleared below.
                    unsafe {
                        dead(&*slot);
                        slot.drop_in_place();
                        if poison {
                            slot.cast::<u8>().write_bytes(POISON, Self::SIZE);
                        }
                    }
                    disown(slot, Self::SIZE);
                }
                any |= marked.get();
                used.set(marked.replace(0));
            }
            empty += usize::from(any == 0);
            let keep = any != 0 || empty <= kept;
            if !keep {
                self.known.borrow_mut().remove(&(block.addr().get() as u64));
                // SAFETY: it was allocated with this layout, and no object is left in it.
                unsafe { dealloc(block.as_ptr(), LAYOUT) };
            }
            keep
        });
        freed
    }
}

impl<T> Pool<T> {
    /// Releases all blocks without objects.
    pub fn release(&self) {
        self.settle();
        self.next.set((0, 0));
        self.base.set(std::ptr::null_mut());
        self.blocks.borrow_mut().retain(|&block| {
            let keep = Self::head(block).used.iter().any(|used| used.get() != 0);
            if !keep {
                self.known.borrow_mut().remove(&(block.addr().get() as u64));
                // SAFETY: it was allocated with this layout, and no object is in it.
                unsafe { dealloc(block.as_ptr(), LAYOUT) };
            }
            keep
        });
    }
}

impl<T> Drop for Pool<T> {
    fn drop(&mut self) {
        self.settle();
        for &block in &*self.blocks.borrow() {
            for (word, used) in Self::head(block).used.iter().enumerate() {
                for index in bits(used.get()) {
                    // SAFETY: the slot is in use, so it holds an object; the pool ends here.
                    unsafe { Self::slot(block, word * 64 + index).drop_in_place() };
                }
            }
            // SAFETY: it was allocated with this layout.
            unsafe { dealloc(block.as_ptr(), LAYOUT) };
        }
        for &block in &*self.reserve.borrow() {
            // SAFETY: it was allocated with this layout, and no object is in it.
            unsafe { dealloc(block.as_ptr(), LAYOUT) };
        }
    }
}

/// The numbers of a word's set bits.
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        (word != 0).then(|| {
            word &= word - 1;
            bit
        })
    })
}
