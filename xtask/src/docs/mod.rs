//! `cargo xtask docs`: the parts of the book that are printed from the code.
//!
//! The uop reference comes from the op table, the page of fold rules from the table of rules, Moonlet's
//! instructions from theirs, what the optimiser makes of the book's example
//! traces from the optimiser, listings from the examples' sources, the tests of each conformance label from
//! their names. A test fails when a committed
//! page differs, so the book and README cannot lag.

mod configuration;
mod examples;
mod instructions;
pub(crate) mod labels;
mod listings;
mod rules;
mod uops;

use crate::command;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Writes what differs.
pub(crate) fn run() -> Result<()> {
    for (path, text) in generated()? {
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            println!("writes {}", path.display());
            std::fs::write(&path, text)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

/// Pages with generated parts, as they should be.
fn generated() -> Result<Vec<(PathBuf, String)>> {
    let root = command::root();
    let source = root.join("docs/src");
    let tables = [
        ("uops.md", uops::page()),
        ("rules.md", rules::page()),
        ("configuration.md", configuration::page()),
        ("instructions.md", instructions::page()),
    ];
    let tables = tables.map(|(name, page)| (source.join(name), page));
    let read = |file: &str| {
        let text = std::fs::read_to_string(root.join(file));
        text.with_context(|| format!("cannot read {file}"))
    };
    let mut all = Vec::new();
    let mut sources = pages(&source)?;
    sources.push(root.join("README.md"));
    for path in sources {
        let text = std::fs::read_to_string(&path)?;
        if tables.iter().all(|(table, _)| *table != path) {
            let printed = examples::print(&text)
                .and_then(|text| listings::print(&text, read))
                .and_then(|text| labels::print(&text, &root))
                .with_context(|| path.display().to_string())?;
            all.push((path, printed));
        }
    }
    all.extend(tables);
    Ok(all)
}

/// Every page below `folder`.
fn pages(folder: &Path) -> Result<Vec<PathBuf>> {
    files(folder, "md")
}

/// Every file below `folder` whose name ends so, in order.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_parts_are_up_to_date() {
        for (path, text) in generated().expect("the book can be read") {
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                committed == text,
                "{} differs from what the code prints: run `cargo xtask docs`",
                path.display()
            );
        }
    }

    /// Targets of inline links to files outside of code, without the part behind `#`.
    fn links(text: &str) -> Vec<&str> {
        let mut is_code = false;
        let mut found = Vec::new();
        for line in text.lines() {
            is_code ^= line.starts_with("```");
            let is_text = |at: usize| !is_code && line[..at].matches('`').count().is_multiple_of(2);
            for (at, _) in line.match_indices("](").filter(|&(at, _)| is_text(at)) {
                let target = line[at + 2..].split([')', '#']).next().unwrap_or_default();
                if !target.is_empty() && !target.contains("://") {
                    found.push(target);
                }
            }
        }
        found
    }

    #[test]
    fn links_in_code_are_none() {
        let page = "[a](b.md#c) [d](#e)\n```rust\nR[a](f)\n```\n[g](https://h) [i](j) `R[a](f)` [`k`](l)\n";
        assert_eq!(links(page), ["b.md", "j", "l"]);
    }

    #[test]
    fn every_page_is_in_the_summary_and_every_link_leads_somewhere() {
        let root = command::root();
        let source = root.join("docs/src");
        let mut all = pages(&source).expect("the book can be read");
        let summary = std::fs::read_to_string(source.join("SUMMARY.md")).expect("SUMMARY.md");
        let listed: Vec<PathBuf> = links(&summary)
            .into_iter()
            .map(|link| source.join(link))
            .collect();
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
