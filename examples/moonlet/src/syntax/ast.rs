//! The tree of a program. Names are resolved: a local variable is a [`Var`], known to be captured
//! or assigned.

use std::rc::Rc;

/// A name.
pub type Name = Rc<str>;

/// A local variable of the program.
pub type Var = usize;

/// `_ENV`, the variable around the chunk itself: globals are fields of what it holds.
pub const ENV: Var = 0;

/// A function of the program.
pub type FunctionId = usize;

/// A goto statement of a function.
pub type GotoId = usize;

/// A label of a function.
pub type LabelId = usize;

/// The name that ASCII text spells.
pub(crate) fn name_of(text: &[u8]) -> Name {
    String::from_utf8_lossy(text).into()
}

/// A program.
#[derive(Debug)]
pub struct Program {
    /// The chunk itself.
    pub main: Function,
    /// All local variables.
    pub variables: Vec<Variable>,
}

/// A local variable.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: Name,
    /// The function that declares it; none that there is declares [`ENV`].
    pub function: FunctionId,
    /// Whether a function within uses it.
    pub captured: bool,
    /// Whether it is assigned other than by its declaration.
    pub assigned: bool,
    /// The function that a `local function` statement names with it.
    pub itself: Option<FunctionId>,
}

/// A function's text.
#[derive(Debug)]
pub struct Function {
    /// Which one it is, counted by their beginnings.
    pub id: FunctionId,
    /// Its fixed parameters.
    pub params: Vec<Var>,
    /// Whether it takes extra arguments.
    pub variadic: bool,
    /// What it does.
    pub body: Block,
    /// Whether a list in it ends in a call or `...`.
    pub has_open_lists: bool,
    /// How many labels it has.
    pub labels: usize,
    /// Where its gotos lead.
    pub gotos: Vec<LabelId>,
    /// The line it begins at; 0 for the chunk itself.
    pub line: u32,
    /// The line it ends at.
    pub end_line: u32,
    /// The depth of its deepest expression.
    pub depth: u32,
}

/// Statements in one scope.
#[derive(Debug, Default)]
pub struct Block {
    /// The statements.
    pub statements: Vec<Statement>,
}

/// A statement.
#[derive(Debug)]
pub enum Statement {
    /// A call whose results are dropped.
    Call(Box<Call>),
    /// `local names = values`
    Local {
        /// The variables.
        vars: Vec<Var>,
        /// Their values, as many as were written.
        values: Vec<Expr>,
        /// Its last line.
        line: u32,
    },
    /// `local function`
    LocalFunction(Var, Box<Function>),
    /// An assignment, or a function statement.
    Assign {
        /// Variables, fields and items.
        targets: Vec<Expr>,
        /// Their values, as many as were written.
        values: Vec<Expr>,
        /// Its last line.
        line: u32,
    },
    /// `if`
    If {
        /// Conditions and what to do under them.
        arms: Vec<(Expr, Block)>,
        /// What to do else.
        otherwise: Option<Block>,
        /// Where each arm ends.
        lines: Vec<u32>,
    },
    /// `while`
    While {
        /// The condition.
        condition: Expr,
        /// The body.
        body: Block,
        /// Where it ends.
        line: u32,
    },
    /// `repeat … until`
    Repeat {
        /// The body.
        body: Block,
        /// The condition, in the body's scope.
        until: Expr,
        /// Where it ends.
        line: u32,
    },
    /// `for` over numbers
    NumericFor {
        /// The variable.
        var: Var,
        /// First value, limit, and step if there is one.
        range: Box<(Expr, Expr, Option<Expr>)>,
        /// The body.
        body: Block,
        /// Line of the word `for`.
        line: u32,
        /// Line of the word `do`.
        do_line: u32,
    },
    /// `for … in`
    GenericFor {
        /// The variables.
        vars: Vec<Var>,
        /// The iterator's expressions.
        values: Vec<Expr>,
        /// The body.
        body: Block,
        /// Line of the iterator's expressions.
        line: u32,
        /// Line of the word `do`.
        do_line: u32,
    },
    /// `do … end`
    Do(Block),
    /// `return`
    Return {
        /// What it returns.
        values: Vec<Expr>,
        /// Its last line.
        line: u32,
    },
    /// `break`
    Break(u32),
    /// `goto`
    Goto(GotoId, u32),
    /// A label.
    Label(LabelId),
}

