use offramp::{Done, Machine, Op};

fn not_asked<M: Machine>(m: Op<'_, M>) -> Done<M> {
    m.commit().shift(&None, 8).next()
}

fn asked_for_less<M: Machine>(m: Op<'_, M>) -> Done<M> {
    let caller = m.caller();
    m.commit().shift(caller, 8).next()
}

fn asked_too_late<M: Machine>(m: Op<'_, M>) -> Done<M> {
    let commit = m.commit();
    let link = commit.link();
    commit.shift(link, 8).next()
}

fn main() {}
