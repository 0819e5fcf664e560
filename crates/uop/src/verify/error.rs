//! What the verifier reports.

use crate::exit::{ExitKind, Pc};
use crate::id::{ExitId, HelperId, Value, Word};
use crate::interface::Class;
use crate::op::{Immediate, Op};
use crate::text::{Listing, Place};
use crate::trace::Trace;
use crate::types::Type;
use std::fmt::{self, Display};

/// Every error the verifier found in one trace; prints as the trace with remarks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyErrors {
    errors: Vec<VerifyError>,
    text: String,
}

impl VerifyErrors {
    pub(super) fn new(trace: &Trace, errors: Vec<VerifyError>) -> VerifyErrors {
        let remarks = errors
            .iter()
            .map(|error| (error.place, &error.problem as &dyn Display));
        let text = Listing::of(trace).with_remarks(remarks);
        VerifyErrors { errors, text }
    }

    /// The errors, in the order they were found.
    pub fn errors(&self) -> &[VerifyError] {
        &self.errors
    }
}

impl Display for VerifyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.errors.len();
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "{}; {count} error{plural}", self.text)
    }
}

impl std::error::Error for VerifyErrors {}

/// One error and where it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct VerifyError {
    /// The part of the trace that is wrong.
    pub place: Place,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with a trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    // The shape of the line.
    /// The first uop is not `start`.
    #[error("a trace begins with `start`")]
    NotStart,
    /// `start` elsewhere.
    #[error("`start` stands only at the beginning")]
    StrayStart,
    /// The last uop is not `unreachable`.
    #[error("a trace ends with `unreachable`")]
    NotUnreachable,
    /// `unreachable` elsewhere.
    #[error("`unreachable` stands only at the end")]
    StrayUnreachable,
    /// Control falls off the end.
    #[error("the uop before `unreachable` must leave or loop")]
    NoTerminator,
    /// A uop that leaves before the end.
    #[error("what follows is never reached")]
    StrayTerminator,
    /// More than one `header`.
    #[error("a trace has one header at most")]
    SecondHeader,
    /// A `header` uop in a trace without a header's contract.
    #[error("the trace has no contract for its header")]
    NoContract,
    /// The contract is not of the `header` uop.
    #[error("the contract is for a header at {described}, which is not the `header` uop")]
    HeaderElsewhere {
        /// Where the contract says it is.
        described: Value,
    },
    /// `loop` in a trace without a header.
    #[error("there is no `header` to loop to")]
    LoopWithoutHeader,
    /// A `param` that no entry defines.
    #[error("`param` stands only directly behind `start` or `header`")]
    StrayParam,
    /// An `invariant` that no header defines.
    #[error("`invariant` stands only behind the params of `header`")]
    StrayInvariant,

    // Signatures.
    /// Words out of order, or one twice.
    #[error("words ascend: {word} cannot follow {previous}")]
    WordOrder {
        /// The word at fault.
        word: Word,
        /// The one before it.
        previous: Word,
    },
    /// A type no frame word holds.
    #[error("a frame word holds no {ty}")]
    NotAWordType {
        /// The type.
        ty: Type,
    },
    /// A trace's own entry is not a header.
    #[error("only a header's signature has extras and a contract")]
    EntryContract,
    /// Params behind `start` and in the signature differ in number.
    #[error("the signature has {expected} params, here are {found}")]
    ParamCount {
        /// In the signature.
        expected: usize,
        /// Behind `start`.
        found: usize,
    },
    /// A param behind `start` that is not the signature's.
    #[error("the signature says `{word}: {ty}`")]
    ParamDiffers {
        /// The signature's word.
        word: Word,
        /// Its type.
        ty: Type,
    },

    // Values.
    /// Too few or too many operands.
    #[error("operands of `{}`: expected {expected}, found {found}", op.name())]
    OperandCount {
        /// The op.
        op: Op,
        /// By the table, the helper or the header.
        expected: usize,
        /// In the uop.
        found: usize,
    },
    /// A value beyond the end of the trace.
    #[error("there is no {value}")]
    NoSuchValue {
        /// The value.
        value: Value,
    },
    /// A value that does not exist yet.
    #[error("{value} is not defined before")]
    UsedBeforeDefined {
        /// The value.
        value: Value,
    },
    /// A uop without a result used as a value.
    #[error("{value} is no value: its uop has no result")]
    NoResult {
        /// The uop.
        value: Value,
    },
    /// A value of the preamble used in the loop.
    #[error("{value} is from before the header: the loop sees it only through an `invariant`")]
    BeforeHeader {
        /// The value.
        value: Value,
    },
    /// An operand of the wrong type.
    #[error("expected {}, {value} is {found}", either(expected.iter().map(|ty| ty.name())))]
    OperandType {
        /// The operand.
        value: Value,
        /// The types allowed.
        expected: &'static [Type],
        /// Its type.
        found: Type,
    },
    /// A suffix the op does not take.
    #[error("`{}` takes no such suffix", op.name())]
    Suffix {
        /// The op.
        op: Op,
    },
    /// A result of the wrong type.
    #[error("the result is {}, not {}", type_name(*expected), type_name(*found))]
    ResultType {
        /// By the table, the suffix or the helper.
        expected: Option<Type>,
        /// In the uop.
        found: Option<Type>,
    },

    // Immediates.
    /// An immediate of another kind than the op's.
    #[error("`{}` carries {}", op.name(), immediate_name(*expected))]
    Immediate {
        /// The op.
        op: Op,
        /// What it carries.
        expected: Immediate,
    },
    /// An index beyond the trace's references.
    #[error("the trace has no reference r{index}")]
    NoSuchReference {
        /// The index.
        index: u64,
    },
    /// A truth value that is neither 0 nor 1.
    #[error("a bool is 0 or 1")]
    BoolBits,
    /// A class the interface does not declare.
    #[error("the interface has no class #{}", class.0)]
    NoSuchClass {
        /// The class.
        class: Class,
    },
    /// A helper the interface does not declare.
    #[error("the interface has no helper #{}", helper.0)]
    NoSuchHelper {
        /// The helper.
        helper: HelperId,
    },
    /// A scale above 4.
    #[error("an index is scaled by 4 bits at most")]
    Scale,
    /// A scale where no index is.
    #[error("`{}` has no index to scale", op.name())]
    ScaleWithoutIndex {
        /// The op.
        op: Op,
    },

    // Exits of uops.
    /// A uop that can leave but says not where.
    #[error("`{}` needs an exit", op.name())]
    MissingExit {
        /// The op.
        op: Op,
    },
    /// An exit of a uop that never leaves.
    #[error("this `{}` never leaves", op.name())]
    UnexpectedExit {
        /// The op.
        op: Op,
    },
    /// An exit the trace does not have.
    #[error("there is no exit {exit}")]
    NoSuchExit {
        /// The exit.
        exit: ExitId,
    },
    /// An exit of another kind.
    #[error(
        "`{}` leaves through exits of kind {}, this one is {}",
        op.name(), either(expected.iter().map(|kind| kind.name())), found.name()
    )]
    ExitKind {
        /// The op.
        op: Op,
        /// The kinds allowed.
        expected: &'static [ExitKind],
        /// The exit's kind.
        found: ExitKind,
    },
    /// Words pending where a helper may look for them in memory.
    #[error("the helper may look at frames or leave for another: nothing can be pending at {exit}")]
    PendingAtCall {
        /// The call's exit.
        exit: ExitId,
    },

    // Sunk objects.
    /// A uop that must not wait for an exit.
    #[error("`{}` cannot be sunk here", op.name())]
    Sunk {
        /// Its op.
        op: Op,
    },
    /// A sunk load of what a sunk store may have written: exits leave out stores that are overwritten.
    #[error("{store} may store there, and need not be done")]
    SunkLoad {
        /// The store.
        store: Value,
    },
    /// Uops that leave through one exit, with different sunk uops done before.
    #[error("{exit} makes objects otherwise at {first}")]
    SunkBetween {
        /// The exit.
        exit: ExitId,
        /// The first uop that leaves through it.
        first: Value,
    },
    /// A sunk value where it is not made.
    #[error("{value} is sunk: nobody makes it here")]
    SunkUsed {
        /// The value.
        value: Value,
    },
    /// A helper that makes objects and does more, or no object.
    #[error("a helper that makes objects answers a reference and does no more than write")]
    Makes,

    // Exit states.
    /// A value that does not exist wherever the exit is taken.
    #[error("{value} is not yet defined where `{}` leaves through this exit", op.name())]
    ExitBeforeDefined {
        /// The value.
        value: Value,
        /// The op that leaves before it is defined.
        op: Op,
    },
    /// A word that is neither in memory nor in the exit's state.
    #[error("{word} is still pending here, but the exit's state does not list it")]
    WordLost {
        /// The word.
        word: Word,
    },
    /// A word that is neither in memory nor in the header's signature.
    #[error("{word} is still pending here, but the header does not take it")]
    NotTaken {
        /// The word.
        word: Word,
    },
    /// Extras that belong to no contract.
    #[error("extras without a contract they belong to")]
    ExtrasWithoutContract,
    /// A contract at an exit that is never linked.
    #[error("exits of kind {} are never linked: they show no contract", kind.name())]
    ContractNeverLinked {
        /// The exit's kind.
        kind: ExitKind,
    },

    // The stack.
    /// A base that no guard before has shown to be within the stack's limit.
    #[error(
        "the base is entered without room for it: bases up to {proven} are proven to be within the limit, {base} is not"
    )]
    NoRoom {
        /// The base.
        base: Word,
        /// The highest base that is proven.
        proven: Word,
    },
    /// A word that may lie beyond the stack's end.
    #[error(
        "{word} may lie beyond the stack: bases up to {proven} are proven to be within the limit"
    )]
    BeyondRoom {
        /// The word.
        word: Word,
        /// The highest base that is proven.
        proven: Word,
    },

    // The header's contract.
    /// A word that is both constant and param.
    #[error("{word} is a param of the header")]
    ConstantIsParam {
        /// The word.
        word: Word,
    },
    /// A short preamble out of order.
    #[error("the short preamble is in order: {value} cannot follow {previous}")]
    ShortOrder {
        /// The value at fault.
        value: Value,
        /// The one before it.
        previous: Value,
    },
    /// A member of the short preamble that is not of the preamble.
    #[error("{value} is not from before the header")]
    NotBeforeHeader {
        /// The value.
        value: Value,
    },
    /// A member of the short preamble that cannot be replayed.
    #[error("`{}` cannot be replayed in a short preamble", op.name())]
    ShortOp {
        /// Its op.
        op: Op,
    },
    /// A member of the short preamble that uses something else.
    #[error("{value} uses {operand}, which is neither in the short preamble nor a constant")]
    ShortOperand {
        /// The member.
        value: Value,
        /// What it uses.
        operand: Value,
    },
    /// A word whose value is not in memory where a replay would read it.
    #[error("{word} is pending at the header, a replay would miss its value")]
    ShortWord {
        /// The word.
        word: Word,
    },
    /// An invariant that others cannot supply.
    #[error("the header is open, but its short preamble does not make {value}")]
    InvariantNotShort {
        /// The invariant's operand.
        value: Value,
    },

    // Recorded traces.
    /// A guard behind an effect of its instruction.
    #[error("a guard behind an effect of its instruction: `{}`", effect.name())]
    GuardAfterEffect {
        /// The effect's op.
        effect: Op,
    },
    /// An op only the optimiser makes.
    #[error("`{}` is never recorded", op.name())]
    NeverRecorded {
        /// The op.
        op: Op,
    },
    /// A recorded exit with a state.
    #[error("a recorded trace has nothing pending and shows no contract")]
    PendingRecorded,
    /// An exit of an earlier instruction.
    #[error("{exit} belongs to the instruction at {pc}")]
    ExitOfOtherInstruction {
        /// The exit.
        exit: ExitId,
        /// The instruction it was used in first.
        pc: Pc,
    },
    /// Two exits of one kind in an instruction.
    #[error("{first} is this instruction's {} exit already", kind.name())]
    SecondExit {
        /// The exit used before.
        first: ExitId,
        /// The kind of both.
        kind: ExitKind,
    },
    /// Exits of one instruction that disagree about the base.
    #[error("the base is {expected:+} in this instruction")]
    Base {
        /// By the instruction's first exit.
        expected: i32,
    },
    /// An exit that does not lead back to its instruction.
    #[error("leaves for {found} from the instruction at {expected}, whose start it must lead to")]
    ResumesElsewhere {
        /// The instruction.
        expected: Pc,
        /// The exit's target.
        found: Pc,
    },
}

/// `a`, `a or b`, `a, b or c`.
fn either(names: impl ExactSizeIterator<Item = &'static str>) -> String {
    let count = names.len();
    let mut out = String::new();
    for (index, name) in names.enumerate() {
        out.push_str(match index {
            0 => "",
            _ if index + 1 == count => " or ",
            _ => ", ",
        });
        out.push_str(name);
    }
    out
}

fn type_name(ty: Option<Type>) -> &'static str {
    ty.map_or("nothing", Type::name)
}

fn immediate_name(immediate: Immediate) -> &'static str {
    match immediate {
        Immediate::None => "no immediate",
        Immediate::Const => "a constant",
        Immediate::Word => "a frame word",
        Immediate::Access | Immediate::Element => "a heap location",
        Immediate::Helper => "a helper",
        Immediate::Place => "a place",
    }
}
