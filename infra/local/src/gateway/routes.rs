//! Finds the function that a request goes to.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::template::Route;

/// The method of a route that takes all for which its path has no route of their own.
const ANY: &str = "ANY";

/// The routes of an API by method, and the default one, which takes all else.
#[derive(Default)]
pub(super) struct Routes {
    by_method: HashMap<String, matchit::Router<Route>>,
    default: Option<Route>,
}

impl Routes {
    pub(super) fn new(routes: &[Route]) -> Routes {
        let mut found = Routes::default();
        for route in routes {
            let Some((method, path)) = route.key.split_once(' ') else {
                found.default = Some(route.clone());
                continue;
            };
            let of_method = found.by_method.entry(method.to_owned()).or_default();
            if let Err(problem) = of_method.insert(path, route.clone()) {
                tracing::error!(route.key, %problem, "a route cannot be served");
            }
        }
        found
    }

    /// The most specific route for a method and a decoded path, with the path's parameters: its method before any, a literal
    /// segment before a parameter, and the default one last.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<(&Route, Map<String, Value>)> {
        let of_method = |method| self.by_method.get(method)?.at(path).ok();
        let Some(found) = of_method(method).or_else(|| of_method(ANY)) else {
            return Some((self.default.as_ref()?, Map::new()));
        };
        let parameters = found.params.iter();
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.into()));
        Some((found.value, parameters.collect()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn routes() -> [Route; 5] {
        [
            ("GET /", "Home"),
            ("ANY /approvals/{linkId}", "Page"),
            ("POST /approvals/{linkId}", "Decision"),
            ("GET /approvals/help", "Help"),
            ("GET /services/{service}/{offering}", "Form"),
        ]
        .map(|(key, function)| Route {
            key: key.to_owned(),
            function: function.to_owned(),
        })
    }

    fn found(method: &str, path: &str) -> Option<(String, Value)> {
        let routes = Routes::new(&routes());
        let (route, parameters) = routes.find(method, path)?;
        Some((route.function.clone(), Value::Object(parameters)))
    }

    #[test]
    fn the_most_specific_route_wins() {
        assert_eq!(found("GET", "/"), Some(("Home".into(), json!({}))));
        assert_eq!(
            found("GET", "/approvals/a b"),
            Some(("Page".into(), json!({ "linkId": "a b" })))
        );
        assert_eq!(
            found("POST", "/approvals/x"),
            Some(("Decision".into(), json!({ "linkId": "x" })))
        );
        for method in ["HEAD", "OPTIONS", "DELETE"] {
            assert_eq!(found(method, "/approvals/x").unwrap().0, "Page");
        }
        assert_eq!(
            found("GET", "/approvals/help"),
            Some(("Help".into(), json!({})))
        );
        assert_eq!(
            found("GET", "/services/a/b"),
            Some(("Form".into(), json!({ "service": "a", "offering": "b" })))
        );
    }

    #[test]
    fn other_methods_and_other_paths_are_for_the_default_route() {
        let default = Route {
            key: "$default".to_owned(),
            function: "Rest".to_owned(),
        };
        let with_default = Routes::new(&[&routes()[..], &[default]].concat());
        for (method, path) in [
            ("HEAD", "/"),
            ("GET", "/approvals"),
            ("GET", "/approvals/"),
            ("GET", "/approvals/x/"),
            ("GET", "//"),
            ("POST", "/approvals/help/x"),
        ] {
            assert_eq!(found(method, path), None, "{method} {path}");
            let (rest, _) = with_default.find(method, path).unwrap();
            assert_eq!((&*rest.key, &*rest.function), ("$default", "Rest"));
        }
        assert_eq!(with_default.find("GET", "/").unwrap().0.function, "Home");
    }

    #[test]
    fn the_route_key_is_the_templates() {
        assert_eq!(
            Routes::new(&routes())
                .find("GET", "/approvals/x")
                .unwrap()
                .0
                .key,
            "ANY /approvals/{linkId}"
        );
    }
}
