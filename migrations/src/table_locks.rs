//! Locks on tables that others use. Whoever waits for one makes all who come later wait too; so a lock is asked for
//! briefly, and again and again, with more and more room for the others in between.

use std::time::{Duration, Instant};

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

/// For the session: nobody waits longer than this behind us for a table, nor twice that for two tables of one statement.
pub(crate) const ASK_BRIEFLY: &str = "SET lock_timeout = '400ms'";

/// Between two tries, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Whoever holds a table for longer than this does not let go by itself.
const PATIENCE: Duration = Duration::from_mins(15);

/// Who stands in the way, oldest first: of the tables that the text names, or of our own. What a query begins with ends
/// where a value could begin, since values may be secrets. Readers are in the way of new columns only.
const WHO: &str = r"
    SELECT format('pid %s (%s), in a transaction since %s UTC, whose last query begins: %s', activity.pid,
        coalesce(nullif(application_name, ''), backend_type), to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
        left(regexp_replace(substring(query FROM '^[^''$]*'), '\s+', ' ', 'g'), 60))
    FROM pg_locks
    JOIN pg_stat_activity activity ON activity.pid = pg_locks.pid
    JOIN pg_class ON pg_class.oid = relation
    WHERE granted AND locktype = 'relation' AND activity.pid <> pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (relation = ANY (SELECT to_regclass(quote_ident(name)) FROM unnest($1::text[]) AS names (name))
            OR relnamespace = 'runledger'::regnamespace)
        AND ($2 OR mode NOT IN ('AccessShareLock', 'RowShareLock'))
    ORDER BY relnamespace = 'runledger'::regnamespace, xact_start
    LIMIT 1";

/// The tries of one piece of SQL.
pub(crate) struct Tries<'a> {
    what: &'a str,
    sql: &'a str,
    pause: Duration,
    begun: Instant,
}

impl<'a> Tries<'a> {
    /// `what` is its name for people.
    pub(crate) fn of(what: &'a str, sql: &'a str) -> Self {
        Self {
            what,
            sql,
            pause: FIRST_PAUSE,
            begun: Instant::now(),
        }
    }

    /// Whether it failed only for a lock and is to be tried again: now, for this has waited. Says for whom.
    pub(crate) async fn again(
        &mut self,
        client: &Client,
        error: &tokio_postgres::Error,
        progress: &mut impl FnMut(&str),
    ) -> bool {
        let locked = [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED];
        if !error.code().is_some_and(|code| locked.contains(code)) || self.begun.elapsed() > PATIENCE {
            return false;
        }
        let names = quoted_names(self.sql);
        let who = client.query_opt(WHO, &[&names, &self.sql.contains("COLUMN")]).await;
        let who = who
            .ok()
            .flatten()
            .and_then(|row| row.try_get::<_, Option<String>>(0).ok()?);
        progress(&format!(
            "{} waits for {}; next try in {:.1} s",
            self.what,
            who.as_deref()
                .unwrap_or("a lock, whose holder has just gone or is not shown to this role"),
            self.pause.as_secs_f64()
        ));
        tokio::time::sleep(self.pause).await;
        self.pause = LONGEST_PAUSE.min(self.pause * 2);
        true
    }
}

/// What stands between quotes and may be the name of a table.
fn quoted_names(sql: &str) -> Vec<&str> {
    let is_name = |text: &&str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphabetic());
    sql.split(['"', '\'']).filter(is_name).collect()
}

#[cfg(test)]
mod tests {
    use super::quoted_names;

    #[test]
    fn tables_are_found_in_statements_and_in_lists() {
        for (sql, names) in [
            (r#"ALTER TABLE "AgentNode" ADD COLUMN a int"#, vec!["AgentNode"]),
            (r"VALUES ('AgentGraph', 'some text')", vec!["AgentGraph"]),
            ("CREATE TABLE runledger.t (a int)", vec![]),
        ] {
            assert_eq!(quoted_names(sql), names, "{sql}");
        }
    }
}
