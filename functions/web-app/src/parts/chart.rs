//! Charts over time, drawn here: bars that are stacked, and lines. Across, they are measured in percent and their texts in
//! pixels, so that a chart is as wide as there is room and its texts stay as large as they are.

use askama::{Template, filters::HtmlSafe};
use runledger_models::Timestamp;

/// The height of what is drawn, in pixels; below it stand the names of the buckets.
const HEIGHT: f64 = 120.0;
impl Shape {
    /// The most names of buckets below a chart: those with lines stand beside each other.
    const fn names(self) -> usize {
        match self {
            Self::Bars => 8,
            Self::Lines => 4,
        }
    }
}

/// A part of the time that a chart is about.
pub(crate) struct Bucket {
    /// Its name, short: `26 Nov`, `14:00`.
    pub(crate) name: String,
    /// The runs behind it.
    pub(crate) href: String,
}

/// What is drawn in one colour.
pub(crate) struct Series {
    /// What it is.
    pub(crate) name: &'static str,
    /// The class that has its colour: that of a status, or `accent`.
    pub(crate) class: &'static str,
    /// What is added to the address of a bucket for the runs behind a mark of this series; may be empty.
    pub(crate) narrowed: &'static str,
    /// One for each bucket; none where there is nothing to tell.
    pub(crate) values: Vec<Option<f64>>,
}

/// The time that a reader may narrow by drawing over a chart: where that leads, and what the first bucket and each one are.
pub(crate) struct Brush {
    /// An address that takes `created_from` and `created_to`, and ends with `?` or `&`.
    pub(crate) href: String,
    /// When the first bucket begins.
    pub(crate) from: Timestamp,
    /// How long a bucket is, in milliseconds.
    pub(crate) step: i64,
}

/// How the values are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// On top of each other.
    Bars,
    /// A line for each series.
    Lines,
}

/// A chart.
#[derive(Template)]
#[template(path = "parts/chart.html")]
pub(crate) struct Chart {
    /// What it is known by on its page.
    pub(crate) id: &'static str,
    /// What it shows, for who does not see it, and above its table.
    pub(crate) label: String,
    /// How it is drawn.
    pub(crate) shape: Shape,
    /// The time, oldest first.
    pub(crate) buckets: Vec<Bucket>,
    /// What happened.
    pub(crate) series: Vec<Series>,
    /// A value as it is told.
    pub(crate) told: fn(f64) -> String,
    /// The highest value that there can be, if there is one.
    pub(crate) most: Option<f64>,
    /// Whether the axis has whole numbers alone.
    pub(crate) is_whole: bool,
    /// What drawing over it leads to.
    pub(crate) brush: Option<Brush>,
}

impl HtmlSafe for Chart {}

/// A line across with its value.
struct Tick {
    y: String,
    label: String,
}

/// A part of a bar.
struct Segment {
    class: &'static str,
    href: String,
    y: String,
    height: String,
    label: String,
}

/// A point of a line.
struct Point {
    class: &'static str,
    y: String,
}

/// What stands in one bucket.
struct Column<'a> {
    href: &'a str,
    /// All of its values in words.
    label: String,
    x: String,
    width: String,
    middle: String,
    bar_x: String,
    bar_width: String,
    segments: Vec<Segment>,
    points: Vec<Point>,
    /// What stands below it, and whether that gives way where there is little room.
    name: Option<(&'a str, bool)>,
}

impl Chart {
    /// Whether there is anything to draw.
    pub(crate) fn is_empty(&self) -> bool {
        let all = self.series.iter().flat_map(|series| &series.values);
        all.flatten().all(|value| *value == 0.0 && self.shape == Shape::Bars)
    }

    fn highest(&self) -> f64 {
        let sums = (0..self.buckets.len()).map(|bucket| {
            let values = self
                .series
                .iter()
                .filter_map(|series| series.values.get(bucket).copied().flatten());
            match self.shape {
                Shape::Bars => values.sum(),
                Shape::Lines => values.fold(0.0, f64::max),
            }
        });
        sums.fold(0.0, f64::max)
    }

    /// The top of the axis, and the distance of its lines.
    fn scale(&self) -> (f64, f64) {
        if let Some(most) = self.most {
            return (most, most / 2.0);
        }
        let highest = self.highest();
        let step = nice(highest / 3.0);
        let step = if self.is_whole { step.max(1.0) } else { step };
        ((highest / step).ceil().max(1.0) * step, step)
    }

    fn ticks(&self) -> Vec<Tick> {
        let (top, step) = self.scale();
        let count = (top / step).round() as u32;
        let ticks = (0..=count).map(|place| {
            let value = f64::from(place) * step;
            Tick {
                y: pixels(HEIGHT - value / top * HEIGHT),
                label: (self.told)(value),
            }
        });
        ticks.collect()
    }

    fn told_of(&self, bucket: usize) -> String {
        let values = self.series.iter().filter_map(|series| {
            let value = series.values.get(bucket).copied().flatten()?;
            let is_worth_it = value != 0.0 || self.shape == Shape::Lines;
            is_worth_it.then(|| format!("{} {}", series.name, (self.told)(value)))
        });
        let values: Vec<_> = values.collect();
        if values.is_empty() {
            "nothing".to_owned()
        } else {
            values.join(", ")
        }
    }

