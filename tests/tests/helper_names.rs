//! Helpers of one name are the helpers that they are: traces call each with its own function, types
//! and promises, and name it so that text tells them apart.

#![allow(unsafe_code, reason = "declares an object's layout")]

use offramp::{
    Act, Class, ClassSet, Config, Context, Done, Effects, Engine, Failure, Interpreter, Layout,
    Machine, Make, Op, Outcome, Payloads, Pc, Program, Read, Reference, Stack,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

struct Size {
    size: Cell<i64>,
}

/// Two numbers, each of a class of its own, and the latest size.
struct Desk {
    left: Cell<i64>,
    right: Cell<i64>,
    latest: Cell<Reference<Size>>,
}

/// The layout of values that refer to a size or a desk, of which the program has none.
enum Objects {}

// SAFETY: each tag is that of one type below.
unsafe impl Layout for Objects {
    const GROUP: u32 = 2;
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[1, 2]);
}

offramp::object! {
    // SAFETY: sizes live as long as their host, which outlives every run; `NEW_SMALL` and
    // `NEW_LARGE` make them with what is said there, and nothing else has them then.
    unsafe impl Object<Objects> for Size = 1 {
        field SIZE: Cell<i64> = size in Class(0);
    }
}

offramp::object! {
    // SAFETY: desks live as long as their host, which outlives every run.
    unsafe impl Object<Objects> for Desk = 2 {
        field LEFT: Cell<i64> = left in Class(1);
        field RIGHT: Cell<i64> = right in Class(2);
        field LATEST: Cell<Reference<Size>> = latest in Class(3);
    }
}

enum Numbers {}

// SAFETY: no value has a tag, so none refers to an object.
unsafe impl Layout for Numbers {
    const GROUP: u32 = 1;
    const CLASSES: &'static [&'static str] = &["sizes", "left", "right", "latest"];
}

struct Host {
    #[expect(clippy::vec_box, reason = "sizes do not move")]
    sizes: RefCell<Vec<Box<Size>>>,
    desk: Option<Box<Desk>>,
    said: i64,
}

impl Host {
    fn new() -> Host {
        let mut host = Host {
            sizes: RefCell::default(),
            desk: None,
            said: 0,
        };
        host.desk = Some(Box::new(Desk {
            left: Cell::new(0),
            right: Cell::new(0),
            latest: Cell::new(host.size(0)),
        }));
        host
    }

    fn desk(&self) -> &Desk {
        self.desk.as_ref().expect("a desk")
    }

    fn reference(&self) -> Reference<Desk> {
        // SAFETY: the host keeps it.
        unsafe { Reference::to_live(self.desk()) }
    }

    fn size(&self, size: i64) -> Reference<Size> {
        let size = Box::new(Size {
            size: Cell::new(size),
        });
        // SAFETY: the host keeps it.
        let reference = unsafe { Reference::to_live(&*size) };
        self.sizes.borrow_mut().push(size);
        reference
    }
}

// One type, one declaration, two functions.
const PLUS_ONE: Read<Clash, (i64,), i64> = Read::new("f", |_, (x,)| x + 1);
const PLUS_THOUSAND: Read<Clash, (i64,), i64> = Read::new("f", |_, (x,)| x + 1000);
// Functions of the same machine code, which a linker may merge, for other types.
const SAME: Read<Clash, (i64,), i64> = Read::new("f", |_, (x,)| x);
const SAME_FLOAT: Read<Clash, (f64,), f64> = Read::new("f", |_, (x,)| x);
const SAME_BITS: Read<Clash, (Reference<Desk>,), Reference<Desk>> = Read::new("f", |_, (x,)| x);
// Of other kinds.
const SAY: Act<Clash, (i64,), i64> = Act::new("f", |context, (x,)| say(context, x));
// SAFETY: saying changes no object.
const SAY_TWICE: Act<Clash, (i64,), i64> = unsafe {
    Act::new("f", |context, (x,)| say(context, 2 * x)).with_effects_unchecked(Effects::PURE)
};
const SAY_AND_GO_ON: Act<Clash, (i64,), Outcome<i64>> = Act::new("f", |context, (x,)| {
    Ok(Outcome::Value(say(context, 3 * x)?))
});
// One function and type, but other promises.
const LEFT: Read<Clash, (i64,), i64> = Read::new("f", side).reading(ClassSet::of(&[Class(1)]));
const RIGHT: Read<Clash, (i64,), i64> = Read::new("f", side).reading(ClassSet::of(&[Class(2)]));
// SAFETY: the sizes are those said.
const NEW_SMALL: Make<Clash, (), Size> =
    unsafe { Make::new("f", |host: &Host, ()| host.size(1)).holding(&[Size::SIZE.holds(1)]) };
// SAFETY: as above.
const NEW_LARGE: Make<Clash, (), Size> =
    unsafe { Make::new("f", |host: &Host, ()| host.size(100)).holding(&[Size::SIZE.holds(100)]) };
