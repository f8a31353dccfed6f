//! What can be called: the OpenAPI document, as JSON and as a page; and the answer at every address that no other function has.
//!
//! The document is generated from the definitions and built into this function, which knows nothing else and needs nothing. So it
//! is the one function that is built anew for a changed form; what an offering takes is said by its form's own address.

use lambda_http::http::{Method, StatusCode, header};
use lambda_http::{Body, Request, Response};
use maud::Markup;
use serde_json::Value;
use web::{Format, Problem, html, preferred, reply, see_other};

mod addresses;
mod reference;

use addresses::Addresses;

/// The generated document.
const DOCUMENT: &str = include_str!("../../../statemachines/generated/openapi.json");

/// What the function works with.
#[derive(Debug)]
pub struct DescribeApi {
    addresses: Addresses,
    reference: Markup,
}

impl DescribeApi {
    /// Reads the document.
    pub fn new() -> serde_json::Result<Self> {
        let document: Value = serde_json::from_str(DOCUMENT)?;
        Ok(Self {
            addresses: Addresses::of(&document),
            reference: reference::page(&document),
        })
    }

    /// Answers the function's routes, and what no route takes.
    pub fn handle(&self, http: &Request) -> Response<Body> {
        match (http.method(), http.uri().path()) {
            (&Method::GET, "/openapi.json") => {
                reply(StatusCode::OK, "application/json", DOCUMENT.to_owned())
            }
            (&Method::GET, "/openapi") => html(StatusCode::OK, self.reference.clone()),
            _ => self.answer_elsewhere(http),
        }
    }

    /// A person is led to the page that was meant, if there is one. Everybody else is told which methods the address takes, or
    /// that there is nothing.
    fn answer_elsewhere(&self, http: &Request) -> Response<Body> {
        let (path, format) = (http.uri().path(), preferred(http, Format::Json));
        if (http.method(), format) == (&Method::GET, Format::Html)
            && let Some(page) = self.addresses.page_for(path)
        {
            let query = http.uri().query();
            let query = query.map(|it| format!("?{it}")).unwrap_or_default();
            return see_other(&format!("{page}{query}"));
        }
        let Some(allow) = self.addresses.allow(path) else {
            return Problem::not_found().into_response(format);
        };
        if http.method() == Method::OPTIONS {
            let mut answer = reply(StatusCode::NO_CONTENT, "text/plain", String::new());
            answer.headers_mut().insert(header::ALLOW, allow.clone());
            return answer;
        }
        Problem::method_not_allowed(allow).into_response(format)
    }
}

#[cfg(test)]
mod tests;
