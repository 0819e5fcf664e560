//! The walk: reads source uops in order and takes each through the stations.
//!
//! A station ([`facts`](super::facts), [`words`](super::words), [`heap`](super::heap), [`cse`](super::cse),
//! [`sink`](super::sink), [`dead`](super::dead)) knows one kind of thing and keeps it to itself; it reads and
//! emits through [`Output`], and asks the facts where it needs what a value is known to be. Here is
//! the one place where they meet: what a load, a store, a guard or a call means to all of them. One file below
//! for each: [`frame`], [`memory`], [`pure`], [`guards`], [`objects`], [`exits`].
//!
//! What is known at a point of the walk is a [`Knowledge`]. Going back to a point is a clone of that,
//! and the ends of what was emitted.
//!
//! How a trace ends is not the walk's: a [loop](super::peel) walks its body twice, and an
//! [exit](super::ending) may turn out to lead to a header or to where paths join.

mod exits;
mod frame;
pub(super) mod guards;
mod memory;
mod objects;
mod pure;

use super::cse::Known;
use super::dead::Dead;
use super::exits::Exits;
use super::facts::Facts;
use super::heap::{Heap, Place};
use super::options::Options;
use super::output::{Args, Mark, Output};
use super::pass::Pass;
use super::sink::Sunk;
use super::words::{Where, Words};
use crate::exit::{ExitKind, Pc};
use crate::id::{ExitId, HelperId, Value, Word};
use crate::interface::{ClassSet, Effects};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::{Const, Type};
use crate::uop::Uop;
use crate::view::View;
use std::ops::Range;

/// The state of the walk.
pub(super) struct Walk<'t> {
    pub(super) source: &'t Trace,
    pub(super) options: Options<'t>,
    pub(super) out: Output,
    know: Knowledge<'t>,
    dead: Dead<'t>,
    /// What each source value is now, canonical.
    map: Vec<Option<Value>>,
    /// The instruction and the base of the source exit met last: where the program is said to be if
    /// materialising an object fails.
    place: (Pc, i32),
    /// Whether this is the first iteration of a loop, or what comes before it.
    before_loop: bool,
}

/// What is known at a point of the walk.
#[derive(Clone)]
struct Knowledge<'t> {
    facts: Facts,
    words: Words,
    heap: Heap,
    known: Known,
    sunk: Sunk<'t>,
    exits: Exits,
    /// Whether the trace is known to be valid: since it was entered or checked, nothing was called
    /// that may invalidate.
    valid: bool,
}

/// A point of the walk to come back to.
pub(super) struct Checkpoint<'t> {
    mark: Mark,
    know: Knowledge<'t>,
    before_loop: bool,
}

