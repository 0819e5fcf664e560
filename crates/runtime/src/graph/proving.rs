//! Proving what the optimiser made, where the [configuration](Prove) asks for it.
//!
//! A trace that is not proved need not be wrong: not everything that is right has an argument. So it
//! is no reason to stop: refused, it runs as it was recorded, which has less to prove.

use super::config::Prove;
use super::error::InstallError;
use offramp_uop::Trace;
use offramp_uop::optimise::{LeadsTo, Optimised, Options, Passes, optimise};
use offramp_uop::proof::{Unproved, prove};

/// A trace as it will run, and whether what the optimiser made of it was proved.
pub(super) struct Made {
    pub(super) trace: Trace,
    /// What it was made to lead to.
    pub(super) leads_to: Option<LeadsTo>,
    pub(super) proved: Option<Result<(), Unproved>>,
}

impl Made {
    /// Nobody asked for a proof.
    pub(super) fn unasked(trace: Trace, leads_to: Option<LeadsTo>) -> Made {
        Made {
            trace,
            leads_to,
            proved: None,
        }
    }
}

/// What runs of `improved`, which was made of `recorded` with these options.
///
/// # Errors
/// If it must be proved and cannot be, not even as it was recorded.
pub(super) fn proved(
    asked: Prove,
    recorded: &Trace,
    improved: Optimised,
    options: &Options<'_>,
) -> Result<Made, InstallError> {
    if asked == Prove::Off {
        return Ok(Made::unasked(improved.trace, improved.leads_to));
    }
    let proved = prove(recorded, &improved, options).map(|_| ());
    let (trace, leads_to) = match asked {
        Prove::Refuse if proved.is_err() => {
            let options = Options {
                passes: Passes::NONE,
                live: options.live,
                ..Options::default()
            };
            let plain = optimise(recorded, &options);
            prove(recorded, &plain, &options).map_err(Box::new)?;
            (plain.trace, None)
        }
        _ => (improved.trace, improved.leads_to),
    };
    Ok(Made {
        trace,
        leads_to,
        proved: Some(proved),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use offramp_uop::{Builder, Interface, Op, Type, Word};

    /// A sum, and what a wrong optimiser makes of it: the exit lists another value.
    fn wrong() -> (Trace, Optimised) {
        let mut b = Builder::new("sum", 0, Interface::new().into());
        b.at(0);
        let (x, y) = (
            b.load_word(Type::I64, Word(0)),
            b.load_word(Type::I64, Word(1)),
        );
        let sum = b.pure(Op::Add, &[x, y]);
        b.store_word(Word(2), sum);
        let out = b.side_exit(1, 0);
        b.leave(out);
        let recorded = b.finish();
        let mut optimised = optimise(&recorded, &Options::default());
        for uop in &mut optimised.trace.uops {
            if uop.op == Op::Add {
                uop.op = Op::Sub;
            }
        }
        (recorded, optimised)
    }

    fn made(asked: Prove) -> (Made, Trace, Trace) {
        let (recorded, improved) = wrong();
        let trace = improved.trace.clone();
        let made = proved(asked, &recorded, improved, &Options::default());
        (made.expect("the plain trace is proved"), recorded, trace)
    }

    #[test]
    fn what_is_not_proved_runs_as_it_was_recorded() {
        let (made, recorded, _) = made(Prove::Refuse);
        assert!(matches!(made.proved, Some(Err(_))));
        assert_eq!(made.trace.uops, recorded.uops);
    }

    #[test]
    fn what_is_only_reported_runs() {
        let (made, _, wrong) = made(Prove::Report);
        assert!(matches!(made.proved, Some(Err(_))));
        assert_eq!(made.trace, wrong);
    }

    #[test]
    fn nothing_is_proved_unasked() {
        let (made, _, wrong) = made(Prove::Off);
        assert_eq!((made.proved, made.trace), (None, wrong));
    }

    #[test]
    fn what_is_right_is_proved() {
        let (recorded, _) = wrong();
        let options = Options::default();
        let improved = optimise(&recorded, &options);
        let trace = improved.trace.clone();
        let made = proved(Prove::Refuse, &recorded, improved, &options);
        let made = made.expect("it is proved");
        assert_eq!((made.proved, made.trace), (Some(Ok(())), trace));
    }
}
