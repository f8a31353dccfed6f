//! Simple Email Service, version 1: the query protocol (a form goes in, XML comes out), with `SendEmail` into the
//! outbox. Every other action is refused by name, and so is everything of `SendEmail` that nobody here needs
//! (copies, configuration sets, identities' policies): to ignore a setting would hide that it has no effect.
//!
//! An address at `unverified.example.com` plays the identity that a new SES account has not verified: it is refused
//! with `MessageRejected`, so that what happens to a mail that cannot be sent can be tried. The addresses of SES's own
//! mailbox simulator do here what they do on AWS: see [`feedback`].

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use maud::{Markup, html};
use uuid::Uuid;

use crate::outbox::{NewMail, Outbox};
use feedback::{Feedback, SentMail};

pub mod feedback;

const NAMESPACE: &str = "http://ses.amazonaws.com/doc/2010-12-01/";
const MAX_RECIPIENTS: usize = 50;
/// A little more than the largest message of 10 MB, for the encoding around it.
const MAX_REQUEST_BYTES: usize = 40 * 1024 * 1024;
const UNVERIFIED_DOMAIN: &str = "unverified.example.com";
const TO: &str = "Destination.ToAddresses.member.";
/// What a mail is about, for whoever hears what became of it.
const TAGS: &str = "Tags.member.";
/// The whole of what a request may set.
const KNOWN: [&str; 11] = [
    "Action",
    "Version",
    "Source",
    "Message.Subject.Data",
    "Message.Subject.Charset",
    "Message.Body.Text.Data",
    "Message.Body.Text.Charset",
    "Message.Body.Html.Data",
    "Message.Body.Html.Charset",
    // An empty list comes as its bare name.
    "Destination.ToAddresses",
    "Tags",
];
const MAX_TAG_CHARS: usize = 255;

/// SES at any path under where it is mounted: the query protocol has one address.
///
/// Mount it with [`Router::nest_service`]: SDKs post to the endpoint with a slash at its end, which
/// [`Router::nest`] does not hand on.
pub fn router(outbox: Arc<Outbox>, feedback: Feedback) -> Router {
    Router::new()
        .fallback(serve)
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(Ses { outbox, feedback })
}

/// What SES has: a place for mails, and for what becomes of them.
#[derive(Clone)]
struct Ses {
    outbox: Arc<Outbox>,
    feedback: Feedback,
}

/// A refusal by SES's own code.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn sender(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
        }
    }

    fn parameter(message: impl Into<String>) -> Self {
        Self::sender("InvalidParameterValue", message)
    }
}

type Params = BTreeMap<String, String>;

async fn serve(State(ses): State<Ses>, body: Bytes) -> Response {
    let params: Params = form_urlencoded::parse(&body).into_owned().collect();
    let request_id = Uuid::new_v4().to_string();
    match act(&ses, &params) {
        Ok(message_id) => xml(StatusCode::OK, &sent(&message_id, &request_id), &request_id),
        Err(refusal) => xml(refusal.status, &failed(&refusal, &request_id), &request_id),
    }
}

fn act(ses: &Ses, params: &Params) -> Result<String, Refusal> {
    match params.get("Action").map(String::as_str) {
        Some("SendEmail") => {
            let mail = read_mail(params)?;
            let tags = read_tags(params)?;
            let (source, destination) = (mail.from.clone(), mail.to.clone());
            let message_id = ses.outbox.send(mail).map_err(not_written)?;
            let sent = SentMail {
                message_id: message_id.clone(),
                source,
                destination,
                tags,
            };
            ses.feedback.note(&sent).map_err(not_written)?;
            Ok(message_id)
        }
        other => {
            let other = other.unwrap_or("a request without an action");
            let message = format!("The local SES implements SendEmail alone, not {other}.");
            Err(Refusal::sender("InvalidAction", message))
        }
    }
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

/// The tags of a mail by name.
fn read_tags(params: &Params) -> Result<BTreeMap<String, String>, Refusal> {
    let mut tags = BTreeMap::new();
    for number in 1.. {
        let part = |part: &str| params.get(&format!("{TAGS}{number}.{part}"));
        let (Some(name), Some(value)) = (part("Name"), part("Value")) else {
            break;
        };
        let fits = |text: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
            !text.is_empty() && text.len() <= MAX_TAG_CHARS && text.chars().all(plain)
        };
        if !fits(name) || !fits(value) {
            let message = format!("Invalid tag: <{name}>, value: <{value}>.");
            return Err(Refusal::parameter(message));
        }
        tags.insert(name.clone(), value.clone());
    }
    Ok(tags)
}

