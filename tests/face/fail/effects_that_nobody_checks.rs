//! Which classes a helper leaves alone is believed, so saying it is unsafe where the layout has classes.
use offramp::{Act, ClassSet, Context, Done, Effects, Failure, Layout, Machine, Op, Pc, Program};

enum Values {}

unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const CLASSES: &'static [&'static str] = &["head", "items"];
}

struct Shrinks;

fn shrink(_: &mut Context<'_, Shrinks>, (): ()) -> Result<(), Failure> {
    Ok(())
}

const ALL: Act<Shrinks, (), ()> = Act::new("all", shrink).with_effects(Effects {
    writes: ClassSet::ALL,
    ..Effects::PURE
});
const NONE: Act<Shrinks, (), ()> = Act::new("none", shrink).with_effects(Effects::PURE);

impl Program for Shrinks {
    type Host = ();
    type Layout = Values;
    type Answer = i64;
    type Error = Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        m.commit().call(ALL, (), |called, ()| called.next())
    }
}

fn main() {
    let _ = NONE;
}
