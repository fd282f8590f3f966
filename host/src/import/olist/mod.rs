//! The Brazilian E-Commerce Public Dataset by Olist, as its publisher's CSV files have it, turned into events in the order of their
//! time. To a seller an order is the seller's own part of it. The whole set (100,000 orders) takes some 60 MB while it is read.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use andon_domain::calendar::Calendar;
use andon_domain::change::{Change, Placed, Rating};
use andon_domain::fact::{Actor, CancelReason, Fulfilment, ServiceLevel};
use andon_domain::ids::{Instant, Named};
use sha2::{Digest, Sha256};

pub use self::rows::ImportError;
use self::rows::{CustomerRow, ItemRow, Local, OrderRow, ReviewRow, each};
use crate::events::{Written, id_at, write};

/// Time zone of a marketplace that takes these events; the files' times are local there.
pub const ZONE: &str = "America/Sao_Paulo";

/// Currency of the files' prices.
pub const CURRENCY: &str = "BRL";

/// CloudEvents `source` of the events.
pub const SOURCE: &str = "olist";

/// What was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Orders in the file.
    pub orders: usize,
    /// Orders without items, which belong to no seller and are left out.
    pub without_items: usize,
    /// Sellers' parts of orders.
    pub parts: usize,
    /// Sellers with a part of an order. Those without one are left out: nothing says when they joined.
    pub sellers: usize,
    /// Reviews in the file.
    pub reviews: usize,
    /// Reviews left out because another of the same order was answered later, or because the order is not there.
    pub reviews_left_out: usize,
}

/// One seller's part of one order.
struct Part {
    order: usize,
    seller: String,
    first_item: u32,
    product: String,
    units: u32,
    /// Cents.
    amount: i64,
    ship_by: Local,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    SellerSeen,
    Placed,
    Cancelled,
    Shipped,
    Delivered,
    Reviewed,
}

/// The events of a directory of files, each a CloudEvent as one line of JSON without its line break, oldest first. The same files
/// give the same events with the same ids.
pub struct Events {
    marketplace: String,
    calendar: Calendar,
    orders: Vec<OrderRow>,
    buyers: Vec<String>,
    reviews: HashMap<usize, ReviewRow>,
    parts: Vec<Part>,
    steps: std::vec::IntoIter<(Instant, What, usize)>,
    summary: Summary,
}

/// Reads the files in `dir` and makes ready their events, which say that they are for `marketplace`.
pub fn events(dir: &Path, marketplace: &str) -> Result<Events, ImportError> {
    let calendar = Calendar::of(ZONE).ok_or(ImportError::Zone(ZONE))?;
    let mut orders: Vec<OrderRow> = Vec::new();
    each(dir, "olist_orders_dataset.csv", |order: OrderRow| {
        orders.push(order);
        Ok(())
    })?;
    let places: HashMap<&str, usize> = orders.iter().enumerate().map(|(i, order)| (order.order_id.as_str(), i)).collect();
    let buyers = buyers(dir, &orders)?;
    let parts = parts(dir, &places)?;
    let mut summary = Summary { orders: orders.len(), parts: parts.len(), ..Summary::default() };
    let reviews = reviews(dir, &places, &mut summary)?;
    let mut events = Events {
        marketplace: marketplace.to_owned(),
        calendar,
        buyers,
        reviews,
        parts,
        steps: Vec::new().into_iter(),
        summary,
        orders,
    };
    events.steps = events.steps().into_iter();
    Ok(events)
}

fn buyers(dir: &Path, orders: &[OrderRow]) -> Result<Vec<String>, ImportError> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::with_capacity(orders.len());
    for (i, order) in orders.iter().enumerate() {
        places.entry(&order.customer_id).or_default().push(i);
    }
    let mut buyers = vec![String::new(); orders.len()];
    each(dir, "olist_customers_dataset.csv", |customer: CustomerRow| {
        for i in places.get(customer.customer_id.as_str()).into_iter().flatten() {
            buyers[*i].clone_from(&customer.customer_unique_id);
        }
        Ok(())
    })?;
    match buyers.iter().position(String::is_empty) {
        Some(i) => Err(ImportError::Customer(orders[i].order_id.clone())),
        None => Ok(buyers),
    }
}

fn parts(dir: &Path, places: &HashMap<&str, usize>) -> Result<Vec<Part>, ImportError> {
    let mut parts: BTreeMap<(usize, String), Part> = BTreeMap::new();
    each(dir, "olist_order_items_dataset.csv", |item: ItemRow| {
        let Some(&order) = places.get(item.order_id.as_str()) else { return Ok(()) };
        let (amount, ship_by) = (item.price.0 + item.freight_value.0, item.shipping_limit_date);
        let part = parts.entry((order, item.seller_id.clone())).or_insert_with(|| Part {
            order,
            seller: item.seller_id.clone(),
            first_item: u32::MAX,
            product: String::new(),
            units: 0,
            amount: 0,
            ship_by,
        });
        if item.order_item_id < part.first_item {
            (part.first_item, part.product) = (item.order_item_id, item.product_id);
        }
        part.units += 1;
        part.amount += amount;
        part.ship_by = part.ship_by.max(ship_by);
        Ok(())
    })?;
    Ok(parts.into_values().collect())
}

