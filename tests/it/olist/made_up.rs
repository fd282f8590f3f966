//! Files of our own with the publisher's names and columns: for counts by hand, and for sellers whom the publisher's may lack.

use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

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

/// The sellers of [`write_sellers`].
pub(super) const SELLERS: [&str; 3] = ["busy", "one-buyer", "two-buyers"];

/// Sellers with an order an hour from 2018 on, each shipped twelve hours later: one with enough of them for the account rating's
/// bonus twice, and two who had two bad ones, of one buyer and of two.
pub(super) fn write_sellers(dir: &Path) {
    let first = NaiveDate::from_ymd_opt(2018, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
    let at = |hours| (first + TimeDelta::hours(hours)).format("%Y-%m-%d %H:%M:%S");
    let all = || SELLERS.into_iter().zip([401, 20, 20]).flat_map(|(seller, orders)| (0..orders).map(move |i| (seller, i)));
    let order = |(seller, i): (&str, i64)| {
        let (placed, shipped, delivered) = (at(i), at(i + 12), at(i + 36));
        format!("{seller}{i},{seller}{i},delivered,{placed},,{shipped},{delivered},2018-02-20 00:00:00\n")
    };
    let item = |(seller, i): (&str, i64)| format!("{seller}{i},1,p,{seller},2018-02-01 00:00:00,1.00,1.00\n");
    let review = |(seller, i): (&str, i64)| format!("{seller}{i},{seller}{i},1,2018-01-05 00:00:00,2018-01-06 00:00:00\n");
    let customer = |(seller, i): (&str, i64)| {
        let buyer = if (seller, i) == ("one-buyer", 1) { 0 } else { i };
        format!("{seller}{i},{seller}{buyer}\n")
    };
    let orders: String = all().map(order).collect();
    let items: String = all().map(item).collect();
    let reviews: String = all().filter(|(seller, i)| *seller != "busy" && *i < 2).map(review).collect();
    let customers: String = all().map(customer).collect();
    write(dir, [&orders, &items, &reviews, &customers]);
}
