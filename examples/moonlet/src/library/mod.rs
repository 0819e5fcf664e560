//! The library: functions of the host that programs call.
//!
//! A builtin is a value of tag [`BUILTIN`] whose payload is its
//! [`BuiltinId`]. Builtins never collect garbage and never run Lua functions, so tables' metamethods
//! are not used by them: `table.insert` and the like work on the tables themselves. What Lua 5.4
//! has and Moonlet does not raises an error that says so.
//!
//! A builtin that finds no memory is called once more after a collection. So it asks for all the
//! memory it needs before it changes anything.

mod args;
mod base;
pub mod format;
mod io;
mod math;
mod os;
mod string;
mod table;
#[cfg(test)]
mod tests;

pub use base::{knows_metamethods, set_metatable};
pub use string::substring;

use crate::heap::{Heap, OutOfMemory};
use crate::host::Host;
use crate::value::BUILTIN;
use crate::value::Tagged;
use offramp::Headroom;
use std::borrow::Cow;

/// A builtin that pushes its answers.
pub type General = fn(&mut Host, &[Tagged], &mut Vec<Tagged>) -> Result<(), Raised>;

/// How a builtin is called.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// One answer; neither allocates nor writes tables.
    Pure(fn(&Host, &[Tagged]) -> Result<Tagged, Raised>),
    /// One answer.
    Simple(fn(&mut Host, &[Tagged]) -> Result<Tagged, Raised>),
    /// Any number of answers, which it pushes.
    General(General),
}

/// A function of the library.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Where it is found, `string.sub`; the name in messages if the caller has none.
    pub name: &'static str,
    /// How it is called.
    pub run: Run,
}

/// An error that a builtin raises.
#[derive(Clone, Debug)]
pub enum Raised {
    /// A message that gets the caller's position.
    Message(String),
    /// An argument is bad. The name is the builtin's; where the call has a name for it, that is
    /// used in its place.
    Argument {
        /// The builtin's name.
        name: &'static str,
        /// The argument, counted from 1.
        number: usize,
        /// What is wrong with it.
        what: String,
    },
    /// Any value, as it is.
    Value(Tagged),
    /// A message that gets the position of a function so many levels up.
    Level {
        /// The message.
        message: Vec<u8>,
        /// 1 is the caller; with 0 it gets none.
        level: i64,
    },
    /// There is no memory for what it does. It has changed nothing then.
    Memory,
}

impl From<OutOfMemory> for Raised {
    fn from(_: OutOfMemory) -> Raised {
        Raised::Memory
    }
}

impl Raised {
    fn missing(name: &str) -> Raised {
        Raised::Message(format!("Moonlet does not have {name} yet"))
    }

    /// A message without a position.
    fn plain(message: impl Into<Vec<u8>>) -> Raised {
        Raised::Level {
            message: message.into(),
            level: 0,
        }
    }

    /// The text of [`Raised::Argument`] where the call names the function, or does not. Of a
    /// method call, the receiver does not count.
    pub fn argument(
        called: Option<&str>,
        method: bool,
        name: &str,
        number: usize,
        what: &str,
    ) -> String {
        let name = called.unwrap_or(name);
        match (method, number) {
            (true, 1) => format!("calling '{name}' on bad self ({what})"),
            _ => format!(
                "bad argument #{} to '{name}' ({what})",
                number - usize::from(method)
            ),
        }
    }
}

