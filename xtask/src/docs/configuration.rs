//! The page of settings, printed from the table of `Config`.

use offramp::inspect::SettingInfo;
use std::fmt::Write;

/// What precedes the list.
const HEAD: &str = "# Configuration\n
<!-- Printed from the table in crates/runtime/src/graph/config.rs by `cargo xtask docs`. -->\n
Policy is data: every threshold and limit is a field of `offramp::Config`, with a default and a reason.
A builder method of the same name changes it: `Config::default().hot_loop(1)`.\n
Nothing reads the environment unasked.
`Config::from_env` returns the defaults changed by those variables below that are set, or an error that names the variable which cannot be read; Moonlet starts with it.\n
The same program has the same counts of recordings, traces and exits under the same configuration, on every machine: no setting is about time.\n
";

/// The page.
pub(super) fn page() -> String {
    let mut page = HEAD.to_owned();
    for setting in offramp::Config::settings() {
        let SettingInfo {
            name,
            default,
            variable,
            text,
            ..
        } = setting;
        let variable =
            variable.map_or(String::new(), |it| format!(", environment variable `{it}`"));
        // Writing to a string does not fail.
        let _ = write!(
            page,
            "## `{name}`\n\nDefault: `{default}`{variable}.\n\n{}\n\n",
            plain(text)
        );
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// Documentation as the book has it: without links to items, one line per sentence or paragraph as it was
/// wrapped.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        let parts = rest[1..].split_once("](").and_then(|(shown, after)| {
            let (target, after) = after.split_once(')')?;
            (target.contains("::") && !shown.contains('[')).then_some((shown, after))
        });
        match parts {
            Some((shown, after)) => {
                out.push_str(shown);
                rest = after;
            }
            None => {
                out.push('[');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    let lines: Vec<&str> = out.lines().map(str::trim).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_items_become_their_text() {
        let text = " A [way](crate::Machine::general), [`x`](Config::x) and [y](z.md).\n\n [1]\n";
        assert_eq!(plain(text), "A way, `x` and [y](z.md).\n\n[1]");
    }

    #[test]
    fn each_setting_has_its_part() {
        let parts = page().matches("\n## `").count();
        assert_eq!(parts, offramp::Config::settings().count());
    }
}
