//! What several pages show: each part is a type with a template of its own, which stands in other templates as `{{ part }}`.

mod chart;
mod empty;
mod short_id;
mod status;
mod value;
mod when;

pub(crate) use chart::{Brush, Bucket, Chart, Series, Shape};
pub(crate) use empty::Empty;
pub(crate) use short_id::ShortId;
pub(crate) use status::StatusChip;
pub(crate) use value::{Allowance, Size, ValueView, raw};
pub(crate) use when::When;
