//! Simple Email Service, version 1: the query protocol (a form goes in, XML comes out), with `SendRawEmail` into the
//! outbox. Every other action is refused by name, and so is every setting that nobody here needs: to ignore a setting
//! would hide that it has no effect.
//!
//! Mails that SES does not take can be tried here:
//!
//! - An address at `unverified.example.com`, a sender's or a recipient's, plays the identity that an account has not
//!   verified: it is refused with `MessageRejected`.
//! - `UpdateAccountSendingEnabled`, which is SES's own action, pauses the account: every mail is refused with
//!   `AccountSendingPausedException` until it is enabled again or the stack is started anew.
//!
//! The addresses of SES's own mailbox simulator do here what they do on AWS: see [`feedback`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use uuid::Uuid;

use crate::outbox::Outbox;
use feedback::Feedback;
use mail::Params;
use refusal::Refusal;

pub mod feedback;
mod mail;
mod refusal;

const NAMESPACE: &str = "http://ses.amazonaws.com/doc/2010-12-01/";
/// A little more than the largest message of 10 MB, for the encoding around it.
const MAX_REQUEST_BYTES: usize = 40 * 1024 * 1024;

/// SES at any path under where it is mounted: the query protocol has one address.
///
/// Mount it with [`Router::nest_service`]: SDKs post to the endpoint with a slash at its end, which
/// [`Router::nest`] does not hand on.
pub fn router(outbox: Arc<Outbox>, feedback: Feedback) -> Router {
    let is_paused = Arc::default();
    Router::new()
        .fallback(serve)
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(Ses {
            outbox,
            feedback,
            is_paused,
        })
}

/// What SES has: a place for mails, and for what becomes of them.
#[derive(Clone)]
struct Ses {
    outbox: Arc<Outbox>,
    feedback: Feedback,
    is_paused: Arc<AtomicBool>,
}

async fn serve(State(ses): State<Ses>, body: Bytes) -> Response {
    let params: Params = form_urlencoded::parse(&body).into_owned().collect();
    let request_id = Uuid::new_v4().to_string();
    let (status, body) = match act(&ses, &params, &request_id) {
        Ok(response) => (StatusCode::OK, response),
        Err(refusal) => (refusal.status, failed(&refusal, &request_id)),
    };
    let headers = [
        ("content-type", "text/xml".to_owned()),
        ("x-amzn-requestid", request_id),
    ];
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", body.0);
    (status, headers, text).into_response()
}

/// Does what is asked, and gives the response.
fn act(ses: &Ses, params: &Params, request_id: &str) -> Result<Markup, Refusal> {
    let value = |name: &str| params.get(name).map(String::as_str);
    let metadata = html! { ResponseMetadata { RequestId { (request_id) } } };
    match value("Action") {
        Some("SendRawEmail") => {
            let message_id = send(ses, params)?;
            let result = html! { SendRawEmailResult { MessageId { (message_id) } } };
            Ok(html! { SendRawEmailResponse xmlns=(NAMESPACE) { (result) (metadata) } })
        }
        Some("UpdateAccountSendingEnabled") => {
            let is_enabled = value("Enabled") == Some("true");
            ses.is_paused.store(!is_enabled, Ordering::Relaxed);
            Ok(html! { UpdateAccountSendingEnabledResponse xmlns=(NAMESPACE) { (metadata) } })
        }
        other => {
            let other = other.unwrap_or("a request without an action");
            let message = format!("The local SES does not implement {other}.");
            Err(Refusal::sender("InvalidAction", message))
        }
    }
}

/// Takes a mail in and gives its id.
fn send(ses: &Ses, params: &Params) -> Result<String, Refusal> {
    let mail = mail::read(params)?;
    if ses.is_paused.load(Ordering::Relaxed) {
        return Err(Refusal::sender(
            "AccountSendingPausedException",
            "Email sending is disabled for your entire Amazon SES account.",
        ));
    }
    if let Some(set) = &mail.configuration_set
        && !ses.feedback.has(set)
    {
        return Err(Refusal::sender(
            "ConfigurationSetDoesNotExist",
            format!("Configuration set <{set}> does not exist."),
        ));
    }
    let message_id = ses.outbox.send(mail.mail.clone()).map_err(not_written)?;
    ses.feedback.note(&message_id, &mail).map_err(not_written)?;
    Ok(message_id)
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` passes it")]
fn not_written(error: std::io::Error) -> Refusal {
    tracing::error!(%error, "what was sent could not be written down");
    Refusal {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: "InternalFailure",
        message: "What was sent could not be written down.".to_owned(),
    }
}

fn failed(refusal: &Refusal, request_id: &str) -> Markup {
    let side = if refusal.status.is_server_error() {
        "Receiver"
    } else {
        "Sender"
    };
    // XML cannot hold control characters.
    let message = refusal.message.replace(char::is_control, "\u{fffd}");
    html! {
        ErrorResponse xmlns=(NAMESPACE) {
            Error { Type { (side) } Code { (refusal.code) } Message { (message) } }
            RequestId { (request_id) }
        }
    }
}

#[cfg(test)]
mod tests;
