//! What must hold after every run, whatever went wrong in it.

use domain::approval::Link;
use domain::audit::AuditRecord;
use domain::audit_chain;
use domain::id::RequestId;
use domain::request::{Request, Status};
use domain::table::Item;
use local::states::{EventType, ExecutionStatus, ExecutionView};
use serde::Deserialize as _;
use serde_json::Value;

use crate::model::{Decided, Model};
use crate::world::World;

mod mails;
mod money;
mod movements;
mod payments;
mod privacy;
pub(crate) mod ratings;
mod routing;

/// What a promise is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Every change has its record, and the records tell where the request stands.
    AuditLog,
    /// Every request ends, or stands in needs attention with its execution failed.
    End,
    /// One payment at most, of what was approved and in the way that was chosen.
    Money,
    /// A decision counts once, and what somebody was told stays.
    Decisions,
    /// The right people are asked.
    Routing,
    /// Everybody gets the mails that are theirs.
    Mails,
    /// One rating for an invitation.
    Ratings,
    /// No data of customers in executions and audit log.
    Privacy,
}

type Check<'w> = fn(&Case<'w>, &mut Vec<String>);

/// What must hold for each request.
fn checks<'w>() -> [(Group, Check<'w>); 12] {
    [
        (Group::AuditLog, Case::check_audit_log),
        (Group::End, Case::check_end),
        (Group::Money, Case::check_money),
        (Group::Money, Case::check_approved_amounts),
        (Group::Money, Case::check_ownership),
        (Group::Money, Case::check_goes_on),
        (Group::Decisions, Case::check_decisions),
        (Group::Decisions, Case::check_replies),
        (Group::Routing, Case::check_routing),
        (Group::Routing, Case::check_charge_total),
        (Group::Mails, Case::check_mails),
        (Group::Privacy, Case::check_privacy),
    ]
}

/// Everything that does not hold.
pub(crate) async fn broken(world: &World) -> Vec<String> {
    let problems = broken_by_group(world).await.into_iter();
    problems.map(|(_, problem)| problem).collect()
}

/// Everything that does not hold, and what it is about.
pub(crate) async fn broken_by_group(world: &World) -> Vec<(Group, String)> {
    let mut problems = Vec::new();
    let mut add = |group, found: Vec<String>| {
        problems.extend(found.into_iter().map(|problem| (group, problem)));
    };
    add(Group::AuditLog, world.functions.log.problems());
    add(Group::AuditLog, check_commits(world));
    add(Group::Money, world.functions.stripe.problems());
    add(Group::Ratings, ratings::broken(world).await);
    let replies = recorded_replies(world);
    let items = world.functions.table.items();
    add(Group::Money, payments::broken(world, &items));
    add(Group::AuditLog, movements::broken(world, &items));
    add(Group::AuditLog, movements::reconciled(world, &items).await);
    for id in world.functions.table.requests() {
        let request = world.request(id).await;
        let audit_log = audit_log(&items, id);
        let (model, unknown) = Model::of(&audit_log);
        let case = Case {
            world,
            request: &request,
            execution: &world.execution(id),
            audit_log: &audit_log,
            model: &model,
            replies: &replies,
            items: &items,
        };
        let mut found = vec![(Group::AuditLog, unknown)];
        found.extend(checks().map(|(group, check)| {
            let mut of_check = Vec::new();
            check(&case, &mut of_check);
            (group, of_check)
        }));
        found.retain(|(_, problems)| !problems.is_empty());
        if let Some((_, first)) = found.first_mut() {
            first.push(story(&audit_log, case.execution));
        }
        for (group, of_group) in found {
            let named = of_group.iter().map(|problem| format!("{id}: {problem}"));
            add(group, named.collect());
        }
    }
    problems
}

/// One request after a run.
struct Case<'w> {
    world: &'w World,
    request: &'w Request,
    execution: &'w ExecutionView,
    audit_log: &'w [AuditRecord],
    model: &'w Model,
    /// What people were told is recorded, whichever request it was about.
    replies: &'w [(Link, Value)],
    /// All that is stored.
    items: &'w [Item],
}

/// The audit log of a request.
pub(crate) fn audit_log(items: &[Item], id: RequestId) -> Vec<AuditRecord> {
    let records = items.iter().filter(|item| item.kind == "audit");
    let records = records.map(|item| AuditRecord::deserialize(&item.body));
    let records = records.map(|record| record.expect("it is a record"));
    records
        .filter(|record: &AuditRecord| record.request_id == id)
        .collect()
}

