//! Programs where the system has so and so much memory, and not a byte more.
//!
//! The allocator of these tests gives the thread of a test as many bytes as it says. What the library
//! and Cranelift allocate comes out of them, too, and aborts the process where it is refused: so a test
//! that ends has shown that nothing was begun without the memory for it.
#![allow(unsafe_code, reason = "an allocator that refuses")]

use offramp::Config;
use offramp::inspect::Abort;
use offramp_moonlet::vm::{Ending, Options, Vm, VmError};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

struct Limited;

#[global_allocator]
static ALLOCATOR: Limited = Limited;

thread_local! {
    /// Bytes that this thread may still allocate.
    static LEFT: Cell<isize> = const { Cell::new(isize::MAX / 2) };
}

impl Limited {
    /// Takes so many bytes, if there are as many.
    fn take(bytes: isize) -> bool {
        let left = LEFT.get();
        if bytes > 0 && left < bytes {
            return false;
        }
        LEFT.set(left - bytes);
        true
    }
}

// SAFETY: all memory is the system allocator's, asked for with what is asked for here.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !Limited::take(layout.size() as isize) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !Limited::take(layout.size() as isize) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        Limited::take(-(layout.size() as isize));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !Limited::take(size as isize - layout.size() as isize) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// Calls `run` with so many bytes.
fn within<R>(bytes: usize, run: impl FnOnce() -> R) -> R {
    let before = LEFT.replace(bytes as isize);
    let result = run();
    // What is left of the bytes, and what of theirs is still in use, does not matter any more.
    LEFT.set(before);
    result
}

#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panicked").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Without the JIT, or with this threshold.
type Threshold = Option<u16>;

const MODES: [Threshold; 4] = [None, Some(1), Some(2), Some(50)];

fn options(threshold: Threshold) -> Options {
    let mut config = Config::default();
    match threshold {
        None => config.enabled = false,
        Some(threshold) => {
            config.hot_loop = threshold;
            config.hot_function = threshold;
            config.hot_exit = threshold;
        }
    }
    Options {
        config,
        ..Options::default()
    }
}

struct Run {
    ended: Result<(), Ending>,
    printed: String,
    /// Traces made, and recordings and compiles that were given up for want of memory.
    traces: u64,
    put_off: u64,
}

/// Runs a program that may use so many bytes once it is compiled.
fn run(source: &str, threshold: Threshold, bytes: usize) -> Run {
    let printed = Printed::default();
    printed.0.lock().expect("nobody else").reserve(1 << 16);
    let output = Box::new(printed.clone());
    let made = Vm::new(source.as_bytes(), "test", &options(threshold), output);
    let mut vm = made.expect("a program");
    let ended = within(bytes, || vm.run(&[]));
    let stats = vm.interpreter().graph().stats();
    drop(vm);
    let text = printed.0.lock().expect("no writer panicked").clone();
    Run {
        ended,
        printed: String::from_utf8(text).expect("text"),
        traces: stats.roots + stats.sides,
        put_off: stats.aborts.get(&Abort::Memory).copied().unwrap_or(0),
    }
}

/// What uses memory until there is none left, in every way there is.
const GROWS: [&str; 26] = [
    "local t for i = 1, 1e9 do t = {t} end",
    "local t for i = 1, 1e9 do t = {next = t, i = i} end",
    "local t = {} local i = 0 while true do i = i + 1 t[i] = i end",
    "local t = {} local i = 0 while true do i = i + 1 t[i] = {i} end",
    "local s = 'x' while true do s = s .. s end",
    "local t = {} local i = 0 while true do i = i + 1 t['k' .. i] = i end",
    "local s = ('x'):rep(1 << 26) .. ('y'):rep(1 << 26)",
    "local s = table.concat({('x'):rep(1 << 20), ('y'):rep(1 << 20)}):rep(100)",
    "local t = {} for i = 1, 1e9 do t[i] = 'piece ' .. i if i % 5000 == 0 then t[1] = table.concat(t) end end",
    "local s = 'x' while true do s = string.format('%s|%s', s, s) end",
    "local s = ('x'):rep(1 << 18) local t = {} for i = 1, 1e9 do t[i] = s:upper():lower():reverse() end",
    "local s = ('x'):rep(1 << 18) local t = {} for i = 1, 1e9 do t[i] = s:sub(i) end",
    "local t = {} for i = 1, 1e9 do t[i] = function() return i, t end end",
    "local f = print for i = 1, 1e9 do local g = f f = function() return g, i end end",
    "local M = {} M.__index = M local t = {} for i = 1, 1e9 do t[i] = setmetatable({x = i}, M) end",
    "local kept = {} local t = setmetatable({}, {__newindex = function(t, k, v) kept[#kept + 1] = {k, v} end})
     for i = 1, 1e9 do t[i] = i end",
    "local t = setmetatable({}, {__index = function(t, k) local v = {k} rawset(t, k, v) return v end})
     for i = 1, 1e9 do local x = t['k' .. i] end",
    "local t = {} for i = 1, 200 do t[i] = i end local k = {} for i = 1, 1e9 do k[i] = {table.unpack(t)} end",
    "local t = {} local function f(n, ...) t[#t + 1] = {n, ...} if n > 0 then return f(n - 1, n, ...) end end
     while true do f(100) end",
    "local t = {} for i = 1, 1e9 do t[i * 7] = i end",
    "local t = {} for i = 1, 1e9 do t[i + .5] = i end",
    "local t = {} for i = 1, 1e9 do local ok, e = pcall(error, {i}) t[i] = e end",
    "local t = {} for i = 1, 1e9 do local ok, e = pcall(function() error('no ' .. i) end)
     if e == 'not enough memory' then error(e, 0) end t[i] = e end",
    "local t = {} for i = 1, 1e9 do
     local ok, e = pcall(function() local x = {} t[i] = tostring(x) .. tostring(i) end)
     if not ok then error(tostring(e), 0) end end",
    "local t = {} for i = 1, 1e9 do local ok, a, b = pcall(pcall, function() t[#t + 1] = {} error('x') end)
     if b == 'not enough memory' then error(b, 0) end end",
    "local function deep(n) local t = {n} return {t, deep(n + 1)} end
     local k = {} for i = 1, 1e9 do local ok, e = pcall(deep, 1) k[i] = {ok, e, {}} if e == 'not enough memory' then error(e, 0) end end",
];

