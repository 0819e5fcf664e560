//! The fuzz targets' bodies on inputs made from seeds: some seconds of each.
//!
//! `OFFRAMP_RANDOM_SECONDS` runs each for that long, `OFFRAMP_SEED` starts at the seed a failure printed.
//! What was found is kept.

use arbtest::arbitrary::Unstructured;
use offramp_tests::fuzzing;
use offramp_tests::seeds::Seeds;
use offramp_tests::traces::compiled::Harness;
use offramp_uop::testing::random::Random;
use offramp_uop::verify::verify;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

/// Runs `body` on up to 3000 random bytes of each seed. With `OFFRAMP_MINIMISE=1` a seed that fails is
/// followed by smaller inputs that fail, too, for as long as `ARBTEST_BUDGET_MS` says.
fn on_bytes(count: u64, mut body: impl FnMut(&[u8])) {
    let minimise = std::env::var_os("OFFRAMP_MINIMISE").is_some();
    for seed in Seeds::from_environment(0xf0_2222, "OFFRAMP_RANDOM_FUZZED", count) {
        let length = Random::new(seed).below(3000) as u64;
        let property = |bytes: &mut Unstructured<'_>| {
            let length = bytes.len();
            body(bytes.bytes(length)?);
            Ok(())
        };
        // A seed of the library's is the length and what the bytes are made of.
        let test = arbtest::arbtest(property).seed(seed << 32 | length);
        let ran = catch_unwind(AssertUnwindSafe(|| match minimise {
            true => drop(test.minimize()),
            false => drop(test),
        }));
        if let Err(panic) = ran {
            eprintln!("OFFRAMP_SEED={seed:#x} OFFRAMP_RANDOM_FUZZED=1");
            resume_unwind(panic);
        }
    }
}

/// Runs `body` on an input of each seed.
fn on_seeds(count: u64, make: impl Fn(&mut Random) -> Vec<u8>, mut body: impl FnMut(&[u8])) {
    for seed in Seeds::from_environment(0xf0_2222, "OFFRAMP_RANDOM_FUZZED", count) {
        let input = make(&mut Random::new(seed));
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| body(&input))) {
            eprintln!("OFFRAMP_SEED={seed:#x} OFFRAMP_RANDOM_FUZZED=1\n{input:x?}");
            resume_unwind(panic);
        }
    }
}

/// The traces of all file tests, which text is made from.
fn texts() -> Vec<String> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => collect(&path, found),
                false => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("filetests"),
        &mut found,
    );
    found.sort();
    let read = |path| std::fs::read_to_string(path).expect("text");
    let body = |text: String| text.split("; ---").next().unwrap_or_default().to_owned();
    found.iter().map(read).map(body).collect()
}

/// What made the parser panic: an error's place ended within a character.
#[test]
fn kept_texts() {
    for text in [
        "interface {\n}\ntrace \"t\" at 0 {\n  start \u{f8}\n}\n",
        "\u{2212}1",
        "trace \"\u{e9}",
    ] {
        assert!(offramp_uop::text::parse_file(text).is_err());
        fuzzing::text(text.as_bytes());
    }
}

/// What was printed so that it could not be parsed: a name of what has no result.
#[test]
fn names_of_nothing_are_printed() {
    for named in ["guard_not %c else x0", "guard %b else x0", "poll else x0"] {
        for (word, extras) in [("%v", ""), ("%b", " extras { %v }")] {
            let text = format!(
                "interface {{\n}}\ntrace \"t\" at 0 {{\n  start\n  at 0\n  %b = const.i64 1\n  %c = eq %b, %b\n  \
                 %v = {named}\n  exit to x0\n  unreachable\nexits:\n  x0 = side 3 {{ w5 = {word} }}{extras}\n}}\n"
            );
            assert!(offramp_uop::text::parse_file(&text).is_ok(), "{text}");
            fuzzing::text(text.as_bytes());
        }
    }
}

/// Something is pending at an exit, and no uop leaves through it.
#[test]
fn an_exit_that_nothing_leaves_through_compiles() {
    let harness = Harness::new().expect("a supported machine");
    let text = "interface {\n}\ntrace \"t\" at 0 {\n  start\n  at 0\n  %b = load_word.i64 w1\n  exit to x0\n  \
                unreachable\nexits:\n  x0 = side 3\n  x1 = side 4 { w5 = %b }\n}\n";
    let (_, traces) = offramp_uop::text::parse_file(text).expect("well formed");
    verify(&traces[0]).expect("nothing leaves through x1");
    harness.compile(&traces[0]).expect("it has code");
}

#[test]
fn text() {
    let texts = texts();
    assert!(texts.len() > 100, "{}", texts.len());
    let whole = texts
        .iter()
        .filter(|text| offramp_uop::text::parse_file(text).is_ok());
    assert!(
        whole.count() > 50,
        "most file tests hold traces that can be parsed"
    );
    let make = |random: &mut Random| {
        let mut text = texts[random.below(texts.len())].clone().into_bytes();
        let other = texts[random.below(texts.len())].as_bytes();
        for _ in 0..random.below(6) {
            let (at, from) = (random.below(text.len()), random.below(other.len()));
            match random.below(4) {
                0 => text[at] = random.next() as u8,
                1 => drop(text.remove(at)),
                // A line of another file.
                2 => {
                    let line = other[from..].split(|&byte| byte == b'\n').nth(1);
                    let line = line.unwrap_or_default().iter().copied().chain([b'\n']);
                    let begin = text[..at].iter().rposition(|&byte| byte == b'\n');
                    let begin = begin.map_or(0, |begin| begin + 1);
                    text.splice(begin..begin, line);
                }
                _ => text
                    .truncate(text.len().max(2) - 1 - random.below(20).min(text.len().max(2) - 2)),
            }
            if text.is_empty() {
                break;
            }
        }
        text
    };
    on_seeds(1500, make, fuzzing::text);
}

#[test]
fn traces() {
    let mut harness = Harness::new().expect("a supported machine");
    on_bytes(60, |bytes| fuzzing::traces(bytes, &mut harness));
    assert!(harness.coverage.whole > 0 && harness.coverage.forced > 0);
}

/// What the verifier let pass and lowering did not stand.
#[test]
fn kept_traces() {
    let mut harness = Harness::new().expect("a supported machine");
    for input in [[0x2a, 0x2a, 0xff, 0x04], [0x13, 0, 1, 0x27]] {
        fuzzing::traces(&input, &mut harness);
    }
}

#[test]
fn graph() {
    on_bytes(150, fuzzing::graph);
}
