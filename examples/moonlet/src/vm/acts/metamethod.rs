//! Metamethods where instructions cannot find them themselves, and what is wrong where there is none.

use super::effects::ANYTHING;
use super::{Answer, Arithmetic, Ctx};
use crate::event::Event;
use crate::library::BuiltinId;
use crate::value::{INT, NIL, Tagged, truth};
use crate::vm::call::MOST;
use crate::vm::{Moonlet, errors};
use offramp::Act;

/// Finds the metamethod of an event for two operands, and stores what its call needs: the number of the
/// event, operands.
pub(in crate::vm) const METAMETHOD: Act<Moonlet, (i64, Tagged, Tagged), ()> =
    Act::new("metamethod", metamethod).with_effects(ANYTHING);

fn metamethod(context: &mut Ctx<'_>, (event, x, y): (i64, Tagged, Tagged)) -> Answer<()> {
    let event = Event::ALL[event as usize];
    let find = |event, [x, y]: [Tagged; 2]| {
        let mut found = [x, y]
            .into_iter()
            .map(|operand| context.host.metamethod(operand, event));
        found.find(|handler| handler.tag() != NIL)
    };
    let mut operands = [x, y];
    let mut handler = find(event, operands);
    let mut opposite = false;
    if handler.is_none() && event == Event::Le {
        // As lua5.4 does where it is compatible with 5.3.
        operands = [y, x];
        handler = find(Event::Lt, operands);
        opposite = true;
    }
    let handler = match (handler, event, Arithmetic::of(event)) {
        (Some(handler), ..) => handler,
        (None, _, Some(operator)) => return Err(errors::operands(context, operator, x, y)),
        (None, Event::Concat, _) => return Err(errors::concatenation(context, x, y)),
        // Without one, only the same are equal.
        (None, Event::Eq, _) => BuiltinId::Rawequal.value(),
        _ => return Err(errors::raise(context)),
    };
    let program = context.program();
    let a = 2 * program.place(program.instruction(context.pc())).a;
    if event == Event::Le {
        context.stack.set_value(a - 2, truth(opposite));
    }
    context.stack.set_value(a, Tagged::int(INT, 2));
    context.stack.set_value(a + 2, handler);
    context.stack.set_value(a + 4, operands[0]);
    context.stack.set_value(a + 6, operands[1]);
    Ok(())
}

/// Puts `__call` before the object that lies in the frame: the place of the number of arguments, how many
/// functions lie between that and the object, the number.
pub(in crate::vm) const CALL_OBJECT: Act<Moonlet, (i64, i64, i64), ()> =
    Act::new("call_object", call_object).with_effects(ANYTHING);

fn call_object(context: &mut Ctx<'_>, (a, before, given): (i64, i64, i64)) -> Answer<()> {
    let word = |slot: i64| 2 * slot as u16;
    let at = a + 1 + before;
    let object = context.stack.value(word(at));
    let handler = context.host.metamethod(object, Event::Call);
    let room = usize::from(word(a + given)) + 32;
    let is_full = given > MOST || context.stack.base() + room > context.stack.limit();
    if handler.tag() == NIL || is_full {
        return Err(errors::raise(context));
    }
    for slot in (at..=a + 1 + given).rev() {
        let value = context.stack.value(word(slot));
        context.stack.set_value(word(slot + 1), value);
    }
    context.stack.set_value(word(at), handler);
    context
        .stack
        .set_value(word(a), Tagged::int(INT, given + 1));
    Ok(())
}
