//! `require` and `package`: how modules are found.
//!
//! What programs may change is read each time, as in lua5.4: `package.path`, `package.cpath` and
//! `package.searchers`. `package.loaded` and `package.preload` are those that there were in the
//! beginning. Modules in C are looked for, so that messages list the same places, and are not
//! loaded.

use super::args::Args;
use super::load::{function_of_file, text_of};
use super::os::os_text;
use super::{BuiltinId, Raised};
use crate::heap::{Heap, OutOfMemory};
use crate::host::Host;
use crate::value::{BUILTIN, FUNCTION, NIL, NOTHING, Str, Table, Tagged, is_true, truth};
use crate::vm::Lua;
use offramp::Reference;
use std::fs::File;

type Answers = Result<(), Raised>;

/// Tables of the library that modules have to do with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package {
    /// `package`
    pub(crate) package: Reference<Table>,
    /// `package.loaded`
    pub(crate) loaded: Reference<Table>,
    /// `package.preload`
    pub(crate) preload: Reference<Table>,
}

impl Package {
    /// The tables, empty.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub(crate) fn new(heap: &Heap) -> Result<Package, OutOfMemory> {
        Ok(Package {
            package: heap.table(0, 8)?,
            loaded: heap.table(0, 16)?,
            preload: heap.table(0, 0)?,
        })
    }
}

/// Where modules are looked for unless the environment says otherwise: as Debian's lua5.4 does.
const PATH: &str = "/usr/local/share/lua/5.4/?.lua;/usr/local/share/lua/5.4/?/init.lua;\
                    /usr/local/lib/lua/5.4/?.lua;/usr/local/lib/lua/5.4/?/init.lua;\
                    /usr/share/lua/5.4/?.lua;/usr/share/lua/5.4/?/init.lua;./?.lua;./?/init.lua";

/// The same of those in C.
const CPATH: &str = "/usr/local/lib/lua/5.4/?.so;/usr/lib/x86_64-linux-gnu/lua/5.4/?.so;\
                     /usr/lib/lua/5.4/?.so;/usr/local/lib/lua/5.4/loadall.so;./?.so";

/// Separators of directories and templates, what a template has in place of the name, and two more.
const CONFIG: &[u8] = b"/\n;\n?\n!\n-\n";

const SEARCHERS: [BuiltinId; 4] = [
    BuiltinId::SearcherPreload,
    BuiltinId::SearcherLua,
    BuiltinId::SearcherC,
    BuiltinId::SearcherRoot,
];

/// A path that the environment gives; `;;` in it stands for the usual one.
fn path_of(name: &str, usual: &str) -> Vec<u8> {
    let given = std::env::var_os(format!("{name}_5_4")).or_else(|| std::env::var_os(name));
    let Some(given) = given else {
        return usual.into();
    };
    let given = given.as_encoded_bytes();
    let Some(at) = given.windows(2).position(|pair| pair == b";;") else {
        return given.to_vec();
    };
    let (before, after) = (&given[..at], &given[at + 2..]);
    let mut path = before.to_vec();
    if !before.is_empty() {
        path.push(b';');
    }
    path.extend_from_slice(usual.as_bytes());
    if !after.is_empty() {
        path.push(b';');
        path.extend_from_slice(after);
    }
    path
}

