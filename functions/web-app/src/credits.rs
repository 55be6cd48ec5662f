//! `GET /credits`: what do I have, and where did it go?

use std::fmt::{Display, Formatter};

use askama::Template;
use http::Method;
use runledger_models::{
    Id, Json, Role, Timestamp, UserId,
    credit::{CreditAudit, CreditTransaction, StoredTransactionType, TransactionType},
    stored::Stored,
};
use runledger_store::{
    credits,
    pages::{self, Account},
};
use runledger_web::{AnyRole, Call, Cursor, Door, Endpoint, NoParams, One, Problem, Reply, page::Rendered, params};
use serde_json::Value;

use crate::{
    DOOR,
    address::Address,
    format::{Count, Dollars},
    parts::{Empty, ShortId, When},
    shell::{Freshness, Section, Shell, render},
};

/// Transactions on a page.
const ROWS: u32 = 50;
/// What is spent is told of so many days.
const SPENT_DAYS: u32 = 30;
/// The most characters of what a transaction was for.
const MAX_REASON: usize = 200;
/// The most faults of an audit on the page.
const FAULTS: usize = 100;

params! {
    /// Whose credits, and which transactions.
    pub(crate) struct CreditsQuery {
        /// Whose: for those who may look at more than their own.
        user_id: Option<Id>,
        /// Only those of this kind.
        r#type: Option<One<TransactionType>>,
        /// Where the last part ended.
        cursor: Option<Cursor>,
        /// Whether everybody's credits are added up: for those who run the platform.
        audit: Option<bool>,
    }
}

/// Cents with their sign, whichever it is.
struct Signed(i64);

impl Display for Signed {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 > 0 { "+" } else { "" };
        write!(f, "{sign}{}", Dollars(self.0))
    }
}

/// Cents as the API counts them.
struct Credits(i64);

impl Display for Credits {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "\u{2212}" } else { "" };
        let unit = if self.0.abs() == 1 { "credit" } else { "credits" };
        write!(f, "{sign}{} {unit}", Count(self.0.unsigned_abs()))
    }
}

/// A transaction as a row.
struct TransactionRow {
    transaction: CreditTransaction,
    reason: String,
    run: Option<String>,
}

impl From<CreditTransaction> for TransactionRow {
    fn from(transaction: CreditTransaction) -> Self {
        let metadata = transaction.metadata.as_ref().and_then(Json::read::<Value>);
        let text = |name: &str| {
            let value = metadata.as_ref()?.get(name)?.as_str()?;
            (!value.is_empty()).then(|| value.chars().take(MAX_REASON).collect::<String>())
        };
        Self {
            reason: text("reason").or_else(|| text("block")).unwrap_or_default(),
            run: text("graph_exec_id"),
            transaction,
        }
    }
}

impl TransactionRow {
    fn word(&self) -> &str {
        word(&self.transaction.kind)
    }

    const fn class(&self) -> &'static str {
        if self.transaction.amount > 0 { "gained" } else { "spent" }
    }
}

/// What people call a kind of transactions.
fn word(kind: &StoredTransactionType) -> &str {
    match kind {
        Stored::Known(TransactionType::TopUp) => "Top-up",
        Stored::Known(TransactionType::Usage) => "Usage",
        Stored::Known(TransactionType::Grant) => "Grant",
        Stored::Known(TransactionType::Refund) => "Refund",
        Stored::Known(TransactionType::CardCheck) => "Card check",
        Stored::Other(name) => name,
    }
}

/// A choice of the kinds of transactions.
struct Choice {
    label: &'static str,
    link: Address,
    is_chosen: bool,
}

/// What one user has.
struct Holder {
    account: Account,
    choices: Vec<Choice>,
    rows: Vec<TransactionRow>,
    first: Option<Address>,
    next: Option<Address>,
    is_filtered: bool,
}

#[derive(Template)]
#[template(path = "credits.html")]
struct CreditsPage {
    shell: Shell,
    /// Whose credits they are, where one may choose.
    chooser: Option<String>,
    holder: Option<Holder>,
    may_audit: bool,
    audit: Option<CreditAudit>,
}

impl CreditsPage {
    /// Where somebody's credits are.
    fn link_of(user_id: &str) -> Address {
        Address::new("/credits").with("user_id", user_id)
    }
}

/// Shows what a user has, and where it went.
pub(crate) struct GetCredits;

