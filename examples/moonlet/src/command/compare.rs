//! `--compare`: one program, without the JIT and with it.

use super::{Source, start, stats};
use offramp_moonlet::vm::{Ending, Options, Vm};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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
    let begun = Instant::now();
    let ended = vm.run(args);
    // The sink takes everything.
    let _ = vm.output().flush();
    Ok(Run {
        time: begun.elapsed(),
        printed: printed.take(),
        ended,
        vm,
    })
}

/// Runs the program twice and shows how the runs compare.
pub(super) fn compare(source: &Source, options: &Options, args: &[&[u8]]) -> Result<(), String> {
    let mut plain = options.clone();
    plain.config.enabled = false;
    let without = run(source, &plain, args)?;
    let mut with = run(source, options, args)?;
    let written = io::stdout().write_all(&with.printed);
    written.map_err(|error| error.to_string())?;
    let seconds = [without.time, with.time].map(|time| time.as_secs_f64());
    eprintln!("without JIT  {:8.3} s", seconds[0]);
    eprintln!(
        "with JIT     {:8.3} s   {:.1} times as fast",
        seconds[1],
        seconds[0] / seconds[1].max(1e-9)
    );
    eprint!("{}", stats::text(&mut with.vm));
    if (&without.printed, &without.ended) != (&with.printed, &with.ended) {
        return Err("the two runs differ: this is a bug in Offramp or Moonlet".to_owned());
    }
    with.ended.map_err(super::message)
}
