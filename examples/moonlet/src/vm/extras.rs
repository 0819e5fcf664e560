//! How many extra arguments the running functions hold.
//!
//! lua5.4 keeps them on the stack, so endless recursion that passes more each time ends when the
//! stack is full. Here they lie in lists on the heap, which the stack's limit does not bound: a
//! few thousand frames would hold gigabytes.
//!
//! Nothing is told when a function returns. What it held is taken off when a frame at its place or
//! below packs anew, or, where the sum looks too large, when the running frames are looked at. So
//! that this is rare, it must then be well below the limit.

use super::run::SLOTS;

/// What each frame packed, from the outermost on.
#[derive(Debug, Default)]
pub(crate) struct Extras {
    /// Bases of frames, ascending, and how many values each holds.
    held: Vec<(usize, usize)>,
    sum: usize,
}

impl Extras {
    /// Counts `values` more, held by the frame at `base`. `false` if that is more than the stack
    /// may hold; `callers` are the bases of the frames below, from the innermost on.
    pub(crate) fn hold(
        &mut self,
        base: usize,
        values: usize,
        callers: impl Iterator<Item = usize>,
    ) -> bool {
        while let Some((_, gone)) = self.held.pop_if(|(held, _)| *held >= base) {
            self.sum -= gone;
        }
        if self.sum + values > SLOTS {
            self.keep_running(callers);
            if self.sum + values > SLOTS / 2 {
                return false;
            }
        }
        self.held.push((base, values));
        self.sum += values;
        true
    }

    /// Forgets frames that returned.
    fn keep_running(&mut self, callers: impl Iterator<Item = usize>) {
        let mut callers = callers.peekable();
        let mut kept = Vec::new();
        for (base, values) in self.held.drain(..).rev() {
            // Both descend.
            while callers.next_if(|caller| *caller > base).is_some() {}
            if callers.peek() == Some(&base) {
                kept.push((base, values));
            }
        }
        kept.reverse();
        self.sum = kept.iter().map(|(_, values)| values).sum();
        self.held = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_in_running_frames_is_too_much() {
        let mut extras = Extras::default();
        let callers = |depth: usize| (0..depth).rev();
        let held = (0..).take_while(|&depth| extras.hold(depth, 100, callers(depth)));
        assert_eq!(held.count(), SLOTS / 100);
    }

    #[test]
    fn frames_that_returned_hold_nothing() {
        let mut extras = Extras::default();
        for _ in 0..3 * SLOTS / 1000 {
            // At the same place again and again, and deeper ones that are gone by then.
            assert!(extras.hold(10, 1000, [0].into_iter()));
            assert!(extras.hold(20, 1000, [10, 0].into_iter()));
        }
        assert_eq!(extras.sum, 2000);
        // A chain of frames that is gone is found out when it must be.
        let below = |depth: usize| (0..depth).rev();
        for depth in 30..30 + SLOTS / 1000 - 2 {
            assert!(extras.hold(depth, 1000, below(depth)));
        }
        assert!(extras.hold(5000, 1000, [25, 20, 10, 0].into_iter()));
        assert_eq!(extras.held, [(10, 1000), (20, 1000), (5000, 1000)]);
    }
}
