//! Storing a request once and starting its execution once, however often it is sent.

use domain::approval::hex;
use domain::failure::Failure;
use domain::form::{FieldError, Values};
use domain::id::RequestId;
use domain::invitation::Use;
use domain::mail::Mailer;
use domain::one_time_code::Tried;
use domain::request::{Request, Submission};
use domain::table::{CommitError, Entity, Key, Table, Write, load};
use domain::task::Offering;
use domain::workflow::{Workflow, WorkflowError};
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use web::Problem;

use crate::SubmitRequest;
use crate::invited::{Entry, Pass};

/// How long the same `Idempotency-Key` means the same request.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often a lost race is run again, and a start is tried.
const ATTEMPTS: usize = 5;

/// A request that somebody wants to make.
pub(crate) struct Wanted<'a> {
    pub(crate) offering: &'a Offering,
    pub(crate) values: &'a Values,
    pub(crate) key: Option<&'a str>,
    pub(crate) origin: String,
    /// For an offering by invitation.
    pub(crate) pass: Option<&'a Pass>,
    pub(crate) at: Timestamp,
}

/// What became of it.
pub(crate) enum Taken {
    /// It is stored and under way: now, or already before.
    Request(Box<Request>),
    /// The key was used before, for other answers.
    OtherAnswers,
    /// The invitation was used before.
    UsedBefore(Use),
    /// The invitation's code is not right.
    Barred(Tried),
}

/// That a key was used, and for what. Neither the key nor the answers can be read from it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Used {
    key_hash: String,
    fingerprint: String,
    request_id: RequestId,
    kept_until: Timestamp,
}

impl Used {
    fn key_of(key_hash: &str) -> Key {
        Key {
            pk: format!("IDEMPOTENCY#{key_hash}"),
            sk: "IDEMPOTENCY".to_owned(),
        }
    }
}

impl Entity for Used {
    const KIND: &'static str = "idempotency";

    fn key(&self) -> Key {
        Self::key_of(&self.key_hash)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.kept_until)
    }
}

impl<T: Table, M: Mailer, W: Workflow> SubmitRequest<T, M, W> {
    /// Stores the request in one transaction with its audit record, its key, and the invitation that it
    /// uses; then starts it.
    pub(crate) async fn submit(&self, wanted: Wanted<'_>) -> Result<Taken, Failure> {
        let (request, record) = Request::submit(Submission {
            request_id: RequestId::random(),
            offering: wanted.offering,
            values: wanted.values,
            origin: wanted.origin.clone(),
            about: wanted.pass.map(|pass| pass.about),
            at: wanted.at,
        });
        let used = wanted.key.map(|key| used(&wanted, key, request.request_id));
        for _ in 0..ATTEMPTS {
            let mut writes: Vec<Write> = used.iter().map(Write::create).collect();
            if let Some(pass) = wanted.pass {
                let (id, at) = (request.request_id, wanted.at);
                match self.enter(pass, wanted.offering, id, at).await? {
                    Entry::Admitted(write) => writes.push(write),
                    Entry::Used(before) => return self.used_before(before, used.as_ref()).await,
                    Entry::Refused(tried) => return Ok(Taken::Barred(tried)),
                    Entry::Again => continue,
                }
            }
            match (self.desk.create(&request, &record, writes).await, &used) {
                (Ok(()), _) => {
                    self.start(&request).await?;
                    return Ok(Taken::Request(Box::new(request)));
                }
                (Err(CommitError::Conflict), Some(used)) => {
                    // Somebody sent it before, perhaps in this very moment; if that one has not
                    // finished, there is nothing to find yet.
                    if let Some(taken) = self.taken_before(used).await? {
                        return Ok(taken);
                    }
                }
                // Somebody used the invitation in this very moment, or guessed at its code.
                (Err(CommitError::Conflict), None) if wanted.pass.is_some() => {}
                (Err(error), _) => return Err(error.into()),
            }
        }
        Err(Failure::StoreUnavailable(
            "others kept writing at the same time".to_owned(),
        ))
    }

    /// An invitation is used once; but the same form sent twice is the same answer.
    async fn used_before(&self, before: Use, used: Option<&Used>) -> Result<Taken, Failure> {
        if let Some(used) = used
            && let Some(taken @ Taken::Request(_)) = self.taken_before(used).await?
        {
            return Ok(taken);
        }
        let request = self.desk.request(before.request_id).await?;
        let request = request.ok_or(Failure::RequestNotFound)?;
        // Whoever stored it may have died before starting it, and may have sent no key to come back with.
        self.start(&request.value).await?;
        Ok(Taken::UsedBefore(before))
    }

    async fn taken_before(&self, used: &Used) -> Result<Option<Taken>, Failure> {
        let Some(before) = load::<Used>(self.desk.table(), &used.key()).await? else {
            return Ok(None);
        };
        if before.value.fingerprint != used.fingerprint {
            return Ok(Some(Taken::OtherAnswers));
        }
        let request = self
            .desk
            .request(before.value.request_id)
            .await?
            .ok_or(Failure::RequestNotFound)?;
        // Whoever stored it may have died before starting it.
        self.start(&request.value).await?;
        Ok(Some(Taken::Request(Box::new(request.value))))
    }

    async fn start(&self, request: &Request) -> Result<(), Failure> {
        let machine = self
            .catalogue
            .machine(&request.offering)
            .unwrap_or_default();
        let mut last = WorkflowError::Unavailable("never tried".to_owned());
        for _ in 0..ATTEMPTS {
            match self.workflow.start(machine, request.request_id).await {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(Failure::WorkflowUnavailable(last.to_string()))
    }
}

fn used(wanted: &Wanted<'_>, key: &str, request_id: RequestId) -> Used {
    let hash = |parts: &[&str]| hex(&Sha256::digest(parts.join("\n")));
    let answers = serde_json::to_string(wanted.values).expect("answers are texts and numbers");
    let path = wanted.offering.path.as_str();
    // Only who came with the same invitation and code gets the same request again.
    let pass = wanted
        .pass
        .map(|pass| format!("{} {}", pass.ticket, pass.code));
    let parts: Vec<&str> = [path, key].into_iter().chain(pass.as_deref()).collect();
    Used {
        key_hash: hash(&parts),
        fingerprint: hash(&[path, &answers]),
        request_id,
        kept_until: wanted.at.saturating_add(KEPT).unwrap_or(Timestamp::MAX),
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