/// Fills the tables; what is in the globals by now is loaded.
///
/// # Errors
/// If there is no memory for it.
pub(super) fn install(host: &Host) -> Result<(), OutOfMemory> {
    let heap = &host.heap;
    let Package {
        package,
        loaded,
        preload,
    } = host.package;
    let name = |text: &[u8]| heap.string(text);
    let text = |text: &[u8]| Ok(Tagged::reference(heap.string(text)?));
    let searchers = heap.table(4, 0)?;
    for (index, searcher) in (1..).zip(SEARCHERS) {
        searchers.set_int(heap, index, searcher.value())?;
    }
    let fields: [(&[u8], Tagged); 6] = [
        (b"path", text(&path_of("LUA_PATH", PATH))?),
        (b"cpath", text(&path_of("LUA_CPATH", CPATH))?),
        (b"config", text(CONFIG)?),
        (b"loaded", Tagged::reference(loaded)),
        (b"preload", Tagged::reference(preload)),
        (b"searchers", Tagged::reference(searchers)),
    ];
    for (key, value) in fields {
        package.set_str(heap, name(key)?, value)?;
    }
    let libraries = [
        "_G",
        "coroutine",
        "debug",
        "io",
        "math",
        "os",
        "package",
        "string",
        "table",
        "utf8",
    ];
    for library in libraries {
        let key = name(library.as_bytes())?;
        let value = host.globals.get_str(heap, key);
        if value.tag() != NIL {
            loaded.set_str(heap, key, value)?;
        }
    }
    Ok(())
}

pub(super) fn require(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let name = Args::new("require", args).text(1)?;
    let loaded = Tagged::reference(lua.host().package.loaded);
    let key = lua.string(&name)?;
    lua.hold(key);
    let known = lua.index(loaded, key)?;
    if is_true(known) {
        results.push(known);
        return Ok(());
    }
    let (loader, found) = find_loader(lua, &name, key)?;
    lua.hold(loader);
    lua.hold(found);
    let value = lua.call_one(loader, &[key, found])?;
    if value.tag() != NIL {
        lua.set_index(loaded, key, value)?;
    }
    let mut value = lua.index(loaded, key)?;
    if value.tag() == NIL {
        value = truth(true);
        lua.set_index(loaded, key, value)?;
    }
    results.extend([value, found]);
    Ok(())
}

/// What loads a module, and where it was found.
fn find_loader(
    lua: &mut Lua<'_, '_>,
    name: &[u8],
    key: Tagged,
) -> Result<(Tagged, Tagged), Raised> {
    let package = lua.host().package.package;
    let searchers = field(lua, package, b"searchers")?;
    let Some(searchers) = searchers.as_reference::<Table>() else {
        return Err(Raised::Message(
            "'package.searchers' must be a table".into(),
        ));
    };
    lua.hold(Tagged::reference(searchers));
    let mut message = Vec::new();
    for index in 1.. {
        let searcher = searchers.get_int(index);
        if searcher.tag() == NIL {
            break;
        }
        let found = lua.call(searcher, &[key])?;
        let [loader, place] = [0, 1].map(|at| found.get(at).copied().unwrap_or(NOTHING));
        if matches!(loader.tag(), FUNCTION | BUILTIN) {
            return Ok((loader, place));
        }
        if let Some(text) = text_of(loader) {
            message.extend_from_slice(b"\n\t");
            message.extend_from_slice(&text);
        }
    }
    let (name, message) = (lossy(name), lossy(&message));
    Err(Raised::Message(format!(
        "module '{name}' not found:{message}"
    )))
}

