//! Requests in a table: how they are read, and how a change and its audit record are stored together.

use std::collections::BTreeSet;

use crate::approval::{Approval, Decision, Link};
use crate::audit::AuditRecord;
use crate::audit_index;
use crate::charge_lookup::{ChargeLookup, ChargeReport, ChargeUse, OtherRequest};
use crate::failure::Failure;
use crate::id::{PhaseName, RequestId};
use crate::metrics;
use crate::reference::ReferencedRequest;
use crate::request::Request;
use crate::table::{
    CommitError, Entity, Key, ReadError, Stored, Table, Write, load, load_or, load_values,
};
use crate::task::{Outcome, Task};

impl Entity for Request {
    const KIND: &'static str = "request";

    fn key(&self) -> Key {
        request_key(self.request_id)
    }
}

impl Entity for AuditRecord {
    const KIND: &'static str = "audit";

    fn key(&self) -> Key {
        let (pk, prefix) = Self::all_of(self.request_id);
        // Zero-padded, so that the audit log sorts in its own order.
        Key::new(pk, format!("{prefix}{:06}", self.seq))
    }

    fn index_key(&self) -> Option<Key> {
        Some(audit_index::key(self))
    }
}

impl AuditRecord {
    /// The partition of a request's records, and what their sort keys begin with.
    pub fn all_of(id: RequestId) -> (String, &'static str) {
        (format!("REQUEST#{id}"), "AUDIT#")
    }

    /// A request's records, in their order.
    pub async fn load_all(table: &impl Table, id: RequestId) -> Result<Vec<Self>, ReadError> {
        let (pk, prefix) = Self::all_of(id);
        load_values(table, &pk, prefix).await
    }
}

/// Where a request is stored; its audit records and all else of it are in the same partition.
pub fn request_key(id: RequestId) -> Key {
    Key::new(format!("REQUEST#{id}"), "REQUEST")
}

/// An invocation by a state machine, which may make it more than once for one entry into a state.
#[derive(Debug)]
pub enum Invocation {
    /// An earlier attempt has handled this entry: to be answered with the same outcome.
    Repeated(Outcome),
    /// This entry is to be handled.
    First(Box<Stored<Request>>),
}

/// The requests of a deployment.
#[derive(Debug)]
pub struct RequestStore<T> {
    table: T,
}

impl<T: Table> RequestStore<T> {
    /// The requests in that table.
    pub fn new(table: T) -> Self {
        Self { table }
    }

    /// The table.
    pub fn table(&self) -> &T {
        &self.table
    }

    /// Gives the table back.
    pub fn into_table(self) -> T {
        self.table
    }

    /// A request.
    pub async fn request(&self, id: RequestId) -> Result<Option<Stored<Request>>, ReadError> {
        load(&self.table, &request_key(id)).await
    }

    /// Those of these requests that there are.
    pub(crate) async fn requests(
        &self,
        ids: impl IntoIterator<Item = RequestId>,
    ) -> Result<Vec<Request>, ReadError> {
        let mut requests = Vec::new();
        for id in ids {
            requests.extend(self.request(id).await?.map(|stored| stored.value));
        }
        Ok(requests)
    }

    /// The request of a task, and whether the task was handled before.
    pub async fn invocation<C>(&self, task: &Task<C>) -> Result<Invocation, Failure> {
        let request = self.request(task.request_id).await?;
        let mut request = request.ok_or(Failure::RequestNotFound)?;
        if let Some(outcome) = request.value.handled(task.state_entry()) {
            return Ok(Invocation::Repeated(Outcome::new(outcome)));
        }
        if let Some(record) = request.value.resume_at(task.entered_at) {
            self.save(&mut request, &record, Vec::new()).await?;
        }
        Ok(Invocation::First(Box::new(request)))
    }

    /// The approval of a phase, whether open or decided.
    pub async fn approval(
        &self,
        id: RequestId,
        phase: &PhaseName,
    ) -> Result<Option<Stored<Approval>>, ReadError> {
        load(&self.table, &Approval::key_of(id, phase)).await
    }

    /// The approvals of several phases, those that there are.
    pub async fn approvals(
        &self,
        id: RequestId,
        phases: &[PhaseName],
    ) -> Result<Vec<Approval>, ReadError> {
        let mut approvals = Vec::new();
        for phase in phases {
            approvals.extend(self.approval(id, phase).await?.map(|stored| stored.value));
        }
        Ok(approvals)
    }

    /// All approvals of a request, open and decided, in the order in which they were asked for.
    pub async fn all_approvals(&self, id: RequestId) -> Result<Vec<Approval>, ReadError> {
        let (pk, prefix) = Approval::all_of(id);
        let mut approvals: Vec<Approval> = load_values(&self.table, &pk, prefix).await?;
        approvals.sort_by_key(|approval| approval.asked_at);
        Ok(approvals)
    }

