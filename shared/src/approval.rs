//! A question to a team, the links that its members get, and who may answer.
//!
//! Everything a link needs is derived from a random nonce and the deployment's link key, so a
//! reminder can carry the same link and code while the table holds neither: it stores a hash to find
//! the link by, and the nonce, which says nothing without the key.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::id::{PhaseName, RequestId, TaskToken};
use crate::table::{Entity, Key};
use crate::task::{ApprovalConfig, WaitingTask, outcome};

/// The most characters in a reason.
pub const REASON_CHARS: usize = 2_000;

/// How long after its end a link still tells who decided.
const LINK_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The secret from which links, codes and status pages' keys are derived.
#[derive(Clone)]
pub struct LinkKey(Vec<u8>);

impl LinkKey {
    /// A key from a secret of at least 32 characters.
    pub fn new(secret: &str) -> Option<Self> {
        (secret.len() >= 32).then(|| Self(secret.as_bytes().to_vec()))
    }

    /// The link id of an approver: 128 bits in hexadecimal.
    pub fn link_id(&self, nonce: &str, approver: &str) -> String {
        hex(&self.derive("link", &[nonce, approver])[..16])
    }

    /// The code that is printed in the mail with that link, and nowhere else: six digits.
    pub fn code(&self, nonce: &str, approver: &str) -> String {
        let bytes = self.derive("code", &[nonce, approver]);
        let number = bytes[..8]
            .iter()
            .fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    }

    /// The unguessable part of a request's status page: 128 bits in hexadecimal.
    pub fn status_key(&self, request_id: RequestId) -> String {
        hex(&self.derive("status", &[&request_id.to_string()])[..16])
    }

    /// Whether a key from a URL belongs to the request.
    pub fn opens_status(&self, request_id: RequestId, key: &str) -> bool {
        same(&self.status_key(request_id), key)
    }

    fn derive(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in [purpose].iter().chain(parts) {
            mac.update(part.as_bytes());
            // Ends each part, so that no two lists of parts read the same.
            mac.update(&[0]);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(secret)")
    }
}

/// What the table knows a link by.
pub fn link_hash(link_id: &str) -> String {
    hex(&Sha256::digest(link_id.as_bytes()))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// A question to a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// About which request.
    pub request_id: RequestId,
    /// In which phase.
    pub phase: PhaseName,
    /// 1, and one more each time that the process comes back to the phase.
    pub round: u32,
    /// The team's name.
    pub responsible: String,
    /// What is asked.
    pub question: String,
    /// Random; see [`LinkKey`].
    nonce: String,
    /// When the team was first asked.
    pub asked_at: Timestamp,
    /// When nobody is waited for any longer.
    pub decide_until: Timestamp,
    /// When the waiting state was last entered.
    pub entered_at: Timestamp,
    /// The token that the execution waits with now.
    pub task_token: TaskToken,
    /// Who is asked.
    pub approvers: Vec<Approver>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// One member of the team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approver {
    /// Their address.
    pub email: String,
    /// For which passage through the waiting state they were last written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notified_for: Option<Timestamp>,
}

/// The answer to an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// `approve`, `reject` or `expire`.
    pub outcome: String,
    /// The approver's address; `None` when the time ran out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a person can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No, with a reason.
    Reject,
}

impl Verdict {
    /// The verdict as links, forms and executions spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Approve => outcome::APPROVE,
            Verdict::Reject => outcome::REJECT,
        }
    }
}

/// Where an approval's link leads: stored under the hash of its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    hash: String,
    /// The request.
    pub request_id: RequestId,
    /// The phase.
    pub phase: PhaseName,
    /// The round of the approval that it belongs to.
    pub round: u32,
    /// Whose link it is.
    pub approver: String,
    /// When the database may forget it.
    kept_until: Timestamp,
}

/// What somebody who holds a link asks for.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The link that was opened.
    pub link: &'a Link,
    /// The decision.
    pub verdict: Verdict,
    /// The code from the mail.
    pub code: &'a str,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub at: Timestamp,
}

/// Why an attempt does not count. The message is meant for the approver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody was faster, or the time ran out.
    #[error("this request has already been decided")]
    Decided(Decision),
    /// The link belongs to an earlier round of the same phase.
    #[error("this link is no longer in use; please use the newest mail")]
    Superseded,
    /// The time to decide is over.
    #[error("this link has expired")]
    Expired,
    /// Not the code in that approver's mail.
    #[error("that is not the code in your mail")]
    WrongCode,
    /// A rejection needs a reason.
    #[error("please give the reason; the customer is told")]
    ReasonMissing,
    /// More than [`REASON_CHARS`].
    #[error("please give the reason in at most {REASON_CHARS} characters")]
    ReasonTooLong,
}

