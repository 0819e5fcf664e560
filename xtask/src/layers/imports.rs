//! What a crate's files import of one another: from `use` trees and from paths in the code.
//!
//! A path is followed through the crate's modules, and through re-exports to the file that declares the
//! name: a module that only passes names on is not imported. Code for tests is left out.
//! Not seen: names that globs pass on, paths that macros make, and methods whose `impl` is in another
//! file than their type.

use super::tokens::{Kind, Token, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// An import: what is imported, and the line that says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    pub(super) module: String,
    pub(super) line: usize,
}

/// The files of a crate by their modules' paths, `a::b`; the root is the empty path.
#[derive(Debug, Default)]
pub(super) struct Crate {
    files: BTreeMap<String, Facts>,
}

/// What one file says.
#[derive(Debug, Default)]
struct Facts {
    paths: Vec<Used>,
    /// Names it passes on: as what, and from where.
    passed: Vec<(String, Used)>,
    /// Modules that are compiled for tests only.
    tests: Vec<String>,
}

/// A path as it is written: relative to `scope`, the module it stands in.
#[derive(Clone, Debug)]
struct Used {
    path: Vec<String>,
    scope: Vec<String>,
    line: usize,
}

impl Crate {
    /// A crate of these files: paths below its source folder, and texts.
    pub(super) fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Crate {
        let files = files.into_iter().map(|(path, text)| {
            let module = module_of(path);
            let facts = Reader::read(&module, text);
            (module, facts)
        });
        let mut found = Crate {
            files: files.collect(),
        };
        let tests = found.files.iter().flat_map(|(module, facts)| {
            let below = |name: &String| joined(module, name);
            facts.tests.iter().map(below)
        });
        let tests: Vec<String> = tests.collect();
        found.files.retain(|module, _| {
            let is_test = |test: &String| is_within(module, test);
            !tests.iter().any(is_test)
        });
        found
    }

    /// The modules that have files.
    pub(super) fn modules(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// What the file of `module` imports of the crate's other files but the root, each once.
    pub(super) fn imports(&self, module: &str) -> Vec<Import> {
        let Some(facts) = self.files.get(module) else {
            return Vec::new();
        };
        let beyond = facts.passed.iter().map(|(_, used)| used).filter(|used| {
            let of_its_own = |target: &(String, Option<String>)| is_within(&target.0, module);
            !self.resolve(used).as_ref().is_some_and(of_its_own)
        });
        let mut seen = BTreeSet::new();
        let mut imports: Vec<Import> = facts
            .paths
            .iter()
            .chain(beyond)
            .filter_map(|used| {
                let (target, name) = self.resolve(used)?;
                Some((self.declared(target, name), used.line))
            })
            .filter(|(target, _)| !target.is_empty() && target != module)
            .map(|(module, line)| Import { module, line })
            .collect();
        imports.sort_by_key(|import| import.line);
        imports.retain(|import| seen.insert(import.module.clone()));
        imports
    }

    /// The module that a path leads to, and the name in it that is meant, if it goes on.
    fn resolve(&self, used: &Used) -> Option<(String, Option<String>)> {
        let mut rest = used.path.as_slice();
        let mut at = match rest.first()?.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => used.scope.clone(),
            name if self.has(&used.scope, name) => used.scope.clone(),
            _ => return None,
        };
        if matches!(rest[0].as_str(), "crate" | "self") {
            rest = &rest[1..];
        }
        while rest.first().is_some_and(|name| name == "super") {
            at.pop();
            rest = &rest[1..];
        }
        while let Some(name) = rest.first().filter(|name| self.has(&at, name)) {
            at.push(name.clone());
            rest = &rest[1..];
        }
        let mut name = rest.first().cloned();
        // Modules within a file are that file.
        while !at.is_empty() && !self.files.contains_key(&at.join("::")) {
            name = at.pop();
        }
        Some((at.join("::"), name))
    }

    fn has(&self, scope: &[String], name: &str) -> bool {
        let module = scope.iter().map(String::as_str).chain([name]);
        let module: Vec<&str> = module.collect();
        self.files.contains_key(&module.join("::"))
    }

