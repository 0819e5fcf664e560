//! What a run works on: the heap, the globals, the output.

use crate::heap::{DICTIONARY, EMPTY_LARGE, Heap, OutOfMemory};
use crate::library;
use crate::output::{Buffering, Output};
use crate::value::Tagged;
use crate::value::{NIL, NOTHING, Str, Table, type_name_of};
use crate::vm::Extras;
use offramp::Reference;
use std::cell::Cell;
use std::fmt;
use std::io::Write;

/// A function as a call that does not know it sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Callee {
    /// Where it begins.
    pub(crate) entry: u32,
    /// How many parameters it has; none if it takes extra arguments.
    pub(crate) params: Option<u8>,
}

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
    /// Whether the instruction that runs is tried once more, after a collection: where memory is
    /// short now, it is for good.
    pub(crate) last_chance: bool,
    /// Shapes that have no metamethod that Moonlet does not know, each where its number says.
    pub(crate) known_metas: [Cell<u32>; 16],
    /// What running variadic functions hold.
    pub(crate) extras: Extras,
    /// What the frame that returns to an instruction is to leave: how many results, and in the
    /// higher byte the slot an open count goes to.
    pub(crate) wanted: Box<[u16]>,
    /// What a call needs to know of each function of the program.
    pub(crate) callees: Box<[Callee]>,
    /// What `type` answers, by tag.
    pub(crate) type_names: [Tagged; 10],
    /// `integer` and `float`, for `math.type`.
    pub(crate) kinds: [Tagged; 2],
    /// Keys that functions of the library look up.
    pub(crate) names: Names,
    /// `not enough memory`: when it is wanted there is none to make it.
    pub(crate) no_memory: Tagged,
}

/// Names of metamethods and the like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    pub(crate) index: Reference<Str>,
    pub(crate) metatable: Reference<Str>,
    pub(crate) name: Reference<Str>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("heap", &self.heap)
            .finish_non_exhaustive()
    }
}

impl Host {
    /// A fresh state, with the library, that uses at most `limit` bytes.
    ///
    /// # Errors
    /// If there is no memory for it, or the limit leaves none.
    pub fn new(output: Box<dyn Write + Send>, limit: Option<usize>) -> Result<Host, OutOfMemory> {
        let heap = Heap::default();
        heap.memory.set_limit(limit)?;
        if !heap.fill_reserve() {
            return Err(OutOfMemory);
        }
        let text = |text: &str| Ok(Tagged::reference(heap.string(text.as_bytes())?));
        let (strings, string_meta) = (heap.table(0, 32)?, heap.table(0, 1)?);
        let names = Names {
            index: heap.string(b"__index")?,
            metatable: heap.string(b"__metatable")?,
            name: heap.string(b"__name")?,
        };
        string_meta.set_str(&heap, names.index, Tagged::reference(strings))?;
        let mut type_names = [NOTHING; 10];
        for (tag, name) in (NIL..).zip(&mut type_names) {
            *name = text(type_name_of(tag))?;
        }
        let mut host = Host {
            globals: heap.table_of(EMPTY_LARGE)?,
            strings,
            string_meta,
            stdout: heap.table(0, 4)?,
            stderr: heap.table(0, 4)?,
            output: Output::new(output, Buffering::Full),
            errors: Output::new(Box::new(std::io::stderr()), Buffering::None),
            raised: None,
            last_chance: false,
            extras: Extras::default(),
            wanted: Box::default(),
            callees: Box::default(),
            known_metas: [const { Cell::new(DICTIONARY) }; 16],
            type_names,
            kinds: [text("integer")?, text("float")?],
            names,
            no_memory: text("not enough memory")?,
            heap,
        };
        library::install(&mut host)?;
        Ok(host)
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
        let Names {
            index,
            metatable,
            name,
        } = self.names;
        let names = [index, metatable, name].map(Tagged::reference);
        let texts = self.type_names.iter().chain(&self.kinds).copied();
        let texts = texts.chain(names).chain([self.no_memory]);
        let raised = self.raised.unwrap_or(NOTHING);
        texts.chain(tables.map(Tagged::reference)).chain([raised])
    }
}