impl Approval {
    /// A new question, asked when the waiting state was entered.
    pub fn ask(waiting: &WaitingTask<ApprovalConfig>, round: u32, team: &[String]) -> Self {
        let task = &waiting.task;
        let patience = SignedDuration::from_secs(i64::from(task.config.expire_seconds));
        Self {
            request_id: task.request_id,
            phase: task.phase.clone(),
            round,
            responsible: task.config.responsible.clone(),
            question: task.config.question.clone(),
            nonce: uuid::Uuid::new_v4().simple().to_string(),
            asked_at: task.entered_at,
            decide_until: task
                .entered_at
                .saturating_add(patience)
                .unwrap_or(Timestamp::MAX),
            entered_at: task.entered_at,
            task_token: waiting.task_token.clone(),
            approvers: team
                .iter()
                .map(|email| Approver {
                    email: email.clone(),
                    notified_for: None,
                })
                .collect(),
            decision: None,
        }
    }

    /// Where the approval of a phase is stored.
    pub fn key_of(request_id: RequestId, phase: &PhaseName) -> Key {
        Key {
            pk: format!("REQUEST#{request_id}"),
            sk: format!("APPROVAL#{phase}"),
        }
    }

    /// The links of all approvers, to be stored together with the approval.
    pub fn links(&self, key: &LinkKey) -> Vec<Link> {
        let link = |approver: &Approver| Link {
            hash: link_hash(&key.link_id(&self.nonce, &approver.email)),
            request_id: self.request_id,
            phase: self.phase.clone(),
            round: self.round,
            approver: approver.email.clone(),
            kept_until: self
                .decide_until
                .saturating_add(LINK_KEPT)
                .unwrap_or(Timestamp::MAX),
        };
        self.approvers.iter().map(link).collect()
    }

    /// The link id and the code that go into an approver's mail.
    pub fn secrets(&self, key: &LinkKey, approver: &str) -> (String, String) {
        (
            key.link_id(&self.nonce, approver),
            key.code(&self.nonce, approver),
        )
    }

    /// Whether an attempt counts, and as which decision.
    ///
    /// The only door to a decision: whatever route an approver comes by, it leads through here.
    pub fn authorize(&self, key: &LinkKey, attempt: Attempt<'_>) -> Result<Decision, Refusal> {
        let Attempt {
            link,
            verdict,
            code,
            reason,
            at,
        } = attempt;
        if link.round != self.round {
            return Err(Refusal::Superseded);
        }
        if let Some(decision) = &self.decision {
            return Err(Refusal::Decided(decision.clone()));
        }
        if at >= self.decide_until {
            return Err(Refusal::Expired);
        }
        if !same(&key.code(&self.nonce, &link.approver), code.trim()) {
            return Err(Refusal::WrongCode);
        }
        let reason = reason.trim();
        if reason.is_empty() && verdict == Verdict::Reject {
            return Err(Refusal::ReasonMissing);
        }
        if reason.chars().count() > REASON_CHARS {
            return Err(Refusal::ReasonTooLong);
        }
        Ok(Decision {
            outcome: verdict.as_str().to_owned(),
            by: Some(link.approver.clone()),
            at,
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
        })
    }
}

impl Link {
    /// Where the link of that id is stored.
    pub fn key_of(link_id: &str) -> Key {
        Self::key_of_hash(&link_hash(link_id))
    }

    fn key_of_hash(hash: &str) -> Key {
        Key {
            pk: format!("LINK#{hash}"),
            sk: "LINK".to_owned(),
        }
    }
}

impl Entity for Approval {
    const KIND: &'static str = "approval";

    fn key(&self) -> Key {
        Self::key_of(self.request_id, &self.phase)
    }
}

impl Entity for Link {
    const KIND: &'static str = "link";

    fn key(&self) -> Key {
        Self::key_of_hash(&self.hash)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.kept_until)
    }
}

#[cfg(any(test, feature = "fakes"))]
pub mod fixture {
    //! An approval to test with.

    use crate::id::{PhaseName, RequestId};
    use crate::task::{ApprovalConfig, Task, WaitingTask};

    /// A key that is no secret.
    pub fn link_key() -> super::LinkKey {
        super::LinkKey::new("0123456789abcdef0123456789abcdef").expect("it is long enough")
    }

