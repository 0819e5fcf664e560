//! Directives: what a run begins with, as the comments of a file state it.
//!
//! ```text
//! ; base: 10                              frame base, 0 if left out
//! ; frame: w0 = i64 5, w1 = f64 2.5       words seen from the base
//! ; heap: 0x1000 = i64 7, u8 255          cells one behind the other
//! ; helper: @fetch = i64 42, error, transfer 9 3     answers in order, the last for good
//! ; poll: false, true                     answers of polls, then false
//! ; valid: true, false                    answers of validity checks, then true
//! ; force: 2                              take the exit of the second guard that holds
//! ; enter: header i64 1, f64 2.5          enter at the header with these values
//! ; hand: i64 1                           enter at the start with these values
//! ; hops: 5                               links to follow, 10 if left out
//! ; run: w0 = i64 6                       a run, with more frame words
//! ```
//! What stands above the first `run` holds for all of them; without one there is one run.

use crate::case::Case;
use offramp_uop::evaluate::{Entry, Outcome};
use offramp_uop::{Mem, Type};
use std::collections::BTreeMap;

/// What a run begins with.
#[derive(Clone)]
pub(crate) struct Setup {
    /// What the file calls it: the text behind `run:`.
    pub(crate) title: String,
    pub(crate) base: i64,
    /// Words seen from the base.
    pub(crate) frame: Vec<(i64, u64)>,
    pub(crate) heap: Vec<(u64, Mem, u64)>,
    /// Answers by helper name.
    pub(crate) answers: BTreeMap<String, Vec<Outcome>>,
    pub(crate) polls: Vec<bool>,
    pub(crate) validities: Vec<bool>,
    pub(crate) force: Option<usize>,
    pub(crate) entry: Entry,
    pub(crate) handed: Vec<u64>,
    /// How many links a run follows.
    pub(crate) hops: usize,
}

impl Setup {
    fn new() -> Setup {
        Setup {
            title: String::new(),
            base: 0,
            frame: Vec::new(),
            heap: Vec::new(),
            answers: BTreeMap::new(),
            polls: Vec::new(),
            validities: Vec::new(),
            force: None,
            entry: Entry::Start,
            handed: Vec::new(),
            hops: 10,
        }
    }

    fn apply(&mut self, keyword: &str, text: &str) -> Option<()> {
        match keyword {
            "base" => self.base = text.parse().ok()?,
            "frame" => self.frame.extend(frame(text)?),
            "heap" => self.heap.extend(cells(text)?),
            "helper" => {
                let (name, answers) = text.strip_prefix('@')?.split_once('=')?;
                let answers = items(answers).map(outcome).collect::<Option<_>>()?;
                self.answers.insert(name.trim().to_owned(), answers);
            }
            "poll" => self.polls = truths(text)?,
            "valid" => self.validities = truths(text)?,
            "force" => self.force = Some(text.parse().ok()?),
            "hops" => self.hops = text.parse().ok()?,
            "enter" => {
                self.entry = Entry::Header;
                self.handed = items(text.strip_prefix("header")?)
                    .map(constant)
                    .collect::<Option<_>>()?;
            }
            "hand" => self.handed = items(text).map(constant).collect::<Option<_>>()?,
            _ => return None,
        }
        Some(())
    }
}

/// The runs a file asks for.
pub(crate) fn runs(case: &Case) -> Result<Vec<Setup>, String> {
    let mut shared = Setup::new();
    let mut runs: Vec<Setup> = Vec::new();
    for (keyword, text) in case.directives() {
        let wrong = || format!("not a directive: `; {keyword}: {text}`");
        if keyword == "run" {
            let mut run = shared.clone();
            text.clone_into(&mut run.title);
            run.frame.extend(frame(text).ok_or_else(wrong)?);
            runs.push(run);
        } else {
            let setup = runs.last_mut().unwrap_or(&mut shared);
            setup.apply(keyword, text).ok_or_else(wrong)?;
        }
    }
    if runs.is_empty() {
        runs.push(shared);
    }
    Ok(runs)
}

/// The items of a list; none of an empty text.
fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

fn frame(text: &str) -> Option<Vec<(i64, u64)>> {
    let word = |item: &str| {
        let (word, value) = item.split_once('=')?;
        let word = word.trim().strip_prefix('w')?.parse().ok()?;
        Some((word, constant(value)?))
    };
    items(text).map(word).collect()
}

fn cells(text: &str) -> Option<Vec<(u64, Mem, u64)>> {
    let (address, values) = text.split_once('=')?;
    let mut address = hexadecimal(address.trim())?;
    let mut cells = Vec::new();
    for value in items(values) {
        let (mem, _) = value.split_once(' ')?;
        let mem = Mem::from_name(mem)?;
        cells.push((address, mem, constant(value)?));
        address += u64::from(mem.bytes());
    }
    Some(cells)
}

fn outcome(text: &str) -> Option<Outcome> {
    match text.split_whitespace().collect::<Vec<_>>()[..] {
        ["error"] => Some(Outcome::Error),
        ["nothing"] => Some(Outcome::Value(0)),
        ["transfer", pc, base] => Some(Outcome::Transfer {
            pc: pc.parse().ok()?,
            base: base.parse().ok()?,
        }),
        _ => Some(Outcome::Value(constant(text)?)),
    }
}

fn truths(text: &str) -> Option<Vec<bool>> {
    items(text).map(|item| item.parse().ok()).collect()
}

/// The bits of `i64 5`, `f64 2.5`, `bool true`, `ref 0x1000`, `u8 255`.
fn constant(text: &str) -> Option<u64> {
    let (kind, value) = text.trim().split_once(' ')?;
    let value = value.trim();
    if let Some(bits) = hexadecimal(value) {
        return Some(bits);
    }
    match Mem::from_name(kind)
        .map(Mem::ty)
        .or(Type::from_name(kind))?
    {
        Type::I64 => Some(value.parse::<i64>().ok()? as u64),
        Type::F64 => Some(value.parse::<f64>().ok()?.to_bits()),
        Type::Bool => Some(u64::from(value.parse::<bool>().ok()?)),
        Type::Ref | Type::Ptr => None,
    }
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}
