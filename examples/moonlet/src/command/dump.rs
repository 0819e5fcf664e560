//! `--dump`: a program on its way to machine code.

use clap::ValueEnum;
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
}

/// Shows the program, and sees to it that traces are shown when they are made.
pub(super) fn prepare(vm: &mut Vm, stages: &[Stage]) {
    if stages.contains(&Stage::Bytecode) {
        eprintln!("{}", vm.listing());
    }
    let (trace, opt) = (stages.contains(&Stage::Trace), stages.contains(&Stage::Opt));
    if trace || opt {
        vm.interpreter().inspect(move |recorded, optimised| {
            if trace {
                eprintln!("recorded {recorded}");
            }
            if opt {
                eprintln!("optimised {optimised}");
            }
        });
    }
}
