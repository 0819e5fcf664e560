//! Helpers that do more than they declare: each is told so by a panic that names it and the effect, in the
//! interpreter and in compiled code, and never does what it did not declare.
//!
//! What is not checked is unsafe to declare (`tests/face/fail/effects_that_nobody_checks.rs`,
//! `promises_without_unsafe.rs`) or harmless.

#![allow(unsafe_code, reason = "declares an object's layout")]

use offramp::{
    Act, Class, Config, Context, Done, Effects, Engine, Failure, Layout, Machine, Op, Payloads, Pc,
    Program, Reference, Stack, Words,
};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a helper does that it does not declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    Runs,
    Roots,
}

/// Counts word 0 to word 1, with a helper each round.
struct Lies(Lie);

/// When the helper lies, and how often it has been called.
struct Host {
    at: i64,
    called: i64,
}

const RUNS: Act<Lies, (i64,), ()> = Act::new("runs", |cx, (round,)| {
    lie(cx, round, |cx| {
        let _ = cx.run(10, 2);
    })
})
.with_effects(Effects {
    reenters: false,
    ..Effects::WORST
});

const ROOTS: Act<Lies, (i64,), ()> = Act::new("roots", |cx, (round,)| {
    lie(cx, round, |cx| {
        let _ = cx.roots();
    })
})
.with_effects(Effects::PURE);

fn lie(
    cx: &mut Context<'_, Lies>,
    round: i64,
    then: impl Fn(&mut Context<'_, Lies>),
) -> Result<(), Failure> {
    cx.host.called += 1;
    if round == cx.host.at {
        then(cx);
    }
    Ok(())
}

impl Program for Lies {
    type Host = Host;
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            0 => {
                let helper = match self.0 {
                    Lie::Runs => RUNS,
                    Lie::Roots => ROOTS,
                };
                let round = m.int(0);
                m.commit()
                    .call(helper, (round,), |called, ()| called.next())
            }
            1 => {
                let next = m.add(m.int(0), m.constant(1));
                match m.is_less(next, m.int(1)) {
                    true => m.commit().set(0, next).loop_to(0),
                    false => m.commit().set(0, next).next(),
                }
            }
            _ => {
                let answer = m.int(0);
                m.commit().finish(answer)
            }
        }
    }
}

/// Ways to run, with a round in which each is inside a trace if it has any.
fn ways() -> Vec<Config> {
    let mut off = Config::default();
    off.enabled = false;
    let mut evaluated = Config::default();
    evaluated.machine_code = false;
    vec![off, evaluated, Config::default()]
}

#[test]
fn a_helper_that_does_more_than_it_declares_is_told() {
    for (lie, wanted) in [
        (
            Lie::Runs,
            "the helper `runs` runs the program, but does not declare `reenters`",
        ),
        (
            Lie::Roots,
            "the helper `roots` asks for roots, but does not declare `collects`",
        ),
    ] {
        for config in ways() {
            for at in [3, 500] {
                let engine = Engine::new(config.clone()).expect("an engine");
                let mut interpreter = engine.interpreter(Lies(lie)).expect("an interpreter");
                let (mut host, mut stack) = (Host { at, called: 0 }, Stack::new(100));
                stack.set_word(1, 1000);
                let run = AssertUnwindSafe(|| interpreter.run(&mut host, &mut stack, 0));
                let panic = catch_unwind(run).expect_err("the helper is told");
                let message = panic.downcast_ref::<String>().expect("a message");
                assert_eq!(message, wanted);
                let compiled = interpreter.graph().stats().compiled > 0;
                assert_eq!(compiled, config.enabled && at == 500, "{lie:?} {at}");
                // The interpreter is as good as before.
                assert_eq!(stack.word(0), at);
                host.at = -1;
                assert_eq!(interpreter.run(&mut host, &mut stack, 0), Ok(1000));
                assert_eq!(host.called, 1001);
            }
        }
    }
}

/// An array whose length a helper changes without declaring it, in a program without classes.
struct Array {
    length: Cell<u32>,
    items: Cell<*const Cell<i64>>,
}

/// The layout of values that refer to an array, of which the program has none.
enum Arrays {}

// SAFETY: tag 1 is that of arrays.
unsafe impl Layout for Arrays {
    const GROUP: u32 = 2;
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[1]);
}

offramp::object! {
    // SAFETY: never freed; `items` has `length` elements whenever an instruction begins; acts alone change it.
    unsafe impl Object<Arrays> for Array = 1 {
        array ITEMS: Cell<i64> = items[length] in Class(0), of Class(0);
    }
}

