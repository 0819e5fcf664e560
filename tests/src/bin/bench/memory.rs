//! What publishing and freeing code costs, and what it takes: `bench memory [--json] [slots]`.
//!
//! Every code has the size of a trace of about fifty uops. Publishing is measured with fresh pages
//! (the first round, page faults included) and with reused slots; `plain` is the way of traces,
//! without Cranelift's module. Each figure is the best of several rounds, as other work on the machine only adds.

use offramp::explicit::{CodeMemory, CodeMemoryConfig, CodeSlot, Mode, Owner};
use offramp_uop::lower::Code;
use std::sync::Arc;
use std::time::Instant;

const BYTES: usize = 661;
const ROUNDS: usize = 7;

struct Figures {
    mode: Mode,
    publish_fresh: f64,
    publish: f64,
    publish_plain: f64,
    free: f64,
    resident: f64,
    slot: f64,
}

/// Bytes of this process's memory that are in RAM, each page once, however many views it has.
fn resident() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = text.lines().find(|line| line.starts_with("Pss:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024.0)
}

type Publish = fn(&Arc<CodeMemory>, Owner, &Code) -> CodeSlot;

fn through_module(memory: &Arc<CodeMemory>, owner: Owner, code: &Code) -> CodeSlot {
    memory.publish(owner, code).expect("there is room")
}

fn plainly(memory: &Arc<CodeMemory>, owner: Owner, code: &Code) -> CodeSlot {
    let slots = memory.publish_all(owner, &[code]);
    slots
        .expect("there is room")
        .pop()
        .expect("a slot per code")
}

fn measure(mode: Mode, count: usize) -> Result<Figures, String> {
    let mut config = CodeMemoryConfig::default();
    config.mode = Some(mode);
    config.cap = 1 << 30;
    let memory = CodeMemory::new(&config).map_err(|error| error.to_string())?;
    let owner = memory.owner();
    let code = Code {
        bytes: vec![0xcc; BYTES],
        clif: None,
        asm: None,
        exit_bytes: 0,
    };
    let many = || -> Vec<CodeSlot> {
        let slots = (0..count).map(|_| through_module(&memory, owner, &code));
        slots.collect()
    };
    // Once before anything counts, so that the heap is as large as it gets.
    drop(many());
    let before = resident();
    let slots = many();
    let after = resident();
    let mut figures = Figures {
        mode,
        publish_fresh: f64::INFINITY,
        publish: f64::INFINITY,
        publish_plain: f64::INFINITY,
        free: f64::INFINITY,
        resident: match (before, after) {
            (Some(before), Some(after)) => (after - before) / count as f64,
            _ => f64::NAN,
        },
        slot: memory.usage().in_use as f64 / count as f64,
    };
    drop(slots);
    for _ in 0..ROUNDS {
        // Nothing is in use before a round, so its pages are mapped anew.
        let began = Instant::now();
        let slots = many();
        let published = began.elapsed().as_nanos() as f64 / count as f64;
        drop(slots);
        figures.publish_fresh = figures.publish_fresh.min(published);
    }
    let others = many();
    for _ in 0..ROUNDS {
        let (published, freed) = reuse(through_module, &memory, owner, &code, count);
        figures.publish = figures.publish.min(published);
        figures.free = figures.free.min(freed);
        let (published, _) = reuse(plainly, &memory, owner, &code, count);
        figures.publish_plain = figures.publish_plain.min(published);
    }
    drop(others);
    Ok(figures)
}

/// Publishes and frees into pages in use: ns of each.
fn reuse(
    publish: Publish,
    memory: &Arc<CodeMemory>,
    owner: Owner,
    code: &Code,
    count: usize,
) -> (f64, f64) {
    const BATCH: usize = 64;
    let (mut published, mut freed) = (0, 0);
    let mut slots = Vec::with_capacity(BATCH);
    let batches = count.div_ceil(BATCH);
    for _ in 0..batches {
        let began = Instant::now();
        slots.extend((0..BATCH).map(|_| publish(memory, owner, code)));
        published += began.elapsed().as_nanos();
        let began = Instant::now();
        slots.clear();
        freed += began.elapsed().as_nanos();
    }
    let each = |total: u128| total as f64 / (batches * BATCH) as f64;
    (each(published), each(freed))
}

pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let mut json = false;
    let mut count = 5_000;
    for &argument in arguments {
        match argument.parse() {
            _ if argument == "--json" => json = true,
            Ok(number) if number > 1 => count = number,
            _ => return Err("usage: bench memory [--json] [slots, at least 2]".to_owned()),
        }
    }
    let mut objects = Vec::new();
    for mode in [Mode::Dual, Mode::Toggle] {
        let figures = match measure(mode, count) {
            Ok(figures) => figures,
            Err(error) => {
                eprintln!("{mode}: {error}");
                continue;
            }
        };
        if json {
            objects.push(format!(
                "\"{}\":{{\"publish_fresh_ns\":{:.0},\"publish_ns\":{:.0},\
                 \"publish_plain_ns\":{:.0},\"free_ns\":{:.0},\"resident_bytes\":{:.0},\
                 \"slot_bytes\":{:.0}}}",
                figures.mode,
                figures.publish_fresh,
                figures.publish,
                figures.publish_plain,
                figures.free,
                figures.resident,
                figures.slot,
            ));
        } else {
            println!(
                "{:6}  publish {:6.0} ns fresh, {:6.0} reused, {:6.0} without module; free {:4.0} ns; \
                 {BYTES} bytes of code: slot {:.0}, resident {:.0}",
                figures.mode.to_string(),
                figures.publish_fresh,
                figures.publish,
                figures.publish_plain,
                figures.free,
                figures.slot,
                figures.resident,
            );
        }
    }
    if json {
        println!("{{\"code_bytes\":{BYTES},{}}}", objects.join(","));
    }
    Ok(())
}
