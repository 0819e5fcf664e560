//! Takes the frame out of x86-64 code that does not use it.
//!
//! Cranelift gives every x86-64 function with a tail call a frame pointer, and saves the registers
//! that the convention has callees save. A trace without spills and calls never uses its frame,
//! but `rbp` and those registers then travel through memory, pushed at every entry and popped at
//! every exit, and that chain of stores and loads is longer than anything else in a short exit and
//! way back: 3.0 ns against 1 without it. Nobody between two executors needs them saved; the
//! [way in](super::trampoline) saves all of them for the host.
//!
//! Nothing is moved: the prologue becomes a no-op, and each tail jump is copied to where its
//! epilogue began, which is never jumped into, being in the middle of the block that leaves. Every
//! place is known from Cranelift's list of call sites and compared byte for byte; code that looks
//! any different is left alone.
//!
//! The price: a profiler that walks frame pointers does not see such a trace's frame.

use super::Target;
use cranelift_codegen::CompiledCode;
use smallvec::{SmallVec, smallvec};

/// `push rbp; mov rbp, rsp`.
const PROLOGUE: [u8; 4] = [0x55, 0x48, 0x89, 0xe5];
/// `mov rsp, rbp; pop rbp`.
const EPILOGUE: [u8; 4] = [0x48, 0x89, 0xec, 0x5d];
/// `sub rsp, …`, followed by a byte.
const PUSH: [u8; 3] = [0x48, 0x83, 0xec];
/// `add rsp, …`, followed by a byte.
const POP: [u8; 3] = [0x48, 0x83, 0xc4];
/// `mov [rsp + …], r64` and `mov r64, [rsp + …]`.
const SAVE: u8 = 0x89;
const RESTORE: u8 = 0x8b;
/// `jmp r10`.
const JUMP: [u8; 3] = [0x41, 0xff, 0xe2];
/// `int3`: what is left behind a jump, never executed.
const TRAP: u8 = 0xcc;
/// A prologue or an epilogue.
type Bytes = SmallVec<[u8; 48]>;
/// What callees save, in the order in which it is saved: `rbx`, `r12`, `r13`, `r14`.
const SAVED: [u8; 4] = [3, 12, 13, 14];
/// No-ops of one to eight bytes.
const NOTHING: [&[u8]; 8] = [
    &[0x90],
    &[0x66, 0x90],
    &[0x0f, 0x1f, 0x00],
    &[0x0f, 0x1f, 0x40, 0x00],
    &[0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
    &[0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

/// Cranelift's listing of code whose frame was taken out.
pub(super) fn without(listing: &str) -> String {
    let lines = listing.lines().skip_while(|line| line.starts_with(' '));
    std::iter::once("  nop")
        .chain(lines)
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// Takes the frame out of `bytes`, the code of `code`, if it is not used. Answers how many bytes
/// shorter the code is then.
pub(super) fn drop_unused(
    target: &Target,
    code: &CompiledCode,
    bytes: &mut Vec<u8>,
) -> Option<usize> {
    if !target.is_x86() {
        return None;
    }
    let size = code.buffer.frame_layout()?.frame_to_fp_offset;
    let (prologue, epilogue) = around(bytes, size)?;
    let mut leave = epilogue.clone();
    leave.extend(JUMP);
    // Calls that return are in the list too and end otherwise.
    let ends = code.buffer.call_sites().map(|site| site.ret_addr as usize);
    let ends: SmallVec<[usize; 4]> = ends.collect();
    if ends.is_empty() || !ends.iter().all(|&end| bytes[..end].ends_with(&leave)) {
        return None;
    }
    do_nothing(&mut bytes[..prologue]);
    for &end in &ends {
        let tail = &mut bytes[end - leave.len()..end];
        tail[..JUMP.len()].copy_from_slice(&JUMP);
        tail[JUMP.len()..].fill(TRAP);
    }
    let last = ends.contains(&bytes.len());
    let shorter = if last { epilogue.len() } else { 0 };
    bytes.truncate(bytes.len() - shorter);
    Some(shorter)
}

/// The length of the prologue that code with a frame of `size` bytes begins with, and the epilogue
/// that goes with it; `None` if the frame has anything but saved registers.
fn around(bytes: &[u8], size: u32) -> Option<(usize, Bytes)> {
    let size = u8::try_from(size).ok().filter(|size| *size < 0x80)?;
    let (mut prologue, mut epilogue) = (Bytes::from_slice(&PROLOGUE), Bytes::new());
    if size > 0 {
        prologue.extend(PUSH);
        prologue.push(size);
    }
    let mut saved = 0;
    for register in SAVED {
        let save = access(SAVE, register, saved);
        if bytes.get(prologue.len()..)?.starts_with(&save) {
            prologue.extend(save);
            epilogue.extend(access(RESTORE, register, saved));
            saved += 1;
        }
    }
    // Anything more than what is saved is slots.
    if !bytes.starts_with(&prologue) || size != (8 * saved).next_multiple_of(16) {
        return None;
    }
    if size > 0 {
        epilogue.extend(POP);
        epilogue.push(size);
    }
    epilogue.extend(EPILOGUE);
    Some((prologue.len(), epilogue))
}

/// A move between a register and the `n`-th word at `rsp`.
fn access(opcode: u8, register: u8, n: u8) -> SmallVec<[u8; 8]> {
    let rex = if register < 8 { 0x48 } else { 0x4c };
    let with_rsp = 0x04 | (register & 7) << 3;
    match n {
        0 => smallvec![rex, opcode, with_rsp, 0x24],
        _ => smallvec![rex, opcode, 0x40 | with_rsp, 0x24, 8 * n],
    }
}

/// Fills `bytes` with instructions that do nothing, as few as there can be.
fn do_nothing(bytes: &mut [u8]) {
    for part in bytes.chunks_mut(NOTHING.len()) {
        part.copy_from_slice(NOTHING[part.len() - 1]);
    }
}
