//! Which function a request goes to.

use serde_json::{Map, Value};

use crate::template::Route;

/// The routes of an API, most specific first.
pub(super) struct Routes {
    routes: Vec<Parsed>,
}

struct Parsed {
    method: String,
    path: String,
    segments: Vec<Segment>,
    function: String,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// In this order: a literal is more specific than a parameter, a greedy parameter least.
    Literal(String),
    Parameter(String),
    Greedy(String),
}

/// A route that takes a request.
pub(super) struct Found<'a> {
    method: &'a str,
    path: &'a str,
    pub(super) function: &'a str,
    pub(super) parameters: Map<String, Value>,
}

impl Found<'_> {
    /// `GET /approvals/{linkId}`.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl Routes {
    pub(super) fn new(routes: &[Route]) -> Routes {
        let mut routes: Vec<Parsed> = routes
            .iter()
            .map(|route| Parsed {
                method: route.method.clone(),
                path: route.path.clone(),
                segments: segments(&route.path).map(Segment::parse).collect(),
                function: route.function.clone(),
            })
            .collect();
        routes.sort_by(|a, b| {
            let key = |route: &Parsed| route.method == "ANY";
            a.segments.cmp(&b.segments).then(key(a).cmp(&key(b)))
        });
        Routes { routes }
    }

    /// The most specific route for a method and a decoded path.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<Found<'_>> {
        let segments: Vec<&str> = segments(path).collect();
        self.routes
            .iter()
            .filter(|route| route.method == method || route.method == "ANY")
            .find_map(|route| {
                Some(Found {
                    method: &route.method,
                    path: &route.path,
                    function: &route.function,
                    parameters: matched(&route.segments, &segments)?,
                })
            })
    }
}

impl Segment {
    fn parse(text: &str) -> Segment {
        match text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'))
        {
            Some(name) => match name.strip_suffix('+') {
                Some(name) => Segment::Greedy(name.to_owned()),
                None => Segment::Parameter(name.to_owned()),
            },
            None => Segment::Literal(text.to_owned()),
        }
    }
}

/// What stands between the slashes. A slash at the end makes an empty last segment: another path.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

/// The parameters of a path, if it is of this pattern.
fn matched(pattern: &[Segment], path: &[&str]) -> Option<Map<String, Value>> {
    let mut parameters = Map::new();
    let mut rest = path;
    for segment in pattern {
        let (first, others) = rest.split_first()?;
        match segment {
            Segment::Literal(text) if text == first => {}
            Segment::Parameter(name) if !first.is_empty() => {
                parameters.insert(name.clone(), Value::from(*first));
            }
            Segment::Greedy(name) if !first.is_empty() => {
                parameters.insert(name.clone(), Value::from(rest.join("/")));
                return Some(parameters);
            }
            Segment::Literal(_) | Segment::Parameter(_) | Segment::Greedy(_) => return None,
        }
        rest = others;
    }
    rest.is_empty().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn routes() -> Routes {
        let routes = [
            ("GET", "/", "Home"),
            ("GET", "/files/{path+}", "Files"),
            ("GET", "/approvals/{linkId}", "Page"),
            ("POST", "/approvals/{linkId}", "Decision"),
            ("ANY", "/approvals/help", "Help"),
            ("GET", "/services/{service}/{offering}", "Form"),
        ]
        .map(|(method, path, function)| Route {
            method: method.to_owned(),
            path: path.to_owned(),
            function: function.to_owned(),
        });
        Routes::new(&routes)
    }

    fn found(method: &str, path: &str) -> Option<(String, Value)> {
        let routes = routes();
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
        assert_eq!(
            found("GET", "/approvals/help"),
            Some(("Help".into(), json!({})))
        );
        assert_eq!(
            found("DELETE", "/approvals/help"),
            Some(("Help".into(), json!({})))
        );
        assert_eq!(
            found("GET", "/services/a/b"),
            Some(("Form".into(), json!({ "service": "a", "offering": "b" })))
        );
        assert_eq!(
            found("GET", "/files/a/b"),
            Some(("Files".into(), json!({ "path": "a/b" })))
        );
    }

    #[test]
    fn other_methods_and_other_paths_are_not_found() {
        for (method, path) in [
            ("HEAD", "/"),
            ("OPTIONS", "/approvals/x"),
            ("DELETE", "/approvals/x"),
            ("GET", "/approvals"),
            ("GET", "/approvals/"),
            ("GET", "/approvals/x/"),
            ("GET", "//"),
            ("GET", "/files/"),
        ] {
            assert_eq!(found(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn the_route_key_is_the_templates() {
        assert_eq!(
            routes().find("GET", "/approvals/x").unwrap().key(),
            "GET /approvals/{linkId}"
        );
    }
}
