use offramp::{Act, Context, Done, Machine, Op, Pc, Program, Stack, Words};

struct Swapping;

const REPLACE: Act<Swapping, (), ()> = Act::new("replace", |cx: &mut Context<'_, Swapping>, ()| {
    *cx.stack = Stack::new(10);
    Ok(())
});

const SWAP: Act<Swapping, (), ()> = Act::new("swap", |cx: &mut Context<'_, Swapping>, ()| {
    std::mem::swap(&mut *cx.stack, cx.host);
    Ok(())
});

const KEEP: Act<Swapping, (), ()> = Act::new("keep", |cx: &mut Context<'_, Swapping>, ()| {
    *cx.host = cx.stack.clone();
    Ok(())
});

impl Program for Swapping {
    type Host = Stack<Words>;
    type Layout = Words;
    type Answer = ();
    type Error = offramp::Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        m.commit().call(REPLACE, (), |c, ()| c.next())
    }
}

fn main() {
    let _ = (SWAP, KEEP);
}
