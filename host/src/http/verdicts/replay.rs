//! POST replay: the same rules asked the same again. The answer says equal, or shows the difference.

use std::sync::Arc;

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
use crate::http::extract::Path;
use crate::http::health::{Voice, generation_of, listings};
use crate::http::language::Language;
use crate::http::marketplaces::Rules;
use crate::http::problem::Problem;

/// A member in which two conclusions differ.
#[derive(Debug, Serialize, ToSchema)]
pub struct Difference {
    /// Such as `score`.
    field: String,
    stored: Value,
    replayed: Value,
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
) -> Result<Json<Replay>, Problem> {
    let (stored, market, merchant) = find(&app, &access.caller, &id).await?;
    let generation = generation_of(&app, &market, stored.generation).await?;
    let turn = generation.judge.gate().replay().await.map_err(Problem::RulesFailed)?;
    let (judge, input) = (generation.judge.clone(), stored.input);
    let asked = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        judge.evaluate(std::slice::from_ref(&input))
    });
    let verdicts = asked.await.map_err(|e| Problem::Internal(Box::new(e)))?.map_err(Problem::RulesFailed)?;
    let again = verdicts.into_iter().next().ok_or_else(|| Problem::Internal("the rules gave no verdict".into()))?;
    let voice = Voice { generation: &generation, locale: language.of(&generation, &market) };
    let listings = listings(&app, &market, (generation.id, merchant.id), &[&stored.output, &again]).await?;
    let (before, after) = (output(&voice, &stored.output, &listings), output(&voice, &again, &listings));
    Ok(Json(Replay {
        id: stored.id,
        rules: Rules::of(&generation),
        equal: again == stored.output,
        differences: differences(&before, &after)?,
        replayed: after,
    }))
}

fn differences(stored: &Output, replayed: &Output) -> Result<Vec<Difference>, Problem> {
    let json = |output: &Output| serde_json::to_value(output).map_err(|e| Problem::Internal(Box::new(e)));
    let (stored, replayed) = (json(stored)?, json(replayed)?);
    let members = stored.as_object().into_iter().flatten();
    let differs = |(field, was): (&String, &Value)| {
        let is = replayed.get(field).cloned().unwrap_or_default();
        (is != *was).then(|| Difference { field: field.clone(), stored: was.clone(), replayed: is })
    };
    Ok(members.filter_map(differs).collect())
}
