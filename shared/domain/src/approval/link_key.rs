//! What links, codes and status pages are derived from.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::id::{OfferingPath, RequestId};
use crate::one_time_code::{code_from, constant_time_eq};

/// The secret from which links, codes and status pages' keys are derived.
#[derive(Clone)]
pub struct LinkKey(Vec<u8>);

impl LinkKey {
    /// A key from a secret of at least 32 characters.
    pub fn new(secret: &str) -> Option<Self> {
        (secret.len() >= 32).then(|| Self(secret.as_bytes().to_vec()))
    }

    /// The link id of an approver: 128 bits in hexadecimal. Each generation has another one.
    pub fn link_id(&self, nonce: &str, approver: &str, generation: u32) -> String {
        hex(&self.derive("link", &[nonce, approver, &generation.to_string()])[..16])
    }

    /// The code that is printed in the mail with that link, and nowhere else.
    pub fn code(&self, nonce: &str, approver: &str, generation: u32) -> String {
        code_from(&self.derive("code", &[nonce, approver, &generation.to_string()]))
    }

    /// The code that is printed in the mail which asks a customer something, another one for each
    /// inquiry and generation.
    pub fn inquiry_code(&self, request_id: RequestId, number: u32, generation: u32) -> String {
        let parts = [
            request_id.to_string(),
            number.to_string(),
            generation.to_string(),
        ];
        code_from(&self.derive("question", &parts.each_ref().map(String::as_str)))
    }

    /// The unguessable part of a request's status page: 128 bits in hexadecimal.
    pub fn status_key(&self, request_id: RequestId) -> String {
        hex(&self.derive("status", &[&request_id.to_string()])[..16])
    }

    /// Whether a key from a URL belongs to the request.
    pub fn opens_status(&self, request_id: RequestId, key: &str) -> bool {
        constant_time_eq(&self.status_key(request_id), key)
    }

    /// The unguessable part of an invitation's link: 128 bits in hexadecimal.
    pub fn invitation_key(&self, about: RequestId, offering: &OfferingPath) -> String {
        let parts = [&about.to_string(), offering.as_str()];
        hex(&self.derive("invitation", &parts)[..16])
    }

    /// Whether a key from a URL invites the customer of that request to the offering.
    pub fn opens_invitation(&self, about: RequestId, offering: &OfferingPath, key: &str) -> bool {
        constant_time_eq(&self.invitation_key(about, offering), key)
    }

    /// The code that is printed in the mail which invites, another one for each generation.
    pub fn invitation_code(
        &self,
        about: RequestId,
        offering: &OfferingPath,
        generation: u32,
    ) -> String {
        let parts = [
            &about.to_string(),
            offering.as_str(),
            &generation.to_string(),
        ];
        code_from(&self.derive("invitation code", &parts))
    }

    /// A keyed hash of an address, for where the address itself must not be stored.
    pub fn address_hash(&self, address: &str) -> String {
        hex(&self.derive("address", &[&address.to_lowercase()]))
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

/// The hash by which a link is stored.
pub fn link_hash(link_id: &str) -> String {
    hex(&Sha256::digest(link_id.as_bytes()))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        for digit in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(u32::from(digit), 16));
        }
        hex
    })
}
