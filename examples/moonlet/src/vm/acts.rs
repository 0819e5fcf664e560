//! The helpers: what instructions ask for and do outside the machine's vocabulary.
//!
//! Each declares what it touches. Those that allocate are the collector's safe points: they collect
//! before they allocate, never after, so an answer needs no root.

use super::{Moonlet, errors};
use crate::bytecode::{Capture, OPEN};
use crate::heap::shape;
use crate::host::Host;
use crate::library::{BUILTINS, BuiltinId, Raised, Run};
use crate::number;
use crate::value::{
    self, ARRAY_CLASS, FLOAT, FUNCTION, Function, INT, ITEMS_CLASS, META_CLASS, NIL, NOTHING,
    STRING, Str, TABLE_CLASSES, Table, Variable, bytes_of, captured_of,
};
use offramp::{Act, ClassSet, Context, Effects, Failure, Outcome, Pc, Read, Reference, Tagged};

type Ctx<'a> = Context<'a, Moonlet>;
type Answer<T> = Result<T, Failure>;

/// There is no field of that key.
pub(super) const ABSENT: i64 = -1;
/// Whether there is a field of that key only the hash part knows.
const ELSEWHERE: i64 = -2;

/// Allocates, and so may collect first; writes nothing that existed.
const ALLOCATES: Effects = Effects {
    collects: true,
    ..Effects::PURE
};

/// Looks at the frame, too.
const ALLOCATES_FROM_FRAME: Effects = Effects {
    reads_frames: true,
    ..ALLOCATES
};

const fn writing(writes: ClassSet) -> Effects {
    Effects {
        reads: ClassSet::ALL,
        writes,
        ..Effects::PURE
    }
}

/// May push a metamethod's frame.
const TRANSFERS: Effects = Effects {
    reads: ClassSet::ALL,
    writes: TABLE_CLASSES,
    collects: true,
    reads_frames: true,
    writes_frames: true,
    reenters: false,
    transfers: true,
};

/// Anything but running the program.
const ANYTHING: Effects = Effects {
    reenters: false,
    ..Effects::WORST
};

/// The slot of a field in a shape.
pub(super) const FIND: Read<Moonlet, (i64, Reference<Str>), i64> =
    Read::new("find_field", find).pure();

#[inline(always)]
fn find(host: &Host, (shape, key): (i64, Reference<Str>)) -> i64 {
    let shape = shape as u32;
    if shape == shape::DICTIONARY || key.long != 0 {
        return ELSEWHERE;
    }
    host.heap.shapes.find(shape, key)
}

/// The shape with one field more, or a negative number if the helper must add the field.
pub(super) const NEXT_SHAPE: Read<Moonlet, (i64, Reference<Str>), i64> =
    Read::new("next_shape", next_shape).pure();

fn next_shape(host: &Host, (shape, key): (i64, Reference<Str>)) -> i64 {
    match host.heap.shapes.next(shape as u32, key) {
        shape::DICTIONARY => i64::from(shape::DICTIONARY),
        next => i64::from(next),
    }
}

/// `x ^ y`
pub(super) const POW: Read<Moonlet, (f64, f64), f64> =
    Read::new("pow", |_, (x, y): (f64, f64)| x.powf(y)).pure();
/// `x % y`
pub(super) const FLOAT_MOD: Read<Moonlet, (f64, f64), f64> =
    Read::new("float_mod", |_, (x, y)| float_mod(x, y)).pure();
/// Whether two strings are the same bytes.
pub(super) const STRING_EQUAL: Read<Moonlet, (Reference<Str>, Reference<Str>), bool> =
    Read::new("string_equal", |_, (x, y)| bytes_of(&x) == bytes_of(&y)).pure();
/// Whether one string comes before another.
pub(super) const STRING_LESS: Read<Moonlet, (Reference<Str>, Reference<Str>), bool> =
    Read::new("string_less", |_, (x, y)| bytes_of(&x) < bytes_of(&y)).pure();
/// `x == y`
pub(super) const INT_EQUALS_FLOAT: Read<Moonlet, (i64, f64), bool> =
    Read::new("int_equals_float", |_, (x, y)| {
        compare_mixed(x, y) == Some(std::cmp::Ordering::Equal)
    })
    .pure();
