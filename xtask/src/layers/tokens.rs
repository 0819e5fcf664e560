//! Rust source as the tokens that paths are made of: names, `::` and punctuation, without comments,
//! literals and lifetimes.

/// A token and the line it is on, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Name(&'a str),
    /// `::`.
    Path,
    Punct(char),
}

impl Token<'_> {
    pub(super) fn is(&self, punct: char) -> bool {
        self.kind == Kind::Punct(punct)
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        self.kind == Kind::Name(name)
    }
}

/// The tokens of a file.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let mut found = None;
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = raw_string(rest) {
            length
        } else if let Some(prefix) = ["\"", "b\"", "c\""]
            .into_iter()
            .find(|prefix| rest.starts_with(prefix))
        {
            prefix.len() + quoted(&rest[prefix.len()..], '"')
        } else if let Some(inside) = rest.strip_prefix("b'") {
            2 + quoted(inside, '\'')
        } else if first == '\'' {
            character_or_lifetime(rest)
        } else if first.is_alphabetic() || first == '_' {
            let raw = if rest.starts_with("r#") { 2 } else { 0 };
            let length = name(&rest[raw..]);
            found = Some(Kind::Name(&rest[raw..raw + length]));
            raw + length
        } else if first.is_ascii_digit() {
            // With suffix and exponent; a fraction's dot stays punctuation, which nobody asks for.
            name(rest)
        } else if rest.starts_with("::") {
            found = Some(Kind::Path);
            2
        } else {
            found = (!first.is_whitespace()).then_some(Kind::Punct(first));
            first.len_utf8()
        };
        tokens.extend(found.map(|kind| Token { kind, line }));
        line += text[at..at + length].matches('\n').count();
        at += length;
    }
    tokens
}

fn name(rest: &str) -> usize {
    rest.find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len())
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of a raw string that `rest` begins with.
fn raw_string(rest: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"]
        .into_iter()
        .find(|prefix| rest.starts_with(prefix) && rest[prefix.len()..].starts_with(['"', '#']))?;
    let inside = &rest[prefix.len()..];
    let hashes = inside.find(|c| c != '#')?;
    inside[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let start = prefix.len() + hashes + 1;
    let end = rest[start..].find(&close).map(|end| end + close.len());
    Some(start + end.unwrap_or(rest.len() - start))
}

/// What is left of a literal up to its closing `quote`.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn character_or_lifetime(rest: &str) -> usize {
    let mut after = rest[1..].chars();
    let first = after.next();
    let is_character = first == Some('\\') || after.next() == Some('\'');
    match is_character {
        true => 1 + quoted(&rest[1..], '\''),
        false => 1 + name(&rest[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let show = |token: &Token<'_>| match token.kind {
            Kind::Name(name) => name.to_string(),
            Kind::Path => "::".to_string(),
            Kind::Punct(c) => c.to_string(),
        };
        tokens(text).iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_literals_and_lifetimes_are_no_tokens() {
        let text = r####"
            // crate::a
            /* crate::b /* nested */ crate::c */
            fn f<'a>(x: &'a str) { g("crate::d \" e", r#"crate::"f"#, b"x", 'c', '\'', '"', b'"') }
        "####;
        assert_eq!(shown(text), "fn f < > ( x : & str ) { g ( , , , , , , ) }");
        assert_eq!(shown("r#type::r\"x\"::é"), "type :: :: é");
        assert_eq!(shown("1_000u32 0xff 1.5e3 a.0"), ". a .");
    }

    #[test]
    fn tokens_know_their_lines() {
        let found = tokens("a\n/* \n */ b \"\n\" c");
        let lines: Vec<usize> = found.iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 3, 4]);
    }

    #[test]
    fn what_is_not_closed_ends_with_the_file() {
        for text in ["\"a", "/* a", "r#\"a", "'", "b'", "'\\"] {
            let found = tokens(text);
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }
}