/// The mail that a `SendEmail` describes.
fn read_mail(params: &Params) -> Result<NewMail, Refusal> {
    let is_known =
        |name: &str| KNOWN.contains(&name) || name.starts_with(TO) || name.starts_with(TAGS);
    if let Some(name) = params.keys().find(|name| !is_known(name)) {
        let message = format!("The local SES does not implement {name}.");
        return Err(Refusal::sender("InvalidParameter", message));
    }
    let value = |name: &str| params.get(name).cloned().unwrap_or_default();
    let to = params.range(TO.to_owned()..);
    let to = to.take_while(|(name, _)| name.starts_with(TO));
    let to: Vec<String> = to
        .map(|(_, address)| read_address(address))
        .collect::<Result<_, _>>()?;
    if to.is_empty() {
        return Err(Refusal::parameter("Missing required header 'To'."));
    }
    if to.len() > MAX_RECIPIENTS {
        let message = format!("Recipient count exceeds {MAX_RECIPIENTS}.");
        return Err(Refusal::sender("MessageRejected", message));
    }
    let from = value("Source");
    let sender = read_address(&from)?;
    let subject = value("Message.Subject.Data");
    check_one_line(&subject)?;
    check_verified(to.iter().chain([&sender]))?;
    Ok(NewMail {
        to,
        from,
        subject,
        text: value("Message.Body.Text.Data"),
        html: value("Message.Body.Html.Data"),
    })
}

fn check_verified<'a>(mut addresses: impl Iterator<Item = &'a String>) -> Result<(), Refusal> {
    let is_unverified = |address: &&String| {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain);
        domain.is_some_and(|domain| domain.eq_ignore_ascii_case(UNVERIFIED_DOMAIN))
    };
    addresses.find(is_unverified).map_or(Ok(()), |address| {
        let message = format!(
            "Email address is not verified. The following identities failed the check in region US-EAST-1: \
             {address}"
        );
        Err(Refusal::sender("MessageRejected", message))
    })
}

/// The address in `a@b` or `Name <a@b>`.
fn read_address(text: &str) -> Result<String, Refusal> {
    check_one_line(text)?;
    let trimmed = text.trim();
    let in_brackets = trimmed
        .strip_suffix('>')
        .and_then(|rest| rest.rsplit_once('<'));
    let address = in_brackets.map_or(trimmed, |(_name, address)| address);
    let is_address = address.rsplit_once('@').is_some_and(|(local, domain)| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        !local.is_empty() && local.chars().all(fits) && domain.split('.').all(is_domain_label)
    });
    if is_address {
        Ok(address.to_owned())
    } else {
        let message = format!("'{address}' is no address that SES takes.");
        Err(Refusal::parameter(message))
    }
}

fn is_domain_label(label: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !label.is_empty() && label.chars().all(fits) && !label.starts_with('-') && !label.ends_with('-')
}

/// What would begin another header is refused.
fn check_one_line(text: &str) -> Result<(), Refusal> {
    if text.contains(['\r', '\n']) {
        return Err(Refusal::parameter("Header value contains a line break."));
    }
    Ok(())
}

fn sent(message_id: &str, request_id: &str) -> Markup {
    html! {
        SendEmailResponse xmlns=(NAMESPACE) {
            SendEmailResult { MessageId { (message_id) } }
            ResponseMetadata { RequestId { (request_id) } }
        }
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

fn xml(status: StatusCode, body: &Markup, request_id: &str) -> Response {
    let body = &body.0;
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}\n");
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    let id = HeaderValue::from_str(request_id).expect("a uuid is a header value");
    headers.insert("x-amzn-requestid", id);
    response
}

#[cfg(test)]
mod tests;