// Names that the library gives.
const TAG: Read<Clash, (i64,), i64> = Read::new("answered_tag", |_, (x,)| x ^ 0x55);
const NUMBERED: Read<Clash, (i64,), i64> = Read::new("f.2", |_, (x,)| x * 7);

const THE_DESK: Read<Clash, (), Reference<Desk>> =
    Read::new("desk", |host: &Host, ()| host.reference()).reading(ClassSet::NONE);

fn side(host: &Host, (which,): (i64,)) -> i64 {
    match which {
        0 => host.desk().left.get(),
        _ => host.desk().right.get(),
    }
}

fn say(context: &mut Context<'_, Clash>, x: i64) -> Result<i64, Failure> {
    context.host.said = context.host.said.wrapping_mul(31).wrapping_add(x);
    Ok(context.host.said)
}

/// The counter is in word 0, the limit in 1, a checksum in 2, a double in 3.
#[derive(Clone, Copy)]
enum Instr {
    Add,
    AddThousand,
    Types,
    Say,
    SayTwice,
    SayAndGoOn,
    Sides,
    StoreLeft,
    StoreRight,
    Small,
    Large,
    Latest,
    Named,
    Loop,
    Answer,
}

struct Clash(Vec<Instr>);

impl Program for Clash {
    type Host = Host;
    type Layout = Numbers;
    type Answer = i64;
    type Error = Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        let count = m.int(0);
        let mix = |m: &M, x| m.add(m.mul(m.int(2), m.constant(31)), x);
        match self.0[pc as usize] {
            Instr::Add => {
                let sum = mix(&m, m.read(PLUS_ONE, (count,)));
                m.commit().set(2, sum).next()
            }
            Instr::AddThousand => {
                let sum = mix(&m, m.read(PLUS_THOUSAND, (count,)));
                m.commit().set(2, sum).next()
            }
            Instr::Types => {
                let desk = m.read(SAME_BITS, (m.read(THE_DESK, ()),));
                let sum = m.add(m.read(SAME, (count,)), m.load(desk, Desk::LEFT));
                let double = m.read(SAME_FLOAT, (m.float(3),));
                let double = m.float_add(double, m.float_constant(0.5));
                let sum = mix(&m, sum);
                m.commit().set(2, sum).set_float(3, double).next()
            }
            Instr::Say => m.commit().call_into(2, SAY, (count,)),
            Instr::SayTwice => m.commit().call_into(2, SAY_TWICE, (count,)),
            Instr::SayAndGoOn => m
                .commit()
                .call_outcome(SAY_AND_GO_ON, (count,), |called, x| called.set(2, x).next()),
            Instr::Sides => {
                let (left, right) = (m.constant(0), m.constant(1));
                let (left, right) = (m.read(LEFT, (left,)), m.read(RIGHT, (right,)));
                let sum = mix(&m, m.sub(left, right));
                m.commit().set(2, sum).next()
            }
            Instr::StoreLeft => {
                let desk = m.read(THE_DESK, ());
                m.commit().store(desk, Desk::LEFT, count).next()
            }
            Instr::StoreRight => {
                let (desk, twice) = (m.read(THE_DESK, ()), m.add(count, count));
                m.commit().store(desk, Desk::RIGHT, twice).next()
            }
            Instr::Small => {
                let desk = m.read(THE_DESK, ());
                m.commit().make(NEW_SMALL, (), |commit, size| {
                    commit.store(desk, Desk::LATEST, size).next()
                })
            }
            Instr::Large => {
                let desk = m.read(THE_DESK, ());
                m.commit().make(NEW_LARGE, (), |commit, size| {
                    commit.store(desk, Desk::LATEST, size).next()
                })
            }
            Instr::Latest => {
                let latest = m.load(m.read(THE_DESK, ()), Desk::LATEST);
                let sum = mix(&m, m.load(latest, Size::SIZE));
                m.commit().set(2, sum).next()
            }
            Instr::Named => {
                let sum = m.add(m.read(TAG, (count,)), m.read(NUMBERED, (count,)));
                let sum = mix(&m, sum);
                m.commit().set(2, sum).next()
            }
            Instr::Loop => {
                let next = m.add(count, m.constant(1));
                match m.is_less(next, m.int(1)) {
                    true => m.commit().set(0, next).loop_to(0),
                    false => m.commit().set(0, next).next(),
                }
            }
            Instr::Answer => {
                let answer = m.int(2);
                m.commit().finish(answer)
            }
        }
    }
}

/// Without traces, on the evaluator, and on machine code where there is any.
fn configs() -> [Config; 3] {
    let mut configs = [(); 3].map(|()| Config::default());
    configs[0].enabled = false;
    configs[1].machine_code = false;
    configs
}

/// What is left of a run: the answer, the double, what was said, the sides of the desk, its latest
/// size.
type Left = (i64, u64, i64, i64, i64, i64);

