//! Standard output and standard error of real processes: when text appears, what happens when it
//! cannot, and how the process ends.
//!
//! What is stored is what lua5.4 does; where it is installed, it is run as well. Only on Linux,
//! whose C library says when lua5.4 passes on what.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{Read, pipe};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

const MOONLET: &str = env!("CARGO_BIN_EXE_moonlet");
const SIGPIPE: i32 = 13;

/// The interpreters at hand: Moonlet with the JIT and without, and lua5.4 if it is installed.
fn interpreters() -> Vec<Vec<&'static str>> {
    let mut all = vec![vec![MOONLET], vec![MOONLET, "--jit=off"]];
    match Command::new("lua5.4").arg("-v").output() {
        Ok(_) => all.push(vec!["lua5.4"]),
        Err(error) => {
            let required =
                std::env::var_os("OFFRAMP_REQUIRE_LUA").is_some_and(|value| value == "1");
            assert!(!required, "lua5.4 is required: {error}");
        }
    }
    all
}

fn command(interpreter: &[&str], code: &str) -> Command {
    let mut command = Command::new(interpreter[0]);
    command.args(&interpreter[1..]).args(["-e", code]);
    command.stdin(Stdio::null());
    command
}

/// The same where `SIGPIPE` is ignored by the process that starts it.
fn ignoring(interpreter: &[&str], code: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' PIPE; exec \"$@\"", "sh"]);
    command.args(interpreter).args(["-e", code]);
    command.stdin(Stdio::null());
    command
}

/// What the process writes to standard output and standard error, in this order, and how it ends.
fn merged(mut command: Command) -> (String, ExitStatus) {
    let (mut reader, writer) = pipe().expect("a pipe");
    command.stdout(writer.try_clone().expect("a copy"));
    command.stderr(writer);
    let mut child = command.spawn().expect("it starts");
    // The writing ends in it must be closed for the reader to see an end.
    drop(command);
    let mut text = Vec::new();
    reader.read_to_end(&mut text).expect("it can be read");
    let status = child.wait().expect("it ends");
    (String::from_utf8(text).expect("it is text"), status)
}

/// What the process writes to standard error, with standard output elsewhere.
fn errors(mut command: Command, output: impl Into<Stdio>) -> (String, ExitStatus) {
    command.stdout(output).stderr(Stdio::piped());
    let child = command.spawn().expect("it starts");
    drop(command);
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8(output.stderr).expect("it is text");
    (text, output.status)
}

/// Without the interpreter's name, and without a traceback.
fn first_line(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let known = ["moonlet: ", "lua5.4: "];
    let name = known.iter().find(|name| line.starts_with(**name));
    &line[name.map_or(0, |name| name.len())..]
}

