//! Storing a request once and starting its execution once, however often it is sent.

use std::net::IpAddr;

use domain::admission::{self, LimitReached};
use domain::approval::hex;
use domain::audit::AuditRecord;
use domain::failure::Failure;
use domain::form::{FieldError, Values};
use domain::id::RequestId;
use domain::invitation::Use;
use domain::mail::Mailer;
use domain::metrics;
use domain::one_time_code::CodeCheck;
use domain::optimistic::{AttemptError, update};
use domain::person_requests::PersonRequest;
use domain::request::{Request, Submission};
use domain::table::{CommitError, Entity, Key, ReadError, Table, Write, load};
use domain::task::Offering;
use domain::unstarted::UnstartedRequest;
use domain::workflow::Workflow;
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use web::Problem;

use crate::SubmitRequest;
use crate::invited::{Admission, InvitationCredentials};

/// How long the same `Idempotency-Key` means the same request.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often a start is tried while Step Functions does not respond.
const ATTEMPTS: usize = 5;

/// A request that is submitted.
pub(crate) struct NewRequest<'a> {
    pub(crate) offering: &'a Offering,
    /// The ARN of the version of its state machine whose form was filled in.
    pub(crate) version: &'a str,
    pub(crate) values: &'a Values,
    pub(crate) key: Option<&'a str>,
    pub(crate) origin: String,
    /// Whoever calls.
    pub(crate) caller: Option<IpAddr>,
    /// For an offering by invitation.
    pub(crate) credentials: Option<&'a InvitationCredentials>,
    pub(crate) at: Timestamp,
}

/// What came of a submission.
pub(crate) enum SubmitOutcome {
    /// It is stored and started: now, or already before.
    Request(Box<Request>),
    /// The key was used before, for other answers.
    OtherAnswers,
    /// The invitation was used before.
    UsedBefore(Use),
    /// The invitation is no longer of use.
    InvitationEnded,
    /// The invitation's code is not right.
    WrongCode(CodeCheck),
    /// Too many requests came in.
    LimitReached(LimitReached),
}

/// That a key was used, and for what. Neither the key nor the answers can be read from it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdempotencyRecord {
    key_hash: String,
    fingerprint: String,
    request_id: RequestId,
    kept_until: Timestamp,
}

impl IdempotencyRecord {
    fn key_of(key_hash: &str) -> Key {
        Key {
            pk: format!("IDEMPOTENCY#{key_hash}"),
            sk: "IDEMPOTENCY".to_owned(),
        }
    }
}

impl Entity for IdempotencyRecord {
    const KIND: &'static str = "idempotency";

    fn key(&self) -> Key {
        Self::key_of(&self.key_hash)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.kept_until)
    }
}

impl<T: Table, M: Mailer, W: Workflow> SubmitRequest<T, M, W> {
    /// Stores the request in one transaction with its audit record, its key, and the invitation that it uses or the
    /// counters of what anybody may ask for; then starts it. What was taken before may be sent again.
    pub(crate) async fn submit(&self, new: NewRequest<'_>) -> Result<SubmitOutcome, Failure> {
        let (request, record) = Request::submit(Submission {
            request_id: RequestId::random(),
            offering: new.offering,
            values: new.values,
            origin: new.origin.clone(),
            about: new.credentials.map(|credentials| credentials.about),
            at: new.at,
        });
        let idempotency = new.key;
        let idempotency = idempotency.map(|key| idempotency_record(&new, key, request.request_id));
        update(|| self.attempt(&new, &request, &record, idempotency.as_ref())).await
    }

    async fn within_limits(
        &self,
        caller: Option<IpAddr>,
        request: &Request,
    ) -> Result<Result<Vec<Write>, LimitReached>, ReadError> {
        let limits = &self.settings.current().request_limits;
        let keys = self.link_keys.current();
        admission::admit(self.store.table(), limits, keys.newest(), request, caller).await
    }

    /// There are too many requests, unless this is one of them that is sent again.
    async fn limit_reached(
        &self,
        reached: LimitReached,
        idempotency: Option<&IdempotencyRecord>,
    ) -> Result<SubmitOutcome, Failure> {
        if let Some(idempotency) = idempotency
            && let Some(before) = self.submitted_before(idempotency).await?
        {
            return Ok(before);
        }
        metrics::report_refused_request(reached.counted_for);
        Ok(SubmitOutcome::LimitReached(reached))
    }

