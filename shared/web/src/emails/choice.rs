//! The mail to the customer who can choose: the definition's words, one link for each option, and the code that makes
//! them work.

use domain::approval::Choice;
use domain::form::Value;
use domain::mail::{Mail, one_line};
use domain::request::Request;
use domain::text::{TextError, render};
use serde::Serialize;

use super::approval_email::ApprovalEmail;
use super::linked::paragraph;
use super::template::{Files, Template, files};

#[derive(Debug, Serialize)]
pub(super) struct ChoiceContext<'a> {
    prefix: &'static str,
    subject: String,
    note: Option<String>,
    /// For the plain part.
    body: String,
    /// The same for the HTML part.
    paragraphs: Vec<String>,
    question: &'a str,
    options: Vec<ChoiceLink<'a>>,
    code: Option<String>,
    choose_until: String,
    reference: String,
    status_url: String,
}

#[derive(Debug, Serialize)]
struct ChoiceLink<'a> {
    label: &'a str,
    url: String,
}

impl Template for ChoiceContext<'_> {
    const FILES: Files = files!("choice");
}

impl<'a> ChoiceContext<'a> {
    pub(super) fn of(email: &ApprovalEmail<'a>, choice: &'a Choice) -> Result<Self, TextError> {
        let status_url = email.request.status_url(email.keys);
        let request = with_answers_in_one_line(email.request);
        let fill = |template: &str| render(template, &request, &status_url);
        let body = fill(&choice.body)?;
        // What somebody typed into the form is no link.
        let ours = format!("{}/", request.origin);
        let html = |lines: &Vec<String>| paragraph(lines, |url| url.starts_with(&ours));
        let paragraphs = body.paragraphs();
        let paragraphs = paragraphs.iter().map(|lines| html(lines).into_string());
        let options = choice.options.iter().map(|option| ChoiceLink {
            label: &option.label,
            url: email.link(&option.outcome),
        });
        Ok(Self {
            prefix: email.reason.prefix(),
            subject: fill(&choice.subject)?.to_string(),
            note: email.reason.sentence(),
            paragraphs: paragraphs.collect(),
            body: body.to_string().trim().to_owned(),
            question: &email.approval.question,
            options: options.collect(),
            code: email.code(),
            choose_until: email.brand.zone.when(email.approval.decide_until),
            reference: request.reference().to_string(),
            status_url,
        })
    }
}

/// The definition's words may stand in several lines, but none of them is the customer's.
fn with_answers_in_one_line(request: &Request) -> Request {
    let mut request = request.clone();
    for answer in &mut request.answers {
        if let Some(Value::Text(text)) = &mut answer.value {
            *text = one_line(text);
        }
    }
    request
}

pub(super) fn choice(email: &ApprovalEmail<'_>, choice: &Choice) -> Result<Mail, TextError> {
    Ok(ChoiceContext::of(email, choice)?.mail(email.to, email.brand))
}
