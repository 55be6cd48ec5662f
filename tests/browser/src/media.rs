//! What a reader prefers, and where the page is shown.

use serde_json::{Value, json};

/// A colour scheme.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    /// As `prefers-color-scheme` has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What the media queries of a page find.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Media {
    /// `prefers-color-scheme`.
    pub scheme: Scheme,
    /// `prefers-reduced-motion: reduce`.
    pub reduced_motion: bool,
    /// `print` instead of `screen`.
    pub print: bool,
}

impl Media {
    /// A reader who prefers this scheme.
    pub fn scheme(scheme: Scheme) -> Self {
        Self {
            scheme,
            ..Self::default()
        }
    }

    /// The argument of DevTools' `Emulation.setEmulatedMedia`.
    pub(crate) fn parameters(self) -> Value {
        let motion = if self.reduced_motion { "reduce" } else { "no-preference" };
        json!({
            "media": if self.print { "print" } else { "screen" },
            "features": [
                { "name": "prefers-color-scheme", "value": self.scheme.name() },
                { "name": "prefers-reduced-motion", "value": motion },
            ],
        })
    }
}
