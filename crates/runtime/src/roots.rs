//! References that only the library or a running helper holds: roots for the host's collector.
//!
//! Where references are, at a call that collects:
//! - in frame words: every pending store was made before the call, so frame words hold what the
//!   plain interpreter would have there;
//! - in the arguments of this call and of the calls that the running nested runs were made from:
//!   [`Roots::hold`];
//! - in values that a trace still needs after the call ([`Call::roots`]): held by whoever
//!   makes the call, outer activations included;
//! - in constants of traces, and of the recording under way, which no executor owns yet.
//!
//! Nothing else holds any: an exit has stored what was pending before the host is back, and no
//! host code runs while a trace is optimised or compiled.
//!
//! [`Call::roots`]: offramp_uop::evaluate::Call::roots

use std::cell::RefCell;

/// What one interpreter holds besides frame words and executors.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    /// A stack: calls hold and release in turn.
    held: RefCell<Vec<u64>>,
    /// Reference constants of what is being recorded; a stack, too: a run nested in a recording
    /// may explain or check.
    recording: RefCell<Vec<u64>>,
}

/// References are held until this is dropped, also by a panic.
#[derive(Debug)]
pub(crate) struct Hold<'a> {
    roots: &'a Roots,
    before: usize,
}

impl Drop for Hold<'_> {
    #[inline]
    fn drop(&mut self) {
        self.roots.held.borrow_mut().truncate(self.before);
    }
}

/// The constants of a recording are held until this is dropped.
#[derive(Debug)]
pub(crate) struct HoldRecording<'a> {
    roots: &'a Roots,
    before: usize,
}

impl Drop for HoldRecording<'_> {
    fn drop(&mut self) {
        self.roots.recording.borrow_mut().truncate(self.before);
    }
}

impl Roots {
    /// Holds what `push` pushes.
    ///
    /// Compiled code calls by this, mostly with few references or none: inlined, it costs what it holds.
    #[inline(always)]
    pub(crate) fn hold(&self, push: impl FnOnce(&mut Vec<u64>)) -> Hold<'_> {
        let mut held = self.held.borrow_mut();
        let before = held.len();
        push(&mut held);
        Hold {
            roots: self,
            before,
        }
    }

    /// Holds the constants of a recording, `references` and what it
    /// [comes by](Roots::note_constant) later.
    pub(crate) fn hold_recording(&self, references: &[u64]) -> HoldRecording<'_> {
        let mut recording = self.recording.borrow_mut();
        let before = recording.len();
        recording.extend_from_slice(references);
        HoldRecording {
            roots: self,
            before,
        }
    }

    /// The recording under way has met a reference constant.
    pub(crate) fn note_constant(&self, reference: u64) {
        self.recording.borrow_mut().push(reference);
    }

    /// Everything held, added to `all`.
    pub(crate) fn add_to(&self, all: &mut Vec<u64>) {
        all.extend_from_slice(&self.held.borrow());
        all.extend_from_slice(&self.recording.borrow());
    }
}
