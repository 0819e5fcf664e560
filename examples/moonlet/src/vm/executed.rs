//! Which instructions tests execute: every row of the table must be, by some program of `tests/lua`.

use super::{Options, Vm};
use crate::bytecode::Instr;
use offramp::Config;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

thread_local! {
    static EXECUTED: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
}

/// To be called where an instruction is executed.
pub(super) fn note(instruction: Instr) {
    EXECUTED.with_borrow_mut(|executed| executed.insert(instruction.name()));
}

/// Every program below a folder.
fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the corpus can be read") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            found.push(path);
        }
    }
}

#[test]
fn every_instruction_of_the_table_is_executed_by_some_program() {
    let mut found = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lua");
    programs(&folder, &mut found);
    found.sort();
    let all: BTreeSet<_> = Instr::TABLE.iter().map(|row| row.name).collect();
    assert_eq!(all.len(), Instr::TABLE.len(), "a name stands for two rows");
    EXECUTED.take();
    let mut config = Config::default();
    config.enabled = false;
    let options = Options {
        config,
        stress: false,
        memory: None,
    };
    for path in found {
        let source = std::fs::read(&path).expect("a program can be read");
        let output = Box::new(std::io::sink());
        // Programs that do not compile are of the corpus, too, and others end with an error.
        if let Ok(mut vm) = Vm::new(&source, "test", &options, output) {
            let _ = vm.run(&[]);
        }
        if EXECUTED.with_borrow(|executed| executed.len()) == all.len() {
            return;
        }
    }
    let executed = EXECUTED.take();
    let missing: Vec<_> = all.difference(&executed).collect();
    panic!("no program of the corpus executes {missing:?}");
}