fn run(interpreter: &mut Interpreter<Clash>, limit: i64) -> Left {
    let (mut host, mut stack) = (Host::new(), Stack::new(10));
    stack.set_word(1, limit);
    let answer = interpreter.run(&mut host, &mut stack, 0);
    let desk = host.desk();
    (
        answer.expect("an answer"),
        stack.float(3).to_bits(),
        host.said,
        desk.left.get(),
        desk.right.get(),
        desk.latest.get().size.get(),
    )
}

/// All modes leave the same, and traces were run; returns the names of the helpers that they call.
fn check(body: &[Instr]) -> BTreeSet<String> {
    let mut code = body.to_vec();
    code.extend([Instr::Loop, Instr::Answer]);
    let names = Arc::new(Mutex::new(BTreeSet::new()));
    let mut expected = None;
    for config in configs() {
        let traced = config.enabled;
        let engine = Engine::new(config).expect("an engine");
        let program = Clash(code.clone());
        let mut interpreter = engine.interpreter(program).expect("an interpreter");
        let found = names.clone();
        interpreter.inspect_executors(move |trace, _| {
            let helpers = &trace.interface.helpers;
            let names: BTreeSet<_> = helpers.iter().map(|helper| helper.name.clone()).collect();
            assert_eq!(names.len(), helpers.len(), "two helpers of one name");
            found.lock().expect("names").extend(names);
        });
        for _ in 0..2 {
            let left = run(&mut interpreter, 500);
            assert_eq!(left, *expected.get_or_insert(left));
        }
        let stats = interpreter.graph().stats();
        assert_eq!(stats.compiled > 0, traced, "{stats:?}");
    }
    names.lock().expect("names").clone()
}

#[test]
fn functions_of_one_name_and_type_are_told_apart() {
    let names = check(&[Instr::Add, Instr::AddThousand]);
    assert!(names.contains("f") && names.contains("f.2"), "{names:?}");
    check(&[Instr::AddThousand, Instr::Add]);
}

#[test]
fn types_kinds_and_promises_tell_helpers_of_one_name_apart() {
    use Instr::*;
    let all = [
        Add,
        AddThousand,
        Types,
        Say,
        SayTwice,
        SayAndGoOn,
        Sides,
        StoreLeft,
        Sides,
        StoreRight,
        Sides,
        Small,
        Latest,
        Large,
        Latest,
        Named,
    ];
    let names = check(&all);
    // The reads but two, the acts, the sides, the makes.
    assert!(
        names.iter().filter(|name| name.starts_with('f')).count() >= 13,
        "{names:?}"
    );
    // Whichever is met first: every helper is the second of its name once.
    for turn in 1..all.len() {
        let mut turned = all;
        turned.rotate_left(turn);
        check(&turned);
    }
}

#[test]
fn each_promise_holds_for_its_own_helper() {
    check(&[
        Instr::Sides,
        Instr::StoreLeft,
        Instr::Sides,
        Instr::StoreRight,
        Instr::Sides,
    ]);
    check(&[Instr::Small, Instr::Latest, Instr::Large, Instr::Latest]);
    check(&[Instr::Large, Instr::Latest, Instr::Small, Instr::Latest]);
    check(&[Instr::Types, Instr::StoreLeft]);
}

#[test]
fn names_that_the_library_gives_are_free_for_helpers() {
    let names = check(&[Instr::Named, Instr::Add, Instr::AddThousand]);
    let expected = ["answered_tag", "answered_tag.2", "f", "f.2", "f.3"];
    assert!(
        expected.iter().all(|&name| names.contains(name)),
        "{names:?}"
    );
}

/// What one interpreter calls a helper means nothing to another of its engine.
#[test]
fn interpreters_of_one_engine_have_helpers_of_their_own() {
    for config in configs() {
        let engine = Engine::new(config).expect("an engine");
        let mut both = [Instr::Add, Instr::AddThousand].map(|first| {
            let program = Clash(vec![first, Instr::Loop, Instr::Answer]);
            engine.interpreter(program).expect("an interpreter")
        });
        let [one, thousand] = &mut both;
        for _ in 0..3 {
            let mix =
                |by: i64| (0..500).fold(0_i64, |sum, n| sum.wrapping_mul(31).wrapping_add(n + by));
            assert_eq!(run(one, 500).0, mix(1));
            assert_eq!(run(thousand, 500).0, mix(1000));
        }
    }
}

/// An instruction is explained with the names that its traces have.
#[test]
fn explain_tells_helpers_of_one_name_apart() {
    let engine = Engine::new(Config::default()).expect("an engine");
    let program = Clash(vec![Instr::Add, Instr::AddThousand]);
    let mut interpreter = engine.interpreter(program).expect("an interpreter");
    let (mut host, mut stack) = (Host::new(), Stack::new(10));
    let texts = [0, 1, 0].map(|pc| interpreter.explain(&mut host, &mut stack, pc));
    assert!(texts[0].contains("@f("), "{}", texts[0]);
    assert!(texts[1].contains("@f.2("), "{}", texts[1]);
    assert_eq!(texts[2], texts[0]);
}
