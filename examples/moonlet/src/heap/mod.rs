//! Objects: made, found and freed.

use offramp::Tagged;
use std::cell::{Cell, RefCell};

/// What every object begins with: the collector's mark.
#[derive(Debug, Default)]
pub struct Header {
    pub(crate) marked: Cell<bool>,
}

/// A table's own memory, behind what instructions see of it.
#[derive(Debug, Default)]
pub struct Parts {
    pub(crate) items: RefCell<Vec<Cell<Tagged>>>,
    pub(crate) fields: RefCell<Vec<Cell<Tagged>>>,
}
