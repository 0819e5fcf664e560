//! One file: its command, input and expected output.

use std::path::{Path, PathBuf};

/// The line between input and expected output.
const SEPARATOR: &str = "; ---";

/// A file test.
pub(crate) struct Case {
    path: PathBuf,
    /// What the first line says to do.
    pub(crate) command: String,
    /// What follows the command there.
    pub(crate) arguments: Vec<String>,
    /// Everything above the separator.
    pub(crate) input: String,
    /// Everything below it.
    pub(crate) expected: String,
}

impl Case {
    pub(crate) fn read(path: &Path) -> Result<Case, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let (input, expected) = match text.split_once(&format!("{SEPARATOR}\n")) {
            Some((input, expected)) => (input.to_owned(), expected.to_owned()),
            None => (text, String::new()),
        };
        let mut words = input.lines().next().unwrap_or_default().split_whitespace();
        if (words.next(), words.next()) != (Some(";"), Some("test")) {
            return Err("the first line must be `; test <command>`".into());
        }
        let command = words.next().ok_or("no command is named")?.to_owned();
        Ok(Case {
            path: path.to_owned(),
            command,
            arguments: words.map(str::to_owned).collect(),
            input,
            expected,
        })
    }

    /// Directives: comments of the form `; keyword: text`, in order.
    pub(crate) fn directives(&self) -> impl Iterator<Item = (&str, &str)> {
        self.input.lines().filter_map(|line| {
            let (keyword, text) = line.strip_prefix("; ")?.split_once(':')?;
            (!keyword.contains(' ')).then(|| (keyword, text.trim()))
        })
    }

    /// Writes `found` as the expected output.
    pub(crate) fn bless(&self, found: &str) -> Result<(), String> {
        let input = self.input.trim_end();
        let text = format!("{input}\n\n{SEPARATOR}\n{found}");
        // Renamed, so that nobody reads half a file.
        let new = self.path.with_extension("new");
        std::fs::write(&new, text)
            .and_then(|()| std::fs::rename(&new, &self.path))
            .map_err(|error| error.to_string())
    }
}
