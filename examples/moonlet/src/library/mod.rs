//! The library: functions of the host that programs call.
//!
//! A builtin is a value of tag [`BUILTIN`] whose payload is its
//! [`BuiltinId`]. What Lua 5.4 has and Moonlet does not raises an error that says so.
//!
//! Most builtins never collect garbage and never run the program. One of those that finds no memory is called
//! once more after a collection, so it asks for all the memory it needs before it changes anything.
//!
//! Those that call functions ([`Run::Calling`]) get a [`Lua`], by which they may do both. Functions of
//! `table` have two forms ([`Run::OnItems`]), as most tables have no metamethods, and so have `tostring` and
//! its like ([`Run::OnPlain`]).

mod args;
mod base;
mod calendar;
mod coroutine;
mod debug;
pub mod format;
mod io;
mod load;
mod matching;
mod math;
mod os;
mod pack;
mod package;
mod pattern;
mod random;
mod reading;
mod sort;
mod string;
mod table;
#[cfg(test)]
mod tests;
mod utf8;

pub(crate) use base::Tuning;
pub use base::set_metatable;
pub(crate) use base::write;
pub(crate) use math::is_less;
pub(crate) use package::Package;
pub(crate) use random::Random;
pub(crate) use string::operator;
pub use string::substring;

use crate::event::Event;
use crate::heap::{Heap, OutOfMemory};
use crate::host::Host;
use crate::value::Tagged;
use crate::value::{BUILTIN, MOST_BUILTINS};
use crate::vm::Lua;
use crate::vm::Throw;
use offramp::Headroom;
use std::borrow::Cow;

/// A builtin that pushes its answers.
pub type General = fn(&mut Host, &[Tagged], &mut Vec<Tagged>) -> Result<(), Raised>;

/// A builtin that pushes its answers and may call functions of the program.
pub(crate) type Calling = fn(&mut Lua<'_, '_>, &[Tagged], &mut Vec<Tagged>) -> Result<(), Raised>;

