//! Numbers against what lua5.4 answers: stored cases, and random ones where it is installed.

use super::write::Spec;
use super::*;
use std::fmt::Write as _;
use std::process::Command;

#[test]
fn floats_are_written_as_stored() {
    for (value, text) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (-1.5, "-1.5"),
        (1e14, "1e+14"),
        (1e15, "1e+15"),
        (123456789012345.0, "1.2345678901234e+14"),
        (99999999999999.0, "99999999999999.0"),
        (0.1, "0.1"),
        (1.0 / 3.0, "0.33333333333333"),
        (1e100, "1e+100"),
        (1e-5, "1e-05"),
        (0.0001, "0.0001"),
        (5e-324, "4.9406564584125e-324"),
        (f64::MAX, "1.7976931348623e+308"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::from_bits(0x7ff8 << 48), "nan"),
        (f64::from_bits(0xfff8 << 48), "-nan"),
        (3.25, "3.25"),
        (2f64.powi(53), "9.007199254741e+15"),
    ] {
        assert_eq!(format(value), text);
    }
}

#[test]
fn strings_are_read_as_stored() {
    for (text, number) in [
        ("10", Some(int(10))),
        ("  -7\n", Some(int(-7))),
        ("0x10", Some(int(16))),
        ("-0xA", Some(int(-10))),
        ("0xffffffffffffffffff", Some(int(-1))),
        ("9223372036854775807", Some(int(i64::MAX))),
        ("9223372036854775808", Some(float(9223372036854775808.0))),
        ("-9223372036854775808", Some(int(i64::MIN))),
        ("5.", Some(float(5.0))),
        (".5", Some(float(0.5))),
        ("1e1", Some(float(10.0))),
        ("1E+2", Some(float(100.0))),
        ("0x.8", Some(float(0.5))),
        ("0x1p4", Some(float(16.0))),
        ("0xA.8p-1", Some(float(5.25))),
        ("0x1p-1074", Some(float(5e-324))),
        ("0x1p-1075", Some(float(0.0))),
        ("0x1.8p-1075", Some(float(5e-324))),
        ("0x1p1024", Some(float(f64::INFINITY))),
        ("0x1.fffffffffffff8p0", Some(float(2.0))),
        ("0x1p99999999999999999999", Some(float(f64::INFINITY))),
        ("1e999", Some(float(f64::INFINITY))),
        ("-0.0", Some(float(-0.0))),
        ("", None),
        (" ", None),
        ("0x", None),
        ("0x.", None),
        (".", None),
        ("1e", None),
        ("1e+", None),
        ("1..2", None),
        ("1 2", None),
        ("inf", None),
        ("nan", None),
        ("--1", None),
        ("- 1", None),
        ("0x1p", None),
        ("1e5x", None),
        ("1\0", None),
    ] {
        assert_eq!(parse(text.as_bytes()), number, "{text:?}");
    }
}

/// What lua5.4 prints for a program, unless it is not installed.
pub(crate) fn lua(program: &str) -> Option<String> {
    let run = Command::new("lua5.4").arg("-e").arg(program).output();
    match run {
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{errors}");
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(error) => {
            let required = std::env::var_os("OFFRAMP_REQUIRE_LUA").is_some();
            assert!(!required, "lua5.4 is required: {error}");
            None
        }
    }
}

/// Floats of all sizes and kinds.
fn samples() -> Vec<f64> {
    let mut state = 0x853c_49e6_748f_ea9b_u64;
    let mut samples = vec![
        0.5, 1.5, 2.5, 0.25, 0.125, 1e21, 1e22, 123456.5, 1e16, 5e-324,
    ];
    for round in 0..300 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let value = f64::from_bits(state);
        samples.push(match round % 4 {
            _ if !value.is_finite() => 1.0,
            0 => value,
            1 => (state >> 40) as f64 / 1024.0,
            2 => (state >> 11) as f64 * 1e-12,
            _ => -((state >> 30) as f64) / 1000.0,
        });
    }
    samples
}

const FLOAT_SPECS: [&str; 16] = [
    ".14g", "g", "e", "f", "a", ".3f", ".0f", "+.2e", "#.0e", "012.4g", "-14.3f", " .1g", "#g",
    ".3a", "20.0a", "G",
];

fn spec(text: &str) -> Spec {
    crate::library::format::spec(text.as_bytes()).expect("a conversion")
}

#[test]
fn floats_are_written_as_lua_writes_them() {
    let samples = samples();
    let mut program = String::from("for _, x in ipairs{");
    for value in &samples {
        let exact = Spec {
            letter: b'a',
            ..Spec::default()
        };
        write!(program, "{},", exact.float(*value)).unwrap();
    }
    program.push_str("} do print(x) ");
    for spec in FLOAT_SPECS {
        write!(program, "print(string.format('%{spec}', x)) ").unwrap();
    }
    program.push_str("end");
    let Some(expected) = lua(&program) else {
        return;
    };
    let mut expected = expected.lines();
    for value in samples {
        assert_eq!(Some(format(value).as_str()), expected.next());
        for text in FLOAT_SPECS {
            let ours = spec(text).float(value);
            assert_eq!(Some(ours.as_str()), expected.next(), "%{text} of {value:?}");
        }
    }
}

#[test]
fn integers_are_written_as_lua_writes_them() {
    let specs = [
        "d", "5d", "-7i", "+d", " d", "08d", ".5d", "8.3d", "x", "#X", "#o", "u", ".0d",
    ];
    let values = [0, 1, -1, 42, 123456789, i64::MAX, i64::MIN, -77];
    let mut program = String::new();
    for value in values {
        for spec in specs {
            write!(program, "print(string.format('%{spec}', {value} | 0)) ").unwrap();
        }
    }
    let program = program.replace("-9223372036854775808 | 0", "math.mininteger");
    let Some(expected) = lua(&program) else {
        return;
    };
    let mut expected = expected.lines();
    for value in values {
        for text in specs {
            assert_eq!(
                Some(spec(text).int(value).as_str()),
                expected.next(),
                "%{text}"
            );
        }
    }
}

#[test]
fn floats_are_read_as_lua_reads_them() {
    let mut texts = Vec::new();
    for value in samples() {
        texts.push(format!("{value:e}"));
        texts.push(format!("{value}"));
        texts.push(format!("{:.25e}", value));
        let bits = value.to_bits();
        texts.push(format!("0x{:x}.{:x}p{}", bits >> 7, bits, bits % 900));
        texts.push(format!(
            "-0x.{:x}{:x}p-{}",
            bits,
            bits.reverse_bits(),
            bits % 1300
        ));
    }
    let mut program = String::from("for _, s in ipairs{");
    for text in &texts {
        write!(program, "'{text}',").unwrap();
    }
    program.push_str("} do print(string.format('%a', tonumber(s))) end");
    let Some(expected) = lua(&program) else {
        return;
    };
    for (text, expected) in texts.iter().zip(expected.lines()) {
        let value = parse(text.as_bytes()).and_then(to_float).expect(text);
        assert_eq!(spec("a").float(value), expected, "{text}");
    }
}
