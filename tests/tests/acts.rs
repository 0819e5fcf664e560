//! Helpers that act are called as often as the program calls them, whatever they declare.

use offramp::{Act, Config, Context, Done, Effects, Engine, Failure, Machine, Op, Pc, Program};
use offramp::{Stack, Words};

/// Word 0 counts to the limit in word 1; the same is said each time round.
enum Instr {
    Say,
    CountTo,
    Answer,
}

struct Sayings(Vec<Instr>);

const SAY: Act<Sayings, (i64,), ()> = Act::new("say", say).with_effects(Effects::PURE);

fn say(context: &mut Context<'_, Sayings>, (_,): (i64,)) -> Result<(), Failure> {
    *context.host += 1;
    Ok(())
}

impl Program for Sayings {
    type Host = u64;
    type Layout = Words;
    type Answer = i64;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match self.0[pc as usize] {
            Instr::Say => {
                let same = m.constant(7);
                m.commit().call(SAY, (same,), |called, ()| called.next())
            }
            Instr::CountTo => {
                let next = m.add(m.int(0), m.constant(1));
                match m.is_less(next, m.int(1)) {
                    true => m.commit().set(0, next).loop_to(0),
                    false => m.commit().set(0, next).next(),
                }
            }
            Instr::Answer => {
                let count = m.int(0);
                m.commit().finish(count)
            }
        }
    }
}

#[test]
fn an_act_declared_pure_is_called_each_time() {
    let engine = Engine::new(Config::default()).expect("an engine");
    let program = Sayings(vec![Instr::Say, Instr::CountTo, Instr::Answer]);
    let mut interpreter = engine.interpreter(program).expect("an interpreter");
    let (mut said, mut stack) = (0, Stack::new(10));
    stack.set_word(1, 1000);
    let answer = interpreter.run(&mut said, &mut stack, 0);
    assert_eq!(answer, Ok(1000));
    assert!(
        interpreter.graph().stats().compiled > 0,
        "nothing was traced"
    );
    assert_eq!(said, 1000);
}
