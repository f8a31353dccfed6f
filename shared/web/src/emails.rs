//! The mails around an approval: to those who are asked, to the customer who chooses or is asked back, and to the
//! team that has to know when nobody may decide.
//!
//! No subject names the customer or says what they wrote: subjects show on locked screens.

use maud::html;

use domain::approval::{Approval, Asked, Ineligible, LinkKey};
use domain::inquiry::Inquiry;
use domain::mail::{Mail, sanitize_text};
use domain::request::Request;
use domain::task::Confirm;
use domain::text::TextError;

mod approver;
mod choice;

const BUTTON: &str = "display:inline-block;padding:13px 28px;margin:0 12px 12px 0;border-radius:8px;color:#ffffff;font-weight:600;text-decoration:none;";
const SOFT: &str = "color:#5b6470;";
const CODE: &str = "display:inline-block;padding:8px 14px;border:1px solid #c6cdd6;border-radius:8px;background:#f3f5f8;font:600 24px/1.2 ui-monospace,Consolas,monospace;letter-spacing:4px;";
const NOTE: &str =
    "padding:10px 14px;border-radius:8px;background:#fff3d6;color:#6b4700;margin:0 0 16px;";

/// Why an approver is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationReason<'a> {
    /// They are asked for the first time.
    Asked,
    /// They were asked, and nobody decided.
    Reminded,
    /// Another team was asked, and nobody decided.
    Escalated {
        /// The other team.
        from: &'a str,
    },
    /// Their link was locked, and this is the fresh one.
    Renewed,
    /// A colleague gave them the case.
    HandedOver {
        /// The colleague.
        by: &'a str,
    },
    /// The customer answered their question.
    Answered,
}

impl NotificationReason<'_> {
    fn prefix(self) -> &'static str {
        match self {
            NotificationReason::Asked => "",
            NotificationReason::Reminded => "Reminder: ",
            NotificationReason::Escalated { .. } => "Escalated: ",
            NotificationReason::Renewed => "New link: ",
            NotificationReason::HandedOver { .. } => "Handed to you: ",
            NotificationReason::Answered => "Answered: ",
        }
    }

    fn sentence(self) -> Option<String> {
        match self {
            NotificationReason::Asked => None,
            NotificationReason::Reminded => Some("Nobody has decided yet. Your links and your code are the same as before.".to_owned()),
            NotificationReason::Escalated { from } => Some(format!("The {from} has not decided, so you are asked too.")),
            NotificationReason::Renewed => Some("Your earlier link was locked, as a wrong code was entered on it several times. These are your new links and your new code.".to_owned()),
            NotificationReason::HandedOver { by } => Some(format!("{by} handed this request to you.")),
            NotificationReason::Answered => Some("The customer answered your question.".to_owned()),
        }
    }
}

/// The mail to one who is asked: what it is about, the links, and the code that makes them work.
#[derive(Debug, Clone, Copy)]
pub struct ApprovalEmail<'a> {
    /// What is to be decided.
    pub request: &'a Request,
    /// The question.
    pub approval: &'a Approval,
    /// To whom.
    pub to: &'a str,
    /// For the links and the code.
    pub key: &'a LinkKey,
    /// Why now.
    pub reason: NotificationReason<'a>,
    /// Why they must not decide, if that is so.
    pub ineligible: Option<&'a Ineligible>,
}

impl ApprovalEmail<'_> {
    /// The mail, whoever is asked. What the definition wrote for a customer may not be possible to fill.
    pub fn written(&self) -> Result<Mail, TextError> {
        match &self.approval.asked {
            Asked::Team(_) => Ok(self.mail()),
            Asked::Customer(choice) => self.of_choice(choice),
        }
    }

    fn link(&self, answer: &str) -> String {
        let (link_id, _) = self.approval.secrets(self.key, self.to);
        let origin = &self.request.origin;
        format!("{origin}/approvals/{link_id}?decision={answer}")
    }

    /// The code, where one is asked for.
    fn code(&self) -> Option<String> {
        let (_, code) = self.approval.secrets(self.key, self.to);
        (self.approval.confirm == Confirm::Code).then_some(code)
    }

    fn until(&self) -> String {
        let until = self.approval.decide_until;
        until.strftime("%-d %B %Y, %H:%M UTC").to_string()
    }
}

/// The mail to the customer who is asked something. The question itself stands on the status page, which
/// is where it is answered, with the code that only this mail has.
pub fn to_customer(
    request: &Request,
    to: &str,
    inquiry: &Inquiry,
    key: &LinkKey,
    generation: u32,
) -> Mail {
    let status_url = &request.status_url(key);
    let code = key.inquiry_code(request.request_id, inquiry.number, generation);
    let why = match generation {
        0 => "Before we can decide about your request, we would like to know something:",
        _ => {
            "A wrong code was entered several times, so here is a new one. The earlier one does not work any longer. We would like to know:"
        }
    };
    let text = format!(
        "Hi!\n\n{why}\n\n{}\n\nPlease answer here: {status_url}\nCode: {code}\n\n\
         The page asks for the code above. It is yours alone: please do not forward this mail.\n\nThe sooner you answer, the sooner we can decide.\n\nRequest {}\n",
        sanitize_text(&inquiry.text)
            .lines()
            .map(|line| format!("    {line}"))
            .collect::<Vec<_>>()
            .join("\n"),
        request.request_id
    );
    let html = html! {
        h1 style="font-size:22px;line-height:1.3;margin:0 0 16px" { "We have a question about your request" }
        p { (why) }
        p.note style={ (NOTE) "white-space:pre-wrap" } { bdi { (sanitize_text(&inquiry.text)) } }
        p style="margin:24px 0 4px" { a.button href=(status_url) style={ (BUTTON) "background:#2453c9" } { "Answer" } }
        p style="margin:0 0 8px" { "The page that opens asks for this code:" }
        p style="margin:0 0 16px" { span.code style=(CODE) { (code) } }
        p.soft style={ (SOFT) "font-size:14px;margin:0" } {
            "The code is yours alone: please do not forward this mail. The sooner you answer, the sooner we can decide. Request " (request.request_id)
        }
    };
    crate::mail::from_parts(
        to,
        "We have a question about your request",
        text,
        &html.into_string(),
    )
    .related_to(request.request_id, &request.phase)
}

/// The mail to the team that looks after what gets stuck.
pub fn nobody_may_decide(request: &Request, approval: &Approval, to: &str) -> Mail {
    let reason = "Whoever could decide has decided an earlier phase of the same request, is its customer, gets no mail, or there are fewer people than have to approve.";
    let unreachable: Vec<_> = approval.unreachable().map(|it| it.email.as_str()).collect();
    let unreachable = match unreachable.as_slice() {
        [] => String::new(),
        all => format!(
            "Mail comes back from: {}. Correct the address, or have it taken off the mail service's suppression list.\n\n",
            all.join(", ")
        ),
    };
    let text = format!(
        "Nobody of the {} may decide {} of a request.\n\n{reason}\n\n{unreachable}Add somebody to the team; they are asked at the next reminder. \
         Otherwise the request expires on {}.\n\nRequest {}\n",
        approval.asked.responsible(),
        approval.phase,
        approval.decide_until.strftime("%-d %B %Y, %H:%M UTC"),
        request.request_id
    );
    crate::mail::from_text(
        to.to_owned(),
        &format!("Nobody may decide: {} of a request", approval.phase),
        &text,
    )
}

#[cfg(test)]
mod tests;