/// `x < y`
pub(super) const INT_LESS_FLOAT: Read<Moonlet, (i64, f64), bool> =
    Read::new("int_less_float", |_, (x, y)| {
        compare_mixed(x, y).is_some_and(|order| order.is_lt())
    })
    .pure();
/// `x <= y`
pub(super) const INT_LESS_EQUAL_FLOAT: Read<Moonlet, (i64, f64), bool> =
    Read::new("int_less_equal_float", |_, (x, y)| {
        compare_mixed(x, y).is_some_and(|order| order.is_le())
    })
    .pure();
/// `x < y`
pub(super) const FLOAT_LESS_INT: Read<Moonlet, (f64, i64), bool> =
    Read::new("float_less_int", |_, (x, y)| {
        compare_mixed(y, x).is_some_and(|order| order.is_gt())
    })
    .pure();
/// `x <= y`
pub(super) const FLOAT_LESS_EQUAL_INT: Read<Moonlet, (f64, i64), bool> =
    Read::new("float_less_equal_int", |_, (x, y)| {
        compare_mixed(y, x).is_some_and(|order| order.is_ge())
    })
    .pure();

/// An integer against a float, exactly; `None` with a NaN.
fn compare_mixed(x: i64, y: f64) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering;
    if y.is_nan() {
        return None;
    }
    if y >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if y < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let floor = y.floor();
    match x.cmp(&(floor as i64)) {
        Ordering::Equal if y > floor => Some(Ordering::Less),
        order => Some(order),
    }
}

/// The remainder with the divisor's sign.
pub(super) fn float_mod(x: f64, y: f64) -> f64 {
    let remainder = x % y;
    if remainder * y < 0.0 {
        remainder + y
    } else {
        remainder
    }
}

/// The last value of a loop that runs, its step neither 0 nor 1.
pub(super) const LAST_VALUE: Read<Moonlet, (i64, i64, i64), i64> =
    Read::new("last_value", |_, (first, limit, step)| {
        let distance = (i128::from(limit) - i128::from(first)) / i128::from(step);
        (i128::from(first) + distance * i128::from(step)) as i64
    })
    .pure();

/// Raises the error of the instruction that calls.
pub(super) const FAULT: Act<Moonlet, (), ()> =
    Act::new("fault", |context, ()| Err(errors::raise(context))).with_effects(ANYTHING);

/// An arithmetic or bit operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub(super) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    FloorDiv,
    Pow,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    Neg,
    BitNot,
}

impl Arithmetic {
    const ALL: [Arithmetic; 14] = [
        Arithmetic::Add,
        Arithmetic::Sub,
        Arithmetic::Mul,
        Arithmetic::Div,
        Arithmetic::Mod,
        Arithmetic::FloorDiv,
        Arithmetic::Pow,
        Arithmetic::BitAnd,
        Arithmetic::BitOr,
        Arithmetic::BitXor,
        Arithmetic::ShiftLeft,
        Arithmetic::ShiftRight,
        Arithmetic::Neg,
        Arithmetic::BitNot,
    ];

    /// The name of its metamethod, without underscores.
    pub(super) fn name(self) -> &'static str {
        match self {
            Arithmetic::Add => "add",
            Arithmetic::Sub => "sub",
            Arithmetic::Mul => "mul",
            Arithmetic::Div => "div",
            Arithmetic::Mod => "mod",
            Arithmetic::FloorDiv => "idiv",
            Arithmetic::Pow => "pow",
            Arithmetic::BitAnd => "band",
            Arithmetic::BitOr => "bor",
            Arithmetic::BitXor => "bxor",
            Arithmetic::ShiftLeft => "shl",
            Arithmetic::ShiftRight => "shr",
            Arithmetic::Neg => "unm",
            Arithmetic::BitNot => "bnot",
        }
    }

    /// Whether it takes integers only.
    pub(super) fn is_bitwise(self) -> bool {
        use Arithmetic::*;
        matches!(
            self,
            BitAnd | BitOr | BitXor | ShiftLeft | ShiftRight | BitNot
        )
    }
}

