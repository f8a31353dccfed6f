//! How long personal data is kept: the requests that have ended, by when they did, and what is removed of one.
//!
//! Each request that ends has an item here, stored in the transaction that ends it. Whatever is due is found by it,
//! however long nobody has looked, and also after the time was changed.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::charge_lookup::ChargeLookup;
use crate::failure::Failure;
use crate::id::RequestId;
use crate::optimistic::{AttemptError, Attempts};
use crate::person_requests::PersonRequest;
use crate::request::{Event, ForgetReason, Request};
use crate::request_store::RequestStore;
use crate::table::{Entity, Key, ReadError, Table, Write, load_before};
use crate::task::StateEntry;

const PARTITION: &str = "ENDED";

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
        Key {
            pk: PARTITION.to_owned(),
            sk: format!("{}#{}", millisecond(self.ended_at), self.request_id),
        }
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
        let next = at.saturating_add(SignedDuration::from_millis(1));
        let end = millisecond(next.unwrap_or(Timestamp::MAX));
        let found = load_before(self.table(), PARTITION, &end, most).await?;
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
        let mut attempts = Attempts::default();
        loop {
            if let Some(result) = attempts.finish(self.try_to_forget(id, reason, at).await) {
                return result;
            }
        }
    }

    async fn try_to_forget(
        &self,
        id: RequestId,
        reason: ForgetReason,
        at: Timestamp,
    ) -> Result<(), AttemptError> {
        let mut request = self.request(id).await?.ok_or(Failure::RequestNotFound)?;
        if !is_over(&request.value, at) || request.value.forgotten_at.is_some() {
            return Ok(());
        }
        let mut writes = vec![Write::Delete(ChargeLookup::key_of(id))];
        let approvals = self.all_approvals(id).await?;
        writes.extend(approvals.iter().map(|it| Write::Delete(it.key())));
        let person = PersonRequest::of(&request.value);
        writes.extend(person.map(|person| Write::Delete(person.key())));
        if let Some(mut entry) = self.refund(id).await? {
            // It counts toward limits of the last 30 days, by customer.
            entry.value.reservation = None;
            writes.push(Write::update(&entry));
        }
        let phase = request.value.phase.clone();
        let state_entry = StateEntry::during(&phase, at);
        let record = request.value.apply(&Event::Forgotten(reason), state_entry);
        Ok(self.save(&mut request, &record, writes).await?)
    }

    /// Notes that nothing is left to be forgotten of a request.
    pub async fn note_forgotten(&self, ended: &EndedRequest) -> Result<(), Failure> {
        Ok(self.table().remove(&ended.key()).await?)
    }
}
