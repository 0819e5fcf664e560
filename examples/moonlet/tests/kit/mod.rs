//! Running programs, for the suites of this folder: under Moonlet in this process, and under
//! lua5.4 where it is installed.
//!
//! A program that does not end is a failure: after [`LIMIT`] it is interrupted, and if even that
//! does not end it, the whole test process ends with its name.

use offramp::explicit::{NativeEngine, NativeOptions};
use offramp::inspect::Stats;
use offramp::{Config, Engine, EngineError, Prove};
use offramp_moonlet::vm::{Ending, Vm};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How long one run may take. Generous: tests run in debug builds, under emulation, side by side.
const LIMIT: Duration = Duration::from_secs(120);
/// How long it may take from being interrupted to its end.
const GRACE: Duration = Duration::from_secs(20);

/// A number from the environment.
pub(crate) fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    let number = match value.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => value.parse(),
    };
    Some(number.unwrap_or_else(|_| panic!("{name}={value}: expected a number")))
}

/// A way to run a program under Moonlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Without the JIT.
    Off,
    /// With all thresholds at this.
    Hot(u16),
    /// With the thresholds programs run with.
    Default,
    /// With all thresholds at this, or at their defaults for 0, counting instructions.
    #[allow(dead_code, reason = "one suite of several uses it")]
    Counted(u16),
    /// As `Counted(0)`, and traces are free: thresholds do not rise with what they cost.
    #[allow(dead_code, reason = "one suite of several uses it")]
    Free,
    /// With the defaults and so many bytes of code at most, counting instructions.
    #[allow(dead_code, reason = "one suite of several uses it")]
    Cached(usize),
    /// With thresholds of 2, where every so many guards and polls of compiled code one leaves
    /// though it need not.
    Forced(u64),
    /// With thresholds of 1, where instructions take their general ways after so many tests.
    #[allow(dead_code, reason = "one suite of several uses it")]
    General(u16),
    /// Without the JIT, collecting at every opportunity.
    StressOff,
    /// With thresholds of 2, collecting at every opportunity.
    StressHot,
}

impl Mode {
    /// As it is called in the names of tests.
    pub(crate) fn name(self) -> String {
        match self {
            Mode::Off => "off".to_owned(),
            Mode::Hot(threshold) => format!("hot {threshold}"),
            Mode::Default => "default".to_owned(),
            Mode::Counted(threshold) => format!("counted {threshold}"),
            Mode::Free => "counted 0, free".to_owned(),
            Mode::Cached(bytes) => format!("{bytes} bytes of code"),
            Mode::Forced(period) => format!("forced {period}"),
            Mode::General(tests) => format!("general after {tests}"),
            Mode::StressOff => "stress, off".to_owned(),
            Mode::StressHot => "stress, hot 2".to_owned(),
        }
    }

    /// Whether a run makes traces of what runs twice.
    pub(crate) fn records(self) -> bool {
        self.config().enabled
    }

    /// Whether its traces are machine code.
    #[allow(dead_code, reason = "one suite of several uses it")]
    pub(crate) fn compiles(self) -> bool {
        self.records() && self.config().machine_code
    }

    /// Starts from the environment, so that `OFFRAMP_MACHINE_CODE=0` and its like narrow a failure
    /// down.
    fn config(self) -> Config {
        let mut config = Config::from_env().expect("the OFFRAMP_ variables can be read");
        config.enabled &= !matches!(self, Mode::Off | Mode::StressOff);
        // Every trace of every program is proved, unless the environment says otherwise, to look at one that is not.
        if std::env::var_os("OFFRAMP_PROVE").is_none() {
            config.prove = Prove::Refuse;
        }
        config.profile |= matches!(self, Mode::Counted(_) | Mode::Cached(_) | Mode::Free);
        if let Mode::Cached(bytes) = self {
            config.code_bytes = bytes;
        }
        // What becomes of many traces is tested by making them.
        if let Mode::Cached(_) | Mode::Free = self {
            config.compile_burst = u32::MAX;
        }
        if let Mode::General(tests) = self {
            config.general_after = tests;
        }
        if let Some(threshold) = match self {
            Mode::Hot(threshold) => Some(threshold),
            Mode::General(_) => Some(1),
            Mode::Counted(threshold @ 1..) => Some(threshold),
            Mode::StressHot | Mode::Forced(_) => Some(2),
            _ => None,
        } {
            config.hot_loop = threshold;
            config.hot_function = threshold;
            config.hot_exit = threshold;
        }
        config
    }

    fn engine(self) -> Result<Engine, EngineError> {
        let config = self.config();
        match self {
            Mode::Forced(period) if config.machine_code => {
                let options = NativeOptions {
                    forced_exits: true,
                    forced_period: period,
                    ..NativeOptions::default()
                };
                Ok(Engine::on(config, Arc::new(NativeEngine::new(options)?)))
            }
            _ => Engine::new(config),
        }
    }

    /// Whether to collect at every opportunity.
    fn stress(self) -> bool {
        matches!(self, Mode::StressOff | Mode::StressHot)
    }
}

/// What can be seen of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// What it printed.
    pub(crate) printed: Vec<u8>,
    /// The first line of the message it ended with, if it ended with an error.
    pub(crate) error: Option<String>,
}

