//! One process: what it takes and what it prints.
//!
//! Times are CPU seconds, user and system, as the kernel tells them of this one child; the peak of its
//! memory is told with them. Instructions are counted by callgrind, which slows a process down by
//! fifty times and counts the same in every run.

use anyhow::{Context, Result, bail};
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use wait4::Wait4;

/// A run is given up after this.
const LIMIT: Duration = Duration::from_secs(120);

/// What is measured of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Measure {
    /// CPU time, and peak memory.
    #[default]
    Time,
    /// Instructions.
    Instructions,
}

impl Measure {
    /// Runs a process that succeeds: what it took and what it printed.
    pub(super) fn of(self, command: Command) -> Result<(Usage, Vec<u8>)> {
        match self {
            Measure::Time => time(command),
            Measure::Instructions => instructions(&command),
        }
    }

    /// Of [`Usage::cost`].
    pub(super) fn unit(self) -> &'static str {
        match self {
            Measure::Time => "ms",
            Measure::Instructions => "million instructions",
        }
    }
}

/// What a process took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Usage {
    /// Milliseconds, or millions of instructions.
    pub(super) cost: f64,
    /// The most memory that it had, or 0 where instructions are counted.
    pub(super) megabytes: f64,
}

/// CPU time and peak memory of a process that succeeds, and what it prints.
fn time(mut command: Command) -> Result<(Usage, Vec<u8>)> {
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let id = child.id().to_string();
    let (ended, watched) = channel::<()>();
    let watchdog = std::thread::spawn(move || {
        let late = watched.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout);
        // One that has just ended is still there: nobody waited for it.
        late && Command::new("kill").args(["-9", &id]).status().is_ok()
    });
    let mut output = Vec::new();
    let mut complaint = String::new();
    let out = child.stdout.take().context("standard output is piped")?;
    let err = child.stderr.take().context("standard error is piped")?;
    // Both are short, so that neither fills its pipe while the other is read.
    { out }.read_to_end(&mut output)?;
    { err }.read_to_string(&mut complaint)?;
    drop(ended);
    let late = watchdog.join().expect("the watchdog does not panic");
    let used = child.wait4()?;
    if late {
        bail!("takes more than {LIMIT:?}");
    }
    if !used.status.success() {
        let first = complaint.lines().next().unwrap_or_default();
        bail!("{}: {first}", used.status);
    }
    let cpu = used.rusage.utime + used.rusage.stime;
    let usage = Usage {
        cost: cpu.as_secs_f64() * 1e3,
        megabytes: used.rusage.maxrss as f64 / 1e6,
    };
    Ok((usage, output))
}

/// Instructions of a process that succeeds, and what it prints.
fn instructions(command: &Command) -> Result<(Usage, Vec<u8>)> {
    let mut valgrind = Command::new("valgrind");
    // Code is new at addresses where other code was.
    valgrind.args(["--tool=callgrind", "--smc-check=all"]);
    valgrind.arg("--callgrind-out-file=/dev/null");
    valgrind.arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        valgrind.current_dir(folder);
    }
    let (output, report) = output(&mut valgrind).context("valgrind")?;
    let usage = Usage {
        cost: collected(&report)? as f64 / 1e6,
        megabytes: 0.0,
    };
    Ok((usage, output))
}

/// Standard output and standard error of a process that succeeds.
pub(super) fn output(command: &mut Command) -> Result<(Vec<u8>, String)> {
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        true => Ok((output.stdout, text)),
        false => {
            // Valgrind's own lines begin so.
            let line = text.lines().find(|line| !line.starts_with("=="));
            bail!("{}: {}", output.status, line.unwrap_or_default())
        }
    }
}

/// The instructions that callgrind says it counted.
pub(super) fn collected(report: &str) -> Result<u64> {
    let count = report
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1))
        .with_context(|| format!("callgrind reports no count:\n{report}"))?;
    Ok(count.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_have_usages_and_outputs() {
        let mut echo = Command::new("echo");
        echo.arg("x");
        let (usage, output) = time(echo).expect("it can be run");
        assert_eq!(output, b"x\n");
        assert!(usage.megabytes > 0.0);
        assert!(time(Command::new("false")).is_err());
    }
}
