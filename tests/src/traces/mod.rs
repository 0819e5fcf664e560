//! Random traces on compiled code, compared with the evaluator.
//!
//! [`State`] asks the evaluator's machine at every step what compiled code finds in memory or never
//! asks. The [`rig`] makes both meet the same answers: interrupts come at the start or with a call,
//! and forced exits by a countdown that both keep. Then everything must be equal: the exit, what is
//! pending there, the base, frame words, heap, and the calls the host saw.
//!
//! [`State`]: offramp_uop::evaluate::State

pub mod compiled;
pub mod rig;
