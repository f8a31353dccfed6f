//! The customer's answer to an approver's question.
//!
//! The status page shows the question to whoever holds its address, which a robot that reads mails does.
//! An answer needs the code that is printed in the question's own mail.

use domain::approval::DecisionContext;
use domain::failure::Failure;
use domain::form::FieldError;
use domain::mail::{Mailer, deliver};
use domain::one_time_code::CodeCheck;
use domain::question::{Question, QuestionCode, REPLY_CHARS, checked_text};
use domain::request::{Event, Request as RefundRequest};
use domain::table::{CommitError, Stored, Table, Write, load_or};
use domain::task::StateEntry;
use domain::workflow::Workflow;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use web::emails::{self, ApprovalEmail, NotificationReason};
use web::{Format, Problem, body_text, html, is_json, json, same_site, see_other};

use crate::status_view::StatusView;
use crate::{SubmitRequest, answer_format, codes, pages, received};

/// How often an answer starts over because somebody else wrote at the same time.
const ATTEMPTS: usize = 8;

/// An answer as it is posted.
#[derive(Debug, Deserialize)]
struct FormData {
    /// The question's number. As text in a form, as a number or a text in JSON.
    #[serde(deserialize_with = "number")]
    question: u32,
    #[serde(default)]
    answer: String,
    /// From the question's mail.
    #[serde(default)]
    code: String,
}

