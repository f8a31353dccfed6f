//! Whether each public route has a throttle of its own, so that a flood on one leaves the others what they have.

use anyhow::ensure;

use super::expanded::Expanded;

/// A route that shares the default throttle: what the template says, what it would say, and words of the complaint.
pub(super) const MISTAKE: (&str, &str, &str) = (
    "GET /approvals/{linkId}: {",
    "GET /approvals/{link}: {",
    "GET /approvals/{linkId}",
);

/// Each route of the API has its own limits, and limits are of routes that there are.
pub(super) fn are_throttled(template: &Expanded) -> anyhow::Result<()> {
    let mut routes: Vec<String> = Vec::new();
    for (_, api) in template.of_type("AWS::ApiGatewayV2::Api") {
        let paths = api["Properties"]["Body"]["paths"].as_object();
        for (path, methods) in paths.into_iter().flatten() {
            let methods = methods.as_object().into_iter().flatten();
            routes.extend(methods.map(|(method, _)| format!("{} {path}", method.to_uppercase())));
        }
    }
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