    /// The file that declares `name`, if `module` only passes it on.
    fn declared(&self, module: String, name: Option<String>) -> String {
        let mut found = (module, name);
        let mut seen = BTreeSet::new();
        while let (module, Some(name)) = &found
            && seen.insert(found.clone())
            && let Some(facts) = self.files.get(module)
            && let Some((_, used)) = facts.passed.iter().find(|(passed, _)| passed == name)
            && let Some(next) = self.resolve(used)
        {
            found = next;
        }
        found.0
    }
}

/// `a/b.rs` and `a/b/mod.rs` are `a::b`; `lib.rs` and `main.rs` are the root.
fn module_of(path: &str) -> String {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    match path {
        "lib" | "main" | "mod" => String::new(),
        path => path.strip_suffix("/mod").unwrap_or(path).replace('/', "::"),
    }
}

/// Whether `module` is `of` or one of its modules.
pub(super) fn is_within(module: &str, of: &str) -> bool {
    let rest = module.strip_prefix(of);
    rest.is_some_and(|rest| rest.is_empty() || of.is_empty() || rest.starts_with("::"))
}

fn joined(module: &str, name: &str) -> String {
    match module.is_empty() {
        true => name.to_string(),
        false => format!("{module}::{name}"),
    }
}

/// Reads a file's tokens.
struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    scope: Vec<String>,
    /// For each open brace, whether a module begins with it.
    braces: Vec<bool>,
    facts: Facts,
}

/// Words that an item begins with; what else an attribute stands before ends with a comma.
const ITEMS: &[&str] = &[
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "let",
    "macro_rules",
    "mod",
    "pub",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "unsafe",
    "use",
];

impl<'a> Reader<'a> {
    fn read(module: &str, text: &'a str) -> Facts {
        let scope = module.split("::").filter(|name| !name.is_empty());
        let mut reader = Reader {
            tokens: tokens(text),
            at: 0,
            scope: scope.map(str::to_string).collect(),
            braces: Vec::new(),
            facts: Facts::default(),
        };
        while let Some(token) = reader.peek(0) {
            reader.token(token);
        }
        reader.facts
    }

    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn name(&self, ahead: usize) -> Option<&'a str> {
        match self.peek(ahead)?.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    fn token(&mut self, token: Token<'a>) {
        let before = self.at.checked_sub(1).map(|at| self.tokens[at]);
        match token.kind {
            Kind::Punct('#') => return self.attribute(),
            Kind::Punct('{') => self.braces.push(false),
            Kind::Punct('}') if self.braces.pop() == Some(true) => {
                self.scope.pop();
            }
            Kind::Name("mod") => {
                if let Some(name) = self.name(1)
                    && self.peek(2).is_some_and(|token| token.is('{'))
                {
                    self.scope.push(name.to_string());
                    self.braces.push(true);
                    self.at += 3;
                    return;
                }
            }
            // Not the bounds `use<'a>`.
            Kind::Name("use") if !self.peek(1).is_some_and(|token| token.is('<')) => {
                let passes = before.is_some_and(|token| token.is_name("pub") || token.is(')'));
                self.at += 1;
                return self.tree(passes, &mut Vec::new());
            }
            Kind::Name(_) => {
                let starts = !before.is_some_and(|token| {
                    token.kind == Kind::Path || token.is('.') || token.is('$')
                });
                if starts && self.peek(1).is_some_and(|token| token.kind == Kind::Path) {
                    let path = self.path();
                    if !self.is_visibility(before) {
                        let (scope, line) = (self.scope.clone(), token.line);
                        self.facts.paths.push(Used { path, scope, line });
                    }
                    return;
                }
            }
            _ => {}
        }
        self.at += 1;
    }

    /// A path in the code.
    fn path(&mut self) -> Vec<String> {
        let mut path = Vec::new();
        while let Some(name) = self.name(0) {
            path.push(name.to_string());
            self.at += 1;
            let goes_on = self.peek(0).is_some_and(|token| token.kind == Kind::Path);
            if !goes_on || self.name(1).is_none() {
                break;
            }
            self.at += 1;
        }
        path
    }

    /// Whether the path that ends here, with `before` it, says who may see an item, as in `pub(in a::b)`: that
    /// imports nothing.
    fn is_visibility(&self, before: Option<Token<'a>>) -> bool {
        before.is_some_and(|token| token.is_name("in"))
            && self.peek(0).is_some_and(|token| token.is(')'))
    }

