//! Numbers to strings, as C's `printf` writes them. The digits come from Rust's formatting, which
//! is exact at any precision and rounds to even.

use std::fmt::Write;

/// A conversion of `string.format`: `%`, flags, width, precision, letter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spec {
    /// `-`: to the left.
    pub left: bool,
    /// `+`: a sign in any case.
    pub plus: bool,
    /// A space in a sign's place.
    pub space: bool,
    /// `#`: the other form.
    pub other: bool,
    /// `0`: zeros in place of blanks.
    pub zero: bool,
    /// The least number of bytes.
    pub width: usize,
    /// Behind the point.
    pub precision: Option<usize>,
    /// The letter.
    pub letter: u8,
}

/// A float as `tostring` writes it: like `%.14g`, but always recognisable as a float.
pub fn format(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e14 && (value != 0.0 || value.is_sign_positive()) {
        return format!("{}.0", value as i64);
    }
    let mut text = format_short(value);
    if text
        .bytes()
        .all(|byte| byte == b'-' || byte.is_ascii_digit())
    {
        text.push_str(".0");
    }
    text
}

/// A float as `io.write` writes it: `%.14g`.
pub fn format_short(value: f64) -> String {
    let spec = Spec {
        precision: Some(14),
        letter: b'g',
        ..Spec::default()
    };
    spec.float(value)
}

/// Decimal digits of a positive number, the first before the point, and its exponent.
fn digits(value: f64, count: usize) -> (String, i32) {
    let text = format!("{:.*e}", count - 1, value);
    let (mantissa, exponent) = text.split_once('e').expect("this form has an exponent");
    let exponent = exponent.parse().expect("exponents are numbers");
    (mantissa.replacen('.', "", 1), exponent)
}

impl Spec {
    /// Puts sign, prefix and body into the width.
    fn pad(&self, negative: bool, prefix: &str, body: &str, zeros: bool) -> String {
        let sign = match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let missing = self
            .width
            .saturating_sub(sign.len() + prefix.len() + body.len());
        let (blanks, zeros) = if zeros && self.zero && !self.left {
            (0, missing)
        } else {
            (missing, 0)
        };
        let mut text = String::with_capacity(self.width.max(body.len() + 4));
        let blanks = " ".repeat(blanks);
        if !self.left {
            text.push_str(&blanks);
        }
        text.push_str(sign);
        text.push_str(prefix);
        text.extend(std::iter::repeat_n('0', zeros));
        text.push_str(body);
        if self.left {
            text.push_str(&blanks);
        }
        text
    }

    /// Bytes, cut to the precision and put into the width.
    pub fn bytes(&self, out: &mut Vec<u8>, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(self.precision.unwrap_or(usize::MAX))];
        let blanks = std::iter::repeat_n(b' ', self.width.saturating_sub(bytes.len()));
        if self.left {
            out.extend_from_slice(bytes);
            out.extend(blanks);
        } else {
            out.extend(blanks);
            out.extend_from_slice(bytes);
        }
    }

    /// An integer: `d i u o x X`.
    pub fn int(&self, value: i64) -> String {
        let signed = matches!(self.letter, b'd' | b'i');
        let (negative, size) = if signed {
            (value < 0, value.unsigned_abs())
        } else {
            (false, value as u64)
        };
        let mut body = match self.letter {
            b'o' => format!("{size:o}"),
            b'x' => format!("{size:x}"),
            b'X' => format!("{size:X}"),
            _ => size.to_string(),
        };
        let least = self.precision.unwrap_or(1);
        if least == 0 && size == 0 {
            body.clear();
        }
        if body.len() < least {
            body.insert_str(0, &"0".repeat(least - body.len()));
        }
        let prefix = match self.letter {
            b'x' if self.other && size != 0 => "0x",
            b'X' if self.other && size != 0 => "0X",
            b'o' if self.other && !body.starts_with('0') => "0",
            _ => "",
        };
        self.pad(negative, prefix, &body, self.precision.is_none())
    }

    /// A float: `e E f F g G a A`.
    pub fn float(&self, value: f64) -> String {
        let negative = value.is_sign_negative();
        let size = value.abs();
        let upper = self.letter.is_ascii_uppercase();
        let mut prefix = "";
        let mut body = if size.is_nan() {
            "nan".to_owned()
        } else if size.is_infinite() {
            "inf".to_owned()
        } else {
            match self.letter.to_ascii_lowercase() {
                b'f' => self.fixed(size),
                b'e' => self.scientific(size),
                b'g' => self.general(size),
                _ => {
                    prefix = if upper { "0X" } else { "0x" };
                    self.hexadecimal(size)
                }
            }
        };
        if upper {
            body.make_ascii_uppercase();
        }
        self.pad(negative, prefix, &body, value.is_finite())
    }

    fn fixed(&self, value: f64) -> String {
        let precision = self.precision.unwrap_or(6);
        let mut text = format!("{value:.precision$}");
        if self.other && precision == 0 {
            text.push('.');
        }
        text
    }

    fn scientific(&self, value: f64) -> String {
        let precision = self.precision.unwrap_or(6);
        let (digits, exponent) = digits(value, precision + 1);
        self.with_exponent(&digits, exponent)
    }

    fn with_exponent(&self, digits: &str, exponent: i32) -> String {
        let mut text = digits[..1].to_owned();
        if digits.len() > 1 || self.other {
            text.push('.');
        }
        text.push_str(&digits[1..]);
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(text, "e{sign}{:02}", exponent.unsigned_abs()).expect("strings take all");
        text
    }

    fn general(&self, value: f64) -> String {
        let precision = self.precision.unwrap_or(6).max(1);
        let (mut digits, exponent) = digits(value, precision);
        if !self.other {
            let used = digits.trim_end_matches('0').len();
            digits.truncate(used.max(1));
        }
        if exponent < -4 || exponent >= precision as i32 {
            return self.with_exponent(&digits, exponent);
        }
        if exponent < 0 {
            let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
            return format!("0.{zeros}{digits}");
        }
        let whole = exponent as usize + 1;
        if digits.len() < whole {
            digits.push_str(&"0".repeat(whole - digits.len()));
        }
        if digits.len() > whole || self.other {
            digits.insert(whole, '.');
        }
        digits
    }

    /// Without the prefix.
    fn hexadecimal(&self, value: f64) -> String {
        let bits = value.to_bits();
        let mut mantissa = bits & ((1 << 52) - 1);
        let mut exponent = (bits >> 52) as i64 - 1023;
        match (exponent, mantissa) {
            (-1023, 0) => exponent = 0,
            (-1023, _) => exponent = -1022,
            _ => mantissa |= 1 << 52,
        }
        let places = self.precision.unwrap_or(13);
        if places < 13 {
            let cut = 52 - 4 * places;
            let (rest, half) = (mantissa & ((1 << cut) - 1), 1 << (cut - 1));
            mantissa >>= cut;
            mantissa += u64::from(rest > half || (rest == half && mantissa & 1 == 1));
            mantissa <<= cut;
        }
        let mut fraction = format!("{:013x}", mantissa & ((1 << 52) - 1));
        match self.precision {
            None => fraction.truncate(fraction.trim_end_matches('0').len()),
            Some(places) => {
                let more = places.saturating_sub(13);
                fraction.truncate(places);
                fraction.push_str(&"0".repeat(more));
            }
        }
        let point = if fraction.is_empty() && !self.other {
            ""
        } else {
            "."
        };
        let sign = if exponent < 0 { '-' } else { '+' };
        format!(
            "{}{point}{fraction}p{sign}{}",
            mantissa >> 52,
            exponent.unsigned_abs()
        )
    }
}
