//! What an approver is shown besides the request: what Stripe says of the charge now, and who decided before.
//!
//! It is shown after the code, so nobody who merely holds a link makes this system ask Stripe.

use std::time::Duration;

use domain::approval::Approval;
use domain::charge_lookup::{ChargeLookup, ChargeReport};
use domain::failure::Failure;
use domain::mail::Mailer;
use domain::stripe::Stripe;
use domain::stripe_lookup::look_up;
use domain::table::Table;
use domain::workflow::Workflow;
use jiff::{SignedDuration, Timestamp};

use crate::{OpenedLink, RecordApproval};

/// For how long Stripe's answer is shown without asking again.
const FRESH: SignedDuration = SignedDuration::from_mins(1);
/// How long whoever opens a case waits for Stripe. It is a fraction of the function's own time.
const PATIENCE: Duration = Duration::from_secs(4);

/// What an approver is shown besides the request.
#[derive(Debug)]
pub(crate) struct Case {
    /// What is known about the charge. None: the request is about none.
    pub(crate) report: Option<ChargeReport>,
    /// Whether Stripe was asked just now and did not answer, so that the report is an older one.
    pub(crate) is_outdated: bool,
    /// All approvals of the request.
    pub(crate) approvals: Vec<Approval>,
}

impl<T: Table, S: Stripe, M: Mailer, W: Workflow> RecordApproval<T, S, M, W> {
    /// Reads what there is to show, and asks Stripe before that. `asks_anew`: what an approver has just done changes what
    /// Stripe is asked.
    pub(crate) async fn load_case(
        &self,
        opened: &mut OpenedLink,
        at: Timestamp,
        asks_anew: bool,
    ) -> Result<(), Failure> {
        let mut case = Case {
            report: None,
            is_outdated: false,
            approvals: self
                .store
                .all_approvals(opened.request.value.request_id)
                .await?,
        };
        if opened.request.value.named_charge().is_some() {
            // What has ended is decided, and may be forgotten at any moment.
            let has_ended = opened.request.value.ended_at.is_some();
            case.is_outdated = !has_ended && !self.refresh(opened, at, asks_anew).await;
            let report = self.store.charge_report(&opened.request.value).await?;
            opened.lookup.clone_from(&report.found);
            case.report = Some(report);
        }
        opened.case = Some(case);
        Ok(())
    }

    /// Asks Stripe again, unless it was within the last minute and is to be asked nothing else. Says whether what is stored
    /// is new enough then.
    async fn refresh(&self, opened: &OpenedLink, at: Timestamp, asks_anew: bool) -> bool {
        let is_fresh = |found: &ChargeLookup| at.duration_since(found.looked_up_at) < FRESH;
        if !asks_anew && opened.lookup.as_ref().is_some_and(is_fresh) {
            return true;
        }
        let looked_up = look_up(&self.store, &self.stripe, &opened.request.value, at);
        match tokio::time::timeout(PATIENCE, looked_up).await {
            Ok(Ok(_)) => return true,
            Ok(Err(error)) => tracing::warn!(%error, "an older lookup is shown"),
            Err(_) => tracing::warn!("Stripe is slow: an older lookup is shown"),
        }
        false
    }
}
