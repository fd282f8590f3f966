//! The OpenAPI document, from the handlers' own annotations, and the page that tries it out without a network.

use axum::Router;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, ObjectBuilder, OpenApi as Document, PathItem, Ref, ResponseBuilder, Type};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::state::Http;
use super::{
    appeals, buyers, cords, enforcements, events, generations, health, ledger, marketplaces, merchants, orders, plugins, reports,
    stream, verdicts, webhooks,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Andon",
        description = "Seller health for marketplaces: events in, every merchant's standing explained. Errors are `application/problem+json` with a stable `type`."
    ),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Described;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The name of what every operation may answer, and of its schema.
const PROBLEM: &str = "Problem";

/// A problem as `problem` writes it; what only some kinds say is not required.
fn problem() -> ObjectBuilder {
    let text = |description: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    let status = ObjectBuilder::new().schema_type(Type::Integer).description(Some("The answer's status code."));
    ObjectBuilder::new()
        .description(Some("Why a request was not done (RFC 9457). Some kinds have members besides."))
        .property("type", text("`urn:andon:problem:` and a word, which stays the same whatever the language."))
        .property("title", text("What the kind means, in words."))
        .property("status", status)
        .property("detail", text("What is wrong with this request, in words."))
        .property("field", text("The field that is wrong, dotted, where one is."))
        .property("code", text("Where rules failed or were refused: listed with its meaning at `/v1/fault-codes`."))
        .required("type")
        .required("title")
        .required("status")
}

/// Says of every operation what it answers where it is not done.
fn add_problems(document: &mut Document) {
    let components = document.components.get_or_insert_default();
    components.schemas.insert(PROBLEM.to_owned(), problem().into());
    let response = ResponseBuilder::new()
        .description("It was not done, and `type` says why.")
        .content("application/problem+json", Content::new(Some(Ref::from_schema_name(PROBLEM))));
    components.responses.insert(PROBLEM.to_owned(), response.into());
    for PathItem { get, put, post, patch, delete, .. } in document.paths.paths.values_mut() {
        for operation in [get, put, post, patch, delete].into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), Ref::from_response_name(PROBLEM).into());
        }
    }
}

/// Every resource, with its description.
pub fn api() -> (Router<Http>, Document) {
    let router = OpenApiRouter::with_openapi(Described::openapi())
        .routes(routes!(events::send))
        .routes(routes!(marketplaces::list::list))
        .routes(routes!(marketplaces::create::create))
        .routes(routes!(marketplaces::show::show))
        .routes(routes!(marketplaces::change::change))
        .routes(routes!(generations::list::list))
        .routes(routes!(generations::show::show))
        .routes(routes!(generations::turn::pause))
        .routes(routes!(generations::turn::resume))
        .routes(routes!(generations::turn::cancel))
        .routes(routes!(generations::shadow::report))
        .routes(routes!(generations::merchants::merchants))
        .routes(routes!(plugins::activate::activate))
        .routes(routes!(plugins::shadow::shadow))
        .routes(routes!(plugins::rollback::rollback))
        .routes(routes!(merchants::list::list))
        .routes(routes!(merchants::show::show))
        .routes(routes!(merchants::register::register))
        .routes(routes!(merchants::snapshot::take))
        .routes(routes!(merchants::notices::notices))
        .routes(routes!(merchants::account::account))
        .routes(routes!(merchants::overrides::list))
        .routes(routes!(merchants::overrides::set))
        .routes(routes!(merchants::overrides::drop))
        .routes(routes!(cords::pull::pull))
        .routes(routes!(cords::show::show))
        .routes(routes!(cords::release::uphold))
        .routes(routes!(cords::release::release))
        .routes(routes!(cords::figures::figures))
        .routes(routes!(enforcements::list::list))
        .routes(routes!(enforcements::take::take))
        .routes(routes!(enforcements::show::show))
        .routes(routes!(enforcements::review::approve))
        .routes(routes!(enforcements::review::decline))
        .routes(routes!(enforcements::review::lift))
        .routes(routes!(enforcements::review::reverse))
        .routes(routes!(enforcements::statement::statement))
        .routes(routes!(appeals::file::file))
        .routes(routes!(appeals::list::list))
        .routes(routes!(appeals::show::show))
        .routes(routes!(appeals::answer::answer))
        .routes(routes!(appeals::more::more))
        .routes(routes!(appeals::attachments::attach))
        .routes(routes!(appeals::attachments::download))
        .routes(routes!(orders::show::show))
        .routes(routes!(orders::put::put))
        .routes(routes!(orders::list::list))
        .routes(routes!(orders::feedback::show))
        .routes(routes!(orders::feedback::leave))
        .routes(routes!(orders::moderate::moderate))
        .routes(routes!(buyers::moderate::moderate))
        .routes(routes!(buyers::signals::signals))
        .routes(routes!(health::show::show))
        .routes(routes!(health::history::history))
        .routes(routes!(health::evidence::evidence))
        .routes(routes!(health::recovery::recovery))
        .routes(routes!(health::what_if::what_if))
        .routes(routes!(ledger::list::list))
        .routes(routes!(ledger::head::head))
        .routes(routes!(ledger::export::export))
        .routes(routes!(ledger::show::show))
        .routes(routes!(ledger::proof::proof))
        .routes(routes!(reports::amazon::report))
        .routes(routes!(reports::ebay::report))
        .routes(routes!(verdicts::show::show))
        .routes(routes!(verdicts::replay::replay))
        .routes(routes!(plugins::list::list))
        .routes(routes!(plugins::push::push))
        .routes(routes!(plugins::name::name))
        .routes(routes!(plugins::show::show))
        .routes(routes!(plugins::component::component))
        .routes(routes!(plugins::faults::faults))
        .routes(routes!(plugins::faults::codes))
        .routes(routes!(plugins::backtests::begin::begin))
        .routes(routes!(plugins::backtests::list::list))
        .routes(routes!(plugins::backtests::show::show))
        .routes(routes!(plugins::backtests::report::report))
        .routes(routes!(plugins::backtests::cancel::cancel))
        .routes(routes!(plugins::withhold::retire))
        .routes(routes!(plugins::withhold::quarantine))
        .routes(routes!(plugins::withhold::release))
        .routes(routes!(webhooks::list::list))
        .routes(routes!(webhooks::create::create))
        .routes(routes!(webhooks::show::show))
        .routes(routes!(webhooks::change::change))
        .routes(routes!(webhooks::remove::remove))
        .routes(routes!(webhooks::rotate::rotate))
        .routes(routes!(webhooks::test::test))
        .routes(routes!(webhooks::deliveries::deliveries))
        .routes(routes!(webhooks::replay::replay))
        .routes(routes!(webhooks::replay::recover))
        .routes(routes!(webhooks::confirm::confirm))
        .routes(routes!(stream::stream));
    let (router, mut document) = router.split_for_parts();
    // Operations are known only now: a modifier would find none.
    add_problems(&mut document);
    (router, document)
}

