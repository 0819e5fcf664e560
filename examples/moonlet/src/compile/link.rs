//! Puts functions behind each other.

use super::constant::Pool;
use super::function::Done;
use crate::bytecode::{Chunk, Env};
use crate::syntax::SyntaxError;
use offramp::Pc;

/// The chunk of finished functions.
pub(super) fn link(
    name: &str,
    done: Vec<Option<Done>>,
    pool: Pool,
    env: Env,
) -> Result<Chunk, SyntaxError> {
    let functions = || done.iter().flatten();
    let code = functions()
        .map(|function| function.code.len())
        .sum::<usize>();
    let all = code + Chunk::BOUND_CALL + Chunk::COROUTINES;
    let mut chunk = Chunk {
        name: name.into(),
        code: Vec::with_capacity(all),
        lines: Vec::with_capacity(all),
        constants: pool.constants,
        prototypes: Vec::new(),
        env,
    };
    for Done {
        code,
        lines,
        mut prototype,
    } in done.into_iter().flatten()
    {
        let entry = chunk.code.len() as Pc;
        chunk.code.extend(code.into_iter().map(|mut instr| {
            if let Some(target) = instr.target_mut() {
                *target += entry;
            }
            instr
        }));
        chunk.lines.extend(lines);
        prototype.entry += entry;
        prototype.end += entry;
        for local in &mut prototype.locals {
            local.from += entry;
            local.to += entry;
        }
        chunk.prototypes.push(prototype);
    }
    if Pc::try_from(chunk.code.len()).is_err() {
        return Err(SyntaxError::at(name, 0, "program is too long"));
    }
    Ok(chunk)
}