/// Operators on what the instruction does not do itself: strings that look like numbers, floats
/// that are integers, shifts by anything.
pub(super) const ARITHMETIC: Act<Moonlet, (i64, Tagged, Tagged), Tagged> =
    Act::new("arithmetic", arithmetic).with_effects(Effects::PURE);

fn arithmetic(context: &mut Ctx<'_>, (operator, x, y): (i64, Tagged, Tagged)) -> Answer<Tagged> {
    let operator = Arithmetic::ALL[operator as usize];
    operate(operator, x, y).ok_or_else(|| errors::operands(context, operator, x, y))
}

fn operate(operator: Arithmetic, x: Tagged, y: Tagged) -> Option<Tagged> {
    if operator.is_bitwise() {
        let (x, y) = (integral(x)?, integral(y)?);
        return Some(Tagged::int(
            INT,
            match operator {
                Arithmetic::BitAnd => x & y,
                Arithmetic::BitOr => x | y,
                Arithmetic::BitXor => x ^ y,
                Arithmetic::ShiftLeft => shift_left(x, y),
                Arithmetic::ShiftRight => shift_left(x, y.checked_neg()?),
                _ => !x,
            },
        ));
    }
    let (x, y) = (number::to_number(x)?, number::to_number(y)?);
    if let ((INT, INT), false) = (
        (x.tag(), y.tag()),
        matches!(operator, Arithmetic::Div | Arithmetic::Pow),
    ) {
        let (x, y) = (x.as_int(), y.as_int());
        return Some(Tagged::int(
            INT,
            match operator {
                Arithmetic::Add => x.wrapping_add(y),
                Arithmetic::Sub => x.wrapping_sub(y),
                Arithmetic::Mul => x.wrapping_mul(y),
                Arithmetic::Mod if y != 0 => {
                    let remainder = x.wrapping_rem(y);
                    match remainder != 0 && (remainder < 0) != (y < 0) {
                        true => remainder + y,
                        false => remainder,
                    }
                }
                Arithmetic::FloorDiv if y != 0 => {
                    let quotient = x.wrapping_div(y);
                    match x.wrapping_rem(y) != 0 && (x < 0) != (y < 0) {
                        true => quotient - 1,
                        false => quotient,
                    }
                }
                Arithmetic::Neg => x.wrapping_neg(),
                _ => return None,
            },
        ));
    }
    let (x, y) = (as_float(x), as_float(y));
    let result = match operator {
        Arithmetic::Add => x + y,
        Arithmetic::Sub => x - y,
        Arithmetic::Mul => x * y,
        Arithmetic::Div => x / y,
        Arithmetic::Mod => float_mod(x, y),
        Arithmetic::FloorDiv => (x / y).floor(),
        Arithmetic::Pow if y == 2.0 => x * x,
        Arithmetic::Pow => x.powf(y),
        _ => -x,
    };
    Some(Tagged::float(FLOAT, result))
}

fn as_float(x: Tagged) -> f64 {
    match x.tag() {
        INT => x.as_int() as f64,
        _ => x.as_float(),
    }
}

/// A number as an integer, if nothing is lost.
pub(super) fn integral(x: Tagged) -> Option<i64> {
    match x.tag() {
        INT => Some(x.as_int()),
        FLOAT => number::exact_int(x.as_float()),
        _ => None,
    }
}

fn shift_left(x: i64, by: i64) -> i64 {
    match by {
        0..64 => x << by,
        -63..0 => ((x as u64) >> -by) as i64,
        _ => 0,
    }
}

/// Collects if it is time, with `arguments` as roots beside all others.
#[inline]
fn safe_point(context: &mut Ctx<'_>, arguments: &[Tagged]) {
    if context.host.heap.is_due() {
        super::run::collect(context, arguments);
    }
}

/// `{}`
pub(super) const NEW_TABLE: Act<Moonlet, (i64, i64), Reference<Table>> =
    Act::new("new_table", |context, (items, fields)| {
        safe_point(context, &[]);
        Ok(context.host.heap.table(items as usize, fields as usize))
    })
    .with_effects(ALLOCATES);

