//! What waits for each endpoint and what is under way to it. Each has a queue and a few places of its own: who is slow holds up
//! nobody else, and who fails is asked one at a time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use andon_domain::ids::Instant;

use crate::store::deliveries::Delivery;
use crate::store::webhooks::Webhook;

/// Deliveries under way to one endpoint; one that fails has one.
const EACH: usize = 4;

/// Deliveries of an endpoint that are looked up at once.
const PAGE: usize = 64;

/// What one endpoint is sent.
struct Queue {
    webhook: Webhook,
    waiting: VecDeque<Delivery>,
    /// Places of the messages that wait here or are under way.
    known: BTreeSet<i64>,
    /// Whether more is due than was looked up.
    more: bool,
}

impl Queue {
    fn has_room(&self) -> bool {
        let most = if self.webhook.failing_since.is_some() { 1 } else { EACH };
        self.known.len() - self.waiting.len() < most
    }

    fn is_dry(&self) -> bool {
        self.waiting.is_empty() && self.has_room()
    }

    /// Forgets what has not been begun.
    fn clear(&mut self) {
        for delivery in self.waiting.drain(..) {
            self.known.remove(&delivery.message.place);
        }
        self.more = false;
    }
}

/// The queues of all endpoints, by number.
#[derive(Default)]
pub(super) struct Queues {
    all: BTreeMap<i64, Queue>,
    /// The endpoint that was served last.
    last: i64,
}

impl Queues {
    /// Takes over the endpoints as they are now, each with the moment from which on something is due. Answers those for which to
    /// look that up, with how much of it, and the moment when something else will be due.
    pub(super) fn refresh(
        &mut self,
        open: Vec<(Webhook, Option<Instant>)>,
        now: Instant,
    ) -> (Vec<(i64, usize)>, Option<Instant>) {
        let numbers: BTreeSet<i64> = open.iter().map(|(webhook, _)| webhook.id).collect();
        for (_, queue) in self.all.iter_mut().filter(|(id, _)| !numbers.contains(id)) {
            queue.clear();
        }
        self.all.retain(|id, queue| numbers.contains(id) || !queue.known.is_empty());
        let (mut hungry, mut soonest) = (Vec::new(), None);
        for (webhook, due) in open {
            let id = webhook.id;
            let new = || Queue { webhook: webhook.clone(), waiting: VecDeque::new(), known: BTreeSet::new(), more: false };
            let queue = self.all.entry(id).or_insert_with(new);
            queue.webhook = webhook;
            match due {
                Some(at) if at > now => {
                    queue.clear();
                    soonest = Some(soonest.map_or(at, |s: Instant| s.min(at)));
                }
                Some(_) if queue.is_dry() => hungry.push((id, PAGE + queue.known.len())),
                Some(_) => {}
                None => queue.more = false,
            }
        }
        (hungry, soonest)
    }

    /// Adds what was looked up for an endpoint, of which no more than `limit` was asked for.
    pub(super) fn add(&mut self, endpoint: i64, page: Vec<Delivery>, limit: usize) {
        let Some(queue) = self.all.get_mut(&endpoint) else { return };
        queue.more = page.len() == limit;
        let known = &mut queue.known;
        queue.waiting.extend(page.into_iter().filter(|delivery| known.insert(delivery.message.place)));
    }

    /// The next delivery to begin: endpoints take turns.
    pub(super) fn next(&mut self) -> Option<(&Webhook, Delivery)> {
        let ready = |queue: &Queue| !queue.waiting.is_empty() && queue.has_room();
        let after = self.all.range(self.last + 1..).find(|(_, queue)| ready(queue));
        let id = *after.or_else(|| self.all.range(..=self.last).find(|(_, queue)| ready(queue)))?.0;
        self.last = id;
        let queue = self.all.get_mut(&id)?;
        let delivery = queue.waiting.pop_front()?;
        Some((&queue.webhook, delivery))
    }

