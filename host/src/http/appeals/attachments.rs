//! POST and GET attachments: files that a merchant brings, and that only the merchant and reviewers get back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRef, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::enforce::media::Media;
use crate::enforce::{MAX_FILE, is_digest};
use crate::http::access::{Appeal, AtMerchant};
use crate::http::border::Border;
use crate::http::extract::{Path, body, media_type};
use crate::http::merchants::find;
use crate::http::problem::Problem;
use crate::http::shapes::Binary;
use crate::store::attachments as rows;

/// A file, whose bytes nobody has looked at yet.
pub struct Upload(Media, Bytes);

/// A file that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attached {
    /// What an appeal names it by.
    digest: String,
    media_type: &'static str,
    size: usize,
}

/// Which file, from the path.
#[derive(Debug, Deserialize)]
pub struct Which {
    digest: String,
}

impl<S: Send + Sync> FromRequest<S> for Upload
where
    Arc<Border>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let border = Arc::<Border>::from_ref(state);
        let accepted = || Problem::MediaType(format!("accepted: {}", Media::ALL.map(|(_, word)| word).join(", ")));
        let media = Media::of_word(&media_type(request.headers())?.0).ok_or_else(accepted)?;
        if request.headers().contains_key(CONTENT_ENCODING) {
            return Err(Problem::MediaType("a content encoding is accepted for events only".into()));
        }
        Ok(Self(media, body(request, MAX_FILE, border.limits.body_deadline).await?))
    }
}

/// Attach a file, to be named in an appeal: a picture, a PDF or plain text of at most 5 MiB, told by its bytes. It has no name but its
/// digest. What no appeal names within a week is dropped.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/merchants/{ref}/attachments", tag = "appeals", operation_id = "attach",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference")),
    request_body(content((Binary = "image/png"), (Binary = "image/jpeg"), (Binary = "application/pdf"), (String = "text/plain"))),
    responses((status = 201, body = Attached), (status = 200, body = Attached)))]
pub async fn attach(
    State(app): State<Arc<App>>,
    access: AtMerchant<Appeal>,
    Upload(media, bytes): Upload,
) -> Result<Response, Problem> {
    let market = &access.market;
    let (row, size) = (find(&app, market, &access.merchant).await?, bytes.len());
    let (digest, new) = app.attach(&market.code, row.id, (media, bytes)).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    let place = format!("attachments/{digest}");
    Ok((status, [(LOCATION, place)], Json(Attached { digest, media_type: media.word(), size })).into_response())
}

/// A file as it was attached. It is to be saved, never shown in place: nothing in it runs.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/attachments/{digest}", tag = "appeals",
    operation_id = "download_attachment",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference"),
        ("digest" = String, Path, description = "Its digest")),
    responses((status = 200, content_type = "application/octet-stream", body = Binary)))]
pub async fn download(
    State(app): State<Arc<App>>,
    access: AtMerchant<Appeal>,
    Path(Which { digest }): Path<Which>,
) -> Result<Response, Problem> {
    if !is_digest(&digest) {
        return Err(Problem::NotFound);
    }
    let merchant = find(&app, &access.market, &access.merchant).await?.id;
    let name = digest[7..23].to_owned();
    let file = app.store.read(move |session| rows::one(session, merchant, &digest)).await?.ok_or(Problem::NotFound)?;
    let extension = Media::of_word(&file.media_type).map_or("bin", Media::extension);
    let headers = [
        (CONTENT_TYPE, file.media_type),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{extension}\"")),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'".to_owned()),
    ];
    Ok((headers, file.content).into_response())
}
