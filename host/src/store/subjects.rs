//! Subjects as rows: what is written of one and read again, and what is asked of all at once, apart from the hot path.

use andon_domain::change::Kind;
use andon_domain::ids::Named;
use sea_orm::{EntityTrait, QueryOrder, QuerySelect};

use super::entity::subject::{Column, Entity};
use super::session::{Recorded, Result, Subject};
use super::{Store, StoreError};

impl Store {
    /// The row number of the subject that became known last, 0 where there is none.
    pub async fn newest_subject(&self) -> Result<i64> {
        let query = Entity::find().select_only().column(Column::Id).order_by_desc(Column::Id);
        Ok(query.into_tuple().one(self.db()).await?.unwrap_or(0))
    }
}

/// Encodes what a row keeps of a subject: history and marks.
pub(crate) fn encode(subject: &Subject) -> Result<(Vec<u8>, Vec<u8>)> {
    let failed = |e| StoreError::unencodable("subjects", &subject.reference, &e);
    Ok((postcard::to_stdvec(&subject.history).map_err(failed)?, postcard::to_stdvec(&subject.marks).map_err(failed)?))
}

/// A subject's columns as the database gives them.
pub(super) struct SubjectColumns<'a> {
    pub(super) id: i64,
    pub(super) market: i64,
    pub(super) kind: i16,
    pub(super) key: i64,
    pub(super) reference: String,
    pub(super) merchant: Option<i64>,
    pub(super) began: Option<i64>,
    pub(super) history: &'a [u8],
    pub(super) marks: &'a [u8],
    pub(super) revisit: Option<i64>,
}

fn kind(row: i64, number: i16) -> Result<Kind> {
    u8::try_from(number).ok().and_then(Kind::of_number).ok_or_else(|| StoreError::undecodable("subjects", row))
}

/// What is recorded of a subject, from its columns.
pub(super) fn recorded((row, number): (i64, i16), (key, name): (i64, String), history: &[u8]) -> Result<Recorded> {
    let history = postcard::from_bytes(history).map_err(|_| StoreError::undecodable("subjects", row))?;
    Ok(Recorded { row, kind: kind(row, number)?, id: Named { key: key as u64, name: name.into() }, history })
}

impl SubjectColumns<'_> {
    pub(super) fn decode(self) -> Result<Subject> {
        let broken = || StoreError::undecodable("subjects", self.id);
        Ok(Subject {
            id: self.id,
            market: self.market,
            kind: kind(self.id, self.kind)?,
            key: self.key as u64,
            reference: self.reference,
            merchant: self.merchant,
            began: self.began,
            history: postcard::from_bytes(self.history).map_err(|_| broken())?,
            marks: postcard::from_bytes(self.marks).map_err(|_| broken())?,
            revisit: self.revisit,
        })
    }
}
