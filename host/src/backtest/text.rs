//! A report for a terminal.

use std::fmt::Write;

use super::format::{amount, coverage, figures, per_cent};
use super::report::{Changed, Report, RulesUsed, Transition};

/// Merchants shown; whoever wants more asks for another form.
const MERCHANTS: usize = 20;

/// The whole of it.
pub(super) fn write(report: &Report) -> String {
    let mut text = format!("{} against {} in {}\n", rules(&report.candidate), rules(&report.in_force), report.marketplace);
    section(&mut text, "Coverage", coverage(report).into_iter().map(|(item, detail)| vec![item.to_owned(), detail]));
    for limit in &report.coverage.limits {
        line(&mut text, &format!("  {limit}"));
    }
    section(&mut text, "Standing in force -> under the candidate, at the last moment", report.transitions.iter().map(transition));
    section(&mut text, "The same, all moments together", report.transitions_all.iter().map(transition));
    let head = ["level or worse", "in force", "candidate", "newly", "no longer", "orders of the new", "amount of the new"];
    let reach = report.reach.iter().map(|at| {
        let orders = format!("{} ({})", at.newly_orders, per_cent(at.newly_orders_share));
        let amount = format!("{} ({})", amount(at.newly_amount_minor, &report.currency), per_cent(at.newly_amount_share));
        let counts = [at.in_force, at.candidate, at.newly, at.no_longer].map(|n| n.to_string());
        std::iter::once(at.level.clone()).chain(counts).chain([orders, amount]).collect()
    });
    section(&mut text, "Reach at the last moment", std::iter::once(head.map(str::to_owned).into()).chain(reach));
    let actions = report.actions.iter().map(|a| vec![a.action.clone(), format!("+{}", a.newly), format!("-{}", a.vanished)]);
    section(&mut text, "Proposals that come and go, by merchants", actions);
    let shown = report.merchants.len().min(MERCHANTS);
    line(&mut text, &format!("\nMerchants who differ: {}, shown: {shown}", report.changed));
    for merchant in &report.merchants[..shown] {
        changed(&mut text, merchant, &report.currency);
    }
    text
}

fn changed(text: &mut String, merchant: &Changed, currency: &str) {
    let Changed { in_force, candidate, .. } = merchant;
    line(
        text,
        &format!(
            "\n  {}: {} -> {} ({}, score {} -> {}) at {}, {} moments since {}; {} orders, {}",
            merchant.merchant,
            in_force.standing,
            candidate.standing,
            merchant.direction,
            in_force.score,
            candidate.score,
            merchant.at,
            merchant.moments,
            merchant.first,
            merchant.orders,
            amount(merchant.amount_minor, currency)
        ),
    );
    for (sign, actions) in [('+', &merchant.new_proposals), ('-', &merchant.vanished_proposals)] {
        if !actions.is_empty() {
            line(text, &format!("    {sign} {}", actions.join(", ")));
        }
    }
    for reading in &merchant.readings {
        let [old, new] = [&reading.in_force, &reading.candidate].map(|side| figures(side.as_ref()));
        line(text, &format!("    {}  {old}  ->  {new}", reading.metric));
    }
    for counted in &merchant.evidence {
        let counts = |all: &[String]| if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
        let (old, new) = (counts(&counted.in_force), counts(&counted.candidate));
        line(text, &format!("      {} {} on {}: {old} -> {new}", counted.kind, counted.reference, counted.day));
    }
    let more = merchant.evidence_total.saturating_sub(merchant.evidence.len() as u64);
    if more > 0 {
        line(text, &format!("      and {more} more"));
    }
}

fn rules(used: &RulesUsed) -> String {
    let settings = used.settings.iter().map(|(key, value)| format!(" {key}={value}")).collect::<String>();
    format!("{}@{}{settings}", used.name, used.version)
}

fn transition(t: &Transition) -> Vec<String> {
    vec![t.from.clone(), "->".to_owned(), t.to.clone(), t.count.to_string()]
}

/// A title, and rows in columns as wide as their widest cell.
fn section(text: &mut String, title: &str, rows: impl Iterator<Item = Vec<String>>) {
    line(text, &format!("\n{title}"));
    let rows: Vec<Vec<String>> = rows.collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    if rows.is_empty() {
        line(text, "  none");
    }
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        line(text, format!("  {}", cells.join("  ")).trim_end());
    }
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
