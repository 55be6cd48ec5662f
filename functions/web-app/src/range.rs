//! The ranges of time that a page lets choose from, up to now.

use runledger_models::Timestamp;
use runledger_web::{Names, One, params};

use crate::address::Address;

/// A range of time that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
    /// Ninety days.
    Quarter,
}

params! {
    /// Which time a page is about.
    pub(crate) struct RangeQuery {
        /// The range, up to now.
        range: Option<One<Range>>,
    }
}

impl Range {
    const ALL: [(Self, &'static str, &'static str, u32); 4] = [
        (Self::Day, "24h", "24 hours", 1),
        (Self::Week, "7d", "7 days", 7),
        (Self::Month, "30d", "30 days", 30),
        (Self::Quarter, "90d", "90 days", 90),
    ];

    fn row(self) -> (Self, &'static str, &'static str, u32) {
        let found = Self::ALL.into_iter().find(|(range, ..)| *range == self);
        found.unwrap_or(Self::ALL[0])
    }

    /// As an address has it.
    pub(crate) fn name(self) -> &'static str {
        self.row().1
    }

    /// As people say it.
    pub(crate) fn told(self) -> &'static str {
        self.row().2
    }

    /// How long it is.
    pub(crate) fn days(self) -> u32 {
        self.row().3
    }

    /// When it begins.
    pub(crate) fn from(self, now: Timestamp) -> Timestamp {
        now.days_before(self.days())
    }

    /// Links to the page for each range: what they say, where they lead, and whether it is the one that is shown.
    pub(crate) fn links(self, page: &Address, ranges: &[Self]) -> Vec<(&'static str, String, bool)> {
        let link = |range: &Self| {
            (
                range.told(),
                page.clone().with("range", range.name()).to_string(),
                *range == self,
            )
        };
        ranges.iter().map(link).collect()
    }
}

impl Names for Range {
    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, named, ..)| *named == name)
            .map(|(range, ..)| range)
    }

    fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(|(_, name, ..)| name).collect()
    }
}
