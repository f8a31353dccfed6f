//! The customer's reply to an approver's inquiry.
//!
//! The status page shows the inquiry to whoever holds its address, which a robot that reads mails does.
//! A reply needs the code that is printed in the inquiry's own mail.

use domain::approval::DecisionContext;
use domain::audit::AuditRecord;
use domain::form::FieldError;
use domain::inquiry::{Inquiry, InquiryCode, REPLY_CHARS};
use domain::mail::{Mailer, deliver};
use domain::one_time_code::CodeCheck;
use domain::optimistic::{AttemptError, Attempts};
use domain::prose::prose;
use domain::request::{Event, Request as RefundRequest};
use domain::table::{Stored, Table, Write, load_or};
use domain::task::StateEntry;
use domain::workflow::Workflow;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use web::emails::{self, ApprovalEmail, NotificationReason};
use web::{
    Content, Format, PageContext, Problem, body_text, content, form_text, html, json, received_at,
    same_site, see_other,
};

use crate::status_view::StatusView;
use crate::{SubmitRequest, answer_format, codes, pages};

/// A reply as it is posted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FormData {
    /// The inquiry's number: a text in a form, a number or a text in JSON.
    #[serde(deserialize_with = "number")]
    question: u32,
    #[serde(default)]
    answer: String,
    /// From the inquiry's mail.
    #[serde(default)]
    code: String,
}

/// An input that is not accepted.
struct Invalid {
    field: &'static str,
    status: StatusCode,
    message: String,
}

impl<T: Table, M: Mailer, W: Workflow> SubmitRequest<T, M, W> {
    /// Answers `POST /requests/{requestId}/{statusKey}/answers`.
    pub(crate) async fn take_answer(
        &self,
        http: &Request,
        id: &str,
        key: &str,
    ) -> Result<Response<Body>, Problem> {
        let mut request = self.opened(id, key).await?;
        let form = read(http)?;
        let now = received_at(http)?;
        let mut attempts = Attempts::default();
        let (inquiry, invalid) = loop {
            let inquiry = open_inquiry(&request.value, form.question)?.clone();
            let attempt = self.attempt_reply(&mut request, &inquiry, &form, now).await;
            if let Some(result) = attempts.finish(attempt) {
                break (inquiry, result?);
            }
            request = self.opened(id, key).await?;
        };
        if let Some(invalid) = invalid {
            let page = self.page(http, &request.value.brand)?;
            let records = self.records(request.value.request_id).await?;
            let shown = (&page, &request.value, &records[..]);
            return refused(http, shown, key, &form, &invalid);
        }
        self.notify_requester(&request.value, &inquiry, now).await;
        let url = request.value.status_url(&self.link_keys.current());
        Ok(match answer_format(http) {
            Format::Html => see_other(&url),
            Format::Json => json(
                StatusCode::OK,
                &serde_json::json!({"question": inquiry.number, "statusUrl": url}),
            ),
        })
    }

    /// Takes the reply, or returns what is wrong with it.
    async fn attempt_reply(
        &self,
        request: &mut Stored<RefundRequest>,
        inquiry: &Inquiry,
        form: &FormData,
        at: Timestamp,
    ) -> Result<Option<Invalid>, AttemptError> {
        let text = match prose(&form.answer, REPLY_CHARS) {
            Ok(text) => text,
            Err(refusal) => {
                return Ok(Some(Invalid {
                    field: "answer",
                    status: StatusCode::UNPROCESSABLE_ENTITY,
                    message: refusal.to_string(),
                }));
            }
        };
        let (id, number) = (request.value.request_id, inquiry.number);
        let mut code = load_or(self.store.table(), InquiryCode::new(id, number)).await?;
        let keys = self.link_keys.knowing(&inquiry.key_id).await;
        let key = keys.of(&inquiry.key_id);
        let right = |generation| key.inquiry_code(id, number, generation);
        let check = code.value.code.attempt(right, &form.code, at);
        self.store(request, inquiry, (&text, check), &code, at)
            .await?;
        Ok(codes::refusal(check).map(|(status, message)| Invalid {
            field: "code",
            status,
            message,
        }))
    }

