//! The short reference of a request, such as `RD-7K2M4X`: what people say on the phone, and find a mail by.
//!
//! It follows from the request's id, so it is never drawn, stored or kept apart from it. Six digits are 30 random bits:
//! of ten thousand requests two share a reference once in twenty times, so whoever looks one up gets all that have it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{InvalidId, RequestId};
use crate::request::Request;
use crate::request_store::RequestStore;
use crate::table::{Entity, Key, ReadError, Table, load_values};

const PREFIX: &str = "RD";
/// Crockford's base 32: no I, L, O or U, which are misread or make words.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 6;
const BITS_EACH: u32 = 5;
/// What the sort keys of a reference's partition begin with.
const REQUEST: &str = "REQUEST#";

/// A request's reference. It prints as `RD-7K2M4X`, and is read as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference([u8; LENGTH]);

impl Reference {
    /// Of a request: the first 30 bits of its id.
    pub fn of(id: RequestId) -> Self {
        let mut bits = id.as_u128();
        Self([(); LENGTH].map(|()| {
            let digit = bits >> (u128::BITS - BITS_EACH);
            bits <<= BITS_EACH;
            DIGITS[usize::try_from(digit).unwrap_or_default()]
        }))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: String = self.0.iter().copied().map(char::from).collect();
        write!(f, "{PREFIX}-{digits}")
    }
}

impl FromStr for Reference {
    type Err = InvalidId;

    /// Reads it in either case, with or without the prefix, the hyphen and white space, and with the letters that
    /// stand for the digits they look like.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let text: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            })
            .collect();
        let digits = text.strip_prefix(PREFIX).filter(|it| it.len() == LENGTH);
        let digits = digits.unwrap_or(&text).as_bytes();
        <[u8; LENGTH]>::try_from(digits)
            .ok()
            .filter(|digits| digits.iter().all(|digit| DIGITS.contains(digit)))
            .map(Self)
            .ok_or(InvalidId("reference"))
    }
}

stored_as_text!(Reference, InvalidId);

/// By which a request is found from its reference. It says nothing of a person, and stays as long as the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReferencedRequest {
    reference: Reference,
    request_id: RequestId,
}

impl ReferencedRequest {
    pub(crate) fn of(request_id: RequestId) -> Self {
        let reference = Reference::of(request_id);
        Self {
            reference,
            request_id,
        }
    }
}

impl Entity for ReferencedRequest {
    const KIND: &'static str = "reference";

    fn key(&self) -> Key {
        Key::new(
            partition(self.reference),
            format!("{REQUEST}{}", self.request_id),
        )
    }
}

fn partition(reference: Reference) -> String {
    format!("REFERENCE#{reference}")
}

impl<T: Table> RequestStore<T> {
    /// All requests with that reference, which is one as good as always.
    pub async fn requests_of_reference(
        &self,
        reference: Reference,
    ) -> Result<Vec<Request>, ReadError> {
        let found: Vec<ReferencedRequest> =
            load_values(self.table(), &partition(reference), REQUEST).await?;
        self.requests(found.into_iter().map(|it| it.request_id))
            .await
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reference_is_the_beginning_of_the_id() {
        for (id, reference) in [
            ("00000000-0000-4000-8000-000000000000", "RD-000000"),
            ("ffffffff-ffff-4fff-8fff-ffffffffffff", "RD-ZZZZZZ"),
            ("08421084-0000-4000-8000-000000000000", "RD-111111"),
        ] {
            let id: RequestId = id.parse().unwrap();
            assert_eq!(Reference::of(id).to_string(), reference);
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "RD-",
            "RD-7K2M4",
            "RD-7K2M4XX",
            "RD-7K2M4U",
            "7K2M4\u{e9}",
            "XX-7K2M4X",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn people_may_write_it_as_they_like(bits: u128, hyphen: bool, prefix: bool, lower: bool) {
            let id: RequestId = uuid::Uuid::from_u128(bits).to_string().parse().unwrap();
            let reference = Reference::of(id);
            let mut text = reference.to_string();
            prop_assert!(!text.contains(['I', 'L', 'O', 'U']));
            if !prefix { text = text.replace("RD-", ""); }
            if !hyphen { text = text.replace('-', " "); }
            let looks_alike = text.replace('0', "o").replacen('1', "l", 1).replace('1', "I");
            for text in [text, looks_alike] {
                let text = if lower { text.to_lowercase() } else { text };
                prop_assert_eq!(text.parse(), Ok(reference));
            }
        }
    }
}
