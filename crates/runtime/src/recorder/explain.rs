//! What one instruction would do, as text.

use super::Log;
use crate::graph::Dependency;
use crate::language::phases::Flow;
use offramp_uop::{Op, Trace};
use std::fmt::Write;

/// What was noted of one instruction, a line per uop, and where the program would go on.
pub(crate) fn explained(log: &Log, flow: Flow) -> String {
    let mut text = String::new();
    for Dependency(key) in log.dependencies(usize::MAX) {
        let _ = writeln!(text, "depends on {key}");
    }
    text.push_str(&body(log.trace()));
    text.push_str(&match flow {
        Flow::Next => "next\n".to_string(),
        Flow::Jump(pc) => format!("jump to {pc}\n"),
        Flow::Loop(pc) => format!("loop to {pc}\n"),
        Flow::Enter(pc) => format!("enter {pc}\n"),
        Flow::Return(pc) => format!("return to {pc}\n"),
        Flow::Transfer(_) => "wherever the helper says\n".to_string(),
        Flow::Finish => "finish\n".to_string(),
        Flow::Fail => "fail\n".to_string(),
    });
    text
}

/// The uops of one instruction, without what belongs to a trace.
fn body(trace: &Trace) -> String {
    let count = |op| trace.uops.iter().filter(|uop| uop.op == op).count();
    debug_assert_eq!(count(Op::At), 1, "one instruction");
    trace
        .to_string()
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("at "))
        .skip(1)
        .take_while(|line| line.trim_start() != "exits:")
        .map(|line| line.trim_start())
        .filter(|line| !line.starts_with("poll "))
        .map(|line| match line.split_once(" else ") {
            Some((guard, _)) => format!("{guard}\n"),
            None => format!("{line}\n"),
        })
        .collect()
}
