//! A statement of reasons as a page to be printed.

use super::words::Words;
use super::{Fact, Metric, Statement};
use crate::page::{escape, table, whole};

/// The whole page.
pub(super) fn write(statement: &Statement, words: &Words) -> String {
    let title = format!("{}: {}", words.title, statement.merchant);
    let body = [
        format!("<h1>{}</h1><p><strong>{}</strong></p>", escape(words.title), escape(&statement.decision)),
        summary(statement, words),
        reasons(statement, words),
        facts(&statement.facts, words),
        how_made(statement, words),
        contest(statement, words),
    ];
    whole(statement.language, &title, &body.concat())
}

fn summary(statement: &Statement, words: &Words) -> String {
    let until = statement.ends_at.as_deref().map_or(words.until_ended.to_owned(), moment);
    let about = statement.listing.as_ref().or(statement.badge.as_ref());
    let ground = statement.ground.as_deref().map(|ground| words.ground(ground).to_owned());
    let rows = [
        (words.marketplace, Some(statement.marketplace.clone())),
        (words.merchant, Some(statement.merchant.clone())),
        (words.number, Some(statement.enforcement.to_string())),
        (words.about, about.cloned()),
        (words.orders_a_day, statement.orders_a_day.map(|orders| orders.to_string())),
        (words.decided_at, Some(moment(&statement.decided_at))),
        (words.holds_from, Some(moment(&statement.effective_at))),
        (words.holds_until, Some(until)),
        (words.ended_at, statement.closed_at.as_deref().map(moment)),
        (words.ground, ground),
    ];
    let row =
        |(name, value): (&str, Option<String>)| Some(format!("<tr><th>{}</th><td>{}</td></tr>", escape(name), escape(&value?)));
    format!("<table>{}</table>", rows.into_iter().filter_map(row).collect::<String>())
}

fn reasons(statement: &Statement, words: &Words) -> String {
    let texts: String = statement
        .reasons
        .iter()
        .filter_map(|reason| reason.text.as_ref().or(reason.note.as_ref()))
        .map(|said| format!("<li>{}</li>", escape(said)))
        .collect();
    let metrics: Vec<&Metric> = statement.reasons.iter().filter_map(|reason| reason.metric.as_ref()).collect();
    let figures = |metric: &&Metric| {
        let required = metric.target.map(|target| {
            let compare = words.compare(metric.compare.as_deref().unwrap_or_default());
            format!("{compare} {}", number(target))
        });
        vec![
            metric.title.clone(),
            number(metric.value),
            metric.numerator.to_string(),
            metric.denominator.to_string(),
            required.unwrap_or_default(),
            format!("{} – {}", metric.window.from, metric.window.to),
        ]
    };
    let metrics = if metrics.is_empty() { String::new() } else { table(&words.metrics, metrics.iter().map(figures)) };
    let rules = statement.rules.as_ref().map(|rules| {
        let name = format!("{}: {} {} ({})", words.rules, rules.name, rules.version, rules.digest);
        format!("<p class=\"quiet\">{}</p>", escape(&name))
    });
    section(words.reasons, &format!("<ul>{texts}</ul>{metrics}{}", rules.unwrap_or_default()))
}

fn facts(facts: &[Fact], words: &Words) -> String {
    if facts.is_empty() {
        return String::new();
    }
    let row = |fact: &Fact| {
        let what = [&fact.order, &fact.contact, &fact.violation].into_iter().flatten().cloned().collect::<Vec<_>>().join(", ");
        let counts = fact.cause.as_ref().map(|cause| &cause.text).or(fact.counter.as_ref());
        let at = fact.at.as_deref().map(moment).unwrap_or_default();
        vec![at, what, fact.listing.clone().unwrap_or_default(), counts.cloned().unwrap_or_default()]
    };
    section(words.facts, &table(&words.fact, facts.iter().map(row)))
}

fn how_made(statement: &Statement, words: &Words) -> String {
    let [found, decided] =
        [words.found[usize::from(!statement.found_automatically)], words.decided[usize::from(!statement.decided_automatically)]];
    section(words.how_made, &format!("<p>{} {}</p>", escape(found), escape(decided)))
}

fn contest(statement: &Statement, words: &Words) -> String {
    let Some(contest) = &statement.contest else { return String::new() };
    let until = format!("{}: {}", words.contest_until, moment(&contest.until));
    let over = if contest.open { String::new() } else { format!("<p>{}</p>", escape(words.contest_over)) };
    section(words.contest, &format!("<p>{}</p><p>{}</p>{over}", escape(&contest.how), escape(&until)))
}

fn section(title: &str, body: &str) -> String {
    format!("<section><h2>{}</h2>{body}</section>", escape(title))
}

/// `2024-05-31T12:00:00Z` as people read it.
fn moment(at: &str) -> String {
    at.get(..16).map_or_else(|| at.to_owned(), |minute| format!("{} UTC", minute.replace('T', " ")))
}

/// At most four places, and no zeros at the end.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
