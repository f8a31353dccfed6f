//! What must hold after every run, whatever went wrong in it.

use std::collections::BTreeMap;

use local::states::{EventType, ExecutionStatus, ExecutionView};
use serde::Deserialize as _;
use serde_json::Value;
use shared::approval::Link;
use shared::audit::AuditRecord;
use shared::id::RequestId;
use shared::request::{Request, Status};
use shared::stripe::REQUEST_ID;
use shared::table::Item;

use crate::functions::TEAMS;
use crate::model::{Decided, Model};
use crate::world::World;

/// Everything that does not hold.
pub(crate) async fn broken(world: &World) -> Vec<String> {
    let mut problems = world.functions.log.problems();
    check_commits(world, &mut problems);
    let told = told(world);
    let items = world.functions.table.items();
    for id in &world.requests {
        let request = world.request(*id).await;
        let trail = trail(&items, *id);
        let (model, mut found) = Model::of(&trail);
        let case = Case {
            world,
            request: &request,
            execution: &world.execution(*id),
            model: &model,
        };
        case.check_trail(&trail, &mut found);
        case.check_end(&mut found);
        case.check_money(&mut found);
        case.check_decisions(&mut found);
        case.check_told(&told, &mut found);
        case.check_mails(&mut found);
        if !found.is_empty() {
            found.push(story(&trail, case.execution));
        }
        problems.extend(found.into_iter().map(|problem| format!("{id}: {problem}")));
    }
    problems
}

/// One request after a run.
struct Case<'w> {
    world: &'w World,
    request: &'w Request,
    execution: &'w ExecutionView,
    model: &'w Model,
}

fn trail(items: &[Item], id: RequestId) -> Vec<AuditRecord> {
    let records = items.iter().filter(|item| item.kind == "audit");
    let records = records.map(|item| AuditRecord::deserialize(&item.body));
    let records = records.map(|record| record.expect("it is a record"));
    records
        .filter(|record: &AuditRecord| record.request_id == id)
        .collect()
}

/// What happened, for whoever has to find out why.
fn story(trail: &[AuditRecord], execution: &ExecutionView) -> String {
    let of_trail = trail.iter().map(|r| {
        let detail = r.detail.as_deref().unwrap_or_default();
        let text = format!("{} in {} by {} {detail}", r.action, r.phase, r.actor);
        (r.at, format!("    {text}"))
    });
    let of_execution = execution.history.iter().map(|e| {
        let state = e.state.as_deref().unwrap_or_default();
        let error = e.details["error"].as_str().unwrap_or_default();
        (e.at, format!("{} {state} {error}", e.event_type))
    });
    let mut lines: Vec<_> = of_execution.chain(of_trail).collect();
    lines.sort_by_key(|(at, _)| *at);
    let lines = lines
        .into_iter()
        .map(|(at, what)| format!("\n  {at} {what}"));
    format!("what happened:{}", lines.collect::<String>())
}

/// A request changes together with exactly one record of its trail, and no record stands alone.
fn check_commits(world: &World, problems: &mut Vec<String>) {
    for items in world.functions.table.commits() {
        let of = |kind: &str| -> Vec<&Item> { items.iter().filter(|i| i.kind == kind).collect() };
        let fits = match (of("request").as_slice(), of("audit").as_slice()) {
            ([], []) => true,
            ([request], [record]) => {
                let (request, record) = (&request.body, &record.body);
                request["auditCount"] == record["seq"]
                    && request["status"] == record["status"]
                    && request["phase"] == record["phase"]
                    && request["requestId"] == record["requestId"]
            }
            _ => false,
        };
        if !fits {
            let kinds: Vec<_> = items.iter().map(|item| item.kind).collect();
            problems.push(format!("a change without its record: {kinds:?}"));
        }
    }
}

