//! The command line: what it takes, prints and answers.

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for something that should take no time.
const LIMIT: Duration = Duration::from_secs(60);

fn moonlet(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moonlet"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    moonlet(arguments).output().expect("moonlet starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A program's path, for what needs a file.
fn program(name: &str) -> String {
    format!("{}/tests/lua/{name}.lua", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn code_on_the_command_line_runs() {
    let output = run(&["-e", "print(1 + 1, ...)", "a", "-b"]);
    assert_eq!(stdout(&output), "2\ta\t-b\n");
    assert_eq!(stderr(&output), "");
    assert!(output.status.success());
}

#[test]
fn files_run_with_their_arguments() {
    let output = run(&[&program("varargs/main"), "x", "--jit=off"]);
    assert_eq!(stdout(&output).lines().next(), Some("2\tx\t--jit=off"));
}

#[test]
fn standard_input_runs() {
    let mut child = moonlet(&["-", "argument"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("moonlet starts");
    let mut input = child.stdin.take().expect("it is piped");
    input
        .write_all(b"print('from input', ...)")
        .expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(stdout(&output), "from input\targument\n");
}

#[test]
fn errors_go_to_standard_error_with_status_one() {
    let output = run(&["-e", "print('before') error('oh')"]);
    assert_eq!(stdout(&output), "before\n");
    let complaint = stderr(&output);
    assert!(
        complaint.starts_with("moonlet: (command line):1: oh\nstack traceback:\n"),
        "{complaint}"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn syntax_errors_name_line_and_place() {
    let output = run(&["-e", "local x = 1\nlocal y = = 2"]);
    let complaint = stderr(&output);
    let expected = "moonlet: (command line):2: unexpected symbol near '='";
    assert_eq!(complaint.lines().next(), Some(expected));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
}

#[test]
fn missing_files_and_options_are_errors() {
    let output = run(&["no/such/file.lua"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("moonlet: cannot open no/such/file.lua"));
    let output = run(&["--no-such-option", "-e", "print(1)"]);
    assert!(!output.status.success());
    assert_eq!(stdout(&output), "");
}

#[test]
fn the_jit_can_be_turned_off() {
    let code = "local s = 0 for i = 1, 1000 do s = s + i end print(s)";
    for switch in ["--jit=on", "--jit=off"] {
        let output = run(&[switch, "--stats=json", "-e", code]);
        assert_eq!(stdout(&output), "500500\n");
        let recorded = number(&stderr(&output), "recordings_started");
        assert_eq!(recorded > 0.0, switch == "--jit=on", "{}", stderr(&output));
    }
}

#[test]
fn compare_prints_once_and_shows_both_times() {
    let code = "local s = 0 for i = 1, 1000 do s = s + i end print(s)";
    let output = run(&["--compare", "-e", code]);
    assert_eq!(stdout(&output), "500500\n");
    let shown = stderr(&output);
    for part in [
        "without JIT",
        "with JIT",
        "times as fast",
        "traces",
        "exits",
    ] {
        assert!(shown.contains(part), "`{part}` is not in\n{shown}");
    }
    assert!(output.status.success());
    let output = run(&["--compare", "-e", "error('oh', 0)"]);
    assert!(
        stderr(&output).contains("moonlet: oh\n"),
        "{}",
        stderr(&output)
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn statistics_are_json_with_the_documented_keys() {
    let output = run(&["--stats=json", &program("traces/alternating")]);
    let line = stderr(&output);
    is_json(&line);
    for key in [
        "roots",
        "sides",
        "recordings_started",
        "exits",
        "exits_taken_cold",
        "exits_linked",
        "entries",
        "uops_recorded",
        "uops_compiled",
        "code_bytes",
        "exit_code_bytes_mean",
        "code_bytes_per_instruction",
        "compile_us_total",
        "traces_proved",
        "traces_unproved",
    ] {
        assert!(number(&line, key) >= 0.0, "{key}: {line}");
    }
    for key in [
        "recordings_aborted",
        "compiled_share",
        "why",
        "instructions",
        "abandoned",
        "trees",
        "seen",
        "why_not_linked",
    ] {
        assert!(line.contains(&format!("\"{key}\":")), "{key}: {line}");
    }
    assert!(number(&line, "roots") >= 1.0, "{line}");
    let output = run(&["--stats", &program("traces/alternating")]);
    assert!(stderr(&output).contains("traces"), "{}", stderr(&output));
}

#[test]
fn full_statistics_say_what_share_ran_in_traces() {
    let hot = "local s = 0 for i = 1, 10000 do s = s + i end print(s)";
    let output = run(&["--stats=full", "-e", hot]);
    assert_eq!(stdout(&output), "50005000\n");
    assert!(number(&stderr(&output), "compiled_share") > 0.9);
    let output = run(&["--stats=full", "--jit=off", "-e", hot]);
    assert!(number(&stderr(&output), "compiled_share") == 0.0);
}

/// One round in ten takes the other branch: its exit is the hottest, and gets a side trace.
const BRANCHY: &str = "local low, high = 0, 0\n\
    for i = 1, 10000 do\n\
      local x = i * 7 % 100\n\
      if x < 90 then\n\
        low = low + x\n\
      else\n\
        high = high + 1\n\
      end\n\
    end\n\
    print(low, high)";

#[test]
fn why_names_the_hottest_exit_and_what_its_guard_saw() {
    let output = run(&["--stats=why", "-e", BRANCHY]);
    assert_eq!(stdout(&output), "400500\t1000\n");
    let shown = stderr(&output);
    let (_, linked) = shown.split_once("linked exits: ").expect("there is one");
    let hottest: Vec<&str> = linked.lines().skip(1).take(4).map(str::trim).collect();
    let [first, cold, tests, status] = *hottest else {
        panic!("{shown}")
    };
    let (taken, place) = first.split_once("  ").expect("a count and a place");
    let taken: u64 = taken.parse().expect("a number below a thousand");
    // Of the thousand rounds, all but those before the root was made.
    assert!((980..1000).contains(&taken), "{shown}");
    let place = place.split_once(" side at ").expect("a side exit").1;
    assert_eq!(
        place,
        "(command line):4 in main chunk, instruction 9: JumpNotLessConst r7 k2 to 12 (90)"
    );
    assert_eq!(cold, "100 of them while it was not linked");
    assert_eq!(tests, "tests w15 < 90; saw w15 = 90 to 99 (100×)");
    assert!(status.starts_with("linked to e"), "{shown}");
    let tree = "2 traces, ";
    assert!(shown.contains(tree), "`{tree}` is not in\n{shown}");
}

#[test]
fn why_counts_every_instruction_in_json_too() {
    let count = |switch: &str, code: &str| {
        let output = run(&[switch, "--stats=full", "-e", code]);
        let line = stderr(&output);
        is_json(&line);
        let keys = ["interpreted", "recording", "in_traces"];
        keys.map(|key| number(&line, key))
    };
    let calls = "local function f(t, i) if i % 3 == 0 then return t.x end return i end\n\
                 local t, s = setmetatable({}, { __index = { x = 2 } }), 0\n\
                 for i = 1, 3000 do s = s + f(t, i) end\n\
                 for i = 1, 300 do local u = {} for j = 1, i % 7 do u[j] = j end s = s + #u end\n\
                 print(s)";
    let failing =
        "for i = 1, 100 do pcall(function(x) for j = 1, 50 do x = x + j end error(x) end, i) end";
    for code in [BRANCHY, calls, failing] {
        let [all, recording, in_traces] = count("--jit=off", code);
        assert_eq!([recording, in_traces], [0.0, 0.0]);
        let parts = count("--jit=on", code);
        assert!(parts[2] > 0.0, "{parts:?}");
        assert_eq!(parts.iter().sum::<f64>(), all, "{parts:?} of {code}");
    }
}

#[test]
fn why_says_what_was_abandoned_and_is_the_same_in_each_run() {
    // The round that is recorded fails.
    let code = "for i = 1, 2000 do\n  if i > 50 then error(i) end\nend";
    let [first, second] = ["a", "b"].map(|_| stderr(&run(&["--stats=why", "-e", code])));
    assert_eq!(first, second);
    let (_, abandoned) = first
        .split_once("abandoned recordings: ")
        .expect("a heading");
    assert!(
        abandoned.contains("of a root, from (command line):2 in main chunk"),
        "{first}"
    );
    assert!(
        abandoned.contains("ended at (command line):2 in main chunk"),
        "{first}"
    );
}

#[test]
fn dumps_show_bytecode_and_traces() {
    let code = "local s = 0 for i = 1, 1000 do s = s + i end print(s)";
    let output = run(&["--dump=bytecode,trace,opt,rewrites", "-e", code]);
    assert_eq!(stdout(&output), "500500\n");
    let shown = stderr(&output);
    for part in ["ForLoop", "recorded ", "optimised ", " words forward"] {
        assert!(shown.contains(part), "`{part}` is not in\n{shown}");
    }
}

#[test]
fn dumps_name_the_places_of_the_program() {
    let code = "local s = 0\nfor i = 1, 1000 do\n  s = s + i * 2\nend print(s)";
    let output = run(&["--dump=events,opt", "-e", code]);
    assert_eq!(stdout(&output), "1001000\n");
    let shown = stderr(&output);
    for part in [
        "recording from (command line):3 in main chunk, instruction 6: MulConst r6 r5 k0 (2)\n",
        "e0.0 compiled, root at (command line):3 in main chunk, instruction 6: MulConst",
        "at 7  ; (command line):3 in main chunk: Add r2 r2 r6\n",
        "at 8  ; (command line):2 in main chunk: ForLoop r3 to 6\n",
    ] {
        assert!(shown.contains(part), "`{part}` is not in\n{shown}");
    }
    let code = "local function f(n) for i = 1, n do end end\nf(1000)";
    let shown = stderr(&run(&["--dump=events", "-e", code]));
    let part = "(command line):1 in function at line 1, instruction";
    assert!(shown.contains(part), "`{part}` is not in\n{shown}");
}

/// Interrupts a loop that runs for ever, compiled or not.
fn interrupted(switch: &str) {
    // More output than any buffer holds, so that its arrival says that the program runs.
    let code = "print(('x'):rep(200000)) local i = 0 while true do i = i + 1 end";
    let mut child = moonlet(&[switch, "-e", code])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("moonlet starts");
    let mut printed = vec![0; 100_000];
    let mut output = child.stdout.take().expect("it is piped");
    output.read_exact(&mut printed).expect("it prints");
    let drain = thread::spawn(move || output.read_to_end(&mut Vec::new()));
    thread::sleep(Duration::from_millis(200));
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status();
    assert!(sent.expect("kill can be run").success());
    let begun = Instant::now();
    while child.try_wait().expect("it can be asked").is_none() {
        if begun.elapsed() > LIMIT {
            child.kill().expect("it can be killed");
            panic!("Ctrl-C does not end it");
        }
        thread::sleep(Duration::from_millis(10));
    }
    drain.join().expect("no panic").expect("it can be read");
    let output = child.wait_with_output().expect("it has ended");
    assert!(
        stderr(&output).starts_with("moonlet: interrupted!\n"),
        "{}",
        stderr(&output)
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn ctrl_c_ends_a_compiled_loop() {
    interrupted("--jit=on");
}

#[test]
fn ctrl_c_ends_an_interpreted_loop() {
    interrupted("--jit=off");
}

/// Fails unless the text is one JSON value.
fn is_json(text: &str) {
    let parsed = serde_json::from_str::<serde_json::Value>(text);
    assert!(parsed.is_ok(), "{parsed:?}: {text}");
}

/// The number under `key` of a JSON object.
fn number(text: &str, key: &str) -> f64 {
    let (_, rest) = text
        .split_once(&format!("\"{key}\":"))
        .unwrap_or_else(|| panic!("no `{key}` in {text}"));
    let end = rest.find([',', '}', '\n']).unwrap_or(rest.len());
    let number = rest[..end].trim().parse();
    number.unwrap_or_else(|_| panic!("`{key}` is no number in {text}"))
}

/// Both ways to run, with thresholds low and as they are.
const SWITCHES: [(&str, &str); 3] = [("--jit=off", "50"), ("--jit=on", "2"), ("--jit=on", "50")];

#[test]
fn programs_end_or_go_on_where_the_memory_they_may_use_ends() {
    let grow = "local t = {} while true do t[#t + 1] = {#t} end";
    for (switch, threshold) in SWITCHES {
        let run = |memory: &str, code: &str| {
            let mut command = moonlet(&[switch, memory, "-e", code]);
            command.env("OFFRAMP_HOT_LOOP", threshold);
            command.output().expect("moonlet starts")
        };
        let output = run("--memory=2M", grow);
        assert_eq!(stderr(&output), "moonlet: not enough memory\n");
        assert_eq!(output.status.code(), Some(1));

        let code = format!("for i = 1, 20 do print(pcall(function() {grow} end)) end print('on')");
        let output = run("--memory=1500000", &code);
        let expected = "false\tnot enough memory\n".repeat(20) + "on\n";
        assert_eq!(
            (stdout(&output), stderr(&output)),
            (expected, String::new())
        );
        assert!(output.status.success());

        let output = run("--memory=1K", "print(1)");
        let small = "moonlet: a memory limit of 1024 bytes is too small to begin with\n";
        assert_eq!((stdout(&output), &*stderr(&output)), (String::new(), small));
        assert_eq!(output.status.code(), Some(1));
    }
    for wrong in [
        "--memory=",
        "--memory=lots",
        "--memory=1T",
        "--memory=-1",
        "--memory=99999999999G",
    ] {
        let output = run(&[wrong, "-e", "print(1)"]);
        assert!(
            !output.status.success() && stdout(&output).is_empty(),
            "{wrong}"
        );
    }
}

/// Runs code where the system gives the process few addresses.
#[cfg(target_os = "linux")]
fn within_few_addresses(switch: &str, code: &str) -> Output {
    let script = "ulimit -v 150000 && exec \"$0\" \"$@\"";
    let moonlet = env!("CARGO_BIN_EXE_moonlet");
    let mut shell = Command::new("sh");
    shell.args(["-c", script, moonlet, switch, "-e", code]);
    shell.stdin(Stdio::null()).output().expect("a shell starts")
}

#[cfg(target_os = "linux")]
#[test]
fn programs_go_on_where_the_system_refuses_memory() {
    let grows = [
        "local t = {} local i = 0 while true do i = i + 1 t[i] = {i} end",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} local i = 0 while true do i = i + 1 t['k' .. i] = i end",
        "local t for i = 1, 1e9 do t = {t} end",
        "local t = {} for i = 1, 1e9 do t[i] = function() return i, t end end",
        "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(100) .. i end",
        "table.concat({('x'):rep(1 << 29), ('y'):rep(1 << 29)})",
    ];
    for grow in grows {
        let code = format!(
            "for round = 1, 2 do print(pcall(function() {grow} end)) end
             local t = {{}} for i = 1, 1000 do t[i] = {{i}} end print(#t)"
        );
        let expected = "false\tnot enough memory\n".repeat(2) + "1000\n";
        for switch in ["--jit=off", "--jit=on"] {
            let output = within_few_addresses(switch, &code);
            let seen = (stdout(&output), stderr(&output));
            assert_eq!(seen, (expected.clone(), String::new()), "{switch}: {grow}");
        }
    }
    let grow = "local s = 'x' while true do s = s .. s end";
    let output = within_few_addresses("--jit=on", grow);
    assert_eq!(stderr(&output), "moonlet: not enough memory\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_command_line_is_the_global_arg() {
    let folder = std::env::temp_dir().join(format!("moonlet-arg-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = folder.join("script.lua");
    let code = "print(#arg, arg[0] == (...), arg[1], arg[2], arg[3], arg[-1], arg[-2] ~= nil, arg[-3])\n\
                print(select('#', ...), select(2, ...))";
    std::fs::write(&script, code).unwrap();
    let script = script.to_str().unwrap();
    let output = run(&["--jit=on", script, script, "--jit", "-x"]);
    let expected =
        "3\ttrue\t".to_owned() + script + "\t--jit\t-x\t--jit=on\ttrue\tnil\n3\t--jit\t-x\n";
    assert_eq!(stdout(&output), expected, "{}", stderr(&output));
    // Without a script the program is it.
    let output = run(&["-e", "print(#arg, arg[0] ~= nil, arg[1], arg[-1])"]);
    assert_eq!(stdout(&output), "2\ttrue\t-e\tnil\n");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_error_that_nobody_catches_is_shown_with_what_it_has_ended() {
    let code = "local function f(t) local x = t.a.b return x end\n\
                function g(t) local x = f(t) return x end\n\
                table.sort({1, 2}, function() local x = pcall(error) return g({}) or x end)";
    let output = run(&["-e", code]);
    let expected = "moonlet: (command line):1: attempt to index a nil value (field 'a')\n\
                    stack traceback:\n\
                    \t(command line):1: in upvalue 'f'\n\
                    \t(command line):2: in function 'g'\n\
                    \t(command line):3: in function <(command line):3>\n\
                    \t[C]: in function 'table.sort'\n\
                    \t(command line):3: in main chunk\n\
                    \t[C]: in ?\n";
    assert_eq!(stderr(&output), expected);
    assert_eq!(output.status.code(), Some(1));
}
