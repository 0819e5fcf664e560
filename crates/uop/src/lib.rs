//! The trace IR of Offramp.
//!
//! A [`Trace`] is a line of [`Uop`]s in SSA form with guards, ending in a loop or an exit. This
//! crate holds everything that can be said about a trace without running it on a machine: its
//! [text form](text), its [verifier](verify), its reference semantics (the
//! [evaluator](evaluate)), its [optimiser](optimise) and the [proof] that what comes out does what
//! went in.
//!
//! Reading order: [`types`], [`op`] (the table everything derives from), [`uop`], [`trace`],
//! [`exit`] and [`signature`] (how traces leave and are entered), [`interface`] (what the host
//! declares), then [`builder`], [`record`], [`text`], [`verify`], [`evaluate`], [`optimise`], [`proof`].
//!
//! The crate knows no memory manager and no executors, and follows no address: that is the runtime's
//! (`offramp`). Without its default features it has no dependency on Cranelift.

#[macro_use]
mod access;
mod agreement;
pub mod builder;
pub mod evaluate;
pub mod exit;
mod exit_kind;
mod hardware;
mod id;
pub mod interface;
pub mod liveness;
#[cfg(feature = "cranelift")]
pub mod lower;
mod named;
pub mod op;
pub mod optimise;
pub mod proof;
pub mod record;
pub mod signature;
pub mod sunk;
pub mod text;
pub mod trace;
pub mod types;
pub mod uop;
pub mod verify;
mod view;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use agreement::Disagreement;
pub use builder::{Builder, adapter, inherit, take_over};
pub use exit::{ExitKind, ExitState, Pc};
pub use id::{ContractId, ExitId, HelperId, MAX_FRAME, RefId, Value, Word};
pub use interface::{Class, ClassSet, Content, Effects, Helper, Initial, Interface, NewObject};
pub use op::{Effect, Op};
pub use signature::{EntrySignature, EntryWord, Holds};
pub use trace::{Header, Trace};
pub use types::{Const, Mem, Reference, Type};
pub use uop::{Access, Imm, Uop};
pub use view::View;
