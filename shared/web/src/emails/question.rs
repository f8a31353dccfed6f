//! The mail to the customer who is asked something. It is answered on the status page, with the code that only this
//! mail has.

use domain::approval::LinkKeys;
use domain::brand::Brand;
use domain::inquiry::Inquiry;
use domain::mail::Mail;
use domain::request::Request;
use serde::Serialize;

use super::template::{Files, Template, files};

#[derive(Debug, Serialize)]
pub(super) struct QuestionContext<'a> {
    question: &'a str,
    /// Whether the code replaces one that was locked after too many wrong ones.
    is_new_code: bool,
    status_url: String,
    code: String,
    reference: String,
}

impl Template for QuestionContext<'_> {
    const FILES: Files = files!("question");
}

impl<'a> QuestionContext<'a> {
    pub(super) fn of(
        request: &Request,
        question: &'a Inquiry,
        keys: &LinkKeys,
        generation: u32,
    ) -> Self {
        let id = request.request_id;
        Self {
            question: &question.text,
            is_new_code: generation > 0,
            status_url: request.status_url(keys),
            code: keys
                .of(&question.key_id)
                .inquiry_code(id, question.number, generation),
            reference: request.reference().to_string(),
        }
    }
}

/// The mail with a question, and with the code of this generation: 0 is the first.
pub fn question(
    brand: &Brand,
    request: &Request,
    to: &str,
    question: &Inquiry,
    keys: &LinkKeys,
    generation: u32,
) -> Mail {
    let context = QuestionContext::of(request, question, keys, generation);
    context
        .mail(to, brand)
        .related_to(request.request_id, &request.phase)
}