#[test]
fn text_appears_when_its_buffer_says() {
    let big = "x".repeat(5000);
    let cases = [
        // Lines of `print` at once, the rest when it must.
        (r#"print("a") E"b" print("c") E"d""#, "a\nbc\nd"),
        (r#"W"a" E"b" W"c\n" E"d""#, "bdac\n"),
        (r#"W"a" E"b" print"c" E"d""#, "bac\nd"),
        (r#"W"a" F() E"b" W"c" O:flush() E"d" W"e""#, "abcde"),
        (r#"O:setvbuf"no" W"a" E"b" W"c\n" E"d""#, "abc\nd"),
        (r#"W"a" O:setvbuf"no" E"b" W("c", "d") E"e""#, "abcde"),
        (r#"O:setvbuf"line" W"a" E"b" W"c\nd" E"e""#, "bac\ned"),
        (r#"W"a" O:setvbuf"line" E"b" W"c\n" E"d""#, "bac\nd"),
        (
            r#"O:setvbuf("line", 2) W"abc" E"d" W"e\n" E"f""#,
            "dabce\nf",
        ),
        // The size is a hint that is not taken.
        (
            r#"O:setvbuf("full", 2) W"abc" E"d" W"e\n" E"f""#,
            "dfabce\n",
        ),
        (r#"O:setvbuf("full", 1 << 20) W(("x"):rep(5000)) E"d""#, "*"),
        // Blocks go in whole.
        (
            r#"W(("x"):rep(4096)) E"d" W"y" E"e" W(("z"):rep(4096)) E"f""#,
            "*",
        ),
        (
            r#"W("ab", ("y"):rep(4094), "") E"d" W"e" E"f" W("g", 1, 2.5)"#,
            "*",
        ),
        // Once unbuffered, a stream has a buffer for one byte.
        (
            r#"O:setvbuf"no" O:setvbuf"full" W"abc" E"D" W"efg" E"h""#,
            "abcDefgh",
        ),
        (
            r#"O:setvbuf"no" O:setvbuf"line" W"abc" E"D" W"e\nfg" E"h""#,
            "*",
        ),
        // Standard error, too.
        (r#"S:setvbuf"full" E"D" W"e\n" F() E"h""#, "e\nDh"),
        (r#"E"D" S:setvbuf"full" E"xyz" W"e" F() E"h""#, "Dxyzeh"),
        (r#"S:setvbuf"line" E"D" W"e" F() E"h\ni" W"z""#, "eDh\niz"),
        (
            r#"S:setvbuf"full" E"D" W"e" S:flush() F() E"h" W"i""#,
            "Dehi",
        ),
        // Errors are told before the rest is passed on.
        (r#"S:setvbuf"full" E"D" W"e" print"f" E"g" W"h""#, "ef\nDgh"),
        (
            r#"W("x", 1, 2.5, 1e100, -0.0):write("y"):write("z", "\n") E"e""#,
            "ex12.51e+100-0yz\n",
        ),
        (r#"E(tostring(E"a" == S and W"b" == O))"#, "atrueb"),
        (r#"S:write("a", 1, 2.0, "b"):write("c"):flush()"#, "a12bc"),
        (
            r#"print(O:close()) print(S:close()) print(io.close()) E"a" W"b""#,
            "*",
        ),
    ];
    let prelude = "local O, S, F = io.stdout, io.stderr, io.flush \
        local function W(...) return O:write(...) end local function E(x) return S:write(x) end ";
    for (code, expected) in cases {
        let code = format!("{prelude}{code}");
        let mut seen = Vec::new();
        for interpreter in interpreters() {
            let (text, status) = merged(command(&interpreter, &code));
            assert!(status.success(), "{interpreter:?} {code}: {status}");
            seen.push((interpreter, text));
        }
        let (_, first) = &seen[0];
        for (interpreter, text) in &seen {
            // Where too long a text is expected to be stored, all must agree.
            let wanted = if expected == "*" { first } else { expected };
            assert_eq!(
                text.replace(&big, "X"),
                wanted.replace(&big, "X"),
                "{interpreter:?} {code}"
            );
        }
    }
}

#[test]
fn messages_come_before_what_is_held() {
    for interpreter in interpreters() {
        let (text, status) = merged(command(&interpreter, r#"io.write("x") error("y")"#));
        let name = Path::new(interpreter[0])
            .file_name()
            .expect("it has a name");
        let begins = format!("{}: (command line):1: y\n", name.display());
        assert!(text.starts_with(&begins), "{interpreter:?}: {text}");
        assert!(text.ends_with("[C]: in ?\nx"), "{interpreter:?}: {text}");
        assert_eq!(status.code(), Some(1));
    }
}

/// Shows on standard error what a call answers.
const SHOW: &str = "local function show(a, b, c) \
    if a == io.stdout then a = 'stdout' end \
    io.stderr:write(tostring(a), ' ', tostring(b), ' ', tostring(c), '\\n') end ";

#[test]
fn a_full_device_is_told_where_text_is_passed_on() {
    let none = "nil No space left on device 28\n";
    let done = "stdout nil nil\n";
    let cases = [
        // `print` tells nobody.
        ("for i = 1, 100 do print(i) end", String::new()),
        ("show(print(1))", "nil nil nil\n".to_owned()),
        ("show(io.write('x'))", done.to_owned()),
        ("show(io.write(('x'):rep(5000)))", none.to_owned()),
        (
            "for i = 1, 10 do show(io.write(('x'):rep(1000))) end",
            [&*done.repeat(4), none].concat().repeat(2),
        ),
        (
            "for i = 1, 10 do show(io.write(('x'):rep(500), i, ('y'):rep(700), 1.5)) end",
            [
                &*done.repeat(3),
                none,
                &*done.repeat(3),
                none,
                &*done.repeat(2),
            ]
            .concat(),
        ),
        (
            "show(io.write(('x'):rep(5000), 1, 'y', 2)) show(io.flush())",
            [none, none].concat(),
        ),
        (
            "io.stdout:setvbuf('no') show(io.write('x')) show(io.write(1)) show(io.write('')) show(io.write())",
            [none, none, done, done].concat(),
        ),
        (
            "io.stdout:setvbuf('line') show(io.write('x')) show(io.write('y\\nz')) show(io.write('z'))",
            [done, none, done].concat(),
        ),
        (
            "io.write('x') show(io.stdout:flush()) show(io.stdout:flush())",
            format!("{none}true nil nil\n"),
        ),
        (
            "io.write('x') show(io.flush()) show(io.flush())",
            format!("{none}true nil nil\n"),
        ),
        (
            "io.write('x') show(io.stdout:setvbuf('no')) show(io.stdout:setvbuf('no'))",
            format!("{none}true nil nil\n"),
        ),
        (
            "io.write('x') show(io.stdout:setvbuf('line'))",
            "true nil nil\n".to_owned(),
        ),
        (
            "show(pcall(function() return io.write(('x'):rep(5000)):write('y') end))",
            "false (command line):1: attempt to index a nil value nil\n".to_owned(),
        ),
        (
            "show(pcall(io.write, ('x'):rep(5000), {}))",
            "false bad argument #2 to 'io.write' (string expected, got table) nil\n".to_owned(),
        ),
        (
            "local failed = 0 for i = 1, 20000 do if not io.write(i, '\\n') then failed = failed + 1 end end show(failed)",
            "26 nil nil\n".to_owned(),
        ),
    ];
    for (code, expected) in cases {
        for interpreter in interpreters() {
            let full = File::options()
                .write(true)
                .open("/dev/full")
                .expect("it is there");
            let code = format!("{SHOW}{code}");
            let (text, status) = errors(command(&interpreter, &code), full);
            assert_eq!(text, expected, "{interpreter:?} {code}");
            // What is lost at the end is lost in silence.
            assert!(status.success(), "{interpreter:?} {code}: {status}");
        }
    }
}

#[test]
fn an_error_on_a_full_device_is_the_programs_own() {
    for interpreter in interpreters() {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("it is there");
        let (text, status) = errors(
            command(&interpreter, "print(1) io.write(2) error('oh')"),
            full,
        );
        assert_eq!(first_line(&text), "(command line):1: oh");
        assert_eq!(status.code(), Some(1));
    }
}

#[test]
fn a_closed_pipe_ends_the_process_by_its_signal() {
    for code in [
        "while true do print('x') end",
        "while true do io.write('x') end",
        "io.stdout:setvbuf('no') io.write('x') io.stderr:write('not here')",
        "io.write('x')",
        "print('x') io.stderr:write('not here')",
    ] {
        for interpreter in interpreters() {
            let (reader, writer) = pipe().expect("a pipe");
            drop(reader);
            let (text, status) = errors(command(&interpreter, code), writer);
            assert_eq!(
                status.signal(),
                Some(SIGPIPE),
                "{interpreter:?} {code}: {status}"
            );
            assert_eq!(text, "", "{interpreter:?} {code}");
        }
    }
}

#[test]
fn a_reader_that_has_enough_ends_the_process_by_its_signal() {
    for code in [
        "for i = 1, 1e9 do print(i) end",
        "for i = 1, 1e9 do io.write(i, '\\n') end",
    ] {
        for interpreter in interpreters() {
            let (mut reader, writer) = pipe().expect("a pipe");
            let mut program = command(&interpreter, code);
            program.stdout(writer).stderr(Stdio::piped());
            let child = program.spawn().expect("it starts");
            drop(program);
            let mut line = [0; 2];
            reader.read_exact(&mut line).expect("it prints");
            assert_eq!(&line, b"1\n");
            drop(reader);
            let output = child.wait_with_output().expect("it ends");
            assert_eq!(
                output.status.signal(),
                Some(SIGPIPE),
                "{interpreter:?} {code}"
            );
            assert_eq!(output.stderr, b"", "{interpreter:?} {code}");
        }
    }
}

#[test]
fn a_closed_pipe_is_told_where_its_signal_is_ignored() {
    let broken = "nil Broken pipe 32\n";
    let cases = [
        ("for i = 1, 100 do print(i) end", String::new()),
        (
            "show(io.write('x')) show(io.flush()) show(io.flush())",
            format!("stdout nil nil\n{broken}true nil nil\n"),
        ),
        ("show(io.write(('x'):rep(5000)))", broken.to_owned()),
        (
            "local n = 0 while io.write('0123456789') do n = n + 1 end show(n)",
            "409 nil nil\n".to_owned(),
        ),
        ("io.write('x')", String::new()),
    ];
    for (code, expected) in cases {
        for interpreter in interpreters() {
            let (reader, writer) = pipe().expect("a pipe");
            drop(reader);
            let code = format!("{SHOW}{code}");
            let (text, status) = errors(ignoring(&interpreter, &code), writer);
            assert_eq!(text, expected, "{interpreter:?} {code}");
            assert!(status.success(), "{interpreter:?} {code}: {status}");
        }
    }
}

#[test]
fn errors_that_cannot_be_told_end_the_process_all_the_same() {
    for interpreter in interpreters() {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("it is there");
        let mut program = command(&interpreter, "io.stderr:write('x') error('oh')");
        let status = program.stdout(Stdio::null()).stderr(full).status();
        assert_eq!(status.expect("it runs").code(), Some(1), "{interpreter:?}");
    }
}

#[test]
fn a_closed_standard_output_is_an_error_of_writing() {
    let code = format!(
        "{SHOW} print(1) show(io.write('x')) show(io.flush()) show(io.write(('x'):rep(10000)))"
    );
    let expected = "stdout nil nil\nnil Bad file descriptor 9\nnil Bad file descriptor 9\n";
    for interpreter in interpreters() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$@\" >&-", "sh"]);
        shell.args(&interpreter).args(["-e", &code]);
        let output = shell.stdin(Stdio::null()).output().expect("it runs");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            expected,
            "{interpreter:?}"
        );
        assert!(output.status.success(), "{interpreter:?}");
    }
}

/// A fresh folder, removed with this.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left in the target directory, where it does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn positions_have_the_end_of_a_long_name() {
    let name = format!("names-{}", std::process::id());
    let folder = Folder(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    fs::create_dir_all(&folder.0).expect("the target directory can be written");
    for length in [1, 20, 57, 58, 59, 60, 61, 62, 100, 200] {
        let file: String = ('a'..='z').cycle().take(length).collect();
        let shown = match length {
            ..60 => file.clone(),
            _ => format!("...{}", &file[length - 56..]),
        };
        for (text, message) in [
            ("print(pcall(error, 'x'))\nerror('oh')", "2: oh"),
            (
                "local t\nlocal u = t.x",
                "2: attempt to index a nil value (local 't')",
            ),
            ("\n\nx = = 1", "3: unexpected symbol near '='"),
            ("local function f() error('oh', 2) end\n\nf()", "3: oh"),
            (
                "goto nowhere",
                "1: no visible label 'nowhere' for <goto> at line 1",
            ),
        ] {
            fs::write(folder.0.join(&file), text).expect("the folder can be written");
            for interpreter in interpreters() {
                let mut program = Command::new(interpreter[0]);
                program
                    .args(&interpreter[1..])
                    .arg(&file)
                    .current_dir(&folder.0);
                let (text, status) = errors(program, Stdio::null());
                assert_eq!(
                    first_line(&text),
                    format!("{shown}:{message}"),
                    "{interpreter:?}"
                );
                assert_eq!(status.code(), Some(1));
            }
        }
    }
}

#[test]
fn the_clock_counts_the_processors_time() {
    let code = "local first = os.clock() local last = first \
        while last < first + .02 do local now = os.clock() if now < last then print('back') end last = now end \
        print(first >= 0, last < 60, math.type(first), pcall(os.clock, 'x'))";
    for interpreter in interpreters() {
        let (text, _) = merged(command(&interpreter, code));
        let (line, _) = text.rsplit_once('\t').expect("a list");
        assert_eq!(line, "true\ttrue\tfloat\ttrue", "{interpreter:?}");
    }
}

#[test]
fn repeating_nothing_takes_no_time() {
    // lua5.4 counts the rounds.
    let (text, status) = merged(command(&[MOONLET], "print(#string.rep('', 2147483647))"));
    assert_eq!(text, "0\n");
    assert!(status.success());
}
