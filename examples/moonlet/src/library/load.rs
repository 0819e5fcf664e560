//! `load`, `loadfile`, `dofile`: texts that become functions while the program runs.

use super::args::{Args, Text};
use super::os::os_text;
use super::{Raised, io};
use crate::compile::{self, Setting};
use crate::heap::OutOfMemory;
use crate::syntax;
use crate::value::{BUILTIN, FUNCTION, NIL, NOTHING, Str, Tagged, bytes_of};
use crate::vm::Lua;
use offramp::Headroom;
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;

type Answers = Result<(), Raised>;

/// What a chunk is called by whoever loads it; what messages call it follows from that.
#[derive(Clone, Debug)]
pub(super) enum Name {
    /// A file's.
    File(Vec<u8>),
    /// What messages have as it is.
    Plain(Vec<u8>),
    /// The text itself.
    Text(Vec<u8>),
}

impl Name {
    /// The name that a program gives: its first byte says what it is.
    fn given(name: &[u8]) -> Name {
        match name {
            [b'@', file @ ..] => Name::File(file.to_vec()),
            [b'=', plain @ ..] => Name::Plain(plain.to_vec()),
            text => Name::Text(text.to_vec()),
        }
    }

    /// As messages have it, of 59 bytes at most, as in lua5.4.
    fn shown(&self) -> String {
        const MOST: usize = 59;
        // `[string "`, `..."]` and the end of it.
        const TEXT: usize = 45;
        let shown: Cow<'_, [u8]> = match self {
            Name::Plain(plain) => plain[..plain.len().min(MOST)].into(),
            Name::File(file) if file.len() <= MOST => file.into(),
            Name::File(file) => [b"...", &file[file.len() - (MOST - 3)..]].concat().into(),
            Name::Text(text) => {
                let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
                let is_whole = line.len() == text.len() && text.len() < TEXT;
                let (part, rest): (_, &[u8]) = match is_whole {
                    true => (line, b""),
                    false => (&line[..line.len().min(TEXT)], b"..."),
                };
                [b"[string \"", part, rest, b"\"]"].concat().into()
            }
        };
        let end = shown.iter().position(|&byte| byte == 0);
        String::from_utf8_lossy(&shown[..end.unwrap_or(shown.len())]).into_owned()
    }
}

/// A text to be loaded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) text: &'a [u8],
    pub(super) name: &'a Name,
    /// Which kinds of chunks are loaded: `t`, `b`, `bt`.
    pub(super) mode: &'a [u8],
    /// What its globals are fields of, if not of those of the state.
    pub(super) env: Option<Tagged>,
}

/// The function that a text is, or what is wrong with it.
///
/// # Errors
/// If there is no memory for it.
pub(super) fn function_of(
    lua: &mut Lua<'_, '_>,
    source: Source<'_>,
) -> Result<Result<Tagged, String>, Raised> {
    let is_binary = source.text.first() == Some(&0x1b);
    let (kind, letter) = match is_binary {
        true => ("binary", b'b'),
        false => ("text", b't'),
    };
    if !source.mode.contains(&letter) {
        let mode = String::from_utf8_lossy(source.mode);
        return Ok(Err(format!(
            "attempt to load a {kind} chunk (mode is '{mode}')"
        )));
    }
    let name = source.name.shown();
    if is_binary {
        let message = format!("{name}: bad binary format (Moonlet has none)");
        return Ok(Err(message));
    }
    // A value that is the state's globals is no other than none.
    let env = source.env.filter(|env| !lua.is_globals(*env));
    let text = syntax::Text {
        source: source.text,
        name: &name,
        is_file: matches!(source.name, Name::File(_)),
    };
    let chunk = match lua.program().known(&text, env.is_some()) {
        Some(known) => known,
        None => {
            if Headroom::hold(compile::memory_for(source.text)).is_none() {
                return Err(Raised::Memory);
            }
            let setting = Setting {
                constants: lua.program().constants.items().len(),
                has_env: env.is_some(),
            };
            match compile::compile_for(&text, setting) {
                Ok(chunk) => lua.load(&text, chunk)?,
                Err(error) => return Ok(Err(error.message)),
            }
        }
    };
    let program = lua.program();
    let function = lua.with_memory(|heap| program.main_function(chunk, env, heap))?;
    Ok(Ok(Tagged::reference(function)))
}

/// Pushes a function, or nil and what is wrong.
fn push(
    lua: &mut Lua<'_, '_>,
    loaded: Result<Tagged, String>,
    results: &mut Vec<Tagged>,
) -> Answers {
    match loaded {
        Ok(function) => results.push(function),
        Err(message) => {
            let message = lua.string(message.as_bytes())?;
            results.extend([NOTHING, message]);
        }
    }
    Ok(())
}

