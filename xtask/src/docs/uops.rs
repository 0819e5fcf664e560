//! The uop reference: the op table as a page, grouped by effect.

use offramp_uop::op::{Exits, Immediate, OpInfo, Operand, Produces, Suffix};
use offramp_uop::{Effect, Mem, Op};
use std::fmt::Write;

/// The page.
pub(super) fn page() -> String {
    let mut page = String::from(
        "# The uops\n\n\
         Printed from the op table by `cargo xtask docs`; change `crates/uop/src/op.rs` instead.\n\
         The signature shows operand types, the immediate in brackets and the result.\n\
         `T` is the type of the suffix.\n",
    );
    let mut effects: Vec<Effect> = Vec::new();
    for op in Op::all() {
        if !effects.contains(&op.info().effect) {
            effects.push(op.info().effect);
        }
    }
    for effect in effects {
        write!(
            page,
            "\n## {}\n\n| uop | signature | leaves | what it does |\n| --- | --- | --- | --- |\n",
            title(effect)
        )
        .expect("a string takes everything");
        for row in Op::all().map(Op::info).filter(|row| row.effect == effect) {
            writeln!(
                page,
                "| `{}{}` | `{}` | {} | {} |",
                row.name,
                suffix(row.suffix),
                signature(row),
                exits(row.exits),
                row.doc.replace('|', "\\|")
            )
            .expect("a string takes everything");
        }
    }
    page
}

fn title(effect: Effect) -> &'static str {
    match effect {
        Effect::Pure => "Pure: a function of the operands",
        Effect::ReadsWord => "Reads a frame word",
        Effect::WritesWord => "Writes a frame word",
        Effect::Loads => "Reads the heap",
        Effect::Stores => "Writes the heap",
        Effect::Guards => "Guards",
        Effect::Calls => "Calls",
        Effect::Marks => "Marks",
        Effect::Enters => "Entries",
        Effect::Leaves => "Ends of a trace",
    }
}

fn suffix(suffix: Suffix) -> String {
    let names: Vec<_> = match suffix {
        Suffix::None => return String::new(),
        Suffix::Type(types) => types.iter().map(ToString::to_string).collect(),
        Suffix::Mem => Mem::ALL.iter().map(ToString::to_string).collect(),
    };
    format!(".{{{}}}", names.join(","))
}

fn signature(row: &OpInfo) -> String {
    let mut operands: Vec<String> = row
        .operands
        .iter()
        .map(|operand| match operand {
            Operand::Is(ty) => ty.to_string(),
            Operand::Address => "ref or ptr".into(),
            Operand::Word => "i64, f64 or ref".into(),
            Operand::Suffix => "T".into(),
        })
        .collect();
    if row.variadic {
        operands.push("…".into());
    }
    let immediate = match row.immediate {
        Immediate::None => "",
        Immediate::Const => " [constant]",
        Immediate::Word => " [frame word]",
        Immediate::Access => " [offset, class]",
        Immediate::Element => " [offset, scale, class]",
        Immediate::Helper => " [helper]",
        Immediate::Place => " [pc]",
    };
    let produces = match row.produces {
        Produces::Nothing => String::new(),
        Produces::Is(ty) => format!(" → {ty}"),
        Produces::Suffix => " → T".into(),
        Produces::Helper => " → the helper's".into(),
    };
    format!("({}){immediate}{produces}", operands.join(", "))
}

fn exits(exits: Exits) -> String {
    match exits {
        Exits::None => "—".into(),
        Exits::One(kinds) => kinds
            .iter()
            .map(|kind| kind.name())
            .collect::<Vec<_>>()
            .join(" or "),
        Exits::ByHelper => "error, if the helper needs it".into(),
    }
}