/// A cell.
pub(super) const NEW_CELL: Act<Moonlet, (Tagged,), Reference<Variable>> =
    Act::new("new_cell", |context, (value,)| {
        safe_point(context, &[value]);
        Ok(context.host.heap.variable(value))
    })
    .with_effects(ALLOCATES);

/// A function with up to three captured values.
pub(super) const CLOSE: Act<Moonlet, (i64, Tagged, Tagged, Tagged), Reference<Function>> =
    Act::new("close", |context, (prototype, x, y, z)| {
        safe_point(context, &[x, y, z]);
        let count = context.program().prototype(prototype).captures.len();
        let captured = &[x, y, z][..count];
        Ok(context.host.heap.function(prototype as u32, captured))
    })
    .with_effects(ALLOCATES);

/// A function with any number of captured values.
pub(super) const CLOSE_FRAME: Act<Moonlet, (i64,), Reference<Function>> =
    Act::new("close_frame", close_frame).with_effects(ALLOCATES_FROM_FRAME);

fn close_frame(context: &mut Ctx<'_>, (prototype,): (i64,)) -> Answer<Reference<Function>> {
    safe_point(context, &[]);
    let own = context.stack.value(0).as_reference::<Function>();
    let program = context.program();
    let captures = program.prototype(prototype).captures.iter();
    let captured = captures.map(|capture| match (*capture, own) {
        (Capture::Local(slot), _) => context.stack.value(super::word(slot)),
        (Capture::Upvalue(u), Some(own)) => captured_of(&own)[usize::from(u)],
        (Capture::Upvalue(_), None) => NOTHING,
    });
    let captured: Vec<Tagged> = captured.collect();
    Ok(context.host.heap.function(prototype as u32, &captured))
}

/// Appends behind the last item.
pub(super) const APPEND: Act<Moonlet, (Reference<Table>, Tagged), ()> = Act::new(
    "append",
    |context: &mut Ctx<'_>, (table, value): (Reference<Table>, Tagged)| {
        table.append(&context.host.heap, value);
        Ok(())
    },
)
.with_effects(writing(ClassSet::of(&[ARRAY_CLASS, ITEMS_CLASS])));

/// What the table itself holds for a key.
pub(super) const RAW_GET: Act<Moonlet, (Reference<Table>, Tagged), Tagged> = Act::new(
    "raw_get",
    |context: &mut Ctx<'_>, (table, key): (Reference<Table>, Tagged)| {
        Ok(table.get(&context.host.heap, key))
    },
)
.with_effects(writing(ClassSet::NONE));

/// Stores to the table itself.
pub(super) const RAW_SET: Act<Moonlet, (Reference<Table>, Tagged, Tagged), ()> =
    Act::new("raw_set", |context, (table, key, value)| {
        raw_set(context, table, key, value)
    })
    .with_effects(writing(TABLE_CLASSES));

fn raw_set(
    context: &mut Ctx<'_>,
    table: Reference<Table>,
    key: Tagged,
    value: Tagged,
) -> Answer<()> {
    table
        .set(&context.host.heap, key, value)
        .map_err(|error| errors::message(context, &error.to_string()))
}

/// Sets a metatable where there was none.
pub(super) const SET_METATABLE: Act<Moonlet, (Reference<Table>, Reference<Table>), ()> =
    Act::new("set_metatable", |context, (table, meta)| {
        crate::library::set_metatable(context.host, table, meta)
            .map_err(|raised| errors::raised(context, raised))
    })
    .with_effects(writing(ClassSet::of(&[META_CLASS])));

/// Metatables that are followed, at most.
const CHAIN: usize = 2000;

/// `object[key]` with metamethods.
pub(super) const INDEX: Act<Moonlet, (Tagged, Tagged), Outcome<Tagged>> =
    Act::new("index", index).with_effects(TRANSFERS);

