use offramp::{Interpreter, Program};

fn record<P: Program>(interpreter: &Interpreter<P>) {
    let _ = interpreter.graph().begin_root(0);
}

fn main() {}
