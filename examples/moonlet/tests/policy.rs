//! What gets compiled, and how often it is tried: counts over families of generated programs.
//!
//! Policy is deterministic, so these are counts and never times. Where the environment switches traces
//! off they say nothing. With `OFFRAMP_EMULATED=1` a few of each family run: counts do not depend on
//! the machine, and an emulated one is ten times slower.

#[allow(
    dead_code,
    reason = "the kit is shared by suites that each need a part of it"
)]
mod kit;

use kit::{Mode, Ran};

/// Thresholds of 1, 2 and the defaults.
const THRESHOLDS: [Mode; 3] = [Mode::Counted(1), Mode::Counted(2), Mode::Free];

fn run(source: &str, mode: Mode) -> Ran {
    let ran = kit::moonlet(source.as_bytes(), "policy.lua", mode);
    ran.unwrap_or_else(|error| panic!("{error}\n{source}"))
}

/// All of `family`, or on an emulated machine the first `few`.
fn some<T>(family: &[T], few: usize) -> &[T] {
    let emulated = std::env::var_os("OFFRAMP_EMULATED").is_some_and(|value| value == "1");
    &family[..if emulated { few } else { family.len() }]
}

fn makes_traces() -> bool {
    Mode::Default.records()
}

/// A loop of `rounds` rounds, in one of the ways that Lua has.
fn looped(kind: &str, name: &str, rounds: u32, body: &str) -> String {
    match kind {
        "for" => format!("for {name} = 1, {rounds} do {body} end"),
        "while" => {
            format!("local {name} = 0 while {name} < {rounds} do {name} = {name} + 1 {body} end")
        }
        // A loop with its test behind it has at least one round.
        "repeat" => {
            let rounds = rounds.max(1);
            format!("local {name} = 0 repeat {name} = {name} + 1 {body} until {name} >= {rounds}")
        }
        // A jump backwards, which nothing but its direction makes a loop.
        "goto" => format!(
            "local {name} = 0 ::top_{name}:: if {name} < {rounds} then {name} = {name} + 1 {body} goto top_{name} end"
        ),
        "ipairs" => format!(
            "for {name}, v in ipairs(lists[{}]) do s = s + v {body} end",
            rounds + 1
        ),
        _ => unreachable!("the kinds are listed below"),
    }
}

const KINDS: [&str; 7] = [
    "for", "while", "repeat", "ipairs", "goto", "call", "tailcall",
];
const NAMES: [&str; 3] = ["i", "j", "k"];

/// `times` rounds of loops of `rounds` rounds, `depth` of them in one another.
fn nest(kind: &str, depth: usize, rounds: u32, called: bool, times: u32) -> String {
    if let "call" | "tailcall" = kind {
        return recursive(kind == "tailcall", depth, rounds, times);
    }
    let mut body = "s = s + 1".to_owned();
    for name in NAMES[..depth].iter().rev() {
        body = looped(kind, name, rounds, &body);
    }
    let lists = "local lists = {} for n = 0, 8 do lists[n + 1] = {} for m = 1, n do lists[n + 1][m] = m end end";
    let body = match called {
        true => {
            return format!(
                "{lists}\nlocal function f(s) {body} return s end\n\
                 local s = 0 for n = 1, {times} do s = f(s) + 1 end print(s)"
            );
        }
        false => body,
    };
    format!("{lists}\nlocal s = 0 for n = 1, {times} do {body} s = s + 1 end print(s)")
}

/// The same by functions that call themselves, each of which calls the next one in every round.
fn recursive(tail: bool, depth: usize, rounds: u32, times: u32) -> String {
    let mut functions = "local s = 0\n".to_owned();
    let mut body = "s = s + 1".to_owned();
    for name in NAMES[..depth].iter().rev() {
        let again = match tail {
            true => format!("return f{name}({name} + 1)"),
            false => format!("f{name}({name} + 1) s = s + 1"),
        };
        functions += &format!(
            "local function f{name}({name}) if {name} < {rounds} then {body} {again} end end\n"
        );
        body = format!("f{name}(0)");
    }
    format!("{functions}for n = 1, {times} do {body} s = s + 1 end print(s)")
}

