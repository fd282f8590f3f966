//! POST replay: the same rules asked the same again. The answer says equal, or shows the difference.

use std::sync::Arc;

use andon_domain::verdict::Verdict;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::find;
use super::show::{Output, output};
use crate::app::App;
use crate::http::access::{Known, See};
use crate::http::extract::{Nothing, Path};
use crate::http::health::Voice;
use crate::http::language::Language;
use crate::http::marketplaces::Rules;
use crate::http::problem::Problem;
use crate::pipeline::listings::{self, Listings};
use crate::pipeline::replay::{self, ReplayError};

/// A member in which two conclusions differ.
#[derive(Debug, Serialize, ToSchema)]
pub struct Difference {
    /// Such as `score`.
    pub field: String,
    /// What it was.
    pub stored: Value,
    /// What it is now.
    pub replayed: Value,
}

/// What a replay came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replay {
    id: Uuid,
    rules: Rules,
    /// Whether the conclusion was the same, bit for bit.
    equal: bool,
    differences: Vec<Difference>,
    replayed: Output,
}

/// Ask the rules again, even if they are quarantined.
#[utoipa::path(post, path = "/v1/verdicts/{id}/replay", tag = "verdicts", operation_id = "replay_verdict",
    params(("id" = Uuid, Path, description = "Verdict")), responses((status = 200, body = Replay)))]
pub async fn replay(
    State(app): State<Arc<App>>,
    access: Known<See>,
    language: Language,
    Path(id): Path<String>,
    _: Nothing,
) -> Result<Json<Replay>, Problem> {
    let (stored, market, merchant) = find(&app, &access.caller, &id).await?;
    let played = replay::replay(&app, &stored).await?;
    let (generation, verdicts) = (&played.generation, [&stored.output, &played.again]);
    let voice = Voice { generation, locale: language.of(generation, &market) };
    let listings = listings::of(&app.store, &market, (generation.id, merchant.id), &verdicts).await?;
    let differences = differences(&voice, &listings, verdicts).map_err(|e| Problem::Internal(Box::new(e)))?;
    Ok(Json(Replay {
        id: stored.id,
        rules: Rules::of(generation),
        equal: played.equal,
        differences,
        replayed: output(&voice, &played.again, &listings),
    }))
}

/// Where two conclusions of the same rules differ, member by member, with codes and words in place of indexes.
pub fn differences(
    voice: &Voice<'_>,
    listings: &Listings,
    [stored, replayed]: [&Verdict; 2],
) -> serde_json::Result<Vec<Difference>> {
    let json = |verdict| serde_json::to_value(output(voice, verdict, listings));
    let (stored, replayed) = (json(stored)?, json(replayed)?);
    let members = stored.as_object().into_iter().flatten();
    let differs = |(field, was): (&String, &Value)| {
        let is = replayed.get(field).cloned().unwrap_or_default();
        (is != *was).then(|| Difference { field: field.clone(), stored: was.clone(), replayed: is })
    };
    Ok(members.filter_map(differs).collect())
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Store(error) => error.into(),
            ReplayError::Registry(error) => error.into(),
            ReplayError::Configure(error) => error.into(),
            ReplayError::Fault(fault) => Self::RulesFailed(fault),
        }
    }
}
