//! Customers: what they ask for, and how they rate once a mail invites them to.

use std::sync::Arc;

use domain::id::RequestId;
use domain::mail::Mail;
use lambda_http::{Body, Response};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::functions::{Functions, status_and_body, tick};
use crate::people::{CALLER, post};
use crate::process::{Process, SURVEY};

/// Whose requests these are.
pub(crate) const EMAIL: &str = "ada@example.com";
/// What they write into the form.
pub(crate) const NOTES: &str = "Charged twice in May.";
/// What they write beside a rating.
pub(crate) const COMMENT: &str = "Quick and kind.";

/// What somebody asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) dollars: &'static str,
    pub(crate) reason: &'static str,
    /// Paid without being one of Stripe's customers.
    pub(crate) guest: bool,
    /// What asks.
    pub(crate) process: Process,
    /// The charge, in one of its spellings. None: one that nobody else asks for.
    pub(crate) charge: Option<&'static str>,
}

impl Wish {
    /// So many dollars of a customer that Stripe knows.
    pub(crate) fn of(dollars: &'static str) -> Self {
        Self {
            dollars,
            reason: "Duplicate charge",
            guest: false,
            process: Process::Refund,
            charge: None,
        }
    }

    /// The amount in cents.
    pub(crate) fn cents(self) -> u64 {
        let amount = self.dollars.parse::<domain::money::Usd>();
        amount.expect("it is an amount").cents()
    }
}

/// What a mail that invites lets its reader do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invite {
    /// The request that invites.
    pub(crate) about: RequestId,
    token: String,
    code: String,
}

impl Invite {
    /// Reads a mail; `None` if it does not invite.
    pub(crate) fn read(mail: &Mail) -> Option<Self> {
        let (_, rest) = mail.text.split_once(&format!("/{SURVEY}?invitation="))?;
        let mut token = rest.split(|c: char| c == '&' || c.is_whitespace());
        let token = token.next()?.to_owned();
        Some(Self {
            about: token.split('.').next()?.parse().ok()?,
            code: code_in(&mail.text)?,
            token,
        })
    }
}

/// The code in a mail's text.
pub(crate) fn code_in(text: &str) -> Option<String> {
    let code = text.lines().find_map(|line| line.strip_prefix("Code: "))?;
    Some(code.to_owned())
}

/// A code that is not this one.
pub(crate) fn other_than(code: &str) -> String {
    let other = if code == "000000" { "000001" } else { "000000" };
    other.to_owned()
}

/// What somebody sends with an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rating {
    pub(crate) invite: Invite,
    pub(crate) stars: &'static str,
    pub(crate) idempotency_key: String,
    /// With a code that is not the mail's.
    pub(crate) guesses: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct Rated {
    pub(crate) rating: Rating,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// All customers. Clones share the answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Customers(Arc<Mutex<Vec<Rated>>>);

impl Customers {
    /// What came of each rating, in order.
    pub(crate) fn rated(&self) -> Vec<Rated> {
        let rated = self.0.lock();
        rated.clone()
    }

    /// The ratings that nobody has answered yet, for all that was sent: their customers send them again.
    pub(crate) fn unanswered(&self) -> Vec<Rating> {
        let mut ratings: Vec<Rating> = Vec::new();
        for Rated { rating, status, .. } in self.rated() {
            ratings.retain(|other| *other != rating);
            if status >= 500 {
                ratings.push(rating);
            }
        }
        ratings
    }

    /// Posts the form of what somebody asks for.
    pub(crate) async fn submit(
        functions: &Functions,
        wish: &Wish,
        charge: &str,
        idempotency_key: &str,
    ) -> (u16, Value) {
        tick(&functions.line);
        let body = json!({"customerEmail": EMAIL, "chargeIdToRefund": charge,
            "refundAmount": wish.dollars, "reason": wish.reason, "notes": NOTES});
        let path = format!(
            "/services/{}/requests",
            wish.process.machine().offering.path
        );
        post_form(functions, &path, idempotency_key, &body).await
    }

    /// Posts a rating, and remembers the answer.
    pub(crate) async fn rate(&self, functions: &Functions, rating: Rating) {
        tick(&functions.line);
        let Invite { token, code, .. } = &rating.invite;
        let code = if rating.guesses {
            other_than(code)
        } else {
            code.clone()
        };
        let body = json!({"rating": rating.stars, "comment": COMMENT,
            "invitation": token, "code": code});
        let path = format!("/services/{SURVEY}/requests");
        let (status, body) = post_form(functions, &path, &rating.idempotency_key, &body).await;
        let rated = Rated {
            rating,
            status,
            body,
        };
        let mut all = self.0.lock();
        all.push(rated);
    }
}

async fn post_form(
    functions: &Functions,
    path: &str,
    idempotency_key: &str,
    body: &Value,
) -> (u16, Value) {
    let posted = post_form_from(CALLER, functions, path, Some(idempotency_key), body);
    status_and_body(posted.await)
}

/// Posts a form from a network address. `None` where no function runs.
pub(crate) async fn post_form_from(
    caller: &str,
    functions: &Functions,
    path: &str,
    idempotency_key: Option<&str>,
    body: &Value,
) -> Option<Response<Body>> {
    let mut headers = json!({"content-type": "application/json", "accept": "application/json"});
    if let Some(key) = idempotency_key {
        headers["idempotency-key"] = key.into();
    }
    let now = functions.line.clock.now();
    let http = post(caller, path, &json!({}), &headers, now, &body.to_string());
    let taken = async { functions.intake().handle(&http).await };
    functions.respond("SubmitRequest", taken).await
}