macro_rules! builtins {
    (
        known { $($id:ident $name:literal = $kind:ident($run:expr);)* }
        missing { $($missing:ident $what:literal;)* }
    ) => {
        /// The builtins, by number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum BuiltinId {
            $(#[doc = concat!("`", $name, "`")] $id,)*
            $(#[doc = concat!("`", $what, "`, which Moonlet does not have yet")] $missing,)*
        }

        /// The builtins: [`BuiltinId`] is the index.
        pub static BUILTINS: &[Builtin] = &[
            $(Builtin { name: $name, run: Run::$kind($run) },)*
            $(Builtin {
                name: $what,
                run: Run::General(|_, _, _| Err(Raised::missing($what))),
            },)*
        ];
    };
}

builtins! {
    known {
    Print "print" = General(base::print);
    Type "type" = Pure(base::type_of);
    Tostring "tostring" = Simple(base::tostring);
    Tonumber "tonumber" = Pure(base::tonumber);
    Assert "assert" = General(base::assert);
    Error "error" = General(base::error);
    Pcall "pcall" = General(|_, _, _| Err(Raised::missing("pcall without a call")));
    Select "select" = General(base::select);
    Rawequal "rawequal" = Pure(base::rawequal);
    Rawlen "rawlen" = Pure(base::rawlen);
    Rawget "rawget" = Pure(base::rawget);
    Rawset "rawset" = Simple(base::rawset);
    Setmetatable "setmetatable" = Simple(base::setmetatable);
    Getmetatable "getmetatable" = Pure(base::getmetatable);
    Next "next" = General(base::next);
    Pairs "pairs" = General(base::pairs);
    Ipairs "ipairs" = General(base::ipairs);
    IpairsStep "" = General(base::ipairs_step);
    Collectgarbage "collectgarbage" = Simple(base::collectgarbage);

    MathAbs "math.abs" = Pure(math::abs);
    MathAcos "math.acos" = Pure(math::acos);
    MathAsin "math.asin" = Pure(math::asin);
    MathAtan "math.atan" = Pure(math::atan);
    MathCeil "math.ceil" = Pure(math::ceil);
    MathCos "math.cos" = Pure(math::cos);
    MathDeg "math.deg" = Pure(math::deg);
    MathExp "math.exp" = Pure(math::exp);
    MathFloor "math.floor" = Pure(math::floor);
    MathFmod "math.fmod" = Pure(math::fmod);
    MathLog "math.log" = Pure(math::log);
    MathMax "math.max" = Pure(math::max);
    MathMin "math.min" = Pure(math::min);
    MathModf "math.modf" = General(math::modf);
    MathRad "math.rad" = Pure(math::rad);
    MathSin "math.sin" = Pure(math::sin);
    MathSqrt "math.sqrt" = Pure(math::sqrt);
    MathTan "math.tan" = Pure(math::tan);
    MathTointeger "math.tointeger" = Pure(math::tointeger);
    MathType "math.type" = Pure(math::type_of);
    MathUlt "math.ult" = Pure(math::ult);

    StringByte "string.byte" = General(string::byte);
    StringChar "string.char" = Simple(string::char);
    StringFormat "string.format" = Simple(format::format);
    StringLen "string.len" = Pure(string::len);
    StringLower "string.lower" = Simple(string::lower);
    StringRep "string.rep" = Simple(string::rep);
    StringReverse "string.reverse" = Simple(string::reverse);
    StringSub "string.sub" = Simple(string::sub);
    StringUpper "string.upper" = Simple(string::upper);

    TableConcat "table.concat" = Simple(table::concat);
    TableInsert "table.insert" = General(table::insert);
    TablePack "table.pack" = Simple(table::pack);
    TableRemove "table.remove" = Simple(table::remove);
    TableUnpack "table.unpack" = General(table::unpack);

    OsClock "os.clock" = Pure(os::clock);
    OsDifftime "os.difftime" = Pure(os::difftime);
    OsGetenv "os.getenv" = Simple(os::getenv);
    OsTime "os.time" = Pure(os::time);

    IoClose "io.close" = General(io::close);
    IoFlush "io.flush" = General(io::flush);
    IoType "io.type" = General(io::type_of);
    IoWrite "io.write" = General(io::write);
    FileClose "io.stdout.close" = General(io::file_close);
    FileFlush "io.stdout.flush" = General(io::file_flush);
    FileSetvbuf "io.stdout.setvbuf" = General(io::file_setvbuf);
    FileWrite "io.stdout.write" = General(io::file_write);
    }
    missing {
    Dofile "dofile";
    Load "load";
    Loadfile "loadfile";
    Require "require";
    Warn "warn";
    Xpcall "xpcall";
    CoroutineClose "coroutine.close";
    CoroutineCreate "coroutine.create";
    CoroutineIsyieldable "coroutine.isyieldable";
    CoroutineResume "coroutine.resume";
    CoroutineRunning "coroutine.running";
    CoroutineStatus "coroutine.status";
    CoroutineWrap "coroutine.wrap";
    CoroutineYield "coroutine.yield";
    DebugDebug "debug.debug";
    DebugGethook "debug.gethook";
    DebugGetinfo "debug.getinfo";
    DebugGetlocal "debug.getlocal";
    DebugGetmetatable "debug.getmetatable";
    DebugGetregistry "debug.getregistry";
    DebugGetupvalue "debug.getupvalue";
    DebugGetuservalue "debug.getuservalue";
    DebugSetcstacklimit "debug.setcstacklimit";
    DebugSethook "debug.sethook";
    DebugSetlocal "debug.setlocal";
    DebugSetmetatable "debug.setmetatable";
    DebugSetupvalue "debug.setupvalue";
    DebugSetuservalue "debug.setuservalue";
    DebugTraceback "debug.traceback";
    DebugUpvalueid "debug.upvalueid";
    DebugUpvaluejoin "debug.upvaluejoin";
    IoInput "io.input";
    IoLines "io.lines";
    IoOpen "io.open";
    IoOutput "io.output";
    IoPopen "io.popen";
    IoRead "io.read";
    IoTmpfile "io.tmpfile";
    MathRandom "math.random";
    MathRandomseed "math.randomseed";
    OsDate "os.date";
    OsExecute "os.execute";
    OsExit "os.exit";
    OsRemove "os.remove";
    OsRename "os.rename";
    OsSetlocale "os.setlocale";
    OsTmpname "os.tmpname";
    PackageLoadlib "package.loadlib";
    PackageSearchpath "package.searchpath";
    StringDump "string.dump";
    StringFind "string.find";
    StringGmatch "string.gmatch";
    StringGsub "string.gsub";
    StringMatch "string.match";
    StringPack "string.pack";
    StringPacksize "string.packsize";
    StringUnpack "string.unpack";
    TableMove "table.move";
    TableSort "table.sort";
    Utf8Char "utf8.char";
    Utf8Codepoint "utf8.codepoint";
    Utf8Codes "utf8.codes";
    Utf8Len "utf8.len";
    Utf8Offset "utf8.offset";
    }
}

impl BuiltinId {
    /// The function, as a value.
    pub const fn value(self) -> Tagged {
        Tagged::int(BUILTIN, self as i64)
    }
}

/// The address that programs see of the builtin of this number, no other object's.
pub(crate) fn address(id: i64) -> usize {
    std::ptr::from_ref(&BUILTINS[id as usize]).addr()
}

/// Pushes `values`, if there is memory for them.
pub(crate) fn push_all(
    heap: &Heap,
    results: &mut Vec<Tagged>,
    values: impl ExactSizeIterator<Item = Tagged>,
) -> Result<(), OutOfMemory> {
    let more = values.len();
    let bytes = more * size_of::<Tagged>();
    (heap.memory).system(bytes, || results.try_reserve(more).ok())?;
    results.extend(values);
    Ok(())
}

/// A program's string as messages show it. They are put together in a few steps that cannot fail.
///
/// # Errors
/// If there is no memory for that.
pub(crate) fn shown(bytes: &[u8]) -> Result<Cow<'_, str>, OutOfMemory> {
    // As text, in what is wrong, with the function's name, with the position, as it is shown.
    let copies = 5 * bytes.len();
    match bytes.len() > SHOWN && Headroom::hold(copies).is_none() {
        true => Err(OutOfMemory),
        false => Ok(String::from_utf8_lossy(bytes)),
    }
}