    /// A tree of a `use`, up to what ends it.
    fn tree(&mut self, passes: bool, prefix: &mut Vec<String>) {
        let depth = prefix.len();
        let line = self.peek(0).map_or(0, |token| token.line);
        let mut alias = None;
        let mut is_group = false;
        while let Some(token) = self.peek(0) {
            match token.kind {
                Kind::Name("as") => {
                    alias = self.name(1).map(str::to_string);
                    self.at += 2;
                }
                Kind::Name(name) => {
                    if name != "self" || prefix.is_empty() {
                        prefix.push(name.to_string());
                    }
                    self.at += 1;
                }
                Kind::Punct('{') => {
                    is_group = true;
                    self.at += 1;
                    while let Some(inner) = self.peek(0) {
                        match inner.kind {
                            Kind::Punct('}') => {
                                self.at += 1;
                                break;
                            }
                            Kind::Punct(',') => self.at += 1,
                            _ => self.tree(passes, prefix),
                        }
                    }
                }
                Kind::Punct(',' | '}' | ';') => break,
                // `::` and `*`.
                _ => self.at += 1,
            }
        }
        if !is_group {
            let path = prefix.clone();
            let scope = self.scope.clone();
            let name = alias.or_else(|| path.last().cloned());
            let used = Used { path, scope, line };
            match name.filter(|_| passes) {
                Some(name) => self.facts.passed.push((name, used)),
                None => self.facts.paths.push(used),
            }
        }
        prefix.truncate(depth);
    }

    /// An attribute; and what it stands before, if that is for tests only.
    fn attribute(&mut self) {
        self.at += 1;
        let is_inner = self.peek(0).is_some_and(|token| token.is('!'));
        self.at += usize::from(is_inner);
        let start = self.at;
        self.group('[', ']');
        let names = self.tokens[start..self.at]
            .iter()
            .filter_map(|token| match token.kind {
                Kind::Name(name) => Some(name),
                _ => None,
            });
        let names: Vec<&str> = names.collect();
        let is_test = names.first() == Some(&"cfg")
            && names.contains(&"test")
            && !names.contains(&"any")
            && !names.contains(&"not");
        if is_test && !is_inner {
            self.skip_item();
        }
    }

    /// Passes a group, if one begins here.
    fn group(&mut self, open: char, close: char) {
        let mut depth = 0;
        while let Some(token) = self.peek(0) {
            if token.is(open) {
                depth += 1;
            } else if token.is(close) {
                depth -= 1;
            }
            if depth == 0 {
                self.at += usize::from(token.is(close));
                return;
            }
            self.at += 1;
        }
    }

