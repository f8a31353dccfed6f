//! How a request stands, in the customer's words.

use domain::inquiry::Inquiry;
use domain::money::Usd;
use domain::request::{Denial, RefundProgress, Request, Status};
use domain::task::variable;

const THANKS: &str = "Thank you, we have your answers";
const TO_CHOOSE: &str = "We have sent you a mail with what you can choose from, and with a code. It also says what happens if you don't.";
const TO_ANSWER: &str =
    "Please answer our question below. The sooner you answer, the sooner we can decide.";
const PENDING: &str = "The payment provider has not completed it yet; that can take a few days.";
const RETURNED: &str = "Your bank or card company sent the money back. Our team knows, and gets in touch with you about another way to pay you back.";
const STOPPED: &str = "Something went wrong on our side. We have been told and are looking at it; you do not need to do anything.";
const NOT_PAID: &str = "It was approved, but could not be made through our payment provider. We are sorry. Our team knows, and gets in touch with you about another way to pay you back. You do not need to do anything.";

/// How a request is shown to its customer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StatusView<'a> {
    request: &'a Request,
    /// What there is to know, in a few words.
    pub(crate) headline: &'static str,
    /// Why, when it did not go as the customer hoped, or what they have to do. Never Stripe's own words.
    pub(crate) reason: Option<&'a str>,
    /// What happens now, while something does.
    pub(crate) now: Option<&'a str>,
    /// How long it usually takes until it is decided, while that is waited for.
    pub(crate) usually_takes: Option<&'a str>,
    /// What was asked for and what was approved, where that is less and nobody has to approve any more.
    pub(crate) approved_less: Option<(Usd, Usd)>,
    /// Whether it ended because nobody decided in time: the customer may send it again.
    pub(crate) has_expired: bool,
    /// Whether anything more will happen by itself.
    pub(crate) is_over: bool,
}

impl<'a> StatusView<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        let (headline, reason) = headline(request);
        let is_over = matches!(
            request.status,
            Status::Refunded | Status::Denied | Status::Completed
        );
        let is_under_way = matches!(request.status, Status::InReview | Status::Processing);
        // What is waited for is said already where the customer has to do something.
        let now = request
            .phase_for_customer()
            .filter(|_| is_under_way && reason.is_none());
        let is_decided_by_us = request.status == Status::InReview && reason.is_none();
        let usually_takes = request.wording.usually_takes.as_deref();
        Self {
            request,
            headline,
            reason,
            now,
            usually_takes: usually_takes.filter(|_| is_decided_by_us),
            approved_less: approved_less(request),
            has_expired: denied_by(request) == Some(Denial::Expired),
            is_over,
        }
    }

    pub(crate) fn as_json(&self) -> serde_json::Value {
        let mut json = serde_json::json!({
            "requestId": self.request.request_id,
            "reference": self.request.reference(),
            "status": self.request.status,
            "phase": self.request.phase,
            "updatedAt": self.request.updated_at,
        });
        if let Some(reason) = self.reason {
            json["reason"] = reason.into();
        }
        if let Some((requested, approved)) = self.approved_less {
            json["requestedAmount"] = requested.to_decimal().into();
            json["approvedAmount"] = approved.to_decimal().into();
        }
        let questions: Vec<_> = self.request.inquiries.iter().map(as_json).collect();
        if !questions.is_empty() {
            json["questions"] = questions.into();
        }
        json
    }
}

/// An inquiry for programs, without who asked.
fn as_json(inquiry: &Inquiry) -> serde_json::Value {
    serde_json::json!({
        "number": inquiry.number,
        "question": inquiry.text,
        "answer": inquiry.reply.as_ref().map(|reply| reply.text.as_str()),
    })
}

fn approved_less(request: &Request) -> Option<(Usd, Usd)> {
    let is_approved = request.awaits_choice
        || request.refund.is_some()
        || matches!(request.status, Status::Processing | Status::Refunded);
    let amounts = request.requested_amount().zip(request.approved_amount);
    amounts.filter(|_| is_approved)
}

fn headline(request: &Request) -> (&'static str, Option<&str>) {
    let is_open = |inquiry: &Inquiry| inquiry.is_open(request.status, &request.phase);
    match request.status {
        // Nobody looks at it: it is noted, or about to be.
        Status::InReview | Status::Completed if request.about.is_some() => (THANKS, None),
        Status::InReview if request.awaits_choice => {
            ("It is your turn: please choose", Some(TO_CHOOSE))
        }
        Status::InReview if request.inquiries.iter().any(is_open) => {
            ("We need an answer from you", Some(TO_ANSWER))
        }
        Status::InReview => ("We are looking at your request", None),
        // Approved, and Stripe has taken it: only the bank is slow.
        Status::Processing if request.refund == Some(RefundProgress::Pending) => {
            ("Your refund is on its way", Some(PENDING))
        }
        // By a refund or a credit: the phase says which.
        Status::Processing => ("Your request is approved and being settled", None),
        Status::Refunded => (given_headline(request), None),
        Status::Denied => denied(request),
        Status::Completed => ("Thank you, we have everything we need", None),
        Status::NeedsAttention if request.refund == Some(RefundProgress::Reversed) => {
            ("Your refund has come back to us", Some(RETURNED))
        }
        // What stopped comes after what the customer waits for, and takes nothing of it back.
        Status::NeedsAttention if is_given(request) => (given_headline(request), None),
        Status::NeedsAttention if request.denial == Some(Denial::Rejected) => denied(request),
        Status::NeedsAttention => ("Your request is with a member of our team", Some(STOPPED)),
    }
}

/// Whether the customer has what was approved, whatever has stopped since.
fn is_given(request: &Request) -> bool {
    let stopped = request.stopped.as_ref();
    request.refund == Some(RefundProgress::Paid)
        || stopped.is_some_and(|stopped| stopped.status == Status::Refunded)
}

fn given_headline(request: &Request) -> &'static str {
    // Nothing was paid, so it was a credit.
    match request.refund {
        None => "Your credit has been given",
        Some(_) => "Your refund has been made",
    }
}

/// What it was denied by, if it is denied.
fn denied_by(request: &Request) -> Option<Denial> {
    request.denial.filter(|_| request.status == Status::Denied)
}

/// What somebody wrote about it is gone once it is forgotten; what kept it from being paid is long settled then.
fn denied(request: &Request) -> (&'static str, Option<&str>) {
    let reason = request.output(variable::REJECTION_REASON);
    match denied_by(request) {
        Some(Denial::Expired) => ("We did not decide in time", reason),
        Some(Denial::NotPaid) => (
            "We could not make your refund",
            request.forgotten_at.is_none().then_some(NOT_PAID),
        ),
        Some(Denial::Rejected) | None => ("Your request was not approved", reason),
    }
}
