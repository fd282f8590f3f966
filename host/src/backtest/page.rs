//! A report as a page that stands by itself: no script, nothing loaded, every word escaped, fit to be printed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::format::{amount, coverage, figures, per_cent};
use super::report::{Changed, Report, RulesUsed, Transition};

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #ccd1d7}h3{font-size:1rem;margin:1.5rem 0 .3rem}\
table{border-collapse:collapse;margin:.5rem 0}th,td{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}\
th{font-weight:600;border-bottom:1px solid #ccd1d7}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
.quiet{color:#57606a}.worse{color:#a40e26}.better{color:#116329}code{font-size:.9em}\
@media print{body{margin:0;max-width:none;font-size:11px}h2,h3{break-after:avoid}section{break-inside:avoid}}";

/// The policy under which nothing but this style works.
pub(super) fn policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
}

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
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{}</title><style>{STYLE}</style></head><body>{}</body></html>\n",
        escape(&title),
        body.concat()
    )
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

/// A table; a column whose head begins with `#` holds numbers.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        return "<p class=\"quiet\">none</p>".to_owned();
    }
    let class = |column: usize| if head.get(column).is_some_and(|h| h.starts_with('#')) { " class=\"n\"" } else { "" };
    let cell = |tag: &str, column: usize, text: &str| format!("<{tag}{}>{}</{tag}>", class(column), escape(text));
    let top: String = head.iter().enumerate().map(|(i, h)| cell("th", i, h.trim_start_matches('#'))).collect();
    let row =
        |row: &Vec<String>| format!("<tr>{}</tr>", row.iter().enumerate().map(|(i, c)| cell("td", i, c)).collect::<String>());
    format!("<table><tr>{top}</tr>{}</table>", rows.iter().map(row).collect::<String>())
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