/// Of several reviews of one order, the one that was answered last.
fn reviews(dir: &Path, places: &HashMap<&str, usize>, summary: &mut Summary) -> Result<HashMap<usize, ReviewRow>, ImportError> {
    let mut kept: HashMap<usize, ReviewRow> = HashMap::new();
    each(dir, "olist_order_reviews_dataset.csv", |review: ReviewRow| {
        summary.reviews += 1;
        if let Some(&order) = places.get(review.order_id.as_str())
            && kept.get(&order).is_none_or(|known| known.rank() < review.rank())
        {
            kept.insert(order, review);
        }
        Ok(())
    })?;
    summary.reviews_left_out = summary.reviews - kept.len();
    Ok(kept)
}

impl Events {
    /// What was read.
    pub fn summary(&self) -> Summary {
        self.summary
    }

    fn at(&self, local: Local) -> Instant {
        self.calendar.resolve(local.0)
    }

    fn steps(&mut self) -> Vec<(Instant, What, usize)> {
        let mut steps = Vec::with_capacity(self.parts.len() * 5);
        let mut first_seen: HashMap<&str, (Instant, usize)> = HashMap::new();
        let mut with_items = vec![false; self.orders.len()];
        for (i, part) in self.parts.iter().enumerate() {
            with_items[part.order] = true;
            let order = &self.orders[part.order];
            let placed = self.at(order.order_purchase_timestamp);
            let seen = first_seen.entry(&part.seller).or_insert((placed, i));
            *seen = (*seen).min((placed, i));
            steps.push((placed, What::Placed, i));
            let cancelled = matches!(order.order_status.as_str(), "canceled" | "unavailable")
                .then(|| order.order_approved_at.unwrap_or(order.order_purchase_timestamp));
            let review = self.reviews.get(&part.order).map(|review| review.review_creation_date);
            let more = [
                (What::Cancelled, cancelled),
                (What::Shipped, order.order_delivered_carrier_date),
                (What::Delivered, order.order_delivered_customer_date),
                (What::Reviewed, review),
            ];
            steps.extend(more.into_iter().filter_map(|(what, local)| Some((self.at(local?), what, i))));
        }
        steps.extend(first_seen.values().map(|(at, i)| (*at, What::SellerSeen, *i)));
        self.summary.sellers = first_seen.len();
        self.summary.without_items = with_items.iter().filter(|has| !**has).count();
        steps.sort_unstable();
        steps
    }

    fn change(&self, what: What, at: Instant, part: &Part) -> Change {
        let order = &self.orders[part.order];
        match what {
            What::SellerSeen => Change::MerchantRegistered { name: part.seller.as_str().into(), joined_at: at },
            What::Placed => Change::OrderPlaced(Box::new(Placed {
                merchant: part.seller.as_str().into(),
                buyer: Named { key: 0, name: self.buyers[part.order].as_str().into() },
                listing: Named { key: 0, name: part.product.as_str().into() },
                units: part.units,
                amount: part.amount,
                fulfilment: Fulfilment::Merchant,
                service: ServiceLevel::Standard,
                ship_by: Some(self.at(part.ship_by)),
                deliver_by: order.order_estimated_delivery_date.map(|local| self.at(local)),
            })),
            What::Cancelled if order.order_status == "canceled" => {
                Change::OrderCancelled { by: Actor::Buyer, reason: CancelReason::BuyerRequest }
            }
            What::Cancelled => Change::OrderCancelled { by: Actor::Merchant, reason: CancelReason::OutOfStock },
            What::Shipped => Change::OrderShipped { tracking: None, carrier: None },
            What::Delivered => Change::OrderDelivered { tracking: None, carrier: None },
            What::Reviewed => {
                let review = self.reviews.get(&part.order);
                Change::FeedbackLeft(Rating {
                    rating: review.map_or(0, |review| review.review_score),
                    as_described: None,
                    service: None,
                    delivery: None,
                    comment: review.map(ReviewRow::comment).unwrap_or_default().into(),
                })
            }
        }
    }
}

impl Iterator for Events {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let (at, what, i) = self.steps.next()?;
        let part = &self.parts[i];
        let change = self.change(what, at, part);
        let subject = match what {
            What::SellerSeen => part.seller.clone(),
            _ => format!("{}.{}", self.orders[part.order].order_id, part.seller),
        };
        let mut line = Vec::with_capacity(512);
        let id = id_at(at, distinct(change.event_type(), &subject));
        let (marketplace, subject) = (&self.marketplace, &subject);
        write(&mut line, &Written { source: SOURCE, id, marketplace, currency: CURRENCY, at, subject, change: &change });
        Some(line)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.steps.size_hint()
    }
}

impl ExactSizeIterator for Events {}

/// An order, seller or review is reported once for each type, so the two name an event.
fn distinct(event_type: &str, subject: &str) -> [u8; 10] {
    let digest = Sha256::new_with_prefix(event_type).chain_update([0]).chain_update(subject).finalize();
    std::array::from_fn(|i| digest[i])
}
