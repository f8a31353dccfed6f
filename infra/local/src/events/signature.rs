//! Signatures by the rules of [Standard Webhooks](https://www.standardwebhooks.com), version 1.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// How many bytes a key may have.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// What events are signed with.
#[derive(Clone)]
pub(super) struct SigningKey(Vec<u8>);

impl SigningKey {
    /// Reads a secret such as `whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD`. None: it is no secret, or a weak one.
    pub(super) fn parse(secret: &str) -> Option<SigningKey> {
        let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
        LENGTHS.contains(&key.len()).then_some(SigningKey(key))
    }

    /// The value of the header `webhook-signature` for a message with that id, at a time in seconds since 1970.
    pub(super) fn sign(&self, id: &str, at: i64, body: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(format!("{id}.{at}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// A new secret. Two random UUIDs hold 244 random bits.
pub(super) fn random_secret() -> String {
    let key = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    format!("whsec_{}", STANDARD.encode(key.concat()))
}
