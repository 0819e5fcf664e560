//! stub
use crate::heap::Heap;
use crate::value::*;
use offramp::*;
use std::io::Write;
/// stub
pub struct Host {
    /// s
    pub heap: Heap,
    /// s
    pub globals: Reference<Table>,
    /// s
    pub strings: Reference<Table>,
    /// s
    pub output: Box<dyn Write + Send>,
    /// s
    pub raised: Option<Tagged>,
    /// s
    pub buffer: Vec<u8>,
}
impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Host")
    }
}
impl Host {
    /// s
    pub fn new(output: Box<dyn Write + Send>) -> Host {
        let heap = Heap::default();
        Host {
            globals: heap.table(0, 0),
            strings: heap.table(0, 0),
            heap,
            output,
            raised: None,
            buffer: vec![],
        }
    }
    /// s
    pub fn roots(&self) -> impl Iterator<Item = Tagged> + '_ {
        [Tagged::reference(self.globals)].into_iter()
    }
}
