//! How long personal data is kept, and then the audit log: the requests that have ended, by when they did, and what is
//! removed of one; and those whose personal data was removed, by when something of them was last recorded.
//!
//! Each request that ends has an item here, stored in the transaction that ends it, and another from the transaction on that
//! removes its personal data. Whatever is due is found by them, however long nobody has looked, and also after the times
//! were changed.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::audit::AuditRecord;
use crate::charge_lookup::{ChargeLookup, ChargeUse};
use crate::failure::Failure;
use crate::id::RequestId;
use crate::optimistic::update;
use crate::person_requests::PersonRequest;
use crate::reference::ReferencedRequest;
use crate::request::{Event, ForgetReason, Request};
use crate::request_store::{RequestStore, request_key};
use crate::table::{Entity, Key, Range, ReadError, SortKeys, Table, Write, load_range};
use crate::task::StateEntry;

const PARTITION: &str = "ENDED";
const FORGOTTEN: &str = "FORGOTTEN";

/// How long an execution that failed can be redriven: a limit of Step Functions. A request that stopped is over after that.
const REDRIVABLE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A request that has ended, or may have stopped for good, and whose personal data is kept for some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndedRequest {
    /// The request.
    pub request_id: RequestId,
    /// When it ended, or can no longer be redriven.
    pub ended_at: Timestamp,
}

impl EndedRequest {
    /// Of a request; `None` while it is open and has not stopped.
    pub fn of(request: &Request) -> Option<Self> {
        Some(Self {
            request_id: request.request_id,
            ended_at: request.ended_at.or_else(|| abandoned_at(request))?,
        })
    }
}

impl Entity for EndedRequest {
    const KIND: &'static str = "ended";

    fn key(&self) -> Key {
        Key::new(
            PARTITION,
            format!("{}#{}", millisecond(self.ended_at), self.request_id),
        )
    }
}

/// A request whose personal data was removed, with what else refers to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgottenRequest {
    /// The request.
    pub request_id: RequestId,
    /// When something of it was last recorded, as far as is known.
    pub last_record_at: Timestamp,
    /// The charges that it stands at, by all their names.
    charges: BTreeSet<String>,
}

impl Entity for ForgottenRequest {
    const KIND: &'static str = "forgotten";

    fn key(&self) -> Key {
        Key::new(
            FORGOTTEN,
            format!("{}#{}", millisecond(self.last_record_at), self.request_id),
        )
    }
}

/// When a request that has stopped can no longer be redriven.
fn abandoned_at(request: &Request) -> Option<Timestamp> {
    let since = request.stopped.as_ref()?.since;
    Some(since.saturating_add(REDRIVABLE).unwrap_or(since))
}

/// Whether a request has ended, or has stopped so long ago that it can no longer be redriven.
pub fn is_over(request: &Request, at: Timestamp) -> bool {
    request.ended_at.is_some() || abandoned_at(request).is_some_and(|abandoned| abandoned <= at)
}

/// Such as `2026-11-26T16:25:00.000Z`, which sorts by time, and tells two stops of a request apart.
fn millisecond(at: Timestamp) -> String {
    format!("{at:.3}")
}

impl<T: Table> RequestStore<T> {
    /// The requests that ended at that time or before it, to the millisecond: the oldest, at most so many.
    pub async fn ended_until(
        &self,
        at: Timestamp,
        most: usize,
    ) -> Result<Vec<EndedRequest>, ReadError> {
        self.listed_until(PARTITION, at, most).await
    }

    /// The requests whose personal data was removed and of which nothing was recorded after that time, as far as is known:
    /// the oldest, at most so many.
    pub async fn forgotten_until(
        &self,
        at: Timestamp,
        most: usize,
    ) -> Result<Vec<ForgottenRequest>, ReadError> {
        self.listed_until(FORGOTTEN, at, most).await
    }