pub(super) fn load(lua: &mut Lua<'_, '_>, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let checked = Args::new("load", args);
    let mode = checked.text_or(3, "bt")?;
    let env = args.get(3).copied();
    let text = Text::of(checked.get(1));
    let given = match checked.get(2).tag() {
        NIL => None,
        _ => Some(Name::given(&checked.text(2)?)),
    };
    if let Some(text) = text {
        let name = given.unwrap_or_else(|| Name::given(&text));
        let source = Source {
            text: &text,
            name: &name,
            mode: &mode,
            env,
        };
        let loaded = function_of(lua, source)?;
        return push(lua, loaded, results);
    }
    let reader = checked.get(1);
    if !matches!(reader.tag(), FUNCTION | BUILTIN) {
        return Err(checked.expected(1, "function"));
    }
    let mut text = Vec::new();
    loop {
        let piece = match lua.call_one(reader, &[]) {
            Ok(piece) => piece,
            Err(raised) => {
                results.extend([NOTHING, lua.caught(raised, 1)?]);
                return Ok(());
            }
        };
        match Text::of(piece) {
            Some(piece) if piece.is_empty() => break,
            Some(piece) => {
                text.try_reserve(piece.len()).map_err(|_| OutOfMemory)?;
                text.extend_from_slice(&piece);
            }
            None if piece.tag() == NIL => break,
            None => {
                let place = lua.place();
                let wrong = Err(format!("{place}reader function must return a string"));
                return push(lua, wrong, results);
            }
        }
    }
    let name = given.unwrap_or_else(|| Name::Plain(b"(load)".to_vec()));
    let source = Source {
        text: &text,
        name: &name,
        mode: &mode,
        env,
    };
    let loaded = function_of(lua, source)?;
    push(lua, loaded, results)
}

/// The function that a file's text is, or what is wrong with it. Without a name, standard input's.
///
/// # Errors
/// If there is no memory for it.
pub(super) fn function_of_file(
    lua: &mut Lua<'_, '_>,
    file: Option<&[u8]>,
    mode: &[u8],
    env: Option<Tagged>,
) -> Result<Result<Tagged, String>, Raised> {
    let mut text = Vec::new();
    let (read, name) = match file {
        Some(file) => {
            let shown = String::from_utf8_lossy(file);
            match File::open(os_text(file)) {
                Ok(mut opened) => (opened.read_to_end(&mut text), Name::File(file.to_vec())),
                Err(error) => {
                    let error = io::described(&error);
                    return Ok(Err(format!("cannot open {shown}: {error}")));
                }
            }
        }
        None => {
            let read = std::io::stdin().read_to_end(&mut text);
            (read, Name::Plain(b"stdin".to_vec()))
        }
    };
    if let Err(error) = read {
        let shown = String::from_utf8_lossy(file.unwrap_or(b"stdin"));
        let error = io::described(&error);
        return Ok(Err(format!("cannot read {shown}: {error}")));
    }
    let source = Source {
        text: &text,
        name: &name,
        mode,
        env,
    };
    function_of(lua, source)
}

pub(super) fn loadfile(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let checked = Args::new("loadfile", args);
    let file = file_name(&checked)?;
    let mode = checked.text_or(2, "bt")?;
    let loaded = function_of_file(lua, file.as_deref(), &mode, args.get(2).copied())?;
    push(lua, loaded, results)
}

pub(super) fn dofile(lua: &mut Lua<'_, '_>, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let file = file_name(&Args::new("dofile", args))?;
    match function_of_file(lua, file.as_deref(), b"bt", None)? {
        Ok(function) => {
            let returned = lua.call(function, &[])?;
            lua.push_returned(results, &returned)
        }
        Err(message) => Err(Raised::plain(message)),
    }
}

fn file_name(args: &Args<'_>) -> Result<Option<Text>, Raised> {
    match args.get(1).tag() {
        NIL => Ok(None),
        _ => args.text(1).map(Some),
    }
}

/// Whether a value is a string or a number, as text.
pub(super) fn text_of(value: Tagged) -> Option<Vec<u8>> {
    match value.as_reference::<Str>() {
        Some(text) => Some(bytes_of(&text).to_vec()),
        None => Text::of(value).map(|text| text.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn names_are_shown_as_lua_shows_them() {
        let shown = |name: &str| Name::given(name.as_bytes()).shown();
        assert_eq!(shown("=x"), "x");
        assert_eq!(shown("@x.lua"), "x.lua");
        assert_eq!(shown("return 1"), "[string \"return 1\"]");
        assert_eq!(shown("a\nb"), "[string \"a...\"]");
        assert_eq!(
            shown(&"x".repeat(44)),
            format!("[string \"{}\"]", "x".repeat(44))
        );
        let long = format!("[string \"{}...\"]", "x".repeat(45));
        assert_eq!(shown(&"x".repeat(45)), long);
        assert_eq!(shown(&format!("={}", "x".repeat(70))), "x".repeat(59));
        let file = format!("@{}/end.lua", "d".repeat(70));
        let end = format!("...{}/end.lua", "d".repeat(48));
        assert_eq!(shown(&file), end);
    }
}
