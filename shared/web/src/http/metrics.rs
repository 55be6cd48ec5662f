//! What an instance counts of its requests, until it hands it over to the database, where `GET /api/metrics` finds it.
//!
//! An instance ends without a word, and work that waits for a timer would keep it from its next request. So it hands
//! over right after a response, but not after each of many: it may do so [`MAX_AT_ONCE`] times in a row, and
//! [`PER_SECOND`] times a second from then on. See docs/decisions/operations.md.

use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

use http::StatusCode;
use runledger_logging::Trips;
use runledger_store::{
    Db,
    metrics::{self, BOUNDS, Counted},
};

/// How often an instance hands over what it has counted, before it has to pause.
const MAX_AT_ONCE: f64 = 20.0;
/// How often it does so under load.
const PER_SECOND: f64 = 4.0;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestKind {
    /// The method; one that HTTP does not know is `OTHER`.
    pub(crate) method: &'static str,
    /// The path of the route, with `{names}`; empty where there is none.
    pub(crate) route: &'static str,
    pub(crate) status: StatusCode,
}

#[derive(Default)]
struct Counts {
    requests: u64,
    seconds: f64,
    trips: Trips,
    /// How many took no longer than each of [`BOUNDS`], but longer than the one before; the last took longer than all.
    buckets: [u64; BOUNDS.len() + 1],
}

struct Meter {
    /// A handful: an instance serves few routes.
    counts: Vec<(RequestKind, Counts)>,
    /// How often may be handed over, and when that was last reckoned.
    allowance: f64,
    reckoned_at: Option<Instant>,
}

thread_local! {
    // Of the whole instance, nothing of one request.
    static METER: RefCell<Meter> = const { RefCell::new(Meter::new()) };
}

/// Counts a request.
pub(crate) fn count(kind: RequestKind, took: Duration, trips: Trips) {
    METER.with_borrow_mut(|meter| meter.count(kind, took, trips));
}

/// Counts what was asked of others after the response: all of `trips` but those that were counted before.
pub(crate) fn count_rest(kind: RequestKind, before: Trips, trips: Trips) {
    METER.with_borrow_mut(|meter| {
        let counts = meter.of(kind);
        counts.trips.database += trips.database - before.database;
        counts.trips.redis += trips.redis - before.redis;
    });
}

/// Whether to hand over now. Who is told so has to do it.
pub(crate) fn is_due() -> bool {
    METER.with_borrow_mut(|meter| meter.is_due(Instant::now()))
}

/// Hands over what was counted. What cannot be handed over now is kept for later.
pub(crate) async fn hand_over(db: &Db) {
    let counts = METER.with_borrow_mut(|meter| std::mem::take(&mut meter.counts));
    let rows: Vec<_> = counts.iter().map(row).collect();
    if db.write(metrics::add(&rows)).await.is_err() {
        METER.with_borrow_mut(|meter| meter.take_back(counts));
    }
}

fn row((kind, counts): &(RequestKind, Counts)) -> Counted<'_> {
    Counted {
        method: kind.method,
        route: kind.route,
        status: kind.status.as_u16(),
        requests: counts.requests,
        seconds: counts.seconds,
        database_round_trips: counts.trips.database,
        redis_round_trips: counts.trips.redis,
        buckets: &counts.buckets,
    }
}

impl Meter {
    const fn new() -> Self {
        Self {
            counts: Vec::new(),
            allowance: MAX_AT_ONCE,
            reckoned_at: None,
        }
    }

    fn count(&mut self, kind: RequestKind, took: Duration, trips: Trips) {
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS
            .iter()
            .position(|bound| seconds <= *bound)
            .unwrap_or(BOUNDS.len());
        let counts = self.of(kind);
        counts.requests += 1;
        counts.seconds += seconds;
        counts.trips.database += trips.database;
        counts.trips.redis += trips.redis;
        if let Some(count) = counts.buckets.get_mut(bucket) {
            *count += 1;
        }
    }

    fn of(&mut self, kind: RequestKind) -> &mut Counts {
        let place = self.counts.iter().position(|(known, _)| *known == kind);
        let place = place.unwrap_or_else(|| {
            self.counts.push((kind, Counts::default()));
            self.counts.len() - 1
        });
        &mut self.counts[place].1
    }

    fn is_due(&mut self, now: Instant) -> bool {
        let passed = self
            .reckoned_at
            .map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.reckoned_at = Some(now);
        self.allowance = (self.allowance + passed.as_secs_f64() * PER_SECOND).min(MAX_AT_ONCE);
        let due = self.allowance >= 1.0;
        if due {
            self.allowance -= 1.0;
        }
        due
    }

    fn take_back(&mut self, counts: Vec<(RequestKind, Counts)>) {
        for (kind, old) in counts {
            let counts = self.of(kind);
            counts.requests += old.requests;
            counts.seconds += old.seconds;
            counts.trips.database += old.trips.database;
            counts.trips.redis += old.trips.redis;
            for (count, old) in counts.buckets.iter_mut().zip(old.buckets) {
                *count += old;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: RequestKind = RequestKind {
        method: "GET",
        route: "/api/executions",
        status: StatusCode::OK,
    };

    #[test]
    fn a_request_is_counted_in_the_first_bucket_that_holds_it() {
        let mut meter = Meter::new();
        for took in [0, 1, 2, 20_000] {
            let trips = Trips { database: 1, redis: 2 };
            meter.count(KIND, Duration::from_millis(took), trips);
        }
        let counts = &meter.counts[0].1;
        assert_eq!((counts.requests, counts.trips), (4, Trips { database: 4, redis: 8 }));
        assert_eq!(
            (counts.buckets[0], counts.buckets[1], counts.buckets[BOUNDS.len()]),
            (2, 1, 1)
        );
    }

    #[test]
    fn what_could_not_be_handed_over_is_not_lost() {
        let mut meter = Meter::new();
        meter.count(KIND, Duration::from_millis(1), Trips::default());
        let taken = std::mem::take(&mut meter.counts);
        meter.count(KIND, Duration::from_millis(1), Trips::default());
        meter.take_back(taken);
        assert_eq!((meter.counts[0].1.requests, meter.counts[0].1.buckets[0]), (2, 2));
    }

    #[test]
    fn few_requests_are_handed_over_one_by_one_and_many_together() {
        let mut meter = Meter::new();
        let start = Instant::now();
        let due = (0..10_000_u64)
            .filter(|millisecond| meter.is_due(start + Duration::from_millis(*millisecond)))
            .count();
        assert!((55..=61).contains(&due), "{due} in ten seconds");
        let later = start + Duration::from_mins(1);
        assert!((0..20_u64).all(|second| meter.is_due(later + Duration::from_secs(second))));
    }
}
