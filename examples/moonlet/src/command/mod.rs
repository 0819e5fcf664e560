//! What `moonlet` takes and does.

mod compare;
mod dump;
mod stats;

use clap::{Parser, ValueEnum};
use offramp::Config;
use offramp_moonlet::output::Buffering;
use offramp_moonlet::vm::{Ending, Options, Vm};
use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;

/// Runs a Lua program; its hot paths become machine code.
#[derive(Debug, Parser)]
#[command(name = "moonlet", version)]
pub(crate) struct Command {
    /// Whether hot paths become traces.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    jit: Switch,
    /// Run without and with the JIT, compare the outputs and show both times.
    #[arg(long)]
    compare: bool,
    /// Show on standard error what was recorded, compiled and left.
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    stats: Option<Form>,
    /// Show the program's way to machine code on standard error.
    #[arg(long, value_enum, value_delimiter = ',', require_equals = true)]
    dump: Vec<dump::Stage>,
    /// The most memory that the program's values may use, its code included: bytes, or with a
    /// suffix K, M or G times 1024, 1024² or 1024³.
    #[arg(long, value_name = "LIMIT", require_equals = true, value_parser = memory)]
    memory: Option<usize>,
    /// Collect garbage at every opportunity: for finding what was not kept.
    #[arg(long, hide = true)]
    stress: bool,
    /// Run this code instead of a file.
    #[arg(short, value_name = "CODE")]
    execute: Option<String>,
    /// The program, `-` for standard input.
    #[arg(value_name = "FILE.lua", required_unless_present = "execute")]
    file: Option<PathBuf>,
    /// What the program gets as `...`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Reads a number of bytes.
fn memory(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number = digits.parse::<usize>().ok();
    let bytes = number.and_then(|number| number.checked_mul(1 << shift));
    bytes.ok_or_else(|| "a number of bytes was expected, like 1000000, 500K, 64M or 2G".to_owned())
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// How statistics are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// The same with the share of instructions that ran in traces; runs the program a second time,
    /// without the JIT and its output thrown away, to count them all.
    Full,
    /// Why the program runs as it does: exits, abandoned recordings and traces, by line and
    /// instruction.
    Why,
}

/// Standard output without the buffer that the standard library gives it.
struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(rustix::stdio::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Shows an error. If even that fails, nobody is left to be told.
fn complain(error: &str) {
    let _ = writeln!(io::stderr(), "moonlet: {error}");
}

/// A program and its name in messages.
struct Source {
    text: Vec<u8>,
    name: String,
}

impl Command {
    /// Does what was asked for, and answers the status to exit with.
    pub(crate) fn run(self) -> i32 {
        self.execute().unwrap_or_else(|error| {
            complain(&error);
            1
        })
    }

    fn execute(&self) -> Result<i32, String> {
        let mut config = Config::from_env().map_err(|error| error.to_string())?;
        config.listings |= dump::needs_listings(&self.dump);
        config.enabled &= self.jit == Switch::On;
        let mut options = Options {
            config,
            stress: self.stress,
            memory: self.memory,
        };
        let source = self.source()?;
        let args: Vec<&[u8]> = self.arguments().collect();
        if self.compare {
            compare::compare(&source, &options, &args)?;
            return Ok(0);
        }
        options.config.profile |= matches!(self.stats, Some(Form::Full | Form::Why));
        let all = match self.stats {
            Some(Form::Full) => Some(stats::count_instructions(&source, &options, &args)?),
            _ => None,
        };
        let mut vm = start(&source, &options, Box::new(Stdout))?;
        if io::stdout().is_terminal() {
            let set = vm.output().set_buffering(Buffering::Line);
            set.map_err(|error| error.to_string())?;
        }
        let (words, script) = self.words();
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_encoded_bytes()).collect();
        let set = vm.set_arg(&words, script);
        set.map_err(|error| error.to_string())?;
        dump::prepare(&mut vm, &self.dump);
        interrupt_on_signal(&vm)?;
        let ended = vm.run(&args);
        match self.stats {
            Some(Form::Text) => eprint!("{}", stats::text(&mut vm)),
            Some(Form::Why) => eprint!("{}", stats::why(&mut vm)),
            Some(Form::Json | Form::Full) => eprintln!("{}", stats::json(&mut vm, all)),
            None => {}
        }
        // A message comes before what standard output holds at the end, which is passed on when
        // the machine is dropped, whether that succeeds or not: as lua5.4 ends.
        let _ = vm.errors().flush();
        match ended {
            Ok(()) => Ok(0),
            Err(Ending::Exit(status)) => Ok(status),
            Err(ending) => {
                complain(&message(ending));
                Ok(1)
            }
        }
    }

    /// The words of the command line, and which of them is the script: the first where there is none.
    fn words(&self) -> (Vec<OsString>, usize) {
        let words: Vec<OsString> = std::env::args_os().collect();
        let script = match (&self.execute, &self.file) {
            (None, Some(_)) => words.len().saturating_sub(1 + self.args.len()),
            _ => 0,
        };
        (words, script)
    }

    /// Everything behind the file, or everything if there is none.
    fn arguments(&self) -> impl Iterator<Item = &[u8]> {
        let code_given = self.execute.is_some();
        let first = self.file.iter().filter(move |_| code_given);
        let first = first.map(|file| file.as_os_str().as_encoded_bytes());
        first.chain(self.args.iter().map(|arg| arg.as_encoded_bytes()))
    }

    fn source(&self) -> Result<Source, String> {
        if let Some(code) = &self.execute {
            return Ok(Source {
                text: code.clone().into_bytes(),
                name: "(command line)".to_owned(),
            });
        }
        let file = self.file.as_deref().unwrap_or("-".as_ref());
        let name = file.display().to_string();
        if name == "-" {
            let mut text = Vec::new();
            let read = io::stdin().read_to_end(&mut text);
            read.map_err(|error| format!("cannot read standard input: {error}"))?;
            let name = "stdin".to_owned();
            return Ok(Source { text, name });
        }
        match std::fs::read(file) {
            Ok(text) => Ok(Source { text, name }),
            Err(error) => Err(format!("cannot open {name}: {error}")),
        }
    }
}

fn start(source: &Source, options: &Options, output: Box<dyn Write + Send>) -> Result<Vm, String> {
    let vm = Vm::new(&source.text, &source.name, options, output);
    vm.map_err(|error| error.to_string())
}

fn message(ending: Ending) -> String {
    match ending {
        Ending::Error(text) => text,
        // As lua5.4 has it: there is no memory for a traceback.
        Ending::OutOfMemory => "not enough memory".to_owned(),
        Ending::Exit(status) => format!("the program ended with status {status}"),
        Ending::Interrupted => "interrupted!\nstack traceback:\n\t[C]: in ?".to_owned(),
    }
}

/// Ctrl-C interrupts the program.
fn interrupt_on_signal(vm: &Vm) -> Result<(), String> {
    let handle = vm.interrupt_handle();
    let signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGINT]);
    let Ok(mut signals) = signals else {
        return Ok(());
    };
    let listen = move || {
        for _ in signals.forever() {
            handle.raise();
        }
    };
    match std::thread::Builder::new().spawn(listen) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("cannot start a thread: {error}")),
    }
}