    /// The payload of `CSM Review`, entered at the given second of 1970.
    pub fn waiting(request_id: RequestId, second: i64, token: &str) -> WaitingTask<ApprovalConfig> {
        let phase: PhaseName = "CSM Review".parse().expect("it is a phase name");
        WaitingTask {
            task: Task {
                request_id,
                entered_at: jiff::Timestamp::from_second(second).expect("it is a small number"),
                state: phase.to_string(),
                phase,
                config: ApprovalConfig {
                    team: "csm-team".parse().expect("it is a team id"),
                    responsible: "CSM Team".to_owned(),
                    question: "Refund?".to_owned(),
                    expire_seconds: 14 * 24 * 3600,
                    expire_reason: "Nobody could look at it in time.".to_owned(),
                },
            },
            task_token: token.parse().expect("it is a task token"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approval() -> Approval {
        let waiting = fixture::waiting(RequestId::random(), 0, "token");
        Approval::ask(
            &waiting,
            1,
            &["a@example.com".to_owned(), "b@example.com".to_owned()],
        )
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn links_and_codes_differ_by_approver_and_are_stable() {
        let (approval, key) = (approval(), fixture::link_key());
        let (link_a, code_a) = approval.secrets(&key, "a@example.com");
        let (link_b, _) = approval.secrets(&key, "b@example.com");
        assert_ne!(link_a, link_b);
        assert_eq!((link_a.len(), code_a.len()), (32, 6));
        assert_eq!(
            approval.secrets(&key, "a@example.com"),
            (link_a.clone(), code_a)
        );
        assert_eq!(approval.links(&key)[0].key(), Link::key_of(&link_a));
        let stored = serde_json::to_string(&(&approval, approval.links(&key))).unwrap();
        assert!(
            !stored.contains(&link_a),
            "the table must not hold a usable link"
        );
    }

    #[test]
    fn only_the_right_code_in_time_decides() {
        let (mut approval, key) = (approval(), fixture::link_key());
        let links = approval.links(&key);
        let (_, code_a) = approval.secrets(&key, "a@example.com");
        let (_, code_b) = approval.secrets(&key, "b@example.com");
        let attempt = |link, verdict, code, reason, at| Attempt {
            link,
            verdict,
            code,
            reason,
            at,
        };
        let (yes, no) = (Verdict::Approve, Verdict::Reject);
        let (link, end) = (&links[0], 14 * 24 * 3600);

        let refused = |approval: &Approval, a| approval.authorize(&key, a).unwrap_err();
        for wrong in ["", "000000x", code_b.as_str()] {
            assert_eq!(
                refused(&approval, attempt(link, yes, wrong, "", at(1))),
                Refusal::WrongCode
            );
        }
        assert_eq!(
            refused(&approval, attempt(link, no, &code_a, "  ", at(1))),
            Refusal::ReasonMissing
        );
        let long = "x".repeat(REASON_CHARS + 1);
        assert_eq!(
            refused(&approval, attempt(link, no, &code_a, &long, at(1))),
            Refusal::ReasonTooLong
        );
        assert_eq!(
            refused(&approval, attempt(link, yes, &code_a, "", at(end))),
            Refusal::Expired
        );

        let padded = format!(" {code_a} ");
        let decision = approval
            .authorize(&key, attempt(link, no, &padded, " Late. ", at(end - 1)))
            .unwrap();
        assert_eq!(decision.by.as_deref(), Some("a@example.com"));
        assert_eq!(decision.reason.as_deref(), Some("Late."));

        approval.decision = Some(decision.clone());
        let second = attempt(&links[1], yes, &code_b, "", at(2));
        assert_eq!(refused(&approval, second), Refusal::Decided(decision));
        approval.round = 2;
        assert_eq!(refused(&approval, second), Refusal::Superseded);
    }

    #[test]
    fn a_short_secret_is_no_key_and_a_key_does_not_print() {
        assert!(LinkKey::new("short").is_none());
        assert!(!format!("{:?}", fixture::link_key()).contains("0123"));
    }

    #[test]
    fn a_status_page_opens_with_its_own_key_only() {
        let (key, a, b) = (
            fixture::link_key(),
            RequestId::random(),
            RequestId::random(),
        );
        assert!(key.opens_status(a, &key.status_key(a)));
        assert!(!key.opens_status(a, &key.status_key(b)));
        assert!(!key.opens_status(a, ""));
    }
}
