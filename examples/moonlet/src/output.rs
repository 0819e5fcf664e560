//! [`Output`]: a stream that programs write to, buffered as the C library's are.
//!
//! When text appears, and which write reports an error, is seen by programs: standard output and
//! standard error may be the same terminal, and a disk may be full. So text is held and passed on
//! just when glibc does, which lua5.4 leaves it to. What cannot be passed on is lost, and the call
//! that found out says so.

use std::fmt;
use std::io::{self, Write};

/// Room for text in a buffer: as glibc has it for files and pipes.
const ROOM: usize = 4096;
/// Buffers larger than this take blocks that fill them only in whole.
const BLOCKS: usize = 128;

/// When a stream passes on what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffering {
    /// At once.
    None,
    /// At the end of a line.
    Line,
    /// When its buffer is full.
    Full,
}

/// A buffered stream. What it holds is passed on when it is dropped, too.
pub struct Output {
    sink: Box<dyn Write + Send>,
    buffering: Buffering,
    held: Vec<u8>,
    /// How much it can hold, known from the first use on; 1 once it has been unbuffered.
    room: Option<usize>,
    /// How much it may hold before it passes something on.
    end: usize,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("buffering", &self.buffering)
            .field("held", &self.held.len())
            .finish_non_exhaustive()
    }
}

impl Output {
    /// A stream that passes everything on to `sink`.
    pub fn new(sink: Box<dyn Write + Send>, buffering: Buffering) -> Output {
        Output {
            sink,
            buffering,
            held: Vec::new(),
            room: None,
            end: 0,
        }
    }

    /// Writes text.
    ///
    /// # Errors
    /// Of what was passed on on this occasion, be it of this text or of an earlier one. That is
    /// lost, and some of this text with it.
    pub fn write(&mut self, text: &[u8]) -> io::Result<()> {
        let mut free = self.end.saturating_sub(self.held.len());
        let mut ends_line = false;
        if let (Buffering::Line, Some(room)) = (self.buffering, self.room) {
            free = room - self.held.len();
            if text.len() <= free
                && let Some(at) = last_line(text)
            {
                (free, ends_line) = (at, true);
            }
        }
        let (now, rest) = text.split_at(free.min(text.len()));
        self.held.extend_from_slice(now);
        if rest.is_empty() && !ends_line {
            return Ok(());
        }
        let usual = match self.buffering {
            Buffering::None => 1,
            Buffering::Line | Buffering::Full => ROOM,
        };
        let room = *self.room.get_or_insert(usual);
        self.pass_on()?;
        let odd = if room < BLOCKS { 0 } else { rest.len() % room };
        let (whole, odd) = rest.split_at(rest.len() - odd);
        self.sink.write_all(whole)?;
        let lines = match self.buffering {
            Buffering::Line => last_line(odd).unwrap_or(0),
            _ => 0,
        };
        self.held.extend_from_slice(&odd[..lines]);
        if lines > 0 {
            self.pass_on()?;
        }
        self.held.extend_from_slice(&odd[lines..]);
        Ok(())
    }

    /// Passes on what it holds.
    ///
    /// # Errors
    /// If that cannot be done; the text is lost.
    pub fn flush(&mut self) -> io::Result<()> {
        self.pass_on()?;
        self.sink.flush()
    }

    /// Passes on what it holds if it does so at the end of a line.
    ///
    /// # Errors
    /// If that cannot be done; the text is lost.
    pub(crate) fn flush_lines(&mut self) -> io::Result<()> {
        match self.buffering {
            Buffering::Line => self.flush(),
            Buffering::None | Buffering::Full => Ok(()),
        }
    }

