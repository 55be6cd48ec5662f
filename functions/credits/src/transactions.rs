//! `GET /api/credits/transactions`.

use http::Method;
use runledger_models::{
    Bounded,
    credit::{CreditTransaction, TransactionType},
};
use runledger_store::credits;
use runledger_web::{Call, Cursor, Endpoint, NoParams, One, OneUser, Problem, Reply, params};
use serde::Serialize;
use utoipa::ToSchema;

const DEFAULT_LIMIT: u32 = 25;

params! {
    /// Which transactions.
    pub(crate) struct TransactionsQuery {
        /// Where the last part ended.
        cursor: Option<Cursor>,
        /// The most transactions; 25 without it.
        limit: Option<Bounded<1, 100>>,
        /// Only those of this kind.
        r#type: Option<One<TransactionType>>,
    }
}

/// Transactions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Transactions {
    /// The transactions.
    transactions: Vec<CreditTransaction>,
    /// Where the next part begins; null at the end.
    next_cursor: Option<String>,
}

/// Lists how a user's credits moved.
pub(crate) struct ListTransactions;

impl Endpoint for ListTransactions {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/credits/transactions";
    const SUMMARY: &'static str = "List how a user's credits moved, newest first";
    type Access = OneUser;
    type Path = NoParams;
    type Query = TransactionsQuery;
    type Body = ();
    type Reply = Transactions;

    async fn handle(call: Call<Self>) -> Result<Reply<Transactions>, Problem> {
        let limit = call.query.limit.map_or(DEFAULT_LIMIT, Bounded::get);
        let kind = call.query.r#type.map(|One(kind)| kind);
        let before = call.query.cursor.map(|Cursor(position)| position);
        let (transactions, next) = call
            .ledger
            .read(credits::transactions(&call.who, kind, before.as_ref(), limit))
            .await?;
        Ok(Reply::new(Transactions {
            transactions,
            next_cursor: next.map(|position| Cursor(position).encode()),
        }))
    }
}