impl<'t> Walk<'t> {
    pub(super) fn new(source: &'t Trace, options: Options<'t>) -> Walk<'t> {
        Walk {
            source,
            options,
            out: Output::new(source, &options),
            know: Knowledge {
                facts: Facts::default(),
                words: Words::default(),
                heap: Heap::default(),
                known: Known::default(),
                sunk: Sunk::new(&source.interface),
                exits: Exits::default(),
                // What is entered is valid: links to what is invalidated are undone at once.
                valid: true,
            },
            dead: Dead::new(options.live, &source.interface),
            map: vec![None; source.uops.len()],
            place: (source.pc, 0),
            before_loop: source.header.is_some(),
        }
    }

    /// What it takes to come back here.
    pub(super) fn checkpoint(&self) -> Checkpoint<'t> {
        Checkpoint {
            mark: self.out.mark(),
            know: self.know.clone(),
            before_loop: self.before_loop,
        }
    }

    /// Goes back to where `checkpoint` was taken, in the same section.
    pub(super) fn restore(&mut self, checkpoint: Checkpoint<'t>) {
        self.out.rewind(&checkpoint.mark);
        self.know = checkpoint.know;
        self.before_loop = checkpoint.before_loop;
    }

    /// What a canonical value is known to be now.
    pub(super) fn resolve(&self, value: Value) -> Value {
        self.know.facts.resolve(value)
    }

    /// The known value of a frame word.
    pub(super) fn word(&self, word: Word) -> Option<Value> {
        let value = self.know.words.value(word)?;
        Some(self.resolve(value))
    }

    pub(super) fn is_pending(&self, word: Word) -> bool {
        self.know.words.is_pending(word)
    }

    /// Known words with their values and where these are, ascending.
    pub(super) fn known_words(&self) -> impl Iterator<Item = (Word, Value, Where)> + '_ {
        self.know.words.known()
    }

    /// The canonical operands of a source uop.
    fn operands(&self, uop: &Uop) -> Args {
        let mut args = Args::from_slice(&uop.args);
        for arg in &mut args {
            *arg = self.resolve(self.map[arg.index()].expect("operands come first"));
        }
        args
    }

    /// Walks the source uops in `range`, of which none ends the trace.
    pub(super) fn walk(&mut self, range: Range<usize>) {
        for position in range {
            let (uop, args) = self.look_at(position);
            self.map[position] = self.step(uop, args);
        }
    }

    /// The source uop at `position` with its canonical operands. The program is there now.
    #[inline]
    pub(super) fn look_at(&mut self, position: usize) -> (&'t Uop, Args) {
        self.out.look_at(Value(position as u32));
        let uop = &self.source.uops[position];
        let args = self.operands(uop);
        let exit = uop.exit.map(|exit| self.source.exit(exit));
        if let Some(state) = exit.filter(|state| state.kind != ExitKind::Dynamic) {
            self.place = (state.target, state.base);
        }
        (uop, args)
    }

    /// Takes a uop with these operands through the stations; its value, if it has one.
    pub(super) fn step(&mut self, uop: &Uop, args: Args) -> Option<Value> {
        match uop.verified_with(&args) {
            View::Pure { op, ty, .. } => Some(self.pure(op, ty, args)),
            View::Select { ty, .. } => Some(self.pure(Op::Select, ty, args)),
            View::RefOfBits { .. } => Some(self.pure(Op::RefOfBits, Type::Ref, args)),
            View::Const { ty, bits } => Some(self.out.constant(Const { ty, bits })),
            View::LoadWord { ty, word } => Some(self.load_word(ty, word)),
            View::StoreWord { word, value } => {
                self.store_word(word, value);
                None
            }
            View::HasRoom { word } => Some(self.has_room(word)),
            View::Load { address, access } => Some(self.load(Place {
                address,
                index: None,
                access,
            })),
            View::LoadElem {
                address,
                index,
                access,
            } => {
                let place = self.element(address, index, access);
                Some(self.load(place))
            }
            View::Store {
                address,
                value,
                access,
            } => {
                let index = None;
                self.store(
                    Place {
                        address,
                        index,
                        access,
                    },
                    value,
                );
                None
            }
            View::StoreElem {
                address,
                index,
                value,
                access,
            } => {
                let place = self.element(address, index, access);
                self.store(place, value);
                None
            }
            guard @ (View::Guard { exit, .. }
            | View::GuardNot { exit, .. }
            | View::GuardRef { exit, .. }
            | View::GuardIndex { exit, .. }) => self.recorded_guard(guard, exit),
            View::CheckValid { exit } => {
                self.check_valid(exit);
                None
            }
            View::Poll { exit } => {
                self.poll(exit);
                None
            }
            View::Call { helper, exit, .. } => self.call(uop, helper, args, exit),
            View::At { .. }
            | View::Start {}
            | View::Header { .. }
            | View::Param { .. }
            | View::Invariant { .. } => Some(self.out.emit(uop.like(args, None))),
            end @ (View::Loop { .. }
            | View::Exit { .. }
            | View::ExitDynamic { .. }
            | View::Deopt { .. }
            | View::ErrorExit { .. }
            | View::Unreachable {}) => unreachable!("{end:?} ends the trace"),
        }
    }

    /// A helper call: what its effects say must be in memory before, and is unknown after.
    fn call(
        &mut self,
        uop: &Uop,
        helper: HelperId,
        args: Args,
        exit: Option<ExitId>,
    ) -> Option<Value> {
        let args = self.materialised_all(args);
        let declared = &self.source.interface.helpers[helper.index()];
        let effects = declared.effects.closed();
        let repeatable = declared.is_repeatable();
        if declared.makes.is_some()
            && let Some(value) =
                self.know
                    .sunk
                    .sink(&mut self.out, &uop.like(args.clone(), None), helper)
        {
            return Some(value);
        }
        if repeatable
            && let Some(value) = self.know.known.call(helper, &args)
            && self.out.allow(Pass::Cse, "call")
        {
            return Some(value);
        }
        if effects.collects || effects.reads_frames || effects.writes_frames || effects.transfers {
            self.store_all();
        }
        let exit = exit.map(|exit| self.exit(exit));
        let value = self.out.emit(uop.like(args.clone(), exit));
        self.forget_written(effects);
        if effects.collects {
            self.know.words.forget_memory();
        }
        if effects.writes_frames {
            self.know.words.forget_all();
        }
        // What gets at the host's state may have the host invalidate.
        if effects.writes_host {
            self.know.valid = false;
        }
        if repeatable {
            self.know.known.note_call(helper, args, effects, value);
        }
        uop.ty.map(|_| value)
    }

    /// A call with these effects is made here.
    fn forget_written(&mut self, effects: Effects) {
        self.know.heap.kill(effects.writes);
        self.know
            .known
            .kill_calls(effects.writes, effects.writes_host);
    }

    /// Everything recorded before the loop is in memory, and memory is all that is known of frames.
    pub(super) fn begin_first_iteration(&mut self) {
        // A side trace that loops begins like a root: what it was handed it stores and loads again, so
        // that whatever the loop rests on can be shown to others by loading it.
        self.store_all();
        self.know.words.forget_all();
    }

    /// Exits of the first iteration are not the loop's.
    pub(super) fn end_first_iteration(&mut self) {
        self.know.exits.forget();
    }

    /// The instruction at `pc` comes next, in the frame of the trace's entry.
    pub(super) fn arrive(&mut self, pc: Pc) {
        self.drop_dead(pc, 0);
        self.place = (pc, 0);
        self.materialise_pending(|_| true);
    }

    /// `value` is passed for `word` at the header; what memory holds is unknown.
    pub(super) fn pass(&mut self, word: Word, value: Value) {
        self.know.words.set_handed(word, value);
    }

    /// Passes the header: what the loop may write is known no longer, nor the words for which `forget` holds.
    pub(super) fn pass_header(
        &mut self,
        forget: impl Fn(Word) -> bool,
        written: ClassSet,
        host: bool,
    ) {
        self.know.words.forget(forget);
        self.know.heap.kill(written);
        self.know.known.kill_calls(written, host);
        self.know.exits.forget();
        self.know.valid = !host;
        self.before_loop = false;
    }

    /// Keeps of the facts what these uops of the preamble prove by themselves.
    pub(super) fn relearn(&mut self, stable: impl IntoIterator<Item = Value>) {
        self.know.facts.relearn(&mut self.out, stable);
    }
}
