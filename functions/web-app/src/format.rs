//! Numbers as people read them.

use std::fmt::{Display, Formatter, Result};

/// A length of time in seconds: `340 ms`, `4.2 s`, `1 m 12 s`, `1 h 03 m`, `2 d 4 h`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Seconds(pub(crate) f64);

impl Display for Seconds {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self(seconds) = *self;
        let seconds = seconds.max(0.0);
        if seconds < 0.9995 {
            write!(f, "{:.0} ms", seconds * 1000.0)
        } else if seconds < 9.95 {
            write!(f, "{seconds:.1} s")
        } else if seconds < 59.5 {
            write!(f, "{seconds:.0} s")
        } else {
            let whole = seconds.round() as u64;
            let (minutes, hours, days) = (whole / 60, whole / 3600, whole / 86_400);
            match (days, hours, minutes) {
                (0, 0, _) => write!(f, "{minutes} m {:02} s", whole % 60),
                (0, _, _) => write!(f, "{hours} h {:02} m", minutes % 60),
                _ => write!(f, "{days} d {} h", hours % 24),
            }
        }
    }
}

/// An amount of cents as dollars: `$0.04`, `$1,204.50`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dollars(pub(crate) i64);

impl Display for Dollars {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self(cents) = *self;
        let sign = if cents < 0 { "\u{2212}" } else { "" };
        write!(
            f,
            "{sign}${}.{:02}",
            Count(cents.unsigned_abs() / 100),
            cents.unsigned_abs() % 100
        )
    }
}

/// A number with its thousands parted: `12,345`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u64);

impl Display for Count {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let digits = self.0.to_string();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// A number in few characters: `999`, `12.4k`, `3.1M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Short(pub(crate) u64);

impl Display for Short {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self(number) = *self;
        let (scaled, unit) = match number {
            0..1_000 => return write!(f, "{number}"),
            1_000..999_950 => (number as f64 / 1e3, "k"),
            999_950..999_950_000 => (number as f64 / 1e6, "M"),
            _ => (number as f64 / 1e9, "G"),
        };
        if scaled < 99.95 {
            write!(f, "{scaled:.1}{unit}")
        } else {
            write!(f, "{scaled:.0}{unit}")
        }
    }
}

/// A share of one as a percentage: `84 %`, `0.4 %`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Percentage(pub(crate) f64);

impl Display for Percentage {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let percent = self.0 * 100.0;
        if percent != 0.0 && percent.abs() < 9.95 {
            write!(f, "{percent:.1} %")
        } else {
            write!(f, "{percent:.0} %")
        }
    }
}

/// A number of bytes: `812 B`, `4.0 KB`, `1.2 MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl Display for Bytes {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self(bytes) = *self;
        match bytes {
            0..1024 => write!(f, "{bytes} B"),
            1024..1_048_576 => write!(f, "{:.1} KB", bytes as f64 / 1024.0),
            _ => write!(f, "{:.1} MB", bytes as f64 / 1_048_576.0),
        }
    }
}

/// The beginning of an id, for where the whole of it is at hand.
pub(crate) fn short_id(id: &str) -> &str {
    id.char_indices().nth(8).map_or(id, |(end, _)| &id[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_two_units_at_most() {
        for (seconds, expected) in [
            (0.0, "0 ms"),
            (0.34, "340 ms"),
            (0.9996, "1.0 s"),
            (4.23, "4.2 s"),
            (42.4, "42 s"),
            (59.6, "1 m 00 s"),
            (72.0, "1 m 12 s"),
            (3_780.0, "1 h 03 m"),
            (187_200.0, "2 d 4 h"),
        ] {
            assert_eq!(Seconds(seconds).to_string(), expected);
        }
    }

    #[test]
    fn amounts_and_counts_are_grouped() {
        assert_eq!(Dollars(4).to_string(), "$0.04");
        assert_eq!(Dollars(-120_450).to_string(), "\u{2212}$1,204.50");
        assert_eq!(Count(1_234_567).to_string(), "1,234,567");
        for (number, expected) in [
            (999, "999"),
            (12_400, "12.4k"),
            (999_950, "1.0M"),
            (310_000_000, "310M"),
        ] {
            assert_eq!(Short(number).to_string(), expected);
        }
        assert_eq!(Percentage(0.004).to_string(), "0.4 %");
        assert_eq!(Percentage(0.84).to_string(), "84 %");
        assert_eq!(Bytes(1_258_291).to_string(), "1.2 MB");
    }

    #[test]
    fn a_short_id_ends_between_characters() {
        assert_eq!(short_id("0190a1b2-c3d4"), "0190a1b2");
        assert_eq!(short_id("ü"), "ü");
    }
}
