//! Figures of a run: each with its unit, what it is held against, and what was asked for.

use std::fmt::Write;

use serde::Serialize;

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// What `value` is held against, in the same unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
    /// The bound the project sets itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
}

/// The same work without the host, in the same run.
#[derive(Debug, Clone, Serialize)]
pub struct Against {
    /// What that was.
    pub what: &'static str,
    /// How much it did.
    pub value: f64,
    /// `value` of the figure over this one.
    pub ratio: f64,
}

/// A bound.
#[derive(Debug, Clone, Copy, Serialize)]
pub enum Target {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
    /// Less than this.
    Under(f64),
}

impl Figure {
    /// A figure that stands alone.
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, against: None, target: None }
    }

    /// Held against the same work without the host.
    #[must_use]
    pub fn against(mut self, what: &'static str, value: f64) -> Self {
        self.against = Some(Against { what, value, ratio: self.value / value.max(f64::MIN_POSITIVE) });
        self
    }

    /// With a bound.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// Whether it keeps its bound, where it has one.
    pub fn met(&self) -> Option<bool> {
        Some(match self.target? {
            Target::AtLeast(least) => self.value >= least,
            Target::AtMost(most) => self.value <= most,
            Target::Under(most) => self.value < most,
        })
    }
}

/// Figures as a table in Markdown.
pub fn table(figures: &[Figure]) -> String {
    let mut text = String::from("| what | figure | held against | ratio | target | met |\n|---|---|---|---|---|---|\n");
    for f in figures {
        let (other, ratio) = match &f.against {
            Some(a) => (format!("{}: {}", a.what, short(a.value)), format!("{:.2}", a.ratio)),
            None => Default::default(),
        };
        let target = match f.target {
            Some(Target::AtLeast(n)) => format!("at least {}", short(n)),
            Some(Target::AtMost(n)) => format!("at most {}", short(n)),
            Some(Target::Under(n)) => format!("under {}", short(n)),
            None => String::new(),
        };
        let met = match f.met() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} | {} {} | {other} | {ratio} | {target} | {met} |", f.what, short(f.value), f.unit);
    }
    text
}

/// Digits that mean something: thousands apart, two places below ten.
fn short(value: f64) -> String {
    if value.abs() < 10.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 && digit.is_ascii_digit() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The value below which a share of all lies, in milliseconds; sorts them.
pub(super) fn percentile(times: &mut [std::time::Duration], share: f64) -> f64 {
    times.sort_unstable();
    let place = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
    times.get(place).map_or(0.0, |t| t.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_was_met() {
        let fast = Figure::new("ingest", 61_234.4, "events/s").against("bare", 100_000.0).target(Target::AtLeast(50_000.0));
        let slow = Figure::new("p99", 75.0, "ms").target(Target::Under(50.0));
        let large = Figure::new("size", 4_096.0, "bytes").target(Target::AtMost(4_096.0));
        let text = table(&[fast, slow, large]);
        assert!(text.contains("| ingest | 61,234 events/s | bare: 100,000 | 0.61 | at least 50,000 | yes |"), "{text}");
        assert!(text.contains("| p99 | 75 ms |  |  | under 50 | no |"), "{text}");
        assert!(text.contains("| size | 4,096 bytes |  |  | at most 4,096 | yes |"), "{text}");
    }
}
