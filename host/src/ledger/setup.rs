//! Changes of a marketplace's set-up as its ledger has them: the marketplace's own fields, and what each generation of rules is for.

use andon_domain::calendar::rfc3339;
use andon_domain::rollout::{Entry, LineUp, Plan, State};
use serde_json::{Value, json};

use super::Note;
use super::fields::{Fields, difference, fields, text};
use crate::markets::Generation;
use crate::store::generations::GenerationRow;
use crate::store::marketplaces::MarketRow;

/// A marketplace was set up.
pub(crate) const CREATED: &str = "marketplace.created";
/// It was changed.
pub(crate) const CHANGED: &str = "marketplace.changed";
/// What kinds about generations begin with.
pub(crate) const RULES: &str = "rules.";

/// What is entered of a marketplace that is new, and of the rules it begins with.
pub(crate) fn created(row: &MarketRow, rules: Option<(&Entry, &Generation)>) -> Vec<Note> {
    let market = Note { kind: CREATED, about: row.code.clone(), before: None, after: Some(text(&of_market(row))) };
    let rules = rules.and_then(|(entry, generation)| moved(None, entry, Some(generation)));
    std::iter::once(market).chain(rules).collect()
}

/// What is entered of a change: of the marketplace, and of each generation that is for something else.
pub(crate) fn changed<'a>(
    (old, new): (&MarketRow, &MarketRow),
    (before, after): (&LineUp, &LineUp),
    generation: impl Fn(i64) -> Option<&'a Generation>,
) -> Vec<Note> {
    let market = difference(&of_market(old), &of_market(new)).map(|(before, after)| {
        let (before, after) = (Some(before), Some(after));
        Note { kind: CHANGED, about: new.code.clone(), before, after }
    });
    let rules = after.entries().iter().filter_map(|entry| moved(before.get(entry.id), entry, generation(entry.id)));
    market.into_iter().chain(rules).collect()
}

fn moved(old: Option<&Entry>, new: &Entry, generation: Option<&Generation>) -> Option<Note> {
    let (kind, about) = (kind(old.map(|e| e.state), new.state), new.id.to_string());
    let Some(old) = old else {
        let mut all = of_entry(new);
        all.extend(generation.map(of_generation).unwrap_or_default());
        return Some(Note { kind, about, before: None, after: Some(text(&all)) });
    };
    let (before, after) = difference(&of_entry(old), &of_entry(new))?;
    Some(Note { kind, about, before: Some(before), after: Some(after) })
}

fn kind(before: Option<State>, after: State) -> &'static str {
    match after {
        state if before == Some(state) => "rules.replanned",
        State::Building if before == Some(State::Paused) => "rules.resumed",
        State::Building => "rules.begun",
        State::Paused => "rules.paused",
        State::Shadow => "rules.shadowed",
        State::Announced => "rules.announced",
        State::RollingOut => "rules.rolled-out",
        State::Active => "rules.activated",
        State::Standby => "rules.superseded",
        State::Retiring => "rules.withdrawn",
        State::Retired => "rules.removed",
    }
}

/// A marketplace's fields. What its ledger does not keep is named here.
pub(crate) fn of_market(row: &MarketRow) -> Fields {
    let MarketRow {
        id: _,
        code: _,
        name,
        currency,
        time_zone,
        locale,
        clock,
        latest_event: _,
        rules,
        settings,
        overrides,
        action_modes,
        policy,
        notice_days,
        generation,
        created_at: _,
        updated_at: _,
    } = row;
    let mut all = fields([
        ("name", json!(name)),
        ("currency", json!(currency)),
        ("time_zone", json!(time_zone)),
        ("locale", json!(locale)),
        ("clock", json!(clock)),
        ("rules", json!(rules)),
        ("notice_days", json!(notice_days)),
        ("generation", json!(generation)),
    ]);
    all.extend(settings.iter().map(|(key, value)| (format!("settings.{key}"), json!(value))));
    all.extend(overrides.iter().map(|(metric, figures)| (format!("overrides.{metric}"), json!(figures))));
    all.extend(action_modes.iter().map(|(action, mode)| (format!("action_modes.{action}"), json!(mode))));
    if let Value::Object(members) = json!(policy) {
        all.extend(members.into_iter().map(|(name, value)| (format!("policy.{name}"), value)));
    }
    all
}

/// A generation's fields, as its row has them.
pub(crate) fn of_generation_row(row: &GenerationRow) -> Fields {
    let rules = of_rules((&row.name, &row.version), &row.component, &row.settings);
    of_entry(&row.entry).into_iter().chain(rules).collect()
}

fn of_generation(generation: &Generation) -> Fields {
    let manifest = generation.manifest();
    of_rules((&manifest.name, &manifest.version), generation.judge.digest(), &generation.settings)
}

fn of_rules((name, version): (&str, &str), component: &str, settings: &std::collections::BTreeMap<String, String>) -> Fields {
    let named = [("rules".to_owned(), json!(format!("{name}@{version}"))), ("component".to_owned(), json!(component))];
    fields(settings.iter().map(|(key, value)| (format!("settings.{key}"), json!(value))).chain(named))
}

fn of_entry(entry: &Entry) -> Fields {
    let Entry { id: _, state, plan: Plan { share, effective_at, note, band }, stopped } = entry;
    fields([
        ("state", json!(state.word())),
        ("share", json!(share)),
        ("effective_at", effective_at.map_or(Value::Null, |at| json!(rfc3339(at)))),
        ("note", json!(note)),
        ("band", json!(band)),
        ("stopped", json!(stopped)),
    ])
}