/// Strings up to this length are shown without a look at what memory is left.
const SHOWN: usize = 64 << 10;

/// A copy of bytes that may be many.
fn copy(heap: &Heap, bytes: &[u8]) -> Result<Vec<u8>, Raised> {
    let mut copy = heap.memory.list(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// Fills the globals and the table of strings' methods.
///
/// # Errors
/// If there is no memory for them.
pub fn install(host: &mut Host) -> Result<(), OutOfMemory> {
    let Host {
        heap,
        globals,
        strings,
        stdout,
        stderr,
        ..
    } = host;
    let files = [("stdout", *stdout), ("stderr", *stderr)];
    let name = |text: &str| heap.string(text.as_bytes());
    let set = |table: offramp::Reference<crate::value::Table>, key: &str, value: Tagged| {
        table.set_str(heap, name(key)?, value)
    };
    set(*globals, "string", Tagged::reference(*strings))?;
    set(*globals, "_G", Tagged::reference(*globals))?;
    let version = Tagged::reference(name("Lua 5.4")?);
    set(*globals, "_VERSION", version)?;
    for (id, builtin) in BUILTINS.iter().enumerate() {
        let value = Tagged::int(BUILTIN, id as i64);
        let mut table = *globals;
        let mut path = builtin.name.split('.').peekable();
        while let Some(part) = path.next() {
            if path.peek().is_none() {
                if !part.is_empty() {
                    set(table, part, value)?;
                }
                break;
            }
            table = match table.get_str(heap, name(part)?).as_reference() {
                Some(known) => known,
                None => {
                    let new = match files.iter().find(|(name, _)| *name == part) {
                        Some((_, file)) => *file,
                        None => heap.table(0, 8)?,
                    };
                    set(table, part, Tagged::reference(new))?;
                    new
                }
            };
        }
    }
    // The methods of files are the same functions for both.
    if let Some(io) = globals.get_str(heap, name("io")?).as_reference() {
        set(io, "stderr", Tagged::reference(*stderr))?;
    }
    for method in ["close", "flush", "setvbuf", "write"] {
        set(*stderr, method, stdout.get_str(heap, name(method)?))?;
    }
    if let Some(math) = globals.get_str(heap, name("math")?).as_reference() {
        for (key, value) in math::constants() {
            set(math, key, value)?;
        }
    }
    let pattern = Tagged::reference(heap.string(b"[\0-\x7F\xC2-\xFD][\x80-\xBF]*")?);
    if let Some(utf8) = globals.get_str(heap, name("utf8")?).as_reference() {
        set(utf8, "charpattern", pattern)?;
    }
    Ok(())
}
