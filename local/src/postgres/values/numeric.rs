//! `numeric` as decimal text, of any size: base 10,000 digits with a weight, as Postgres sends them.

use std::fmt::Write as _;

use bytes::{BufMut, BytesMut};

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;
/// Decimal digits in one digit of base 10,000.
const GROUP: usize = 4;
/// The most digits after the point that Postgres can send.
const MAX_SCALE: usize = 16_383;

/// The decimal text of a binary `numeric`.
pub(super) fn to_text(raw: &[u8]) -> Result<String, &'static str> {
    let mut words = raw.chunks_exact(2).map(|word| u16::from_be_bytes([word[0], word[1]]));
    let mut word = || words.next().ok_or("a numeric is cut short");
    let (count, weight, sign, scale) = (word()?, word()?.cast_signed(), word()?, usize::from(word()?));
    match sign {
        NAN => return Ok("NaN".to_owned()),
        INFINITY => return Ok("Infinity".to_owned()),
        NEGATIVE_INFINITY => return Ok("-Infinity".to_owned()),
        POSITIVE | NEGATIVE => {}
        _ => return Err("a numeric has an unknown sign"),
    }
    let digits: Vec<u16> = words.collect();
    if digits.len() != usize::from(count) {
        return Err("a numeric has the wrong length");
    }
    // The digit of weight `w`, that is of 10,000^w.
    let digit = |w: i32| {
        usize::try_from(i32::from(weight) - w)
            .ok()
            .and_then(|i| digits.get(i))
            .copied()
            .unwrap_or(0)
    };

    let mut text = String::with_capacity(GROUP * digits.len() + scale + 3);
    if sign == NEGATIVE {
        text.push('-');
    }
    if weight < 0 {
        text.push('0');
    }
    for w in (0..=i32::from(weight)).rev() {
        let _ = if w == i32::from(weight) {
            write!(text, "{}", digit(w))
        } else {
            write!(text, "{:04}", digit(w))
        };
    }
    if scale > 0 {
        text.push('.');
        let end = text.len() + scale;
        let mut w = -1;
        while text.len() < end {
            let _ = write!(text, "{:04}", digit(w));
            w -= 1;
        }
        text.truncate(end);
    }
    Ok(text)
}

/// Writes the binary `numeric` of decimal text: an optional sign, digits, and optionally a point and digits.
pub(super) fn from_text(text: &str, out: &mut BytesMut) -> Result<(), &'static str> {
    let special = match text {
        "NaN" => Some(NAN),
        "Infinity" => Some(INFINITY),
        "-Infinity" => Some(NEGATIVE_INFINITY),
        _ => None,
    };
    if let Some(sign) = special {
        put_header(out, 0, 0, sign, 0);
        return Ok(());
    }
    let (sign, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (NEGATIVE, &text[1..]),
        Some(b'+') => (POSITIVE, &text[1..]),
        _ => (POSITIVE, text),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return Err("it is not a decimal number");
    }
    if fraction.len() > MAX_SCALE {
        return Err("it has too many digits after the point");
    }

    // Padded so that the point lies between two groups.
    let mut padded = "0".repeat((GROUP - whole.len() % GROUP) % GROUP);
    padded.push_str(whole);
    let whole_groups = padded.len() / GROUP;
    padded.push_str(fraction);
    padded.push_str(&"0".repeat((GROUP - padded.len() % GROUP) % GROUP));
    let groups: Vec<u16> = padded
        .as_bytes()
        .chunks(GROUP)
        .map(|group| {
            group
                .iter()
                .fold(0, |value, digit| value * 10 + u16::from(digit - b'0'))
        })
        .collect();

    let first = groups.iter().position(|group| *group != 0).unwrap_or(groups.len());
    let last = groups
        .iter()
        .rposition(|group| *group != 0)
        .map_or(first, |last| last + 1);
    let significant = &groups[first..last];
    let count = u16::try_from(significant.len()).map_err(|_| "it has too many digits")?;
    let weight = if significant.is_empty() {
        0
    } else {
        let weight = i64::try_from(whole_groups).unwrap_or(i64::MAX) - 1 - i64::try_from(first).unwrap_or(i64::MAX);
        i16::try_from(weight).map_err(|_| "it has too many digits")?
    };
    let sign = if significant.is_empty() { POSITIVE } else { sign };
    put_header(out, count, weight, sign, fraction.len() as u16);
    for group in significant {
        out.put_u16(*group);
    }
    Ok(())
}

fn put_header(out: &mut BytesMut, count: u16, weight: i16, sign: u16, scale: u16) {
    out.put_u16(count);
    out.put_i16(weight);
    out.put_u16(sign);
    out.put_u16(scale);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(text: &str) -> String {
        let mut raw = BytesMut::new();
        from_text(text, &mut raw).unwrap();
        to_text(&raw).unwrap()
    }

    #[test]
    fn decimals_survive_a_round_trip() {
        let long = format!("{}.{}", "9876543210".repeat(8), "0123456789".repeat(7));
        for text in [
            "0",
            "1",
            "-1",
            "10000",
            "99999999",
            "123456789",
            "0.1",
            "0.0001",
            "0.00001",
            "1.50",
            "-12345.678900",
            "10000.0001",
            "0.00",
            "NaN",
            "Infinity",
            "-Infinity",
            "100000000",
            "20000.0",
            &long,
        ] {
            assert_eq!(round_trip(text), text);
        }
    }

    #[test]
    fn other_spellings_become_canonical() {
        for (text, canonical) in [
            ("+5", "5"),
            ("007", "7"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-0", "0"),
            ("-0.0", "0.0"),
        ] {
            assert_eq!(round_trip(text), canonical);
        }
    }

    #[test]
    fn what_postgres_sends_is_read() {
        // 12345.6789: digits 1, 2345, 6789; weight 1; scale 4.
        let raw = [0, 3, 0, 1, 0, 0, 0, 4, 0, 1, 0x09, 0x29, 0x1A, 0x85];
        assert_eq!(to_text(&raw).unwrap(), "12345.6789");
        assert!(to_text(&raw[..12]).is_err());
        assert!(to_text(&raw[..4]).is_err());
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "1e5", "0x10", "1,5", " 1", "1.2.3", "--1"] {
            assert!(from_text(text, &mut BytesMut::new()).is_err(), "{text}");
        }
    }
}