    async fn attempt(
        &self,
        new: &NewRequest<'_>,
        request: &Request,
        record: &AuditRecord,
        idempotency: Option<&IdempotencyRecord>,
    ) -> Result<SubmitOutcome, AttemptError> {
        let mut request = request.clone();
        let unstarted = UnstartedRequest::of(&request, new.version);
        let mut writes = vec![Write::create(&unstarted)];
        writes.extend(idempotency.map(Write::create));
        // Whoever is invited comes once, and needs no limit.
        match new.credentials {
            Some(credentials) => {
                let (id, at) = (request.request_id, new.at);
                match self.admit(credentials, new.offering, id, at).await? {
                    Admission::Admitted(admitted, mailbox) => {
                        writes.extend(admitted);
                        request.invited = mailbox;
                    }
                    Admission::UsedBefore(before) => {
                        return Ok(self.used_before(before, idempotency).await?);
                    }
                    Admission::Refused(check) => return Ok(SubmitOutcome::WrongCode(check)),
                    Admission::Ended => return Ok(SubmitOutcome::InvitationEnded),
                }
            }
            None => match self.within_limits(new.caller, &request).await? {
                Ok(counters) => writes.extend(counters),
                Err(reached) => return Ok(self.limit_reached(reached, idempotency).await?),
            },
        }
        writes.extend(PersonRequest::of(&request).as_ref().map(Write::create));
        match self.store.create(&request, record, writes).await {
            Ok(()) => {
                self.start(&unstarted).await?;
                Ok(SubmitOutcome::Request(Box::new(request)))
            }
            Err(error) => match (error, idempotency) {
                // The key was used before, perhaps at this very moment; then there may be nothing to find yet. Or
                // another request was counted.
                (CommitError::Conflict, Some(idempotency)) => {
                    let before = self.submitted_before(idempotency).await?;
                    before.ok_or(AttemptError::Conflict)
                }
                (error, _) => Err(error.into()),
            },
        }
    }

    /// An invitation is used once; but the same form sent twice is the same answer.
    async fn used_before(
        &self,
        before: Use,
        idempotency: Option<&IdempotencyRecord>,
    ) -> Result<SubmitOutcome, Failure> {
        if let Some(idempotency) = idempotency
            && let Some(same @ SubmitOutcome::Request(_)) =
                self.submitted_before(idempotency).await?
        {
            return Ok(same);
        }
        // Whoever stored it may have sent no key to come back with.
        self.start_if_left(before.request_id).await?;
        Ok(SubmitOutcome::UsedBefore(before))
    }

    async fn submitted_before(
        &self,
        idempotency: &IdempotencyRecord,
    ) -> Result<Option<SubmitOutcome>, Failure> {
        let Some(before) =
            load::<IdempotencyRecord>(self.store.table(), &idempotency.key()).await?
        else {
            return Ok(None);
        };
        if before.value.fingerprint != idempotency.fingerprint {
            return Ok(Some(SubmitOutcome::OtherAnswers));
        }
        let request = self
            .store
            .request(before.value.request_id)
            .await?
            .ok_or(Failure::RequestNotFound)?;
        self.start_if_left(request.value.request_id).await?;
        Ok(Some(SubmitOutcome::Request(Box::new(request.value))))
    }

    /// Starts a request that was stored before, if whoever stored it died before starting it.
    async fn start_if_left(&self, id: RequestId) -> Result<(), Failure> {
        match self.store.unstarted_request(id).await? {
            Some(unstarted) => self.start(&unstarted).await,
            None => Ok(()),
        }
    }

    async fn start(&self, unstarted: &UnstartedRequest) -> Result<(), Failure> {
        let alias = self.catalogue.alias(&unstarted.offering);
        let id = unstarted.request_id;
        let mut lost = 0;
        while let Err(error) = unstarted.start(&self.workflow, alias.as_deref()).await {
            lost += 1;
            if lost >= ATTEMPTS {
                return Err(error.into());
            }
        }
        if let Err(error) = self.store.note_started(id).await {
            // It is started again then, which does nothing.
            tracing::warn!(%error, "it could not be noted that a request was started");
        }
        Ok(())
    }
}

fn idempotency_record(new: &NewRequest<'_>, key: &str, request_id: RequestId) -> IdempotencyRecord {
    let hash = |parts: &[&str]| hex(&Sha256::digest(parts.join("\n")));
    let answers = serde_json::to_string(new.values).expect("answers are texts and numbers");
    let path = new.offering.path.as_str();
    // Only who came with the same invitation and code gets the same request again.
    let credentials = new
        .credentials
        .map(|credentials| format!("{} {}", credentials.token, credentials.code));
    let parts: Vec<&str> = [path, key]
        .into_iter()
        .chain(credentials.as_deref())
        .collect();
    IdempotencyRecord {
        key_hash: hash(&parts),
        fingerprint: hash(&[path, &answers]),
        request_id,
        kept_until: new.at.saturating_add(KEPT).unwrap_or(Timestamp::MAX),
    }
}

pub(crate) fn other_answers() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "This Idempotency-Key was used for another request.",
    )
    .detail("To make a new request send a new key; to repeat the old one send the same answers.")
    .errors(vec![FieldError {
        field: "Idempotency-Key".to_owned(),
        message: "was used with other answers".to_owned(),
    }])
}
