//! A printed trace that knows where each of its parts stands, so that remarks can point at them.

use crate::id::{ExitId, Value};
use rustc_hash::FxHashMap;
use std::fmt;
use std::ops::Range;

/// A part of a trace that a remark can point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The trace as a whole: its name.
    Trace,
    /// A word of the entry signature, by its place in the list.
    EntryWord(usize),
    /// A uop.
    Uop(Value),
    /// A uop's result: its name and, where stated, its type.
    Result(Value),
    /// An op's name with its suffix.
    Op(Value),
    /// An operand of a uop, by its place in the list.
    Operand(Value, usize),
    /// A uop's immediate.
    Immediate(Value),
    /// The exit a uop names.
    Through(Value),
    /// An exit.
    Exit(ExitId),
    /// A pending word of an exit, by its place in the list.
    ExitWord(ExitId, usize),
    /// An extra of an exit, by its place in the list.
    Extra(ExitId, usize),
    /// The header's contract.
    Header,
    /// A constant of the header, by its place in the list.
    HeaderConstant(usize),
    /// A member of the header's short preamble, by its place in the list.
    Short(usize),
}

impl Place {
    /// The larger part this one belongs to: what to point at where this one does not stand.
    fn enclosing(self) -> Place {
        match self {
            Place::Result(uop)
            | Place::Op(uop)
            | Place::Operand(uop, _)
            | Place::Immediate(uop)
            | Place::Through(uop) => Place::Uop(uop),
            Place::ExitWord(exit, _) | Place::Extra(exit, _) => Place::Exit(exit),
            Place::HeaderConstant(_) | Place::Short(_) => Place::Header,
            Place::Trace | Place::EntryWord(_) | Place::Uop(_) | Place::Exit(_) | Place::Header => {
                Place::Trace
            }
        }
    }
}

/// A printed trace and where its parts stand in the text.
#[derive(Clone, Debug)]
pub struct Listing {
    text: String,
    places: FxHashMap<Place, Range<usize>>,
}

impl Listing {
    pub(super) fn new(text: String, places: FxHashMap<Place, Range<usize>>) -> Listing {
        Listing { text, places }
    }

    /// The trace's text form.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where `place` stands in the [text](Listing::text), in bytes; the part that encloses it
    /// where it does not stand there itself.
    pub fn range(&self, place: Place) -> Range<usize> {
        let mut place = place;
        loop {
            match self.places.get(&place) {
                Some(range) => return range.clone(),
                None if place == Place::Trace => return 0..self.text.len().min(1),
                None => place = place.enclosing(),
            }
        }
    }

    /// The line of `place`, from 0.
    pub fn line(&self, place: Place) -> usize {
        self.text[..self.range(place).start].matches('\n').count()
    }

    /// The text with each remark on a line of its own under what it is about, as a comment:
    /// what is printed still parses.
    pub fn with_remarks<'a>(
        &self,
        remarks: impl IntoIterator<Item = (Place, &'a dyn fmt::Display)>,
    ) -> String {
        let mut remarks: Vec<_> = remarks
            .into_iter()
            .map(|(place, remark)| (self.range(place), remark))
            .collect();
        // Stable: remarks on one part keep their order.
        remarks.sort_by_key(|(range, _)| range.start);
        let mut remarks = remarks.into_iter().peekable();
        let mut out = String::new();
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let end = start + line.len();
            out.push_str(line);
            while let Some((range, remark)) = remarks.next_if(|(range, _)| range.start < end) {
                if !out.ends_with('\n') {
                    out.push('\n');
                }
                let column = line[..range.start - start].chars().count();
                let width = self.text[range.start..range.end.min(end)].chars().count();
                let mut carets = caret_line(line, column, width);
                carets.replace_range(..1, ";");
                out.push_str(&format!("{carets} {remark}\n"));
            }
            start = end;
        }
        out
    }

    /// The text with a comment at the end of the line of each place: what is printed still parses.
    /// Line breaks in a comment become spaces. Of several for one line the last stays.
    ///
    /// ```
    /// use offramp_uop::text::{Listing, Place};
    /// use offramp_uop::{Builder, Interface, Value};
    /// let mut b = Builder::new("halt", 4, Interface::new().into());
    /// b.at(4);
    /// let out = b.side_exit(5, 0);
    /// b.leave(out);
    /// let trace = b.finish();
    /// let comments = [(Place::Uop(Value(1)), "line 2".to_owned())];
    /// let text = Listing::of(&trace).with_comments(comments);
    /// assert!(text.contains("  at 4  ; line 2\n"));
    /// ```
    pub fn with_comments(&self, comments: impl IntoIterator<Item = (Place, String)>) -> String {
        let comments = comments.into_iter();
        let mut comments: Vec<(usize, String)> = comments
            .map(|(place, comment)| (self.range(place).start, comment))
            .collect();
        comments.sort_by_key(|&(start, _)| start);
        let mut comments = comments.into_iter().peekable();
        let mut out = String::with_capacity(self.text.len());
        let mut end = 0;
        for line in self.text.split_inclusive('\n') {
            end += line.len();
            out.push_str(line.trim_end_matches('\n'));
            let mut of_line = None;
            while let Some((_, comment)) = comments.next_if(|&(start, _)| start < end) {
                of_line = Some(comment);
            }
            if let Some(comment) = of_line {
                out.push_str("  ; ");
                out.push_str(&comment.replace(['\n', '\r'], " "));
            }
            out.push('\n');
        }
        out
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A line of carets under `width` characters of `line` from `column` on, tabs kept.
pub(super) fn caret_line(line: &str, column: usize, width: usize) -> String {
    let mut out: String = line
        .chars()
        .chain(std::iter::repeat(' '))
        .take(column)
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    out.extend(std::iter::repeat_n('^', width.max(1)));
    out
}
