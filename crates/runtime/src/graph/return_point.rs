//! Return points: what a call site returns through.
//!
//! There is one per instruction that a call goes on at. It belongs to the program, never to an
//! executor: frames hold on to it while executors come and go, so a frame never points into
//! freed code. Returning traces leave through it by `exit_dynamic`; it links to the root at its
//! instruction and warms like an exit. Its entry signature is empty: whoever returns has stored
//! everything.

use super::backoff::Backoff;
use super::exit_record::Record;

/// The state of one return point.
#[derive(Debug, Default)]
pub(super) struct ReturnPoint(Option<Box<Record>>);

impl ReturnPoint {
    pub(super) fn record(&self) -> Option<&Record> {
        self.0.as_deref()
    }

    pub(super) fn existing(&mut self) -> Option<&mut Record> {
        self.0.as_deref_mut()
    }

    /// The record, made at the first return through here.
    pub(super) fn record_mut(&mut self, threshold: u16) -> &mut Record {
        self.0
            .get_or_insert_with(|| Box::new(Record::new(Backoff::new(threshold))))
    }
}
