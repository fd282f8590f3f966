//! Rows of Olist's CSV files: read one at a time, every value checked, errors with file and line.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use serde::de::{DeserializeOwned, Error, Unexpected};
use serde::{Deserialize, Deserializer};

/// A file with more rows than this is not this data set; the whole of it has a hundredth.
const MAX_ROWS: usize = 10_000_000;

/// Longest comment an event may carry, in bytes.
const MAX_COMMENT: usize = 2000;

/// Why the files cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file is missing or cannot be read.
    #[error("{0}: {1}")]
    Open(PathBuf, #[source] io::Error),
    /// A row is not what it should be; the message names line and column.
    #[error("{0}: {1}")]
    Row(PathBuf, #[source] csv::Error),
    /// More rows than the limit.
    #[error("{0}: more than {MAX_ROWS} rows")]
    TooMany(PathBuf),
    /// An order of a customer that the customers' file does not have.
    #[error("order {0}: its customer is not in olist_customers_dataset.csv")]
    Customer(String),
    /// The time zone database lacks the zone of the files.
    #[error("time zone {0} is unknown")]
    Zone(&'static str),
}

/// Hands every row of a file to `take`.
pub(super) fn each<T: DeserializeOwned>(
    dir: &Path,
    name: &str,
    mut take: impl FnMut(T) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let path = dir.join(name);
    let file = File::open(&path).map_err(|e| ImportError::Open(path.clone(), e))?;
    for (i, row) in csv::Reader::from_reader(file).into_deserialize().enumerate() {
        if i == MAX_ROWS {
            return Err(ImportError::TooMany(path));
        }
        take(row.map_err(|e| ImportError::Row(path.clone(), e))?)?;
    }
    Ok(())
}

/// A time of day and date in Brazil.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Local(pub(super) NaiveDateTime);

impl<'de> Deserialize<'de> for Local {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S")
            .map(Self)
            .map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &"a time as in 2017-10-15 09:30:00"))
    }
}

/// An amount of money in cents, from text like `12.90`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cents(pub(super) i64);

impl<'de> Deserialize<'de> for Cents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        cents(&text).map(Self).ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&text), &"an amount as in 12.90"))
    }
}

fn cents(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || whole.is_empty() || whole.len() > 10 || part.len() > 2 {
        return None;
    }
    format!("{whole}{part:0<2}").parse().ok()
}

#[derive(Deserialize)]
pub(super) struct OrderRow {
    pub(super) order_id: String,
    pub(super) customer_id: String,
    pub(super) order_status: String,
    pub(super) order_purchase_timestamp: Local,
    pub(super) order_approved_at: Option<Local>,
    pub(super) order_delivered_carrier_date: Option<Local>,
    pub(super) order_delivered_customer_date: Option<Local>,
    pub(super) order_estimated_delivery_date: Option<Local>,
}

#[derive(Deserialize)]
pub(super) struct CustomerRow {
    pub(super) customer_id: String,
    pub(super) customer_unique_id: String,
}

#[derive(Deserialize)]
pub(super) struct ItemRow {
    pub(super) order_id: String,
    pub(super) order_item_id: u32,
    pub(super) product_id: String,
    pub(super) seller_id: String,
    pub(super) shipping_limit_date: Local,
    pub(super) price: Cents,
    pub(super) freight_value: Cents,
}

#[derive(Deserialize)]
pub(super) struct ReviewRow {
    review_id: String,
    pub(super) order_id: String,
    pub(super) review_score: u8,
    review_comment_title: Option<String>,
    review_comment_message: Option<String>,
    pub(super) review_creation_date: Local,
    review_answer_timestamp: Local,
}

impl ReviewRow {
    /// The greatest of an order's reviews counts; what follows the answer only decides between equals.
    pub(super) fn rank(&self) -> (Local, Local, &str) {
        (self.review_answer_timestamp, self.review_creation_date, &self.review_id)
    }

    /// Title and message as an event may carry them.
    pub(super) fn comment(&self) -> String {
        let parts = [&self.review_comment_title, &self.review_comment_message];
        let joined = parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("\n");
        let mut text: String = joined.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
        text.truncate(text.floor_char_boundary(MAX_COMMENT));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::cents;

    #[test]
    fn cents_are_exact() {
        for (text, value) in [("810.00", 81_000), ("8.7", 870), ("0", 0), ("1234567890.99", 123_456_789_099)] {
            assert_eq!(cents(text), Some(value), "{text}");
        }
        for bad in ["", ".5", "-1.00", "1.234", "1e3", "12345678901", "1,00", "NaN"] {
            assert_eq!(cents(bad), None, "{bad}");
        }
    }
}
