//! What a helper may do with its [`Context`](crate::Context), by its declaration: checked where it does it.

use offramp_uop::Effects;

/// What a helper may do with its [`Context`](crate::Context), by its declaration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allowed(u8);

impl Allowed {
    pub(crate) const COLLECTING: Allowed = Allowed(1);
    pub(crate) const RUNNING: Allowed = Allowed(1 << 1);
    /// Looking at frame words and links.
    pub(crate) const LOOKING: Allowed = Allowed(1 << 2);
    /// Clearing frame words.
    pub(crate) const CLEARING: Allowed = Allowed(1 << 3);
    /// Writing frame words, pushing frames.
    pub(crate) const WRITING: Allowed = Allowed(1 << 4);
    /// Popping the frame of the call.
    pub(crate) const POPPING: Allowed = Allowed(1 << 5);
    /// Executing the instruction that failed once more.
    pub(crate) const STEPPING: Allowed = Allowed(1 << 6);
    /// What the handler of a nested run's faults may do: the run has ended, so no trace waits for the
    /// frames it leaves.
    pub(crate) const HANDLING: Allowed = Allowed((1 << 7) - 1);

    pub(crate) const fn by(effects: Effects) -> Allowed {
        let runs = effects.reenters;
        let collects = effects.collects || runs;
        let writes = effects.writes_frames;
        let clears = collects || writes;
        let looks = clears || effects.reads_frames;
        Allowed(
            collects as u8
                | (runs as u8) << 1
                | (looks as u8) << 2
                | (clears as u8) << 3
                | (writes as u8) << 4,
        )
    }

    /// Of a helper that may transfer: it leaves its trace, which has stored everything.
    #[inline(always)]
    pub(crate) const fn transferring(self) -> Allowed {
        let frames = Allowed::LOOKING.0 | Allowed::CLEARING.0 | Allowed::WRITING.0;
        Allowed(self.0 | frames | Allowed::POPPING.0)
    }

    #[inline(always)]
    pub(crate) const fn includes(self, what: Allowed) -> bool {
        self.0 & what.0 == what.0
    }
}
