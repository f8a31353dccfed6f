//! How a request stands, in the customer's words.

use domain::inquiry::Inquiry;
use domain::money::Usd;
use domain::request::{RefundProgress, Request, Status};
use domain::task::variable;

const THANKS: &str = "Thank you. We have your answers.";

/// How a request is shown to its customer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StatusView<'a> {
    request: &'a Request,
    /// One sentence.
    pub(crate) headline: &'static str,
    /// Why, when it did not go as the customer hoped. Never Stripe's own words.
    pub(crate) reason: Option<&'a str>,
    /// What was asked for and what was approved, where that is less and nobody has to approve any more.
    pub(crate) approved_less: Option<(Usd, Usd)>,
    /// Whether anything more will happen by itself.
    pub(crate) is_over: bool,
}

impl<'a> StatusView<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        let (headline, reason) = match request.status {
            // Nobody looks at it: it is noted, or about to be.
            Status::InReview | Status::Completed if request.about.is_some() => (THANKS, None),
            Status::InReview if request.awaits_choice => (
                "It is your turn: please choose.",
                Some(
                    "We have sent you a mail with what you can choose from, and with a code. It also says what happens if you don't.",
                ),
            ),
            Status::InReview => ("We are looking at your request.", None),
            // Approved, and Stripe has taken it: only the bank is slow.
            Status::Processing if request.refund == Some(RefundProgress::Pending) => (
                "Your refund is on its way.",
                Some("The payment provider has not completed it yet; that can take a few days."),
            ),
            Status::Processing => (
                "Your request is approved and the refund is being made.",
                None,
            ),
            // Nothing was paid, so it was a credit.
            Status::Refunded if request.refund.is_none() => ("Your credit has been given.", None),
            Status::Refunded => ("Your refund has been made.", None),
            Status::Denied => ("Your request was not approved.", denied_because(request)),
            Status::Completed => ("Thank you. We have everything we need.", None),
            Status::NeedsAttention => (
                "Your request is with a member of our team.",
                Some(
                    "Something went wrong on our side. We have been told and are looking at it; you do not need to do anything.",
                ),
            ),
        };
        let is_over = matches!(
            request.status,
            Status::Refunded | Status::Denied | Status::Completed
        );
        Self {
            request,
            headline,
            reason,
            approved_less: approved_less(request),
            is_over,
        }
    }

    pub(crate) fn as_json(&self) -> serde_json::Value {
        let mut json = serde_json::json!({
            "requestId": self.request.request_id,
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

/// Once the details are gone, nobody can tell.
fn denied_because(request: &Request) -> Option<&str> {
    let reason = request.output(variable::REJECTION_REASON);
    reason.or((request.forgotten_at.is_none()).then_some(
        "The refund could not be made through our payment provider. Our team has been told and will get in touch with you.",
    ))
}
