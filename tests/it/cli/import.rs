//! `andon import olist`, over files in the shape of the published ones with a few orders made up here.

use std::path::Path;

use super::andon;

/// Two orders of one seller, a third of two, and one without items; reviews of two of them.
fn write(directory: &Path) {
    let write = |name: &str, text: &str| std::fs::write(directory.join(format!("olist_{name}_dataset.csv")), text).unwrap();
    let order = |id: &str, status: &str, day: u32| {
        format!(
            "{id},customer-of-{id},{status},2018-03-{day:02} 10:00:00,,2018-03-{:02} 10:00:00,,2018-04-01 00:00:00\n",
            day + 1
        )
    };
    let orders = [("a", "shipped", 1), ("b", "delivered", 2), ("c", "canceled", 3), ("d", "created", 4)];
    write(
        "orders",
        &("order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,\
           order_delivered_customer_date,order_estimated_delivery_date\n"
            .to_owned()
            + &orders.map(|(id, status, day)| order(id, status, day)).concat()),
    );
    let customer = |(id, ..): (&str, &str, u32)| format!("customer-of-{id},buyer-{id}\n");
    write("customers", &("customer_id,customer_unique_id\n".to_owned() + &orders.map(customer).concat()));
    let item =
        |(order, number, seller): (&str, u32, &str)| format!("{order},{number},p,{seller},2018-03-10 00:00:00,10.50,1.25\n");
    let items = [("a", 1, "s"), ("b", 1, "s"), ("c", 1, "s"), ("c", 2, "t")].map(item).concat();
    write(
        "order_items",
        &("order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n".to_owned() + &items),
    );
    write(
        "order_reviews",
        "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp\n\
         r,a,5,,,2018-03-20 00:00:00,2018-03-21 00:00:00\n\
         s,b,1,late,\"never\nagain\",2018-03-20 00:00:00,2018-03-21 00:00:00\n\
         t,b,2,,,2018-03-19 00:00:00,2018-03-20 00:00:00\n",
    );
}

#[test]
fn files_are_taken_in_once_however_often_they_are_given() {
    let (home, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(files.path());
    let (place, files) = (home.path().to_str().unwrap(), files.path().to_str().unwrap());
    let import = ["import", "olist", files, "--home", place];
    let read = "4 orders, of which 1 have no items and so no seller\n4 parts of orders by 2 sellers\n\
                3 reviews, of which 1 do not count\n";
    // Sellers 2, placed 4, shipped 4, cancelled 2, reviewed 2.
    assert_eq!(andon(&import).ok(), format!("{read}14 events accepted, 0 known before\n"));
    assert_eq!(andon(&import).ok(), format!("{read}0 events accepted, 14 known before\n"));
    let verified = andon(&["verify", "--home", place]).ok();
    assert!(verified.starts_with("olist: 14 events, "), "{verified}");
    assert_eq!(verified.matches(": all agree").count(), 2, "{verified}");
}

#[test]
fn a_file_that_is_missing_or_broken_is_named() {
    let (home, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let import = || andon(&["import", "--home", home.path().to_str().unwrap(), "olist", files.path().to_str().unwrap()]);
    assert!(import().failed().contains("olist_orders_dataset.csv"));
    write(files.path());
    let items = files.path().join("olist_order_items_dataset.csv");
    std::fs::write(&items, std::fs::read_to_string(&items).unwrap().replace("10.50", "ten")).unwrap();
    let broken = import();
    assert!(broken.failed().contains("olist_order_items_dataset.csv") && broken.err.contains("ten"), "{}", broken.err);
}
