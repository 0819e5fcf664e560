//! `--compare`: one program, without the JIT and with it.
//!
//! Both run in turns, and what is shown are medians of CPU time: on a machine that does something else, too,
//! one run of each says little. The first of each always ends; there are as many more as fit.

use super::{Source, start, stats};
use offramp_moonlet::vm::{Ending, Options, Vm};
use rustix::time::{ClockId, clock_gettime};
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Runs of each.
const ROUNDS: usize = 3;

/// What all runs take together, unless the first of each take longer.
const BOUND: Duration = Duration::from_secs(10);

/// What a program printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn take(&self) -> Vec<u8> {
        match self.0.lock() {
            Ok(mut bytes) => std::mem::take(&mut bytes),
            Err(_) => Vec::new(),
        }
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.lock() {
            Ok(mut printed) => printed.extend_from_slice(bytes),
            Err(_) => return Err(io::ErrorKind::Other.into()),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Run {
    vm: Vm,
    printed: Vec<u8>,
    ended: Result<(), Ending>,
    time: Duration,
}

fn run(source: &Source, options: &Options, args: &[&[u8]]) -> Result<Run, String> {
    let printed = Printed::default();
    let mut vm = start(source, options, Box::new(printed.clone()))?;
    let begun = cpu_time();
    let ended = vm.run(args);
    // The sink takes everything.
    let _ = vm.output().flush();
    Ok(Run {
        time: cpu_time() - begun,
        printed: printed.take(),
        ended,
        vm,
    })
}

/// What this process has used, in user and system mode.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Says on a terminal which run is under way; the next line takes its place.
fn progress(what: &str) {
    let mut to = io::stderr();
    if to.is_terminal() {
        // Who cannot be told waits all the same.
        let _ = write!(to, "\r\x1b[K{what}").and_then(|()| to.flush());
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    let (low, high) = ((times.len() - 1) / 2, times.len() / 2);
    (times[low] + times[high]).as_secs_f64() / 2.0
}

/// Runs the program in turns without and with the JIT and shows how the runs compare.
pub(super) fn compare(source: &Source, options: &Options, args: &[&[u8]]) -> Result<(), String> {
    let mut plain = options.clone();
    plain.config.enabled = false;
    let begun = Instant::now();
    let (mut plain_times, mut times) = (Vec::new(), Vec::new());
    let mut with = loop {
        let round = times.len() + 1;
        progress(&format!("run {round} of {ROUNDS} without JIT …"));
        let without = run(source, &plain, args)?;
        progress(&format!("run {round} of {ROUNDS} with JIT …"));
        let with = run(source, options, args)?;
        if (&without.printed, &without.ended) != (&with.printed, &with.ended) {
            progress("");
            return Err("the two runs differ: this is a bug in Offramp or Moonlet".to_owned());
        }
        plain_times.push(without.time);
        times.push(with.time);
        // The next round takes what this one took.
        let round = begun.elapsed() / times.len() as u32;
        if times.len() == ROUNDS || begun.elapsed() + round > BOUND {
            break with;
        }
    };
    progress("");
    let written = io::stdout().write_all(&with.printed);
    written.map_err(|error| error.to_string())?;
    let runs = times.len();
    let (off, on) = (median(plain_times), median(times));
    eprintln!("without JIT  {off:8.3} s");
    eprintln!(
        "with JIT     {on:8.3} s   {:.1} times as fast",
        off / on.max(1e-9)
    );
    eprintln!("(CPU time, the median of {runs})");
    eprint!("{}", stats::text(&mut with.vm));
    with.ended.map_err(super::message)
}
