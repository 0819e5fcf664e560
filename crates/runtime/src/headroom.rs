//! [`Headroom`]: memory that is known to be there for what cannot be told that there is none.
//!
//! Recording and compiling allocate in a thousand small steps, in other people's crates too, and in
//! Rust each of them ends the process where the system refuses it. So the library looks before it
//! begins: it takes as much memory as will be needed, gives it back, and begins. Where it gets none
//! it does not begin ([`Abort::Memory`](crate::inspect::Abort::Memory)), and the interpreter goes on.
//!
//! That is no promise: other threads allocate, too, and a system that promises more memory than it
//! has refuses nothing. It is enough for address space limits, for systems that count what they
//! promise, and for allocators that have an end.

use smallvec::SmallVec;
use std::iter;

/// Where there is no single block, memory is taken in pieces of this size: below what allocators get
/// from the system one by one, so that what was freed before counts; and as large as most that is
/// allocated afterwards, as smaller gaps are of no use for that.
const PIECE: usize = 112 << 10;

/// Memory that is taken until this is dropped.
///
/// A host that lets its program use all the memory there is holds some while it asks for more: what it
/// leaves is what messages, the recorder and the compiler work with.
///
/// ```
/// use offramp::Headroom;
/// let held = Headroom::hold(1 << 20);
/// let more: Result<Vec<u8>, _> = match held {
///     Some(_) => {
///         let mut more = Vec::new();
///         more.try_reserve_exact(1000).map(|()| more)
///     }
///     None => panic!("not enough memory"),
/// };
/// drop(held);
/// assert!(more.is_ok());
/// ```
#[derive(Debug)]
pub struct Headroom {
    pieces: SmallVec<[Vec<u8>; 1]>,
}

impl Headroom {
    /// Takes `bytes` bytes from the global allocator, without touching them; `None` if it has fewer.
    pub fn hold(bytes: usize) -> Option<Headroom> {
        Headroom::hold_with(0, bytes)
    }

    /// Takes one piece of `first` bytes and `bytes` more.
    ///
    /// All of it as one block if there is one. Every trace looks, mostly for as much as the last
    /// one, and the block that the last one freed is still there: after the first few looks the
    /// system is asked for nothing. Pieces are dearer: the C library gives back what is free at
    /// the end of its heap beyond 128 kilobytes, so every look grew and shrank the heap, and the
    /// trace that followed met its pages unmapped. After a freed block it keeps twice the block.
    pub(crate) fn hold_with(first: usize, bytes: usize) -> Option<Headroom> {
        let one = first.checked_add(bytes);
        let one = one.and_then(|all| Headroom::of_sizes(iter::once(all)));
        one.or_else(|| Headroom::in_pieces(first, bytes))
    }

    fn in_pieces(first: usize, bytes: usize) -> Option<Headroom> {
        let whole = iter::repeat_n(PIECE, bytes / PIECE);
        Headroom::of_sizes(iter::once(first).chain(whole).chain([bytes % PIECE]))
    }

    fn of_sizes(sizes: impl Iterator<Item = usize>) -> Option<Headroom> {
        let mut pieces: SmallVec<[Vec<u8>; 1]> = SmallVec::new();
        pieces.try_reserve_exact(sizes.size_hint().0).ok()?;
        for bytes in sizes {
            let mut piece = Vec::new();
            piece.try_reserve_exact(bytes).ok()?;
            pieces.push(piece);
        }
        Some(Headroom { pieces })
    }

    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        self.pieces.iter().map(Vec::capacity).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headroom_holds_what_was_asked_for() {
        for bytes in [0, 1, PIECE, PIECE + 1, 5 << 20] {
            let held = Headroom::hold(bytes).expect("memory");
            assert_eq!(held.pieces.len(), 1, "{bytes}");
            assert!((bytes..bytes + 100).contains(&held.bytes()), "{bytes}");
            let held = Headroom::hold_with(1 << 20, bytes).expect("memory");
            assert!(held.bytes() >= bytes + (1 << 20), "{bytes}");
        }
    }

    #[test]
    fn pieces_hold_what_was_asked_for() {
        let held = Headroom::in_pieces(PIECE / 2, 3 * PIECE + 1).expect("memory");
        assert_eq!(held.pieces.len(), 5);
        assert!(held.bytes() > 3 * PIECE + PIECE / 2);
    }

    #[test]
    fn headroom_beyond_all_memory_is_refused() {
        assert!(Headroom::hold(usize::MAX).is_none());
        assert!(Headroom::hold_with(usize::MAX, 0).is_none());
    }
}
