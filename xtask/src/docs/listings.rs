//! Listings of the examples in README and book: copied from their sources, which are compiled, run
//! and tested.
//!
//! A block fenced as `rust tiny: <beginnings>` or `rust moonlet/<file>: <beginnings>` is printed: for
//! each beginning (separated by ` | `) the item or arm whose first line starts so, with its doc
//! comments and attributes, without the indentation it has in the file.

use anyhow::{Context, Result};

/// The file a block says it is from, or nothing if it is not a listing of an example.
fn file(name: &str) -> Option<String> {
    if name == "tiny" {
        return Some("examples/tiny/src/main.rs".to_owned());
    }
    let file = name.strip_prefix("moonlet/")?;
    Some(format!("examples/moonlet/src/{file}"))
}

/// `page` with its listings as they should be; `read` gives the text of a file of the tree.
pub(super) fn print(page: &str, read: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out += line;
        out.push('\n');
        let listing = line.strip_prefix("```rust ");
        let listing = listing.and_then(|listing| listing.split_once(": "));
        let listing = listing.and_then(|(name, beginnings)| Some((file(name)?, beginnings)));
        if let Some((file, beginnings)) = listing {
            let source = read(&file)?;
            let items: Result<Vec<String>> = beginnings
                .split(" | ")
                .map(|beginning| {
                    excerpt(&source, beginning)
                        .with_context(|| format!("{file} has nothing that begins `{beginning}`"))
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
    let is_open = |line: &str| line.ends_with(['{', '(', '[']);
    let closes = |line: &&str| {
        line.len() > indent
            && line[..indent].trim().is_empty()
            && line[indent..].starts_with(['}', ')', ']'])
    };
    let mut length = 1;
    while is_open(lines[first + length - 1]) {
        length += lines[first + length..].iter().position(closes)? + 1;
    }
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

fn long(
    x: u8,
) -> u8 {
    x
}
";

    fn read(_: &str) -> Result<String> {
        Ok(CODE.to_owned())
    }

    #[test]
    fn items_arms_and_single_lines_are_copied_without_indentation() {
        let page = "A\n```rust tiny: struct S | 0 => | const K\nold\n```\nB\n";
        let expected = "A\n```rust tiny: struct S | 0 => | const K\n/// An item.\n#[derive(Clone)]\nstruct S {\n    \
             field: u8,\n}\n\n0 => {\n    g();\n\n    h()\n}\n\nconst K: u8 = 1;\n```\nB\n";
        assert_eq!(print(page, read).expect("all are there"), expected);
        assert_eq!(print(expected, read).expect("all are there"), expected);
    }

    #[test]
    fn a_signature_of_several_lines_is_followed_by_its_body() {
        let page = "```rust moonlet/vm/f.rs: fn long\n```\n";
        let printed = print(page, |file| {
            assert_eq!(file, "examples/moonlet/src/vm/f.rs");
            read(file)
        });
        let expected =
            "```rust moonlet/vm/f.rs: fn long\nfn long(\n    x: u8,\n) -> u8 {\n    x\n}\n```\n";
        assert_eq!(printed.expect("it is there"), expected);
    }

    #[test]
    fn other_blocks_are_left_alone() {
        let page = "```rust\nlet x: u8 = 1;\n```\n```rust no_run: x\nold\n```\n";
        assert_eq!(print(page, read).expect("nothing to copy"), page);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = print("```rust tiny: fn gone\n```\n", read).expect_err("nothing begins so");
        assert!(error.to_string().contains("fn gone"));
    }
}
