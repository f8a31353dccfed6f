//! What links, codes and status pages are derived from: a list of keys, so that one can be replaced.
//!
//! What is new is derived from the newest key. What was handed out before says which key it was derived from: a status
//! page's key and an invitation's begin with the [id](LinkKey::id) of theirs; an approval and an inquiry, whose codes
//! are too short for that, store it. So old links open for as long as their key is in the list.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::id::{OfferingPath, RequestId};
use crate::one_time_code::{code_from, constant_time_eq};

/// The fewest characters of a key.
const SHORTEST: usize = 32;
/// How many characters an id has: enough to tell the few keys of a list apart.
const ID_CHARS: usize = 8;

/// A secret from which links, codes and status pages' keys are derived.
#[derive(Clone)]
pub struct LinkKey {
    id: String,
    secret: Vec<u8>,
}

/// The keys that are in use.
#[derive(Debug, Clone)]
pub struct LinkKeys {
    newest: LinkKey,
    older: Vec<LinkKey>,
}

impl LinkKeys {
    /// The keys in a list with commas, the newest first. `None` if one has fewer than 32 characters.
    pub fn parse(list: &str) -> Option<Self> {
        let keys: Option<Vec<LinkKey>> = list.split(',').map(LinkKey::new).collect();
        let mut keys = keys?.into_iter();
        Some(Self {
            newest: keys.next()?,
            older: keys.collect(),
        })
    }

    /// The key for what is new.
    pub fn newest(&self) -> &LinkKey {
        &self.newest
    }

    /// The key with that id, if it is in the list.
    pub fn get(&self, id: &str) -> Option<&LinkKey> {
        self.all().find(|key| key.id == id)
    }

    /// The key with that id. Where it was removed, the newest: what was handed out is void, and what replaces it is
    /// derived from this one.
    pub fn of(&self, id: &str) -> &LinkKey {
        self.get(id).unwrap_or(&self.newest)
    }

    /// The id of the key that a status page's key or an invitation's says that it was derived from.
    pub fn id_in(derived: &str) -> &str {
        derived.get(..ID_CHARS).unwrap_or_default()
    }

    /// The unguessable part of a request's status page: 128 bits in hexadecimal, after their key's id.
    pub fn status_key(&self, request_id: RequestId) -> String {
        self.newest.named("status", &[&request_id.to_string()])
    }

    /// Whether a key from a URL belongs to the request.
    pub fn opens_status(&self, request_id: RequestId, key: &str) -> bool {
        self.opens("status", &[&request_id.to_string()], key)
    }

    /// The unguessable part of an invitation's link: 128 bits in hexadecimal, after their key's id.
    pub fn invitation_key(&self, about: RequestId, offering: &OfferingPath) -> String {
        let about = about.to_string();
        self.newest
            .named("invitation", &[&about, offering.as_str()])
    }

    /// Whether a key from a URL invites the customer of that request to the offering.
    pub fn opens_invitation(&self, about: RequestId, offering: &OfferingPath, key: &str) -> bool {
        let parts = [&about.to_string(), offering.as_str()];
        self.opens("invitation", &parts, key)
    }

    /// What proves that a form was shown by a version of its state machine at that Unix second: 128 bits in
    /// hexadecimal, after their key's id.
    pub fn form_key(&self, version: &str, shown_at: i64) -> String {
        self.newest.named("form", &[version, &shown_at.to_string()])
    }

    /// Whether a key from a form was made for that version and that second.
    pub fn opens_form(&self, version: &str, shown_at: i64, key: &str) -> bool {
        self.opens("form", &[version, &shown_at.to_string()], key)
    }

    /// An address's [keyed hash](LinkKey::address_hash) by each key.
    pub fn address_hashes(&self, address: &str) -> impl Iterator<Item = String> {
        self.all().map(|key| key.address_hash(address))
    }

    fn all(&self) -> impl Iterator<Item = &LinkKey> {
        std::iter::once(&self.newest).chain(&self.older)
    }

    fn opens(&self, purpose: &str, parts: &[&str], derived: &str) -> bool {
        let key = self.get(Self::id_in(derived));
        key.is_some_and(|key| constant_time_eq(&key.named(purpose, parts), derived))
    }
}

impl LinkKey {
    fn new(secret: &str) -> Option<Self> {
        let secret = secret.trim();
        let mut key = Self {
            id: String::new(),
            secret: secret.as_bytes().to_vec(),
        };
        key.id = hex(&key.derive("key id", &[])[..ID_CHARS / 2]);
        (secret.len() >= SHORTEST).then_some(key)
    }

    /// Says which key it is, and nothing of what it is.
    pub fn id(&self) -> &str {
        &self.id
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
        let [number, generation] = [number, generation].map(|it| it.to_string());
        code_from(&self.derive("question", &[&request_id.to_string(), &number, &generation]))
    }

    /// The code that is printed in the mail which invites, another one for each generation.
    pub fn invitation_code(
        &self,
        about: RequestId,
        offering: &OfferingPath,
        generation: u32,
    ) -> String {
        let (about, generation) = (about.to_string(), generation.to_string());
        let parts = [&about, offering.as_str(), &generation];
        code_from(&self.derive("invitation code", &parts))
    }

    /// A keyed hash of an address, for where the address itself must not be stored.
    pub fn address_hash(&self, address: &str) -> String {
        hex(&self.derive("address", &[&address.to_lowercase()]))
    }

    /// A keyed hash of whom requests are counted for, where the name itself must not be stored.
    pub fn counter_hash(&self, counted_for: &str, name: &str) -> String {
        hex(&self.derive("counter", &[counted_for, name])[..16])
    }

    fn named(&self, purpose: &str, parts: &[&str]) -> String {
        format!("{}{}", self.id, hex(&self.derive(purpose, parts)[..16]))
    }

    fn derive(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
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
