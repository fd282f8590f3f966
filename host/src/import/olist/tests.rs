//! A tiny data set of our own: what each row becomes, which review counts, what a clock change does, and that twice is the same.

use std::fs;
use std::path::Path;

use andon_domain::change::Change;
use andon_domain::fact::{Actor, CancelReason};
use andon_domain::ids::Instant;

use super::{ImportError, Summary, events};
use crate::events::{Event, EventContext, parse};
use crate::keys::Keys;

const ORDERS: &str = "\
order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
o1,c1,delivered,2017-10-14 23:59:59,2017-10-15 00:10:00,2017-10-16 08:00:00,2018-02-17 23:30:00,2017-10-15 00:00:00
o2,c2,canceled,2018-01-02 10:00:00,,,,2018-01-20 00:00:00
o3,c1,unavailable,2018-01-03 10:00:00,2018-01-03 11:00:00,,,2018-01-20 00:00:00
o4,c2,created,2018-01-04 10:00:00,,,,2018-01-20 00:00:00
";
const CUSTOMERS: &str = "customer_id,customer_unique_id,customer_city\nc1,buyer-1,x\nc2,buyer-2,y\n";
const ITEMS: &str = "\
order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
o1,2,p2,s1,2017-10-20 00:00:00,10.50,1.25
o1,1,p1,s1,2017-10-19 00:00:00,0.10,0.2
o1,3,p3,s2,2017-10-18 00:00:00,5,0.00
o2,1,p1,s1,2018-01-05 00:00:00,1.00,1.00
o3,1,p1,s1,2018-01-06 00:00:00,1.00,1.00
";
const REVIEWS: &str = "\
review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp
r2,o1,1,,\"veio
quebrado\",2017-10-15 00:00:00,2017-11-02 10:00:00
r1,o1,5,ok,bom,2017-11-01 00:00:00,2017-11-01 10:00:00
r3,o4,4,,,2018-02-01 00:00:00,2018-02-02 00:00:00
";

fn data_set() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("orders", ORDERS), ("customers", CUSTOMERS), ("order_items", ITEMS), ("order_reviews", REVIEWS)] {
        fs::write(dir.path().join(format!("olist_{name}_dataset.csv")), text).unwrap();
    }
    dir
}

fn read(dir: &Path) -> Vec<Event> {
    let keys = Keys::new([3; 16]);
    let ctx = EventContext { marketplace: "olist", currency: "BRL", keys: &keys, now: 1_600_000_000_000 };
    events(dir, "olist").unwrap().map(|line| parse(&ctx, &line).unwrap()).collect()
}

fn utc(text: &str) -> Instant {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
}

#[test]
fn rows_become_events_in_the_order_of_time() {
    let dir = data_set();
    let all = read(dir.path());
    let told: Vec<(&str, &str, Instant)> =
        all.iter().map(|e| (&e.change.event_type()[6..], e.subject.name.as_str(), e.at)).collect();
    let (placed, reviewed) = (utc("2017-10-15T02:59:59Z"), utc("2017-10-15T03:00:00Z"));
    let (shipped, delivered) = (utc("2017-10-16T10:00:00Z"), utc("2018-02-18T01:30:00Z"));
    let (second, third) = (utc("2018-01-02T12:00:00Z"), utc("2018-01-03T12:00:00Z"));
    assert_eq!(
        told,
        [
            ("merchant.registered", "s1", placed),
            ("merchant.registered", "s2", placed),
            ("order.placed", "o1.s1", placed),
            ("order.placed", "o1.s2", placed),
            ("feedback.left", "o1.s1", reviewed),
            ("feedback.left", "o1.s2", reviewed),
            ("order.shipped", "o1.s1", shipped),
            ("order.shipped", "o1.s2", shipped),
            ("order.placed", "o2.s1", second),
            ("order.cancelled", "o2.s1", second),
            ("order.placed", "o3.s1", third),
            ("order.cancelled", "o3.s1", third + 3_600_000),
            ("order.delivered", "o1.s1", delivered),
            ("order.delivered", "o1.s2", delivered),
        ]
    );
    let Change::OrderPlaced(order) = &all[2].change else { panic!("{:?}", all[2]) };
    assert_eq!((order.buyer.name.as_str(), order.listing.name.as_str(), order.units, order.amount), ("buyer-1", "p1", 2, 1205));
    assert_eq!((order.ship_by, order.deliver_by), (Some(utc("2017-10-20T02:00:00Z")), Some(reviewed)));
    let Change::FeedbackLeft(rating) = &all[4].change else { panic!("{:?}", all[4]) };
    assert_eq!((rating.rating, rating.comment.as_str()), (1, "veio\nquebrado"));
    assert_eq!(all[9].change, Change::OrderCancelled { by: Actor::Buyer, reason: CancelReason::BuyerRequest });
    assert_eq!(all[11].change, Change::OrderCancelled { by: Actor::Merchant, reason: CancelReason::OutOfStock });
}

#[test]
fn what_was_read_and_left_out_is_counted_and_twice_is_the_same() {
    let dir = data_set();
    let (first, second) = (events(dir.path(), "olist").unwrap(), events(dir.path(), "olist").unwrap());
    let counts = Summary { orders: 4, without_items: 1, parts: 4, sellers: 2, reviews: 3, reviews_left_out: 1 };
    assert_eq!((first.summary(), first.len()), (counts, 14));
    assert!(first.eq(second));
}

#[test]
fn what_cannot_be_read_is_named() {
    let dir = data_set();
    let complaint = |dir: &Path| events(dir, "olist").err().map(|e: ImportError| e.to_string()).unwrap_or_default();
    fs::write(dir.path().join("olist_order_items_dataset.csv"), ITEMS.replace("10.50", "ten")).unwrap();
    let said = complaint(dir.path());
    assert!(said.contains("olist_order_items_dataset.csv") && said.contains("line: 2") && said.contains("ten"), "{said}");
    fs::write(dir.path().join("olist_customers_dataset.csv"), CUSTOMERS.replace("c2", "c9")).unwrap();
    assert!(complaint(dir.path()).contains("order o2"));
    fs::remove_file(dir.path().join("olist_orders_dataset.csv")).unwrap();
    assert!(complaint(dir.path()).contains("olist_orders_dataset.csv"));
}
