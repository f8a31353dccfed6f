//! Refunds and credits in the table: a request's entry, and what it reserves of its charge.

use jiff::Timestamp;

use crate::audit::AuditRecord;
use crate::charge_ledger::ChargeLedger;
use crate::failure::Failure;
use crate::id::RequestId;
use crate::optimistic::{AttemptError, update};
use crate::payment_control::release;
use crate::refund::{RefundEntry, Settlement};
use crate::request::Request;
use crate::request_store::RequestStore;
use crate::stripe::Refund;
use crate::table::{CommitError, ReadError, Stored, Table, Write, load, load_or};
use crate::task::StateEntry;

impl<T: Table> RequestStore<T> {
    /// What Stripe was asked to pay for a request.
    pub async fn refund(&self, id: RequestId) -> Result<Option<Stored<RefundEntry>>, ReadError> {
        load(self.table(), &RefundEntry::key_of(id)).await
    }

    /// What is reserved of a charge. Version 0: nothing was yet.
    pub async fn charge_ledger(&self, charge: &str) -> Result<Stored<ChargeLedger>, ReadError> {
        load_or(self.table(), ChargeLedger::new(charge)).await
    }

    /// Stores what an entry of the ledger means for its request, its charge and the limits of its offering, in one
    /// transaction.
    ///
    /// An intent brings the charge's ledger as it was when it was found that enough is left, and what reserves it of
    /// the limits.
    pub async fn save_settlement(
        &self,
        request: &mut Stored<Request>,
        record: &AuditRecord,
        entry: &mut Stored<RefundEntry>,
        ledger: Option<Stored<ChargeLedger>>,
        limits: Vec<Write>,
    ) -> Result<(), AttemptError> {
        let mut writes = limits;
        if entry.value.settlement == Some(Settlement::Refused)
            && let Some(reservation) = entry.value.reservation.take()
        {
            writes.extend(release(self.table(), &reservation).await?);
        }
        let ledger = match (ledger, &entry.value.charge_id) {
            (None, Some(charge)) => Some(self.charge_ledger(charge).await?),
            (ledger, _) => ledger,
        };
        writes.push(Write::update(entry));
        if let Some(mut ledger) = ledger {
            ledger.value.follow(&entry.value);
            writes.push(Write::update(&ledger));
        }
        self.save(request, record, writes).await?;
        entry.version += 1;
        Ok(())
    }

    /// Stores what only concerns the waiting for a refund. It changes nothing about the request. Whoever changes the entry
    /// again reads it first.
    pub async fn save_refund(&self, entry: &Stored<RefundEntry>) -> Result<(), CommitError> {
        self.table().commit(vec![Write::update(entry)]).await
    }

    /// Brings a request up to date with its refund as Stripe has it now. `None` if the request has not asked for this
    /// one.
    pub async fn record_refund(
        &self,
        id: RequestId,
        refund: &Refund,
        at: Timestamp,
    ) -> Result<Option<(Stored<Request>, Stored<RefundEntry>)>, Failure> {
        update(|| async {
            let Some(mut entry) = self.refund(id).await? else {
                return Ok(None);
            };
            let mut request = self.request(id).await?.ok_or(Failure::RequestNotFound)?;
            let update = entry.value.apply_update(refund);
            if let Some(event) = entry.value.event(&update) {
                let waiting = entry.value.waiting.as_ref();
                let state_entry = StateEntry {
                    state: waiting.map_or(entry.value.phase.as_str(), |waiting| &waiting.state),
                    ..StateEntry::during(&entry.value.phase, at)
                };
                let record = request.value.apply(&event, state_entry);
                self.save_settlement(&mut request, &record, &mut entry, None, Vec::new())
                    .await?;
            }
            let is_the_one = entry.value.stripe_id.as_deref() == Some(refund.id.as_str());
            Ok(is_the_one.then_some((request, entry)))
        })
        .await
    }
}
