//! What an approver asks the customer, and what the customer says.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{PhaseName, RequestId};
use crate::one_time_code::OneTimeCode;
use crate::request::{Request, Status};
use crate::table::{Entity, Key};

/// The most questions about one request.
pub const QUESTIONS: usize = 10;
/// The most characters in a question.
pub const QUESTION_CHARS: usize = 1_000;
/// The most characters in an answer to one.
pub const REPLY_CHARS: usize = 5_000;

/// A question to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// 1 for the first about a request.
    pub number: u32,
    /// Who decides there wants to know.
    pub phase: PhaseName,
    /// The approver's address. The customer is not told.
    pub requester: String,
    /// When.
    pub asked_at: Timestamp,
    /// What.
    pub text: String,
    /// What the customer says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
}

/// What the customer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

impl Question {
    pub(crate) fn new(number: u32, phase: &PhaseName, by: &str, text: &str, at: Timestamp) -> Self {
        Self {
            number,
            phase: phase.clone(),
            requester: by.to_owned(),
            asked_at: at,
            text: text.to_owned(),
            reply: None,
        }
    }

    /// The first answer stays.
    pub(crate) fn reply(&mut self, text: &str, at: Timestamp) {
        self.reply.get_or_insert_with(|| Reply {
            at,
            text: text.to_owned(),
        });
    }

    /// Whether an answer can still matter: nobody answered, and the question's phase is not over.
    pub fn is_open(&self, request: &Request) -> bool {
        self.reply.is_none() && request.status == Status::InReview && request.phase == self.phase
    }
}

/// The code that answering a question needs, and what was tried on it. Stored once something was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuestionCode {
    request_id: RequestId,
    number: u32,
    /// Which code is in use.
    pub lock: OneTimeCode,
}

impl QuestionCode {
    /// The code of a question that nobody tried to answer.
    pub fn new(request_id: RequestId, number: u32) -> Self {
        Self {
            request_id,
            number,
            lock: OneTimeCode::default(),
        }
    }
}

impl Entity for QuestionCode {
    const KIND: &'static str = "question-code";

    fn key(&self) -> Key {
        Key {
            pk: format!("REQUEST#{}", self.request_id),
            sk: format!("QUESTION#{:06}", self.number),
        }
    }
}

/// Why a question or an answer is not taken. Meant for whoever wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextRefusal {
    /// There is nothing in it.
    #[error("please write something")]
    Empty,
    /// It is too long.
    #[error("please write at most {0} characters")]
    TooLong(usize),
}

/// A text without the white space around it, if it is there and not too long.
pub fn checked_text(text: &str, most_chars: usize) -> Result<&str, TextRefusal> {
    let text = text.trim();
    if text.is_empty() {
        Err(TextRefusal::Empty)
    } else if text.chars().count() > most_chars {
        Err(TextRefusal::TooLong(most_chars))
    } else {
        Ok(text)
    }
}