/// How a builtin is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Run {
    /// One answer; neither allocates nor writes tables.
    Pure(fn(&Host, &[Tagged]) -> Result<Tagged, Raised>),
    /// One answer.
    Simple(fn(&mut Host, &[Tagged]) -> Result<Tagged, Raised>),
    /// Any number of answers, which it pushes.
    General(General),
    /// The same, and it may call functions of the program.
    Calling(Calling),
    /// As the first says if its first argument is a table without metamethods for items, otherwise as the
    /// second does.
    OnItems(&'static Run, Calling),
    /// As the first says if no argument is a table with a metatable or a file, otherwise as the second does.
    OnPlain(&'static Run, Calling),
}

/// A function of the library.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Builtin {
    /// Where it is found, `string.sub`; the name in messages if the caller has none.
    pub(crate) name: &'static str,
    /// How it is called.
    pub(crate) run: Run,
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
    /// The same of one that has the wrong type, if there is one.
    Type {
        /// The builtin's name.
        name: &'static str,
        /// The argument, counted from 1.
        number: usize,
        /// The type that it should have.
        wanted: String,
        /// The argument.
        got: Option<Tagged>,
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
    /// A function that it called has failed; the error is [`Host::raised`].
    Failed(Throw),
    /// The program ends here, with this status.
    Exit(i32),
}

impl From<OutOfMemory> for Raised {
    fn from(_: OutOfMemory) -> Raised {
        Raised::Memory
    }
}

impl Raised {
    pub(crate) fn missing(name: &str) -> Raised {
        Raised::Message(format!("Moonlet does not have {name} yet"))
    }

    /// A message without a position.
    pub(crate) fn plain(message: impl Into<Vec<u8>>) -> Raised {
        Raised::Level {
            message: message.into(),
            level: 0,
        }
    }

    /// The same in words that need no object.
    pub(crate) fn described(self, host: &Host) -> Raised {
        let Raised::Type {
            name,
            number,
            wanted,
            got,
        } = self
        else {
            return self;
        };
        let got = got.map_or("no value".into(), |got| host.type_name(got));
        Raised::Argument {
            name,
            number,
            what: format!("{wanted} expected, got {got}"),
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
        known { $($id:ident $name:literal = $kind:ident($($run:expr),*);)* }
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
        pub(crate) static BUILTINS: &[Builtin] = &[
            $(Builtin { name: $name, run: Run::$kind($($run),*) },)*
            $(Builtin {
                name: $what,
                run: Run::General(|_, _, _| Err(Raised::missing($what))),
            },)*
        ];
    };
}

builtins! {
    known {
    Print "print" = OnPlain(&Run::General(base::print), base::print_by);
    Type "type" = Pure(base::type_of);
    Tostring "tostring" = OnPlain(&Run::Simple(base::tostring), base::tostring_by);
    Tonumber "tonumber" = Pure(base::tonumber);
    Assert "assert" = General(base::assert);
    Error "error" = General(base::error);
    // `vm::acts` knows it by its number.
    Pcall "pcall" = Calling(|_, _, _| Err(Raised::missing("pcall without a call")));
    Select "select" = General(base::select);
    Rawequal "rawequal" = Pure(base::rawequal);
    Rawlen "rawlen" = Pure(base::rawlen);
    Rawget "rawget" = Pure(base::rawget);
    Rawset "rawset" = Simple(base::rawset);
    Setmetatable "setmetatable" = Simple(base::setmetatable);
    Getmetatable "getmetatable" = Pure(base::getmetatable);
    Next "next" = General(base::next);
    Pairs "pairs" = OnPlain(&Run::General(base::pairs), base::pairs_by);
    Ipairs "ipairs" = General(base::ipairs);
    IpairsStep "" = OnItems(&Run::General(base::ipairs_step), base::ipairs_step_by);
    Collectgarbage "collectgarbage" = Calling(base::collectgarbage);
    Warn "warn" = General(base::warn);
    Load "load" = Calling(load::load);
    Loadfile "loadfile" = Calling(load::loadfile);
    Dofile "dofile" = Calling(load::dofile);
    Require "require" = Calling(package::require);

    PackageLoadlib "package.loadlib" = General(package::loadlib);
    PackageSearchpath "package.searchpath" = General(package::searchpath);
    SearcherPreload "" = Calling(package::searcher_preload);
    SearcherLua "" = Calling(package::searcher_lua);
    SearcherC "" = Calling(package::searcher_c);
    SearcherRoot "" = Calling(package::searcher_root);

    CoroutineClose "coroutine.close" = General(coroutine::close);
    CoroutineCreate "coroutine.create" = Simple(coroutine::create);
    CoroutineIsyieldable "coroutine.isyieldable" = Pure(coroutine::isyieldable);
    CoroutineRunning "coroutine.running" = General(coroutine::running);
    CoroutineStatus "coroutine.status" = Simple(coroutine::status);
    CoroutineWrap "coroutine.wrap" = Simple(coroutine::wrap);

    MathAbs "math.abs" = Pure(math::abs);
    MathAcos "math.acos" = Pure(math::acos);
    MathAsin "math.asin" = Pure(math::asin);
    MathAtan "math.atan" = Pure(math::atan);
    MathAtan2 "math.atan2" = Pure(math::atan);
    MathCeil "math.ceil" = Pure(math::ceil);
    MathCos "math.cos" = Pure(math::cos);
    MathCosh "math.cosh" = Pure(math::cosh);
    MathDeg "math.deg" = Pure(math::deg);
    MathExp "math.exp" = Pure(math::exp);
    MathFloor "math.floor" = Pure(math::floor);
    MathFmod "math.fmod" = Pure(math::fmod);
    MathFrexp "math.frexp" = General(math::frexp);
    MathLdexp "math.ldexp" = Pure(math::ldexp);
    MathLog "math.log" = Pure(math::log);
    MathLog10 "math.log10" = Pure(math::log10);
    MathMax "math.max" = OnPlain(&Run::Pure(math::max), math::max_by);
    MathMin "math.min" = OnPlain(&Run::Pure(math::min), math::min_by);
    MathModf "math.modf" = General(math::modf);
    MathPow "math.pow" = Pure(math::pow);
    MathRad "math.rad" = Pure(math::rad);
    MathRandom "math.random" = Pure(random::random);
    MathRandomseed "math.randomseed" = General(random::randomseed);
    MathSin "math.sin" = Pure(math::sin);
    MathSinh "math.sinh" = Pure(math::sinh);
    MathSqrt "math.sqrt" = Pure(math::sqrt);
    MathTan "math.tan" = Pure(math::tan);
    MathTanh "math.tanh" = Pure(math::tanh);
    MathTointeger "math.tointeger" = Pure(math::tointeger);
    MathType "math.type" = Pure(math::type_of);
    MathUlt "math.ult" = Pure(math::ult);

    StringByte "string.byte" = General(string::byte);
    StringChar "string.char" = Simple(string::char);
    StringDump "string.dump" = Pure(string::dump);
    StringFind "string.find" = General(matching::find);
    StringFormat "string.format" = OnPlain(&Run::Simple(format::format), format::format_by);
    StringGmatch "string.gmatch" = Simple(matching::gmatch);
    GmatchStep "" = General(matching::gmatch_step);
    StringGsub "string.gsub" = Calling(matching::gsub);
    StringLen "string.len" = Pure(string::len);
    StringLower "string.lower" = Simple(string::lower);
    StringMatch "string.match" = General(matching::match_in);
    StringPack "string.pack" = Simple(pack::pack);
    StringPacksize "string.packsize" = Pure(pack::packsize);
    StringRep "string.rep" = Simple(string::rep);
    StringReverse "string.reverse" = Simple(string::reverse);
    StringSub "string.sub" = Simple(string::sub);
    StringUnpack "string.unpack" = General(pack::unpack);
    StringUpper "string.upper" = Simple(string::upper);

    TableConcat "table.concat" = OnItems(&Run::Simple(table::concat), table::concat_by);
    TableInsert "table.insert" = OnItems(&Run::General(table::insert), table::insert_by);
    TableMove "table.move" = Calling(table::move_items);
    TablePack "table.pack" = Simple(table::pack);
    TableRemove "table.remove" = OnItems(&Run::Simple(table::remove), table::remove_by);
    TableSort "table.sort" = Calling(table::sort);
    TableUnpack "table.unpack" = OnItems(&Run::General(table::unpack), table::unpack_by);

    OsClock "os.clock" = Pure(os::clock);
    OsDate "os.date" = Simple(os::date);
    OsDifftime "os.difftime" = Pure(os::difftime);
    OsExecute "os.execute" = General(os::execute);
    OsExit "os.exit" = General(os::exit);
    OsGetenv "os.getenv" = Simple(os::getenv);
    OsRemove "os.remove" = General(os::remove);
    OsRename "os.rename" = General(os::rename);
    OsSetlocale "os.setlocale" = Simple(os::setlocale);
    OsTime "os.time" = Simple(os::time);
    OsTmpname "os.tmpname" = Simple(os::tmpname);

    Utf8Char "utf8.char" = Simple(utf8::char);
    Utf8Codepoint "utf8.codepoint" = General(utf8::codepoint);
    Utf8Codes "utf8.codes" = General(utf8::codes);
    Utf8Len "utf8.len" = General(utf8::len);
    Utf8Offset "utf8.offset" = Pure(utf8::offset);
    Utf8Step "" = General(utf8::step);
    Utf8LaxStep "" = General(utf8::lax_step);

    IoClose "io.close" = General(io::close);
    IoFlush "io.flush" = General(io::flush);
    IoInput "io.input" = Simple(io::input);
    IoLines "io.lines" = General(reading::lines);
    IoOpen "io.open" = General(io::open);
    IoOutput "io.output" = Simple(io::output);
    IoPopen "io.popen" = General(io::popen);
    IoRead "io.read" = General(reading::read);
    IoTmpfile "io.tmpfile" = General(io::tmpfile);
    IoType "io.type" = General(io::type_of);
    IoWrite "io.write" = General(io::write);
    FileClose "" = General(io::file_close);
    FileCollected "" = General(io::collected);
    FileFlush "" = General(io::file_flush);
    FileLines "" = Simple(reading::file_lines);
    FileRead "" = General(reading::file_read);
    FileSeek "" = General(io::file_seek);
    FileSetvbuf "" = General(io::file_setvbuf);
    FileTostring "" = Simple(io::tostring);
    FileWrite "" = General(io::file_write);
    LinesStep "" = General(reading::lines_step);
    StringPlus "" = Calling(|lua, args, results| string::operate(lua, args, results, Event::Add));
    StringMinus "" = Calling(|lua, args, results| string::operate(lua, args, results, Event::Sub));
    StringTimes "" = Calling(|lua, args, results| string::operate(lua, args, results, Event::Mul));
    StringOver "" = Calling(|lua, args, results| string::operate(lua, args, results, Event::Div));
    StringMod "" = Calling(|lua, args, results| string::operate(lua, args, results, Event::Mod));
    StringFloorDiv "" = Calling(|lua, args, results| string::operate(lua, args, results, Event::FloorDiv));
    StringPow "" = Calling(|lua, args, results| string::operate(lua, args, results, Event::Pow));
    StringNeg "" = Calling(|lua, args, results| string::operate(lua, args, results, Event::Neg));
    DebugGetmetatable "debug.getmetatable" = Pure(debug::getmetatable);
    DebugSetmetatable "debug.setmetatable" = Simple(debug::setmetatable);
    DebugGetinfo "debug.getinfo" = Calling(debug::getinfo);
    DebugTraceback "debug.traceback" = Calling(debug::traceback);
    }
    missing {
    DebugDebug "debug.debug";
    DebugGethook "debug.gethook";
    DebugGetlocal "debug.getlocal";
    DebugGetregistry "debug.getregistry";
    DebugGetupvalue "debug.getupvalue";
    DebugGetuservalue "debug.getuservalue";
    DebugSetcstacklimit "debug.setcstacklimit";
    DebugSethook "debug.sethook";
    DebugSetlocal "debug.setlocal";
    DebugSetupvalue "debug.setupvalue";
    DebugSetuservalue "debug.setuservalue";
    DebugUpvalueid "debug.upvalueid";
    DebugUpvaluejoin "debug.upvaluejoin";
    }
}

impl BuiltinId {
    /// The function, as a value.
    pub const fn value(self) -> Tagged {
        Tagged::int(BUILTIN, self as i64)
    }
}

const _: () = assert!(BUILTINS.len() <= MOST_BUILTINS);

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

pub(crate) use coroutine::install as install_coroutines;

/// Fills the globals and the table of strings' methods.
///
/// # Errors
/// If there is no memory for them.
pub fn install(host: &mut Host) -> Result<(), OutOfMemory> {
    let Host {
        heap,
        globals,
        strings,
        string_meta,
        files,
        names,
        package,
        ..
    } = host;
    let name = |text: &str| heap.string(text.as_bytes());
    let set = |table: offramp::Reference<crate::value::Table>, key: &str, value: Tagged| {
        table.set_str(heap, name(key)?, value)
    };
    set(*globals, "string", Tagged::reference(*strings))?;
    set(*globals, "_G", Tagged::reference(*globals))?;
    set(*globals, "package", Tagged::reference(package.package))?;
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
                    let new = heap.table(0, 8)?;
                    set(table, part, Tagged::reference(new))?;
                    new
                }
            };
        }
    }
    if let Some(io) = globals.get_str(heap, name("io")?).as_reference() {
        set(io, "stdin", Tagged::reference(files.stdin))?;
        set(io, "stdout", Tagged::reference(files.stdout))?;
        set(io, "stderr", Tagged::reference(files.stderr))?;
    }
    for (method, id) in io::METHODS {
        set(files.methods, method, id.value())?;
    }
    // The first field: see `vm::field`.
    let methods = Tagged::reference(files.methods);
    files.meta.set_str(heap, names[Event::Index], methods)?;
    for (metamethod, id) in io::METAMETHODS {
        set(files.meta, metamethod, id.value())?;
    }
    let kind = Tagged::reference(name("FILE*")?);
    files.meta.set_str(heap, names[Event::Name], kind)?;
    for (event, id) in string::OPERATORS {
        string_meta.set_str(heap, names[event], id.value())?;
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
    package::install(host)
}
