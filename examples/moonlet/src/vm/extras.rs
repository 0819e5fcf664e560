//! How many extra arguments the running functions hold.
//!
//! lua5.4 keeps them on the stack, so endless recursion that passes more each time ends when the
//! stack is full. Here they lie in lists on the heap, which the stack's limit does not bound: a
//! few thousand frames would hold gigabytes.
//!
//! Nothing is told when a function returns. What it held is taken off when a frame at its place or
//! below packs anew, or, where the sum looks too large, when the running frames are looked at. So
//! that this is rare, it must then be well below the limit.

use crate::heap::OutOfMemory;

/// Slots of the stack: as many as lua5.4 has.
pub(super) const SLOTS: usize = 1_000_000;

/// What each frame packed, from the outermost on.
#[derive(Debug, Default)]
pub(crate) struct Extras {
    /// Bases of frames, ascending, and how many values each holds.
    held: Vec<(usize, usize)>,
    sum: usize,
}

impl Extras {
    /// Counts `values` more, held by the frame at `base`. `false` if that is more than the stack
    /// may hold; `callers` are the bases of the frames below, from the innermost on. To be asked once
    /// more for the same frame changes nothing.
    ///
    /// # Errors
    /// If there is no memory to count them.
    pub(crate) fn hold(
        &mut self,
        base: usize,
        values: usize,
        callers: impl Iterator<Item = usize>,
    ) -> Result<bool, OutOfMemory> {
        self.held.try_reserve(1).map_err(|_| OutOfMemory)?;
        while let Some((_, gone)) = self.held.pop_if(|(held, _)| *held >= base) {
            self.sum -= gone;
        }
        if self.sum + values > SLOTS {
            self.keep_running(callers);
            if self.sum + values > SLOTS / 2 {
                return Ok(false);
            }
        }
        self.held.push((base, values));
        self.sum += values;
        Ok(true)
    }

    /// Forgets frames that returned.
    fn keep_running(&mut self, callers: impl Iterator<Item = usize>) {
        let mut callers = callers.peekable();
        // In place: there may be no memory. What is kept gathers at the end.
        let mut first = self.held.len();
        for at in (0..self.held.len()).rev() {
            let (base, values) = self.held[at];
            // Both descend.
            while callers.next_if(|caller| *caller > base).is_some() {}
            if callers.peek() == Some(&base) {
                first -= 1;
                self.held[first] = (base, values);
            }
        }
        self.held.drain(..first);
        self.sum = self.held.iter().map(|(_, values)| values).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_in_running_frames_is_too_much() {
        let mut extras = Extras::default();
        let callers = |depth: usize| (0..depth).rev();
        let held = (0..).take_while(|&depth| extras.hold(depth, 100, callers(depth)) == Ok(true));
        assert_eq!(held.count(), SLOTS / 100);
    }

    #[test]
    fn frames_that_returned_hold_nothing() {
        let mut extras = Extras::default();
        for _ in 0..3 * SLOTS / 1000 {
            // At the same place again and again, and deeper ones that are gone by then.
            assert_eq!(extras.hold(10, 1000, [0].into_iter()), Ok(true));
            assert_eq!(extras.hold(20, 1000, [10, 0].into_iter()), Ok(true));
        }
        assert_eq!(extras.sum, 2000);
        // A chain of frames that is gone is found out when it must be.
        let below = |depth: usize| (0..depth).rev();
        for depth in 30..30 + SLOTS / 1000 - 2 {
            assert_eq!(extras.hold(depth, 1000, below(depth)), Ok(true));
        }
        assert_eq!(
            extras.hold(5000, 1000, [25, 20, 10, 0].into_iter()),
            Ok(true)
        );
        assert_eq!(extras.held, [(10, 1000), (20, 1000), (5000, 1000)]);
    }
}
