//! The form and its submission: the answers are checked, the request is stored and started, and only then it is
//! confirmed.

use domain::admission::{CountedFor, LimitReached};
use domain::failure::Failure;
use domain::form::{Answer, FieldError, Form, Values};
use domain::invitation::{CODE, TOKEN};
use domain::mail::Mailer;
use domain::one_time_code::is_code;
use domain::request::Request as RefundRequest;
use domain::table::Table;
use domain::task::Offering;
use domain::workflow::Workflow;
use jiff::Timestamp;
use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Request, RequestExt, Response};
use web::{
    Format, PageContext, Problem, accepted, answer_format, caller, html, json, origin, received_at,
    reply, same_site, see_other,
};

use crate::catalogue::Published;
use crate::form_data::FormData;
use crate::form_version::FormVersion;
use crate::invited::InvitationCredentials;
use crate::pages::{self, FormPage, Notice, Words};
use crate::submission::{self, NewRequest, SubmitOutcome};
use crate::{SubmitRequest, codes, no_domain};

impl<T: Table, M: Mailer, W: Workflow> SubmitRequest<T, M, W> {
    /// Answers `GET /services/{service}/{offering}`. What the address has under a field's name is filled in.
    pub(crate) async fn show_form(
        &self,
        http: &Request,
        service: &str,
        offering: &str,
    ) -> Result<Response<Body>, Problem> {
        let published = self.offering(http, service, offering).await?;
        let Published { version, offering } = &published[0];
        let page = self.page(http, &offering.brand)?;
        let query = http.query_string_parameters();
        let credentials =
            InvitationCredentials::read(&self.link_keys, offering, query.first(TOKEN), None)
                .await?;
        if let Some(credentials) = &credentials {
            if let Some(used) = self.invitation(credentials, offering).await?.value.used() {
                return match accepted(http) {
                    Format::Html => Ok(html(StatusCode::OK, pages::used(&page, offering, used.at))),
                    Format::Json => Err(already_used(&page, offering, used.at)),
                };
            }
            let inviting = self.store.request(credentials.about).await;
            let inviting = inviting.map_err(Failure::from)?;
            if inviting.is_some_and(|it| it.value.forgotten_at.is_some()) {
                return Err(invitation_ended());
            }
        }
        if accepted(http) == Format::Json {
            let schema = offering.json_schema().to_string();
            return Ok(reply(StatusCode::OK, "application/schema+json", schema));
        }
        let version = FormVersion::sign(&self.link_keys.current(), version, page.now);
        let form = FormPage {
            given: &prefilled(&offering.form, http),
            ..FormPage::new(&page, offering, &version, credentials.as_ref())
        };
        Ok(html(StatusCode::OK, pages::form(&form)))
    }

