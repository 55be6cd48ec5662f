//! Values between Postgres's binary format and Spin's interface, with the pairs of types that Spin itself knows, so that
//! a component behaves the same on both: what is not among them arrives as `unsupported` with its bytes.

mod decode;
mod encode;
mod numeric;

pub(super) use decode::{Decoder, Raw, data_type, decoder, decoder_like_spin};
pub(super) use encode::{BadParameter, Param};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Days between 1970-01-01 and 2000-01-01, Postgres's epoch.
const EPOCH_DAYS: i32 = 10_957;
const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
