//! Who gets which mail.

use std::collections::BTreeMap;

use domain::request::{Denial, Status};
use jiff::SignedDuration;
use local::states::ExecutionStatus;

use super::{Case, heard};
use crate::functions::TEAMS;
use crate::process::{OFFER, Process};

/// How long after the money the survey is mailed.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Case<'_> {
    /// Everyone who is asked gets a mail, and the customer is told how it ended.
    pub(super) fn check_mails(&self, problems: &mut Vec<String>) {
        self.check_asking(problems);
        if self.execution.status == ExecutionStatus::Failed
            && !self.got("csm-1@example.com", "has stopped")
        {
            problems.push("nobody was told that it needs attention".to_owned());
        }
        if self.model.reversed {
            self.check_mails_of_reversal(problems);
            return;
        }
        if self.execution.status != ExecutionStatus::Succeeded {
            return;
        }
        let refunded = self.request.status == Status::Refunded;
        let given = self.request.outputs.keys();
        let credited = given
            .map(domain::id::FieldName::as_str)
            .any(|name| name == "stripeCreditResult");
        for (words, due) in [
            ("has been processed", refunded && !credited),
            ("credit is ready", refunded && credited),
        ] {
            if self.got(self.customer(), words) != due {
                problems.push(format!("{words}: must be {due}, {:?}", self.request.status));
            }
        }
        // Whoever answers a survey makes no request.
        let asks = self.request.about.is_none();
        if asks && !self.got(self.customer(), "We have your request") {
            problems.push("the customer was not told that the request arrived".to_owned());
        }
        let denied = self.request.status == Status::Denied;
        for (denial, words) in [
            (Denial::Rejected, "About your refund request"),
            (Denial::Expired, "We did not decide"),
            // Also where it was approved and under way, and then failed.
            (Denial::NotPaid, "We could not"),
        ] {
            let due = denied && self.request.denial == Some(denial);
            if self.got(self.customer(), words) != due {
                problems.push(format!("{words}: must be {due}, {:?}", self.request.denial));
            }
        }
        let invites = refunded && Process::Routed.is_of(self.request);
        if invites != self.got(self.customer(), "How did we do?") {
            problems.push(format!("must be invited: {invites}, and was not, or was"));
        }
        let model = self.model;
        if let (Some(refunded), Some(invited)) = (model.refunded_at, model.invited_at)
            && invited.duration_since(refunded) < WEEK
        {
            problems.push(format!("refunded at {refunded}, and invited at {invited}"));
        }
    }

    /// The team and the customer are told that the money came back, and the customer not that it was paid after that.
    fn check_mails_of_reversal(&self, problems: &mut Vec<String>) {
        if !self.got("csm-1@example.com", "A refund came back") {
            problems.push("the team was not told that a refund came back".to_owned());
        }
        let id = self.request.request_id.to_string();
        let sent = self.world.functions.mailer.sent().into_iter();
        let mut sent = sent.filter(|mail| mail.to == self.customer() && mail.text.contains(&id));
        if !sent.any(|mail| mail.subject.contains("has come back")) {
            problems.push("the customer was not told that the refund came back".to_owned());
        }
        if let Some(mail) = sent.find(|mail| !mail.subject.contains("has come back")) {
            let subject = mail.subject;
            problems.push(format!("{subject:?} was mailed after the refund came back"));
        }
    }

    fn check_asking(&self, problems: &mut Vec<String>) {
        let teams: BTreeMap<String, Vec<String>> =
            serde_json::from_str(TEAMS).expect("they are teams");
        let customer = vec![self.customer().to_owned()];
        for (phase, words, people) in [
            ("CSM Review", "CSM Review", &teams["csm-team"]),
            ("Manager Review", "Manager Review", &teams["csm-manager"]),
            (
                "Finance Approval",
                "Finance Approval",
                &teams["finance-team"],
            ),
            (OFFER, "How would you like to get it?", &customer),
        ] {
            // A decision may come before the last of them was written to.
            let heard = heard(self.execution, phase);
            let waited = self.model.asked(phase) && !heard.is_empty();
            let mailer = &self.world.functions.mailer;
            let reached = |to: &String| self.got(to, words) || mailer.refuses(to);
            let first = !waited || people.iter().any(reached);
            let all = people.iter().all(reached);
            // Who redrives after two weeks may find that the time ran out with one of them asked.
            let redriven = self.execution.redrives > 0;
            if !first || (!redriven && waited && heard == ["expire"] && !all) {
                problems.push(format!("not everybody got a mail about {phase}"));
            }
        }
    }

    /// Whether somebody got a mail about this request with these words in its subject, or would have if their address
    /// were not refused.
    fn got(&self, to: &str, words: &str) -> bool {
        let id = self.request.request_id.to_string();
        let written = self.world.functions.mailer.written();
        written
            .iter()
            .any(|mail| mail.to == to && mail.subject.contains(words) && mail.text.contains(&id))
    }
}
