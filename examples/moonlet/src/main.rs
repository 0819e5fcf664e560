//! The command line.
//!
//! Where the C library calls `main` with nothing but its arguments, so does this program begin, and
//! not by way of Rust's runtime: that ignores `SIGPIPE`, whatever the parent process has said.
//! lua5.4 leaves it as it is, so that `moonlet … | head -1` ends by the signal and a parent that
//! ignores it sees errors of writing.
#![cfg_attr(all(target_os = "linux", target_env = "gnu", not(test)), no_main)]
#![allow(
    unsafe_code,
    reason = "the symbol `main`: its only caller is the C library's startup code"
)]

mod command;

use clap::Parser;
use rustix::io::{Errno, fcntl_getfd};
use rustix::stdio::{stderr, stdin, stdout};
use std::fs::File;
use std::os::fd::IntoRawFd;
use std::process::exit;

/// Parses the arguments, which the standard library gets from the C library itself, and does what
/// they say.
fn run() -> ! {
    open_closed_streams();
    // Unwinding must not reach the C library; the message has been printed.
    let ran = std::panic::catch_unwind(|| command::Command::parse().run());
    exit(ran.unwrap_or(101))
}

/// Opens those of the three standard streams that are closed: the next file that is opened, be it
/// the memory of machine code, would be taken for one of them. For reading, so that writing to it
/// fails as writing to a closed stream does.
fn open_closed_streams() {
    // In the order of their numbers, of which the lowest free one is taken.
    for stream in [stdin(), stdout(), stderr()] {
        if fcntl_getfd(stream) == Err(Errno::BADF)
            && let Ok(null) = File::open("/dev/null")
        {
            let _ = null.into_raw_fd();
        }
    }
}

// SAFETY: no other crate of the program defines `main`, whose type in C is this one.
#[cfg(all(target_os = "linux", target_env = "gnu", not(test)))]
#[unsafe(no_mangle)]
extern "C" fn main(
    _count: std::ffi::c_int,
    _arguments: *const *const std::ffi::c_char,
) -> std::ffi::c_int {
    run()
}

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(test))))]
fn main() {
    run()
}