fn lossy(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A field of one of the library's tables.
fn field(lua: &mut Lua<'_, '_>, table: Reference<Table>, name: &[u8]) -> Result<Tagged, Raised> {
    let key = lua.string(name)?;
    lua.index(Tagged::reference(table), key)
}

/// The name of a module, which a searcher gets.
fn module(args: &[Tagged]) -> Result<Vec<u8>, Raised> {
    Ok(Args::new("?", args).text(1)?.to_vec())
}

pub(super) fn searcher_preload(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let name = module(args)?;
    let preload = lua.host().package.preload;
    let loader = field(lua, preload, &name)?;
    if loader.tag() == NIL {
        let message = format!("no field package.preload['{}']", lossy(&name));
        results.push(lua.string(message.as_bytes())?);
        return Ok(());
    }
    lua.hold(loader);
    let place = lua.string(b":preload:")?;
    results.extend([loader, place]);
    Ok(())
}

pub(super) fn searcher_lua(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let name = module(args)?;
    let Some(file) = find_file(lua, &name, "path", results)? else {
        return Ok(());
    };
    match function_of_file(lua, Some(&file), b"bt", None)? {
        Ok(loader) => {
            lua.hold(loader);
            let file = lua.string(&file)?;
            results.extend([loader, file]);
            Ok(())
        }
        Err(message) => Err(bad_module(&name, &file, &message)),
    }
}

fn bad_module(name: &[u8], file: &[u8], message: &str) -> Raised {
    let (name, file) = (lossy(name), lossy(file));
    Raised::Message(format!(
        "error loading module '{name}' from file '{file}':\n\t{message}"
    ))
}

const NO_C: &str = "Moonlet does not load modules in C";

pub(super) fn searcher_c(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let name = module(args)?;
    match find_file(lua, &name, "cpath", results)? {
        Some(file) => Err(bad_module(&name, &file, NO_C)),
        None => Ok(()),
    }
}

pub(super) fn searcher_root(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let name = module(args)?;
    let Some(dot) = name.iter().position(|&byte| byte == b'.') else {
        return Ok(());
    };
    match find_file(lua, &name[..dot], "cpath", results)? {
        Some(file) => Err(bad_module(&name, &file, NO_C)),
        None => Ok(()),
    }
}

/// The file of a module, by the templates in a field of `package`; without one, pushes which there
/// were not.
fn find_file(
    lua: &mut Lua<'_, '_>,
    name: &[u8],
    path: &str,
    results: &mut Vec<Tagged>,
) -> Result<Option<Vec<u8>>, Raised> {
    let package = lua.host().package.package;
    let templates = field(lua, package, path.as_bytes())?;
    let Some(templates) = text_of(templates) else {
        return Err(Raised::Message(format!(
            "'package.{path}' must be a string"
        )));
    };
    match search(name, &templates, b".", b"/") {
        Ok(file) => Ok(Some(file)),
        Err(message) => {
            results.push(lua.string(&message)?);
            Ok(None)
        }
    }
}

/// The first file that can be read, or which cannot.
fn search(name: &[u8], path: &[u8], separator: &[u8], with: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let name = match separator {
        [] => name.to_vec(),
        separator => replaced(name, separator, with),
    };
    let mut message = Vec::new();
    for template in path.split(|&byte| byte == b';') {
        let file = replaced(template, b"?", &name);
        if File::open(os_text(&file)).is_ok() {
            return Ok(file);
        }
        if !message.is_empty() {
            message.extend_from_slice(b"\n\t");
        }
        message.extend_from_slice(&[b"no file '", &file[..], b"'"].concat());
    }
    Err(message)
}

fn replaced(text: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut made = Vec::new();
    let mut rest = text;
    while let Some(&first) = rest.first() {
        match rest.strip_prefix(what) {
            Some(behind) => {
                made.extend_from_slice(with);
                rest = behind;
            }
            None => {
                made.push(first);
                rest = &rest[1..];
            }
        }
    }
    made
}

pub(super) fn searchpath(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("package.searchpath", args);
    let (name, path) = (args.text(1)?, args.text(2)?);
    let (separator, with) = (args.text_or(3, ".")?, args.text_or(4, "/")?);
    let text = |text: Vec<u8>| -> Result<Reference<Str>, OutOfMemory> { host.heap.string(&text) };
    match search(&name, &path, &separator, &with) {
        Ok(file) => results.push(Tagged::reference(text(file)?)),
        Err(message) => results.extend([NOTHING, Tagged::reference(text(message)?)]),
    }
    Ok(())
}

pub(super) fn loadlib(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("package.loadlib", args);
    args.text(1)?;
    args.text(2)?;
    let message = Tagged::reference(host.heap.string(NO_C.as_bytes())?);
    let kind = Tagged::reference(host.heap.string(b"absent")?);
    results.extend([NOTHING, message, kind]);
    Ok(())
}
