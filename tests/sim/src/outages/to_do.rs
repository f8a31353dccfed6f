//! Who does something next that no state machine waits for.

use std::collections::BTreeSet;

use adapters::ScheduledEvent;
use domain::id::RequestId;
use domain::stripe::Refund;
use jiff::Timestamp;
use local::states::ExecutionStatus;
use serde_json::Value;

use super::drawn::{Approvers, Drawn, Form, after};
use crate::customers::Customers;
use crate::faults::Place;
use crate::guards::Guard;
use crate::people::{DecisionMail, decided};
use crate::world::{World, stripe_event};

const HOUR: u64 = 3_600;
/// How long Stripe sends an event again, in seconds.
const STRIPE_SENDS_FOR: u64 = 3 * 24 * HOUR;
/// How often `start-requests` runs, in seconds.
const SCHEDULE: i64 = 600;

/// Something that somebody does.
#[derive(Debug, Clone)]
enum Errand {
    Submit(Form),
    Decide {
        mail: DecisionMail,
        decision: String,
    },
    /// Stripe tells what became of a refund, and tries until then.
    Tell {
        refund: Refund,
        until: Timestamp,
    },
    StartRequests,
    Redrive(RequestId),
}

/// What is going to be done, and what was.
#[derive(Debug)]
pub(super) struct ToDo<'a> {
    drawn: &'a Drawn,
    due: Vec<(Timestamp, Errand)>,
    /// The links whose mails were read.
    read: BTreeSet<String>,
    /// The refunds that Stripe tells of.
    told: BTreeSet<String>,
    /// The requests that were confirmed to their customers.
    pub(super) confirmed: Vec<RequestId>,
    /// The requests that are redriven, each once.
    redriven: BTreeSet<RequestId>,
    /// What happened of what ought to in some history.
    pub(super) seen: BTreeSet<&'static str>,
}

impl<'a> ToDo<'a> {
    pub(super) fn new(drawn: &'a Drawn, world: &World) -> Self {
        let forms = drawn.forms.iter().cloned();
        let mut due: Vec<_> = forms.map(|(at, form)| (at, Errand::Submit(form))).collect();
        if !world.functions.line.is_without(Guard::StartRequests) {
            let first = drawn.forms.iter().map(|(at, _)| *at).min();
            due.extend(first.map(|at| (next_schedule(at), Errand::StartRequests)));
        }
        Self {
            drawn,
            due,
            read: BTreeSet::new(),
            told: BTreeSet::new(),
            confirmed: Vec::new(),
            redriven: BTreeSet::new(),
            seen: BTreeSet::new(),
        }
    }