/// Why an answer is not taken: the input, the status, and what to do.
struct Unfit {
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
        let posted = read(http)?;
        let now = received(http)?;
        for _ in 0..ATTEMPTS {
            let question = open_question(&request.value, posted.question)?.clone();
            let text = match checked_text(&posted.answer, REPLY_CHARS) {
                Ok(text) => text,
                Err(refusal) => {
                    let unfit = Unfit {
                        field: "answer",
                        status: StatusCode::UNPROCESSABLE_ENTITY,
                        message: refusal.to_string(),
                    };
                    return refused(http, &request.value, key, &posted, &unfit);
                }
            };
            let mut code = self.code(&request.value, &question).await?;
            let tried = self.attempt(&mut code, &request.value, &question, &posted.code, now);
            let stored = self.store(&mut request, &question, (text, tried), &code, now);
            match (stored.await, codes::refusal(tried)) {
                (Ok(()), Some((status, message))) => {
                    let unfit = Unfit {
                        field: "code",
                        status,
                        message: message.to_owned(),
                    };
                    return refused(http, &request.value, key, &posted, &unfit);
                }
                (Ok(()), None) => {
                    self.tell(&request.value, &question, now).await;
                    let url = request.value.status_url(&self.link_key);
                    return Ok(match answer_format(http) {
                        Format::Html => see_other(&url),
                        Format::Json => json(
                            StatusCode::OK,
                            &serde_json::json!({"question": question.number, "statusUrl": url}),
                        ),
                    });
                }
                (Err(CommitError::Conflict), _) => request = self.opened(id, key).await?,
                (Err(error @ CommitError::Unavailable(_)), _) => {
                    return Err(Failure::from(error).into());
                }
            }
        }
        Err(Failure::from(CommitError::Conflict).into())
    }

    /// The code of a question. What nobody tried to answer yet has no version.
    async fn code(
        &self,
        request: &RefundRequest,
        question: &Question,
    ) -> Result<Stored<QuestionCode>, Failure> {
        let new = QuestionCode::new(request.request_id, question.number);
        Ok(load_or(self.store.table(), new).await?)
    }

    fn attempt(
        &self,
        code: &mut Stored<QuestionCode>,
        request: &RefundRequest,
        question: &Question,
        posted: &str,
        at: Timestamp,
    ) -> CodeCheck {
        let (id, number) = (request.request_id, question.number);
        let right = |generation| self.link_key.question_code(id, number, generation);
        code.value.lock.attempt(right, posted, at)
    }

    /// Stores what came of a try: the answer, a fresh code that is then mailed, or only that it was wrong.
    async fn store(
        &self,
        request: &mut Stored<RefundRequest>,
        question: &Question,
        (text, tried): (&str, CodeCheck),
        code: &Stored<QuestionCode>,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        let number = question.number;
        let state_entry = StateEntry::during(&question.phase, at);
        let writes = vec![Write::update(code)];
        match tried {
            CodeCheck::NoCode => Ok(()),
            CodeCheck::Wrong | CodeCheck::Locked => self.store.table().commit(writes).await,
            CodeCheck::Right => {
                let event = Event::Replied { number, text };
                let record = request.value.apply(&event, state_entry);
                self.store.save(request, &record, writes).await
            }
            CodeCheck::Renewed => {
                let of = format!("question {number}");
                let event = Event::CodeRenewed { of: &of };
                let record = request.value.apply(&event, state_entry);
                self.store.save(request, &record, writes).await?;
                let generation = code.value.lock.generation();
                if let Some(to) = request.value.customer_email() {
                    let mail =
                        emails::question(&request.value, to, question, &self.link_key, generation);
                    // If that fails, the next wrong code too many brings another.
                    deliver(&self.mailer, &mail).await;
                }
                Ok(())
            }
        }
    }

    /// Writes to whoever asked, if they can still decide. The answer is on their page in any case.
    async fn tell(&self, request: &RefundRequest, question: &Question, at: Timestamp) {
        let approval = self
            .store
            .approval(request.request_id, &question.phase)
            .await;
        let Ok(Some(approval)) = approval else {
            return;
        };
        let approval = approval.value;
        let to = question.requester.as_str();
        let link = approval.link(&self.link_key, to);
        let context = DecisionContext {
            key: &self.link_key,
            approval: &approval,
            link: &link,
            request,
            earlier: &[],
            is_member: self.teams.include(&approval.teams, to),
            at,
        };
        if context.check_link().is_err() {
            return;
        }
        let email = ApprovalEmail {
            request,
            approval: &approval,
            to,
            key: &self.link_key,
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
    let body = body_text(http)?;
    let unclear = || {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Your answer was not taken.",
        )
        .detail("Send question (its number), answer (a text), and code (from our mail).")
        .errors(vec![field_error(
            "question",
            "must be the number of a question",
        )])
    };
    if is_json(http) {
        return serde_json::from_str(body).map_err(|_| unclear());
    }
    if !same_site(http) {
        return Err(
            Problem::new(StatusCode::FORBIDDEN, "Your answer was not taken.")
                .detail("It came from another site. Please answer on your status page."),
        );
    }
    serde_urlencoded::from_str(body).map_err(|_| unclear())
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

fn open_question(request: &RefundRequest, number: u32) -> Result<&Question, Problem> {
    let question = request.questions.iter().find(|q| q.number == number);
    let question = question.ok_or_else(|| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "There is no such question.",
        )
        .detail("Please look at your status page.")
        .errors(vec![field_error("question", "is not one that was asked")])
    })?;
    if question.is_open(request) {
        return Ok(question);
    }
    let why = if question.reply.is_some() {
        "It was answered already, and the first answer stays."
    } else {
        "It is no longer needed: the request has moved on."
    };
    Err(Problem::new(StatusCode::CONFLICT, "Your answer was not taken.").detail(why))
}

/// An answer that cannot be taken: for a program the reason, for a person the page with what they wrote.
fn refused(
    http: &Request,
    request: &RefundRequest,
    key: &str,
    posted: &FormData,
    unfit: &Unfit,
) -> Result<Response<Body>, Problem> {
    let problem = Problem::new(unfit.status, "Your answer was not taken.");
    match answer_format(http) {
        Format::Json => Err(problem.errors(vec![field_error(unfit.field, &unfit.message)])),
        Format::Html => {
            let page = pages::StatusPage {
                request,
                view: &StatusView::of(request),
                key,
                written: Some(pages::WrittenAnswer {
                    number: posted.question,
                    text: &posted.answer,
                    field: unfit.field,
                    problem: &unfit.message,
                }),
            };
            Ok(html(unfit.status, pages::status_page(&page)))
        }
    }
}

fn field_error(field: &str, message: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        message: message.to_owned(),
    }
}
