//! Helpers that only make objects, through the write-once layer: traces do without the objects, exits
//! make those that are needed, and a helper that promises too much is found out.

#![allow(unsafe_code, reason = "promises what objects hold")]

use offramp::{Config, Done, Engine, Machine, Make, Op, Pc, Program, Stack};
use offramp_tests::pairs::{Heap, INT, NOTHING, Pair, Tagged, Values};

const NEW_PAIR: Make<Pairs, (), Pair> = {
    let holds = &[
        Pair::FIRST.holds_value(NOTHING),
        Pair::SECOND.holds_value(NOTHING),
    ];
    // SAFETY: `Heap::pair` makes pairs of a number and nothing.
    unsafe { Make::new("new_pair", |heap: &Heap, ()| heap.pair(0)).holding(holds) }
};

const WRONG: Make<Pairs, (), Pair> = {
    let holds = &[Pair::FIRST.holds_value(NOTHING)];
    // SAFETY: not kept, which one test is about: it is found out before a trace relies on it.
    unsafe { Make::new("wrong", |heap: &Heap, ()| heap.pair(7)).holding(holds) }
};

/// Words: the counter in 0, the limit in 2, the sum in 4, a pair in 6, every how many rounds it is kept
/// in 8, where in 10.
enum Instr {
    Make(bool),
    Fill,
    Take,
    KeepSometimes,
    Again,
    Answer,
}

struct Pairs(Vec<Instr>);

impl Program for Pairs {
    type Host = Heap;
    type Layout = Values;
    type Answer = i64;
    type Error = offramp::Failure;

    /// The pair of a round is read by nobody but that round.
    fn is_live(&self, pc: Pc, word: u32) -> bool {
        !(matches!(word, 6 | 7) && matches!(self.0[pc as usize], Instr::Make(_)))
    }

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match self.0[pc as usize] {
            Instr::Make(right) => {
                let helper = if right { NEW_PAIR } else { WRONG };
                m.commit().make(helper, (), |commit, pair| {
                    let value = commit.ref_value(pair);
                    commit.set_value(6, value).next()
                })
            }
            Instr::Fill => {
                let pair = m.expect::<Pair>(m.value(6)).expect("it was made");
                let (first, count) = (m.load(pair, Pair::FIRST), m.payload(m.value(0)));
                let sum = m.int_value(INT, m.add(m.payload(first), count));
                let same = m.int_value(INT, count);
                let commit = m.commit();
                commit
                    .store(pair, Pair::FIRST, sum)
                    .store(pair, Pair::SECOND, same)
                    .next()
            }
            Instr::Take => {
                let pair = m.expect::<Pair>(m.value(6)).expect("it was made");
                let first = m.payload(m.load(pair, Pair::FIRST));
                let second = m.payload(m.load(pair, Pair::SECOND));
                let sum = m.add(m.payload(m.value(4)), m.mul(first, second));
                let sum = m.int_value(INT, sum);
                m.commit().set_value(4, sum).next()
            }
            Instr::KeepSometimes => {
                let (count, every) = (m.payload(m.value(0)), m.payload(m.value(8)));
                if m.is_equal(m.rem(count, every), m.constant(0)) {
                    let pair = m.value(6);
                    return m.commit().set_value(10, pair).next();
                }
                m.commit().next()
            }
            Instr::Again => {
                let next = m.add(m.payload(m.value(0)), m.constant(1));
                let goes_on = m.is_less(next, m.payload(m.value(2)));
                let next = m.int_value(INT, next);
                let commit = m.commit().set_value(0, next);
                if goes_on {
                    commit.loop_to(0)
                } else {
                    commit.next()
                }
            }
            Instr::Answer => {
                let pair = m.expect::<Pair>(m.value(10)).expect("one is kept");
                let kept = m.payload(m.load(pair, Pair::SECOND));
                let answer = m.add(m.payload(m.value(4)), kept);
                m.commit().finish(answer)
            }
        }
    }
}

const ROUNDS: i64 = 2000;

/// The answer, and how many pairs were made.
fn run(config: Config, right: bool, every: i64) -> (i64, usize) {
    let program = Pairs(vec![
        Instr::Make(right),
        Instr::Fill,
        Instr::Take,
        Instr::KeepSometimes,
        Instr::Again,
        Instr::Answer,
    ]);
    let mut interpreter = Engine::new(config)
        .and_then(|engine| engine.interpreter(program))
        .expect("an interpreter");
    let mut host = Heap::default();
    let mut stack = Stack::new(100);
    for (word, value) in [(0, 0), (2, ROUNDS), (4, 0), (8, every)] {
        stack.set_value(word, Tagged::int(INT, value));
    }
    let answer = interpreter.run(&mut host, &mut stack, 0).expect("it ends");
    let made = host.made();
    (answer, made)
}

fn hot(threshold: u16) -> Config {
    let mut config = Config::default();
    config.hot_loop = threshold;
    config.hot_exit = threshold;
    config
}

fn plain() -> Config {
    let mut config = Config::default();
    config.hot_loop = u16::MAX;
    config
}

#[test]
fn traces_do_without_objects_and_exits_make_what_is_kept() {
    for every in [1, 2, 7, 100, 1999] {
        let (answer, all) = run(plain(), true, every);
        assert_eq!(
            all, ROUNDS as usize,
            "the plain interpreter makes one each round"
        );
        for threshold in [1, 2, 20] {
            let (found, made) = run(hot(threshold), true, every);
            assert_eq!(found, answer, "every {every}, threshold {threshold}");
            let kept = ROUNDS as usize / every as usize;
            assert!(made <= all, "{made} of {all}, every {every}");
            if every >= 100 {
                // What was interpreted and what left by exits, but not one each round.
                assert!(made < kept + 200, "{made} made, {kept} kept");
            }
        }
    }
}

#[test]
#[should_panic(expected = "an object that wrong made does not hold what is said")]
fn a_helper_that_promises_too_much_is_found_out_where_it_is_recorded() {
    let _ = run(hot(1), false, 1);
}
