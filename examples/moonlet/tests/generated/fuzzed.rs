//! What the fuzz target for Lua source does with bytes.
//!
//! The first byte says what the others are: choices of the [`grammar`], tokens, or source as it
//! stands. What compiles runs without traces and with every path hot, and must show the same.
//! `tests/fuzz` includes this file; only Moonlet's public face is used.

use crate::grammar;
use crate::program::text;
use crate::random::Random;
use offramp::{Config, Engine};
use offramp_moonlet::vm::{Ending, Vm};
use std::io::{self, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A run that takes longer is interrupted, and says nothing.
const LIMIT: Duration = Duration::from_secs(2);
/// What the values of a run may take, in bytes. Where that is too little depends on the mode.
const MEMORY: usize = 64 << 20;

/// What programs of tokens are made of. Nothing that ends the process or reads files.
const TOKENS: [&str; 96] = [
    "and",
    "break",
    "do",
    "else",
    "elseif",
    "end",
    "false",
    "for",
    "function",
    "goto",
    "if",
    "in",
    "local",
    "nil",
    "not",
    "or",
    "repeat",
    "return",
    "then",
    "true",
    "until",
    "while",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "#",
    "&",
    "~",
    "|",
    "<<",
    ">>",
    "//",
    "==",
    "~=",
    "<=",
    ">=",
    "<",
    ">",
    "=",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "::",
    ";",
    ":",
    ",",
    ".",
    "..",
    "...",
    "\n",
    "a",
    "b",
    "c",
    "f",
    "t",
    "i",
    "print",
    "pairs",
    "ipairs",
    "pcall",
    "select",
    "setmetatable",
    "tostring",
    "math.floor",
    "string.sub",
    "error",
    "0",
    "1",
    "2",
    "3",
    "10",
    "100",
    "0.5",
    "-1",
    "1e308",
    "0x7fffffffffffffff",
    "\"s\"",
    "\"10\"",
    "__index",
    "__add",
    "<const>",
    "<close>",
    "i = 1, 40 do",
    "for i = 1, 30 do",
    "local a = 0",
    "a = a + 1",
    "t[i]",
    "t.x",
    "function(a, b)",
    "if i % 3 == 0 then",
];

/// The program that the bytes say.
pub(crate) fn source(bytes: &[u8]) -> Vec<u8> {
    let (kind, rest) = bytes
        .split_first()
        .map_or((0, bytes), |(kind, rest)| (*kind, rest));
    match kind % 4 {
        0 | 1 => {
            let statements = grammar::program(&mut Random::reading(rest));
            text(grammar::PRELUDE, &statements).into_bytes()
        }
        2 => {
            let tokens = rest
                .iter()
                .map(|&byte| TOKENS[usize::from(byte) % TOKENS.len()]);
            tokens.collect::<Vec<_>>().join(" ").into_bytes()
        }
        _ => rest.to_vec(),
    }
}

/// Whether what the bytes say could call anything: source as it stands may, and is only compiled.
fn runs(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(|kind| kind % 4 != 3)
}

/// Compiles the program that the bytes say, and runs it both ways.
///
/// # Panics
/// If the ways differ.
pub(crate) fn run(bytes: &[u8]) -> bool {
    let source = source(bytes);
    if !runs(bytes) {
        return offramp_moonlet::compile::compile(&source, "fuzzed.lua").is_ok();
    }
    let Some(plain) = seen(&source, false) else {
        return false;
    };
    if let Some(hot) = seen(&source, true) {
        let source = String::from_utf8_lossy(&source);
        assert_eq!(plain, hot, "without traces and with\n{source}");
    }
    true
}

/// What the program prints and how it ends; `None` if it does not begin, is stopped, or has too little memory.
fn seen(source: &[u8], hot: bool) -> Option<(String, Option<String>)> {
    let mut config = Config::default();
    config.enabled = hot;
    (config.hot_loop, config.hot_function, config.hot_exit) = (1, 1, 1);
    let engine = Engine::new(config).expect("a supported machine");
    let printed = Printed::default();
    let mut vm = Vm::on(
        &engine,
        source,
        "fuzzed.lua",
        false,
        Box::new(printed.clone()),
    )
    .ok()?;
    vm.set_memory_limit(Some(MEMORY)).ok()?;
    let handle = vm.interrupt_handle();
    let (ended, watched) = channel::<()>();
    let watchdog = thread::spawn(move || {
        if watched.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            handle.raise();
        }
    });
    let ending = vm.run(&[]);
    vm.output().flush().expect("the sink takes everything");
    drop(ended);
    watchdog.join().expect("the watchdog does not panic");
    let error = match ending {
        Ok(()) => None,
        Err(Ending::Error(text)) => text.lines().next().map(str::to_owned),
        Err(Ending::OutOfMemory | Ending::Interrupted | Ending::Exit(_)) => return None,
    };
    if error
        .as_ref()
        .is_some_and(|error| error.contains("not enough memory"))
    {
        return None;
    }
    let printed = printed.0.lock().expect("no writer panicked").clone();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    // Addresses differ from run to run, and what was caught may be a lack of memory.
    let differs = ["0x", "not enough memory"]
        .iter()
        .any(|word| printed.contains(word));
    (!differs).then_some((printed, error))
}

/// Where a program's output goes.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("no writer panicked")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
