//! The ledger of a charge: what each request has reserved of it, so that no two of them give the same cents back.
//!
//! Stripe keeps refunds within the charge, and knows nothing of credits beside them; and two requests that ask
//! Stripe at the same moment see the same. So each intent reserves its cents here, in the transaction that
//! writes it and on the condition that nobody else has reserved any since Stripe was asked what is left.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::charge_statement::{ChargeStatement, StatementEntry};
use crate::id::RequestId;
use crate::money::Usd;
use crate::refund::{RefundEntry, Settlement};
use crate::table::{Entity, Key};

/// What is reserved of a charge. At most one item per charge, however a request spells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargeLedger {
    /// `ch_...`
    charge: String,
    /// By request.
    reservations: BTreeMap<RequestId, Reservation>,
}

/// What a request has reserved: asked of Stripe, or about to be, or given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reservation {
    amount: Usd,
    /// Stripe's id of the refund or credit, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stripe_id: Option<String>,
}

impl ChargeLedger {
    /// The ledger of a charge of which nothing is reserved.
    pub fn new(charge: &str) -> Self {
        Self {
            charge: charge.to_owned(),
            reservations: BTreeMap::new(),
        }
    }

    /// Reserves or releases what an entry says: an intent and what was paid keep their cents, what was refused or came
    /// back leaves them to others.
    pub fn follow(&mut self, entry: &RefundEntry) {
        match entry.settlement {
            None | Some(Settlement::Paid) => {
                let reservation = Reservation {
                    amount: entry.amount,
                    stripe_id: entry.stripe_id.clone(),
                };
                self.reservations.insert(entry.request_id, reservation);
            }
            Some(Settlement::Refused | Settlement::Reversed) => {
                self.reservations.remove(&entry.request_id);
            }
        }
    }

    /// Removes what a request has reserved. False: it has reserved nothing.
    pub fn release(&mut self, request: RequestId) -> bool {
        self.reservations.remove(&request).is_some()
    }

    /// What a request may still reserve, in cents: what was paid, less what Stripe lists as given back by anybody, less
    /// what other requests have reserved and Stripe does not list yet.
    pub fn left_for(&self, request: RequestId, statement: &ChargeStatement) -> u64 {
        let others = self.reservations.iter().filter(|(id, _)| **id != request);
        let unlisted = others.filter(|(id, it)| !it.is_listed(**id, statement));
        let reserved: u64 = unlisted.map(|(_, it)| it.amount.cents()).sum();
        let given = [statement.refunded(), statement.credited(), reserved];
        given
            .into_iter()
            .fold(statement.captured(), u64::saturating_sub)
    }
}

impl Reservation {
    fn is_listed(&self, request: RequestId, statement: &ChargeStatement) -> bool {
        let is_it = |entry: StatementEntry<'_>| match &self.stripe_id {
            Some(id) => entry.stripe_id == id,
            None => entry.request == Some(request) && entry.cents == self.amount.cents(),
        };
        statement.entries().any(is_it)
    }
}

impl Entity for ChargeLedger {
    const KIND: &'static str = "chargeLedger";

    fn key(&self) -> Key {
        Key::new(format!("CHARGE#{}", self.charge), "LEDGER")
    }
}
