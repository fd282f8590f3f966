//! Files of our own with the publisher's names and columns, for counts by hand.

use std::path::Path;

const FILES: [(&str, &str); 4] = [
    (
        "orders",
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,\
         order_delivered_customer_date,order_estimated_delivery_date",
    ),
    ("order_items", "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value"),
    ("order_reviews", "review_id,order_id,review_score,review_creation_date,review_answer_timestamp"),
    ("customers", "customer_id,customer_unique_id"),
];

/// Writes the rows of orders, items, reviews and customers.
pub(super) fn write(dir: &Path, rows: [&str; FILES.len()]) {
    for ((name, columns), rows) in FILES.iter().zip(rows) {
        std::fs::write(dir.join(format!("olist_{name}_dataset.csv")), format!("{columns}\n{rows}")).unwrap();
    }
}
