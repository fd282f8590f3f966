//! A report as a page that stands by itself: no script, nothing loaded, every word escaped, fit to be printed.

use super::format::{amount, coverage, figures, per_cent};
use super::report::{Changed, Report, RulesUsed, Transition};
use crate::page::{self, escape, table};

/// The whole page.
pub(super) fn write(report: &Report) -> String {
    let title = format!("Backtest of {} in {}", rules(&report.candidate), report.marketplace);
    let limits = report.coverage.limits.iter().map(|limit| format!("<li>{}</li>", escape(limit))).collect::<String>();
    let body = [
        format!("<h1>{}</h1><p>Held against {}, in force.</p>", escape(&title), escape(&rules(&report.in_force))),
        section("Coverage", &[], coverage(report).into_iter().map(|(item, detail)| vec![item.to_owned(), detail])),
        format!("<ul class=\"quiet\">{limits}</ul>"),
        section("Standings at the last moment", &TRANSITIONS, report.transitions.iter().map(transition)),
        section("Standings, all moments together", &TRANSITIONS, report.transitions_all.iter().map(transition)),
        reach(report),
        section(
            "Proposals that come and go, by merchants",
            &["Action", "#Newly", "#Vanished"],
            report.actions.iter().map(|a| vec![a.action.clone(), a.newly.to_string(), a.vanished.to_string()]),
        ),
        timeline(report),
        format!("<h2>Merchants who differ: {}, listed: {}</h2>", report.changed, report.merchants.len()),
        report.merchants.iter().map(|merchant| changed(merchant, &report.currency)).collect(),
    ];
    page::whole("en", &title, &body.concat())
}

const TRANSITIONS: [&str; 3] = ["In force", "Candidate", "#Count"];

fn transition(t: &Transition) -> Vec<String> {
    vec![format!("{} ({})", t.from, t.from_level), format!("{} ({})", t.to, t.to_level), t.count.to_string()]
}

fn reach(report: &Report) -> String {
    let rows = report.reach.iter().map(|at| {
        let counts = [at.in_force, at.candidate, at.newly, at.no_longer, at.newly_orders].map(|n| n.to_string());
        let amount = amount(at.newly_amount_minor, &report.currency);
        let shares = [per_cent(at.newly_orders_share), amount, per_cent(at.newly_amount_share)];
        std::iter::once(at.level.clone()).chain(counts).chain(shares).collect()
    });
    let head = [
        "Level or worse",
        "#In force",
        "#Candidate",
        "#Newly",
        "#No longer",
        "#Orders of the new",
        "#Share",
        "#Amount of the new",
        "#Share",
    ];
    section("Reach at the last moment", &head, rows)
}

fn timeline(report: &Report) -> String {
    let rows = report.timeline.iter().map(|m| {
        let counts = [m.compared, m.better, m.worse, m.sideways, m.proposals].map(|n| n.to_string());
        std::iter::once(m.at.clone()).chain(counts).collect()
    });
    section("Moment by moment", &["Moment", "#Compared", "#Better", "#Worse", "#Sideways", "#Other proposals"], rows)
}

fn changed(merchant: &Changed, currency: &str) -> String {
    let Changed { in_force, candidate, .. } = merchant;
    let head = format!(
        "<section><h3>{}: {} → <span class=\"{}\">{}</span></h3>",
        escape(&merchant.merchant),
        escape(&in_force.standing),
        escape(&merchant.direction),
        escape(&candidate.standing)
    );
    let about = format!(
        "score {} → {} at {}; differs at {} moments since {}; {} orders, {}",
        in_force.score,
        candidate.score,
        merchant.at,
        merchant.moments,
        merchant.first,
        merchant.orders,
        amount(merchant.amount_minor, currency)
    );
    let actions =
        |word: &str, all: &[String]| if all.is_empty() { String::new() } else { format!("; {word}: {}", all.join(", ")) };
    let (newly, vanished) = (actions("newly", &merchant.new_proposals), actions("vanished", &merchant.vanished_proposals));
    let readings =
        merchant.readings.iter().map(|r| vec![r.metric.clone(), figures(r.in_force.as_ref()), figures(r.candidate.as_ref())]);
    let evidence = merchant
        .evidence
        .iter()
        .map(|c| vec![format!("{} {}", c.kind, c.reference), c.day.clone(), c.in_force.join(", "), c.candidate.join(", ")]);
    let more = merchant.evidence_total.saturating_sub(merchant.evidence.len() as u64);
    let more = if more > 0 { format!("<p class=\"quiet\">and {more} more</p>") } else { String::new() };
    let about = escape(&format!("{about}{newly}{vanished}"));
    let tables =
        table(&["Metric", "In force", "Candidate"], readings) + &table(&["Behind it", "Day", "In force", "Candidate"], evidence);
    format!("{head}<p class=\"quiet\">{about}</p>{tables}{more}</section>")
}

fn rules(used: &RulesUsed) -> String {
    let settings = used.settings.iter().map(|(key, value)| format!(" {key}={value}")).collect::<String>();
    format!("{}@{}{settings}", used.name, used.version)
}

fn section(title: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    format!("<section><h2>{}</h2>{}</section>", escape(title), table(head, rows))
}
