//! What can be called: the OpenAPI document, as JSON and as a page; and the answer at every address that no other function has.
//!
//! The document is generated from the definitions and built into this function, which knows nothing else but the brand of its
//! pages. So it is the one function that is built anew for a changed form; what an offering takes is said by its form's own
//! address.

use adapters::{Cached, Settings};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};
use maud::Markup;
use serde_json::Value;
use web::{
    Format, PageContext, Problem, html, other_method, preferred, received_at, reply, see_other,
};

mod addresses;
mod reference;

use addresses::Addresses;

/// The generated document.
const DOCUMENT: &str = include_str!("../../../statemachines/generated/openapi.json");

/// What the function works with.
#[derive(Debug)]
pub struct DescribeApi {
    settings: Cached<Settings>,
    addresses: Addresses,
    title: String,
    reference: Markup,
}

impl DescribeApi {
    /// Reads the document. The settings say whose pages these are.
    pub fn new(settings: Cached<Settings>) -> serde_json::Result<Self> {
        let document: Value = serde_json::from_str(DOCUMENT)?;
        Ok(Self {
            settings,
            addresses: Addresses::of(&document),
            title: reference::title(&document).to_owned(),
            reference: reference::main(&document),
        })
    }

    /// Answers the function's routes, and what no route takes.
    pub async fn handle(&self, http: &Request) -> Response<Body> {
        self.settings.refresh().await;
        let answer = match (http.method(), http.uri().path()) {
            (&Method::GET, "/openapi.json") => Ok(reply(
                StatusCode::OK,
                "application/json",
                DOCUMENT.to_owned(),
            )),
            (&Method::GET, "/openapi") => self.show_reference(http),
            _ => self.answer_elsewhere(http),
        };
        let brand = &self.settings.current().brand;
        answer.unwrap_or_else(|problem| problem.into_response(preferred(http, Format::Json), brand))
    }

    fn show_reference(&self, http: &Request) -> Result<Response<Body>, Problem> {
        let page = PageContext {
            brand: self.settings.current().brand.clone(),
            now: received_at(http)?,
        };
        let page = page.page(&self.title, &self.reference);
        Ok(html(StatusCode::OK, page))
    }

    /// A person is led to the page that was meant, if there is one. Everybody else is told which methods the address takes, or
    /// that there is nothing.
    fn answer_elsewhere(&self, http: &Request) -> Result<Response<Body>, Problem> {
        let path = http.uri().path();
        let is_person = preferred(http, Format::Json) == Format::Html;
        if is_person
            && http.method() == Method::GET
            && let Some(page) = self.addresses.page_for(path)
        {
            let query = http.uri().query();
            let query = query.map(|it| format!("?{it}")).unwrap_or_default();
            return Ok(see_other(&format!("{page}{query}")));
        }
        let allow = self.addresses.allow(path).ok_or_else(Problem::not_found)?;
        other_method(http, allow)
    }
}

#[cfg(test)]
mod tests;
