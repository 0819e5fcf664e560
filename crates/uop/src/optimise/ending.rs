//! How a trace ends that does not loop: with an exit, which may lead to a header or to where paths join.

use super::join::Joined;
use super::options::LeadsTo;
use super::walk::Walk;
use super::{join, reenter};
use crate::view::View;

/// Walks the uop at `position`, which ends the trace. Returns what it was made to lead to.
pub(super) fn walk(walk: &mut Walk<'_>, position: usize) -> Option<LeadsTo> {
    let (uop, args) = walk.look_at(position);
    let (exit, window) = match uop.verified_with(&args) {
        View::ExitDynamic { window, exit, .. } => (exit, Some(window)),
        View::Exit { exit } | View::Deopt { exit } | View::ErrorExit { exit } => (exit, None),
        other => unreachable!("{other:?} does not leave the trace"),
    };
    let state = walk.source.exit(exit);
    if let Some(window) = window {
        let window = walk.out.as_constant(window);
        // A window of 0 says that a function is entered: the frame stays.
        if window.is_none_or(|window| window.bits != 0) {
            walk.drop_left(state.target, state.base);
        }
        walk.store_all();
    }
    let dead = walk.dead(state.target, state.base);
    walk.materialise_pending(|word| dead.binary_search(&word).is_err());
    if let Some(header) = reenter::reenter(walk, state) {
        return Some(LeadsTo::Header(header));
    }
    match join::join(walk, state) {
        Some(Joined::Met(entry)) => Some(LeadsTo::Entry(entry)),
        Some(Joined::Open) => None,
        None => {
            let exit = walk.exit(exit);
            walk.out.emit(uop.like(args, Some(exit)));
            None
        }
    }
}