/// The array, and the element that a lie gives up.
type Elements = (Reference<Array>, RefCell<Vec<Cell<i64>>>);

/// Sums an array's elements by index; in the middle all elements go.
struct Sums(Reference<Array>);

const SHRINK: Act<Sums, (i64,), ()> = Act::new("shrink", shrink).with_effects(Effects::PURE);

fn shrink(cx: &mut Context<'_, Sums>, (round,): (i64,)) -> Result<(), Failure> {
    if round == 500 {
        cx.host.0.length.set(0);
        cx.host.0.items.set(std::ptr::null());
        cx.host.1.take();
    }
    Ok(())
}

impl Program for Sums {
    type Host = Elements;
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            0 => {
                let array = m.ref_constant(self.0);
                let index = m.int(0);
                let Some(element) = m.element(array, Array::ITEMS, index) else {
                    return m.commit().jump(3);
                };
                let sum = m.add(m.int(1), m.get(element));
                m.commit().set(1, sum).next()
            }
            1 => {
                let round = m.int(0);
                m.commit()
                    .call(SHRINK, (round,), |called, ()| called.next())
            }
            2 => {
                let next = m.add(m.int(0), m.constant(1));
                m.commit().set(0, next).loop_to(0)
            }
            _ => {
                let answer = m.int(1);
                m.commit().finish(answer)
            }
        }
    }
}

#[test]
fn where_the_layout_has_no_classes_an_undeclared_change_is_seen_all_the_same() {
    for config in ways() {
        let engine = Engine::new(config.clone()).expect("an engine");
        let elements: Vec<Cell<i64>> = (0..1_000_000).map(Cell::new).collect();
        let array = Box::leak(Box::new(Array {
            length: Cell::new(1_000_000),
            items: Cell::new(elements.as_ptr()),
        }));
        let array = Reference::to(array);
        let mut interpreter = engine.interpreter(Sums(array)).expect("an interpreter");
        let mut stack = Stack::new(100);
        let mut host = (array, RefCell::new(elements));
        let answer = interpreter.run(&mut host, &mut stack, 0);
        assert_eq!(answer, Ok((0..=500).sum()));
        let compiled = interpreter.graph().stats().compiled > 0;
        assert_eq!(compiled, config.enabled);
    }
}

/// Objects of two fields, and helpers that lie about them; the shadow check finds each lie and its helper.
mod found {
    use super::*;
    use offramp::inspect::{Difference, Differs, Lie};
    use offramp::{Arguments, Make, Read, Tagged};

    const INT: i64 = 0;

    struct Point {
        x: Cell<i64>,
        y: Cell<i64>,
    }

    offramp::object! {
        // SAFETY: leaked, so never freed. Two of the helpers below change a point where they promise not to,
        // which is what is tested: numbers lead no trace anywhere.
        unsafe impl Object<Values> for Point = 1 {
            field X: Cell<i64> = x in Class(0);
            field Y: Cell<i64> = y in Class(1);
        }
    }

    enum Values {}

