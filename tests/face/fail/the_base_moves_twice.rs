use offramp::{Caller, Commit, Done, Link, Machine};

fn two_pops<M: Machine>(commit: Commit<'_, M>, a: Caller<M>, b: Caller<M>) -> Done<M> {
    commit.pop(a).pop(b).return_to()
}

fn a_return_without_a_pop<M: Machine>(commit: Commit<'_, M>) -> Done<M> {
    commit.return_to()
}

fn leave_after_a_pop<M: Machine>(commit: Commit<'_, M>, a: Caller<M>, b: Caller<M>, x: M::Int) -> Done<M> {
    commit.pop(a).leave(b, 0, x)
}

fn enter_after_a_pop<M: Machine>(commit: Commit<'_, M>, a: Caller<M>) -> Done<M> {
    commit.pop(a).enter(8, 0, 1)
}

fn tail_after_a_pop<M: Machine>(commit: Commit<'_, M>, a: Caller<M>) -> Done<M> {
    commit.pop(a).tail(1)
}

fn jump_after_a_pop<M: Machine>(commit: Commit<'_, M>, a: Caller<M>) -> Done<M> {
    commit.pop(a).jump(1)
}

fn shift_after_a_pop<M: Machine>(commit: Commit<'_, M>, a: Caller<M>, link: Link<M>) -> Done<M> {
    commit.pop(a).shift(link, 8).next()
}

fn pop_after_a_shift<M: Machine>(commit: Commit<'_, M>, a: Caller<M>, link: Link<M>) -> Done<M> {
    commit.shift(link, 8).pop(a).return_to()
}

fn two_shifts<M: Machine>(commit: Commit<'_, M>, a: Link<M>, b: Link<M>) -> Done<M> {
    commit.shift(a, 8).shift(b, 8).next()
}

fn main() {}
