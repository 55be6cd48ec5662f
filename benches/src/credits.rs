//! Credits: spends through the API against `pgbench`, which runs the same statement, on one account and on many.

use std::{fmt, process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use runledger_models::{UserId, credit::Cost};
use runledger_store::credits::{self, Movement};
use serde::Serialize;
use serde_json::json;

use crate::{
    client::{Caller, request},
    database::Database,
    load::{self, Load},
    options::Options,
    pgbench,
    run::{self, Judged},
    scenario::Scenario,
    server::{Server, Settings, Side},
    token,
};

/// How many accounts spend, in each of the two measurements.
const ACCOUNTS: [usize; 2] = [1, 1000];
/// The least throughput on many accounts, as a share of pgbench's.
const TARGET: f64 = 0.5;
/// What each account has: more than can be spent.
const BALANCE: i32 = 1_000_000_000;

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    connections: usize,
    measured: Vec<Measured>,
}

#[derive(Debug, Serialize)]
struct Measured {
    accounts: usize,
    /// Spends per second: the mean of all rounds.
    api: f64,
    pgbench: f64,
    /// How long half of the spends through the API took at most, and 99 of 100, in microseconds.
    p50_us: u64,
    p99_us: u64,
}

impl Measured {
    fn ratio(&self) -> f64 {
        self.api / self.pgbench
    }

    const fn is_judged(&self) -> bool {
        self.accounts > 1
    }
}

impl Judged for Report {
    fn reached(&self) -> bool {
        let mut judged = self.measured.iter().filter(|measured| measured.is_judged());
        judged.all(|measured| measured.ratio() >= TARGET)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "spends, {} connections", self.connections)?;
        for measured in &self.measured {
            let Measured {
                accounts,
                api,
                pgbench,
                p50_us,
                p99_us,
            } = measured;
            let ratio = measured.ratio();
            write!(
                f,
                "{accounts:>5} account(s): {api:.0}/s (p50 {p50_us} µs, p99 {p99_us} µs), pgbench {pgbench:.0}/s: {ratio:.3}"
            )?;
            if measured.is_judged() {
                let verdict = if ratio >= TARGET { "reached" } else { "NOT reached" };
                write!(f, " (to be ≥ {TARGET}): {verdict}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Measures spends, prints what was found, and writes it down.
pub(crate) async fn run(options: &Options) -> Result<ExitCode> {
    run::run(options, "credits.json", async |database: &Database| {
        measure(options, database).await
    })
    .await
}

async fn measure(options: &Options, database: &Database) -> Result<Report> {
    let settings = Settings::new(options, options.redis_url.clone());
    let server = Server::start(Side::Host, &settings, database.url(), "credits", &[]).await?;
    let session = database.session().await?;
    let most = i64::try_from(ACCOUNTS.into_iter().max().unwrap_or_default())?;
    for sql in [
        "INSERT INTO \"CreditTransaction\" (\"transactionKey\", \"userId\", amount, type, \"runningBalance\", \"createdAt\")
            SELECT 'first-' || n, 'account-' || n, $2, 'TOP_UP', $2, now() AT TIME ZONE 'UTC'
            FROM generate_series(1, $1::bigint) n",
        "INSERT INTO \"UserBalance\" (\"userId\", balance, \"updatedAt\")
            SELECT 'account-' || n, $2, now() AT TIME ZONE 'UTC' FROM generate_series(1, $1::bigint) n",
    ] {
        session.execute(sql, &[&most, &BALANCE]).await?;
    }
    database.settle().await?;

    let executor = Caller {
        token: token::sign(&settings.secret, "bench-executor", "service")?,
        acting_for: None,
    };
    let (rounds, warm_up, seconds) = options.turns();
    let load = Load {
        connections: options.connections,
        warm_up,
        measured: seconds,
    };
    let mut report = Report {
        connections: load.connections,
        measured: Vec::new(),
    };
    for accounts in ACCOUNTS {
        let spend = |n: usize| {
            let body = json!({ "user_id": format!("account-{n}"), "cost": 1, "metadata": { "block": "weather" } });
            request(&executor, "POST", "/api/credits/spend", Some(&body.to_string()))
        };
        let scenario = Arc::new(Scenario::Spends((1..=accounts).map(spend).collect()));
        let (mut api, mut pgbench) = (0.0, 0.0);
        let mut latencies = load::histogram()?;
        for round in 1..=rounds {
            eprintln!("Spending on {accounts} account(s), round {round} of {rounds}");
            let turn = load::turn(load, &scenario, &server).await?;
            api += turn.per_second;
            latencies.add(turn.latencies)?;
            pgbench += by_pgbench(options, database, load, accounts).await?;
        }
        report.measured.push(Measured {
            accounts,
            api: api / f64::from(rounds),
            pgbench: pgbench / f64::from(rounds),
            p50_us: latencies.value_at_quantile(0.5),
            p99_us: latencies.value_at_quantile(0.99),
        });
    }
    // A figure for spends that went wrong would be worth nothing.
    let wrong = session
        .query_one(
            "SELECT count(*) FROM \"UserBalance\" b WHERE balance <> (
                SELECT sum(amount) FROM \"CreditTransaction\" t WHERE t.\"userId\" = b.\"userId\")",
            &[],
        )
        .await?;
    ensure!(
        wrong.get::<_, i64>(0) == 0,
        "balances are not the sums of their transactions"
    );
    server.stop().await?;
    Ok(report)
}

/// How many spends per second pgbench comes to.
async fn by_pgbench(options: &Options, database: &Database, load: Load, accounts: usize) -> Result<f64> {
    let arguments = [
        "--jobs=2".to_owned(),
        format!("--client={}", load.connections),
        format!("--time={}", (load.warm_up + load.measured).as_secs().max(1)),
        format!("--define=accounts={accounts}"),
    ];
    let told = pgbench::run(options, database.url(), "spend.sql", &statement()?, &arguments).await?;
    pgbench::throughput(&told)
}

/// The store's statement as a script of pgbench's: its parameter is put together in place, since a script cannot bind one.
fn statement() -> Result<String> {
    const MARK: &str = "$statement$";
    // Where a colon stands before a name, pgbench takes it for a variable, in texts too.
    let argument = "jsonb_build_object('lock', concat('runledger.credits', chr(58), 'account-', :n::text), \
        'user_id', 'account-' || :n::text, 'amount', 1, 'transaction_key', gen_random_uuid()::text, \
        'metadata', jsonb_build_object('block', 'weather'))";
    let spend = spend();
    let (head, rest) = spend.split_once(MARK).context("the statement runs another one")?;
    let (inner, tail) = rest.rsplit_once(MARK).context("the statement runs another one")?;
    let (head, tail) = (head.replace("$1", argument), tail.replace("$1", argument));
    Ok(format!(
        "\\set n random(1, :accounts)\n{head}{MARK}{inner}{MARK}{tail};\n"
    ))
}

/// The store's statement.
fn spend() -> String {
    #[expect(clippy::expect_used, reason = "they are an id and a cost")]
    let (user, cost) = (
        UserId::parse("account-1").expect("an id"),
        Cost::new(1).expect("a cost"),
    );
    credits::spend(&Movement::new(&user, cost, None))
        .statement()
        .text()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_is_the_stores() {
        let statement = statement().unwrap();
        let spend = spend();
        let (_, inner) = spend.split_once("$statement$").unwrap();
        let (inner, _) = inner.rsplit_once("$statement$").unwrap();
        assert!(statement.contains(inner));
        assert!(!statement.replace(inner, "").contains("$1"));
    }
}
