//! Answers kept for writes that may be sent again.

use andon_domain::ids::Instant;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use super::entity::idempotency::{ActiveModel, Column, Entity};
use super::{Store, StoreError};

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Status code.
    pub status: u16,
    /// Kept headers, one `name: value` a line.
    pub headers: String,
    /// Body.
    pub body: Vec<u8>,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing; it is now noted as running.
    Fresh,
    /// The first request is still running.
    Running,
    /// It came with another fingerprint.
    Other,
    /// The first request's answer.
    Done(KeptAnswer),
}

impl Store {
    /// Notes a key as running from `now` on, unless it is known. What began before `forget` is dropped; what began before
    /// `abandoned` and never finished begins anew.
    pub async fn begin_once(
        &self,
        key: &str,
        fingerprint: i64,
        now: Instant,
        forget: Instant,
        abandoned: Instant,
    ) -> Result<Known, StoreError> {
        let write = self.write().await?;
        Entity::delete_many().filter(Column::CreatedAt.lt(forget)).exec(&write.tx).await?;
        let known = match Entity::find_by_id(key.to_owned()).one(&write.tx).await? {
            Some(row) if row.fingerprint != fingerprint => Known::Other,
            Some(row) => match (row.status, row.body) {
                (Some(status), Some(body)) => Known::Done(KeptAnswer { status: status as u16, headers: row.headers, body }),
                _ if row.created_at >= abandoned => Known::Running,
                _ => {
                    let again = ActiveModel { key: Set(row.key), created_at: Set(now), ..Default::default() };
                    again.update(&write.tx).await?;
                    Known::Fresh
                }
            },
            None => {
                let new = ActiveModel {
                    key: Set(key.to_owned()),
                    fingerprint: Set(fingerprint),
                    status: Set(None),
                    headers: Set(String::new()),
                    body: Set(None),
                    created_at: Set(now),
                };
                new.insert(&write.tx).await?;
                Known::Fresh
            }
        };
        write.commit().await?;
        Ok(known)
    }

    /// Keeps the answer; without one, forgets the key.
    pub async fn finish_once(&self, key: &str, answer: Option<KeptAnswer>) -> Result<(), StoreError> {
        let write = self.write().await?;
        match answer {
            Some(answer) => {
                let done = ActiveModel {
                    key: Set(key.to_owned()),
                    status: Set(Some(answer.status as i16)),
                    headers: Set(answer.headers),
                    body: Set(Some(answer.body)),
                    ..Default::default()
                };
                done.update(&write.tx).await?;
            }
            None => {
                Entity::delete_by_id(key.to_owned()).exec(&write.tx).await?;
            }
        }
        write.commit().await
    }
}
