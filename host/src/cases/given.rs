//! What a case gives besides facts: settings, the merchant, the marketplace's own figures.

use andon_domain::calendar::Calendar;
use andon_domain::ids::Instant;
use andon_domain::manifest::Manifest;
use andon_domain::verdict;
use serde::Deserialize;

use super::CaseError;
use super::file::Case;
use super::layout::Node;
use super::words::Moment;

const DAY: Instant = 86_400_000;
/// How long ago a merchant joined of whom nothing else is said.
const JOINED: Instant = 365 * DAY;

/// A setting's value, as a text or as what the text means.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(String),
    Flag(bool),
    Number(serde_json::Number),
}

impl Scalar {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// The merchant.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Party {
    pub(super) joined_at: Option<Moment>,
    standing: Option<String>,
    standing_since: Option<Moment>,
    badges: Vec<String>,
    reinstated_at: Option<Moment>,
}

impl Case {
    /// Settings as rules take them.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        self.settings.iter().map(|(key, value)| (key.clone(), value.text())).collect()
    }

    pub(super) fn calendar(&self) -> Result<Calendar, CaseError> {
        let zone = self.time_zone.as_deref().unwrap_or("UTC");
        Calendar::of(zone).ok_or_else(|| CaseError::at("time_zone", format!("{zone:?} is no IANA time zone")))
    }

    pub(super) fn currency(&self) -> &str {
        self.currency.as_deref().unwrap_or("USD")
    }

    /// The merchant as rules are told of it; `registered` is when events say that it joined.
    pub(super) fn party(&self, manifest: &Manifest, registered: Option<Instant>) -> Result<verdict::Party, CaseError> {
        let joined = self.merchant.joined_at.map(|at| at.0).or(registered).unwrap_or(self.now.0 - JOINED);
        let standings: Vec<_> = manifest.standings.iter().map(|s| s.code.as_str()).collect();
        let badges: Vec<_> = manifest.badges.iter().map(String::as_str).collect();
        let standing = self.merchant.standing.as_deref();
        Ok(verdict::Party {
            joined,
            standing: standing.map(|code| index("merchant.standing", code, &standings)).transpose()?,
            standing_since: self.merchant.standing_since.map_or(joined, |at| at.0),
            badges: self.merchant.badges.iter().map(|code| index("merchant.badges", code, &badges)).collect::<Result<_, _>>()?,
            reinstated: self.merchant.reinstated_at.map(|at| at.0),
        })
    }

    /// The marketplace's own value of each metric, where the case says one.
    pub(super) fn peers(&self, manifest: &Manifest) -> Result<Vec<Option<f64>>, CaseError> {
        let metrics: Vec<_> = manifest.metrics.iter().map(|m| m.code.as_str()).collect();
        for (field, codes) in [("peers", self.peers.keys().collect::<Vec<_>>()), ("overrides", self.overrides.keys().collect())] {
            for code in codes {
                index(field, code, &metrics)?;
            }
        }
        Ok(metrics.iter().map(|code| self.peers.get(*code).copied()).collect())
    }
}

impl Node {
    /// Takes what rules do not declare out of a case: settings, a standing, badges, the marketplace's own values and an operator's
    /// figures for metrics. Says what it took.
    pub(super) fn leave_out_unknown(&mut self, manifest: &Manifest) -> Vec<String> {
        let metric = |code: &str| manifest.metrics.iter().any(|m| m.code == code);
        let setting = |key: &str| manifest.settings.iter().any(|s| s.key == key);
        let mut left_out = Vec::new();
        let Self::Members(case) = self else { return left_out };
        let mut keep = |known: bool, what: &str, code: &str| {
            if !known {
                left_out.push(format!("{what} {code}"));
            }
            known
        };
        // Rules refuse a setting that they do not know, and would answer nothing but that.
        if let Some(Self::Members(settings)) = case.get_mut("settings") {
            settings.retain(|key, _| keep(setting(key), "setting", key));
        }
        for (section, what) in [("peers", "the marketplace's value of"), ("overrides", "figures for")] {
            if let Some(Self::Members(of_metrics)) = case.get_mut(section) {
                of_metrics.retain(|code, _| keep(metric(code), what, code));
            }
        }
        if let Some(Self::Members(merchant)) = case.get_mut("merchant") {
            let known = |code: &str| manifest.standings.iter().any(|s| s.code == code);
            if merchant.get("standing").and_then(Node::word).is_some_and(|code| !keep(known(code), "standing", code)) {
                merchant.shift_remove("standing");
            }
            if let Some(Self::Items(badges)) = merchant.get_mut("badges") {
                let known = |code: &str| manifest.badges.iter().any(|badge| badge == code);
                badges.retain(|node| node.word().is_none_or(|code| keep(known(code), "badge", code)));
            }
        }
        left_out
    }
}

/// The index of a code among those that rules declare.
fn index(field: &str, code: &str, codes: &[&str]) -> Result<u16, CaseError> {
    let found = codes.iter().position(|known| *known == code);
    found.map(|i| i as u16).ok_or_else(|| {
        let known = if codes.is_empty() { "none".to_owned() } else { codes.join(", ") };
        CaseError::at(field, format!("{code:?} is not declared by these rules, which know {known}"))
    })
}
