//! The order of layers: ARCHITECTURE.md says for some crates which files lie below which, and every
//! import is checked against it.
//!
//! A table has a row per layer, the lowest first. A file imports files of its own layer and of those
//! above it in the table; and the files of a layer import each other in no circle, unless the row names the
//! circle and a reason. A circle that is named must be there: the list only gets shorter by itself.

mod imports;
mod tokens;

use imports::{Crate, is_within};
use std::collections::{BTreeMap, BTreeSet};

/// Crates that have a table: their source folders.
const CRATES: &[&str] = &[
    "crates/uop/src",
    "crates/runtime/src",
    "examples/moonlet/src",
];

/// A row of a table.
#[derive(Debug)]
struct Layer {
    name: String,
    /// Modules; each with all modules below it that no row names.
    modules: Vec<String>,
    /// Modules that may import each other in circles; `a::*` are `a` and all modules below it.
    circles: Vec<BTreeSet<String>>,
}

/// Complaints about the crates whose files, path and text, are given.
pub(crate) fn check(architecture: &str, files: &[(&str, &str)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in CRATES {
        let folder = format!("{source}/");
        let files = files.iter().filter_map(|&(path, text)| {
            let below = path.strip_prefix(&folder)?;
            below.ends_with(".rs").then_some((below, text))
        });
        match layers(architecture, source) {
            Ok(layers) => {
                let found = Crate::of(files);
                let of_crate = checked(&found, &layers).into_iter();
                complaints.extend(of_crate.map(|complaint| format!("{source}: {complaint}")));
            }
            Err(complaint) => complaints.push(format!("ARCHITECTURE.md: {complaint}")),
        }
    }
    complaints
}

/// The table of the crate whose source folder is `source`.
fn layers(architecture: &str, source: &str) -> Result<Vec<Layer>, String> {
    let heading = format!("### Layers of `{source}`");
    let mut lines = architecture.lines().skip_while(|line| *line != heading);
    if lines.next().is_none() {
        return Err(format!("`{heading}` is missing"));
    }
    let section = lines.take_while(|line| !line.starts_with('#'));
    // The first two lines of a table are its head.
    let rows = section.filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let &[name, modules, circles] = cells.as_slice() else {
            return Err(format!("{heading}: not three cells: {row}"));
        };
        let circles = circles
            .split(';')
            .map(str::trim)
            .filter(|circle| !circle.is_empty());
        let circles = circles.map(|circle| match circle.split_once(": ") {
            Some((modules, reason)) if !reason.trim().is_empty() => Ok(quoted(modules).collect()),
            _ => Err(format!("{heading}: a circle without a reason: {circle}")),
        });
        Ok(Layer {
            name: name.to_string(),
            modules: quoted(modules).collect(),
            circles: circles.collect::<Result<_, _>>()?,
        })
    })
    .collect()
}

/// What is between backticks.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(str::to_string)
}

fn checked(found: &Crate, layers: &[Layer]) -> Vec<String> {
    let mut complaints = Vec::new();
    let modules: Vec<&str> = found
        .modules()
        .filter(|module| !module.is_empty())
        .collect();
    let places: BTreeMap<&str, usize> = modules
        .iter()
        .filter_map(|&module| {
            let place = place_of(module, layers);
            if place.is_none() {
                complaints.push(format!("`{module}` is in no layer of ARCHITECTURE.md"));
            }
            Some((module, place?))
        })
        .collect();
    for named in layers.iter().flat_map(|layer| &layer.modules) {
        if !modules.iter().any(|module| is_within(module, named)) {
            complaints.push(format!(
                "`{named}` is in ARCHITECTURE.md's layers and not there"
            ));
        }
    }
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (&module, &place) in &places {
        for import in found.imports(module) {
            let Some((&target, &of_target)) = places.get_key_value(import.module.as_str()) else {
                continue;
            };
            if of_target > place {
                complaints.push(format!(
                    "`{module}` ({}) imports `{target}` ({}), which lies above it: line {}",
                    layers[place].name, layers[of_target].name, import.line
                ));
            } else if of_target == place {
                edges.entry(module).or_default().push(target);
            }
        }
    }
    let circles = circles(&edges);
    let allowed = || layers.iter().flat_map(|layer| &layer.circles);
    for circle in &circles {
        let names: BTreeSet<String> = circle.iter().map(ToString::to_string).collect();
        let is_allowed = |allowed: &BTreeSet<String>| {
            let covers = |name: &String| allowed.iter().any(|member| is_member(name, member));
            names.iter().all(covers)
        };
        if !allowed().any(is_allowed) {
            let arrows = circle.iter().map(|&module| {
                let targets = edges[module].iter();
                let within = targets.filter(|&&target| names.contains(target));
                let within = within.map(ToString::to_string).collect();
                format!("`{module}` of {}", listed(&within))
            });
            let arrows: Vec<String> = arrows.collect();
            complaints.push(format!("a circle of imports: {}", arrows.join("; ")));
        }
    }
    for allowed in allowed() {
        let in_circles = circles.iter().flatten();
        let gone = allowed.iter().filter(|&member| {
            let mut in_circles = in_circles.clone();
            !in_circles.any(|name| is_member(name, member))
        });
        let gone: BTreeSet<String> = gone.cloned().collect();
        if !gone.is_empty() {
            complaints.push(format!(
                "ARCHITECTURE.md allows a circle of {}, which are in none any more",
                listed(&gone)
            ));
        }
    }
    complaints
}

