//! The requests of a person, by their mailbox: for what they may ask to see or have erased.
//!
//! The address stands here in plain text, as it does in the request, and goes when the request is forgotten.

use serde::{Deserialize, Serialize};

use crate::approval::mailbox;
use crate::id::RequestId;
use crate::request::Request;
use crate::request_store::RequestStore;
use crate::table::{Entity, Key, ReadError, Table, load_values};

const PREFIX: &str = "REQUEST#";

/// That a request is a person's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonRequest {
    /// The customer's address, or that of whoever was invited, as [`mailbox`] spells it.
    mailbox: String,
    /// The request.
    request_id: RequestId,
}

impl PersonRequest {
    /// Of a request; `None` where it has no address of its customer and invited nobody.
    pub fn of(request: &Request) -> Option<Self> {
        let own = request.customer_email().map(mailbox);
        Some(Self {
            mailbox: own.or_else(|| request.invited.clone())?,
            request_id: request.request_id,
        })
    }
}

impl Entity for PersonRequest {
    const KIND: &'static str = "personRequest";

    fn key(&self) -> Key {
        Key::new(
            partition(&self.mailbox),
            format!("{PREFIX}{}", self.request_id),
        )
    }
}

fn partition(mailbox: &str) -> String {
    format!("PERSON#{mailbox}")
}

impl<T: Table> RequestStore<T> {
    /// The requests of whoever reads that mailbox which are not forgotten, with what they sent in by invitation.
    pub async fn requests_of_person(&self, address: &str) -> Result<Vec<Request>, ReadError> {
        let partition = partition(&mailbox(address));
        let own: Vec<PersonRequest> = load_values(self.table(), &partition, PREFIX).await?;
        self.requests(own.into_iter().map(|it| it.request_id)).await
    }
}
