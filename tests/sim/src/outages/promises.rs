//! What must hold in every history, beside the invariants of all.
//!
//! Of the fourteen days for an approval an outage takes what it lasts. Where the process stopped before anybody was
//! written to, they begin anew with the redrive. So whoever approves has seven days at least in which everything answers.

use std::collections::BTreeSet;

use domain::approval::Approval;
use domain::audit::{Action, AuditRecord};
use domain::id::RequestId;
use domain::request::Status;
use domain::table::Item;
use jiff::Timestamp;

use super::drawn::{Approvers, Drawn};
use super::overlap_seconds;
use super::to_do::ToDo;
use crate::customers::EMAIL;
use crate::invariants::{audit_log, story};
use crate::ports::stripe::NO;
use crate::world::World;

const SEVEN_DAYS: i64 = 7 * 86_400;

/// A history that has ended.
pub(super) struct History<'a> {
    pub(super) world: &'a World,
    pub(super) drawn: &'a Drawn,
    pub(super) to_do: &'a ToDo<'a>,
}

impl History<'_> {
    /// What is lost: what is not stored although its customer was told so, and what is stored and was never started.
    pub(super) fn lost(&self) -> Vec<String> {
        let stored = self.world.functions.table.requests();
        let confirmed = self.to_do.confirmed.iter();
        let missing = confirmed.filter(|id| !stored.contains(id));
        let missing = missing.map(|id| format!("{id} is confirmed and not stored"));
        let executor = self.world.executor();
        let unstarted = stored.iter();
        let unstarted = unstarted.filter(|id| executor.status(&id.to_string()).is_none());
        let unstarted = unstarted.map(|id| format!("{id} is stored and was never started"));
        missing.chain(unstarted).collect()
    }

    /// What else does not hold.
    pub(super) async fn broken(&self) -> Vec<String> {
        let items = self.world.functions.table.items();
        let mut problems = Vec::new();
        for id in self.world.functions.table.requests() {
            let records = audit_log(&items, id);
            let status = self.world.request(id).await.status;
            let problem = match status {
                Status::Refunded => None,
                Status::Denied => self.why_not_denied(id, &records, &items),
                other @ (Status::InReview
                | Status::Processing
                | Status::Completed
                | Status::NeedsAttention) => Some(format!("stands at {other:?} after a redrive")),
            };
            problems.extend(problem.map(|problem| {
                let story = story(&records, &self.world.execution(id));
                format!("{id}: {problem}; {story}")
            }));
            if self.is_waited_out() && records.iter().any(|it| it.action == Action::Stopped) {
                problems.push(format!("{id}: one outage of a day stopped it"));
            }
        }
        problems
    }

    /// What is away is away for less than everything is tried again.
    fn is_waited_out(&self) -> bool {
        let [outage] = &self.drawn.outages[..] else {
            return false;
        };
        outage.hours() <= 24
    }

    /// What is wrong with a denial: it must be an approver's, Stripe's, or nobody's who had the time.
    fn why_not_denied(
        &self,
        id: RequestId,
        records: &[AuditRecord],
        items: &[Item],
    ) -> Option<String> {
        let by_stripe = [Action::RefundRefused, Action::ChargeExhausted];
        let said_no = |record: &AuditRecord| {
            let by_approver = record.action == Action::Rejected;
            (by_approver && self.drawn.approvers == Approvers::Differ)
                || (by_stripe.contains(&record.action) && record.detail.as_deref() == Some(NO))
        };
        if records.iter().any(said_no) {
            return None;
        }
        let Some(expired) = records.iter().find(|it| it.action == Action::Expired) else {
            return Some("it is denied for want of a service".to_owned());
        };
        self.why_not_expired(id, expired, records, items)
    }

    fn why_not_expired(
        &self,
        id: RequestId,
        expired: &AuditRecord,
        records: &[AuditRecord],
        items: &[Item],
    ) -> Option<String> {
        let phase = &expired.phase;
        let key = Approval::key_of(id, phase);
        let approval = items.iter().find(|item| item.key == key);
        let until = approval.and_then(|item| item.body["decideUntil"].as_str()?.parse().ok());
        let until: Timestamp = until.expect("what expires is stored");
        let is_of_it = |link_id: &str| {
            let link = self.world.link(link_id);
            link.is_some_and(|link| link.request_id == id && link.phase == *phase)
        };
        let mails = self.world.decision_mails();
        let asked = mails.iter().find(|mail| is_of_it(&mail.link_id));
        let asked = asked.map(|mail| mail.at);
        if asked.is_some() && self.drawn.approvers == Approvers::Agree {
            return Some(format!("{phase} expired, and those who are asked agree"));
        }
        // Or those who look after it know that nobody could be asked.
        let deadlock = records.iter();
        let mut deadlock = deadlock.filter(|it| it.action == Action::NobodyMayDecide);
        let deadlock = deadlock.find(|it| it.phase == *phase).map(|it| it.at);
        let Some(told) = asked.into_iter().chain(deadlock).min() else {
            return Some(format!("{phase} expired, and nobody was asked"));
        };
        let outages = self.drawn.outages.iter();
        let away = outages.map(|it| overlap_seconds((told, until), (it.from, it.until)));
        let had = until.duration_since(told).as_secs() - away.sum::<i64>();
        let days = SEVEN_DAYS / 86_400;
        (had < SEVEN_DAYS)
            .then(|| format!("{phase} expired {had} seconds after it was asked, not {days} days"))
    }

    /// What happened of what ought to in some history.
    pub(super) fn seen(&self) -> BTreeSet<&'static str> {
        let mut seen = self.to_do.seen.clone();
        let missed = self.world.faults.missed();
        for outage in &self.drawn.outages {
            let is_missed = |place| missed.contains(place);
            if outage.service.places().iter().any(is_missed) {
                seen.insert(outage.service.name());
                seen.extend((outage.hours() >= 20).then_some("away for 20 hours and more"));
                seen.extend((outage.hours() > 30).then_some("refused for 30 hours and more"));
            }
        }
        let refused = self.world.functions.mailer.refused();
        if let Some(mail) = refused.first() {
            let is_approver = mail.to != EMAIL;
            seen.insert(["a customer refused", "an approver refused"][usize::from(is_approver)]);
        }
        for item in self.world.functions.table.items() {
            let action = item.body["action"].as_str().unwrap_or_default();
            seen.extend(match action {
                "stopped" => Some("stopped"),
                "resumed" => Some("resumed"),
                "rejected" => Some("rejected"),
                "expired" => Some("expired"),
                "refunded" => Some("refunded"),
                "credited" => Some("credited"),
                "refund_refused" => Some("refused by Stripe"),
                _ => None,
            });
        }
        seen
    }
}
