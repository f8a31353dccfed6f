//! Inquiries: what an approver asks the customer, and the customer's reply.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{PhaseName, RequestId};
use crate::one_time_code::OneTimeCode;
use crate::status::Status;
use crate::table::{Entity, Key};
use crate::task::StateEntry;

/// The most inquiries about one request.
pub const INQUIRIES: usize = 10;
/// The most characters in an inquiry.
pub const INQUIRY_CHARS: usize = 1_000;
/// The most characters in a reply.
pub const REPLY_CHARS: usize = 5_000;

/// An approver's question to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inquiry {
    /// 1 for the first about a request.
    pub number: u32,
    /// The phase whose approver asks.
    pub phase: PhaseName,
    /// The approver's address, which the customer does not see.
    pub requester: String,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// The question.
    pub text: String,
    /// The id of the key that its codes are derived from.
    pub key_id: String,
    /// The customer's reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
}

/// The customer's reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// When it was given.
    pub at: Timestamp,
    /// Its text.
    pub text: String,
}

impl Inquiry {
    pub(crate) fn new(
        number: u32,
        text: &str,
        key_id: &str,
        by: &str,
        asked: StateEntry<'_>,
    ) -> Self {
        Self {
            number,
            phase: asked.phase.clone(),
            requester: by.to_owned(),
            asked_at: asked.at,
            text: text.to_owned(),
            key_id: key_id.to_owned(),
            reply: None,
        }
    }

    /// Takes a reply. The first one stays.
    pub(crate) fn reply(&mut self, text: &str, at: Timestamp) {
        self.reply.get_or_insert_with(|| Reply {
            at,
            text: text.to_owned(),
        });
    }

    /// Whether a reply can still matter to a request that has this status and is in this phase: there is none yet,
    /// and the inquiry's phase is not over.
    pub fn is_open(&self, status: Status, phase: &PhaseName) -> bool {
        self.reply.is_none() && status == Status::InReview && *phase == self.phase
    }
}

/// The code that a reply needs. Stored once one was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InquiryCode {
    request_id: RequestId,
    number: u32,
    /// The code that is in use.
    pub code: OneTimeCode,
}

impl InquiryCode {
    /// The code of an inquiry that nobody tried to reply to.
    pub fn new(request_id: RequestId, number: u32) -> Self {
        Self {
            request_id,
            number,
            code: OneTimeCode::default(),
        }
    }
}

impl Entity for InquiryCode {
    const KIND: &'static str = "inquiry-code";

    fn key(&self) -> Key {
        Key::new(
            format!("REQUEST#{}", self.request_id),
            format!("INQUIRY#{:06}", self.number),
        )
    }
}
