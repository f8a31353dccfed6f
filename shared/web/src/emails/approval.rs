//! The mail to somebody who is asked to approve: the case at a glance, two links, and the code that makes them work.

use domain::approval::Verdict;
use domain::mail::Mail;
use domain::request::Answered;
use serde::Serialize;

use super::approval_email::ApprovalEmail;
use super::template::{Files, Template, files};

#[derive(Debug, Serialize)]
pub(super) struct ApprovalContext<'a> {
    prefix: &'static str,
    phase: &'a str,
    title: &'a str,
    amount: Option<String>,
    question: &'a str,
    responsible: &'a str,
    notes: Vec<String>,
    answers: Vec<Answer>,
    questions: Vec<Exchange<'a>>,
    approve_url: String,
    reject_url: String,
    code: Option<String>,
    decide_until: String,
    request_id: String,
}

#[derive(Debug, Serialize)]
struct Answer {
    label: String,
    value: Option<String>,
}

impl From<Answered> for Answer {
    fn from(answer: Answered) -> Self {
        let value = answer.value.map(|value| match answer.given_by {
            None => value.to_string(),
            Some(by) => format!("{value}, entered by {by}"),
        });
        Self {
            label: answer.label,
            value,
        }
    }
}

/// A question to the customer, and what they said.
#[derive(Debug, Serialize)]
struct Exchange<'a> {
    requester: &'a str,
    text: &'a str,
    reply: Option<&'a str>,
}

impl Template for ApprovalContext<'_> {
    const FILES: Files = files!("approval");
}

impl<'a> ApprovalContext<'a> {
    pub(super) fn of(email: &ApprovalEmail<'a>) -> Self {
        let (request, approval) = (email.request, email.approval);
        let answers = request.answers_with_approved_amount().into_iter();
        let questions = request.inquiries.iter().map(|question| Exchange {
            requester: &question.requester,
            text: &question.text,
            reply: question.reply.as_ref().map(|reply| reply.text.as_str()),
        });
        Self {
            prefix: email.reason.prefix(),
            phase: approval.phase.as_str(),
            title: &request.title,
            amount: request.amount().map(|amount| amount.to_string()),
            question: &approval.question,
            responsible: approval.asked.responsible(),
            notes: notes(email),
            answers: answers.map(Answer::from).collect(),
            questions: questions.collect(),
            approve_url: email.link(Verdict::Approve.as_str()),
            reject_url: email.link(Verdict::Reject.as_str()),
            code: email.code(),
            decide_until: email.brand.zone.when(approval.decide_until),
            request_id: request.request_id.to_string(),
        }
    }
}

/// What stands above the case.
fn notes(email: &ApprovalEmail<'_>) -> Vec<String> {
    let ineligible = email
        .ineligible
        .map(|ineligible| format!("You can look at this, but {ineligible}."));
    let approvals = email.approval.asked.approvals();
    let several =
        (approvals > 1).then(|| format!("{approvals} different people have to approve this."));
    let reason = email.reason.sentence();
    reason
        .into_iter()
        .chain(ineligible)
        .chain(several)
        .collect()
}

pub(super) fn approval(email: &ApprovalEmail<'_>) -> Mail {
    ApprovalContext::of(email).mail(email.to, email.brand)
}
