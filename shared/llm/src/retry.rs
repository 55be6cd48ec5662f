//! When a call is tried again.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

/// How often an execution is put to the model at most.
pub(crate) const TRIES: u32 = 4;
/// The pause after the first try; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Nobody waits longer than this, whatever a provider asks for.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// The pause after try number `tries`: from half to all of what doubling makes, so that those who failed together do not
/// come back together.
pub(crate) fn pause(tries: u32, random: u32) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(6));
    whole.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

/// How long a provider asks to be left alone (RFC 9110, `Retry-After`): seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_differ() {
        for (tries, random, millis) in [
            (1, 0, 250),
            (1, u32::MAX, 500),
            (2, u32::MAX, 1_000),
            (3, 0, 1_000),
            (3, u32::MAX, 2_000),
        ] {
            assert_eq!(pause(tries, random), Duration::from_millis(millis));
        }
    }

    #[test]
    fn retry_after_comes_in_two_forms() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        for (text, seconds) in [
            ("3", Some(3.0)),
            ("0.5", Some(0.5)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7.0)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0.0)),
            ("-1", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(
                retry_after(&headers, now),
                seconds.map(Duration::from_secs_f64),
                "{text}"
            );
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
