//! Finds the function that a request goes to.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::template::Route;

/// The method of a route that takes all for which its path has no route of their own.
const ANY: &str = "ANY";

/// The routes of an API by method, and what takes all else.
#[derive(Default)]
pub(super) struct Routes {
    by_method: HashMap<String, matchit::Router<Target>>,
    default: Option<Target>,
}

struct Target {
    key: String,
    function: String,
}

/// A route that takes a request.
pub(super) struct Found<'a> {
    /// `GET /approvals/{linkId}`.
    pub(super) key: &'a str,
    pub(super) function: &'a str,
    pub(super) parameters: Map<String, Value>,
}

impl Routes {
    pub(super) fn new(routes: &[Route]) -> Routes {
        let mut found = Routes::default();
        for route in routes {
            let target = Target {
                key: route.key(),
                function: route.function.clone(),
            };
            if route.is_default() {
                found.default = Some(target);
                continue;
            }
            let of_method = found.by_method.entry(route.method.clone()).or_default();
            if let Err(problem) = of_method.insert(&route.path, target) {
                tracing::error!(route.method, route.path, %problem, "a route cannot be served");
            }
        }
        found
    }

    /// The most specific route for a method and a decoded path: its method before any, a literal segment before a parameter, and
    /// the default one last.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<Found<'_>> {
        self.matching(method, path).or_else(|| {
            let target = self.default.as_ref()?;
            Some(Found {
                key: &target.key,
                function: &target.function,
                parameters: Map::new(),
            })
        })
    }

    fn matching(&self, method: &str, path: &str) -> Option<Found<'_>> {
        let of_method = |method| self.by_method.get(method)?.at(path).ok();
        let found = of_method(method).or_else(|| of_method(ANY))?;
        let parameters = found.params.iter();
        Some(Found {
            key: &found.value.key,
            function: &found.value.function,
            parameters: parameters
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn routes() -> [Route; 5] {
        [
            ("GET", "/", "Home"),
            ("ANY", "/approvals/{linkId}", "Page"),
            ("POST", "/approvals/{linkId}", "Decision"),
            ("GET", "/approvals/help", "Help"),
            ("GET", "/services/{service}/{offering}", "Form"),
        ]
        .map(|(method, path, function)| Route {
            method: method.to_owned(),
            path: path.to_owned(),
            function: function.to_owned(),
        })
    }

    fn found(method: &str, path: &str) -> Option<(String, Value)> {
        let routes = Routes::new(&routes());
        let found = routes.find(method, path)?;
        Some((found.function.to_owned(), Value::Object(found.parameters)))
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
            method: "ANY".to_owned(),
            path: Route::DEFAULT.to_owned(),
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
            let rest = with_default.find(method, path).unwrap();
            assert_eq!((rest.key, rest.function), ("$default", "Rest"));
        }
        assert_eq!(with_default.find("GET", "/").unwrap().function, "Home");
    }

    #[test]
    fn the_route_key_is_the_templates() {
        assert_eq!(
            Routes::new(&routes())
                .find("GET", "/approvals/x")
                .unwrap()
                .key,
            "ANY /approvals/{linkId}"
        );
    }
}