    /// When something is to be done next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.due.iter().map(|(at, _)| *at).min()
    }

    /// Finds out what people, Stripe and the operator have to do since things are as they are.
    pub(super) fn look_at(&mut self, world: &World) {
        let (now, faults) = (world.clock.now(), &world.faults);
        for mail in world.decision_mails() {
            if self.read.insert(mail.link_id.clone())
                && let Some(decision) = self.decision(world, &mail)
            {
                let at = after(now, faults.below(48 * HOUR));
                self.due.push((at, Errand::Decide { mail, decision }));
            }
        }
        for refund in world.functions.stripe.paid() {
            if refund.status.as_deref() == Some("pending") && self.told.insert(refund.id.clone()) {
                let at = self.settled_at(world);
                let until = after(at, STRIPE_SENDS_FOR);
                self.due.push((at, Errand::Tell { refund, until }));
            }
        }
        for (id, status) in world.statuses() {
            if status == ExecutionStatus::Failed && self.redriven.insert(id) {
                // Step Functions lets an execution go on within two weeks.
                let latest = after(now, 13 * 24 * HOUR);
                let hours = if faults.below(2) == 0 { 12 } else { 13 * 24 };
                let mended = after(now.max(self.drawn.end()), faults.below(hours * HOUR));
                self.due.push((mended.min(latest), Errand::Redrive(id)));
            }
        }
    }

    /// When it is known what becomes of a refund: mostly while something is away, so that Stripe's event meets that.
    fn settled_at(&self, world: &World) -> Timestamp {
        let (now, faults) = (world.clock.now(), &world.faults);
        let outages = self.drawn.outages.iter();
        let mut later = outages.filter(|outage| outage.until > now);
        match later.next().filter(|_| faults.below(4) > 0) {
            Some(outage) => after(now.max(outage.from), 1),
            None => after(now, HOUR + faults.below(48 * HOUR)),
        }
    }

    /// What somebody means to answer to a mail, if anything.
    fn decision(&self, world: &World, mail: &DecisionMail) -> Option<String> {
        let faults = &world.faults;
        if mail.is_choice() {
            let chosen = faults.pick(&mail.answers).cloned();
            return chosen.filter(|_| faults.below(4) > 0);
        }
        let decision = match self.drawn.approvers {
            Approvers::Absent => return None,
            Approvers::Differ if faults.below(3) == 0 => "reject",
            Approvers::Differ | Approvers::Agree => "approve",
        };
        Some(decision.to_owned())
    }

    /// Does what is due by now.
    pub(super) async fn run_due(&mut self, world: &mut World) {
        let now = world.clock.now();
        let due: Vec<_> = self.due.extract_if(.., |(at, _)| *at <= now).collect();
        for (_, errand) in due {
            let again = Box::pin(self.run(world, errand)).await;
            self.due.extend(again);
        }
    }

    /// Does something, and says when it is to be done again, if so.
    async fn run(&mut self, world: &mut World, errand: Errand) -> Option<(Timestamp, Errand)> {
        let now = world.clock.now();
        let later = |hours| after(now, HOUR + world.faults.below(hours * HOUR));
        match errand {
            Errand::Submit(form) => {
                let at = later(5);
                let again = self.submit(world, form).await?;
                Some((at, Errand::Submit(again)))
            }
            Errand::Decide { mail, decision } => {
                let body = decided(&decision);
                let reply = world.people.send(&world.functions, &mail, body).await;
                if reply.status < 500 {
                    return None;
                }
                self.seen.insert("decided again after an error page");
                Some((later(5), Errand::Decide { mail, decision }))
            }
            Errand::Tell { mut refund, until } => {
                world.functions.stripe.settle();
                refund.status = Some("succeeded".to_owned());
                let id = format!("evt_{}", refund.id);
                let status = stripe_event(&world.functions, &id, &refund, "succeeded").await;
                let is_over = status < 500 || now >= until;
                if !is_over {
                    self.seen.insert("an event of Stripe's sent again");
                }
                (!is_over).then(|| (later(3), Errand::Tell { refund, until }))
            }
            Errand::StartRequests => {
                self.start_requests(world).await;
                let waits = self
                    .due
                    .iter()
                    .any(|(_, it)| matches!(it, Errand::Submit(_)));
                let table = world.functions.table.items();
                let is_left = waits || table.iter().any(|item| item.kind == "unstarted");
                is_left.then(|| (next_schedule(now), Errand::StartRequests))
            }
            Errand::Redrive(id) => {
                let redriven = world.executor().redrive(&id.to_string());
                redriven.expect("what failed can be redriven");
                None
            }
        }
    }

    /// A customer sends a form; it is given back where they send it again.
    async fn submit(&mut self, world: &mut World, mut form: Form) -> Option<Form> {
        let functions = world.functions.clone();
        let sent = Customers::submit(&functions, &form.wish, &form.charge, &form.charge);
        let (status, body) = match form.dies_after.take() {
            Some(turns) => tokio::select! {
                biased;
                answer = sent => answer,
                () = pass_turns(turns) => (502, Value::Null),
            },
            None => sent.await,
        };
        for item in functions.table.items() {
            let id = item.body["requestId"]
                .as_str()
                .and_then(|id| id.parse().ok());
            if item.kind == "request"
                && item.body.to_string().contains(&form.charge)
                && let Some(id) = id
                && !world.requests.contains(&id)
            {
                world.note_submitted(id, form.wish);
            }
        }
        let id = body["requestId"].as_str().and_then(|id| id.parse().ok());
        match (status, id) {
            (202, Some(id)) => self.confirmed.push(id),
            (500.., _) => return form.comes_back.then_some(form),
            _ => functions
                .log
                .problem(format!("a form was answered with {status}: {body}")),
        }
        None
    }

    async fn start_requests(&mut self, world: &World) {
        let functions = &world.functions;
        let time = world.clock.now();
        if world.faults.is_down(Place::Invocation, time) {
            return;
        }
        let count = || functions.workflow.running.get().names().len();
        let before = count();
        // What it could not start is left for the next time.
        let _ = functions.starter().handle(ScheduledEvent { time }).await;
        if count() > before {
            self.seen.insert("stored, and started by the schedule");
        }
    }
}

fn next_schedule(now: Timestamp) -> Timestamp {
    let second = (now.as_second() / SCHEDULE + 1) * SCHEDULE;
    Timestamp::from_second(second).expect("it is a time")
}

async fn pass_turns(turns: u64) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}
