//! What compiling costs, by phase: from a recorded trace to published code.
//!
//! The traces are random ones and those that the larger test program's samples record, whose
//! helpers are called as the interpreter has them called. Each is compiled several times with the memory of the one before, as a running interpreter does; the
//! least counts. A trace may cost a fixed part and so much per recorded uop; what is reported is
//! how much per uop is left when the fixed part is taken off, at the median and at the 90th
//! percentile.

use offramp::explicit::{CodeMemory, CodeMemoryConfig, Owner};
use offramp::{Config, Engine, Stack};
use offramp_tests::larger::host::Host;
use offramp_tests::larger::programs::samples;
use offramp_uop::lower::{Checks, Code, ExitLayout, HelperEntry, Location, Locations};
use offramp_uop::lower::{LowerOptions, Lowered, Lowerer, Target};
use offramp_uop::optimise::{Options, optimise};
use offramp_uop::testing::generate::generate;
use offramp_uop::{Trace, Type};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Random traces, and how often each trace is compiled.
const RANDOM: u64 = 400;
const ROUNDS: usize = 20;
/// Iterations of the samples' hot loops.
const SIZE: i64 = 1000;
/// The fixed part, in microseconds.
const FIXED: f64 = 40.0;

const PHASES: [&str; 4] = ["optimise", "build", "cranelift", "publish"];
type Times = [Duration; PHASES.len()];

/// A recorded trace, and how its helpers are called.
struct Case {
    recorded: Trace,
    helpers: Arc<Vec<HelperEntry>>,
}

/// One trace's least times, in microseconds, and what it came to.
#[derive(Clone)]
struct Figures {
    uops: f64,
    times: [f64; PHASES.len()],
    bytes: f64,
}

impl Figures {
    fn total(&self) -> f64 {
        self.times.iter().sum()
    }

    /// Microseconds per recorded uop beyond the fixed part.
    fn per_uop(&self) -> f64 {
        (self.total() - FIXED) / self.uops
    }
}

struct Compiler {
    lowerer: Lowerer,
    target: Target,
    memory: Arc<CodeMemory>,
    owner: Owner,
}

impl Compiler {
    fn new() -> Result<Compiler, String> {
        let memory = CodeMemory::new(&CodeMemoryConfig::default());
        let memory = memory.map_err(|error| error.to_string())?;
        let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let triple = triple
            .parse()
            .map_err(|error| format!("{triple}: {error}"))?;
        let target = Target::new(triple, Checks::default()).map_err(|error| error.to_string())?;
        Ok(Compiler {
            lowerer: Lowerer::new(),
            target,
            owner: memory.owner(),
            memory,
        })
    }

    fn once(&mut self, case: &Case) -> Result<(Times, usize), String> {
        let began = Instant::now();
        let trace = optimise(&case.recorded, &Options::default()).trace;
        let optimised = began.elapsed();
        let mut places = Locations::default();
        let params = trace.entry.params();
        let entry: Vec<Location> = params.map(|(_, ty)| places.next(ty == Type::F64)).collect();
        let options = LowerOptions {
            layout: ExitLayout {
                records: 0x7f00_1234_5000,
                stride: 24,
                target: 0,
                valid: 0x7f00_1234_4000,
                high: Some(0x7f00_0000_0000),
                count: None,
                witness: None,
            },
            entry: &entry,
            onward: None,
            helpers: &case.helpers,
            forced_exits: false,
            watched: false,
            keep_clif: false,
        };
        let before = self.lowerer.in_cranelift();
        let began = Instant::now();
        let lowered = self.lowerer.lower(&trace, &self.target, &options);
        let lowering = began.elapsed();
        let cranelift = self.lowerer.in_cranelift().saturating_sub(before);
        let lowered: Lowered = lowered.map_err(|error| error.to_string())?;
        let codes: Vec<&Code> = std::iter::once(&lowered.entry)
            .chain(&lowered.looped)
            .collect();
        let bytes = codes.iter().map(|code| code.bytes.len()).sum();
        let began = Instant::now();
        let slots = self.memory.publish_all(self.owner, &codes);
        let published = began.elapsed();
        slots.map_err(|error| error.to_string())?;
        let build = lowering.saturating_sub(cranelift);
        Ok(([optimised, build, cranelift, published], bytes))
    }

    /// Each round goes through all traces, so that a trace meets the machine in different moods.
    fn measure(&mut self, cases: &[Case]) -> Result<Vec<Figures>, String> {
        let figures = cases.iter().map(|case| Figures {
            uops: case.recorded.uops.len() as f64,
            times: [f64::INFINITY; PHASES.len()],
            bytes: 0.0,
        });
        let mut figures: Vec<Figures> = figures.collect();
        for _ in 0..ROUNDS {
            for (case, figures) in cases.iter().zip(&mut figures) {
                let (times, bytes) = self.once(case)?;
                figures.bytes = bytes as f64;
                for (least, time) in figures.times.iter_mut().zip(times) {
                    *least = least.min(time.as_secs_f64() * 1e6);
                }
            }
        }
        Ok(figures)
    }
}

