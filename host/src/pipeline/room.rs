//! Room for events: each change rewrites its subject's row, so a row holds so many and no more. What comes beyond that is refused by
//! itself and forgotten, so that it is refused again when it is sent again.

use std::collections::{HashMap, HashSet};

use andon_domain::change::{Change, Kind};
use andon_domain::history::{History, MAX_ENTRIES};
use andon_domain::ids::Instant;

use super::settle::Touched;
use crate::events::Event;
use crate::keys::{EventKey, Keys};
use crate::markets::Market;

/// Names of the new events that find no room, taken one after the other as they came. `places` says where each one's subject is
/// among those in hand, which include the orders that contacts are or come to be about.
pub(super) fn beyond(
    keys: &Keys,
    market: &Market,
    touched: &[Touched],
    events: &[&Event],
    places: &[Option<usize>],
) -> HashSet<EventKey> {
    let mut room: Vec<usize> = touched.iter().map(|t| MAX_ENTRIES.saturating_sub(t.subject.history.entries().len())).collect();
    let mut contacts = Contacts::of(keys, market, touched, events);
    let mut beyond = HashSet::new();
    for (event, place) in events.iter().zip(places) {
        let Some(place) = *place else { continue };
        // Of a listing's stock the oldest gives way instead.
        if event.kind == Kind::Listing {
            continue;
        }
        if room[place] > 0 && (event.kind != Kind::Contact || contacts.admit(place, event)) {
            room[place] -= 1;
        } else {
            beyond.insert(event.key);
        }
    }
    beyond
}

/// Where contacts are by now, and what room that leaves with their orders, whose rows hold their changes too.
struct Contacts<'a> {
    keys: &'a Keys,
    market: &'a Market,
    touched: &'a [Touched],
    /// By order.
    room: HashMap<u64, usize>,
    /// By place among the subjects in hand.
    known: HashMap<usize, Known>,
}

/// What is known of a contact: its first opening, the order that this names, and how many changes there are.
#[derive(Clone, Copy)]
struct Known {
    opened: Option<(Instant, u64)>,
    order: Option<u64>,
    changes: usize,
}

impl<'a> Contacts<'a> {
    fn of(keys: &'a Keys, market: &'a Market, touched: &'a [Touched], events: &[&Event]) -> Self {
        let any = events.iter().any(|e| e.kind == Kind::Contact);
        let orders = touched.iter().map(|t| &t.subject).filter(|s| any && s.kind == Kind::Order);
        let held = |history: &History| history.contacts().map(|(_, entries)| entries.len()).sum::<usize>();
        let room = orders.map(|order| (order.key, MAX_ENTRIES.saturating_sub(held(&order.history)))).collect();
        Self { keys, market, touched, room, known: HashMap::new() }
    }

    /// Takes in one more change of a contact, if its order has room for that, and for all of its changes where it makes it another's.
    fn admit(&mut self, place: usize, event: &Event) -> bool {
        let before = match self.known.get(&place) {
            Some(known) => *known,
            None => self.stored(&self.touched[place]),
        };
        let mut after = Known { changes: before.changes + 1, ..before };
        if let Change::ContactOpened(opening) = &event.change
            && before.opened.is_none_or(|first| (event.at, event.tie) < first)
        {
            after.opened = Some((event.at, event.tie));
            after.order = self.order(opening.order.as_deref());
        }
        let (gone, come) = if after.order == before.order { (0, 1) } else { (before.changes, after.changes) };
        if let Some(room) = after.order.and_then(|order| self.room.get_mut(&order)) {
            let Some(rest) = room.checked_sub(come) else { return false };
            *room = rest;
        }
        if let Some(room) = before.order.and_then(|order| self.room.get_mut(&order)) {
            *room += gone;
        }
        self.known.insert(place, after);
        true
    }

    fn stored(&self, contact: &Touched) -> Known {
        let entries = contact.subject.history.entries();
        let opening = entries.iter().find(|e| matches!(e.change, Change::ContactOpened(_)));
        let opened = opening.map(|e| (e.at, e.tie));
        Known { opened, order: self.order(contact.order_before.as_deref()), changes: entries.len() }
    }

    fn order(&self, reference: Option<&str>) -> Option<u64> {
        reference.map(|order| self.keys.named(&self.market.code, "order", order).key)
    }
}
