//! Invitations: the customer of one request may use an offering that is open to nobody else.
//!
//! The link and the code are derived from the deployment's link key, the inviting request and the
//! offering, so that the mail which invites needs nothing stored. An [`Invitation`] is stored once a code
//! was tried on it: it counts the wrong ones, and it is used once.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::approval::{LinkKey, LinkKeys};
use crate::id::{OfferingPath, RequestId};
use crate::one_time_code::{CODE_DIGITS, CodeCheck, OneTimeCode};
use crate::table::{Entity, Key};

/// The query parameter of the form, and the member of a submission, that carries an [`InvitationToken`].
pub const TOKEN: &str = "invitation";
/// The member of a submission that carries the code.
pub const CODE: &str = "code";

/// Adds what an invitation says to the JSON Schema of a form: its link's token, and the code.
pub(crate) fn require_credentials(schema: &mut serde_json::Value) {
    schema["properties"][TOKEN] =
        json!({ "type": "string", "description": "From the link in our mail." });
    schema["properties"][CODE] = json!({
        "type": "string",
        "pattern": format!("^[0-9]{{{CODE_DIGITS}}}$"),
        "description": "The code in our mail."
    });
    if let Some(required) = schema["required"].as_array_mut() {
        required.extend([TOKEN.into(), CODE.into()]);
    }
}

/// The content of an invitation's link: which request invites, and the key that proves it.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationToken {
    about: RequestId,
    key: String,
}

impl InvitationToken {
    /// The token of the invitation to an offering.
    pub fn new(keys: &LinkKeys, about: RequestId, offering: &OfferingPath) -> Self {
        Self {
            about,
            key: keys.invitation_key(about, offering),
        }
    }

    /// Parses a link's parameter, which may still be no valid invitation.
    pub fn parse(text: &str) -> Option<Self> {
        let (about, key) = text.split_once('.')?;
        Some(Self {
            about: about.parse().ok()?,
            key: key.to_owned(),
        })
    }

    /// The id of the key that it was derived from, and its code too.
    pub fn key_id(&self) -> &str {
        LinkKeys::id_in(&self.key)
    }

    /// The request that invites to the offering, if the token is valid for it.
    pub fn opens(&self, keys: &LinkKeys, offering: &OfferingPath) -> Option<RequestId> {
        keys.opens_invitation(self.about, offering, &self.key)
            .then_some(self.about)
    }

    /// Where the link leads, an absolute URL.
    pub fn url(&self, origin: &str, offering: &OfferingPath) -> String {
        format!("{origin}/services/{offering}?{TOKEN}={self}")
    }
}

impl fmt::Display for InvitationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.about, self.key)
    }
}

/// The key is not printed: whoever has it sees the form.
impl fmt::Debug for InvitationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvitationToken({})", self.about)
    }
}

/// The state of an invitation: the codes that were tried, and its use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    about: RequestId,
    offering: OfferingPath,
    code: OneTimeCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<Use>,
}

/// That an invitation was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// The request that it was used for.
    pub request_id: RequestId,
    /// When it was used.
    pub at: Timestamp,
}

impl Invitation {
    /// An invitation that nobody has tried.
    pub fn new(about: RequestId, offering: &OfferingPath) -> Self {
        Self {
            about,
            offering: offering.clone(),
            code: OneTimeCode::default(),
            used: None,
        }
    }

    /// The code that is in use.
    pub fn code(&self, key: &LinkKey) -> String {
        key.invitation_code(self.about, &self.offering, self.code.generation())
    }

    /// Whether it was used, for which request and when.
    pub fn used(&self) -> Option<Use> {
        self.used
    }

    /// Tries a code, and uses the invitation for a request if it is the right one. One that was used stays
    /// with its request.
    pub fn use_for(
        &mut self,
        request: RequestId,
        key: &LinkKey,
        code: &str,
        at: Timestamp,
    ) -> CodeCheck {
        let (about, offering) = (self.about, self.offering.clone());
        let right = |generation| key.invitation_code(about, &offering, generation);
        let tried = self.code.attempt(right, code, at);
        if tried == CodeCheck::Right {
            self.used.get_or_insert(Use {
                request_id: request,
                at,
            });
        }
        tried
    }
}

impl Entity for Invitation {
    const KIND: &'static str = "invitation";

    fn key(&self) -> Key {
        Key::new(
            format!("REQUEST#{}", self.about),
            format!("INVITATION#{}", self.offering),
        )
    }
}