fn index(context: &mut Ctx<'_>, (object, key): (Tagged, Tagged)) -> Answer<Outcome<Tagged>> {
    let mut at = object;
    for _ in 0..CHAIN {
        let handler = match at.as_reference::<Table>() {
            Some(table) => {
                let value = table.get(&context.host.heap, key);
                let handler = metamethod(context, table, context.program().index);
                if value.tag() != NIL || handler.tag() == NIL {
                    return Ok(Outcome::Value(value));
                }
                handler
            }
            None if at.tag() == STRING => Tagged::reference(context.program().strings),
            None => return Err(errors::raise_index(context, at, at == object)),
        };
        if handler.tag() == FUNCTION {
            return transfer(context, handler, &[at, key]);
        }
        if handler.tag() == value::BUILTIN {
            let results = run_builtin(context, handler.as_int(), &[at, key])?;
            let first = results.first().copied();
            return Ok(Outcome::Value(first.unwrap_or(NOTHING)));
        }
        at = handler;
    }
    let chain = "'__index' chain too long; possibly a loop";
    Err(errors::message(context, chain))
}

/// `object[key] := value` with metamethods.
pub(super) const SET_INDEX: Act<Moonlet, (Tagged, Tagged, Tagged), Outcome<()>> =
    Act::new("set_index", set_index).with_effects(TRANSFERS);

fn set_index(
    context: &mut Ctx<'_>,
    (object, key, value): (Tagged, Tagged, Tagged),
) -> Answer<Outcome<()>> {
    let mut at = object;
    for _ in 0..CHAIN {
        let Some(table) = at.as_reference::<Table>() else {
            return Err(errors::raise_index(context, at, at == object));
        };
        let handler = metamethod(context, table, context.program().new_index);
        if handler.tag() == NIL || table.get(&context.host.heap, key).tag() != NIL {
            return raw_set(context, table, key, value).map(Outcome::Value);
        }
        if handler.tag() == FUNCTION {
            return transfer(context, handler, &[at, key, value]).map(|outcome| match outcome {
                Outcome::Transfer(pc) => Outcome::Transfer(pc),
                Outcome::Value(_) => Outcome::Value(()),
            });
        }
        if handler.tag() == value::BUILTIN {
            run_builtin(context, handler.as_int(), &[at, key, value])?;
            return Ok(Outcome::Value(()));
        }
        at = handler;
    }
    let chain = "'__newindex' chain too long; possibly a loop";
    Err(errors::message(context, chain))
}

fn metamethod(context: &Ctx<'_>, table: Reference<Table>, name: Reference<Str>) -> Tagged {
    match table.meta.get().as_reference::<Table>() {
        Some(meta) => meta.get_str(&context.host.heap, name),
        None => NOTHING,
    }
}

/// Pushes a frame for `function` behind the running function's slots; it returns to the calling
/// instruction's continuation.
fn transfer(context: &mut Ctx<'_>, function: Tagged, args: &[Tagged]) -> Answer<Outcome<Tagged>> {
    let pc = context.pc();
    let program = context.program();
    let Some(callee) = function.as_reference::<Function>() else {
        return Err(errors::raise(context));
    };
    let prototype = program.prototype(i64::from(callee.prototype));
    let (slots, params, variadic) = (prototype.slots, prototype.params, prototype.variadic);
    let (entry, back, scratch) = (
        prototype.entry,
        program.continuation(pc),
        program.scratch(pc),
    );
    let window = super::word(scratch) + 2;
    let room = usize::from(window) + 2 * usize::from(slots) + 32;
    if context.stack.base() + room > context.stack.limit() || !context.stack.push(window, back) {
        return Err(errors::message(context, "stack overflow"));
    }
    context.stack.set_value(0, function);
    let mut word = 2;
    if variadic {
        let given = Tagged::int(INT, args.len() as i64);
        context.stack.set_value(word, given);
        word += 2;
    }
    for arg in args {
        context.stack.set_value(word, *arg);
        word += 2;
    }
    for missing in args.len()..usize::from(params) {
        context.stack.set_value(2 + 2 * missing as u16, NOTHING);
    }
    Ok(Outcome::Transfer(entry))
}

/// Runs a builtin on values.
fn run_builtin(context: &mut Ctx<'_>, id: i64, args: &[Tagged]) -> Answer<Vec<Tagged>> {
    let mut results = Vec::new();
    let ran = run(context.host, id, args, &mut results);
    match ran {
        Ok(()) => Ok(results),
        Err(raised) => Err(errors::raised(context, raised)),
    }
}