    /// From now on, passes text on at these times.
    ///
    /// # Errors
    /// If something was held, may not be held any more, and cannot be passed on.
    pub fn set_buffering(&mut self, buffering: Buffering) -> io::Result<()> {
        self.buffering = buffering;
        match buffering {
            Buffering::None => {
                self.end = 0;
                self.room = Some(1);
                self.pass_on()
            }
            Buffering::Line => Ok(()),
            Buffering::Full => {
                self.end = *self.room.get_or_insert(ROOM);
                Ok(())
            }
        }
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.end = match self.buffering {
            Buffering::Full => self.room.unwrap_or(0),
            Buffering::None | Buffering::Line => 0,
        };
        let passed = self.sink.write_all(&self.held);
        self.held.clear();
        passed
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // As at the end of a C program, nobody is left to be told.
        let _ = self.flush();
    }
}

/// Where the text's last line begins: behind the last line's end, if there is one.
fn last_line(text: &[u8]) -> Option<usize> {
    let end = text.iter().rposition(|&byte| byte == b'\n')?;
    Some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// A sink whose content can be looked at, and which fails while it is full.
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<(Vec<u8>, bool)>>);

    impl Write for Shared {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let mut shared = self.0.lock().expect("no writer panicked");
            if shared.1 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            shared.0.extend_from_slice(text);
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Shared {
        fn set_full(&self, full: bool) {
            self.0.lock().expect("no writer panicked").1 = full;
        }

        fn passed(&self) -> usize {
            self.0.lock().expect("no writer panicked").0.len()
        }
    }

    fn stream(buffering: Buffering) -> (Output, Shared) {
        let shared = Shared::default();
        (Output::new(Box::new(shared.clone()), buffering), shared)
    }

    #[test]
    fn a_full_buffer_is_passed_on_in_blocks() {
        let (mut output, shared) = stream(Buffering::Full);
        for (written, passed) in [(100, 0), (3996, 0), (1, 4096), (8192, 12288), (4094, 12288)] {
            output.write(&vec![b'x'; written]).expect("it takes it");
            assert_eq!(shared.passed(), passed, "after {written}");
        }
        output.flush().expect("it takes it");
        assert_eq!(shared.passed(), 100 + 3996 + 1 + 8192 + 4094);
    }

    #[test]
    fn lines_are_passed_on_when_they_end() {
        let (mut output, shared) = stream(Buffering::Line);
        for (written, passed) in [
            ("a", 0),
            ("b\nc", 3),
            ("d", 3),
            ("e\nf\n", 9),
            ("", 9),
            ("\n\n", 11),
        ] {
            output.write(written.as_bytes()).expect("it takes it");
            assert_eq!(shared.passed(), passed, "after {written:?}");
        }
        let long = ["x".repeat(5000), "\n".to_owned(), "y".repeat(10)].concat();
        output.write(long.as_bytes()).expect("it takes it");
        assert_eq!(shared.passed(), 11 + 5001);
    }

    #[test]
    fn without_a_buffer_all_is_passed_on() {
        let (mut output, shared) = stream(Buffering::Full);
        output.write(b"abc").expect("it takes it");
        output.set_buffering(Buffering::None).expect("it takes it");
        assert_eq!(shared.passed(), 3);
        output.write(b"d").expect("it takes it");
        assert_eq!(shared.passed(), 4);
    }

    #[test]
    fn what_cannot_be_passed_on_is_lost_and_reported_once() {
        let (mut output, shared) = stream(Buffering::Full);
        shared.set_full(true);
        output.write(&[b'x'; 4000]).expect("it is held");
        output.write(&[b'x'; 100]).expect_err("it cannot");
        output.write(b"y").expect("it is held");
        output.flush().expect_err("it cannot");
        output.flush().expect("nothing is left");
        output.write(b"z").expect("it is held");
        output
            .set_buffering(Buffering::None)
            .expect_err("it cannot");
        shared.set_full(false);
        output.write(b"!").expect("it takes it");
        assert_eq!(shared.passed(), 1);
    }

    #[test]
    fn what_is_held_is_passed_on_at_the_end() {
        let (mut output, shared) = stream(Buffering::Full);
        output.write(b"abc").expect("it is held");
        drop(output);
        assert_eq!(shared.passed(), 3);
    }
}
