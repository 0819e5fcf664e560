use offramp::{Done, Machine, Op, Pc, Program, Read, Words};

struct Counting;

const COUNT: Read<Counting, (), i64> = Read::new("count", count);

fn count(host: &i64, (): ()) -> i64 {
    *host += 1;
    *host
}

impl Program for Counting {
    type Host = i64;
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        let count = m.read(COUNT, ());
        m.commit().finish(count)
    }
}

fn main() {}
