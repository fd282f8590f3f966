//! `/v1/marketplaces`: set up by operators.

pub mod change;
pub mod create;
pub mod list;
pub mod show;

use std::collections::BTreeMap;

use andon_domain::enforce::policy::Policy;
use andon_domain::manifest::SettingKind;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::problem::Problem;
use super::shapes::time;
use crate::markets::{Generation, Market, Override};

/// Rules, by name and perhaps version.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum RulesName {
    /// `name`, or `name@version`.
    Short(String),
    /// The same in two members.
    Long(LongName),
}

/// Rules by name and version.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LongName {
    /// Their name.
    name: String,
    /// A version; without it the one that `GET /v1/plugins/{name}` shows as `highest`. Either way it stays until another is named
    /// or activated.
    version: Option<String>,
}

impl RulesName {
    fn into_text(self) -> String {
        match self {
            Self::Short(text) => text,
            Self::Long(LongName { name, version: None }) => name,
            Self::Long(LongName { name, version: Some(version) }) => format!("{name}@{version}"),
        }
    }
}

/// The rules in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rules {
    /// Their name.
    pub name: String,
    /// Their version.
    pub version: String,
    /// Digest of the component.
    pub digest: String,
}

impl Rules {
    /// Those of a generation.
    pub fn of(generation: &Generation) -> Self {
        let manifest = generation.manifest();
        Self { name: manifest.name.clone(), version: manifest.version.clone(), digest: generation.judge.digest().to_owned() }
    }
}

/// A marketplace.
#[derive(Debug, Serialize, ToSchema)]
pub struct Marketplace {
    code: String,
    name: String,
    currency: String,
    time_zone: String,
    locale: String,
    /// `system`, or `latest-event` for imported history.
    clock: &'static str,
    rules: Option<Rules>,
    #[schema(value_type = Object)]
    settings: BTreeMap<String, Value>,
    overrides: BTreeMap<String, Override>,
    action_modes: BTreeMap<String, String>,
    /// What holds whatever rules propose: grace, notice, cooldown, protection, caps, alarm, two people, cord, appeals.
    #[schema(value_type = Object)]
    policy: Policy,
    /// Days of notice before announced rules come into force.
    notice_days: u16,
    /// The generation of rules in force.
    generation: Option<i64>,
    /// The one being built to take over when it is; null where there is none.
    building: Option<i64>,
    created_at: String,
    updated_at: String,
}

impl Marketplace {
    fn of(market: &Market) -> Self {
        let generation = market.generation.as_deref();
        let typed = |key: &String, text: &String| typed_setting(generation, key, text);
        Self {
            code: market.code.clone(),
            name: market.name.clone(),
            currency: market.currency.clone(),
            time_zone: market.calendar.zone().to_owned(),
            locale: market.locale.clone(),
            clock: market.clock.word(),
            rules: generation.map(Rules::of),
            settings: market.settings.iter().map(|(k, v)| (k.clone(), typed(k, v))).collect(),
            overrides: market.overrides.clone(),
            action_modes: market.action_modes.clone(),
            policy: market.policy.clone(),
            notice_days: market.notice_days(),
            generation: generation.map(|g| g.id),
            building: market.lineup.entries().iter().find(|e| e.state.is_building() && e.plan.share > 0).map(|e| e.id),
            created_at: time(market.created_at),
            updated_at: time(market.updated_at),
        }
    }
}

/// A setting as JSON of the kind the rules declare.
fn typed_setting(generation: Option<&Generation>, key: &str, text: &str) -> Value {
    let kind = generation.and_then(|g| g.manifest().settings.iter().find(|s| s.key == key)).map(|s| s.kind);
    match kind {
        Some(SettingKind::Text) | None => json!(text),
        Some(_) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    }
}

/// Settings as rules take them.
pub(super) fn setting_texts(settings: BTreeMap<String, Value>) -> Result<BTreeMap<String, String>, Problem> {
    settings.into_iter().map(|(key, value)| Ok((key.clone(), setting_text(&key, value)?))).collect()
}

/// A setting as rules take it.
fn setting_text(key: &str, value: Value) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(Problem::invalid(format!("settings.{key}"), "must be a text, number or flag")),
    }
}

/// A policy with the members of `patch` in place of its own, as JSON merge patch (RFC 7396) has it.
pub(super) fn patched(policy: &Policy, patch: Value) -> Result<Policy, Problem> {
    let mut whole = serde_json::to_value(policy).map_err(|e| Problem::Internal(Box::new(e)))?;
    merge(&mut whole, patch);
    serde_path_to_error::deserialize(whole).map_err(|e| Problem::invalid(format!("policy.{}", e.path()), e.inner()))
}

fn merge(whole: &mut Value, patch: Value) {
    match (whole, patch) {
        (Value::Object(whole), Value::Object(patch)) => {
            for (key, value) in patch {
                match value {
                    Value::Null => drop(whole.remove(&key)),
                    value => merge(whole.entry(key).or_insert(Value::Null), value),
                }
            }
        }
        (whole, patch) => *whole = patch,
    }
}
