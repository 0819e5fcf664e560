//! What a run works on: the heap, the globals, the output.

use crate::heap::{DICTIONARY, EMPTY_LARGE, Heap};
use crate::library;
use crate::output::{Buffering, Output};
use crate::value::Tagged;
use crate::value::{NIL, NOTHING, Table, type_name_of};
use crate::vm::Extras;
use offramp::Reference;
use std::cell::Cell;
use std::fmt;
use std::io::Write;

/// The state of a run.
pub struct Host {
    /// All objects.
    pub heap: Heap,
    /// The globals.
    pub globals: Reference<Table>,
    /// The methods of strings.
    pub strings: Reference<Table>,
    /// The metatable of strings, as programs see it.
    pub string_meta: Reference<Table>,
    /// `io.stdout`. A table, unlike Lua's.
    pub stdout: Reference<Table>,
    /// `io.stderr`.
    pub stderr: Reference<Table>,
    /// What is written to `io.stdout`.
    pub output: Output,
    /// What is written to `io.stderr`: the process's standard error.
    pub errors: Output,
    /// The error that is on its way.
    pub raised: Option<Tagged>,
    /// For putting strings together; empty between uses, but for its room.
    pub buffer: Vec<u8>,
    /// Shapes that have no metamethod that Moonlet does not know, each where its number says.
    pub(crate) known_metas: [Cell<u32>; 16],
    /// What running variadic functions hold.
    pub(crate) extras: Extras,
    /// What the frame that returns to an instruction is to leave: how many results, and in the
    /// higher byte the slot an open count goes to.
    pub(crate) wanted: Box<[u16]>,
    /// What `type` answers, by tag.
    pub(crate) type_names: [Tagged; 10],
    /// `integer` and `float`, for `math.type`.
    pub(crate) kinds: [Tagged; 2],
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("heap", &self.heap)
            .finish_non_exhaustive()
    }
}

impl Host {
    /// A fresh state, with the library.
    pub fn new(output: Box<dyn Write + Send>) -> Host {
        let heap = Heap::default();
        let text = |text: &str| Tagged::reference(heap.string(text.as_bytes()));
        let (strings, string_meta) = (heap.table(0, 32), heap.table(0, 1));
        string_meta.set_str(&heap, heap.string(b"__index"), Tagged::reference(strings));
        let mut host = Host {
            globals: heap.table_of(EMPTY_LARGE),
            strings,
            string_meta,
            stdout: heap.table(0, 4),
            stderr: heap.table(0, 4),
            output: Output::new(output, Buffering::Full),
            errors: Output::new(Box::new(std::io::stderr()), Buffering::None),
            raised: None,
            buffer: Vec::new(),
            extras: Extras::default(),
            wanted: Box::default(),
            known_metas: [const { Cell::new(DICTIONARY) }; 16],
            type_names: std::array::from_fn(|tag| text(type_name_of(NIL + tag as i64))),
            kinds: ["integer", "float"].map(text),
            heap,
        };
        library::install(&mut host);
        host
    }

    /// What the host itself keeps alive.
    pub fn roots(&self) -> impl Iterator<Item = Tagged> + '_ {
        let tables = [
            self.globals,
            self.strings,
            self.string_meta,
            self.stdout,
            self.stderr,
        ];
        let texts = self.type_names.iter().chain(&self.kinds).copied();
        let raised = self.raised.unwrap_or(NOTHING);
        texts.chain(tables.map(Tagged::reference)).chain([raised])
    }
}