/// Whether `module` is what a row calls `member` of a circle.
fn is_member(module: &str, member: &str) -> bool {
    match member.strip_suffix("::*") {
        Some(folder) => is_within(module, folder),
        None => module == member,
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    let names = names.iter().map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(", ")
}

/// The layer whose row names `module` most exactly.
fn place_of(module: &str, layers: &[Layer]) -> Option<usize> {
    let named = layers.iter().enumerate().flat_map(|(place, layer)| {
        layer
            .modules
            .iter()
            .map(move |named| (named.as_str(), place))
    });
    let fitting = named.filter(|(named, _)| is_within(module, named));
    fitting
        .max_by_key(|(named, _)| named.len())
        .map(|(_, place)| place)
}

/// The strongly connected components of more than one module, after Tarjan (1972).
fn circles<'a>(edges: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<Vec<&'a str>> {
    struct Search<'a, 'e> {
        edges: &'e BTreeMap<&'a str, Vec<&'a str>>,
        /// When a module was met, and the earliest it leads back to.
        met: BTreeMap<&'a str, (usize, usize)>,
        open: Vec<&'a str>,
        found: Vec<Vec<&'a str>>,
    }

    impl<'a> Search<'a, '_> {
        fn visit(&mut self, module: &'a str) -> usize {
            let number = self.met.len();
            self.met.insert(module, (number, number));
            self.open.push(module);
            for &target in self.edges.get(module).into_iter().flatten() {
                let back = match self.met.get(target) {
                    None => self.visit(target),
                    Some(&(number, _)) if self.open.contains(&target) => number,
                    Some(_) => continue,
                };
                let low = self.met.get_mut(module).expect("it has just been met");
                low.1 = low.1.min(back);
            }
            let low = self.met[module].1;
            if low == number {
                let start = self.open.iter().rposition(|&open| open == module);
                let circle = self.open.split_off(start.expect("it is open"));
                if circle.len() > 1 {
                    self.found.push(circle);
                }
            }
            low
        }
    }

    let mut search = Search {
        edges,
        met: BTreeMap::new(),
        open: Vec::new(),
        found: Vec::new(),
    };
    for &module in edges.keys() {
        if !search.met.contains_key(module) {
            search.visit(module);
        }
    }
    search.found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "### Layers of `s`\n\nText.\n\n| layer | files | circles |\n| --- | --- | --- |\n\
        | ground | `a`, `b::low` | |\n| top | `b` | |\n\n## Next\n| not | a row | |\n";

    fn complaints(table: &str, files: &[(&str, &str)]) -> Vec<String> {
        let layers = layers(table, "s").expect("the table is one");
        checked(&Crate::of(files.iter().copied()), &layers)
    }

    #[test]
    fn imports_go_down() {
        let files = [
            ("a.rs", ""),
            ("b/mod.rs", "use crate::a::T; use self::low::U;"),
            ("b/low.rs", "use crate::a::T;"),
        ];
        assert_eq!(complaints(TABLE, &files), [""; 0]);
        let files = [
            files[0],
            files[1],
            ("b/low.rs", "use std::fmt;\nuse super::V;"),
        ];
        assert_eq!(
            complaints(TABLE, &files),
            ["`b::low` (ground) imports `b` (top), which lies above it: line 2"]
        );
    }

    #[test]
    fn every_file_has_a_layer_and_every_row_its_files() {
        let files = [("lib.rs", ""), ("a.rs", ""), ("c.rs", ""), ("b/mod.rs", "")];
        assert_eq!(
            complaints(TABLE, &files),
            [
                "`c` is in no layer of ARCHITECTURE.md",
                "`b::low` is in ARCHITECTURE.md's layers and not there"
            ]
        );
    }

    #[test]
    fn circles_are_refused_unless_the_row_names_them() {
        let files = [
            ("a.rs", "use crate::b::low::T;"),
            ("b/mod.rs", ""),
            ("b/low.rs", "fn f() { crate::a::g() }"),
        ];
        assert_eq!(
            complaints(TABLE, &files),
            ["a circle of imports: `a` of `b::low`; `b::low` of `a`"]
        );
        let allowing = TABLE.replace("`b::low` | |", "`b::low` | `a`, `b::low`: one mechanism |");
        assert_eq!(complaints(&allowing, &files), [""; 0]);
        let by_folder = TABLE.replace("`b::low` | |", "`b::low` | `a`, `b::*`: one mechanism |");
        assert_eq!(complaints(&by_folder, &files), [""; 0]);
        let files = [("a.rs", ""), files[1], files[2]];
        assert_eq!(complaints(&by_folder, &files).len(), 1);
        assert_eq!(
            complaints(&allowing, &files),
            ["ARCHITECTURE.md allows a circle of `a`, `b::low`, which are in none any more"]
        );
    }

    #[test]
    fn tables_that_are_none_are_refused() {
        assert!(layers("", "s").is_err());
        let without_reason = TABLE.replace("`b::low` | |", "`b::low` | `a`, `b::low` |");
        let refused = layers(&without_reason, "s").expect_err("no reason is given");
        assert!(refused.contains("without a reason"), "{refused}");
        let refused = layers(&TABLE.replace("| |", "|"), "s").expect_err("two cells");
        assert!(refused.contains("not three cells"), "{refused}");
    }

    #[test]
    fn circles_are_the_largest_there_are() {
        let edges = BTreeMap::from([
            ("a", vec!["b"]),
            ("b", vec!["c", "d"]),
            ("c", vec!["a"]),
            ("d", vec!["e"]),
            ("e", vec!["d", "f"]),
        ]);
        let mut found = circles(&edges);
        found.iter_mut().for_each(|circle| circle.sort_unstable());
        found.sort();
        assert_eq!(found, [vec!["a", "b", "c"], vec!["d", "e"]]);
    }
}
