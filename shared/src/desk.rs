//! Requests in a table: how they are read, and how a change and its audit record are stored together.

use crate::approval::{Approval, Link};
use crate::audit::AuditRecord;
use crate::failure::Failure;
use crate::id::{PhaseName, RequestId};
use crate::refund::RefundEntry;
use crate::request::Request;
use crate::table::{CommitError, Entity, Key, ReadError, Stored, Table, Write, load};
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
        // Zero-padded, so that the trail sorts in its own order.
        Key {
            pk: format!("REQUEST#{}", self.request_id),
            sk: format!("AUDIT#{:06}", self.seq),
        }
    }
}

fn request_key(id: RequestId) -> Key {
    Key {
        pk: format!("REQUEST#{id}"),
        sk: "REQUEST".to_owned(),
    }
}

/// A request, opened for one passage through a state.
#[derive(Debug)]
pub enum Opened {
    /// An earlier attempt of the same invocation has done it all: answer the same again.
    Handled(Outcome),
    /// There is something to do.
    Fresh(Box<Stored<Request>>),
}

/// The requests of a deployment.
#[derive(Debug)]
pub struct Desk<T> {
    table: T,
}

impl<T: Table> Desk<T> {
    /// The requests in that table.
    pub fn new(table: T) -> Self {
        Self { table }
    }

    /// The table.
    pub fn table(&self) -> &T {
        &self.table
    }

    /// A request.
    pub async fn request(&self, id: RequestId) -> Result<Option<Stored<Request>>, ReadError> {
        load(&self.table, &request_key(id)).await
    }

    /// Opens a request for a task of its state machine. Lambda may run a task more than once; a state
    /// that was handled for this passage is not handled again.
    pub async fn open<C>(&self, task: &Task<C>) -> Result<Opened, Failure> {
        let request = self
            .request(task.request_id)
            .await?
            .ok_or(Failure::RequestNotFound)?;
        Ok(match request.value.handled(task.passage()) {
            Some(outcome) => Opened::Handled(Outcome::new(outcome)),
            None => Opened::Fresh(Box::new(request)),
        })
    }

    /// The approval of a phase, whether open or decided.
    pub async fn approval(
        &self,
        id: RequestId,
        phase: &PhaseName,
    ) -> Result<Option<Stored<Approval>>, ReadError> {
        load(&self.table, &Approval::key_of(id, phase)).await
    }

    /// Stores what only concerns the asking: the token that waits, who was written to. It changes
    /// nothing about the request.
    pub async fn save_approval(&self, approval: &mut Stored<Approval>) -> Result<(), CommitError> {
        self.table.commit(vec![Write::update(approval)]).await?;
        approval.version += 1;
        Ok(())
    }

    /// Where a link leads.
    pub async fn link(&self, link_id: &str) -> Result<Option<Stored<Link>>, ReadError> {
        load(&self.table, &Link::key_of(link_id)).await
    }

    /// What Stripe was asked to pay for a request.
    pub async fn refund(&self, id: RequestId) -> Result<Option<Stored<RefundEntry>>, ReadError> {
        load(&self.table, &RefundEntry::key_of(id)).await
    }

    /// Stores a new request and the first record of its trail, with `more` in the same transaction.
    pub async fn create(
        &self,
        request: &Request,
        record: &AuditRecord,
        more: Vec<Write>,
    ) -> Result<(), CommitError> {
        let mut writes = vec![Write::create(request), Write::create(record)];
        writes.extend(more);
        self.table.commit(writes).await
    }

    /// Stores a changed request and the record of the change, with `more` in the same transaction.
    ///
    /// This and [`Desk::create`] are the only ways to store a request, and both take the record.
    pub async fn save(
        &self,
        request: &mut Stored<Request>,
        record: &AuditRecord,
        more: Vec<Write>,
    ) -> Result<(), CommitError> {
        let mut writes = vec![Write::update(request), Write::create(record)];
        writes.extend(more);
        self.table.commit(writes).await?;
        request.version += 1;
        Ok(())
    }
}