fn run(host: &mut Host, id: i64, args: &[Tagged], results: &mut Vec<Tagged>) -> Result<(), Raised> {
    match BUILTINS[id as usize].run {
        Run::Pure(function) => results.push(function(host, args)?),
        Run::Simple(function) => results.push(function(host, args)?),
        Run::General(function) => function(host, args, results)?,
    }
    Ok(())
}

/// A builtin of one answer that neither allocates nor writes: id and count of arguments, arguments.
pub(super) const CALL_PURE: Act<Moonlet, (i64, Tagged, Tagged, Tagged), Tagged> =
    Act::new("call_pure", call_small).with_effects(Effects {
        reads: ClassSet::ALL,
        ..Effects::PURE
    });

/// A builtin of one answer: id and count of arguments, arguments.
pub(super) const CALL_SIMPLE: Act<Moonlet, (i64, Tagged, Tagged, Tagged), Tagged> =
    Act::new("call_simple", call_small).with_effects(Effects {
        collects: true,
        ..writing(TABLE_CLASSES)
    });

fn call_small(
    context: &mut Ctx<'_>,
    (call, x, y, z): (i64, Tagged, Tagged, Tagged),
) -> Answer<Tagged> {
    let args = [x, y, z];
    let args = &args[..(call >> 32) as usize];
    let ran = match BUILTINS[call as u32 as usize].run {
        Run::Pure(function) => function(context.host, args),
        Run::Simple(function) => {
            safe_point(context, args);
            function(context.host, args)
        }
        Run::General(_) => Ok(NOTHING),
    };
    ran.map_err(|raised| errors::raised(context, raised))
}

/// A builtin with everything in the frame: id, slot, count of arguments, results wanted, place of
/// their count.
pub(super) const CALL: Act<Moonlet, (i64, i64, i64, i64, i64), ()> =
    Act::new("call_builtin", call_builtin).with_effects(ANYTHING);

fn call_builtin(
    context: &mut Ctx<'_>,
    (id, a, given, results, top): (i64, i64, i64, i64, i64),
) -> Answer<()> {
    let first = 2 * (a as u16 + 2);
    let args: Vec<Tagged> = (0..given as u16)
        .map(|index| context.stack.value(first + 2 * index))
        .collect();
    safe_point(context, &args);
    let answers = if id == BuiltinId::Pcall as i64 {
        protected(context, &args)?
    } else {
        run_builtin(context, id, &args)?
    };
    store_results(context, a, results, top, &answers)
}

/// Calls something that is not a Lua function, and answers its error instead of raising it.
fn protected(context: &mut Ctx<'_>, args: &[Tagged]) -> Answer<Vec<Tagged>> {
    let Some((callee, args)) = args.split_first() else {
        let missing = "bad argument #1 to 'pcall' (value expected)";
        return Err(errors::message(context, missing));
    };
    let mut answers = vec![value::truth(true)];
    let error = match callee.tag() {
        value::BUILTIN if callee.as_int() == BuiltinId::Pcall as i64 => {
            match protected(context, args) {
                Ok(inner) => {
                    answers.extend(inner);
                    None
                }
                Err(_) => {
                    // Called by a builtin, a builtin has no position.
                    let missing = b"bad argument #1 to 'pcall' (value expected)";
                    context.host.raised = None;
                    Some(Tagged::reference(context.host.heap.string(missing)))
                }
            }
        }
        value::BUILTIN => match run(context.host, callee.as_int(), args, &mut answers) {
            Ok(()) => None,
            Err(raised) => Some(errors::without_position(context.host, raised)),
        },
        _ => {
            let message = format!("attempt to call a {} value", value::type_name(*callee));
            Some(Tagged::reference(
                context.host.heap.string(message.as_bytes()),
            ))
        }
    };
    Ok(match error {
        None => answers,
        Some(error) => vec![value::truth(false), error],
    })
}