    /// Stores what follows from the code: the reply, a fresh code that is then mailed, or only a wrong guess.
    async fn store(
        &self,
        request: &mut Stored<RefundRequest>,
        inquiry: &Inquiry,
        (text, check): (&str, CodeCheck),
        code: &Stored<InquiryCode>,
        at: Timestamp,
    ) -> Result<(), AttemptError> {
        let number = inquiry.number;
        let state_entry = StateEntry::during(&inquiry.phase, at);
        let writes = vec![Write::update(code)];
        match check {
            CodeCheck::NoCode => {}
            CodeCheck::Wrong | CodeCheck::Locked => self.store.table().commit(writes).await?,
            CodeCheck::Right => {
                let event = Event::Replied { number, text };
                let record = request.value.apply(&event, state_entry);
                self.store.save(request, &record, writes).await?;
            }
            CodeCheck::Renewed => {
                let of = format!("question {number}");
                let event = Event::CodeRenewed(&of);
                let record = request.value.apply(&event, state_entry);
                self.store.save(request, &record, writes).await?;
                let generation = code.value.code.generation();
                let keys = self.link_keys.current();
                if let Some(to) = request.value.customer_email() {
                    let brand = self.settings.current().brand.with(&request.value.brand);
                    let request = &request.value;
                    let mail = emails::question(&brand, request, to, inquiry, &keys, generation);
                    deliver(&self.mailer, &mail).await;
                }
            }
        }
        Ok(())
    }

    /// Mails the approver who asked, if they can still decide. The reply is on their page in any case.
    async fn notify_requester(&self, request: &RefundRequest, inquiry: &Inquiry, at: Timestamp) {
        let approval = self
            .store
            .approval(request.request_id, &inquiry.phase)
            .await;
        let Ok(Some(approval)) = approval else {
            return;
        };
        let approval = approval.value;
        let to = inquiry.requester.as_str();
        let (settings, keys) = (self.settings.current(), self.link_keys.current());
        let asked = approval.asked.teams();
        let teams = match settings.teams.current(self.store.table(), asked).await {
            Ok(teams) => teams,
            Err(error) => {
                tracing::error!(%error, "who asked is not told of the reply");
                return;
            }
        };
        let link = approval.link(&keys, to);
        let context = DecisionContext {
            keys: &keys,
            approval: &approval,
            link: &link,
            request,
            earlier: &[],
            is_member: teams.include(asked, to),
            lookup: None,
            at,
        };
        if context.check_link().is_err() {
            return;
        }
        let email = ApprovalEmail {
            brand: &settings.brand.with(&request.brand),
            request,
            approval: &approval,
            to,
            keys: &keys,
            reason: NotificationReason::Answered,
            ineligible: None,
        };
        match email.render() {
            Ok(mail) => {
                deliver(&self.mailer, &mail).await;
            }
            Err(error) => tracing::error!(%error, "the mail cannot be rendered"),
        }
    }
}

fn read(http: &Request) -> Result<FormData, Problem> {
    let unclear = |why: String| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Your answer was not taken.",
        )
        .detail(format!(
            "Send question (its number), answer (a text), and code (from our mail): {why}."
        ))
        .errors(vec![field_error(
            "question",
            "must be the number of a question",
        )])
    };
    if content(http)? == Content::Json {
        return serde_json::from_str(body_text(http)?).map_err(|error| unclear(error.to_string()));
    }
    if !same_site(http) {
        return Err(
            Problem::new(StatusCode::FORBIDDEN, "Your answer was not taken.")
                .detail("It came from another site. Please answer on your status page."),
        );
    }
    let body = form_text(http)?;
    serde_urlencoded::from_str(&body).map_err(|error| unclear(error.to_string()))
}

fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u32),
        Text(String),
    }
    match Written::deserialize(deserializer)? {
        Written::Number(number) => Ok(number),
        Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

fn open_inquiry(request: &RefundRequest, number: u32) -> Result<&Inquiry, Problem> {
    let inquiry = request.inquiries.iter().find(|it| it.number == number);
    let inquiry = inquiry.ok_or_else(|| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "There is no such question.",
        )
        .detail("Please look at your status page.")
        .errors(vec![field_error("question", "is not one that was asked")])
    })?;
    if inquiry.is_open(request.status, &request.phase) {
        return Ok(inquiry);
    }
    let why = if inquiry.reply.is_some() {
        "It was answered already, and the first answer stays."
    } else {
        "It is no longer needed: the request has moved on."
    };
    Err(Problem::new(StatusCode::CONFLICT, "Your answer was not taken.").detail(why))
}

/// A reply that is not accepted: for a program the reason, for a person the page with what they wrote.
fn refused(
    http: &Request,
    (page, request, records): (&PageContext, &RefundRequest, &[AuditRecord]),
    key: &str,
    form: &FormData,
    invalid: &Invalid,
) -> Result<Response<Body>, Problem> {
    let problem = Problem::new(invalid.status, "Your answer was not taken.");
    match answer_format(http) {
        Format::Json => Err(problem.errors(vec![field_error(invalid.field, &invalid.message)])),
        Format::Html => {
            let page = pages::StatusPage {
                page,
                request,
                view: &StatusView::of(request),
                records,
                key,
                written: Some(pages::WrittenAnswer {
                    number: form.question,
                    text: &form.answer,
                    field: invalid.field,
                    problem: &invalid.message,
                }),
            };
            Ok(html(invalid.status, pages::status_page(&page)))
        }
    }
}

fn field_error(field: &str, message: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        message: message.to_owned(),
    }
}
