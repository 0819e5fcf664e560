//! Why traces leave.

use crate::named::named;

named! {
    /// Why a trace leaves, which decides what may happen there.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum ExitKind, "kind of exit" {
        /// A side exit: warms, links, may grow a trace.
        Side = "side",
        /// Back to the interpreter, always: never grows a trace.
        Deopt = "deopt",
        /// To the host's error handling: a helper failed, or the instruction did.
        Error = "error",
        /// An interrupt is pending.
        Poll = "poll",
        /// The target is known only at run time (a return, a dispatch).
        Dynamic = "dynamic",
    }
}