    /// Passes an item, a statement, a field or an arm.
    fn skip_item(&mut self) {
        while self.peek(0).is_some_and(|token| token.is('#')) {
            self.at += 1;
            self.group('[', ']');
        }
        let is_item = self.name(0).is_some_and(|name| ITEMS.contains(&name));
        while let Some(token) = self.peek(0) {
            match token.kind {
                Kind::Name("mod") => {
                    if self.peek(2).is_some_and(|token| token.is(';')) {
                        let name = self.name(1).unwrap_or_default().to_string();
                        self.facts.tests.push(name);
                    }
                    self.at += 1;
                }
                Kind::Punct(';') => {
                    self.at += 1;
                    return;
                }
                Kind::Punct(',') if !is_item => return,
                Kind::Punct('}') => return,
                Kind::Punct('(') => self.group('(', ')'),
                Kind::Punct('[') => self.group('[', ']'),
                Kind::Punct('{') => {
                    self.group('{', '}');
                    return;
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the file of module `of` imports, by line.
    fn imports(files: &[(&str, &str)], of: &str) -> Vec<(String, usize)> {
        let found = Crate::of(files.iter().copied());
        let imports = found.imports(of).into_iter();
        imports.map(|import| (import.module, import.line)).collect()
    }

    fn modules(files: &[(&str, &str)], of: &str) -> Vec<String> {
        imports(files, of)
            .into_iter()
            .map(|(module, _)| module)
            .collect()
    }

    #[test]
    fn trees_of_use_are_followed_into_their_branches() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            (
                "a.rs",
                "use crate::{b::{self, x, y as z}, c::d::{E, *}};\nuse std::fmt;",
            ),
            ("b.rs", ""),
            ("c/mod.rs", "pub mod d;"),
            ("c/d.rs", "use super::F;\nuse super::super::b::G;"),
        ];
        assert_eq!(imports(&files, "a"), [("b".into(), 1), ("c::d".into(), 1)]);
        assert_eq!(imports(&files, "c::d"), [("c".into(), 1), ("b".into(), 2)]);
        assert!(modules(&files, "c").is_empty());
    }

    #[test]
    fn paths_in_the_code_are_imports_and_those_of_macros_are_not() {
        let files = [
            ("lib.rs", ""),
            (
                "a.rs",
                "fn f(x: crate::b::T) {\n  self::c::g();\n  x.b::<u8>(); $crate::d::E; d::h() }",
            ),
            ("a/c.rs", "fn g() { super::f(); crate::a::f() }"),
            ("b.rs", "//! See `crate::a`.\nconst S: &str = \"crate::a\";"),
            ("d.rs", ""),
        ];
        assert_eq!(imports(&files, "a"), [("b".into(), 1), ("a::c".into(), 2)]);
        assert_eq!(modules(&files, "a::c"), ["a"]);
        assert!(modules(&files, "b").is_empty());
    }

    #[test]
    fn who_may_see_an_item_is_no_import() {
        let files = [
            ("lib.rs", ""),
            ("a/mod.rs", ""),
            (
                "a/b.rs",
                "pub(in crate::a) fn f() { for x in crate::c::all() {} (crate::d::X) }",
            ),
            ("c.rs", ""),
            ("d.rs", ""),
        ];
        assert_eq!(modules(&files, "a::b"), ["c", "d"]);
    }

    #[test]
    fn names_that_are_passed_on_lead_to_where_they_are_declared() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use b::T;"),
            ("a.rs", "use crate::{T, b::U};"),
            (
                "b/mod.rs",
                "mod c; mod d; pub(crate) use c::{T, U as V}; pub(crate) use d::V as U; pub use crate::e::W;",
            ),
            ("b/c.rs", ""),
            ("b/d.rs", "use super::T;"),
            ("e.rs", ""),
        ];
        assert_eq!(modules(&files, "a"), ["b::c", "b::d"]);
        assert_eq!(modules(&files, "b::d"), ["b::c"]);
        assert_eq!(
            modules(&files, "b"),
            ["e"],
            "its own modules are no imports"
        );
    }

    #[test]
    fn a_circle_of_re_exports_ends() {
        let files = [
            ("a.rs", "pub use crate::b::T;"),
            ("b.rs", "pub use crate::a::T;"),
            ("c.rs", "use crate::a::T;"),
        ];
        assert_eq!(modules(&files, "c").len(), 1);
    }

    #[test]
    fn code_for_tests_is_left_out() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            (
                "a.rs",
                "#[cfg(test)]\nmod tests;\n#[cfg(test)]\nmod inline { use crate::b::T; fn f() { {} } }\n\
                 struct S { #[cfg(test)] x: crate::b::T, y: crate::c::T }\n\
                 #[cfg(test)]\n#[derive(Debug)]\npub(crate) fn f(x: crate::b::T, y: u8) -> [u8; 2] { [1, 2] }\n\
                 #[cfg(all(test, unix))] use crate::b;\n\
                 #[cfg(any(test, feature = \"x\"))] use crate::d;",
            ),
            ("a/tests.rs", "use crate::b::T;"),
            ("b.rs", ""),
            ("c.rs", ""),
            ("d.rs", ""),
        ];
        assert_eq!(modules(&files, "a"), ["c", "d"]);
        let found = Crate::of(files);
        assert!(!found.modules().any(|module| module == "a::tests"));
    }

    #[test]
    fn modules_within_a_file_are_that_file() {
        let files = [
            (
                "a.rs",
                "mod inner {\n use super::x; use super::super::b; }\n fn f() { inner::g() }",
            ),
            ("b.rs", "use crate::a::inner::T;"),
        ];
        assert_eq!(imports(&files, "a"), [("b".into(), 2)]);
        assert_eq!(modules(&files, "b"), ["a"]);
    }
}
