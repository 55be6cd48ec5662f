//! `/credits`: what a user has, and where it went.

use runledger_models::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::Read;

const ACCOUNT: &str = include_str!("account.sql");

/// What a user has. Amounts are cents.
#[derive(Debug, Deserialize)]
pub struct Account {
    /// The sum of all transactions.
    pub balance: i64,
    /// What of it is set aside.
    pub held: i64,
    /// What was spent in the time asked for.
    pub spent: i64,
    /// Whether it was spent so often that older spends of that time are not in it.
    pub has_more: bool,
}

/// What a user has, and has spent since a time.
pub fn account(user: &UserId, since: Timestamp) -> Read<Account> {
    #[derive(Serialize)]
    struct AccountArgs<'a> {
        user_id: &'a UserId,
        since: Timestamp,
    }
    Read::new(ACCOUNT, &AccountArgs { user_id: user, since })
}
