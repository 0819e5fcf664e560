//! Builtins against what lua5.4 answers to `print(pcall(name, arguments))`, stored in
//! `tests.txt`; where it is installed, the stored answers are checked too.

use super::{BUILTINS, Raised, Run};
use crate::heap::Heap;
use crate::host::Host;
use crate::number::tests::lua;
use crate::number::{append, parse};
use crate::value::Tagged;
use crate::value::{NOTHING, truth};

/// The cases: a builtin, its arguments and what is printed.
fn cases() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    include_str!("tests.txt").lines().map(|line| {
        let mut parts = line.split('|');
        let name = parts.next().expect("a name");
        let rest = &line[name.len() + 1..];
        let (args, printed) = rest.rsplit_once(" =>").expect("an answer");
        (name, args, printed.trim())
    })
}

/// Values of a list of simple expressions.
fn values(heap: &Heap, mut text: &str) -> Vec<Tagged> {
    let mut values = Vec::new();
    while !text.is_empty() {
        let end = match text.as_bytes()[0] {
            b'\'' => 2 + text[1..].find('\'').expect("a quote"),
            b'{' => 1 + text.find('}').expect("a brace"),
            _ => text.find(',').unwrap_or(text.len()),
        };
        let (item, rest) = text.split_at(end);
        values.push(match item {
            "nil" => NOTHING,
            "true" | "false" => truth(item == "true"),
            _ if item.starts_with('{') => {
                let table = heap.table(0, 0).expect("enough memory");
                table
                    .set_list(heap, 1, &self::values(heap, &item[1..end - 1]))
                    .expect("enough memory");
                Tagged::reference(table)
            }
            _ if item.starts_with('\'') => Tagged::reference(
                heap.string(&item.as_bytes()[1..end - 1])
                    .expect("enough memory"),
            ),
            _ => parse(item.as_bytes()).expect(item),
        });
        text = rest.strip_prefix(',').unwrap_or(rest);
    }
    values
}

/// What a builtin answers, as `print(pcall(…))` shows it.
fn shown(host: &mut Host, name: &str, args: &str) -> String {
    let args = values(&host.heap, args);
    let builtin = BUILTINS.iter().find(|builtin| builtin.name == name);
    let mut results = Vec::new();
    let run = match builtin.expect(name).run {
        Run::OnItems(raw, _) | Run::OnPlain(raw, _) => *raw,
        run => run,
    };
    let ran = match run {
        Run::Pure(run) => run(host, &args).map(|result| results.push(result)),
        Run::Simple(run) => run(host, &args).map(|result| results.push(result)),
        Run::General(run) => run(host, &args, &mut results),
        _ => panic!("{name} needs a running program"),
    };
    let mut text = match ran {
        Ok(()) => b"true".to_vec(),
        Err(raised) => {
            results.clear();
            let mut text = b"false\t".to_vec();
            match raised.described(host) {
                Raised::Message(message) => text.extend_from_slice(message.as_bytes()),
                Raised::Level { message, .. } => text.extend_from_slice(&message),
                Raised::Value(value) => append(&mut text, value),
                Raised::Failed(_) | Raised::Exit(_) | Raised::Type { .. } => {
                    text.extend_from_slice(b"ended")
                }
                Raised::Memory => text.extend_from_slice(b"not enough memory"),
                Raised::Argument { name, number, what } => {
                    let message = Raised::argument(None, false, name, number, &what);
                    text.extend_from_slice(message.as_bytes());
                }
            }
            text
        }
    };
    for result in results {
        text.push(b'\t');
        append(&mut text, result);
    }
    String::from_utf8_lossy(&text).replace('\t', " ")
}

#[test]
fn builtins_answer_as_stored() {
    let mut host = Host::new(Box::new(std::io::sink()), None).expect("enough memory");
    let mut wrong = Vec::new();
    for (name, args, printed) in cases() {
        let ours = shown(&mut host, name, args);
        if ours.trim_end() != printed {
            wrong.push(format!("{name}({args}): {ours}, stored {printed}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_stored_is_what_lua_answers() {
    let mut program = String::new();
    for (name, args, _) in cases() {
        let comma = if args.is_empty() { "" } else { "," };
        program += &format!("print((table.concat(show(pcall({name}{comma}{args})), ' ')))\n");
    }
    let show = "function show(...) local t = {...} for i = 1, select('#', ...) do \
                t[i] = tostring(t[i]) end return t end\n";
    let Some(answers) = lua(&format!("{show}{program}")) else {
        return;
    };
    for (answer, (name, args, printed)) in answers.lines().zip(cases()) {
        assert_eq!(answer.trim_end(), printed, "{name}({args})");
    }
}

#[test]
fn what_is_missing_says_so() {
    let mut host = Host::new(Box::new(std::io::sink()), None).expect("enough memory");
    let hook = shown(&mut host, "debug.sethook", "");
    assert_eq!(hook, "false Moonlet does not have debug.sethook yet");
}
