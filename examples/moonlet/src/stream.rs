//! [`Stream`]: what a file of a program is, read and written through buffers as the C library's files are.

use crate::number::parse;
use crate::output::{Buffering, Output};
use crate::value::Tagged;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::process::{Child, ExitStatus};
use std::sync::Arc;

/// Bytes that are read at once.
const ROOM: usize = 4096;

/// The longest text that is looked at for a number.
const LONGEST_NUMBER: usize = 200;

/// Which of the process's own streams one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standard {
    Input,
    Output,
    Error,
}

/// A file that is open. What it holds is passed on when it is dropped, and a process waited for.
#[derive(Debug)]
pub(crate) struct Stream {
    standard: Option<Standard>,
    /// What can be sought in.
    file: Option<Arc<File>>,
    input: Option<Input>,
    output: Option<Output>,
    child: Option<Child>,
}

/// A file that several own.
#[derive(Debug)]
struct Shared(Arc<File>);

impl Read for Shared {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(room)
    }
}

impl Write for Shared {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        (&*self.0).write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is read, through a buffer.
struct Input {
    source: Box<dyn Read + Send>,
    held: Vec<u8>,
    /// How much of that has been taken.
    taken: usize,
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("held", &self.held.len())
            .finish_non_exhaustive()
    }
}

impl Input {
    fn new(source: Box<dyn Read + Send>) -> Input {
        Input {
            source,
            held: Vec::new(),
            taken: 0,
        }
    }

    /// What is held and not taken, more of it if there was nothing; empty at the end.
    fn look(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.held.len() {
            self.held.resize(ROOM, 0);
            self.taken = 0;
            let read = loop {
                match self.source.read(&mut self.held) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read,
                }
            };
            self.held.truncate(*read.as_ref().unwrap_or(&0));
            read?;
        }
        Ok(&self.held[self.taken..])
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.look()?.first().copied())
    }
}

/// The error of a file that is not open for this.
fn closed_for_this() -> io::Error {
    io::Error::from_raw_os_error(libc::EBADF)
}

impl Stream {
    /// One of the process's own streams. What is written to it is not the stream's business.
    pub(crate) fn standard(standard: Standard) -> Stream {
        let input = || Input::new(Box::new(io::stdin()));
        Stream {
            standard: Some(standard),
            file: None,
            input: (standard == Standard::Input).then(input),
            output: None,
            child: None,
        }
    }

    /// A file that was opened to be read, to be written, or both.
    pub(crate) fn file(file: File, reads: bool, writes: bool) -> Stream {
        let file = Arc::new(file);
        let input = || Input::new(Box::new(Shared(file.clone())));
        let output = || Output::new(Box::new(Shared(file.clone())), Buffering::Full);
        Stream {
            standard: None,
            input: reads.then(input),
            output: writes.then(output),
            child: None,
            file: Some(file),
        }
    }

    /// A process, by what it writes or what it reads.
    pub(crate) fn process(mut child: Child) -> Stream {
        let input = child.stdout.take();
        let output = child.stdin.take();
        Stream {
            standard: None,
            file: None,
            input: input.map(|pipe| Input::new(Box::new(pipe))),
            output: output.map(|pipe| Output::new(Box::new(pipe), Buffering::Full)),
            child: Some(child),
        }
    }

    pub(crate) fn which(&self) -> Option<Standard> {
        self.standard
    }

    /// What is written to it goes here; not for the process's own streams.
    ///
    /// # Errors
    /// If it is not open to be written.
    pub(crate) fn output(&mut self) -> io::Result<&mut Output> {
        self.give_back()?;
        self.output.as_mut().ok_or_else(closed_for_this)
    }

