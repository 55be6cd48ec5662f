//! What somebody wants to have scored: the fields of the form, in an address and in what it sends.

use runledger_models::{Bounded, Caller, Id, Scope, Timestamp, bounded::VersionNumber, scoring::RECOMMENDED_MODEL};
use runledger_store::pages::ScoringWish;
use runledger_web::{Param, Problem, named_scope, page::Text, params};

const DEFAULT_BATCH_SIZE: u32 = 10;
type BatchSize = Bounded<1, 25>;

/// A day, by its beginning in UTC, as browsers send it; or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(pub(crate) Timestamp);

impl Param for Day {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let [text] = texts else {
            return Err("is given more than once".to_owned());
        };
        Timestamp::parse(text)
            .or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
            .map(Self)
            .ok_or_else(|| "is no day such as 2026-01-02".to_owned())
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> runledger_web::utoipa::openapi::RefOr<runledger_web::utoipa::openapi::Schema> {
        <String as runledger_web::utoipa::PartialSchema>::schema()
    }
}

params! {
    /// What to score, and how.
    pub(crate) struct Wish {
        /// The graph whose finished runs are scored.
        graph_id: Option<Id>,
        /// Only those of this version.
        graph_version: Option<VersionNumber>,
        /// Only those of this user.
        user_id: Option<Id>,
        /// Only those created on this day or later.
        created_after: Option<Day>,
        /// The model.
        model: Text,
        /// How many calls may be in flight at once.
        batch_size: Option<BatchSize>,
        /// Whether runs that have a score are left alone.
        skip_existing: Option<bool>,
    }
}

impl Wish {
    /// The name of the model.
    pub(crate) fn model(&self) -> &str {
        let Text(model) = &self.model;
        if model.is_empty() { RECOMMENDED_MODEL } else { model }
    }

    /// How many calls may be in flight at once.
    pub(crate) fn batch_size(&self) -> u32 {
        self.batch_size.map_or(DEFAULT_BATCH_SIZE, Bounded::get)
    }

    /// Whether runs that have a score are left alone.
    pub(crate) fn skips_existing(&self) -> bool {
        self.skip_existing.unwrap_or(true)
    }

    /// The version as a field has it.
    pub(crate) fn version(&self) -> String {
        self.graph_version
            .map(|version| version.get().to_string())
            .unwrap_or_default()
    }

    /// The user as a field has it.
    pub(crate) fn user(&self) -> &str {
        self.user_id.as_ref().map_or("", Id::as_str)
    }

    /// The day as a field has it.
    pub(crate) fn day(&self) -> String {
        let day = self.created_after.map(|Day(day)| day.to_string());
        day.and_then(|day| Some(day.split_once('T')?.0.to_owned()))
            .unwrap_or_default()
    }

    /// Whose runs, of those that the caller may have scored.
    pub(crate) fn scope(&self, caller: &Caller, pointer: &str) -> Result<Scope, Problem> {
        named_scope(caller, self.user_id.as_ref(), pointer)
    }

    /// Which runs of a graph.
    pub(crate) fn of_graph<'a>(&self, graph_id: &'a Id) -> ScoringWish<'a> {
        ScoringWish {
            graph_id,
            graph_version: self.graph_version.map(Bounded::get),
            created_after: self.created_after.map(|Day(day)| day),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_browsers_send_it() {
        for (text, read) in [
            ("2026-01-02", Some("2026-01-02T00:00:00.000Z")),
            ("2026-01-02T03:04:05.678Z", Some("2026-01-02T03:04:05.678Z")),
            ("02.01.2026", None),
        ] {
            let day = Day::parse(&[text.to_owned()]).ok();
            assert_eq!(day.map(|Day(day)| day.to_string()).as_deref(), read, "{text}");
        }
    }
}
