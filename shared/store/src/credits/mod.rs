//! Credits: one statement for each movement, which locks the balance, checks it, changes it and writes it down.

use runledger_logging::Log;
use runledger_models::{
    Cents, Id, Json, Scope, Timestamp, UserId,
    credit::{Cost, CreditAudit, CreditTransaction, StoredTransactionType, TransactionType},
    paging::Position,
    time::StoredTime,
};
use serde::{Deserialize, Serialize};

use crate::{
    Read, Write,
    db::Carried,
    keyset::{self, KeysetPage},
    stored::{decoded, shown_time},
};

const BALANCE: &str = include_str!("balance.sql");
const SPEND: &str = include_str!("spend.sql");
const GIVE: &str = include_str!("give.sql");
const HOLD: &str = include_str!("hold.sql");
const CAPTURE: &str = include_str!("capture.sql");
const RELEASE: &str = include_str!("release.sql");
const TRANSACTIONS: &str = include_str!("transactions.sql");
const AUDIT: &str = include_str!("audit.sql");

/// The arguments of every movement.
#[derive(Debug, Serialize)]
pub struct Movement<'a> {
    lock: String,
    user_id: &'a UserId,
    amount: Cost,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_key: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "type")]
    kind: Option<TransactionType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Carried<&'a Json>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl<'a> Movement<'a> {
    /// Moves this much of a user's credits, with what it is for.
    pub fn new(user_id: &'a UserId, amount: impl Into<Cost>, metadata: Option<&'a Json>) -> Self {
        Self {
            lock: format!("runledger.credits:{}", user_id.as_str()),
            user_id,
            amount: amount.into(),
            transaction_key: Some(Id::generate()),
            kind: None,
            metadata: metadata.map(Carried),
            id: None,
            expires_at: None,
        }
    }
}

#[derive(Serialize)]
struct OfUser<'a> {
    user_id: &'a UserId,
}

/// What a user may spend: the balance without what is set aside.
pub fn balance(user: &UserId) -> Read<i64> {
    Read::new(BALANCE, &OfUser { user_id: user })
}

/// Spends credits; what is left. With a shortfall nothing happens.
pub fn spend(movement: &Movement<'_>) -> Write<i64> {
    if movement.amount.get() == 0 {
        let user_id = movement.user_id;
        return Write::new(BALANCE, &OfUser { user_id }).not_remembered();
    }
    Write::new(SPEND, movement)
}

/// Adds credits; what there is then.
pub fn give(movement: Movement<'_>, kind: TransactionType) -> Write<i64> {
    let movement = Movement {
        kind: Some(kind),
        ..movement
    };
    Write::new(GIVE, &movement)
}

/// Sets credits aside until a time, or for a day; the hold.
pub fn hold(movement: Movement<'_>, expires_at: Option<Timestamp>) -> Write<Id> {
    let movement = Movement {
        transaction_key: None,
        id: Some(Id::generate()),
        expires_at,
        ..movement
    };
    Write::new(HOLD, &movement)
}

#[derive(Serialize)]
struct HoldArgs<'a> {
    hold_id: &'a Id,
    user_id: Option<&'a str>,
}

/// Spends so much of what a hold has set aside, and ends it; what is left.
pub fn capture(scope: &Scope, hold: &Id, amount: Cents) -> Write<i64> {
    #[derive(Serialize)]
    struct CaptureArgs<'a> {
        hold_id: &'a Id,
        user_id: Option<&'a str>,
        amount: Cents,
        transaction_key: Id,
    }
    let args = CaptureArgs {
        hold_id: hold,
        user_id: scope.user_id(),
        amount,
        transaction_key: Id::generate(),
    };
    Write::new(CAPTURE, &args)
}

/// Ends a hold without spending.
pub fn release(scope: &Scope, hold: &Id) -> Write<()> {
    let args = HoldArgs {
        hold_id: hold,
        user_id: scope.user_id(),
    };
    Write::<bool>::new(RELEASE, &args).unit()
}

/// A user's transactions, newest first.
pub fn transactions(
    user: &UserId,
    kind: Option<TransactionType>,
    before: Option<&Position>,
    limit: u32,
) -> Read<(Vec<CreditTransaction>, Option<Position>)> {
    #[derive(Serialize)]
    struct TransactionsArgs<'a> {
        user_id: &'a UserId,
        #[serde(skip_serializing_if = "Option::is_none", rename = "type")]
        kind: Option<TransactionType>,
        #[serde(flatten)]
        page: KeysetPage<'a>,
    }
    let args = TransactionsArgs {
        user_id: user,
        kind,
        page: KeysetPage::before(before, limit),
    };
    Read::new(TRANSACTIONS, &args).and_then(move |rows, log| {
        let (rows, next) = keyset::cut_rows(rows, limit, TransactionRow::position)?;
        let transactions = decoded(log, rows, "credit transaction", |row: TransactionRow| {
            row.into_transaction(log)
        });
        Ok((transactions, next))
    })
}

/// A row of `"CreditTransaction"`.
#[derive(Deserialize)]
struct TransactionRow {
    transaction_key: String,
    amount: i64,
    #[serde(rename = "type")]
    kind: StoredTransactionType,
    running_balance: Option<i64>,
    created_at: StoredTime,
    metadata: Option<Json>,
}

impl TransactionRow {
    fn position(&self) -> Position {
        keyset::position(&self.transaction_key, self.created_at.clone())
    }

    fn into_transaction(self, log: &Log) -> CreditTransaction {
        let record = format!("credit transaction {}", self.transaction_key);
        CreditTransaction {
            created_at: shown_time(log, Some(&self.created_at), &record, "createdAt"),
            transaction_key: self.transaction_key,
            amount: self.amount,
            kind: self.kind,
            running_balance: self.running_balance,
            metadata: self.metadata,
        }
    }
}

/// Whether the credits within `scope` add up.
pub fn audit(scope: &Scope) -> Read<CreditAudit> {
    #[derive(Serialize)]
    struct AuditArgs<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<&'a str>,
    }
    let user_id = scope.user_id();
    Read::new(AUDIT, &AuditArgs { user_id })
}
