//! What a run works on: the heap, the globals, the output.

use crate::bytecode::Coroutines;
use crate::event::{Event, Names};
use crate::heap::{EMPTY_LARGE, Heap, OutOfMemory};
use crate::library;
use crate::output::{Buffering, Output};
use crate::stream::{Standard, Stream};
use crate::value::Tagged;
use crate::value::{
    FILE, File, NIL, NOTHING, STRING, Str, TABLE, Table, Thread, bytes_of, type_name, type_name_of,
};
use crate::vm::{Ended, Extras};
use offramp::Reference;
use std::borrow::Cow;
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
    /// What there is of files.
    pub(crate) files: Files,
    /// Where modules are looked for and kept.
    pub(crate) package: library::Package,
    /// What is written to `io.stdout`.
    pub output: Output,
    /// What is written to `io.stderr`: the process's standard error.
    pub errors: Output,
    /// The error that is on its way.
    pub raised: Option<Tagged>,
    /// What it has ended, for tracebacks.
    pub(crate) ended: Ended,
    /// What functions of the library that call others keep alive.
    pub(crate) held: Vec<Tagged>,
    /// How many functions of the library wait for others that they called.
    pub(crate) nested: u32,
    /// Whether the instruction that runs is tried once more, after a collection: where memory is
    /// short now, it is for good.
    pub(crate) last_chance: bool,
    /// What running variadic functions hold.
    pub(crate) extras: Extras,
    /// What the frame that returns to an instruction is to leave: how many results, and in the
    /// higher byte the slot an open count goes to.
    pub(crate) wanted: Vec<u16>,
    /// Where each chunk of the program begins, and how many instructions it has.
    pub(crate) units: Vec<(u32, u32)>,
    /// What a call needs to know of each function of the program.
    pub(crate) callees: Vec<Callee>,
    /// What `math.random` goes on with.
    pub(crate) random: library::Random,
    /// What programs have set of the collector.
    pub(crate) tuning: library::Tuning,
    /// Whether `warn` shows anything.
    pub(crate) warns: bool,
    /// The prototype of functions that [`bind`](Host::bind) makes.
    pub(crate) bound: u32,
    /// The prototypes of functions that resume and yield.
    pub(crate) coroutines: Coroutines,
    /// Where a coroutine goes on that has yielded.
    pub(crate) yielded: u32,
    /// The coroutine that runs, if it is not the main program.
    pub(crate) current: Option<Reference<Thread>>,
    /// The main program as a coroutine, once it was asked for.
    pub(crate) main_thread: Option<Reference<Thread>>,
    /// How many runs there are inside the first.
    pub(crate) runs: u32,
    /// What `type` answers, by tag.
    pub(crate) type_names: [Tagged; 13],
    /// `integer` and `float`, for `math.type`.
    pub(crate) kinds: [Tagged; 2],
    /// The metamethods' names.
    pub(crate) names: Names,
    /// `not enough memory`: when it is wanted there is none to make it.
    pub(crate) no_memory: Tagged,
    /// `C stack overflow`, which comes of errors in handlers of errors.
    pub(crate) overflow: Tagged,
}

