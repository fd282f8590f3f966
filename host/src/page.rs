//! Pages that stand by themselves: no script, nothing loaded, every word escaped, fit to be printed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #ccd1d7}h3{font-size:1rem;margin:1.5rem 0 .3rem}\
table{border-collapse:collapse;margin:.5rem 0}th,td{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}\
th{font-weight:600;border-bottom:1px solid #ccd1d7}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
.quiet{color:#57606a}.worse{color:#a40e26}.better{color:#116329}code{font-size:.9em}\
@media print{body{margin:0;max-width:none;font-size:11px}h2,h3{break-after:avoid}section{break-inside:avoid}}";

/// The policy under which nothing but this style works.
pub fn policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
}

/// A whole page in a language, its body already escaped.
pub(crate) fn whole(language: &str, title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{}</title><style>{STYLE}</style></head><body>{body}</body></html>\n",
        escape(language),
        escape(title)
    )
}

/// A table; a column whose head begins with `#` holds numbers.
pub(crate) fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
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

/// Text as it may stand anywhere in a page.
pub(crate) fn escape(text: &str) -> String {
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
