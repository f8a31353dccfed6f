//! The addresses that the document has.

use lambda_http::http::HeaderValue;
use serde_json::Value;

/// The documented paths.
#[derive(Debug)]
pub(crate) struct Addresses(Vec<Address>);

#[derive(Debug)]
struct Address {
    /// Such as `/approvals/{linkId}`.
    path: String,
    /// Whether it can be read.
    takes_get: bool,
    /// All methods that are answered.
    allow: HeaderValue,
}

impl Addresses {
    pub(crate) fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        Self(paths.map(|(path, item)| Address::new(path, item)).collect())
    }

    /// The methods of an address, for `Allow`, if there is anything.
    pub(crate) fn allow(&self, path: &str) -> Option<&HeaderValue> {
        Some(&self.find(path)?.allow)
    }

    /// The page that somebody means who opens an address that is none: the same without a slash at its end, the form that is
    /// sent there, or the start page for a part of a form's address.
    pub(crate) fn page_for<'p>(&self, path: &'p str) -> Option<&'p str> {
        let path = path.trim_end_matches('/');
        if path.is_empty() || self.is_service(path) {
            return Some("/");
        }
        let is_page = |path: &&str| self.find(path).is_some_and(|it| it.takes_get);
        if is_page(&path) {
            return Some(path);
        }
        self.find(path)?;
        let (parent, _) = path.rsplit_once('/')?;
        Some(parent).filter(is_page)
    }

    fn is_service(&self, path: &str) -> bool {
        let is_below = |it: &Address| it.path.starts_with(&format!("{path}/"));
        path.starts_with("/services") && self.0.iter().any(is_below) && self.find(path).is_none()
    }

    fn find(&self, path: &str) -> Option<&Address> {
        self.0.iter().find(|it| it.matches(path))
    }
}

impl Address {
    fn new(path: &str, item: &Value) -> Self {
        let takes = |method| item.get(method).is_some();
        let methods = [
            ("GET, HEAD", takes("get")),
            ("POST", takes("post")),
            ("OPTIONS", true),
        ];
        let answered = methods.iter().filter(|(_, is_taken)| *is_taken);
        let allow: Vec<_> = answered.map(|(methods, _)| *methods).collect();
        Self {
            path: path.to_owned(),
            takes_get: takes("get"),
            allow: HeaderValue::from_str(&allow.join(", ")).expect("methods are ASCII"),
        }
    }

    fn matches(&self, path: &str) -> bool {
        let (own, others) = (self.path.split('/'), path.split('/'));
        own.clone().count() == others.clone().count()
            && own
                .zip(others)
                .all(|(own, other)| own == other || (own.starts_with('{') && !other.is_empty()))
    }
}