impl Endpoint for GetCredits {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/credits";
    const SUMMARY: &'static str = "What do I have, where did it go?";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = NoParams;
    type Query = CreditsQuery;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let is_trusted = call.who.role() != Role::User;
        let named = call.query.user_id.as_ref().map(|id| UserId::parse(id.as_str()));
        let named = named
            .transpose()
            .map_err(|error| Problem::invalid_at("/query/user_id", error.to_string()))?;
        if !is_trusted && named.as_ref().is_some_and(|user| user != call.who.subject()) {
            return Err(Problem::not_found("there are no such credits"));
        }
        let user = if is_trusted {
            named.as_ref()
        } else {
            Some(call.who.subject())
        };
        let holder = match user {
            Some(user) => Some(holder(&call, user, is_trusted).await?),
            None => None,
        };
        let may_audit = call.who.role() == Role::Admin && user.is_none();
        let audit = if may_audit && call.query.audit == Some(true) {
            Some(call.ledger.read(credits::audit(&call.who.scope())).await?)
        } else {
            None
        };
        render(&CreditsPage {
            shell: Shell::new("Credits", Section::Credits, &call.who).fresh(Freshness::Polls),
            chooser: is_trusted.then(|| user.map_or_else(String::new, |user| user.as_str().to_owned())),
            holder,
            may_audit,
            audit,
        })
    }
}

async fn holder(call: &Call<GetCredits>, user: &UserId, is_named: bool) -> Result<Holder, Problem> {
    let kind = call.query.r#type.map(|One(kind)| kind);
    let before = call.query.cursor.as_ref().map(|Cursor(position)| position);
    let since = Timestamp::now().days_before(SPENT_DAYS);
    let account = call.ledger.read(pages::account(user, since)).await?;
    let read = credits::transactions(user, kind, before, ROWS);
    let (transactions, next) = call.ledger.read(read).await?;
    let link = |kind: Option<TransactionType>| {
        Address::new("/credits")
            .with("user_id", if is_named { user.as_str() } else { "" })
            .with("type", kind.map_or("", TransactionType::as_str))
    };
    let choice = |of: Option<TransactionType>| Choice {
        label: match of {
            None => "All",
            Some(TransactionType::TopUp) => "Top-ups",
            Some(TransactionType::Usage) => "Usage",
            Some(TransactionType::Grant) => "Grants",
            Some(TransactionType::Refund) => "Refunds",
            Some(TransactionType::CardCheck) => "Card checks",
        },
        link: link(of),
        is_chosen: of == kind,
    };
    Ok(Holder {
        account,
        choices: std::iter::once(None)
            .chain(TransactionType::ALL.map(Some))
            .map(choice)
            .collect(),
        rows: transactions.into_iter().map(TransactionRow::from).collect(),
        first: before.map(|_| link(kind)),
        next: next.map(|position| link(kind).with("cursor", Cursor(position).encode())),
        is_filtered: kind.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(metadata: &str) -> TransactionRow {
        TransactionRow::from(CreditTransaction {
            transaction_key: "t".to_owned(),
            amount: -5,
            kind: TransactionType::Usage.into(),
            running_balance: None,
            created_at: None,
            metadata: serde_json::from_str(metadata).unwrap(),
        })
    }

    #[test]
    fn what_a_transaction_was_for_is_told_as_far_as_it_is_known() {
        for (metadata, reason, run) in [
            (r#"{"reason":"a run","graph_exec_id":"r"}"#, "a run", Some("r")),
            (r#"{"block":"Search","reason":""}"#, "Search", None),
            (r#"{"reason":7,"graph_exec_id":null}"#, "", None),
            (r#"["a"]"#, "", None),
            ("null", "", None),
        ] {
            let row = row(metadata);
            assert_eq!((row.reason.as_str(), row.run.as_deref()), (reason, run), "{metadata}");
        }
    }

    #[test]
    fn amounts_have_their_sign() {
        assert_eq!(Signed(500).to_string(), "+$5.00");
        assert_eq!(Signed(-7).to_string(), "\u{2212}$0.07");
        assert_eq!(Signed(0).to_string(), "$0.00");
        assert_eq!(Credits(1).to_string(), "1 credit");
        assert_eq!(Credits(-1_234).to_string(), "\u{2212}1,234 credits");
    }
}
