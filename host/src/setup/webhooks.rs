//! Endpoints that operators set up, what becomes of messages at their word, and confirmations.

use andon_domain::ids::Instant;
use andon_domain::topics::{BadTopics, Topics};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::App;
use crate::ledger::{Cause, endpoints, enter};
use crate::markets::Market;
use crate::outbound::{BadSecret, BadUrl, Secret, Sender};
use crate::pipeline::deliver::Deliverer;
use crate::pipeline::ingest::IngestError;
use crate::store::outbox::{Confirmation, Message, Outgoing};
use crate::store::webhooks::Webhook;
use crate::store::{Session, StoreError, deliveries, outbox, webhooks};

/// Longest description, bytes.
const MAX_DESCRIPTION: usize = 200;

/// Why nothing came of what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// There is no such endpoint, delivery or message.
    #[error("there is no such thing")]
    Unknown,
    /// Messages cannot be sent there.
    #[error("`{0}` {1}")]
    Url(String, BadUrl),
    /// It wants what cannot be.
    #[error(transparent)]
    Topics(#[from] BadTopics),
    /// It cannot be signed with.
    #[error(transparent)]
    Secret(#[from] BadSecret),
    /// It cannot be called so.
    #[error("must be at most {MAX_DESCRIPTION} bytes without control characters")]
    Description,
    /// The marketplace has as many as it may.
    #[error("a marketplace has at most {max} endpoints", max = webhooks::MOST)]
    TooMany,
    /// Nothing is sent to it.
    #[error("it is disabled")]
    Disabled,
    /// The message asks for nothing that could be confirmed.
    #[error("the message asks for nothing that could be confirmed")]
    NotAsked,
    /// No randomness to be had.
    #[error("no random numbers to make a secret from")]
    Random,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer failed.
    #[error(transparent)]
    Write(#[from] IngestError),
}

/// A message that is put into the outbox by itself.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Its kind.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// The merchant that may see it; none where only operators may.
    pub merchant: Option<i64>,
    /// The particulars, an object.
    pub data: Value,
    /// Whether it has to be confirmed.
    pub confirm: bool,
}

impl NewMessage {
    fn outgoing<'a>(&'a self, id: Uuid, at: Instant, data: &'a str) -> Outgoing<'a> {
        let Self { kind, subject, merchant, confirm, .. } = self;
        Outgoing { id, kind, subject, merchant: *merchant, at, data, confirm: *confirm }
    }
}

/// What an operator may say of an endpoint; what is absent stays as it is.
#[derive(Debug, Clone, Default)]
pub struct WebhookSetup {
    /// Where it is.
    pub url: Option<String>,
    /// What it is called.
    pub description: Option<String>,
    /// What it wants.
    pub events: Option<Vec<String>>,
    /// Whether messages are sent to it.
    pub enabled: Option<bool>,
}

/// The same, checked.
#[derive(Clone)]
struct Checked {
    url: Option<String>,
    description: Option<String>,
    topics: Option<Topics>,
    enabled: Option<bool>,
}

impl Checked {
    /// Changes an endpoint at somebody's word. One that is enabled again begins with a clean slate.
    fn apply(&self, webhook: &mut Webhook, by: &str, now: Instant) {
        webhook.url = self.url.clone().unwrap_or_else(|| std::mem::take(&mut webhook.url));
        webhook.description = self.description.clone().unwrap_or_else(|| std::mem::take(&mut webhook.description));
        webhook.topics = self.topics.clone().unwrap_or_else(|| std::mem::take(&mut webhook.topics));
        match self.enabled {
            Some(true) => (webhook.disabled, webhook.failing_since, webhook.resume_at) = (None, None, None),
            Some(false) if webhook.disabled.is_none() => webhook.disabled = Some(format!("disabled by {by}")),
            _ => {}
        }
        webhook.updated_at = now;
    }
}

impl App {
    /// Sends what is due. Fails where the machine's certificates cannot be had.
    pub fn deliverer(&self) -> Result<Deliverer, reqwest::Error> {
        let sender = Sender::new(&self.outward)?;
        let (store, ingest, markets) = (self.store.clone(), self.ingest.clone(), self.markets.clone());
        let (clock, keys, keep) = (self.clock.clone(), self.keys, self.outward.keep);
        Ok(Deliverer { store, ingest, clock, keys, markets, sender, keep, worker: self.background.deliverer.clone() })
    }

    async fn checked(&self, setup: WebhookSetup) -> Result<Checked, WebhookError> {
        let WebhookSetup { url, description, events, enabled } = setup;
        let url = match url {
            Some(url) => {
                let checked = self.outward.check(&url).await;
                Some(checked.map_err(|why| WebhookError::Url(url.chars().take(64).collect(), why))?)
            }
            None => None,
        };
        if description.as_ref().is_some_and(|d| d.len() > MAX_DESCRIPTION || d.chars().any(char::is_control)) {
            return Err(WebhookError::Description);
        }
        Ok(Checked { url, description, topics: events.map(Topics::new).transpose()?, enabled })
    }

    /// Sets up an endpoint, with a secret of the operator's own or a fresh one.
    pub async fn create_webhook(
        &self,
        market: &Market,
        setup: WebhookSetup,
        secret: Option<String>,
        by: &str,
    ) -> Result<Webhook, WebhookError> {
        let (secret, checked, now) = (chosen(secret)?, self.checked(setup).await?, self.clock.now());
        let mut new = Webhook {
            id: 0,
            marketplace: market.id,
            url: String::new(),
            description: String::new(),
            topics: Topics::default(),
            secret,
            old_secret: None,
            disabled: None,
            failing_since: None,
            resume_at: None,
            created_by: by.to_owned(),
            created_at: now,
            updated_at: now,
        };
        checked.apply(&mut new, by, now);
        let cause = Cause::by(by, "");
        let added = self.ingest.chore(move |session| {
            let Some(id) = webhooks::add(session, &new)? else { return Ok(None) };
            new.id = id;
            note(session, now, &cause, None, Some(&new))?;
            Ok(Some(new.clone()))
        });
        added.await?.ok_or(WebhookError::TooMany)
    }

    /// Changes an endpoint.
    pub async fn change_webhook(&self, market: &Market, id: i64, setup: WebhookSetup, by: &str) -> Result<Webhook, WebhookError> {
        let (checked, now) = (self.checked(setup).await?, self.clock.now());
        let by = by.to_owned();
        self.edit(market, id, &by.clone(), move |webhook| checked.apply(webhook, &by, now)).await
    }

    /// Gives an endpoint another secret; messages are signed with the one before as well for `keep` milliseconds more.
    pub async fn rotate_webhook(
        &self,
        market: &Market,
        id: i64,
        secret: Option<String>,
        keep: Instant,
        by: &str,
    ) -> Result<Webhook, WebhookError> {
        let (secret, now) = (chosen(secret)?, self.clock.now());
        let rotated = move |webhook: &mut Webhook| {
            let old = std::mem::replace(&mut webhook.secret, secret.clone());
            webhook.old_secret = (keep > 0).then_some((old, now + keep));
            webhook.updated_at = now;
        };
        self.edit(market, id, by, rotated).await
    }

    async fn edit(
        &self,
        market: &Market,
        id: i64,
        by: &str,
        change: impl Fn(&mut Webhook) + Send + 'static,
    ) -> Result<Webhook, WebhookError> {
        let (market, cause, now) = (market.id, Cause::by(by, ""), self.clock.now());
        let edited = self.ingest.chore(move |session| {
            let Some(old) = webhooks::get(session, market, id)? else { return Ok(None) };
            let mut webhook = old.clone();
            change(&mut webhook);
            webhooks::put(session, &webhook)?;
            note(session, now, &cause, Some(&old), Some(&webhook))?;
            Ok(Some(webhook))
        });
        edited.await?.ok_or(WebhookError::Unknown)
    }

    /// Removes an endpoint, with the log of its deliveries.
    pub async fn remove_webhook(&self, market: &Market, id: i64, by: &str) -> Result<(), WebhookError> {
        let (market, cause, now) = (market.id, Cause::by(by, ""), self.clock.now());
        let gone = self.ingest.chore(move |session| {
            let Some(old) = webhooks::get(session, market, id)? else { return Ok(false) };
            note(session, now, &cause, Some(&old), None)?;
            webhooks::remove(session, market, id)
        });
        if gone.await? { Ok(()) } else { Err(WebhookError::Unknown) }
    }

    /// Puts messages into the outbox by themselves, in one transaction; answers their ids.
    pub async fn put_messages(&self, market: &Market, messages: Vec<NewMessage>) -> Result<Vec<Uuid>, WebhookError> {
        let (market, at) = (market.id, market.now(self.clock.now()));
        let new = messages.into_iter().map(|message| (self.clock.new_id(), message.data.to_string(), message));
        let new: Vec<(Uuid, String, NewMessage)> = new.collect();
        let ids = new.iter().map(|(id, ..)| *id).collect();
        let put = self.ingest.chore(move |session| {
            let outgoing: Vec<_> = new.iter().map(|(id, data, message)| message.outgoing(*id, at, data)).collect();
            outbox::put(session, market, &outgoing)
        });
        put.await?;
        Ok(ids)
    }

    /// Sends an endpoint a message that means nothing; answers its id.
    pub async fn test_webhook(&self, market: &Market, id: i64, by: &str) -> Result<Uuid, WebhookError> {
        let (message, at) = (self.clock.new_id(), market.now(self.clock.now()));
        let (market, subject, data) = (market.id, id.to_string(), json!({ "endpoint": id, "by": by }).to_string());
        let sent = self.ingest.chore(move |session| {
            let Some(webhook) = webhooks::get(session, market, id)? else { return Ok(Err(WebhookError::Unknown)) };
            if webhook.disabled.is_some() {
                return Ok(Err(WebhookError::Disabled));
            }
            let (kind, data) = ("endpoint.tested", data.as_str());
            let test = Outgoing { id: message, kind, subject: &subject, merchant: None, at, data, confirm: false };
            outbox::put_for(session, market, id, &test)?;
            Ok(Ok(message))
        });
        sent.await?
    }

    /// Makes a delivery once more, whatever came of it.
    pub async fn replay_delivery(&self, market: &Market, id: i64, message: Uuid) -> Result<(), WebhookError> {
        let (market, now) = (market.id, self.clock.now());
        let found = self.ingest.chore(move |session| {
            Ok(webhooks::get(session, market, id)?.is_some() && deliveries::replay(session, id, message, now)?)
        });
        if found.await? { Ok(()) } else { Err(WebhookError::Unknown) }
    }

    /// Sends an endpoint what it wants of the messages made since a moment and has not received: what failed, and what came while it
    /// was disabled or not there. Answers how many that are.
    pub async fn recover_deliveries(&self, market: &Market, id: i64, since: Instant) -> Result<usize, WebhookError> {
        let (market, now) = (market.id, self.clock.now());
        let found = self.ingest.chore(move |session| {
            let Some(webhook) = webhooks::get(session, market, id)? else { return Ok(None) };
            outbox::recover(session, market, id, &webhook.topics, since, now).map(Some)
        });
        found.await?.ok_or(WebhookError::Unknown)
    }

    /// Confirms that what a message asks for has been done.
    pub async fn confirm_message(&self, market: &Market, id: Uuid, by: &str) -> Result<Message, WebhookError> {
        let (market, by, now) = (market.id, by.to_owned(), self.clock.now());
        match self.ingest.chore(move |session| outbox::confirm(session, market, id, &by, now)).await? {
            Confirmation::Unknown => Err(WebhookError::Unknown),
            Confirmation::NotAsked => Err(WebhookError::NotAsked),
            Confirmation::Done(message) => Ok(message),
        }
    }
}

/// Enters in the ledger what became of an endpoint, inside the transaction that does it.
fn note(
    session: &mut dyn Session,
    now: Instant,
    cause: &Cause,
    old: Option<&Webhook>,
    new: Option<&Webhook>,
) -> Result<(), StoreError> {
    let Some(market) = old.or(new).map(|webhook| webhook.marketplace) else { return Ok(()) };
    let note = endpoints::changed(old, new);
    enter(session, market, now, cause, note.as_slice())
}

/// The operator's secret as it is kept, or a fresh one.
fn chosen(secret: Option<String>) -> Result<String, WebhookError> {
    if let Some(text) = secret {
        return Ok(Secret::parse(&text)?.text());
    }
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| WebhookError::Random)?;
    Ok(Secret::new(random).text())
}
