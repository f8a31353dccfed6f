//! What an approver posts: `decision`, `code`, `reason`, as a form or as JSON.

use lambda_http::Request;
use lambda_http::http::{StatusCode, header};
use serde::Deserialize;
use shared::approval::{Refusal, Verdict};
use shared::form::FieldError;
use shared::http::{Format, Problem, body_text, header_text, same_site};

/// A decision as it was posted.
#[derive(Debug, Deserialize)]
pub(crate) struct Posted {
    /// `approve` or `reject`.
    #[serde(rename = "decision")]
    pub(crate) verdict: Verdict,
    /// The code from the mail.
    #[serde(default)]
    pub(crate) code: String,
    /// Why.
    #[serde(default)]
    pub(crate) reason: String,
    /// How it came, and how it is answered.
    #[serde(skip, default = "as_form")]
    pub(crate) format: Format,
}

fn as_form() -> Format {
    Format::Html
}

impl Posted {
    pub(crate) fn read(http: &Request) -> Result<Self, Problem> {
        let body = body_text(http)?;
        if is_json(http) {
            let posted: Self = serde_json::from_str(body).map_err(|error| {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Your decision was not recorded.")
                    .detail(format!("Send JSON with decision (approve or reject), code and reason as texts: {error}."))
                    .errors(vec![unclear()])
            })?;
            return Ok(Self {
                format: Format::Json,
                ..posted
            });
        }
        if !same_site(http) {
            return Err(
                Problem::new(StatusCode::FORBIDDEN, "Your decision was not recorded.").detail(
                    "It came from another site. Open the link in your mail and decide there.",
                ),
            );
        }
        serde_urlencoded::from_str(body).map_err(|_| {
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "Your decision was not recorded.",
            )
            .detail("Choose whether to approve or to reject, and enter the code from your mail.")
            .errors(vec![unclear()])
        })
    }
}

fn unclear() -> FieldError {
    FieldError {
        field: "decision".to_owned(),
        message: "must be approve or reject".to_owned(),
    }
}

/// Whether the body says that it is JSON.
pub(crate) fn is_json(http: &Request) -> bool {
    header_text(http, header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.contains("json"))
}

/// The input that a refusal is about.
pub(crate) fn field_of(refusal: &Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::WrongCode => Some("code"),
        Refusal::ReasonMissing | Refusal::ReasonTooLong => Some("reason"),
        Refusal::Decided(_) | Refusal::Superseded | Refusal::Expired => None,
    }
}