    async fn listed_until<E: Entity>(
        &self,
        pk: &str,
        at: Timestamp,
        most: usize,
    ) -> Result<Vec<E>, ReadError> {
        let next = at.saturating_add(SignedDuration::from_millis(1));
        let end = millisecond(next.unwrap_or(Timestamp::MAX));
        let keys = SortKeys::Before(&end);
        let found = load_range(self.table(), Range { pk, keys, most }).await?;
        Ok(found.into_iter().map(|stored| stored.value).collect())
    }

    /// Removes the personal data of a request that is over, in one transaction with the record of it. One that is open, or
    /// forgotten already, is left as it is.
    pub async fn forget(
        &self,
        id: RequestId,
        reason: ForgetReason,
        at: Timestamp,
    ) -> Result<(), Failure> {
        update(|| async {
            let mut request = self.request(id).await?.ok_or(Failure::RequestNotFound)?;
            if !is_over(&request.value, at) || request.value.forgotten_at.is_some() {
                return Ok(());
            }
            let mut writes = vec![Write::Delete(ChargeLookup::key_of(id))];
            let lookup = self.charge_lookup(id).await?;
            let charges = lookup.into_iter().flat_map(|it| it.charges);
            let mut charges: BTreeSet<String> = charges.collect();
            charges.extend(request.value.charge().map(ToOwned::to_owned));
            let approvals = self.all_approvals(id).await?;
            writes.extend(approvals.iter().map(|it| Write::Delete(it.key())));
            let person = PersonRequest::of(&request.value);
            writes.extend(person.map(|person| Write::Delete(person.key())));
            if let Some(mut entry) = self.refund(id).await? {
                // It counts toward limits of the last 30 days, by customer.
                entry.value.reservation = None;
                charges.extend(entry.value.charge_id.clone());
                writes.push(Write::update(&entry));
            }
            writes.push(Write::create(&ForgottenRequest {
                request_id: id,
                last_record_at: at,
                charges,
            }));
            let phase = request.value.phase.clone();
            let state_entry = StateEntry::during(&phase, at);
            let record = request.value.apply(&Event::Forgotten(reason), state_entry);
            Ok(self.save(&mut request, &record, writes).await?)
        })
        .await
    }

    /// Notes that no personal data is left of a request.
    pub async fn note_forgotten(&self, ended: &EndedRequest) -> Result<(), Failure> {
        Ok(self.table().remove(&ended.key()).await?)
    }

    /// Removes all that is left of a request whose personal data was removed, and what refers to it. One of which something
    /// was recorded after that time stays, and is found by the time of that from then on.
    pub async fn remove(
        &self,
        forgotten: &ForgottenRequest,
        until: Timestamp,
    ) -> Result<(), Failure> {
        let (id, table) = (forgotten.request_id, self.table());
        let records = AuditRecord::load_all(table, id).await?;
        let last = records.iter().map(|record| record.at).max();
        if let Some(last_record_at) = last.filter(|last| millisecond(*last) > millisecond(until)) {
            let later = ForgottenRequest {
                last_record_at,
                ..forgotten.clone()
            };
            let moved = vec![Write::Delete(forgotten.key()), Write::create(&later)];
            return Ok(table.commit(moved).await?);
        }
        for charge in &forgotten.charges {
            let used = ChargeUse {
                charge: charge.clone(),
                request_id: id,
            };
            table.remove(&used.key()).await?;
            let mut ledger = self.charge_ledger(charge).await?;
            if ledger.value.release(id) {
                table.commit(vec![Write::update(&ledger)]).await?;
            }
        }
        let request = self.request(id).await?;
        if let Some(ended) = request.and_then(|request| EndedRequest::of(&request.value)) {
            // Where answers are kept for longer than the audit log, and were removed before on request.
            self.note_forgotten(&ended).await?;
        }
        table.remove(&ReferencedRequest::of(id).key()).await?;
        table.remove_all(&request_key(id).pk, "").await?;
        Ok(table.remove(&forgotten.key()).await?)
    }
}