/// `/openapi.json` and the page at `/docs`.
pub fn docs(document: Document) -> Router<Http> {
    // Without this the page would send the document's address to a validator on the internet.
    let config = Config::default().validator_url("none").persist_authorization(false);
    SwaggerUi::new("/docs").url("/openapi.json", document).config(config).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn every_operation_is_named_once_and_described() {
        let document = serde_json::to_value(api().1).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let mut names = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name.to_owned()), "{name} twice");
                assert!(operation["summary"].is_string() || operation["description"].is_string(), "{method} {path}");
                let given: Vec<_> = operation["parameters"].as_array().into_iter().flatten().map(|p| &p["name"]).collect();
                for wanted in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                    assert!(given.iter().any(|name| *name == wanted), "{method} {path}: {wanted}");
                }
            }
        }
        for wanted in ["send_events", "show_health", "what_if", "replay_verdict", "moderate_feedback", "change_marketplace"] {
            assert!(names.contains(wanted), "{wanted}");
        }
    }

    #[test]
    fn every_operation_says_what_it_answers_where_it_is_not_done() {
        let document = serde_json::to_value(api().1).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert_eq!(operation["responses"]["default"]["$ref"], "#/components/responses/Problem", "{method} {path}");
            }
        }
        let components = &document["components"];
        let answer = &components["responses"]["Problem"]["content"]["application/problem+json"];
        assert_eq!(answer["schema"]["$ref"], "#/components/schemas/Problem");
        assert_eq!(components["schemas"]["Problem"]["required"], json!(["type", "title", "status"]));
    }

    #[test]
    fn bytes_are_no_list_of_numbers() {
        let document = serde_json::to_value(api().1).unwrap();
        let paths = &document["paths"];
        let component = &paths["/v1/plugins/{name}/versions/{v}/component"]["get"]["responses"]["200"]["content"];
        let attach = &paths["/v1/marketplaces/{m}/merchants/{ref}/attachments"]["post"]["requestBody"]["content"];
        let download = &paths["/v1/marketplaces/{m}/merchants/{ref}/attachments/{digest}"]["get"]["responses"]["200"]["content"];
        for body in [
            &paths["/v1/plugins"]["post"]["requestBody"]["content"]["application/wasm"],
            &component["application/wasm"],
            &attach["image/png"],
            &attach["application/pdf"],
            &download["application/octet-stream"],
        ] {
            assert_eq!(body["schema"]["$ref"], "#/components/schemas/Binary");
        }
        assert_eq!(document["components"]["schemas"]["Binary"], json!({"type": "string", "format": "binary"}));
    }

    #[test]
    fn schemas_refer_to_schemas_that_are_there() {
        let document = serde_json::to_value(api().1).unwrap();
        let known = document["components"]["schemas"].as_object().unwrap();
        let text = document.to_string();
        for reference in text.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(known.contains_key(name), "{name}");
        }
    }
}
