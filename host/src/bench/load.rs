//! The load that ingesting is measured with: orders of five events each, several thousand of them under way at any time, their
//! merchants scattered. Sequences that lie together in the database would flatter it.

use andon_domain::change::{Change, Placed, Rating};
use andon_domain::fact::{Fulfilment, ServiceLevel};
use andon_domain::ids::{Instant, Named, Text};

use crate::events::{Written, id_at, write};

/// Code of the marketplace the load is for.
pub const MARKETPLACE: &str = "bench";

/// Its currency.
pub const CURRENCY: &str = "USD";

/// Events an order has.
pub const STEPS: u64 = 5;

/// Orders between two events of one order: with five events, 12,000 orders are under way.
const APART: u64 = 3_000;

/// Longest time the load tells of, in milliseconds.
const SPAN: Instant = 90 * 86_400_000;

/// Time between two orders in milliseconds, where there are few of them.
const PACE: Instant = 43_200;

/// Orders and their events, in the order in which they arrive.
pub struct Load {
    orders: u64,
    merchants: u64,
    start: Instant,
    pace: Instant,
    first: u64,
    in_turn: bool,
    tick: u64,
    step: u64,
}

impl Load {
    /// So many orders scattered over so many merchants, the last event before `end`.
    pub fn new(orders: u64, merchants: u64, end: Instant) -> Self {
        let pace = (SPAN / (orders as Instant).max(1)).clamp(1, PACE);
        let start = end - (orders + STEPS * APART) as Instant * pace;
        Self { orders, merchants: merchants.max(1), start, pace, first: 0, in_turn: false, tick: 0, step: 0 }
    }

    /// With order numbers from `first` on.
    #[must_use]
    pub fn numbered_from(mut self, first: u64) -> Self {
        self.first = first;
        self
    }

    /// Orders that are placed and no more, merchants taking turns.
    pub fn placed_only(mut self) -> impl Iterator<Item = Vec<u8>> {
        self.in_turn = true;
        (0..self.orders).map(move |order| self.event(order, 0))
    }

    fn merchant(&self, order: u64) -> String {
        merchant(if self.in_turn { order % self.merchants } else { scattered(order, self.merchants) })
    }

    fn event(&self, order: u64, step: u64) -> Vec<u8> {
        let gap = APART as Instant * self.pace;
        let placed = self.start + order as Instant * self.pace;
        let order = self.first + order;
        let at = placed + step as Instant * gap;
        let luck = scattered(order ^ 0x5bd1, 100);
        let parcel = || (Some(format!("1Z{order:012}").into()), Some("ups".into()));
        let change = match step {
            0 => Change::OrderPlaced(Box::new(Placed {
                merchant: self.merchant(order).into(),
                buyer: named("buyer", scattered(order ^ 0xb0, self.orders)),
                listing: named("listing", scattered(order ^ 0x11, self.merchants * 20)),
                units: 1 + (order % 3) as u32,
                amount: 1_999 + (order % 10_000) as i64,
                fulfilment: if luck < 20 { Fulfilment::Platform } else { Fulfilment::Merchant },
                service: ServiceLevel::Standard,
                // One in 25 is shipped too late, one in 20 arrives too late.
                ship_by: Some(placed + if luck % 25 == 1 { gap / 2 } else { 2 * gap }),
                deliver_by: Some(placed + if luck % 20 == 2 { 2 * gap } else { 4 * gap }),
            })),
            1 => {
                let (tracking, carrier) = parcel();
                Change::OrderShipped { tracking, carrier }
            }
            2 => {
                let (tracking, carrier) = parcel();
                Change::OrderScanned { tracking, carrier }
            }
            3 => {
                let (tracking, carrier) = parcel();
                Change::OrderDelivered { tracking, carrier }
            }
            _ => {
                let rating = if luck >= 97 { 1 } else { 5 };
                Change::FeedbackLeft(Rating {
                    rating,
                    as_described: None,
                    service: None,
                    delivery: None,
                    comment: Text::default(),
                })
            }
        };
        let mut distinct = [0; 10];
        distinct[..8].copy_from_slice(&(order * STEPS + step).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        let mut out = Vec::with_capacity(512);
        let (id, subject) = (id_at(at, distinct), format!("order-{order}"));
        write(
            &mut out,
            &Written {
                source: "bench",
                id,
                marketplace: MARKETPLACE,
                currency: CURRENCY,
                at,
                subject: &subject,
                change: &change,
            },
        );
        out
    }
}

impl Iterator for Load {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        while self.tick < self.orders + (STEPS - 1) * APART {
            let (tick, step) = (self.tick, self.step);
            (self.tick, self.step) = if step + 1 == STEPS { (tick + 1, 0) } else { (tick, step + 1) };
            if let Some(order) = tick.checked_sub(step * APART).filter(|order| *order < self.orders) {
                return Some(self.event(order, step));
            }
        }
        None
    }
}

/// The reference of merchant number `number`.
pub fn merchant(number: u64) -> String {
    format!("merchant-{number:07}")
}

fn named(kind: &str, number: u64) -> Named {
    Named { key: 0, name: format!("{kind}-{number}").into() }
}

/// A number below `below` for each number, near ones far apart.
fn scattered(number: u64, below: u64) -> u64 {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((u128::from(mixed ^ (mixed >> 29)) * u128::from(below)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_has_its_events_once_and_in_their_order() {
        let load = Load::new(200, 10, 1_760_000_000_000);
        let lines: Vec<String> = load.map(|line| String::from_utf8(line).unwrap()).collect();
        assert_eq!(lines.len(), 1_000);
        let of_one: Vec<&String> = lines.iter().filter(|line| line.contains("\"order-77\"")).collect();
        let types = ["order.placed", "order.shipped", "order.scanned", "order.delivered", "feedback.left"];
        assert!(of_one.len() == 5 && of_one.iter().zip(types).all(|(line, t)| line.contains(t)), "{of_one:?}");
        let ids: std::collections::HashSet<&str> =
            lines.iter().filter_map(|line| line.split("\"id\":\"").nth(1)).map(|l| &l[..36]).collect();
        assert_eq!(ids.len(), 1_000);
    }
}
