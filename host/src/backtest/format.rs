//! The forms in which a report is handed out.

use std::str::FromStr;

use super::{Report, csv, page, text};
use crate::wording::decimal;

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For programs.
    Json,
    /// For spreadsheets: one table whose first column says what a row is about.
    Csv,
    /// One page that stands by itself, to read or to print.
    Html,
    /// For a terminal.
    Text,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let all = [Self::Json, Self::Csv, Self::Html, Self::Text];
        all.into_iter().find(|format| format.word() == word).ok_or("must be `json`, `csv`, `html` or `text`")
    }
}

impl Format {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    /// The word that asks for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Text => "text",
        }
    }

    /// How files of it end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Text => "txt",
        }
    }

    /// The report in this form.
    pub fn write(self, report: &Report) -> String {
        match self {
            Self::Json => serde_json::to_string_pretty(report).unwrap_or_default(),
            Self::Csv => csv::write(report),
            Self::Html => page::write(report),
            Self::Text => text::write(report),
        }
    }
}

/// A share in per cent.
pub(super) fn per_cent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}

/// An amount in its currency's own units.
pub(super) fn amount(minor: i64, currency: &str) -> String {
    format!("{} {currency}", decimal(minor, currency))
}

/// A metric on one side in a few words.
pub(super) fn figures(figures: Option<&super::report::Figures>) -> String {
    let Some(f) = figures else { return "-".to_owned() };
    let value = format!("{:.4}", f.value);
    let value = value.trim_end_matches('0').trim_end_matches('.');
    let over = if f.denominator == 0 { String::new() } else { format!(" = {}/{}", f.numerator, f.denominator) };
    let target = f.target.map(|target| format!(", target {target}")).unwrap_or_default();
    format!("{value}{over}{target}: {}", f.status)
}

/// What a report says first, a line each: what was looked at, and what was not.
pub(super) fn coverage(report: &Report) -> Vec<(&'static str, String)> {
    let c = &report.coverage;
    let days = |days: Option<u32>| days.map_or_else(|| "a lifetime".to_owned(), |days| format!("{days} days"));
    let filled = match c.windows_filled {
        Some(true) => "every window is filled",
        Some(false) => "TOO FEW: early figures rest on windows that are not filled",
        None => "a lifetime is never filled",
    };
    let mut lines = vec![
        (
            "moments",
            format!(
                "{}, every {} from {} to {}",
                report.period.moments, report.period.every, report.period.from, report.period.to
            ),
        ),
        ("merchants", format!("{}, of whom {} had facts by then", c.merchants, c.with_facts)),
        ("orders", format!("{}, sold for {}", c.orders, amount(c.amount_minor, &report.currency))),
        ("other facts", format!("{} contacts, {} violations", c.contacts, c.violations)),
        ("verdicts compared", c.compared.to_string()),
        (
            "not enough data",
            format!(
                "for any rate: {} merchants under the rules in force, {} under the candidate",
                c.insufficient_in_force, c.insufficient_candidate
            ),
        ),
        (
            "days of facts before",
            format!(
                "{} (longest windows: {} in force, {} candidate): {filled}",
                c.days_before,
                days(report.in_force.longest_window_days),
                days(report.candidate.longest_window_days)
            ),
        ),
    ];
    if !c.left_out.is_empty() {
        lines.push(("LEFT OUT", format!("too many facts: {}", c.left_out.join(", "))));
    }
    for fault in &c.faults {
        let rules = if fault.rules == "candidate" { "the candidate" } else { "the rules in force" };
        lines.push((
            "FAULTS",
            format!(
                "{rules} gave no verdict {} times, on {} merchants: {} {}",
                fault.verdicts, fault.merchants, fault.code, fault.message
            ),
        ));
    }
    lines
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
