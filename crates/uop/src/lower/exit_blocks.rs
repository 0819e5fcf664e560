//! The blocks that exits leave by: each exit's own, and those that the exits of a region share.
//!
//! Hot code asks for an exit's block when it branches there; what goes into it is made when the hot code is
//! done. All of them are cold, so Cranelift puts them at the function's end.

use crate::id::{ExitId, Value};
use cranelift_codegen::ir::Block;
use cranelift_frontend::FunctionBuilder;
use rustc_hash::FxHashMap;

/// An exit's own block.
#[derive(Clone, Copy)]
pub(super) struct Stub {
    pub(super) block: Block,
    pub(super) exit: ExitId,
    /// The first uop that leaves through it.
    pub(super) at: Value,
    /// Whether argument registers may still hold what they held at entry.
    pub(super) early: bool,
}

/// The cold blocks of a section.
pub(super) struct ExitBlocks {
    stubs: Vec<Stub>,
    of_exit: FxHashMap<ExitId, Block>,
    /// Per region.
    shared: Vec<Option<Block>>,
    cold: usize,
}

impl ExitBlocks {
    pub(super) fn new(regions: usize) -> ExitBlocks {
        ExitBlocks {
            stubs: Vec::new(),
            of_exit: FxHashMap::default(),
            shared: vec![None; regions],
            cold: 0,
        }
    }

    /// A new block at the end of the function.
    pub(super) fn cold_block(&mut self, b: &mut FunctionBuilder<'_>) -> Block {
        let block = b.create_block();
        b.set_cold_block(block);
        self.cold += 1;
        block
    }

    /// How many blocks there are at the function's end.
    pub(super) fn cold(&self) -> usize {
        self.cold
    }

    /// The exit's own block. Guards of one instruction share it: what is pending is the same at all of
    /// them. `early` is asked with the number of exits that have one already.
    pub(super) fn of_exit(
        &mut self,
        b: &mut FunctionBuilder<'_>,
        exit: ExitId,
        at: Value,
        early: impl FnOnce(usize) -> bool,
    ) -> Block {
        if let Some(&block) = self.of_exit.get(&exit) {
            return block;
        }
        let block = self.cold_block(b);
        self.of_exit.insert(exit, block);
        let early = early(self.stubs.len());
        self.stubs.push(Stub {
            block,
            exit,
            at,
            early,
        });
        block
    }

    /// The exits that have a block, in the order in which hot code came to them.
    pub(super) fn stubs(&self) -> Vec<Stub> {
        self.stubs.clone()
    }

    /// The block that the exits of a region share, and whether it is new.
    pub(super) fn of_region(
        &mut self,
        b: &mut FunctionBuilder<'_>,
        region: usize,
    ) -> (Block, bool) {
        if let Some(block) = self.shared[region] {
            return (block, false);
        }
        let block = self.cold_block(b);
        self.shared[region] = Some(block);
        (block, true)
    }

    /// The regions whose exits share a block.
    pub(super) fn shared(&self) -> Vec<(usize, Block)> {
        let shared = self.shared.iter().enumerate();
        shared
            .filter_map(|(region, block)| Some((region, (*block)?)))
            .collect()
    }
}
