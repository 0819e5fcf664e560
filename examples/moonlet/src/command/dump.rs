//! `--dump`: a program on its way to machine code.

use clap::ValueEnum;
use offramp::inspect::Event;
use offramp_moonlet::vm::Vm;

/// A stage to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// The compiled program.
    Bytecode,
    /// Traces as they were recorded.
    Trace,
    /// Traces as they were optimised.
    Opt,
    /// How often each pass and rule of the optimiser rewrote them.
    Rewrites,
    /// Cranelift's IR.
    Clif,
    /// Machine code.
    Asm,
    /// What becomes of traces, a line for each event.
    Events,
}

/// Whether executors must keep their code as text.
pub(super) fn needs_listings(stages: &[Stage]) -> bool {
    stages.contains(&Stage::Clif) || stages.contains(&Stage::Asm)
}

/// Shows the program, and sees to it that traces are shown when they are made.
pub(super) fn prepare(vm: &mut Vm, stages: &[Stage]) {
    if stages.contains(&Stage::Bytecode) {
        eprintln!("{}", vm.listing());
    }
    if stages.contains(&Stage::Events) {
        vm.interpreter().observe(|event, executors| {
            // Ways in and out are too many to read; `--stats=why` counts them.
            if !matches!(event, Event::Entered { .. } | Event::ColdExit { .. }) {
                eprintln!("{}", executors.describe(event));
            }
        });
    }
    let of_traces = |&stage: &Stage| !matches!(stage, Stage::Bytecode | Stage::Events);
    if !stages.iter().any(of_traces) {
        return;
    }
    let stages = stages.to_vec();
    vm.interpreter()
        .inspect_graph(move |recorded, installed, executors| {
            if stages.contains(&Stage::Trace) {
                eprintln!("recorded {}", executors.annotated(recorded));
            }
            if stages.contains(&Stage::Opt) {
                eprintln!("optimised {}", executors.annotated(&installed.trace));
            }
            if stages.contains(&Stage::Rewrites) {
                eprintln!("rewrites of {}", recorded.name);
                for ((pass, rule), count) in executors.rewrites(recorded) {
                    eprintln!("{count:>6} {pass} {rule}");
                }
            }
            let Some(listing) = &installed.listing else {
                return;
            };
            for (stage, parts) in [(Stage::Clif, &listing.clif), (Stage::Asm, &listing.asm)] {
                for part in parts.iter().filter(|_| stages.contains(&stage)) {
                    eprintln!("{part}");
                }
            }
        });
}
