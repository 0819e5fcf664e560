//! Listings of the tutorial interpreter in README and book: copied from its source, which is
//! compiled, run and tested.
//!
//! A block fenced as `rust tiny: <beginnings>` is printed: for each beginning (separated by ` | `)
//! the item or arm whose first line starts so, with its doc comments and attributes, without the
//! indentation it has in the file.

use anyhow::{Context, Result};

/// Where the listings come from.
pub(super) const SOURCE: &str = "examples/tiny/src/main.rs";

/// `page` with its listings as they should be.
pub(super) fn print(page: &str, source: &str) -> Result<String> {
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out += line;
        out.push('\n');
        if let Some(beginnings) = line.strip_prefix("```rust tiny: ") {
            let items: Result<Vec<String>> = beginnings
                .split(" | ")
                .map(|beginning| {
                    excerpt(source, beginning)
                        .with_context(|| format!("{SOURCE} has nothing that begins `{beginning}`"))
                })
                .collect();
            out += &items?.join("\n");
            out += "```\n";
            lines.by_ref().find(|line| *line == "```");
        }
    }
    Ok(out)
}

/// The lines of the item that begins with `beginning`.
fn excerpt(source: &str, beginning: &str) -> Option<String> {
    let lines: Vec<&str> = source.lines().collect();
    let first = lines
        .iter()
        .position(|line| line.trim_start().starts_with(beginning))?;
    let indent = lines[first].len() - lines[first].trim_start().len();
    let is_lead = |line: &&&str| {
        let text = line.trim_start();
        text.starts_with("///") || text.starts_with("#[")
    };
    let lead = lines[..first].iter().rev().take_while(is_lead).count();
    let opens = lines[first].ends_with(['{', '(', '[']);
    let length = match opens {
        true => {
            lines[first + 1..].iter().position(|line| {
                line.len() > indent
                    && line[..indent].trim().is_empty()
                    && line[indent..].starts_with(['}', ')', ']'])
            })? + 2
        }
        false => 1,
    };
    let taken = &lines[first - lead..first + length];
    Some(
        taken
            .iter()
            .map(|line| format!("{}\n", line.get(indent..).unwrap_or_default()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "\
//! A file.

/// An item.
#[derive(Clone)]
struct S {
    field: u8,
}

impl S {
    fn f(&self) {
        match self.field {
            0 => {
                g();

                h()
            }
            _ => {}
        }
    }
}

const K: u8 = 1;
";

    #[test]
    fn items_arms_and_single_lines_are_copied_without_indentation() {
        let page = "A\n```rust tiny: struct S | 0 => | const K\nold\n```\nB\n";
        let expected = "A\n```rust tiny: struct S | 0 => | const K\n/// An item.\n#[derive(Clone)]\nstruct S {\n    \
             field: u8,\n}\n\n0 => {\n    g();\n\n    h()\n}\n\nconst K: u8 = 1;\n```\nB\n";
        assert_eq!(print(page, CODE).expect("all are there"), expected);
        assert_eq!(print(expected, CODE).expect("all are there"), expected);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = print("```rust tiny: fn gone\n```\n", CODE).expect_err("nothing begins so");
        assert!(error.to_string().contains("fn gone"));
    }
}
