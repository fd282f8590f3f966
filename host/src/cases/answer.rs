//! What rules answer to a case, by code, and how it differs from what was expected.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

use super::layout::Node;
use super::words::Moment;

/// Lines shown around a difference.
const CONTEXT: usize = 2;
/// Decimals to which a value is compared: what divides two counts is worked out by the host and not by rules.
const DECIMALS: f64 = 1e6;

/// Something for each subject, by its reference as the case writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct BySubject<T> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) orders: BTreeMap<String, T>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) contacts: BTreeMap<String, T>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) violations: BTreeMap<String, T>,
}

impl<T> Default for BySubject<T> {
    fn default() -> Self {
        Self { orders: BTreeMap::new(), contacts: BTreeMap::new(), violations: BTreeMap::new() }
    }
}

impl<T> BySubject<T> {
    fn kinds(&mut self) -> [&mut BTreeMap<String, T>; 3] {
        [&mut self.orders, &mut self.contacts, &mut self.violations]
    }
}

fn one() -> i64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_one(amount: &i64) -> bool {
    *amount == 1
}

fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

/// One mark.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    pub(super) counter: String,
    pub(super) at: Moment,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub(super) amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) excluded: Option<String>,
}

/// One metric's reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reading {
    pub(super) value: f64,
    pub(super) numerator: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) denominator: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) buyers: u32,
    pub(super) status: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) breached_in_a_row: u16,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) excluded: i64,
}

/// A reason of a verdict or proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    pub(super) code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metric: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) listing: Option<String>,
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proposal {
    pub(super) action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) orders_a_day: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) days: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) badge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) listing: Option<String>,
    pub(super) reasons: Vec<Reason>,
}

/// A verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Verdict {
    pub(super) standing: String,
    pub(super) score: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) reasons: Vec<Reason>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) proposals: Vec<Proposal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revisit: Option<Moment>,
}

/// What rules answer to a case; of an expected answer the sections that are to be compared.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) marks: Option<BySubject<Vec<Mark>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revisits: Option<BySubject<Moment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) readings: Option<BTreeMap<String, Reading>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// Readings of a merchant to whom nothing has happened, which an answer leaves out.
    #[serde(skip)]
    pub(super) at_rest: BTreeMap<String, Reading>,
}

/// A section in which an answer is not what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `marks`, `revisits`, `readings`, `verdict` or `error`.
    pub section: &'static str,
    /// The lines that differ and those around them: `-` was expected, `+` came.
    pub lines: String,
}

impl Answer {
    /// Why there is no other answer: settings were refused or the rules failed, in the host's words.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// The sections of an answer, in the order that a file has them in.
    pub(super) fn sections(&self) -> [(&'static str, Option<Node>); 5] {
        [
            ("marks", self.marks.as_ref().map(Node::of)),
            ("revisits", self.revisits.as_ref().filter(|r| **r != BySubject::default()).map(Node::of)),
            ("readings", self.readings.as_ref().map(Node::of)),
            ("verdict", self.verdict.as_ref().map(Node::of)),
            ("error", self.error.as_ref().map(Node::of)),
        ]
    }

    /// How this answer differs from what was expected, section by section.
    pub fn differs_from(&self, expected: &Self) -> Vec<Difference> {
        let expected = expected.clone().plain(&self.at_rest);
        let came = self.clone().plain(&self.at_rest);
        if expected.error != came.error {
            let lines = difference(expected.error.as_ref().map(Node::of), came.error.as_ref().map(Node::of));
            return vec![Difference { section: "error", lines }];
        }
        let asked = |section| match section {
            "marks" => expected.marks.is_some(),
            "revisits" => expected.marks.is_some() || expected.revisits.is_some(),
            "readings" => expected.readings.is_some(),
            _ => expected.verdict.is_some(),
        };
        let pairs = expected.sections().into_iter().zip(came.sections()).take(4);
        let wrong = pairs.filter(|((section, expected), (_, came))| asked(section) && expected != came);
        wrong.map(|((section, expected), (_, came))| Difference { section, lines: difference(expected, came) }).collect()
    }

    /// The one form of all answers that say the same.
    pub(super) fn plain(mut self, at_rest: &BTreeMap<String, Reading>) -> Self {
        for marks in self.marks.iter_mut().flat_map(BySubject::kinds) {
            marks.retain(|_, marks| !marks.is_empty());
            for marks in marks.values_mut() {
                marks.sort_unstable();
            }
        }
        if let Some(readings) = &mut self.readings {
            for reading in readings.values_mut() {
                reading.value = (reading.value * DECIMALS).round() / DECIMALS;
            }
            readings.retain(|code, reading| at_rest.get(code) != Some(reading));
        }
        self
    }
}

fn difference(expected: Option<Node>, came: Option<Node>) -> String {
    let text = |node: Option<Node>| node.map(|node| node.broken()).unwrap_or_default();
    let (expected, came) = (text(expected), text(came));
    let diff = TextDiff::from_lines(&expected, &came);
    let mut lines = Vec::new();
    for (i, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if i > 0 {
            lines.push("  ...".to_owned());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign} {}", change.value().trim_end_matches('\n')));
        }
    }
    lines.join("\n")
}
