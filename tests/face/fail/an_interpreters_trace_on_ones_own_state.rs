use offramp::{Interpreter, Program};
use offramp_uop::evaluate::State;

fn enter<P: Program>(interpreter: &Interpreter<P>, state: &mut dyn State) {
    let graph = interpreter.graph();
    let root = graph.root_at(0).unwrap();
    graph.enter(root, 0, state);
}

fn main() {}
