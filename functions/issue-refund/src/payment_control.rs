//! Whether a payment may be made now: it is held while payments are stopped, and where it would pass a limit.

use domain::failure::Failure;
use domain::optimistic::AttemptError;
use domain::payment_control::{Hold, Intent, ReserveError, check_running, customer_key, reserve};
use domain::request::Event;
use domain::stripe::{Payment, Stripe};
use domain::table::{Table, Write};
use domain::task::{RefundConfig, Task};
use domain::workflow::Workflow;

use crate::IssueRefund;
use crate::entry::PendingEntry;

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// What reserves an intent's cents of the limits, for its transaction. One that is in the table has reserved them:
    /// it is held only while payments are stopped.
    pub(crate) async fn reserve_limits(
        &self,
        pending: &mut PendingEntry,
        payment: &Payment,
        task: &Task<&RefundConfig>,
    ) -> Result<Vec<Write>, AttemptError> {
        let (request, table) = (&pending.request.value, self.store.table());
        let reserved = if pending.is_intended {
            check_running(table).await.map(|_| Vec::new())
        } else {
            let requester_email = request.customer_email().unwrap_or_default();
            let entry = &mut pending.entry.value;
            let intent = Intent {
                offering: &request.offering,
                customer: &customer_key(&payment.payer, requester_email),
                amount: entry.amount,
                at: entry.intended_at,
                limits: task.config.limits,
            };
            let reserved = reserve(table, intent).await;
            reserved.map(|(reservation, writes)| {
                entry.reservation = reservation;
                writes
            })
        };
        match reserved {
            Ok(writes) => Ok(writes),
            Err(ReserveError::Unread(error)) => Err(error.into()),
            Err(ReserveError::Held(hold)) => {
                self.record_hold(pending, task, &hold).await?;
                Err(Failure::from(&hold).into())
            }
        }
    }

    /// Records why nothing is paid, once for each entry into the state.
    async fn record_hold(
        &self,
        pending: &mut PendingEntry,
        task: &Task<&RefundConfig>,
        hold: &Hold,
    ) -> Result<(), AttemptError> {
        let request = &mut pending.request;
        let last = request.value.payment_hold.as_ref();
        if last.is_some_and(|last| last.at == task.entered_at) {
            return Ok(());
        }
        let reason = hold.to_string();
        let event = Event::PaymentHeld(&reason);
        let record = request.value.apply(&event, task.state_entry());
        Ok(self.store.save(request, &record, Vec::new()).await?)
    }
}