    fn columns(&self) -> Vec<Column<'_>> {
        let (top, _) = self.scale();
        let width = 100.0 / self.buckets.len().max(1) as f64;
        let every = self.buckets.len().div_ceil(self.shape.names()).max(1);
        let columns = self.buckets.iter().enumerate().map(|(place, bucket)| {
            let x = place as f64 * width;
            let mut height = 0.0;
            let (mut segments, mut points) = (Vec::new(), Vec::new());
            for series in &self.series {
                let Some(value) = series.values.get(place).copied().flatten() else {
                    continue;
                };
                let size = (value / top * HEIGHT).clamp(0.0, HEIGHT);
                if self.shape == Shape::Lines {
                    points.push(Point {
                        class: series.class,
                        y: pixels(HEIGHT - size),
                    });
                } else if value > 0.0 {
                    // What there is can be seen, however little it is.
                    let drawn = size.max(1.5);
                    height += drawn;
                    segments.push(Segment {
                        class: series.class,
                        href: format!("{}{}", bucket.href, series.narrowed),
                        y: pixels((HEIGHT - height).max(0.0)),
                        height: pixels(drawn),
                        label: format!("{}: {} {}", bucket.name, series.name, (self.told)(value)),
                    });
                }
            }
            Column {
                href: &bucket.href,
                label: format!("{}: {}", bucket.name, self.told_of(place)),
                x: percent(x),
                width: percent(width),
                middle: percent(x + width / 2.0),
                bar_x: percent(x + width * 0.1),
                bar_width: percent(width * 0.8),
                segments,
                points,
                name: (place % every == 0).then(|| {
                    (
                        bucket.name.as_str(),
                        self.shape == Shape::Bars && (place / every) % 2 == 1,
                    )
                }),
            }
        });
        columns.collect()
    }

    /// The lines, each as a path across a thousand units; they break where there is nothing to tell.
    fn paths(&self) -> Vec<(&'static str, String)> {
        if self.shape == Shape::Bars {
            return Vec::new();
        }
        let (top, _) = self.scale();
        let width = 1000.0 / self.buckets.len().max(1) as f64;
        let paths = self.series.iter().map(|series| {
            let mut path = String::new();
            let mut goes_on = false;
            for (place, value) in series.values.iter().enumerate() {
                if let Some(value) = value {
                    let y = HEIGHT - (value / top * HEIGHT).clamp(0.0, HEIGHT);
                    let command = if goes_on { "L" } else { "M" };
                    let x = (place as f64 + 0.5) * width;
                    path.extend([command, &format!("{x:.1} {y:.1}")]);
                }
                goes_on = value.is_some();
            }
            (series.class, path)
        });
        paths.collect()
    }

    /// The buckets of which there is something to tell, with each series' value in words.
    fn rows(&self) -> Vec<(&Bucket, Vec<String>)> {
        let rows = self.buckets.iter().enumerate().filter_map(|(place, bucket)| {
            let values = self
                .series
                .iter()
                .map(|series| series.values.get(place).copied().flatten());
            let values: Vec<_> = values.collect();
            let is_empty = values.iter().all(|value| value.is_none_or(|value| value == 0.0));
            let told = values
                .into_iter()
                .map(|value| value.map_or_else(|| "\u{2013}".to_owned(), self.told));
            (!is_empty).then(|| (bucket, told.collect()))
        });
        rows.collect()
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn nice(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let scaled = value / power;
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| scaled <= factor + 1e-9);
    factor.unwrap_or(10.0) * power
}

/// A number as it is written into a drawing: no digits that nobody sees.
fn shortened(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn pixels(value: f64) -> String {
    shortened(value)
}

fn percent(value: f64) -> String {
    format!("{}%", shortened(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(shape: Shape, values: Vec<Option<f64>>) -> Chart {
        let buckets = (0..values.len()).map(|place| Bucket {
            name: format!("<{place}>"),
            href: format!("/runs?place={place}"),
        });
        Chart {
            id: "sample",
            label: "Runs".to_owned(),
            shape,
            buckets: buckets.collect(),
            series: vec![Series {
                name: "Done",
                class: "done",
                narrowed: "&statuses=COMPLETED",
                values,
            }],
            told: |value| format!("{value:.0}"),
            most: None,
            is_whole: true,
            brush: None,
        }
    }

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (value, expected) in [
            (0.0, 1.0),
            (0.7, 1.0),
            (1.2, 2.0),
            (3.0, 5.0),
            (5.1, 10.0),
            (140.0, 200.0),
        ] {
            assert!((nice(value) - expected).abs() < 1e-9, "{value}");
        }
        let labels = |highest| {
            let ticks = chart(Shape::Bars, vec![Some(highest)]).ticks();
            ticks.into_iter().map(|tick| tick.label).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(labels(0.0), "0 1");
        assert_eq!(labels(2.0), "0 1 2");
        assert_eq!(labels(130.0), "0 50 100 150");
    }

    #[test]
    fn every_mark_leads_to_the_runs_behind_it_and_names_are_never_markup() {
        let html = chart(Shape::Bars, vec![Some(3.0), Some(0.0)]).to_string();
        assert!(html.contains("/runs?place=0&#38;statuses=COMPLETED"), "{html}");
        assert!(html.contains("&#60;0&#62;: Done 3"), "{html}");
        assert!(!html.contains("<0>"), "{html}");
    }

    #[test]
    fn a_line_breaks_where_there_is_nothing() {
        let chart = chart(Shape::Lines, vec![Some(1.0), None, Some(2.0), Some(1.0)]);
        let (_, path) = &chart.paths()[0];
        assert_eq!(path.matches('M').count(), 2, "{path}");
        assert_eq!(path.matches('L').count(), 1, "{path}");
    }
}
