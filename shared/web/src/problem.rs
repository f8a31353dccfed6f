//! Problems: what went wrong and what to do, as RFC 9457 or as a page.

use lambda_http::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Request, Response};
use maud::html;

use crate::page::{Page, page};
use crate::response::{Format, html as html_response, reply};
use domain::brand::Brand;
use domain::failure::Failure;
use domain::form::FieldError;
use domain::metrics;

/// Why a call was not answered as asked. All of it is meant for the caller.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    title: String,
    detail: Option<String>,
    errors: Vec<FieldError>,
    page: Option<Box<Page>>,
    /// What is to be done differently, for programs.
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl Problem {
    /// A problem in one sentence.
    pub fn new(status: StatusCode, title: &str) -> Self {
        Self {
            status,
            title: title.to_owned(),
            detail: None,
            errors: Vec::new(),
            page: None,
            header: None,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The fields that it is about.
    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// A page that shows the problem in its place, such as the form that was refused.
    #[must_use]
    pub fn page(mut self, page: Page) -> Self {
        self.page = Some(Box::new(page));
        self
    }

    /// In how many seconds it is worth another try.
    #[must_use]
    pub fn retry_after(mut self, seconds: i64) -> Self {
        self.header = Some(Box::new((header::RETRY_AFTER, seconds.into())));
        self
    }

    /// There is nothing at this address, or the caller may not know that there is.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is nothing here.")
            .detail("Check the address; it may be incomplete.")
    }

    /// The address takes other methods: `allow`, such as `GET, HEAD`.
    fn method_not_allowed(allow: &HeaderValue) -> Self {
        let title = "This address is not called so.";
        let methods = allow.to_str().unwrap_or_default();
        Self {
            header: Some(Box::new((header::ALLOW, allow.clone()))),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, title)
        }
        .detail(format!("It takes {methods}."))
    }

    /// The answer, in the caller's format.
    pub fn into_response(mut self, format: Format, brand: &Brand) -> Response<Body> {
        match format {
            Format::Html => {
                let page = self.page.take();
                let page = page.map_or_else(|| self.plain_page(brand), |page| *page);
                let answer = html_response(self.status, page);
                self.with_header(answer)
            }
            Format::Json => self.into_json(),
        }
    }

    /// The answer to a program.
    pub fn into_json(self) -> Response<Body> {
        let document = self.document().to_string();
        let answer = reply(self.status, "application/problem+json", document);
        self.with_header(answer)
    }

    fn with_header(self, mut response: Response<Body>) -> Response<Body> {
        let header = self.header.map(|header| *header);
        response.headers_mut().extend(header);
        response
    }

    fn plain_page(&self, brand: &Brand) -> Page {
        page(
            brand,
            &self.title,
            &html! {
                h1 { (self.title) }
                @if let Some(detail) = &self.detail { p { (detail) } }
                @if !self.errors.is_empty() {
                    ul { @for error in &self.errors { li { strong { (error.field) } " " (error.message) } } }
                }
            },
        )
    }

    fn document(&self) -> serde_json::Value {
        let mut document = serde_json::json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status.as_u16(),
        });
        if let Some(detail) = &self.detail {
            document["detail"] = detail.as_str().into();
        }
        if !self.errors.is_empty() {
            document["errors"] = serde_json::json!(self.errors);
        }
        document
    }
}

/// The answer to a method that is none of those by which an address does something: OPTIONS is told `allow`, which are these
/// and itself, and any other is refused by them.
pub fn other_method(http: &Request, allow: &HeaderValue) -> Result<Response<Body>, Problem> {
    if http.method() != Method::OPTIONS {
        return Err(Problem::method_not_allowed(allow));
    }
    let mut answer = reply(StatusCode::NO_CONTENT, "text/plain", String::new());
    answer.headers_mut().insert(header::ALLOW, allow.clone());
    Ok(answer)
}

/// Something behind us failed. The caller is told to come back; the log says what it was.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        tracing::error!(error = failure.name(), reason = %failure, "the request failed");
        metrics::report_outage(&failure);
        let retry = "Please try again in a moment. Nothing is done twice.";
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "We cannot do this right now.",
        )
        .detail(retry)
    }
}
