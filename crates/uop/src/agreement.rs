//! Whether an entry may take over from an exit: the link check, and the signatures that pass it.
//!
//! Exits and entries are compared word by word, by type and by contract. A link is a store to data, so this
//! is all that stands between two executors that disagree and a wrong program.

use crate::exit::{ExitKind, ExitState};
use crate::id::Word;
use crate::signature::{EntrySignature, EntryWord, Holds};
use crate::trace::Trace;
use crate::types::Const;

impl ExitState {
    /// The signature of a trace that takes over exactly what is pending here.
    ///
    /// Words are seen from the base the exit leaves with. A pending constant becomes part of the
    /// signature and needs no register. Extras are not taken over: they mean something only to
    /// the header they were made for.
    pub fn signature(&self, trace: &Trace) -> EntrySignature {
        let words = self.words.iter().map(|&(word, value)| EntryWord {
            word: word.seen_from(self.base),
            holds: match trace.constant(value) {
                Some(constant) => Holds::Constant(constant),
                None => Holds::Param(trace.ty(value).expect("a pending value has a type")),
            },
        });
        EntrySignature {
            words: words.collect(),
            extras: Vec::new(),
            contract: None,
        }
    }

    /// The signature of a trace that takes over from here and is to serve other exits to the same
    /// place, too: as [`signature`](ExitState::signature), but that payloads are handed over which
    /// this exit happens to know.
    ///
    /// Tags stay known: what follows was chosen by them, and a trace that had to ask again would
    /// gain nothing. So does everything below the frame that runs: its link words say where it
    /// returns to. Where every word is a value of its own there are no tags, and every value of the
    /// running frame is handed over.
    pub fn general_signature(&self, trace: &Trace) -> EntrySignature {
        let mut general = self.signature(trace);
        for (entry, &(word, _)) in general.words.iter_mut().zip(&self.words) {
            let interface = &trace.interface;
            let is_tag = interface.group > 1 && interface.first_of_group(word) == word;
            if let Holds::Constant(constant) = entry.holds
                && entry.word.0 >= 0
                && !is_tag
            {
                entry.holds = Holds::Param(constant.ty);
            }
        }
        general
    }

    /// Checks that an executor with `signature` may take over from this exit of `trace`.
    ///
    /// # Errors
    /// The first [`Disagreement`], in the order: kind, words ascending, contract, extras.
    pub fn agrees(&self, trace: &Trace, signature: &EntrySignature) -> Result<(), Disagreement> {
        match self.kind {
            ExitKind::Side | ExitKind::Dynamic => {}
            kind => return Err(Disagreement::NeverLinked { kind }),
        }
        let mut wanted = signature.words.iter().peekable();
        for &(word, value) in &self.words {
            let word = word.seen_from(self.base);
            let entry = match wanted.peek() {
                Some(entry) if entry.word == word => wanted.next().expect("peeked"),
                Some(entry) if entry.word < word => {
                    return Err(Disagreement::NotPending { word: entry.word });
                }
                _ => return Err(Disagreement::NotTaken { word }),
            };
            let offered = trace.constant(value);
            match entry.holds {
                Holds::Param(ty) if trace.ty(value) == Some(ty) => {}
                Holds::Param(_) => return Err(Disagreement::Type { word }),
                Holds::Constant(constant) if offered == Some(constant) => {}
                Holds::Constant(constant) => {
                    return Err(Disagreement::Constant {
                        word,
                        wanted: constant,
                        offered,
                    });
                }
            }
        }
        if let Some(entry) = wanted.next() {
            return Err(Disagreement::NotPending { word: entry.word });
        }
        let Some(contract) = signature.contract else {
            // Invariants mean nothing without the contract that says what they are.
            return match signature.extras.is_empty() {
                true => Ok(()),
                false => Err(Disagreement::Contract),
            };
        };
        if self.contract != Some(contract) {
            return Err(Disagreement::Contract);
        }
        let offered = self.extras.iter().map(|&value| trace.ty(value));
        if !offered.eq(signature.extras.iter().map(|&ty| Some(ty))) {
            return Err(Disagreement::Extras);
        }
        Ok(())
    }
}

/// Why an exit may not be linked to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Disagreement {
    /// Exits of this kind are never linked.
    #[error("exits of kind {} are never linked", kind.name())]
    NeverLinked {
        /// The exit's kind.
        kind: ExitKind,
    },
    /// The entry takes the word over, but it is not pending at the exit.
    #[error("{word} is in the signature but not pending at the exit")]
    NotPending {
        /// The word, seen from the entry.
        word: Word,
    },
    /// The word is pending at the exit, but the entry would find it in memory.
    #[error("{word} is pending at the exit but not in the signature")]
    NotTaken {
        /// The word, seen from the entry.
        word: Word,
    },
    /// The word's types differ.
    #[error("{word} is pending with another type than the signature's")]
    Type {
        /// The word, seen from the entry.
        word: Word,
    },
    /// The entry assumes a constant the exit does not hold.
    #[error("{word} must hold the constant {wanted}, {}", offer(*offered))]
    Constant {
        /// The word, seen from the entry.
        word: Word,
        /// What the entry assumes.
        wanted: Const,
        /// What the exit holds, if it is a constant.
        offered: Option<Const>,
    },
    /// The exit has not shown that the header's contract holds.
    #[error("the exit has not shown the header's contract")]
    Contract,
    /// The invariants handed over are not the header's.
    #[error("the exit's invariants differ from the header's in number or type")]
    Extras,
}

fn offer(offered: Option<Const>) -> String {
    match offered {
        Some(offered) => format!("the exit offers {offered}"),
        None => "the exit offers no constant".to_owned(),
    }
}