    /// Answers `POST /services/{service}/{offering}/requests`.
    pub(crate) async fn take(
        &self,
        http: &Request,
        service: &str,
        offering: &str,
    ) -> Result<Response<Body>, Problem> {
        let at = received_at(http)?;
        let mut versions = self.offering(http, service, offering).await?;
        let mut submitted = FormData::read(http)?;
        if submitted.is_form && !same_site(http) {
            let title = Words::of(&versions[0].offering).not_taken;
            return Err(Problem::new(StatusCode::FORBIDDEN, title)
                .detail("It came from another site. Please use our form."));
        }
        let shown_by = submitted.form_version.take();
        let shown = self.shown_by(shown_by.as_ref(), &versions[0], at).await?;
        let shown_by = shown_by.filter(|_| shown.is_some());
        versions.splice(..0, shown);
        let credentials = self
            .credentials(&versions[0].offering, &mut submitted)
            .await?;
        let answers = &submitted.answers;
        let (chosen, checked) = first_that_fits(&versions, answers);
        let Published { version, offering } = &versions[chosen];
        // A page is not signed anew, or it could be kept alive for ever.
        let form_version = shown_by
            .filter(|_| chosen == 0)
            .unwrap_or_else(|| FormVersion::sign(&self.link_keys.current(), version, at));
        let page = self.page(http, &offering.brand)?;
        let form = FormPage {
            given: answers,
            ..FormPage::new(&page, offering, &form_version, credentials.as_ref())
        };
        if submitted.is_too_large {
            return Err(too_large(&form, &checked.err().unwrap_or_default()));
        }
        let values = checked.map_err(|mut errors| {
            // What has no code is told so at once, and not only once all else is right.
            let is_no_code = |it: &&InvitationCredentials| !is_code(&it.code);
            errors.extend(
                credentials
                    .as_ref()
                    .filter(is_no_code)
                    .map(|_| about_the_code(codes::missing())),
            );
            refused(http, &form, StatusCode::UNPROCESSABLE_ENTITY, errors)
        })?;
        let settings = self.settings.current();
        let new = NewRequest {
            offering,
            version,
            values: &values,
            key: submitted.idempotency_key.as_deref(),
            origin: settings
                .origin()
                .or_else(|| origin(http))
                .ok_or_else(no_domain)?,
            caller: caller(http, &settings.origin_key),
            credentials: credentials.as_ref(),
            at,
        };
        match self.submit(new).await? {
            SubmitOutcome::Request(request) => Ok(self.taken(http, &request)),
            // Somebody went back to a form that was sent, changed it, and sent it again.
            SubmitOutcome::OtherAnswers if answer_format(http) == Format::Html => {
                let page = pages::form(&FormPage {
                    notice: Notice::SentBefore,
                    ..form
                });
                Ok(html(StatusCode::UNPROCESSABLE_ENTITY, page))
            }
            SubmitOutcome::LimitReached(reached) => Err(too_many(&form, reached)),
            SubmitOutcome::OtherAnswers => Err(submission::other_answers()),
            SubmitOutcome::UsedBefore(used) => Err(already_used(&page, offering, used.at)),
            SubmitOutcome::InvitationEnded => Err(invitation_ended()),
            SubmitOutcome::WrongCode(check) => match codes::refusal(check) {
                Some((status, message)) => {
                    Err(refused(http, &form, status, vec![about_the_code(message)]))
                }
                None => Err(no_domain()),
            },
        }
    }

    /// The version that a page was shown by, if that can be believed. It may no longer be in use.
    async fn shown_by(
        &self,
        page: Option<&FormVersion>,
        current: &Published,
        now: Timestamp,
    ) -> Result<Option<Published>, Failure> {
        let Some(page) = page else { return Ok(None) };
        let keys = self.link_keys.knowing(page.key_id()).await;
        match page.arn(&keys, &current.version, now) {
            Some(version) => self.catalogue.version(&self.workflow, version).await,
            None => Ok(None),
        }
    }

    /// What somebody was invited with. To an offering that everybody can use these are fields like any
    /// other, which its form does not have.
    async fn credentials(
        &self,
        offering: &Offering,
        submitted: &mut FormData,
    ) -> Result<Option<InvitationCredentials>, Problem> {
        if !offering.by_invitation {
            return Ok(None);
        }
        let (token, code) = (submitted.take(TOKEN), submitted.take(CODE));
        InvitationCredentials::read(&self.link_keys, offering, token.as_deref(), code).await
    }

    fn taken(&self, http: &Request, request: &RefundRequest) -> Response<Body> {
        let url = request.status_url(&self.link_keys.current());
        match answer_format(http) {
            Format::Html => see_other(&url),
            Format::Json => {
                let body = serde_json::json!({
                    "requestId": request.request_id,
                    "status": request.status,
                    "statusUrl": url,
                });
                let mut response = json(StatusCode::ACCEPTED, &body);
                if let Ok(url) = HeaderValue::from_str(&url) {
                    response.headers_mut().insert(header::LOCATION, url);
                }
                response
            }
        }
    }
}