    // SAFETY: references are written as whole values only.
    unsafe impl Layout for Values {
        const GROUP: u32 = 2;
        const CLASSES: &'static [&'static str] = &["x", "y"];
        const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[1]);
    }

    struct Host {
        point: Reference<Point>,
        asked: Cell<i64>,
    }

    #[derive(Clone, Copy)]
    enum Helper {
        Acts(Act<Points, (), ()>),
        Reads(Read<Points, (), i64>),
        Makes(Make<Points, (), Point>),
    }

    /// Loads both fields, calls the helper, and loads them again, until word 2 is 100.
    struct Points(Reference<Point>, Helper);

    impl Program for Points {
        type Host = Host;
        type Layout = Values;
        type Answer = i64;
        type Error = Failure;

        #[inline(always)]
        fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
            match pc {
                0 | 2 => {
                    let point = m.ref_constant(self.0);
                    let sum = m.add(m.load(point, Point::X), m.load(point, Point::Y));
                    let sum = m.int_value(INT, m.add(sum, m.payload(m.value(0))));
                    m.commit().set_value(0, sum).next()
                }
                1 => match self.1 {
                    Helper::Acts(act) => m.commit().call(act, (), |called, ()| called.next()),
                    Helper::Reads(read) => {
                        let answer = m.int_value(INT, m.read(read, ()));
                        m.commit().set_value(4, answer).next()
                    }
                    Helper::Makes(make) => m.commit().make(make, (), |commit, point| {
                        let point = commit.ref_value(point);
                        commit.set_value(4, point).next()
                    }),
                },
                3 => {
                    let next = m.add(m.payload(m.value(2)), m.constant(1));
                    let again = m.is_less(next, m.constant(100));
                    let next = m.int_value(INT, next);
                    let commit = m.commit().set_value(2, next);
                    match again {
                        true => commit.loop_to(0),
                        false => commit.next(),
                    }
                }
                _ => {
                    let answer = m.payload(m.value(0));
                    m.commit().finish(answer)
                }
            }
        }
    }

    const fn writing_y<A: Arguments, R>(act: Act<Points, A, R>) -> Act<Points, A, R> {
        let effects = Effects {
            writes: offramp::ClassSet::of(&[Class(1)]),
            ..Effects::HOST
        };
        // SAFETY: `MOVES_X` does not keep this; see `Point`.
        unsafe { act.with_effects_unchecked(effects) }
    }

    const MOVES_X: Act<Points, (), ()> = writing_y(Act::new("moves_x", |cx, ()| {
        let x = &cx.host.point.x;
        x.set(x.get() + 1);
        Ok(())
    }));
    const MOVES_Y: Act<Points, (), ()> = writing_y(Act::new("moves_y", |cx, ()| {
        let y = &cx.host.point.y;
        y.set(y.get() + 1);
        Ok(())
    }));
    const READ_MOVES: Read<Points, (), i64> = Read::new("read_moves", |host: &Host, ()| {
        host.point.y.set(host.point.y.get() + 1);
        7
    });
    const COUNTS: Read<Points, (), i64> = Read::new("counts", |host: &Host, ()| {
        host.asked.set(host.asked.get() + 1);
        host.asked.get()
    })
    .reading(offramp::ClassSet::NONE);
    const PURE: Read<Points, (), i64> = Read::new("pure", |host: &Host, ()| {
        host.asked.set(host.asked.get() + 1);
        host.asked.get()
    })
    .pure();
    const READS: Read<Points, (), i64> = Read::new("reads", |host: &Host, ()| host.point.x.get());
    const KNOWN: Make<Points, (), Point> = Make::new("known", |host: &Host, ()| host.point);
    const NEW: Make<Points, (), Point> = Make::new("new", |_: &Host, ()| {
        let (x, y) = (Cell::new(0), Cell::new(0));
        Reference::to(Box::leak(Box::new(Point { x, y })))
    });

    fn differences(helper: Helper) -> Vec<Difference> {
        let mut config = Config::default();
        config.shadow = true;
        let (x, y) = (Cell::new(1), Cell::new(2));
        let point = Reference::to(Box::leak(Box::new(Point { x, y })));
        let engine = Engine::new(config).expect("an engine");
        let program = Points(point, helper);
        let mut interpreter = engine.interpreter(program).expect("an interpreter");
        let asked = Cell::new(0);
        let mut stack = Stack::new(100);
        for word in [0, 2, 4] {
            stack.set_value(word, Tagged::int(INT, 0));
        }
        let answer = interpreter.run(&mut Host { point, asked }, &mut stack, 0);
        assert!(answer.is_ok(), "{answer:?}");
        assert!(interpreter.graph().stats().compiled > 0);
        interpreter.differences()
    }

    #[test]
    fn each_lie_is_found_with_instruction_and_helper() {
        for (helper, name) in [
            (Helper::Acts(MOVES_X), "moves_x"),
            (Helper::Reads(READ_MOVES), "read_moves"),
            (Helper::Reads(COUNTS), "counts"),
            (Helper::Reads(PURE), "pure"),
            (Helper::Makes(KNOWN), "known"),
        ] {
            let found = differences(helper);
            let lies = found.iter().filter_map(|it| match it.what {
                Differs::Undeclared { helper, lie } => Some((it.pc, helper, lie)),
                _ => None,
            });
            let lies: Vec<(Pc, &str, Lie)> = lies.collect();
            let (pc, found, lie) = *lies.first().unwrap_or_else(|| panic!("{name}: {found:?}"));
            assert_eq!((pc, found), (1, name), "{lie:?}");
            let right = match name {
                "moves_x" => matches!(
                    lie,
                    Lie::Writes {
                        class: Class(0),
                        ..
                    }
                ),
                "read_moves" => matches!(
                    lie,
                    Lie::Writes {
                        class: Class(1),
                        ..
                    }
                ),
                "known" => matches!(lie, Lie::Known { .. }),
                _ => matches!(lie, Lie::Depends { .. }),
            };
            assert!(right, "{name}: {lie:?}");
        }
    }

    #[test]
    fn honest_helpers_are_not_blamed() {
        for helper in [
            Helper::Acts(MOVES_Y),
            Helper::Reads(READS),
            Helper::Makes(NEW),
        ] {
            assert_eq!(differences(helper), []);
        }
    }
}