/// With any number of rounds, the loops run in traces, and what is recorded in vain does not
/// grow with the run.
#[test]
fn inner_loops_of_every_number_of_rounds_are_compiled() {
    if !makes_traces() {
        return;
    }
    let mut wrong = Vec::new();
    for kind in KINDS {
        for &depth in some(&[2, 1, 3], 1) {
            for &rounds in some(&[2, 0, 1, 3, 4, 5, 6, 7, 8], 2) {
                let inner = (u32::max(rounds, 1)).pow(depth as u32);
                let times = (20_000 / inner).max(600);
                let called = (rounds + depth as u32).is_multiple_of(2);
                let [once, twice] =
                    [times, 2 * times].map(|it| nest(kind, depth, rounds, called, it));
                let off = run(&twice, Mode::Off);
                for &mode in some(&THRESHOLDS, 1) {
                    let (once, twice) = (run(&once, mode), run(&twice, mode));
                    let name = format!(
                        "{kind}, {depth} deep, {rounds} rounds, called {called}, {}",
                        mode.name()
                    );
                    let (more, recordings) = (
                        twice.interpreted.saturating_sub(once.interpreted),
                        twice.stats.recordings - once.stats.recordings.min(twice.stats.recordings),
                    );
                    if twice.seen != off.seen {
                        wrong.push(format!("{name}: another result"));
                    }
                    // What the second half needs at most: a tenth of its iterations' edges, and a
                    // few more attempts.
                    if more > u64::from(times) || recordings > 8 || twice.traces == 0 {
                        wrong.push(format!(
                            "{name}: {} traces; {more} instructions and {recordings} recordings more for {times} iterations more; {:?}",
                            twice.traces, twice.stats.aborts
                        ));
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// `statements` of a loop's body that take many uops each, `calls` of a small function among them.
fn large_body(statements: usize, calls: usize) -> String {
    let mut body = String::new();
    for n in 0..statements {
        let by = n + 3;
        body.push_str(&format!(
            "t.x = (t.x * {by} + t.y) % 1000003 t.y = t.y + {n} "
        ));
        if n < calls {
            body.push_str("s = s + f(t) ");
        }
    }
    body
}

const LARGE: &str = "local t, s = {x = 1, y = 2}, 0 local function f(t) return t.x + t.y end\n";

/// A function is hot before the loop that calls it. Its trace goes on after the return and meets that
/// loop's edge, and must not take many copies of a loop that gets a trace of its own.
#[test]
fn loops_of_many_rounds_are_not_copied_into_the_functions_they_call() {
    if !makes_traces() {
        return;
    }
    let program = |calls| {
        let body = large_body(10, calls);
        format!("{LARGE} for i = 1, 4000 do {body} s = s % 1000003 end print(s, t.x)")
    };
    let one = run(&program(1), Mode::Free).stats.uops_recorded;
    for &calls in some(&[4, 2, 3, 5, 6, 8], 1) {
        let ran = run(&program(calls), Mode::Free);
        assert_eq!(ran.seen, run(&program(calls), Mode::Off).seen);
        let uops = ran.stats.uops_recorded;
        assert!(uops <= 3 * one, "{calls} calls: {uops} uops, {one} for one");
    }
}

/// A loop of few rounds that is long all the same is compiled, in however large pieces.
#[test]
fn large_inner_loops_of_few_rounds_are_compiled() {
    if !makes_traces() {
        return;
    }
    for kind in some(&["for", "while", "repeat"], 1) {
        for &rounds in some(&[2, 1, 3, 5, 9], 1) {
            let inner = looped(kind, "j", rounds, &large_body(20, 0));
            let program = |times: u32| {
                format!(
                    "{LARGE} local function g(s) {inner} return s end\n for i = 1, {times} do s = g(s) + 1 end print(s, t.x)"
                )
            };
            let [once, twice] = [2000, 4000].map(|times| run(&program(times), Mode::Free));
            assert_eq!(twice.seen, run(&program(4000), Mode::Off).seen);
            let more = twice.interpreted.saturating_sub(once.interpreted);
            let recordings = twice.stats.recordings - once.stats.recordings;
            // A round takes more than a hundred instructions.
            assert!(
                more <= 2000 * 8 && recordings <= 8,
                "{kind}, {rounds} rounds: {more} instructions and {recordings} recordings more; {:?}",
                twice.stats.aborts
            );
        }
    }
}

/// A small function with a branch, called so often per iteration.
fn calls(count: usize, times: u32) -> String {
    let mut body = String::new();
    for n in 0..count {
        body.push_str(&format!(
            "a = fold(a * 5 + b + {})\n b = fold(b * 3 - a)\n",
            n * 7919
        ));
    }
    format!(
        "local function fold(x) x = x % 4294967296 if x >= 2147483648 then return x - 4294967296 end return x end\n\
         local a, b = 1, 7 for i = 1, {times} do {body} end print(string.format('%.0f', a + b))"
    )
}

#[test]
fn calls_in_a_loop_are_compiled_however_many_there_are() {
    if !makes_traces() {
        return;
    }
    for &count in some(&[31, 1, 4, 16, 50, 100], 1) {
        // Long enough for every exit to get hot that does.
        let times = 4000;
        let [once, twice] = [times, 2 * times].map(|times| calls(count, times));
        let off = run(&twice, Mode::Off);
        for &mode in some(&THRESHOLDS, 1) {
            let (once, twice) = (run(&once, mode), run(&twice, mode));
            let name = format!("{} calls, {}", 2 * count, mode.name());
            assert_eq!(twice.seen, off.seen, "{name}");
            let growth = twice.stats.recordings.saturating_sub(once.stats.recordings);
            let aborted: u64 = twice.stats.aborts.values().sum();
            assert!(
                growth <= 8 + once.stats.recordings / 20,
                "{name}: {} recordings, then {} ({aborted} in vain): {:?}",
                once.stats.recordings,
                twice.stats.recordings,
                twice.stats.aborts
            );
            assert!(twice.traces > 0, "{name}");
        }
    }
}

/// A loop with so many conditions that go either way.
fn conditions(count: usize, times: u32) -> String {
    let mut body = String::new();
    for n in 0..count {
        body.push_str(&format!(
            "a = (a * 16807 + {n}) % 2147483647 if a % 256 >= 128 then c = c + {n} else c = c - {} end\n",
            2 * n + 1
        ));
    }
    format!(
        "local s, r = 1, 0 for i = 1, {times} do s = (s * 1103515245 + 12345) % 2147483648 local a, c = s, 0\n\
         {body} r = (r + c) % 1000003 end print(r)"
    )
}

/// The paths double with each condition, the code does not.
#[test]
fn code_grows_with_the_conditions_of_a_loop_and_not_with_its_paths() {
    if !makes_traces() {
        return;
    }
    for &count in some(&[16_usize, 8, 32, 64, 128], 1) {
        let times = 20_000;
        let [once, twice] = [times, 2 * times].map(|times| conditions(count, times));
        let (off, default) = (run(&twice, Mode::Off), run(&twice, Mode::Default));
        let (once, twice) = (run(&once, Mode::Free), run(&twice, Mode::Free));
        assert_eq!(twice.seen, off.seen);
        assert_eq!(default.seen, off.seen);
        // The root is one path; at the end of the loop the last conditions have copies.
        let most = |each: u64, more: u64| each * count as u64 + more;
        let (uops, bytes) = (twice.stats.uops_recorded, default.stats.machine_code_bytes);
        let found = format!(
            "{count} conditions: {} traces, {uops} uops, {bytes} bytes; for half the iterations {} traces, {} uops",
            twice.traces, once.traces, once.stats.uops_recorded
        );
        println!("{found}");
        assert!(
            uops <= most(160, 2000) && bytes <= most(450, 8000),
            "{found}"
        );
        assert!(twice.traces <= 3 * count as u64 + 10, "{found}");
        assert!(uops <= once.stats.uops_recorded * 11 / 10, "{found}");
    }
}

/// So many functions with a hot loop each, called in turn.
fn functions(count: usize, rounds: usize) -> String {
    let mut source = "local fs = {}\n".to_owned();
    for n in 1..=count {
        let by = n % 17 + 2;
        source.push_str(&format!(
            "fs[{n}] = function(n) local s = {n} for i = 1, n do s = s + i % {by} end return s end\n"
        ));
    }
    source.push_str(&format!(
        "local t = 0 for r = 1, {rounds} do for i = 1, {count} do t = t + fs[i](200) end end print(t)"
    ));
    source
}

/// A cyclic working set is compiled once if it fits. If it does not, what fits stays and the rest is
/// interpreted: nothing is compiled in every round.
#[test]
fn a_working_set_larger_than_the_code_cache_is_not_compiled_in_every_round() {
    if !makes_traces() {
        return;
    }
    let count = if some(&[(); 2], 1).len() > 1 {
        1200
    } else {
        200
    };
    let sources = [4, 8, 24].map(|rounds| functions(count, rounds));
    let off = sources.each_ref().map(|it| run(it, Mode::Off).seen);
    let whole = run(&sources[0], Mode::Cached(64 << 20));
    let bytes = whole.stats.code_bytes;
    let all = count as u64 * 200 * 24 * 3;
    for (budget, held) in [(2 * bytes, 1.0), (bytes * 2 / 3, 0.6), (bytes / 4, 0.2)] {
        let ran = sources.each_ref().map(|it| run(it, Mode::Cached(budget)));
        let [_, fewer, more] = &ran;
        let found = format!(
            "{budget} bytes of {bytes}: {} traces, {} refused, {} regrets, {} trees evicted, {} bytes, {} interpreted; \
             after a third of the rounds {} traces",
            more.traces,
            more.stats.refused,
            more.stats.regrets,
            more.stats.trees_evicted,
            more.stats.code_bytes,
            more.interpreted,
            fewer.traces,
        );
        println!("{found}");
        for (ran, off) in ran.iter().zip(&off) {
            assert_eq!(ran.seen, *off, "{found}");
            assert!(ran.stats.code_bytes <= budget, "{found}");
        }
        assert!(more.traces <= count as u64 * 3 / 2, "{found}");
        let growth = more.traces.saturating_sub(fewer.traces);
        assert!(growth <= count as u64 / 10, "{found}");
        // Of the time that it takes without traces, at least what is held runs in them.
        let most = all as f64 * (1.0 - held) + all as f64 * 0.15;
        assert!((more.interpreted as f64) < most, "{most} of {all}: {found}");
    }
}

/// Loops by the thousand, each of which runs for a little while: few of them are compiled as long as
/// they have run for less than that takes, more of them the longer they run, and in the end all.
#[test]
fn many_short_loops_are_not_compiled_before_they_are_worth_it() {
    if !makes_traces() {
        return;
    }
    let count = if some(&[(); 2], 1).len() > 1 {
        1000
    } else {
        400
    };
    let traces = [1, 6, 60, 300].map(|rounds| {
        let ran = run(&functions(count, rounds), Mode::Counted(0));
        println!("{rounds} rounds: {} traces", ran.traces);
        ran.traces
    });
    let count = count as u64;
    let found = format!("{traces:?} traces of {count} loops");
    // Ten at the least: the burst is there to be used.
    assert!(traces[0] >= 10 && traces[0] < count / 5, "{found}");
    assert!(traces[1] < count / 3, "{found}");
    assert!(traces[2] >= 2 * traces[1], "{found}");
    assert!(traces[3] >= count && traces[3] <= count * 2, "{found}");
}

/// Two programs in turn, each of which fits and not both.
#[test]
fn a_phase_that_returns_gets_its_traces_back() {
    if !makes_traces() {
        return;
    }
    let count = 150;
    let phases = format!(
        "{}\nlocal gs = fs\n{}\n\
         for turn = 1, 6 do local f = turn % 2 == 0 and fs or gs \
         for r = 1, 40 do for i = 1, {count} do t = t + f[i](200) end end end print(t)",
        functions(count, 1),
        functions(count, 1)
    );
    let whole = run(&phases, Mode::Cached(64 << 20));
    let ran = run(&phases, Mode::Cached(whole.stats.code_bytes * 7 / 10));
    assert_eq!(ran.seen, run(&phases, Mode::Off).seen);
    let found = format!(
        "{} traces, {} evicted; with room for all {}; {} interpreted, {}",
        ran.traces, ran.stats.trees_evicted, whole.traces, ran.interpreted, whole.interpreted
    );
    println!("{found}");
    assert!(ran.traces <= 6 * whole.traces, "{found}");
    // Without traces it would be 200 times 3 for each call.
    let all = 6 * 40 * count as u64 * 600;
    assert!(ran.interpreted < all / 4, "{found} of {all}");
}

/// Programs run the same in caches of any size.
#[test]
fn a_full_cache_changes_no_result() {
    let sources = [
        functions(60, 30),
        calls(12, 3000),
        conditions(16, 6000),
        nest("for", 3, 4, true, 600),
    ];
    for source in &sources {
        let off = run(source, Mode::Off).seen;
        for bytes in [0, 200, 2_000, 6_000, 15_000, 40_000] {
            let ran = run(source, Mode::Cached(bytes));
            assert_eq!(ran.seen, off, "{bytes} bytes\n{source}");
            assert!(ran.stats.code_bytes <= bytes);
        }
    }
}

/// A loop in which one access passes `count` shapes or metatables.
fn passed(kind: &str, count: u32, times: u32) -> String {
    let (make, body) = match kind {
        "read" => (
            "local t = {} t['f' .. k] = 1 t.a = k objects[k] = t",
            "s = s + o.a",
        ),
        "write" => (
            "local t = {} t['f' .. k] = 1 t.a = k objects[k] = t",
            "o.a = i s = s + o.a",
        ),
        "new" => (
            "objects[k] = 'f' .. k",
            "local t = {} t[o] = i t.last = i s = s + t.last",
        ),
        "absent" => (
            "local t = {} t['f' .. k] = 1 objects[k] = t",
            "s = s + (o.a or 1)",
        ),
        // Each class inherits the method.
        "method" => (
            "local class = {} class['m' .. k] = 1 class.__index = class setmetatable(class, base) \
             local t = {} t['g' .. k] = 1 t.a = k objects[k] = setmetatable(t, class)",
            "s = s + o:get()",
        ),
        "item" => (
            "local class = {} class['m' .. k] = 1 class.__index = {0, 7} \
             objects[k] = setmetatable({k}, class)",
            "s = s + o[1] + (o[3] or 1)",
        ),
        _ => unreachable!("the kinds are listed below"),
    };
    format!(
        "local base = {{}} base.__index = base function base.get(self) return self.a end \
         local objects = {{}} for k = 1, {count} do {make} end \
         local s = 0 for i = 1, {times} do local o = objects[i % {count} + 1] {body} end print(s)"
    )
}

const PASSED: [&str; 6] = ["read", "write", "new", "absent", "method", "item"];

/// However many shapes pass, the loop runs in traces, and there are no more of them than for
/// the few that are tested one after another.
#[test]
fn sites_that_many_shapes_pass_become_general() {
    if !makes_traces() {
        return;
    }
    let mut wrong = Vec::new();
    for kind in PASSED {
        for &count in some(&[50, 20, 33, 200, 2000], 1) {
            let times = 20_000;
            let [once, twice] = [times, 2 * times].map(|times| passed(kind, count, times));
            let off = run(&twice, Mode::Off);
            for &mode in some(&THRESHOLDS, 1) {
                let (once, twice) = (run(&once, mode), run(&twice, mode));
                let name = format!("{kind}, {count} shapes, {}", mode.name());
                if twice.seen != off.seen {
                    wrong.push(format!("{name}: another result"));
                }
                let more = |count: fn(&Ran) -> u64| count(&twice).saturating_sub(count(&once));
                let cold = more(|ran| ran.stats.cold_exits);
                let recordings = more(|ran| ran.stats.recordings);
                if cold > 200 || recordings > 4 {
                    wrong.push(format!(
                        "{name}: {cold} cold exits and {recordings} recordings more for {times} iterations more; {:?}",
                        twice.stats
                    ));
                }
                if twice.stats.general_sites == 0 || twice.traces > 100 {
                    let (sites, traces) = (twice.stats.general_sites, twice.traces);
                    wrong.push(format!("{name}: {sites} general sites, {traces} traces"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Up to as many as are worth a test each, they are tested.
#[test]
fn sites_that_few_shapes_pass_do_not() {
    if !makes_traces() {
        return;
    }
    for kind in PASSED {
        for count in [1, 2, 4] {
            let ran = run(&passed(kind, count, 20_000), Mode::Default);
            assert_eq!(ran.stats.general_sites, 0, "{kind}, {count} shapes");
        }
    }
}

/// A loop with one call of so many functions, in one of the ways that Lua has; some have more
/// parameters than they get, or take any number.
fn callees(kind: &str, count: u32, times: u32) -> String {
    let functions = (0..count).map(|k| match k % 20 {
        7 => format!(
            "fs[{}] = function(x, y, z) return x + {k} + (z or 1) end",
            k + 1
        ),
        13 => format!(
            "fs[{}] = function(x, ...) return x + {k} + select('#', ...) end",
            k + 1
        ),
        _ => format!("fs[{}] = function(x) return x + {k} end", k + 1),
    });
    let functions: Vec<String> = functions.collect();
    let body = match kind {
        "call" => "s = s + fs[i % n + 1](i)",
        "two" => "s = s + fs[i % n + 1](i, 2)",
        "tail" => "s = s + tail(fs[i % n + 1], i)",
        "iterator" => "for x in fs[i % n + 1], i, nil do s = s + x break end",
        _ => unreachable!("the kinds are listed below"),
    };
    // The iterators would not find their control variable a number.
    let functions = functions.join("\n").replace(
        "x + ",
        if kind == "iterator" {
            "x * 2 + "
        } else {
            "x + "
        },
    );
    format!(
        "local function tail(f, x) return f(x) end\nlocal fs, n = {{}}, {count}\n{functions}\n\
         local s = 0 for i = 1, {times} do {body} end print(s)"
    )
}

/// However many functions a call passes, each gets a trace, and that is where the call leads.
#[test]
fn calls_that_many_functions_pass_become_general() {
    if !makes_traces() {
        return;
    }
    let mut wrong = Vec::new();
    for kind in ["call", "two", "tail", "iterator"] {
        for &count in some(&[50, 20, 33, 200], 1) {
            let times = 600 * count;
            let [once, twice] = [times, 2 * times].map(|times| callees(kind, count, times));
            let off = run(&twice, Mode::Off);
            for &mode in some(&[Mode::Counted(1), Mode::Counted(2), Mode::Free], 1) {
                let (once, twice) = (run(&once, mode), run(&twice, mode));
                let name = format!("{kind}, {count} functions, {}", mode.name());
                if twice.seen != off.seen {
                    wrong.push(format!("{name}: another result"));
                }
                let more = |count: fn(&Ran) -> u64| count(&twice).saturating_sub(count(&once));
                let cold = more(|ran| ran.stats.cold_exits);
                let recordings = more(|ran| ran.stats.recordings);
                let (sites, traces) = (twice.stats.general_sites, twice.traces);
                if cold > u64::from(times) / 20 || recordings > 4 + u64::from(count) / 10 {
                    wrong.push(format!(
                        "{name}: {cold} cold exits and {recordings} recordings more for {times} iterations more; {traces} traces, {sites} sites, {:?}", twice.stats.aborts
                    ));
                }
                if sites == 0 || traces > 40 + 3 * u64::from(count) {
                    wrong.push(format!("{name}: {sites} general sites, {traces} traces"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