/// The standard files, and what all files have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Files {
    /// The methods of files.
    pub(crate) methods: Reference<Table>,
    /// The metatable of files, as programs see it.
    pub(crate) meta: Reference<Table>,
    /// `io.stdin`.
    pub(crate) stdin: Reference<File>,
    /// `io.stdout`.
    pub(crate) stdout: Reference<File>,
    /// `io.stderr`.
    pub(crate) stderr: Reference<File>,
    /// What is read where no file is named.
    pub(crate) input: Reference<File>,
    /// What is written to where no file is named.
    pub(crate) output: Reference<File>,
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
        let (strings, string_meta) = (heap.table(0, 32)?, heap.table(0, 12)?);
        let names = Names::new(&heap)?;
        // The first field: see `vm::field`.
        string_meta.set_str(&heap, names[Event::Index], Tagged::reference(strings))?;
        let mut type_names = [NOTHING; 13];
        for (tag, name) in (NIL..).zip(&mut type_names) {
            *name = text(type_name_of(tag))?;
        }
        let file = |standard| heap.file(Stream::standard(standard));
        let (stdin, stdout) = (file(Standard::Input)?, file(Standard::Output)?);
        let files = Files {
            methods: heap.table(0, 8)?,
            meta: heap.table(0, 8)?,
            stdin,
            stdout,
            stderr: file(Standard::Error)?,
            input: stdin,
            output: stdout,
        };
        let mut host = Host {
            globals: heap.table_of(EMPTY_LARGE)?,
            strings,
            string_meta,
            files,
            package: library::Package::new(&heap)?,
            output: Output::new(output, Buffering::Full),
            errors: Output::new(Box::new(std::io::stderr()), Buffering::None),
            raised: None,
            ended: Ended::default(),
            held: Vec::new(),
            nested: 0,
            last_chance: false,
            extras: Extras::default(),
            wanted: Vec::new(),
            units: Vec::new(),
            callees: Vec::new(),
            random: library::Random::default(),
            tuning: library::Tuning::default(),
            warns: false,
            bound: 0,
            coroutines: Coroutines::default(),
            yielded: 0,
            current: None,
            main_thread: None,
            runs: 0,
            type_names,
            kinds: [text("integer")?, text("float")?],
            names,
            no_memory: text("not enough memory")?,
            overflow: text("C stack overflow")?,
            heap,
        };
        library::install(&mut host)?;
        Ok(host)
    }

    /// The metatable of a value.
    pub(crate) fn metatable(&self, value: Tagged) -> Option<Reference<Table>> {
        match value.tag() {
            STRING => Some(self.string_meta),
            FILE => Some(self.files.meta),
            _ => value.as_reference::<Table>()?.metatable(),
        }
    }

    /// The metamethod of a value, nil if it has none.
    pub(crate) fn metamethod(&self, value: Tagged, event: Event) -> Tagged {
        match self.metatable(value) {
            Some(metatable) => metatable.get_str(&self.heap, self.names[event]),
            None => NOTHING,
        }
    }

    /// What messages call the type of a value: its metatable may name it.
    pub(crate) fn type_name(&self, value: Tagged) -> Cow<'static, str> {
        if matches!(value.tag(), TABLE | FILE)
            && let Some(name) = self.metamethod(value, Event::Name).as_reference::<Str>()
        {
            return String::from_utf8_lossy(bytes_of(&name)).into_owned().into();
        }
        type_name(value).into()
    }

    /// A function of the program that calls a builtin with this value: how builtins are made that go
    /// on with something, as iterators do.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn bind(
        &self,
        builtin: library::BuiltinId,
        value: Tagged,
    ) -> Result<Tagged, OutOfMemory> {
        let captured = [builtin.value(), value];
        let function = self.heap.function(self.bound, &captured)?;
        Ok(Tagged::reference(function))
    }

    /// What the host itself keeps alive.
    pub fn roots(&self) -> impl Iterator<Item = Tagged> + '_ {
        let tables = [
            self.globals,
            self.strings,
            self.string_meta,
            self.files.methods,
            self.files.meta,
            self.package.package,
            self.package.loaded,
            self.package.preload,
        ];
        let Files {
            stdin,
            stdout,
            stderr,
            input,
            output,
            ..
        } = self.files;
        let files = [stdin, stdout, stderr, input, output].map(Tagged::reference);
        let names = self.names.all().map(Tagged::reference);
        let texts = self.type_names.iter().chain(&self.kinds).copied();
        let texts = texts.chain(names).chain([self.no_memory, self.overflow]);
        let raised = self.raised.unwrap_or(NOTHING);
        let held = self.held.iter().copied();
        let threads = self.current.into_iter().chain(self.main_thread);
        let held = held.chain(threads.map(Tagged::reference));
        let texts = texts.chain(held).chain(files);
        texts.chain(tables.map(Tagged::reference)).chain([raised])
    }
}