impl Case<'_> {
    fn check_trail(&self, trail: &[AuditRecord], problems: &mut Vec<String>) {
        let Request {
            audit_count,
            status,
            ..
        } = self.request;
        if usize::try_from(*audit_count) != Ok(trail.len()) || *status != self.model.status {
            problems.push(format!(
                "it is {status:?} with {audit_count} records; the trail of {} says {:?}",
                trail.len(),
                self.model.status
            ));
        }
    }

    /// It ends in an end phase, or somebody has to look, and the execution says the same.
    fn check_end(&self, problems: &mut Vec<String>) {
        let output = |outcome: &str| {
            let output = self.execution.output.as_ref();
            output.is_some_and(|output| output["outcome"] == outcome)
        };
        let fits = match (self.execution.status, self.request.status) {
            (ExecutionStatus::Succeeded, Status::Refunded) => output("refunded"),
            (ExecutionStatus::Succeeded, Status::Denied) => output("denied"),
            (ExecutionStatus::Failed, Status::NeedsAttention) => {
                self.execution.error.as_deref() == Some("Request.NeedsAttention")
            }
            _ => false,
        };
        if !fits {
            let ExecutionView {
                status,
                output,
                error,
                ..
            } = self.execution;
            problems.push(format!(
                "it is {:?}, its execution {status:?} {output:?} {error:?}",
                self.request.status
            ));
        }
    }

    /// At most one refund was ever made, and the customer is told of one exactly when it was paid.
    fn check_money(&self, problems: &mut Vec<String>) {
        let id = self.request.request_id.to_string();
        let paid = self.world.functions.stripe.paid();
        let mine = paid
            .iter()
            .filter(|r| r.metadata.get(REQUEST_ID) == Some(&id));
        let mine: Vec<_> = mine.collect();
        if mine.len() > 1 {
            problems.push(format!("it was paid {} times", mine.len()));
        }
        let succeeded = mine
            .iter()
            .any(|r| r.status.as_deref() == Some("succeeded"));
        let amount = self.request.amount().map(shared::money::Usd::cents);
        if mine.iter().any(|r| Some(r.amount) != amount) {
            problems.push(format!("{mine:?} is not {amount:?}"));
        }
        let told = !self.model.refunded.is_empty();
        let denied = self.request.status == Status::Denied;
        if (told && !succeeded) || (denied && succeeded) || self.model.refunded.len() > 1 {
            problems.push(format!(
                "it is {:?} and was told of {:?}; Stripe has {mine:?}",
                self.request.status, self.model.refunded
            ));
        }
        if told && !self.was_approved() {
            problems.push("it was paid and not approved".to_owned());
        }
    }

    fn was_approved(&self) -> bool {
        let decisions = self.model.decisions.values().flatten();
        let mut outcomes = decisions.map(|decided| decided.outcome.as_str());
        self.model.decisions.len() == self.model.asked.len() && outcomes.all(|o| o == "approve")
    }

    /// Each phase is decided once, and what was decided is what the execution went on with.
    fn check_decisions(&self, problems: &mut Vec<String>) {
        for (phase, decided) in &self.model.decisions {
            if decided.len() > 1 {
                problems.push(format!("{phase} was decided more than once: {decided:?}"));
            }
            let heard = heard(self.execution, phase.as_str());
            let decided: Vec<&str> = decided.iter().map(|d| d.outcome.as_str()).collect();
            let is_over = self.execution.status == ExecutionStatus::Succeeded;
            if heard != decided && (is_over || !heard.is_empty()) {
                problems.push(format!("{phase}: decided {decided:?}, heard {heard:?}"));
            }
        }
    }

    /// What an approver was told is recorded stands in the trail, in the same words.
    fn check_told(&self, told: &[(Link, Value)], problems: &mut Vec<String>) {
        for (link, body) in told {
            if link.request_id != self.request.request_id {
                continue;
            }
            let decided = self.model.decisions.get(&link.phase);
            let decided = decided.map_or(&[][..], Vec::as_slice);
            let fits = |d: &Decided| {
                body["outcome"] == *d.outcome
                    && body["decidedBy"] == *d.by
                    && body["decidedAt"] == d.at.to_string()
            };
            if !decided.iter().any(fits) {
                problems.push(format!("told {body}, recorded {decided:?}"));
            }
        }
    }

    /// Everyone who is asked gets a mail, and the customer is told how it ended.
    fn check_mails(&self, problems: &mut Vec<String>) {
        let id = self.request.request_id.to_string();
        let sent = self.world.functions.mailer.sent();
        let got = |to: &str, words: &str| {
            sent.iter().any(|mail| {
                mail.to == to && mail.subject.contains(words) && mail.text.contains(&id)
            })
        };
        let teams: BTreeMap<String, Vec<String>> =
            serde_json::from_str(TEAMS).expect("they are teams");
        for (phase, team) in [
            ("CSM Review", "csm-team"),
            ("Finance Approval", "finance-team"),
        ] {
            // A decision may come before the last of them was written to.
            let heard = heard(self.execution, phase);
            let waited = self.model.asked.iter().any(|p| p.as_str() == phase) && !heard.is_empty();
            let first = !waited || teams[team].iter().any(|to| got(to, phase));
            let all = teams[team].iter().all(|to| got(to, phase));
            // Who redrives after two weeks may find that the time ran out with nobody asked.
            let redriven = self.execution.redrives > 0;
            if !redriven && (!first || (waited && heard == ["expire"] && !all)) {
                problems.push(format!("not everybody got a mail about {phase}"));
            }
        }
        let confirmed = got("ada@example.com", "has been processed");
        let is_over = self.execution.status == ExecutionStatus::Succeeded;
        if is_over && confirmed != (self.request.status == Status::Refunded) {
            problems.push(format!("confirmed: {confirmed}, {:?}", self.request.status));
        }
        let rejected = self.request.output("rejectionReason").is_some();
        if is_over && rejected != got("ada@example.com", "About your refund request") {
            problems.push(format!("rejected: {rejected}, and not told so, or told so"));
        }
        if self.request.status == Status::NeedsAttention
            && !got("csm-1@example.com", "needs your attention")
        {
            problems.push("nobody was told that it needs attention".to_owned());
        }
    }
}

/// What the execution went on with after a phase that asks.
fn heard(execution: &ExecutionView, phase: &str) -> Vec<String> {
    let exits = execution.history.iter().filter(|event| {
        event.event_type == EventType::TaskSucceeded && event.state.as_deref() == Some(phase)
    });
    let outcome = |event: &local::states::HistoryEvent| {
        let output = event.details["output"].as_str()?;
        let output: Value = serde_json::from_str(output).ok()?;
        Some(output["outcome"].as_str()?.to_owned())
    };
    exits.filter_map(outcome).collect()
}

/// The answers that say that a decision is recorded, and whose link they were given to.
fn told(world: &World) -> Vec<(Link, Value)> {
    let told = world.people.told().into_iter();
    let told = told.filter(|told| told.status == 200 && told.body["decidedBy"].is_string());
    let told = told.filter_map(|told| Some((world.link(&told.link_id)?, told.body)));
    told.collect()
}