/// A run under Moonlet.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub(crate) seen: Seen,
    /// How many traces were installed.
    pub(crate) traces: u64,
    /// What the interpreter's graph counted.
    #[allow(dead_code, reason = "one suite of several uses it")]
    pub(crate) stats: Stats,
    /// Instructions that the plain interpreter executed.
    #[allow(dead_code, reason = "one suite of several uses it")]
    pub(crate) interpreted: u64,
}

/// Where a program's output goes.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().expect("no writer panicked"))
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut printed = self.0.lock().expect("no writer panicked");
        printed.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a program under Moonlet; an error if it does not end.
pub(crate) fn moonlet(source: &[u8], name: &str, mode: Mode) -> Result<Ran, String> {
    moonlet_with(source, name, mode, &[])
}

/// Runs a program that gets these as its `...`.
pub(crate) fn moonlet_with(
    source: &[u8],
    name: &str,
    mode: Mode,
    args: &[&[u8]],
) -> Result<Ran, String> {
    let printed = Printed::default();
    let engine = mode.engine();
    let engine = engine.map_err(|error| format!("no engine: {error}"))?;
    let output = Box::new(printed.clone());
    let mut vm = match Vm::on(&engine, source, name, mode.stress(), output) {
        Ok(vm) => vm,
        Err(error) => {
            let seen = Seen {
                printed: Vec::new(),
                error: Some(first_line(&error.to_string())),
            };
            return Ok(Ran {
                seen,
                traces: 0,
                stats: Stats::default(),
                interpreted: 0,
            });
        }
    };
    let handle = vm.interrupt_handle();
    let (ended, watched) = channel::<()>();
    let what = format!("{name} ({})", mode.name());
    let watchdog = thread::spawn(move || {
        if watched.recv_timeout(LIMIT) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        handle.raise();
        if watched.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{what} does not end, even when it is interrupted");
            exit(101);
        }
    });
    let ending = vm.run(args);
    vm.output().flush().expect("the sink takes everything");
    drop(ended);
    watchdog.join().expect("the watchdog does not panic");
    let error = match ending {
        Ok(()) => None,
        Err(Ending::Error(text)) => Some(first_line(&text)),
        Err(Ending::Exit(_)) => None,
        Err(Ending::OutOfMemory) => Some("not enough memory".to_owned()),
        Err(Ending::Interrupted) => return Err(format!("does not end within {LIMIT:?}")),
    };
    let stats = vm.interpreter().graph().stats();
    let printed = printed.take();
    Ok(Ran {
        seen: Seen { printed, error },
        traces: stats.roots + stats.sides,
        interpreted: vm.interpreter().instructions_interpreted(),
        stats,
    })
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Whether lua5.4 is installed. With `OFFRAMP_REQUIRE_LUA=1` its absence ends the process.
pub(crate) fn has_lua() -> bool {
    let has = Command::new("lua5.4").arg("-v").output().is_ok();
    if !has && std::env::var_os("OFFRAMP_REQUIRE_LUA").is_some_and(|value| value == "1") {
        eprintln!("lua5.4 is not installed, and OFFRAMP_REQUIRE_LUA says it must be");
        exit(101);
    }
    has
}

/// Runs a program under lua5.4, in a folder of its own, so that messages have its bare name.
pub(crate) fn lua(source: &[u8], name: &str) -> Result<Seen, String> {
    let folder = Folder::new().map_err(|error| format!("no folder to run lua5.4 in: {error}"))?;
    let written = std::fs::write(folder.0.join(name), source);
    written.map_err(|error| format!("cannot write the program: {error}"))?;
    let output = Command::new("timeout")
        .args(["120", "lua5.4", name])
        .current_dir(&folder.0)
        .output()
        .map_err(|error| format!("cannot run lua5.4: {error}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let error = match output.status.code() {
        Some(0) => None,
        Some(1) => {
            let line = first_line(&complaint);
            Some(line.strip_prefix("lua5.4: ").unwrap_or(&line).to_owned())
        }
        _ => return Err(format!("lua5.4 ended with {}: {complaint}", output.status)),
    };
    Ok(Seen {
        printed: output.stdout,
        error,
    })
}

/// A fresh folder, removed with this.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Folder> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("lua-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left in the target directory, where it does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// How two runs differ, for people; nothing if they do not.
pub(crate) fn difference(expected: &Seen, found: &Seen) -> Option<String> {
    if expected == found {
        return None;
    }
    let [expected_text, found_text] =
        [expected, found].map(|seen| String::from_utf8_lossy(&seen.printed).into_owned());
    let mut lines = (expected_text.split('\n').zip(found_text.split('\n'))).enumerate();
    let mut text = String::new();
    if let Some((number, (wanted, got))) = lines.find(|(_, (wanted, got))| wanted != got) {
        let number = number + 1;
        text.push_str(&format!(
            "line {number} of the output:\n  expected {wanted}\n  found    {got}\n"
        ));
    } else if expected.printed != found.printed {
        let lengths = [expected, found].map(|seen| seen.printed.len());
        text.push_str(&format!(
            "{} bytes of output expected, found {}\n",
            lengths[0], lengths[1]
        ));
    }
    if expected.error != found.error {
        let [wanted, got] = [expected, found].map(|seen| match &seen.error {
            Some(error) => error.clone(),
            None => "no error".to_owned(),
        });
        text.push_str(&format!(
            "the error:\n  expected {wanted}\n  found    {got}\n"
        ));
    }
    Some(text)
}
