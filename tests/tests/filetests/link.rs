//! `test link`: which exits of the file's traces may lead to which entries of them, and, where the
//! file says what to begin with, a run from the first trace across those links.
//!
//! `test link run` begins with the first trace and goes on in the first entry that agrees, headers
//! before starts, as often as the file allows; `test link adapters` shows each exit's adapter.

use crate::case::Case;
use crate::directives::{Setup, runs};
use crate::evaluate::note_left;
use crate::model::Model;
use offramp_uop::evaluate::{self, Entry, Left};
use offramp_uop::text::parse_file;
use offramp_uop::verify::verify;
use offramp_uop::{
    Disagreement, EntrySignature, ExitId, ExitKind, Holds, Interface, Trace, adapter,
};
use std::fmt::Write;

/// An entry of one of the file's traces.
struct Target<'a> {
    trace: &'a Trace,
    entry: Entry,
    signature: EntrySignature,
}

impl Target<'_> {
    fn name(&self) -> String {
        match self.entry {
            Entry::Start => self.trace.name.clone(),
            Entry::Header => format!("{}'s header", self.trace.name),
        }
    }

    fn pc(&self) -> u32 {
        match (&self.trace.header, self.entry) {
            (Some(header), Entry::Header) => header.pc,
            _ => self.trace.pc,
        }
    }

    fn agrees(&self, trace: &Trace, exit: ExitId) -> Result<(), Disagreement> {
        trace.exit(exit).agrees(trace, &self.signature)
    }
}

pub(crate) fn run(case: &Case) -> Result<String, String> {
    let (interface, traces) = parse_file(&case.input).map_err(|error| error.to_string())?;
    for trace in &traces {
        verify(trace).map_err(|errors| errors.to_string())?;
    }
    let targets: Vec<Target<'_>> = targets(&traces);
    let mut out = String::new();
    for trace in &traces {
        for exit in (0..trace.exits.len() as u32).map(ExitId) {
            links(trace, exit, &targets, &mut out);
        }
    }
    if case.arguments.iter().any(|argument| argument == "adapters") {
        for trace in &traces {
            for (index, exit) in trace.exits.iter().enumerate() {
                let adapter = adapter(format!("{} x{index}", trace.name), exit, trace);
                verify(&adapter).map_err(|errors| errors.to_string())?;
                write!(out, "{adapter}").expect("writing to a string cannot fail");
            }
        }
    }
    if case.arguments.iter().any(|argument| argument == "run") {
        for setup in runs(case)? {
            out += &walk(&traces[0], &targets, &setup, &interface);
        }
    }
    Ok(out)
}

fn targets(traces: &[Trace]) -> Vec<Target<'_>> {
    let headers = traces.iter().filter_map(|trace| {
        Some(Target {
            trace,
            entry: Entry::Header,
            signature: trace.header_signature()?,
        })
    });
    let starts = traces.iter().map(|trace| Target {
        trace,
        entry: Entry::Start,
        signature: trace.entry.clone(),
    });
    headers.chain(starts).collect()
}

/// Writes which entries at the exit's target it may lead to.
fn links(trace: &Trace, exit: ExitId, targets: &[Target<'_>], out: &mut String) {
    let state = trace.exit(exit);
    // Where a dynamic exit leads is known only at run time.
    let reaches = |pc| state.kind == ExitKind::Dynamic || state.target == pc;
    for target in targets.iter().filter(|target| reaches(target.pc())) {
        let verdict = match target.agrees(trace, exit) {
            Ok(()) => "may be linked".to_owned(),
            Err(disagreement) => disagreement.to_string(),
        };
        writeln!(out, "{} {exit} to {}: {verdict}", trace.name, target.name())
            .expect("writing to a string cannot fail");
    }
}

/// Runs from the start of `first` across the links.
fn walk(first: &Trace, targets: &[Target<'_>], setup: &Setup, interface: &Interface) -> String {
    let mut model = Model::new(setup, interface);
    let (mut trace, mut entry) = (first, Entry::Start);
    let (mut handed, mut base) = (setup.handed.clone(), setup.base);
    for hop in 0..=setup.hops {
        let at = match entry {
            Entry::Start => trace.name.clone(),
            Entry::Header => format!("{}'s header", trace.name),
        };
        model.note(format_args!("enter {at}"));
        model.learn(trace, base);
        let left = evaluate::run(trace, entry, &handed, base, &mut model);
        note_left(trace, &left, &mut model);
        let next = targets.iter().find(|target| {
            target.pc() == left.pc && !left.transferred && target.agrees(trace, left.exit).is_ok()
        });
        let Some(next) = next.filter(|_| hop < setup.hops) else {
            model.settle(&left);
            break;
        };
        handed = taken(&left, trace, &next.signature);
        (trace, entry, base) = (next.trace, next.entry, left.base);
    }
    model.show_memory();
    model.log
}

/// What an entry takes of what an exit leaves: its parameters, then its invariants.
fn taken(left: &Left, trace: &Trace, signature: &EntrySignature) -> Vec<u64> {
    let base = trace.exit(left.exit).base;
    let words = &trace.exit(left.exit).words;
    let pending = |word| {
        let at = words.iter().position(|&(w, _)| w.seen_from(base) == word);
        left.words[at.expect("the exit agrees")].1
    };
    let params = signature
        .words
        .iter()
        .filter_map(|entry| match entry.holds {
            Holds::Param(_) => Some(pending(entry.word)),
            Holds::Constant(_) => None,
        });
    let extras = left.extras.iter().copied().take(signature.extras.len());
    params.chain(extras).collect()
}
