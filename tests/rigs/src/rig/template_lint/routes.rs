//! Whether each public route has a throttle of its own, so that a flood on one leaves the others what they have; and whether
//! IAM is asked where nothing else says who calls.

use anyhow::ensure;
use serde_json::{Value, json};

use super::expanded::Expanded;

/// A route that shares the default throttle, and one that anybody may call: what the template says, what it would say,
/// and words of the complaint.
pub(super) const MISTAKES: [(&str, &str, &str); 2] = [
    (
        "ANY /approvals/{linkId}: {",
        "ANY /approvals/{link}: {",
        "ANY /approvals/{linkId}",
    ),
    (
        "Method: GET, Path: '/reports/{report}', Auth: { Authorizer: AWS_IAM } }",
        "Method: GET, Path: '/reports/{report}' }",
        "GET /reports/{report}",
    ),
];

/// The routes of the API, such as `GET /`, and what SAM says of each.
fn routes(template: &Expanded) -> Vec<(String, &Value)> {
    let apis = template.of_type("AWS::ApiGatewayV2::Api");
    let paths = apis.filter_map(|(_, api)| api["Properties"]["Body"]["paths"].as_object());
    let routes = paths.flatten().flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, route)| (key(method, path), route))
    });
    routes.collect()
}

/// What API Gateway calls a route of SAM's document.
fn key(method: &str, path: &str) -> String {
    if path == "$default" {
        return path.to_owned();
    }
    match method {
        "x-amazon-apigateway-any-method" => format!("ANY {path}"),
        method => format!("{} {path}", method.to_uppercase()),
    }
}

/// Reports are for whom IAM lets call them, and all other routes for people, who have no account.
pub(super) fn are_authorized(template: &Expanded) -> anyhow::Result<()> {
    let scheme = template
        .of_type("AWS::ApiGatewayV2::Api")
        .map(|(_, api)| &api["Properties"]["Body"]["components"]["securitySchemes"]["AWS_IAM"]);
    let types: Vec<_> = scheme
        .map(|it| &it["x-amazon-apigateway-authtype"])
        .collect();
    ensure!(types == ["awsSigv4"], "AWS_IAM is {types:?}");
    for (route, said) in routes(template) {
        let (is_report, security) = (route.contains(" /reports/"), &said["security"]);
        let expected = if is_report {
            json!([{"AWS_IAM": []}])
        } else {
            Value::Null
        };
        ensure!(
            *security == expected,
            "{route} is open to whom {security} says"
        );
    }
    Ok(())
}

/// Each route of the API has its own limits, and limits are of routes that there are.
pub(super) fn are_throttled(template: &Expanded) -> anyhow::Result<()> {
    let routes = routes(template).into_iter();
    let mut routes: Vec<String> = routes.map(|(route, _)| route).collect();
    ensure!(!routes.is_empty(), "the API has no routes");
    let mut throttled: Vec<String> = Vec::new();
    for (_, stage) in template.of_type("AWS::ApiGatewayV2::Stage") {
        let settings = stage["Properties"]["RouteSettings"].as_object();
        for (route, settings) in settings.into_iter().flatten() {
            for limit in ["ThrottlingBurstLimit", "ThrottlingRateLimit"] {
                ensure!(settings[limit].is_number(), "{route} has no {limit}");
            }
            throttled.push(route.clone());
        }
    }
    routes.sort();
    throttled.sort();
    ensure!(
        routes == throttled,
        "the routes are {routes:?}, and those with a throttle of their own {throttled:?}"
    );
    Ok(())
}
