//! A report as one table: the first column says what a row is about, so that a spreadsheet can filter it.

use csv::Writer;

use super::format::{coverage, figures};
use super::report::{Changed, Report};

const COLUMNS: [&str; 8] = ["about", "item", "in_force", "candidate", "count", "orders", "amount_minor", "detail"];

/// All rows, coverage first.
pub(super) fn write(report: &Report) -> String {
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    rows.push(row("rules", &report.marketplace, [&rules(&report.in_force), &rules(&report.candidate)], [""; 4]));
    for (item, detail) in coverage(report) {
        rows.push(row("coverage", item, [""; 2], ["", "", "", &detail]));
    }
    for limit in &report.coverage.limits {
        rows.push(row("coverage", "limit", [""; 2], ["", "", "", limit]));
    }
    for (about, transitions) in [("transition", &report.transitions), ("transition, all moments", &report.transitions_all)] {
        for t in transitions {
            rows.push(row(about, "", [&t.from, &t.to], [&t.count.to_string(), "", "", ""]));
        }
    }
    for at in &report.reach {
        let (orders, amount) = (at.newly_orders.to_string(), at.newly_amount_minor.to_string());
        let detail = format!("{} no longer", at.no_longer);
        let sides = [at.in_force.to_string(), at.candidate.to_string()];
        rows.push(row("reach, newly", &at.level, [&sides[0], &sides[1]], [&at.newly.to_string(), &orders, &amount, &detail]));
    }
    for action in &report.actions {
        rows.push(row("action, newly", &action.action, [""; 2], [&action.newly.to_string(), "", "", ""]));
        rows.push(row("action, vanished", &action.action, [""; 2], [&action.vanished.to_string(), "", "", ""]));
    }
    for m in &report.timeline {
        let detail = format!("{} better, {} worse, {} sideways, {} other proposals", m.better, m.worse, m.sideways, m.proposals);
        rows.push(row("moment", &m.at, [""; 2], [&m.compared.to_string(), "", "", &detail]));
    }
    for merchant in &report.merchants {
        rows.extend(of_merchant(merchant));
    }
    let mut writer = Writer::from_writer(Vec::new());
    for row in &rows {
        // Writing to memory cannot fail.
        drop(writer.write_record(row.iter().map(|cell| plain(cell))));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn of_merchant(changed: &Changed) -> Vec<[String; 8]> {
    let (orders, amount) = (changed.orders.to_string(), changed.amount_minor.to_string());
    let actions =
        |word: &str, all: &[String]| if all.is_empty() { String::new() } else { format!("; {word}: {}", all.join(", ")) };
    let detail = format!(
        "{} at {}{}{}",
        changed.direction,
        changed.at,
        actions("newly", &changed.new_proposals),
        actions("vanished", &changed.vanished_proposals)
    );
    let moments = changed.moments.to_string();
    let sides = [&*changed.in_force.standing, &*changed.candidate.standing];
    let mut rows = vec![row("merchant", &changed.merchant, sides, [&moments, &orders, &amount, &detail])];
    for reading in &changed.readings {
        let sides = [figures(reading.in_force.as_ref()), figures(reading.candidate.as_ref())];
        rows.push(row("reading", &changed.merchant, [&sides[0], &sides[1]], ["", "", "", &reading.metric]));
    }
    for counted in &changed.evidence {
        let sides = [counted.in_force.join(", "), counted.candidate.join(", ")];
        let detail = format!("{} {} on {}", counted.kind, counted.reference, counted.day);
        rows.push(row("evidence", &changed.merchant, [&sides[0], &sides[1]], ["", "", "", &detail]));
    }
    rows
}

fn rules(used: &super::report::RulesUsed) -> String {
    format!("{}@{}", used.name, used.version)
}

fn row(about: &str, item: &str, sides: [&str; 2], [count, orders, amount, detail]: [&str; 4]) -> [String; 8] {
    [about, item, sides[0], sides[1], count, orders, amount, detail].map(str::to_owned)
}

/// References come from senders; a spreadsheet would take one that begins like a formula for a formula.
fn plain(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell != "-" { format!("'{cell}") } else { cell.to_owned() }
}
