//! `cargo xtask docs`: the parts of the book that are printed from the code.
//!
//! A test fails when a committed page differs from what the code prints, so the book cannot lag.

use crate::command;
use anyhow::{Context, Result};
use offramp_uop::op::{Exits, Immediate, OpInfo, Operand, Produces, Suffix};
use offramp_uop::{Effect, Mem, Op};
use std::fmt::Write;

const UOPS: &str = "docs/src/uops.md";

/// Writes every generated page.
pub(crate) fn run() -> Result<()> {
    let path = command::root().join(UOPS);
    std::fs::write(&path, uops()).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {UOPS}");
    Ok(())
}

/// The uop reference: the op table, grouped by effect.
fn uops() -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    #[test]
    fn generated_pages_are_up_to_date() {
        let committed = std::fs::read_to_string(command::root().join(UOPS)).unwrap_or_default();
        assert!(
            committed == uops(),
            "{UOPS} differs from the op table: run `cargo xtask docs`"
        );
    }

    /// Every page below `folder`, recursively.
    fn pages(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("the book's sources are there");
        let paths = entries.map(|entry| entry.expect("a readable folder").path());
        paths
            .flat_map(|path| match path.is_dir() {
                true => pages(&path),
                false => vec![path],
            })
            .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
            .collect()
    }

    /// Targets of inline links to files, without the part behind `#`.
    fn links(text: &str) -> impl Iterator<Item = &str> {
        text.match_indices("](").filter_map(|(at, _)| {
            let target = text[at + 2..].split(')').next()?.split('#').next()?;
            (!target.is_empty() && !target.contains("://")).then_some(target)
        })
    }

    #[test]
    fn every_page_is_in_the_summary_and_every_link_leads_somewhere() {
        let root = command::root();
        let source = root.join("docs/src");
        let mut all = pages(&source);
        let summary = std::fs::read_to_string(source.join("SUMMARY.md")).expect("SUMMARY.md");
        let listed: Vec<PathBuf> = links(&summary).map(|link| source.join(link)).collect();
        for page in &all {
            assert!(
                page.ends_with("SUMMARY.md") || listed.contains(page),
                "{} is not in SUMMARY.md",
                page.display()
            );
        }
        all.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| root.join(name)));
        for page in all {
            let text = std::fs::read_to_string(&page).expect("a page");
            let folder = page.parent().expect("a page lies in a folder");
            for link in links(&text) {
                assert!(
                    folder.join(link).exists(),
                    "{} links to {link}, which is not there",
                    page.display()
                );
            }
        }
    }
}
