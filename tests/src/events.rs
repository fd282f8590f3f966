//! CloudEvents as a sender writes them, by hand and not by the host's own writer, so that both are tested.

use serde_json::{Value, json};

/// 2024-05-31T12:00:00Z, where the tests' clock stands unless it is moved.
pub const NOW: i64 = 1_717_156_800_000;

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;

/// A moment as RFC 3339 has it.
pub fn rfc3339(at: i64) -> String {
    chrono::DateTime::from_timestamp_millis(at).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// An event: `kind` is its type without `andon.`.
pub fn event(id: &str, kind: &str, subject: &str, at: i64, data: Value) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/tests", "type": format!("andon.{kind}"),
        "time": rfc3339(at), "subject": subject, "data": data,
    })
}

/// An order of one unit for 19.99, shipped by the merchant within two days and promised within ten.
pub fn placed(order: &str, merchant: &str, at: i64) -> Value {
    let data = json!({
        "merchant": merchant, "buyer": format!("buyer-of-{order}"), "listing": "listing-1", "units": 1,
        "amount": {"minor": 1999, "currency": "BRL"}, "fulfilment": "merchant", "service": "standard",
        "ship_by": rfc3339(at + 2 * DAY), "deliver_by": rfc3339(at + 10 * DAY),
    });
    event(&format!("{order}-placed"), "order.placed", order, at, data)
}

/// A rating of an order.
pub fn rated(order: &str, rating: u8, at: i64) -> Value {
    event(&format!("{order}-rated"), "feedback.left", order, at, json!({"rating": rating}))
}

/// `count` orders of a merchant, one an hour, the last at `last`; each shipped, scanned and delivered within two days.
pub fn good_orders(merchant: &str, count: usize, last: i64) -> Vec<Value> {
    let tracked = json!({"tracking": "T1", "carrier": "correios"});
    let life = |i: usize| {
        let (order, at) = (format!("{merchant}-{i}"), last - (count - i) as i64 * 3_600_000);
        [
            placed(&order, merchant, at),
            event(&format!("{order}-shipped"), "order.shipped", &order, at + DAY / 2, tracked.clone()),
            event(&format!("{order}-scanned"), "order.scanned", &order, at + DAY, tracked.clone()),
            event(&format!("{order}-delivered"), "order.delivered", &order, at + 2 * DAY, tracked.clone()),
        ]
    };
    (0..count).flat_map(life).collect()
}

/// Events as lines.
pub fn lines(events: &[Value]) -> String {
    events.iter().flat_map(|e| [e.to_string(), "\n".into()]).collect()
}