/// What happened, for whoever has to find out why.
pub(crate) fn story(audit_log: &[AuditRecord], execution: &ExecutionView) -> String {
    let of_audit_log = audit_log.iter().map(|r| {
        let detail = r.detail.as_deref().unwrap_or_default();
        let text = format!("{} in {} by {} {detail}", r.action, r.phase, r.actor);
        (r.at, format!("    {text}"))
    });
    let of_execution = execution.history.iter().map(|e| {
        let state = e.state.as_deref().unwrap_or_default();
        let error = e.details["error"].as_str().unwrap_or_default();
        (e.at, format!("{} {state} {error}", e.event_type))
    });
    let mut lines: Vec<_> = of_execution.chain(of_audit_log).collect();
    lines.sort_by_key(|(at, _)| *at);
    let lines = lines
        .into_iter()
        .map(|(at, what)| format!("\n  {at} {what}"));
    format!("what happened:{}", lines.collect::<String>())
}

/// A request changes together with its newest records in the audit log, and no record stands alone.
fn check_commits(world: &World) -> Vec<String> {
    let mut problems = Vec::new();
    for items in world.functions.table.commits() {
        let of = |kind: &str| -> Vec<&Item> { items.iter().filter(|i| i.kind == kind).collect() };
        let fits = match (of("request").as_slice(), of("audit").as_slice()) {
            ([], []) => true,
            // Where a decision confirms something too, that has a record of its own.
            ([request], [.., _]) => {
                let mut records = of("audit");
                records.sort_by_key(|record| record.body["seq"].as_u64());
                let newest = records.last().map(|record| &record.body);
                let first = request.body["auditCount"].as_u64().unwrap_or_default() + 1;
                let numbers = (first - records.len() as u64)..;
                let request = &request.body;
                newest.is_some_and(|newest| {
                    request["status"] == newest["status"] && request["phase"] == newest["phase"]
                }) && records.iter().zip(numbers).all(|(record, number)| {
                    record.body["seq"] == number && record.body["requestId"] == request["requestId"]
                })
            }
            _ => false,
        };
        if !fits {
            let kinds: Vec<_> = items.iter().map(|item| item.kind).collect();
            problems.push(format!("a change without its record: {kinds:?}"));
        }
    }
    problems
}

impl Case<'_> {
    /// The address of whoever asked.
    fn customer(&self) -> &str {
        self.request.customer_email().unwrap_or_default()
    }

    fn check_audit_log(&self, problems: &mut Vec<String>) {
        let Request {
            audit_count,
            status,
            ..
        } = self.request;
        if usize::try_from(*audit_count) != Ok(self.audit_log.len()) || *status != self.model.status
        {
            problems.push(format!(
                "it is {status:?} with {audit_count} records; the audit log of {} says {:?}",
                self.audit_log.len(),
                self.model.status
            ));
        }
        let records = self.items.iter().filter(|item| item.kind == "audit");
        let own =
            records.filter(|item| item.body["requestId"] == self.request.request_id.to_string());
        let own: Vec<_> = own.map(|item| item.body.clone()).collect();
        if let Err(broken) = audit_chain::verify(self.request, &own) {
            problems.push(format!("the chain of the audit log: {broken}"));
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
            // What came back needs attention, however the execution ends.
            (ExecutionStatus::Succeeded, Status::NeedsAttention) if self.model.reversed => {
                output("refunded")
            }
            (ExecutionStatus::Succeeded, Status::Denied) => output("denied"),
            (ExecutionStatus::Succeeded, Status::Completed) => output("completed"),
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

    /// What somebody was told is recorded stands in the audit log, in the same words.
    fn check_replies(&self, problems: &mut Vec<String>) {
        for (link, body) in self.replies {
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
                problems.push(format!("answered {body}, recorded {decided:?}"));
            }
        }
    }
}

/// What the execution went on with after a phase that asks.
pub(crate) fn heard(execution: &ExecutionView, phase: &str) -> Vec<String> {
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
fn recorded_replies(world: &World) -> Vec<(Link, Value)> {
    let replies = world.people.replies().into_iter();
    let replies =
        replies.filter(|reply| reply.status == 200 && reply.body["decidedBy"].is_string());
    let replies = replies.filter_map(|reply| Some((world.link(&reply.link_id)?, reply.body)));
    replies.collect()
}