#[test]
fn programs_go_on_after_they_have_used_all_the_memory_there_is() {
    for (number, grow) in GROWS.into_iter().enumerate() {
        let source = format!(
            "local function work()
               local s, parts = 0, {{}}
               for i = 1, 100 do
                 local o = {{i, v = i * 2, f = function() return i end}}
                 s = s + o[1] + o.v + o.f() parts[#parts + 1] = s .. ','
               end
               return s, #table.concat(parts), #('z'):rep(100000)
             end
             for round = 1, 2 do
               print(pcall(function() {grow} end))
               print(work())
             end"
        );
        let expected = "false\tnot enough memory\n20200\t502\t100000\n".repeat(2);
        for threshold in MODES {
            for bytes in [128 << 10, 2 << 20, 5 << 20, 12 << 20] {
                let what = format!("{grow} (program {number}, {threshold:?}, {bytes} bytes)");
                let run = run(&source, threshold, bytes);
                // With less, what is left to messages and lists is what the program lacks.
                match bytes < 4 << 20 && run.ended == Err(Ending::OutOfMemory) {
                    true => assert!(expected.starts_with(&run.printed), "{what}"),
                    false => assert_eq!((&*run.printed, run.ended), (&*expected, Ok(())), "{what}"),
                }
            }
        }
    }
}

#[test]
fn traces_are_made_only_where_there_is_memory_for_that() {
    let many = (1..=150).map(|k| {
        format!("a = a + t[{k}] * i % {k} + 1 b = b * 0.5 + a if a > 1e15 then t[{k}] = a end\n")
    });
    let long = format!(
        "local t = {{}} for k = 1, 400 do t[k] = k end local a, b = 1, 2.5
         for i = 1, 200 do {} end print(a, b)",
        many.collect::<String>()
    );
    let calls = "
        local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
        local t = {} for i = 1, 300 do t[i] = {i, fib(i % 9)} end
        local s = 0 for i = 1, 300 do s = s + t[i][2] end print(s, fib(15))";
    for (source, threshold) in [(&*long, 20), (calls, 2), (calls, 50)] {
        let threshold = Some(threshold);
        let plain = run(source, None, 64 << 20);
        let (mut without, mut with) = (0, 0);
        for bytes in (128 << 10..16 << 20).step_by(300_000) {
            let limited = run(source, threshold, bytes);
            assert_eq!((limited.ended, &limited.printed), (Ok(()), &plain.printed));
            without += u32::from(limited.traces == 0 && limited.put_off > 0);
            with += u32::from(limited.traces > 0 && limited.put_off == 0);
        }
        assert!(without > 2 && with > 2, "{without} without, {with} with");
    }
}

#[test]
fn programs_are_compiled_only_where_there_is_memory_for_that() {
    let repeated = |unit: &str| unit.repeat(60_000 / unit.len());
    let sources = [
        format!("if false then {} end", repeated("f()")),
        format!("if false then {} end", repeated("a=a ")),
        format!("if false then {} end", repeated("a=b.c.d.e.f ")),
        format!("local t = {{{}}}", repeated("x,")),
        format!("local t = {{{}}}", repeated("{},")),
        format!("local t = {{{}}}", repeated("'s',")),
        format!(
            "do {} end",
            repeated("do local a function f() return a end end ")
        ),
        format!("local t = '{}'", repeated("text ")),
        format!("--{}", repeated("text ")),
        format!("local t = {}1", repeated("x..")),
        format!("local t = {}", repeated("x+")),
    ];
    for source in sources {
        let (mut refused, mut made) = (0, 0);
        for bytes in (4 << 20..28 << 20).step_by(500_000) {
            let new = || {
                Vm::new(
                    source.as_bytes(),
                    "test",
                    &options(None),
                    Box::new(io::sink()),
                )
            };
            match within(bytes, new) {
                Err(VmError::Memory(_)) => refused += 1,
                Ok(_) | Err(VmError::Syntax(_)) => made += 1,
                Err(error) => panic!("{error}"),
            }
        }
        let start = &source[..20];
        assert!(made > 4, "{start}: {refused} refused, {made} made");
    }
}
