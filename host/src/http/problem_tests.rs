//! Problems as clients see them: documents, headers, and which error is whose.

use super::*;

async fn body(problem: Problem) -> (StatusCode, Value) {
    let response = problem.into_response();
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn a_problem_says_its_type_title_status_and_detail() {
    let (status, document) = body(Problem::invalid("data.rating", "must be 1 to 5")).await;
    assert_eq!(status, 422);
    assert_eq!(
        document,
        json!({"type": "urn:andon:problem:invalid", "title": "A value is not acceptable", "status": 422,
               "detail": "`data.rating`: must be 1 to 5", "field": "data.rating"})
    );
}

#[tokio::test]
async fn causes_stay_with_us() {
    let (status, document) = body(Problem::Internal("select * from secrets".into())).await;
    assert_eq!(status, 500);
    assert!(!document.to_string().contains("secrets"));
}

#[tokio::test]
async fn headers_follow_the_problem() {
    let header = |problem: Problem, name| problem.into_response().headers()[name].clone();
    assert_eq!(header(Problem::TooMany { retry_after: 7 }, RETRY_AFTER), "7");
    assert_eq!(header(Problem::Unauthenticated(AuthError::Missing), WWW_AUTHENTICATE), "Bearer realm=\"andon\"");
    assert_eq!(header(Problem::TooLarge(String::new()), CONNECTION), "close");
}

#[tokio::test]
async fn a_component_that_could_not_be_run_here_is_not_refused_for_it() {
    let push = |fault: PluginFault| Problem::from(RegistryError::Refused(fault.into())).into_response();
    let ours = push(PluginFault::Unavailable("no room".into()));
    assert_eq!((ours.status(), &ours.headers()[RETRY_AFTER]), (StatusCode::SERVICE_UNAVAILABLE, &HeaderValue::from_static("1")));
    let theirs = push(PluginFault::Fuel);
    assert_eq!((theirs.status(), theirs.headers().get(RETRY_AFTER)), (StatusCode::UNPROCESSABLE_ENTITY, None));
}

#[tokio::test]
async fn plain_answers_become_problems() {
    for status in [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::INTERNAL_SERVER_ERROR] {
        let mapped = map_plain((status, "plain").into_response());
        assert_eq!(
            (mapped.status(), &mapped.headers()[CONTENT_TYPE]),
            (status, &HeaderValue::from_static("application/problem+json"))
        );
    }
}
