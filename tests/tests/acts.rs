//! Helpers that act are called as often as the program calls them, whatever they declare; what reads the
//! host sees it.

use offramp::{
    Act, ClassSet, Config, Context, Done, Effects, Engine, Failure, Machine, Op, Pc, Program, Read,
    Stack, Words,
};

/// Word 0 counts to the limit in word 1; the same is said each time round. Word 2 sums what was said so far,
/// by a helper that says it looks at the host, word 3 by one that says it does not.
enum Instr {
    Say(Act<Sayings, (i64,), ()>),
    Count(u16, Read<Sayings, (), i64>),
    CountTo,
    Answer,
}

struct Sayings(Vec<Instr>);

const PURE: Act<Sayings, (i64,), ()> = Act::new("pure", say).with_effects(Effects::PURE);
const HOST: Act<Sayings, (i64,), ()> = Act::new("host", say).with_effects(Effects::HOST);

const SAID: Read<Sayings, (), i64> = Read::new("said", |host: &u64, ()| *host as i64);
const BLIND: Read<Sayings, (), i64> =
    Read::new("blind", |host: &u64, ()| *host as i64).reading(ClassSet::NONE);

fn say(context: &mut Context<'_, Sayings>, (_,): (i64,)) -> Result<(), Failure> {
    *context.host += 1;
    Ok(())
}

impl Program for Sayings {
    type Host = u64;
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match self.0[pc as usize] {
            Instr::Say(helper) => {
                let same = m.constant(7);
                m.commit().call(helper, (same,), |called, ()| called.next())
            }
            Instr::Count(word, helper) => {
                let sum = m.add(m.int(word), m.read(helper, ()));
                m.commit().set(word, sum).next()
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

const ROUNDS: i64 = 1000;

/// How often it was said, and the sums of what was said before and after.
fn run(config: Config, say: Act<Sayings, (i64,), ()>) -> (u64, [i64; 2]) {
    let traced = config.enabled;
    let engine = Engine::new(config).expect("an engine");
    let program = Sayings(vec![
        Instr::Count(2, SAID),
        Instr::Count(3, BLIND),
        Instr::Say(say),
        Instr::Count(2, SAID),
        Instr::Count(3, BLIND),
        Instr::CountTo,
        Instr::Answer,
    ]);
    let mut interpreter = engine.interpreter(program).expect("an interpreter");
    let (mut said, mut stack) = (0, Stack::new(10));
    stack.set_word(1, ROUNDS);
    let answer = interpreter.run(&mut said, &mut stack, 0);
    assert_eq!(answer, Ok(ROUNDS));
    let compiled = interpreter.graph().stats().compiled > 0;
    assert_eq!(compiled, traced);
    (said, [stack.word(2), stack.word(3)])
}

#[test]
fn an_act_that_changes_the_host_is_called_each_time_and_seen_by_what_reads_the_host() {
    for say in [PURE, HOST] {
        let mut off = Config::default();
        off.enabled = false;
        let (said, [wanted, also]) = run(off, say);
        assert_eq!((said, wanted, also), (1000, ROUNDS * ROUNDS, wanted));
        for machine_code in [false, true] {
            let mut config = Config::default();
            config.machine_code = machine_code;
            let (said, [found, blind]) = run(config, say);
            assert_eq!((said, found), (1000, wanted));
            // What says it does not look at the host is not asked again, and nothing worse.
            assert!(blind < wanted, "{blind}");
        }
    }
}