    /// Makes sure that what is about to be paid is what was decided on: everybody whose approval led here was shown
    /// the same charge, reason and definition as there are now, and the amount is the smallest that was approved.
    pub async fn check_unchanged(&self, request: &Request, version: &str) -> Result<(), Failure> {
        let approvals = self.all_approvals(request.request_id).await?;
        for (phase, noted) in &request.approved {
            let mut of_phase = approvals.iter().filter(|it| it.phase == *phase);
            if !of_phase.any(|approval| approval.binds(request, version, noted)) {
                return Err(Failure::RequestChanged(format!(
                    "the request is not what was approved in {phase}"
                )));
            }
        }
        let decisions = approvals.iter().flat_map(Approval::decisions);
        let approved = decisions.filter_map(Decision::approved_amount);
        let due = approved.chain(request.requested_amount()).min();
        if request.amount() != due {
            return Err(Failure::RequestChanged(
                "the amount is not the smallest that was approved".to_owned(),
            ));
        }
        Ok(())
    }

    /// Stores a changed approval. It changes nothing about the request.
    pub async fn save_approval(&self, approval: &mut Stored<Approval>) -> Result<(), CommitError> {
        self.table.commit(vec![Write::update(approval)]).await?;
        approval.version += 1;
        Ok(())
    }

    /// Where a link leads.
    pub async fn link(&self, link_id: &str) -> Result<Option<Stored<Link>>, ReadError> {
        load(&self.table, &Link::key_of(link_id)).await
    }

    /// What Stripe said last about the charge of a request.
    pub async fn charge_lookup(&self, id: RequestId) -> Result<Option<ChargeLookup>, ReadError> {
        let found = load::<ChargeLookup>(&self.table, &ChargeLookup::key_of(id)).await?;
        Ok(found.map(|stored| stored.value))
    }

    /// What is known about the charge of a request, and which other requests are about the same one.
    pub async fn charge_report(&self, request: &Request) -> Result<ChargeReport, ReadError> {
        let found = self.charge_lookup(request.request_id).await?;
        let ids = match &found {
            Some(found) => self.others_of_charge(found).await?,
            None => BTreeSet::new(),
        };
        let others = self.requests(ids).await?;
        let others = others.iter().map(OtherRequest::of).collect();
        Ok(ChargeReport::new(request, found, others))
    }

    /// The other requests for the charge that was looked up for one, under any of its names.
    pub(crate) async fn others_of_charge(
        &self,
        found: &ChargeLookup,
    ) -> Result<BTreeSet<RequestId>, ReadError> {
        let mut ids = BTreeSet::new();
        for charge in &found.charges {
            let (pk, prefix) = ChargeUse::of_charge(charge);
            let uses: Vec<ChargeUse> = load_values(&self.table, &pk, prefix).await?;
            ids.extend(uses.into_iter().map(|used| used.request_id));
        }
        ids.remove(&found.request_id);
        Ok(ids)
    }

    /// Stores what was found about a charge, in place of what an earlier lookup found. It changes nothing about the
    /// request. Of two lookups at the same time one fails with a conflict.
    pub async fn save_charge_lookup(&self, lookup: ChargeLookup) -> Result<(), Failure> {
        let mut stored = load_or(&self.table, lookup.clone()).await?;
        stored.value = lookup;
        Ok(self.table.commit(vec![Write::update(&stored)]).await?)
    }

    /// Notes that a request is about a charge. Noting it again is fine.
    pub async fn note_charge(&self, used: &ChargeUse) -> Result<(), CommitError> {
        match self.table.commit(vec![Write::create(used)]).await {
            Err(CommitError::Conflict) => Ok(()),
            noted => noted,
        }
    }

    /// Stores a new request, the first record of its audit log and what it is found by, with `more` in the same
    /// transaction.
    pub async fn create(
        &self,
        request: &Request,
        record: &AuditRecord,
        more: Vec<Write>,
    ) -> Result<(), CommitError> {
        let reference = Write::create(&ReferencedRequest::of(request.request_id));
        let mut writes = vec![Write::create(request), Write::create(record), reference];
        writes.extend(more.iter().cloned());
        self.table.commit(writes).await?;
        metrics::report(record, &more);
        Ok(())
    }

    /// Stores a changed request and the record of the change, with `more` in the same transaction.
    ///
    /// This and [`RequestStore::create`] are the only ways to store a request, and both take the record.
    pub async fn save(
        &self,
        request: &mut Stored<Request>,
        record: &AuditRecord,
        more: Vec<Write>,
    ) -> Result<(), CommitError> {
        let mut writes = vec![Write::update(request), Write::create(record)];
        writes.extend(more.iter().cloned());
        self.table.commit(writes).await?;
        request.version += 1;
        metrics::report(record, &more);
        Ok(())
    }
}
