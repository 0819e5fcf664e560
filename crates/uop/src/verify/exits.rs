//! Exit states: words in order, values that exist wherever the exit is taken.

use super::{Problem, Verifier};
use crate::exit::ExitKind;
use crate::id::{ExitId, Value};
use crate::text::Place;
use smallvec::SmallVec;

impl Verifier<'_> {
    pub(super) fn exits(&mut self) {
        let trace = self.trace;
        let mut users = vec![SmallVec::<[usize; 2]>::new(); trace.exits.len()];
        for (at, uop) in trace.iter() {
            if let Some(users) = uop.exit.and_then(|exit| users.get_mut(exit.index())) {
                users.push(at.index());
            }
        }
        for (index, exit) in trace.exits.iter().enumerate() {
            let id = ExitId(index as u32);
            let places = (0..).map(|word| Place::ExitWord(id, word));
            self.ascending(exit.words.iter().map(|&(word, _)| word).zip(places));
            for (word, &(_, value)) in exit.words.iter().enumerate() {
                let place = Place::ExitWord(id, word);
                self.at_exit(value, &users[index], place);
                let ty = trace.uops.get(value.index()).and_then(|uop| uop.ty);
                if let Some(ty) = ty {
                    self.fits_word(ty, place);
                }
            }
            for (extra, &value) in exit.extras.iter().enumerate() {
                self.at_exit(value, &users[index], Place::Extra(id, extra));
            }
            let kind = exit.kind;
            let linked = matches!(kind, ExitKind::Side | ExitKind::Dynamic);
            match exit.contract {
                None => self.check(exit.extras.is_empty(), Place::Exit(id), || {
                    Problem::ExtrasWithoutContract
                }),
                Some(_) => self.check(linked, Place::Exit(id), || Problem::ContractNeverLinked {
                    kind,
                }),
            }
        }
    }

    /// Checks that `value` exists at every uop that leaves through the exit.
    fn at_exit(&mut self, value: Value, users: &[usize], place: Place) {
        let end = [self.trace.uops.len()];
        // An exit no uop uses still names values of the trace.
        let positions = if users.is_empty() { &end } else { users };
        for &user in positions {
            let Err(problem) = self.visible(value, user) else {
                continue;
            };
            let problem = match problem {
                Problem::UsedBeforeDefined { value } if user < self.trace.uops.len() => {
                    let op = self.trace.uops[user].op;
                    Problem::ExitBeforeDefined { value, op }
                }
                // The end of the trace is behind the header, but nothing leaves from there.
                Problem::BeforeHeader { .. } if users.is_empty() => continue,
                problem => problem,
            };
            return self.report(place, problem);
        }
    }
}