/// A builtin with two arguments as a loop's iterator: id, arguments, slot, results wanted, place of
/// their count.
pub(super) const CALL_PAIR: Act<Moonlet, (i64, Tagged, Tagged, i64, i64, i64), ()> =
    Act::new("call_pair", |context, (id, x, y, a, results, top)| {
        safe_point(context, &[x, y]);
        let answers = run_builtin(context, id, &[x, y])?;
        store_results(context, a, results, top, &answers)
    })
    .with_effects(ANYTHING);

fn store_results(
    context: &mut Ctx<'_>,
    a: i64,
    results: i64,
    top: i64,
    answers: &[Tagged],
) -> Answer<()> {
    let first = 2 * a as u16;
    let wanted = match results {
        results if results == i64::from(OPEN) => {
            let room = usize::from(first) + 2 * answers.len() + 64;
            if answers.len() > 16_000 || context.stack.base() + room > context.stack.limit() {
                return Err(errors::message(context, "too many results to unpack"));
            }
            let end = Tagged::int(INT, a + answers.len() as i64);
            context.stack.set_value(2 * top as u16, end);
            answers.len()
        }
        results => results as usize,
    };
    for index in 0..wanted {
        let answer = answers.get(index).copied().unwrap_or(NOTHING);
        context.stack.set_value(first + 2 * index as u16, answer);
    }
    Ok(())
}

/// The next pair of a table: table, cursor, the loop's slot, results wanted.
pub(super) const FOR_NEXT: Act<Moonlet, (Reference<Table>, i64, i64, i64), ()> =
    Act::new("for_next", for_next).with_effects(Effects {
        writes_frames: true,
        ..writing(ClassSet::NONE)
    });

fn for_next(
    context: &mut Ctx<'_>,
    (table, cursor, a, results): (Reference<Table>, i64, i64, i64),
) -> Answer<()> {
    let (next, key, value) = match table.entry_at(&context.host.heap, cursor) {
        Some(entry) => entry,
        None => (cursor, NOTHING, NOTHING),
    };
    let slot = |index: i64| 2 * (a + index) as u16;
    let cursor = Tagged::int(INT, next);
    context.stack.set_value(slot(3), cursor);
    context.stack.set_value(slot(4), key);
    for extra in 1..results {
        let value = if extra == 1 { value } else { NOTHING };
        context.stack.set_value(slot(4 + extra), value);
    }
    Ok(())
}

/// Makes limit, step and first value of a loop all integers or all floats.
pub(super) const FOR_PREPARE: Act<Moonlet, (i64,), ()> = Act::new("for_prepare", for_prepare)
    .with_effects(Effects {
        reads_frames: true,
        writes_frames: true,
        ..Effects::PURE
    });

fn for_prepare(context: &mut Ctx<'_>, (a,): (i64,)) -> Answer<()> {
    let word = |index: i64| 2 * (a + index) as u16;
    let [limit, step, first] = [0, 1, 2].map(|index| context.stack.value(word(index)));
    for (value, what) in [(first, "initial"), (limit, "limit"), (step, "step")] {
        if !matches!(value.tag(), INT | FLOAT) {
            return Err(errors::loop_value(context, what, value));
        }
    }
    if (first.tag(), step.tag()) == (INT, INT) {
        // The limit is a float: clip it to the integers.
        let limit = limit.as_float();
        let clipped = match step.as_int() > 0 {
            true => number::exact_int(limit.floor()),
            false => number::exact_int(limit.ceil()),
        };
        let never = match step.as_int() > 0 {
            true => [i64::MAX - 1, 1, i64::MAX],
            false => [i64::MIN + 1, -1, i64::MIN],
        };
        let [limit, step, first] = match clipped {
            Some(limit) => [limit, step.as_int(), first.as_int()],
            None if limit.is_nan() => never,
            None if (limit > 0.0) == (step.as_int() > 0) => {
                let limit = if limit > 0.0 { i64::MAX } else { i64::MIN };
                [limit, step.as_int(), first.as_int()]
            }
            None => never,
        };
        for (index, value) in [limit, step, first].into_iter().enumerate() {
            context
                .stack
                .set_value(word(index as i64), Tagged::int(INT, value));
        }
        return Ok(());
    }
    for (index, value) in [limit, step, first].into_iter().enumerate() {
        let value = Tagged::float(FLOAT, as_float(value));
        context.stack.set_value(word(index as i64), value);
    }
    Ok(())
}

