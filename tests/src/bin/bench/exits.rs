//! What leaving costs: nanoseconds per taken exit and way back, bytes per exit.
//!
//! A [`Ring`] is run with its guard failing by pattern. The cost of an exit is the time over the
//! run whose guard never fails, divided by the exits taken; it carries the mispredictions of the
//! iterations that stay, too. The limit is the same control flow by hand (`limit.c`).

use crate::bytes;
use crate::ring::{Live, Ring, TABLE};
use crate::ways;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

/// Iterations of a run: once through the table. Short, so that some runs are left alone by
/// whatever else the machine does.
const COUNT: u64 = TABLE as u64;
/// Runs of each kind, each round through all kinds.
const ROUNDS: usize = 120;

const PATTERNS: [&str; 7] = [
    "never",
    "every16",
    "every4",
    "alternating",
    "always",
    "random_quarter",
    "random_half",
];

fn mix(mut x: u64) -> u64 {
    x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ x >> 32
}

/// Whether the guard fails at count `i`. `limit.c` has the same.
fn taken(pattern: usize, i: u64) -> bool {
    match PATTERNS[pattern] {
        "never" => false,
        "every16" => i.is_multiple_of(16),
        "every4" => i.is_multiple_of(4),
        "alternating" => i.is_multiple_of(2),
        "always" => true,
        "random_quarter" => mix(i).is_multiple_of(4),
        _ => mix(i).is_multiple_of(2),
    }
}

/// The program of `limit.c`, running.
struct Limit {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Limit {
    fn start(program: &str) -> Result<Limit, String> {
        let failed = |error: std::io::Error| format!("{program}: {error}");
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let ask = child.stdin.take().ok_or("no input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Limit {
            child,
            ask,
            answers,
        })
    }

    fn run(&mut self, live: Live, pattern: usize) -> Result<f64, String> {
        let Live { floats, ints } = live;
        let failed = |error: std::io::Error| error.to_string();
        writeln!(self.ask, "{floats} {ints} {pattern} {COUNT}").map_err(failed)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(failed)?;
        line.trim()
            .parse()
            .map_err(|_| format!("the limit said {line:?}"))
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nanoseconds of the runs of one live set.
struct Row {
    live: Live,
    ring: Ring,
    exits: [f64; PATTERNS.len()],
    ours: [f64; PATTERNS.len()],
    limit: Option<[f64; PATTERNS.len()]>,
}

impl Row {
    fn new(live: Live, tables: &[Vec<u8>], limit: bool) -> Result<Row, String> {
        const LEAST: [f64; PATTERNS.len()] = [f64::INFINITY; PATTERNS.len()];
        let mut ring = Ring::new(live)?;
        let mut exits = [0.0; PATTERNS.len()];
        for (table, exits) in tables.iter().zip(&mut exits) {
            ring.table().copy_from_slice(table);
            ring.check(10_000)?;
            *exits = ring.exits(COUNT) as f64;
        }
        Ok(Row {
            live,
            ring,
            exits,
            ours: LEAST,
            limit: limit.then_some(LEAST),
        })
    }

    /// Runs every pattern once.
    fn measure(&mut self, tables: &[Vec<u8>], limit: Option<&mut Limit>) -> Result<(), String> {
        for (table, least) in tables.iter().zip(&mut self.ours) {
            self.ring.table().copy_from_slice(table);
            let began = Instant::now();
            self.ring.run(COUNT)?;
            *least = least.min(began.elapsed().as_nanos() as f64);
        }
        if let (Some(limit), Some(times)) = (limit, &mut self.limit) {
            for (pattern, least) in times.iter_mut().enumerate() {
                *least = least.min(limit.run(self.live, pattern)?);
            }
        }
        Ok(())
    }

    /// Per taken exit, over the run that never takes it.
    fn cost(&self, times: &[f64], pattern: usize) -> f64 {
        (times[pattern] - times[0]) / self.exits[pattern]
    }
}

pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let mut json = false;
    let mut limit = None;
    let mut arguments = arguments.iter();
    while let Some(&argument) = arguments.next() {
        match argument {
            "--json" => json = true,
            "--limit" => {
                let program = arguments.next().ok_or("--limit needs a program")?;
                limit = Some(Limit::start(program)?);
            }
            other => return Err(format!("bench exits: {other}?")),
        }
    }
    let tables: Vec<Vec<u8>> = (0..PATTERNS.len())
        .map(|pattern| {
            (0..TABLE as u64)
                .map(|i| u8::from(taken(pattern, i)))
                .collect()
        })
        .collect();
    let mut rows = Vec::new();
    for ints in [0, 3, 6] {
        for floats in [0, 4, 8] {
            rows.push(Row::new(Live { floats, ints }, &tables, limit.is_some())?);
        }
    }
    for _ in 0..ROUNDS {
        for row in &mut rows {
            row.measure(&tables, limit.as_mut())?;
        }
    }
    let bytes = bytes::measure()?;
    let ways = Ways {
        empty: ways::measure(0)?,
        four: ways::measure(4)?,
    };
    match json {
        true => print_json(&rows, &bytes, &ways),
        false => print_table(&rows, &bytes, &ways),
    }
    Ok(())
}

/// Nanoseconds into a trace and out again by a cold exit.
struct Ways {
    /// With nothing pending.
    empty: f64,
    /// With four words pending.
    four: f64,
}

fn print_table(rows: &[Row], bytes: &[bytes::Figures], ways: &Ways) {
    println!(
        "ns per taken exit and way back, over the loop that never leaves (its ns per iteration"
    );
    println!("in the first column); behind the bar the same control flow by hand\n");
    print!("{:>4} {:>6} {:>11}", "ints", "floats", "never");
    for pattern in &PATTERNS[1..] {
        print!(" {pattern:>15}");
    }
    println!();
    for row in rows {
        let both = |ours: f64, limit: Option<f64>| match limit {
            Some(limit) => format!("{ours:.2}|{limit:.2}"),
            None => format!("{ours:.2}"),
        };
        let Live { floats, ints } = row.live;
        let each = |times: &[f64; PATTERNS.len()]| times[0] / COUNT as f64;
        let never = both(each(&row.ours), row.limit.as_ref().map(each));
        print!("{ints:>4} {floats:>6} {never:>11}");
        for pattern in 1..PATTERNS.len() {
            let ours = row.cost(&row.ours, pattern);
            let limit = row.limit.as_ref().map(|times| row.cost(times, pattern));
            print!(" {:>15}", both(ours, limit));
        }
        println!();
    }
    println!();
    for figures in bytes {
        println!("{figures}");
    }
    let Ways { empty, four } = ways;
    println!(
        "\ninto a trace and out by a cold exit: {empty:.1} ns, with four words pending {four:.1}"
    );
}

fn print_json(rows: &[Row], bytes: &[bytes::Figures], ways: &Ways) {
    let mut fields = Vec::new();
    for (pattern, name) in PATTERNS.iter().enumerate().skip(1) {
        let costs = rows.iter().map(|row| row.cost(&row.ours, pattern));
        fields.push(format!("\"{name}\":{:.3}", costs.fold(0.0, f64::max)));
    }
    for figures in bytes {
        let name = figures.architecture;
        fields.push(format!(
            "\"bytes_per_exit_{name}\":{:.2}",
            figures.per_exit()
        ));
    }
    fields.push(format!("\"entry_ns\":{:.1}", ways.empty));
    fields.push(format!("\"cold_exit_ns\":{:.1}", ways.four));
    println!("{{{}}}", fields.join(","));
}
