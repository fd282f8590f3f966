//! What the two databases hold in the end, in words that are the same on both.

use andon::store::Store;
use sea_orm::{ConnectionTrait, Statement};

/// What no call shows, and the rest once more.
const TABLES: [(&str, &str); 12] = [
    ("marketplaces", "latest_event"),
    (
        "merchants",
        "id ref name joined_at registered_at registered_tie first_order orders standing level since projected score statuses judged_day \
         verdict_at next_evaluation",
    ),
    ("seen", "fingerprint"),
    ("revisits", "marketplace at subject"),
    ("tallies", "generation bucket merchant listing lane"),
    ("evidence", "generation merchant counter at subject ordinal day amount cause excluded buyer listing"),
    ("repeats", "generation merchant quota buyer at ref_key subject"),
    ("dirty", "marketplace merchant stamp"),
    ("agenda", "marketplace at merchant"),
    ("verdicts", "seq marketplace merchant generation at"),
    ("standings", "merchant since standing level"),
    ("faults", "generation merchant subject code message count first_at last_at fuel input"),
];

/// Every row of them, sorted.
pub(super) async fn read(store: &Store) -> Vec<String> {
    let mut lines = Vec::new();
    for (table, columns) in TABLES {
        let columns: Vec<String> = columns.split_whitespace().map(|c| format!("coalesce(cast({c} as text), 'null')")).collect();
        let sql = format!("select {} as line from {table}", columns.join(" || ' ' || "));
        let rows = store.db().query_all_raw(Statement::from_string(store.db().get_database_backend(), sql)).await.unwrap();
        lines.extend(rows.iter().map(|row| format!("{table} {}", row.try_get::<String>("", "line").unwrap())));
    }
    lines.sort();
    lines
}
