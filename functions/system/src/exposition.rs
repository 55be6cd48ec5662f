//! Prometheus' text format, version 0.0.4.

use std::fmt::{Display, Write};

/// A text of metrics in the making.
#[derive(Default)]
pub(crate) struct Exposition {
    text: String,
}

/// Labels with their values.
pub(crate) type Labels<'a> = &'a [(&'a str, &'a str)];

impl Exposition {
    /// Begins a metric: its name, whether it is a `counter`, a `gauge` or a `histogram`, and what it says.
    pub(crate) fn metric(&mut self, name: &str, kind: &str, help: &str) {
        self.write(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// A value of a metric.
    pub(crate) fn sample(&mut self, name: &str, labels: Labels<'_>, value: impl Display) {
        self.text.push_str(name);
        for (place, (label, text)) in labels.iter().enumerate() {
            self.text.push(if place == 0 { '{' } else { ',' });
            self.write(format_args!("{label}=\"{}\"", escaped(text)));
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        self.write(format_args!(" {value}\n"));
    }

    /// A metric of one value.
    pub(crate) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.metric(name, kind, help);
        self.sample(name, &[], value);
    }

    /// The text.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    fn write(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(arguments);
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut exposition = Exposition::default();
        exposition.metric("m", "gauge", "Says something.");
        exposition.sample("m", &[("a", "x\"\\\n"), ("b", "")], 1.5);
        exposition.sample("m", &[], 2);
        assert_eq!(
            exposition.text,
            "# HELP m Says something.\n# TYPE m gauge\nm{a=\"x\\\"\\\\\\n\",b=\"\"} 1.5\nm 2\n"
        );
    }
}
