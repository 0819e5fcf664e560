//! Programs that run out of memory: at every allocation in turn, and at limits.

use super::{Ending, Options, Vm, VmError};
use crate::heap::memory::RESERVE;
use offramp::Config;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut printed = self.0.lock().expect("no writer panicked");
        printed.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Without the JIT, or with this threshold.
type Threshold = Option<u16>;

const MODES: [Threshold; 3] = [None, Some(1), Some(2)];

fn options(threshold: Threshold, memory: Option<usize>) -> Options {
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
        stress: false,
        memory,
    }
}

struct Run {
    printed: String,
    ended: Result<(), Ending>,
    vm: Vm,
}

/// Runs a program, after `prepare`.
fn run(source: &str, options: &Options, prepare: impl FnOnce(&Vm)) -> Run {
    let printed = Printed::default();
    let output = Box::new(printed.clone());
    let mut vm = Vm::new(source.as_bytes(), "test", options, output).expect("a program");
    prepare(&vm);
    let ended = vm.run(&[]);
    let bytes = printed.0.lock().expect("no writer panicked").clone();
    Run {
        printed: String::from_utf8_lossy(&bytes).into_owned(),
        ended,
        vm,
    }
}

/// Programs that allocate in every way, with what they print.
const PROGRAMS: [(&str, &str); 12] = [
    (
        "local t = {} for i = 1, 60 do t[i] = {i, x = i} end
         local s = 0 for i = 1, 60 do s = s + t[i].x + t[i][1] end print(s)",
        "3660\n",
    ),
    (
        "local t = {} for i = 1, 40 do t['k' .. i] = i; t[i * 1000] = i; t[i + .5] = i end
         local s = 0 for k, v in pairs(t) do s = s + v end print(s)
         for i = 1, 40 do t['k' .. i] = nil end
         for i = 40, 1, -1 do t[i] = i end print(#t, t[1000], t[40.5])",
        "2460\n40\t1\t40\n",
    ),
    (
        "local s = '' for i = 1, 50 do s = s .. i .. ',' end print(#s, (s:rep(3, '|'):upper():reverse():sub(1, 5)))
         local p = {} for i = 1, 50 do p[#p + 1] = string.format('%5d %s %q', i, s:sub(1, i), 'a\\n') end
         print(#table.concat(p, ';'), string.char(65, 66, 67), tostring(1.5) .. tostring(nil))",
        "141\t,05,9\n1924\tABC\t1.5nil\n",
    ),
    (
        "local function make(i) local n = i return function(k) n = n + k return n end end
         local f = {} for i = 1, 40 do f[i] = make(i) end
         local s = 0 for i = 1, 40 do s = s + f[i](1) end print(s)",
        "860\n",
    ),
    (
        "local function v(...) return select('#', ...), {...}, ... end
         local s = 0 for i = 1, 30 do local n, t, a, b = v(i, i + 1, i + 2) s = s + n + #t + b end
         local function sum(...) local t = {...} local s = 0 for i = 1, #t do s = s + t[i] end return s end
         local l = {} for i = 1, 300 do l[i] = i end
         print(s, sum(table.unpack(l)), select('#', table.unpack(l)), #table.pack(table.unpack(l)))",
        "675\t45150\t300\t300\n",
    ),
    (
        "local V = {} V.__index = V
         function V.add(a, b) return setmetatable({x = a.x + b.x, y = a.y + b.y}, V) end
         local p = setmetatable({x = 0, y = 0}, V) local q = setmetatable({x = 1, y = 2}, V)
         local kept = {} for i = 1, 60 do p = p:add(q) if i % 7 == 0 then kept[#kept + 1] = p end end
         local s = 0 for i, k in ipairs(kept) do s = s + k.x * i end print(p.x, p.y, s, #kept)",
        "60\t120\t1428\t8\n",
    ),
    (
        "local log = {} local t = setmetatable({}, {__index = function(t, k) return k .. '!' end,
           __newindex = function(t, k, v) log[#log + 1] = k; rawset(t, k, v) end})
         for i = 1, 30 do t['a' .. i] = t['b' .. i] end print(#log, t.a30, t.zzz)",
        "30\tb30!\tzzz!\n",
    ),
    (
        "local function try(f, ...) local ok, e = pcall(f, ...)
           if e == 'not enough memory' then return try(f, ...) end return ok, e end
         local n = 0 for i = 1, 30 do
           local ok, e = try(error, 'oh ' .. i) if not ok and e == 'oh ' .. i then n = n + 1 end
           local ok, e = try(function() local x = nil; return x.y end) if not ok and #e > 10 then n = n + 1 end
           local ok, e = try(string.rep, 'x', i) if ok and #e == i then n = n + 1 end
         end print(n)",
        "90\n",
    ),
    (
        "local t = {} for i = 1, 40 do table.insert(t, 1, {i}) end
         local a = 0 for i = 1, 10 do a = a + table.remove(t, 1)[1] end
         local big = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20; a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10}
         for i = 1, 100 do big['f' .. i] = i end
         local function tree(n) if n == 0 then return {} end return {tree(n - 1), tree(n - 1)} end
         local function count(t) if not t[1] then return 1 end return 1 + count(t[1]) + count(t[2]) end
         print(a, #t, big.f100, count(tree(6)))",
        "355\t30\t100\t127\n",
    ),
    (
        "local calls = 0
         local s, n = (('a b c d e f g h'):rep(3, ' ')):gsub('%a', function(c) calls = calls + 1 return table.concat({c, c}) end)
         local l = {} for i = 1, 30 do l[i] = {(i * 7) % 30} end
         local asked = 0 table.sort(l, function(a, b) asked = asked + 1 local t = {a[1]} return t[1] < b[1] end)
         local w = {} for x in s:gmatch('%a+') do w[#w + 1] = x end
         print(#s, n, calls, l[1][1], l[30][1], asked, #w)",
        "71\t24\t24\t0\t29\t130\t24\n",
    ),
    (
        "local log, store = {}, {} local p = setmetatable({}, {__index = function(t, k) log[#log + 1] = {k} return store[k] end,
           __newindex = function(t, k, v) log[#log + 1] = {k, v} store[k] = v end})
         for i = 1, 9 do p[i] = {10 - i} end
         table.sort(store, function(a, b) return a[1] < b[1] end) table.move(p, 1, 9, 3)
         local function try() local ok, e = xpcall(function() table.sort({1, 2, 3}, function() error({7}) end) end,
           function(m) if type(m) == 'string' then return m end return {m[1] + 1} end)
           if e == 'not enough memory' then return try() end return ok, e end
         local ok, e = try()
         local q = {} for i = 1, 20 do q[i] = string.pack('s1 i4', ('x'):rep(i), i) end
         local a = 0 for i = 1, 20 do local s, n = string.unpack('s1 i4', q[i]) a = a + #s + n end
         print(#log, #store, store[3][1], ok, e[1], a, utf8.char(228, 8364) .. #q)",
        "27\t11\t1\tfalse\t8\t420\tä€20\n",
    ),
    (
        "local A = {} A.__index = A local log = {}
         local function new(n) return setmetatable({n = n}, A) end
         A.__concat = function(x, y) return new((x.n or x) .. (y.n or y)) end
         A.__add = function(x, y) return new(x.n + (tonumber(y) or y.n)) end
         A.__call = function(self, ...) return {...}, self.n .. '!' end
         A.__tostring = function(self) return 'A' .. self.n end
         A.__eq = function(x, y) log[#log + 1] = {x, y} return x.n == y.n end
         A.__lt = function(x, y) return ('' .. x.n) < ('' .. y.n) end
         A.__len = function(self) return #('' .. self.n) end
         A.__pairs = function(self) return next, {self.n, 'x' .. self.n} end
         local a, b, c, all = new('a'), new('b'), new('c'), 0
         local r = a .. b .. c print((r .. 'p' .. 'q').n, ('p' .. 'q' .. r).n, (a .. b .. 'x' .. c .. 'y' .. 'z').n)
         local s = new(0) for i = 1, 40 do s = s + i + new(i) local t, u = s(i, {i}) all = all + #t + #u + #s
           if s == new(i) or s < new(i) then all = all + 1 end end
         local l = {} for i = 1, 10 do l[i] = new(i * 7 % 11) end table.sort(l)
         local n = 0 for i = 1, 10 do for k, v in pairs(l[i]) do n = n + #('' .. v) end end
         print(s.n, all, #log, n, tostring(l[1]) .. ('%s|%5s'):format(l[2], l[3]), l[1](1)[1], (new(2) + '5').n)",
        "abcpq\tpqabc\tabxcyz\n1640\t371\t40\t32\tA1A10|   A2\t1\t7\n",
    ),
];

/// Collects all garbage, and says whether accounts are right.
fn check_accounts(run: &mut Run, what: &str) {
    let again = run.vm.accounts();
    assert_eq!(again.0, again.1, "{what}: bytes counted, and counted again");
}

/// Every allocation fails once, and once more when it is tried again; programs do not notice the
/// one, and catch the other.
fn sweep(threshold: Threshold, step: usize) {
    for (number, (source, expected)) in PROGRAMS.into_iter().enumerate() {
        const MANY: u64 = 1 << 40;
        let plain = run(source, &options(threshold, None), |vm| {
            vm.host().heap.memory.fail_after(MANY, 0);
        });
        assert_eq!(
            (&*plain.printed, &plain.ended),
            (expected, &Ok(())),
            "program {number}"
        );
        let all = MANY - plain.vm.host().heap.memory.left();
        assert!(all > 10, "program {number} allocates");
        // The first ones are for the main function, when nothing runs yet.
        for nth in (4..all).step_by(step) {
            let what = format!("program {number}, {threshold:?}, allocation {nth}");
            let mut once = run(source, &options(threshold, None), |vm| {
                vm.host().heap.set_poison(true);
                vm.host().heap.memory.fail_after(nth, 1);
            });
            let seen = (&*once.printed, &once.ended);
            assert_eq!(seen, (expected, &Ok(())), "{what}");
            check_accounts(&mut once, &what);

            let caught = format!(
                "local function body() {source}\nend\nlocal ok, e = pcall(body)\n\
                 if not ok then print('caught ' .. tostring(e)) body() end"
            );
            let mut more = run(&caught, &options(threshold, None), |vm| {
                vm.host().heap.set_poison(true);
                vm.host().heap.memory.fail_after(nth, 4);
            });
            // Where nothing catches it, or it is caught with nothing done but prints.
            let right = match &more.ended {
                Ok(()) => more.printed.ends_with(expected),
                Err(ending) => *ending == Ending::OutOfMemory,
            };
            assert!(right, "{what}: {:?} and {}", more.ended, more.printed);
            check_accounts(&mut more, &what);
        }
    }
}

#[test]
fn every_allocation_may_fail_in_the_interpreter() {
    sweep(None, 3);
}

#[test]
fn every_allocation_may_fail_in_traces() {
    sweep(Some(1), 17);
    sweep(Some(2), 13);
}

/// Whether a program ends well within this limit.
fn passes(source: &str, threshold: Threshold, limit: usize) -> bool {
    let printed = Printed::default();
    let options = options(threshold, Some(limit));
    let mut vm = match Vm::new(source.as_bytes(), "test", &options, Box::new(printed)) {
        Ok(vm) => vm,
        Err(VmError::Limit { .. }) => return false,
        Err(error) => panic!("{error}"),
    };
    let ended = vm.run(&[]);
    let used = vm.host().heap.bytes();
    assert!(used <= limit, "{used} of {limit} bytes");
    match ended {
        Ok(()) => true,
        Err(Ending::OutOfMemory) => false,
        Err(ending) => panic!("{ending:?}"),
    }
}

/// The least limit that a program ends well within.
fn least(source: &str, threshold: Threshold) -> usize {
    let (mut fails, mut passing) = (0, 64 << 20);
    assert!(passes(source, threshold, passing));
    while passing - fails > 1 {
        let middle = (fails + passing) / 2;
        match passes(source, threshold, middle) {
            true => passing = middle,
            false => fails = middle,
        }
    }
    passing
}

#[test]
fn limits_are_exact() {
    // What is kept decides: nothing of it is garbage, and no table waits for an exit.
    let programs = [
        "local t = {} for i = 1, 3000 do t[i] = i end",
        "local s = string.rep('x', 1000000)",
        "local t = {} for i = 1, 2000 do t[i] = 'string ' .. i end",
        "local t = {} for i = 1, 2000 do t['key ' .. i] = true end",
        "local t = {} for i = 1, 500 do t[i] = function() return t, i end end",
    ];
    for source in programs {
        let [off, one, two] = MODES.map(|threshold| least(source, threshold));
        assert!(off == one && off == two, "{source}: {off}, {one}, {two}");
        for limit in off - 40..off + 40 {
            assert_eq!(
                passes(source, None, limit),
                limit >= off,
                "{source}: {limit}"
            );
        }
    }
}

#[test]
fn values_take_what_they_are_counted_with() {
    // The array has the same room for both.
    let keep = |n: usize| {
        format!(
            "local t = {{}} for i = 1, 3000 do t[i] = false end
             for i = 1, {n} do t[i] = function() return i end end"
        )
    };
    let (few, many) = (least(&keep(1100), None), least(&keep(2000), None));
    let function = size_of::<crate::value::Function>() + size_of::<crate::value::Tagged>();
    assert_eq!(many - few, 900 * function);
}

#[test]
fn what_was_used_in_vain_is_given_back() {
    let source = "
        collectgarbage() local function fill() local t = {} for i = 1, 1e9 do t[i] = {i, 'x' .. i} end end
        local base for round = 1, 1000 do
          local ok, e = pcall(fill)
          assert(not ok and e == 'not enough memory')
          collectgarbage() local _ = {} .. nil == nil
        end";
    let source = source.replace(" local _ = {} .. nil == nil", "");
    let source = format!(
        "{source} print('done', collectgarbage('count') * 1024 < {})",
        RESERVE + 200_000
    );
    for threshold in MODES {
        let mut run = run(
            &source,
            &options(threshold, Some(RESERVE + 200_000)),
            |_| {},
        );
        assert_eq!((&*run.printed, &run.ended), ("done\ttrue\n", &Ok(())));
        check_accounts(&mut run, "after a thousand errors");
    }
}

#[test]
fn errors_of_memory_are_plain_strings_without_a_position() {
    let source = "
        local huge = string.rep('x', 1 << 20)
        print(pcall(function() return huge .. huge end))
        print(pcall(string.rep, 'x', 1 << 22))
        print(pcall(pcall, string.rep, 'x', 1 << 22))
        print(select(2, pcall(function() local t = {} while true do t[#t + 1] = huge:sub(1, 100000) .. #t end end)))
        local t = setmetatable({}, {__index = function(t, k) return huge .. k end})
        print(pcall(function() return t.x end))
        print(pcall(table.concat, {huge, huge}))
        print(pcall(string.format, '%s%s', huge, huge))
        print(#select(2, pcall(error, huge)) == #huge)";
    let expected = "false\tnot enough memory\n".repeat(2)
        + "true\tfalse\tnot enough memory\n"
        + "not enough memory\n"
        + &"false\tnot enough memory\n".repeat(3)
        + "true\n";
    for threshold in MODES {
        let run = run(
            source,
            &options(threshold, Some(RESERVE + (5 << 19))),
            |_| {},
        );
        assert_eq!(run.printed, expected);
    }
}

#[test]
fn limits_too_small_to_begin_with_are_refused() {
    for limit in [0, 1, RESERVE, RESERVE + 1000] {
        let options = options(None, Some(limit));
        let made = Vm::new(b"", "test", &options, Box::new(io::sink()));
        assert!(matches!(made, Err(VmError::Limit { limit: said }) if said == limit));
    }
    let mut run = run("x = 1", &options(None, None), |_| {});
    assert!(run.vm.set_memory_limit(Some(1000)).is_err());
    assert!(run.vm.set_memory_limit(Some(1 << 20)).is_ok());
    assert!(run.vm.set_memory_limit(None).is_ok());
}

#[test]
fn a_loop_that_makes_tables_collects_in_compiled_code() {
    let source = "local a = {} for i = 1, 200000 do a[i % 10 + 1] = {i} end
        local t for i = 1, 200000 do t = {t and i} end print(a[1][1], t[1])";
    for threshold in MODES {
        let run = run(source, &options(threshold, None), |_| {});
        assert_eq!(run.printed, "200000\t200000\n");
        assert!(run.vm.host().heap.collections() > 10, "{threshold:?}");
    }
}
