//! `test evaluate`: what each run of each trace does.

use crate::case::Case;
use crate::directives::{Setup, runs};
use crate::model::{Model, shown, shown_all};
use offramp_uop::evaluate::{self, Left};
use offramp_uop::text::parse_file;
use offramp_uop::verify::verify;
use offramp_uop::{ExitKind, Trace};

pub(crate) fn run(case: &Case) -> Result<String, String> {
    let (interface, traces) = parse_file(&case.input).map_err(|error| error.to_string())?;
    let mut out = String::new();
    for trace in &traces {
        verify(trace).map_err(|errors| errors.to_string())?;
    }
    for setup in runs(case)? {
        for trace in &traces {
            out += &title(trace, &setup);
            let mut model = Model::new(&setup, &interface);
            model.learn(trace, setup.base);
            let left = evaluate::run(trace, setup.entry, &setup.handed, setup.base, &mut model);
            note_left(trace, &left, &mut model);
            model.settle(&left);
            model.show_memory();
            out += &model.log;
        }
    }
    Ok(out)
}

fn title(trace: &Trace, setup: &Setup) -> String {
    let name = &trace.name;
    match setup.title.as_str() {
        "" => format!("{name}:\n"),
        title => format!("{name} with {title}:\n"),
    }
}

/// Writes down how the trace was left.
pub(crate) fn note_left(trace: &Trace, left: &Left, model: &mut Model<'_>) {
    let op = trace.uop(left.at).op.name();
    let kind: ExitKind = trace.exit(left.exit).kind;
    let how = if left.transferred { " by transfer" } else { "" };
    let state = trace.exit(left.exit);
    let words: Vec<_> = left
        .words
        .iter()
        .zip(&state.words)
        .map(|(&(index, bits), &(_, value))| format!("w{index} = {}", shown(bits, trace.ty(value))))
        .collect();
    let pending = match words.as_slice() {
        [] => String::new(),
        words => format!(", pending {}", words.join(", ")),
    };
    let types = state.extras.iter().map(|&value| trace.ty(value));
    let extras = match left.extras.as_slice() {
        [] => String::new(),
        extras => format!(", extras {}", shown_all(extras.iter().copied().zip(types))),
    };
    model.note(format_args!(
        "{op} leaves through {} ({}){how} for {} base {}{pending}{extras}",
        left.exit,
        kind.name(),
        left.pc,
        left.base,
    ));
}