/// Which version what was sent runs, and its checked answers: the first that they fit. A program reads the form and sends
/// it in two calls, which need not meet the same version. Where they fit none, what is wrong by the first.
fn first_that_fits(
    versions: &[Published],
    answers: &[(String, Answer)],
) -> (usize, Result<Values, Vec<FieldError>>) {
    let mut checked = versions.iter().map(|it| it.offering.form.check(answers));
    let first = checked.next().expect("an offering has a version");
    if first.is_err()
        && let Some((others, values)) = checked.enumerate().find(|(_, it)| it.is_ok())
    {
        return (others + 1, values);
    }
    (0, first)
}

/// What a link fills in beforehand: `?refundAmount=19.99` and so on, by the names of the fields. What the form would not
/// take, or is given twice, stays empty.
fn prefilled(form: &Form, http: &Request) -> Vec<(String, Answer)> {
    let query = http.query_string_parameters();
    let given = form.fields.iter().filter_map(|field| {
        let name = field.name.as_str();
        let [value] = query.all(name)?[..] else {
            return None;
        };
        // What is not UTF-8 arrives with this in its place.
        if value.contains(char::REPLACEMENT_CHARACTER) {
            return None;
        }
        let answer = Answer::Typed(value.to_owned());
        let is_taken = field.check(Some(&answer)).is_ok();
        is_taken.then(|| (name.to_owned(), answer))
    });
    given.collect()
}

/// There are too many requests: for a program when to come back, for a person also the form as it was filled in.
fn too_many(form: &FormPage<'_>, reached: LimitReached) -> Problem {
    let reason = match reached.counted_for {
        CountedFor::Caller => "Several requests have just come from your connection.",
        CountedFor::Address => "We have several requests from this email address already.",
        CountedFor::Charge => "We have several requests for this payment already.",
        CountedFor::Offering => "More requests come in than we can work on.",
    };
    let later = format!(
        "{reason} Nothing was stored. Please send it again after {}.",
        form.page.when(reached.until)
    );
    let page = pages::form(&FormPage {
        notice: Notice::Later(&later),
        ..*form
    });
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        Words::of(form.offering).not_taken,
    )
    .detail(&later)
    .retry_after(reached.until.as_second() - form.page.now.as_second())
    .page(page)
}

/// A form of more than is taken, which comes back with all that was written.
fn too_large(form: &FormPage<'_>, errors: &[FieldError]) -> Problem {
    let said =
        "It is longer than we can take. Please shorten it and send it again. Nothing was stored.";
    let notice = if errors.is_empty() {
        Notice::Later(said)
    } else {
        Notice::None
    };
    let page = pages::form(&FormPage {
        errors,
        notice,
        ..*form
    });
    let title = Words::of(form.offering).not_taken;
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, title)
        .detail(said)
        .page(page)
}

/// A refused form: for a program all reasons, for a person the form as it was filled in.
fn refused(
    http: &Request,
    form: &FormPage<'_>,
    status: StatusCode,
    errors: Vec<FieldError>,
) -> Problem {
    let problem = Problem::new(status, Words::of(form.offering).not_taken)
        .detail("Please correct the fields below and send it again. Nothing was stored.");
    match answer_format(http) {
        Format::Json => problem.errors(errors),
        Format::Html => problem.page(pages::form(&FormPage {
            errors: &errors,
            ..*form
        })),
    }
}

fn about_the_code(message: String) -> FieldError {
    let field = CODE.to_owned();
    FieldError { field, message }
}

fn invitation_ended() -> Problem {
    Problem::new(StatusCode::GONE, "This invitation has ended.")
        .detail("We no longer keep what it was about, so your answers were not taken.")
}

fn already_used(page: &PageContext, offering: &Offering, at: Timestamp) -> Problem {
    Problem::new(StatusCode::CONFLICT, "You have answered already.")
        .detail(format!(
            "That was on {}, and the first answer stays.",
            page.when(at)
        ))
        .page(pages::used(page, offering, at))
}