/// An expression.
#[derive(Debug)]
pub enum Expr {
    /// `nil`
    Nil,
    /// `false` or `true`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Str(Box<[u8]>),
    /// `...`
    Vararg(u32),
    /// A function.
    Function(Box<Function>),
    /// A local variable, of this or an enclosing function.
    Local(Var, u32),
    /// A global variable.
    Global(Name, u32),
    /// `object[key]`
    Index(Box<Index>),
    /// A call.
    Call(Box<Call>),
    /// A call, `...` or an index in parentheses: one value.
    Single(Box<Expr>),
    /// An operator before its operand.
    Unary(Box<Unary>),
    /// An operator between two operands.
    Binary(Box<Binary>),
    /// A table.
    Table(Box<Table>),
}

/// `object[key]`
#[derive(Debug)]
pub struct Index {
    /// The table.
    pub object: Expr,
    /// The key.
    pub key: Expr,
    /// Line for messages.
    pub line: u32,
    /// Depth of the tree below.
    pub depth: u32,
}

/// A call.
#[derive(Debug)]
pub struct Call {
    /// The function, or the receiver of the method.
    pub callee: Expr,
    /// The method's name.
    pub method: Option<(Name, u32)>,
    /// The arguments.
    pub args: Vec<Expr>,
    /// Line for messages.
    pub line: u32,
    /// Depth of the tree below.
    pub depth: u32,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `~`
    BitNot,
    /// `not`
    Not,
    /// `#`
    Len,
}

/// A unary operation.
#[derive(Debug)]
pub struct Unary {
    /// The operator.
    pub op: UnaryOp,
    /// The operand.
    pub operand: Expr,
    /// Line for messages.
    pub line: u32,
    /// Depth of the tree below.
    pub depth: u32,
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Lua's operators by their usual names")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Mod,
    Pow,
    Div,
    FloorDiv,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    Concat,
    Eq,
    Less,
    LessEq,
    NotEq,
    Greater,
    GreaterEq,
    And,
    Or,
}

/// A binary operation.
#[derive(Debug)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// The left operand.
    pub left: Expr,
    /// The right operand.
    pub right: Expr,
    /// Line for messages.
    pub line: u32,
    /// Depth of the tree below.
    pub depth: u32,
}

/// What a table is made of.
#[derive(Debug)]
pub struct Table {
    /// Its items and fields, in order.
    pub entries: Vec<Entry>,
    /// Its first line.
    pub line: u32,
    /// Its last line.
    pub end_line: u32,
    /// Depth of the tree below.
    pub depth: u32,
}

/// A part of a table's text.
#[derive(Debug)]
pub enum Entry {
    /// A value; its key is the next integer.
    Item(Expr),
    /// `key = value` or `[key] = value`
    Field(Expr, Expr, u32),
}

impl Expr {
    /// Whether it may have several values.
    pub fn is_multiple(&self) -> bool {
        matches!(self, Expr::Call(_) | Expr::Vararg(_))
    }

    /// Its line for messages, if it has one.
    pub fn line(&self) -> Option<u32> {
        match self {
            Expr::Vararg(line) | Expr::Local(_, line) | Expr::Global(_, line) => Some(*line),
            Expr::Index(node) => Some(node.line),
            Expr::Call(node) => Some(node.line),
            Expr::Single(node) => node.line(),
            Expr::Unary(node) => Some(node.line),
            Expr::Binary(node) => Some(node.line),
            Expr::Table(node) => Some(node.line),
            Expr::Function(node) => Some(node.line),
            Expr::Nil | Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) | Expr::Str(_) => None,
        }
    }

    /// Depth of the tree.
    pub fn depth(&self) -> u32 {
        match self {
            Expr::Index(node) => node.depth,
            Expr::Call(node) => node.depth,
            Expr::Single(node) => node.depth() + 1,
            Expr::Unary(node) => node.depth,
            Expr::Binary(node) => node.depth,
            Expr::Table(node) => node.depth,
            Expr::Function(node) => node.depth + 1,
            _ => 1,
        }
    }
}
