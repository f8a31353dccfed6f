//! Which version of its offering a form was shown by: signed, so that what is sent from it runs that very version.
//!
//! Another version may be deployed, or taken back, between the two. Which one a page was shown by is in the page; and
//! it is signed with the time, so that nobody goes on choosing an old process that asks fewer people.

use std::fmt;

use domain::approval::LinkKeys;
use jiff::{SignedDuration, Timestamp};

/// The input of the form that carries it.
pub(crate) const FORM_VERSION: &str = "formVersion";

/// How long a page is good for the version that it was shown by: long enough to fill it in, and no longer, because that
/// version may have been taken back. One that was open for longer is checked by what is offered by then.
const GOOD: SignedDuration = SignedDuration::from_hours(2);

/// The version that a page was shown by.
#[derive(Debug)]
pub(crate) struct FormVersion {
    /// The last part of the version's ARN.
    qualifier: String,
    /// In Unix seconds.
    shown_at: i64,
    key: String,
}

impl FormVersion {
    /// Of a page that is shown now, by the version with that ARN.
    pub(crate) fn sign(keys: &LinkKeys, version: &str, now: Timestamp) -> Self {
        let shown_at = now.as_second();
        Self {
            qualifier: version.rsplit(':').next().unwrap_or_default().to_owned(),
            shown_at,
            key: keys.form_key(version, shown_at),
        }
    }

    /// Parses what a page has sent, which may still be forged.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        Some(Self {
            qualifier: parts.next()?.to_owned(),
            shown_at: parts.next()?.parse().ok()?,
            key: parts.next()?.to_owned(),
        })
    }

    /// The id of the key that signed it.
    pub(crate) fn key_id(&self) -> &str {
        LinkKeys::id_in(&self.key)
    }

    /// The ARN of the version, if the page was shown by it not long ago. `current` is the ARN of another version of
    /// the same state machine.
    pub(crate) fn arn(&self, keys: &LinkKeys, current: &str, now: Timestamp) -> Option<String> {
        let (machine, _) = current.rsplit_once(':')?;
        let arn = format!("{machine}:{}", self.qualifier);
        let age = now.as_second().checked_sub(self.shown_at)?;
        let good = age <= GOOD.as_secs() && keys.opens_form(&arn, self.shown_at, &self.key);
        good.then_some(arn)
    }
}

impl fmt::Display for FormVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.qualifier, self.shown_at, self.key)
    }
}