/// Fills a table from the frame: table, first slot, count, first index.
pub(super) const SET_LIST: Act<Moonlet, (Reference<Table>, i64, i64, i64), ()> = Act::new(
    "set_list",
    |context: &mut Ctx<'_>, (table, first, count, start): (Reference<Table>, i64, i64, i64)| {
        let values: Vec<Tagged> = (first..first + count)
            .map(|slot| context.stack.value(2 * slot as u16))
            .collect();
        table.set_list(&context.host.heap, start as u32, &values);
        Ok(())
    },
)
.with_effects(Effects {
    reads_frames: true,
    ..writing(TABLE_CLASSES)
});

/// Packs extra arguments: first slot, count.
pub(super) const PACK: Act<Moonlet, (i64, i64), Reference<Table>> =
    Act::new("pack", |context, (first, count)| {
        let values: Vec<Tagged> = (first..first + count)
            .map(|slot| context.stack.value(2 * slot as u16))
            .collect();
        safe_point(context, &values);
        Ok(context.host.heap.list(&values))
    })
    .with_effects(ALLOCATES_FROM_FRAME);

/// `string.sub`
pub(super) const SUB: Act<Moonlet, (Reference<Str>, i64, i64), Reference<Str>> = Act::new(
    "string_sub",
    |context: &mut Ctx<'_>, (string, from, to): (Reference<Str>, i64, i64)| {
        safe_point(context, &[Tagged::reference(string)]);
        let bytes = crate::library::substring(bytes_of(&string), from, to);
        Ok(context.host.heap.string(bytes))
    },
)
.with_effects(ALLOCATES);

macro_rules! concat {
    ($($(#[$doc:meta])* $NAME:ident $name:literal ($($x:ident: $T:ty),*);)*) => {
        $(
            $(#[$doc])*
            pub(super) const $NAME: Act<Moonlet, ($($T,)*), Reference<Str>> =
                Act::new($name, |context, ($($x,)*)| join(context, &[$($x),*]))
                    .with_effects(ALLOCATES);
        )*
    };
}

concat! {
    /// `x .. y`
    CONCAT_2 "concat_2" (x: Tagged, y: Tagged);
    /// `x .. y .. z`
    CONCAT_3 "concat_3" (x: Tagged, y: Tagged, z: Tagged);
    /// `w .. x .. y .. z`
    CONCAT_4 "concat_4" (w: Tagged, x: Tagged, y: Tagged, z: Tagged);
}

/// Any number of operands in the frame: first slot, count.
pub(super) const CONCAT_FRAME: Act<Moonlet, (i64, i64), Reference<Str>> =
    Act::new("concat_frame", |context, (first, count)| {
        let values: Vec<Tagged> = (first..first + count)
            .map(|slot| context.stack.value(2 * slot as u16))
            .collect();
        join(context, &values)
    })
    .with_effects(ALLOCATES_FROM_FRAME);

fn join(context: &mut Ctx<'_>, values: &[Tagged]) -> Answer<Reference<Str>> {
    safe_point(context, values);
    let mut bytes = std::mem::take(&mut context.host.buffer);
    for value in values {
        match value.as_reference::<Str>() {
            Some(string) => bytes.extend_from_slice(bytes_of(&string)),
            None if matches!(value.tag(), INT | FLOAT) => number::append(&mut bytes, *value),
            None => {
                bytes.clear();
                context.host.buffer = bytes;
                return Err(errors::concatenation(context, values));
            }
        }
    }
    let string = context.host.heap.string(&bytes);
    bytes.clear();
    context.host.buffer = bytes;
    Ok(string)
}

/// Where a program is, for messages.
pub(super) fn place(program: &Moonlet, pc: Pc) -> String {
    let pc = program.continued(pc).unwrap_or(pc);
    let line = program.chunk.lines[pc as usize];
    format!("{}:{line}:", program.chunk.name)
}