/// Every trace that the samples record.
fn recorded() -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for sample in samples(SIZE) {
        let engine = Engine::new(Config::default()).map_err(|error| error.to_string())?;
        let interpreter = engine.interpreter(sample.program);
        let mut interpreter = interpreter.map_err(|error| error.to_string())?;
        let traces = Arc::new(Mutex::new(Vec::new()));
        let sink = traces.clone();
        interpreter.inspect(move |recorded, _| {
            if let Ok(mut traces) = sink.lock() {
                traces.push(recorded.clone());
            }
        });
        let (mut host, mut stack) = (Host::default(), Stack::new(20_000));
        // Some samples are there to fail.
        let _ = interpreter.run(&mut host, &mut stack, 0);
        let helpers = Arc::new(interpreter.helper_entries());
        let mut traces = traces.lock().map_err(|error| error.to_string())?;
        cases.extend(traces.drain(..).map(|recorded| Case {
            recorded,
            helpers: helpers.clone(),
        }));
    }
    Ok(cases)
}

pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let json = match arguments {
        [] => false,
        ["--json"] => true,
        _ => return Err("usage: bench compile [--json]".to_owned()),
    };
    let mut compiler = Compiler::new()?;
    let random = (0..RANDOM).map(|seed| Case {
        recorded: generate(seed).trace,
        helpers: Arc::default(),
    });
    let random: Vec<Case> = random.collect();
    let random = compiler.measure(&random)?;
    let real = compiler.measure(&recorded()?)?;
    let all: Vec<Figures> = random.iter().chain(&real).cloned().collect();
    let mut objects = Vec::new();
    for (name, figures) in [("random", random), ("real", real), ("all", all)] {
        let summary = Summary::of(&figures);
        match json {
            true => objects.push(format!("\"{name}\":{}", summary.json())),
            false => summary.print(name),
        }
    }
    if json {
        println!("{{{}}}", objects.join(","));
    }
    Ok(())
}

struct Summary {
    traces: usize,
    uops: f64,
    total: f64,
    median: f64,
    high: f64,
    phases: [f64; PHASES.len()],
    bytes: f64,
}

impl Summary {
    fn of(figures: &[Figures]) -> Summary {
        let middle = |of: &dyn Fn(&Figures) -> f64| quantile(figures, 0.5, of);
        let sum = |of: &dyn Fn(&Figures) -> f64| figures.iter().map(of).sum::<f64>();
        let mut phases = [0.0; PHASES.len()];
        for (phase, share) in phases.iter_mut().enumerate() {
            *share = sum(&|it| it.times[phase]) / sum(&Figures::total);
        }
        Summary {
            traces: figures.len(),
            uops: middle(&|it| it.uops),
            total: middle(&Figures::total),
            median: middle(&Figures::per_uop),
            high: quantile(figures, 0.9, &Figures::per_uop),
            phases,
            bytes: sum(&|it| it.bytes) / sum(&|it| it.uops),
        }
    }

    fn print(&self, name: &str) {
        println!(
            "{name:6} {} traces, {:.0} recorded uops and {:.0} µs at the median; beyond {FIXED} µs \
             {:.2} µs per recorded uop at the median, {:.2} at the 90th percentile; {:.1} bytes \
             of code per recorded uop",
            self.traces, self.uops, self.total, self.median, self.high, self.bytes
        );
        let shares = PHASES.iter().zip(&self.phases);
        let shares = shares.map(|(name, share)| format!("{name} {:.0} %", share * 100.0));
        println!(
            "       of all time: {}",
            shares.collect::<Vec<_>>().join(", ")
        );
    }

    fn json(&self) -> String {
        let shares = PHASES.iter().zip(&self.phases);
        let shares = shares.map(|(name, share)| format!("\"{name}_share\":{share:.3}"));
        format!(
            "{{\"traces\":{},\"uops_median\":{:.0},\"us_median\":{:.1},\"us_per_uop_median\":{:.3},\
             \"us_per_uop_p90\":{:.3},\"bytes_per_uop\":{:.2},{}}}",
            self.traces,
            self.uops,
            self.total,
            self.median,
            self.high,
            self.bytes,
            shares.collect::<Vec<_>>().join(",")
        )
    }
}

fn quantile(figures: &[Figures], at: f64, of: &dyn Fn(&Figures) -> f64) -> f64 {
    let mut values: Vec<f64> = figures.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    let index = (values.len().saturating_sub(1) as f64 * at).round();
    values.get(index as usize).copied().unwrap_or(f64::NAN)
}