    /// Passes on what was written to it, if it is written to.
    ///
    /// # Errors
    /// If that cannot be done; the text is lost.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.output.as_mut().map_or(Ok(()), Output::flush)
    }

    /// From now on, passes text on at these times.
    ///
    /// # Errors
    /// If something was held, may not be held any more, and cannot be passed on.
    pub(crate) fn set_buffering(&mut self, buffering: Buffering) -> io::Result<()> {
        let output = self.output.as_mut();
        output.map_or(Ok(()), |output| output.set_buffering(buffering))
    }

    /// Puts the file's place where the program has read to.
    fn give_back(&mut self) -> io::Result<()> {
        let (Some(input), Some(file)) = (&mut self.input, &self.file) else {
            return Ok(());
        };
        let ahead = input.held.len() - input.taken;
        input.held.clear();
        input.taken = 0;
        if ahead > 0 {
            (&**file).seek(SeekFrom::Current(-(ahead as i64)))?;
        }
        Ok(())
    }

    /// What is read from it; what was written is passed on first.
    fn input(&mut self) -> io::Result<&mut Input> {
        if let (Some(output), Some(_)) = (&mut self.output, &self.input) {
            output.flush()?;
        }
        self.input.as_mut().ok_or_else(closed_for_this)
    }

    /// A line, with its end if `whole` says so; none at the end.
    ///
    /// # Errors
    /// As reading fails.
    pub(crate) fn read_line(&mut self, whole: bool) -> io::Result<Option<Vec<u8>>> {
        let input = self.input()?;
        let mut line = Vec::new();
        loop {
            let held = input.look()?;
            if held.is_empty() {
                return Ok((!line.is_empty()).then_some(line));
            }
            let end = held.iter().position(|&byte| byte == b'\n');
            let taken = end.map_or(held.len(), |end| end + 1);
            line.extend_from_slice(&held[..end.map_or(taken, |end| end + usize::from(whole))]);
            input.taken += taken;
            if end.is_some() {
                return Ok(Some(line));
            }
        }
    }

    /// Everything up to the end.
    ///
    /// # Errors
    /// As reading fails.
    pub(crate) fn read_all(&mut self) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        self.read_to(&mut all, usize::MAX)?;
        Ok(all)
    }

    /// So many bytes, or fewer at the end; none if there is nothing.
    ///
    /// # Errors
    /// As reading fails.
    pub(crate) fn read_count(&mut self, count: usize) -> io::Result<Option<Vec<u8>>> {
        if count == 0 {
            let ended = self.input()?.look()?.is_empty();
            return Ok((!ended).then(Vec::new));
        }
        let mut bytes = Vec::new();
        self.read_to(&mut bytes, count)?;
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    fn read_to(&mut self, bytes: &mut Vec<u8>, count: usize) -> io::Result<()> {
        let input = self.input()?;
        while bytes.len() < count {
            let held = input.look()?;
            if held.is_empty() {
                break;
            }
            let taken = held.len().min(count - bytes.len());
            let room = bytes.try_reserve(taken);
            room.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
            bytes.extend_from_slice(&held[..taken]);
            input.taken += taken;
        }
        Ok(())
    }

    /// A number; none if there is none, after what looked like the beginning of one.
    ///
    /// # Errors
    /// As reading fails.
    pub(crate) fn read_number(&mut self) -> io::Result<Option<Tagged>> {
        let input = self.input()?;
        while input
            .peek()?
            .is_some_and(|byte| matches!(byte, b' ' | b'\t'..=b'\r'))
        {
            input.taken += 1;
        }
        let mut text = Numeral {
            input,
            text: Vec::new(),
            fits: true,
        };
        text.take_any(b"+-")?;
        let mut digits: fn(&u8) -> bool = u8::is_ascii_digit;
        let mut count = 0;
        let mut exponent = b"eE";
        if text.take_any(b"0")? {
            if text.take_any(b"xX")? {
                (digits, exponent) = (u8::is_ascii_hexdigit, b"pP");
            } else {
                count = 1;
            }
        }
        count += text.take_all(digits)?;
        if text.take_any(b".")? {
            count += text.take_all(digits)?;
        }
        if count > 0 && text.take_any(exponent)? {
            text.take_any(b"+-")?;
            text.take_all(u8::is_ascii_digit)?;
        }
        Ok(text.fits.then(|| parse(&text.text)).flatten())
    }

    /// Moves to a place and returns it, counted from the beginning.
    ///
    /// # Errors
    /// If it cannot be sought in, or there is no such place.
    pub(crate) fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let Some(output) = &mut self.output {
            output.flush()?;
        }
        self.give_back()?;
        match &self.file {
            Some(file) => (&**file).seek(to),
            None => Err(io::Error::from_raw_os_error(libc::ESPIPE)),
        }
    }

    /// Closes it; how the process ended, if it is one.
    ///
    /// # Errors
    /// If what it held cannot be passed on, or the process not be waited for.
    pub(crate) fn close(mut self) -> io::Result<Option<ExitStatus>> {
        let flushed = match &mut self.output {
            Some(output) => output.flush(),
            None => Ok(()),
        };
        (self.input, self.output) = (None, None);
        match &mut self.child {
            Some(child) => child.wait().map(Some),
            None => flushed.map(|()| None),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        (self.input, self.output) = (None, None);
        if let Some(child) = &mut self.child {
            // It has been closed, or there is nobody left to be told.
            let _ = child.wait();
        }
    }
}

/// A number's text as it is read.
struct Numeral<'a> {
    input: &'a mut Input,
    text: Vec<u8>,
    /// Whether it is not too long.
    fits: bool,
}

impl Numeral<'_> {
    /// Takes the next byte if it is one of these.
    fn take_any(&mut self, bytes: &[u8]) -> io::Result<bool> {
        self.take_if(|byte| bytes.contains(byte))
    }

    fn take_all(&mut self, wanted: fn(&u8) -> bool) -> io::Result<usize> {
        let mut count = 0;
        while self.take_if(wanted)? {
            count += 1;
        }
        Ok(count)
    }

    fn take_if(&mut self, wanted: impl Fn(&u8) -> bool) -> io::Result<bool> {
        let next = self.input.peek()?;
        let Some(byte) = next.filter(|byte| self.fits && wanted(byte)) else {
            return Ok(false);
        };
        if self.text.len() >= LONGEST_NUMBER {
            self.fits = false;
            return Ok(false);
        }
        self.input.taken += 1;
        self.text.push(byte);
        Ok(true)
    }
}
