//! Why traces leave.

/// Why a trace leaves, which decides what may happen there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExitKind {
    /// A side exit: warms, links, may grow a trace.
    Side,
    /// Back to the interpreter, always: never grows a trace.
    Deopt,
    /// To the host's error handling: a helper failed, or the instruction did.
    Error,
    /// An interrupt is pending.
    Poll,
    /// The target is known only at run time (a return, a dispatch).
    Dynamic,
}

impl ExitKind {
    /// Every kind.
    pub const ALL: [ExitKind; 5] = [
        ExitKind::Side,
        ExitKind::Deopt,
        ExitKind::Error,
        ExitKind::Poll,
        ExitKind::Dynamic,
    ];

    /// The name in the text form.
    pub fn name(self) -> &'static str {
        match self {
            ExitKind::Side => "side",
            ExitKind::Deopt => "deopt",
            ExitKind::Error => "error",
            ExitKind::Poll => "poll",
            ExitKind::Dynamic => "dynamic",
        }
    }

    /// The kind called `name`, if there is one.
    pub fn from_name(name: &str) -> Option<ExitKind> {
        ExitKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
