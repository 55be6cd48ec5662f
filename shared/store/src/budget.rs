//! How large an answer may be: every statement is told, and none puts together more (migration 0022).

/// The bytes that one answer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(u64);

impl Budget {
    /// What a node execution takes besides its data, and an execution besides its values, at the least: with the budget, a
    /// bound of the rows of a list that has none of its own.
    const SMALLEST_ROW: u64 = 512;

    /// What an answer may have where nothing else is said: as `runledger.answer_budget` has it (migration 0022).
    pub const DEFAULT: Self = Self(32 << 20);

    /// This many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// More rows than fit.
    pub fn rows(self) -> u32 {
        u32::try_from(self.0 / Self::SMALLEST_ROW + 1).unwrap_or(u32::MAX)
    }

    /// The argument of a statement, a JSON object, with the budget in it.
    pub(crate) fn within(self, args: Vec<u8>) -> Vec<u8> {
        let Some(rest) = args.strip_prefix(b"{") else {
            return args;
        };
        let separator = if rest.starts_with(b"}") { "" } else { "," };
        let mut with = format!("{{\"budget\":{}{separator}", self.0).into_bytes();
        with.extend_from_slice(rest);
        with
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_says_the_budget() {
        for (args, with) in [
            (r#"{"id":"a"}"#, r#"{"budget":7,"id":"a"}"#),
            ("{}", r#"{"budget":7}"#),
            ("null", "null"),
        ] {
            assert_eq!(Budget::new(7).within(args.into()), with.as_bytes());
        }
    }
}