    /// A delivery has ended and is noted.
    pub(super) fn ended(&mut self, endpoint: i64, message: i64) {
        if let Some(queue) = self.all.get_mut(&endpoint) {
            queue.known.remove(&message);
        }
    }

    /// Whether an endpoint could be sent more than was looked up.
    pub(super) fn are_dry(&self) -> bool {
        self.all.values().any(|queue| queue.more && queue.is_dry())
    }
}

#[cfg(test)]
mod tests {
    use andon_domain::topics::Topics;

    use super::*;
    use crate::store::deliveries::DeliveryState;
    use crate::store::outbox::Message;

    fn webhook(id: i64, failing_since: Option<Instant>) -> Webhook {
        Webhook {
            id,
            marketplace: 1,
            url: String::new(),
            description: String::new(),
            topics: Topics::default(),
            secret: String::new(),
            old_secret: None,
            disabled: None,
            failing_since,
            resume_at: None,
            created_by: String::new(),
            created_at: 0,
            updated_at: 0,
        }
    }

    fn delivery(place: i64) -> Delivery {
        let message = Message {
            place,
            id: uuid::Uuid::nil(),
            marketplace: 1,
            kind: String::new(),
            subject: String::new(),
            at: 0,
            data: String::new(),
            confirm: false,
            confirmed: None,
        };
        let (next_at, last_at, status, error) = (Some(0), None, None, None);
        Delivery { message, state: DeliveryState::Due, attempts: 0, next_at, last_at, status, error }
    }

    fn begun(queues: &mut Queues) -> Vec<(i64, i64)> {
        std::iter::from_fn(|| queues.next().map(|(w, d)| (w.id, d.message.place))).collect()
    }

    #[test]
    fn endpoints_take_turns_and_who_fails_is_asked_one_at_a_time() {
        let mut queues = Queues::default();
        let open = vec![(webhook(1, None), Some(0)), (webhook(2, Some(5)), Some(0)), (webhook(3, None), Some(90))];
        let (hungry, soonest) = queues.refresh(open, 10);
        assert_eq!((hungry, soonest), (vec![(1, PAGE), (2, PAGE)], Some(90)));
        queues.add(1, (1..=6).map(delivery).collect(), PAGE);
        queues.add(2, (1..=6).map(delivery).collect(), PAGE);
        assert_eq!(begun(&mut queues), [(1, 1), (2, 1), (1, 2), (1, 3), (1, 4)]);
        queues.ended(1, 3);
        assert_eq!(begun(&mut queues), [(1, 5)]);
        queues.ended(2, 1);
        assert_eq!(begun(&mut queues), [(2, 2)]);
    }

    #[test]
    fn what_is_under_way_is_not_begun_again() {
        let mut queues = Queues::default();
        queues.refresh(vec![(webhook(1, None), Some(0))], 10);
        queues.add(1, vec![delivery(1)], 1);
        assert_eq!(begun(&mut queues), [(1, 1)]);
        assert!(queues.are_dry());
        assert_eq!(queues.refresh(vec![(webhook(1, None), Some(0))], 10).0, [(1, PAGE + 1)]);
        queues.add(1, vec![delivery(1), delivery(2)], PAGE + 1);
        assert_eq!((begun(&mut queues), queues.are_dry()), (vec![(1, 2)], false));
    }

    #[test]
    fn whoever_rests_or_is_gone_is_sent_no_more_of_what_waits() {
        let mut queues = Queues::default();
        let both = || vec![(webhook(1, None), Some(0)), (webhook(2, None), Some(0))];
        queues.refresh(both(), 10);
        queues.add(1, vec![delivery(1), delivery(2)], PAGE);
        queues.add(2, vec![delivery(1), delivery(2)], PAGE);
        queues.refresh(vec![(webhook(1, None), Some(99))], 10);
        assert_eq!(begun(&mut queues), []);
        assert_eq!(queues.refresh(both(), 10).0, [(1, PAGE), (2, PAGE)]);
    }
}
