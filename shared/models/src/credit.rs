//! Credits: what users have, spend and are given (seed `executor/database.py`). Amounts are cents.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    Json, Timestamp,
    bounded::{Bounded, OutOfBounds},
    stored::{PlatformEnum, Stored},
};

/// The most that one transaction moves.
const MAX_AMOUNT: u32 = 1_000_000_000;

/// How much a request moves, in whole cents: `MIN` or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents<const MIN: u32 = 1>(Bounded<MIN, MAX_AMOUNT>);

/// What is spent, which may be nothing.
pub type Cost = Cents<0>;

impl<const MIN: u32> Cents<MIN> {
    /// So many cents, if one transaction may move them.
    pub fn new(amount: u32) -> Result<Self, OutOfBounds> {
        Bounded::new(amount).map(Self)
    }

    /// The number of cents.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl From<Cents> for Cost {
    fn from(Cents(amount): Cents) -> Self {
        Self(amount.widen())
    }
}

impl<const MIN: u32> PartialSchema for Cents<MIN> {
    fn schema() -> RefOr<Schema> {
        Bounded::<MIN, MAX_AMOUNT>::schema()
    }
}

impl<const MIN: u32> ToSchema for Cents<MIN> {
    fn name() -> Cow<'static, str> {
        format!("Cents{MIN}OrMore").into()
    }
}

/// What a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TransactionType {
    /// The user paid.
    TopUp,
    /// The user spent.
    Usage,
    /// The user was given something.
    Grant,
    /// The user was given something back.
    Refund,
    /// A card was looked at, without moving anything.
    CardCheck,
}

impl TransactionType {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::TopUp, Self::Usage, Self::Grant, Self::Refund, Self::CardCheck];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TopUp => "TOP_UP",
            Self::Usage => "USAGE",
            Self::Grant => "GRANT",
            Self::Refund => "REFUND",
            Self::CardCheck => "CARD_CHECK",
        }
    }
}

/// What a record says that a transaction is, which may be something that only a later platform knows.
pub type StoredTransactionType = Stored<TransactionType>;

impl PlatformEnum for TransactionType {
    const STORED: &'static str = "StoredTransactionType";
    const KNOWN: &'static [Self] = &Self::ALL;

    fn as_str(self) -> &'static str {
        Self::as_str(self)
    }
}

/// A movement of credits.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CreditTransaction {
    /// The transaction.
    pub transaction_key: String,
    /// What it moved: below zero where it was spent.
    pub amount: i64,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: StoredTransactionType,
    /// The balance after it; null where it was not noted.
    pub running_balance: Option<i64>,
    /// When it was; null where RFC 3339 cannot say it.
    pub created_at: Option<Timestamp>,
    /// What it was for.
    #[schema(value_type = Json)]
    pub metadata: Option<Json>,
}

/// What does not add up about a user's credits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreditFault {
    /// Whose credits they are.
    pub user_id: String,
    /// What should be equal: `balance` (to the sum of the active amounts), or `running_balance` (to the one before it and
    /// the amount).
    pub what: String,
    /// The transaction, for a running balance.
    pub transaction_key: Option<String>,
    /// What it should be.
    pub expected: i64,
    /// What it is; null where it is missing.
    pub found: Option<i64>,
}

/// Whether everybody's credits add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreditAudit {
    /// How many users have credits or transactions.
    pub users: u64,
    /// How many active transactions were added up.
    pub transactions: u64,
    /// What does not add up; at most a thousand.
    pub faults: Vec<CreditFault>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_transaction_moves_only_so_much() {
        for (text, is_cost, is_amount) in [
            ("0", true, false),
            ("1", true, true),
            ("1000000000", true, true),
            ("1000000001", false, false),
            ("-1", false, false),
            ("1.5", false, false),
        ] {
            assert_eq!(serde_json::from_str::<Cost>(text).is_ok(), is_cost, "{text}");
            assert_eq!(serde_json::from_str::<Cents>(text).is_ok(), is_amount, "{text}");
        }
    }
}
