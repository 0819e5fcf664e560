//! The write-once language: what an embedder writes programs in, and what programs work on.
//!
//! From the ground up: what the library knows of the host's memory ([`layout`], [`tagged`], [`stack`],
//! [`heap`]); the words in which an instruction says what it does and the phases in which it may
//! ([`kind`], [`machine`], [`phases`]); helpers and programs ([`helper`], [`context`], [`program`]). Nothing here
//! executes or records: the machines that do are above, and the public names are re-exported by the
//! crate's root.

#[macro_use]
mod vocabulary;
pub(crate) mod allowed;
pub(crate) mod context;
pub(crate) mod fault;
pub(crate) mod field;
pub(crate) mod heap;
pub(crate) mod helper;
pub(crate) mod holds;
pub(crate) mod kind;
pub(crate) mod layout;
pub(crate) mod machine;
pub(crate) mod phases;
pub(crate) mod program;
pub(crate) mod stack;
pub(crate) mod stack_mut;
pub(crate) mod suspended;
pub(crate) mod tagged;
