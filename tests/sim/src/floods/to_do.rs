//! Who does something next that no state machine waits for. Nothing of it is drawn while it happens.

use std::collections::{BTreeMap, BTreeSet};

use adapters::ScheduledEvent;
use domain::approval::Link;
use domain::id::RequestId;
use domain::request::Request;
use domain::request_store::request_key;
use domain::stripe::Refund;
use jiff::{SignedDuration, Timestamp};
use local::states::ExecutionStatus;
use serde_json::json;
use tokio::task::JoinSet;

use super::drawn::{Drawn, Post};
use crate::customers::post_form_from;
use crate::faults::Place;
use crate::functions::{Functions, status_and_body, tick};
use crate::outages::drawn::after;
use crate::people::{DecisionMail, decided};
use crate::world::{World, stripe_event};

const HOUR: u64 = 3_600;
/// How long anything may go wrong after the history began, in seconds.
const TROUBLE: i64 = 4 * 86_400;

/// Something that somebody does.
#[derive(Debug, Clone)]
enum Errand {
    /// The form of that number is sent.
    Post(usize),
    Decide {
        mail: DecisionMail,
        decision: &'static str,
    },
    /// Stripe tells what became of a refund.
    Tell(Refund),
    Redrive(RequestId),
    /// The schedule of `start-requests`, where something may be left to start.
    StartRequests,
    /// Whatever went wrong has ended.
    Calm,
}

/// What a form was answered with.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// Which form.
    pub(super) post: usize,
    pub(super) at: Timestamp,
    pub(super) status: u16,
    pub(super) retry_after_seconds: Option<i64>,
    pub(super) detail: String,
    pub(super) id: Option<RequestId>,
}

/// What is going to be done, and what was.
#[derive(Debug)]
pub(super) struct ToDo<'a> {
    drawn: &'a Drawn,
    due: Vec<(Timestamp, Errand)>,
    /// How many mails were read.
    read: usize,
    told: BTreeSet<String>,
    /// The executions that are redriven, and how often they had been.
    redriven: BTreeSet<(RequestId, u32)>,
    /// All answers, those at the same moment together.
    pub(super) answers: Vec<Vec<Answer>>,
    /// The form that each request was made by.
    pub(super) made_by: BTreeMap<RequestId, usize>,
}

impl<'a> ToDo<'a> {
    pub(super) fn new(drawn: &'a Drawn, world: &World) -> Self {
        let posts = drawn.posts.iter().enumerate();
        let mut due: Vec<_> = posts.map(|(n, post)| (post.at, Errand::Post(n))).collect();
        let calm = world.clock.now() + SignedDuration::from_secs(TROUBLE);
        due.push((calm, Errand::Calm));
        Self {
            drawn,
            due,
            read: 0,
            told: BTreeSet::new(),
            redriven: BTreeSet::new(),
            answers: Vec::new(),
            made_by: BTreeMap::new(),
        }
    }

    /// When something is to be done next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.due.iter().map(|(at, _)| *at).min()
    }

    /// Finds out what people, Stripe and an operator have to do since things are as they are.
    pub(super) async fn look_at(&mut self, world: &mut World) {
        let now = world.clock.now();
        for id in world.functions.table.requests() {
            if !self.made_by.contains_key(&id) {
                self.note(world, id).await;
            }
        }
        let mails = world.functions.mailer.decision_mails_after(self.read);
        self.read += mails.len();
        for mail in mails {
            if let Some((decision, seconds)) = self.decision(world, &mail).await {
                let decide = Errand::Decide { mail, decision };
                self.due.push((after(now, seconds), decide));
            }
        }
        for refund in world.functions.stripe.paid() {
            if refund.status.as_deref() == Some("pending") && self.told.insert(refund.id.clone()) {
                self.due.push((after(now, 3 * HOUR), Errand::Tell(refund)));
            }
        }
        for (id, status) in world.statuses() {
            if status == ExecutionStatus::Failed {
                let redrives = world.execution(id).redrives;
                if self.redriven.insert((id, redrives)) {
                    let ends = self.drawn.outage.as_ref().map(|(_, span)| span.end);
                    let mended = ends.unwrap_or(now).max(now);
                    self.due.push((after(mended, HOUR), Errand::Redrive(id)));
                }
            }
        }
    }

    /// Finds out by which form a request was made.
    async fn note(&mut self, world: &mut World, id: RequestId) {
        let request: Option<Request> = world.functions.table.stored(&request_key(id)).await;
        let request = serde_json::to_string(&request).expect("it was read");
        let (_, label) = request.split_once("Form no. ").expect("it is in the notes");
        let label = label.split('.').next().and_then(|it| it.parse().ok());
        let label: usize = label.expect("it is a number");
        let mut posts = self.drawn.posts.iter();
        let post = posts.position(|post| post.label == label);
        let post = post.expect("somebody sent it");
        self.made_by.insert(id, post);
        world.note_submitted(id, self.drawn.posts[post].wish);
    }

    /// What somebody means to answer to a mail, if anything, and when.
    async fn decision(&self, world: &World, mail: &DecisionMail) -> Option<(&'static str, u64)> {
        let key = Link::key_of(&mail.link_id);
        let link: Link = world.functions.table.stored(&key).await?;
        let (decision, seconds) = self.drawn.posts[self.made_by[&link.request_id]].decision;
        let decision = decision?;
        Some((if mail.is_choice() { "credit" } else { decision }, seconds))
    }

    /// Does what is due by now: forms at the same moment, and all else meanwhile.
    pub(super) async fn run_due(&mut self, world: &mut World) {
        let now = world.clock.now();
        let due: Vec<_> = self.due.extract_if(.., |(at, _)| *at <= now).collect();
        let mut clicks = JoinSet::new();
        let (posts, due): (Vec<_>, Vec<_>) =
            (due.into_iter()).partition(|(_, errand)| matches!(errand, Errand::Post(_)));
        for (_, errand) in posts {
            if let Errand::Post(number) = errand {
                let post = &self.drawn.posts[number];
                for _ in 0..post.clicks {
                    clicks.spawn(send(world.functions.clone(), number, post.clone()));
                }
            }
        }
        for (_, errand) in due {
            let again = Box::pin(run(world, errand)).await;
            self.due.extend(again);
        }
        let mut answers: BTreeMap<usize, Vec<Answer>> = BTreeMap::new();
        for answer in clicks.join_all().await {
            answers.entry(answer.post).or_default().push(answer);
        }
        for (number, answers) in answers {
            if number < self.drawn.customers
                && let Some(at) = comes_again(&answers)
            {
                self.due.push((at, Errand::Post(number)));
            }
            if answers.iter().any(|answer| answer.status >= 500) {
                self.due.push((after(now, 600), Errand::StartRequests));
            }
            self.answers.push(answers);
        }
    }
}

/// When a customer sends a form again that was answered so, if at all.
fn comes_again(answers: &[Answer]) -> Option<Timestamp> {
    if answers.iter().any(|answer| answer.status == 202) {
        return None;
    }
    let last = answers.iter().max_by_key(|answer| answer.at)?;
    let seconds = last.retry_after_seconds.unwrap_or(2_400);
    Some(last.at + SignedDuration::from_secs(seconds))
}

async fn run(world: &mut World, errand: Errand) -> Option<(Timestamp, Errand)> {
    let later = after(world.clock.now(), HOUR);
    match errand {
        Errand::Decide { mail, decision } => {
            let body = decided(decision);
            let reply = world.people.send(&world.functions, &mail, body).await;
            (reply.status >= 500).then_some((later, Errand::Decide { mail, decision }))
        }
        Errand::Tell(mut refund) => {
            world.functions.stripe.settle();
            refund.status = Some("succeeded".to_owned());
            let id = format!("evt_{}", refund.id);
            let status = stripe_event(&world.functions, &id, &refund, "succeeded").await;
            (status >= 500).then_some((later, Errand::Tell(refund)))
        }
        Errand::Redrive(id) => {
            // It may have been redriven before the answer that it had failed.
            let _ = world.executor().redrive(&id.to_string());
            None
        }
        Errand::StartRequests => {
            let Functions { line, table, .. } = &world.functions;
            let time = line.clock.now();
            if !line.faults.is_down(Place::Invocation, time) {
                // What it could not start is left for the next time.
                let _ = world
                    .functions
                    .starter()
                    .handle(ScheduledEvent { time })
                    .await;
            }
            let is_left = table.items().iter().any(|item| item.kind == "unstarted");
            is_left.then_some((later, Errand::StartRequests))
        }
        Errand::Calm => {
            world.faults.calm();
            None
        }
        Errand::Post(_) => None,
    }
}

/// Somebody sends a form.
async fn send(functions: Functions, number: usize, post: Post) -> Answer {
    tick(&functions.line);
    let notes = format!("Form no. {}.", post.label);
    let body = json!({"customerEmail": post.address, "chargeIdToRefund": post.charge,
        "refundAmount": post.wish.dollars, "reason": post.wish.reason, "notes": notes});
    let offering = &post.wish.process.machine().offering.path;
    let path = format!("/services/{offering}/requests");
    let at = functions.line.clock.now();
    let key = post.key.as_deref();
    let response = post_form_from(&post.caller, &functions, &path, key, &body).await;
    let retry_after = response
        .as_ref()
        .and_then(|it| it.headers().get("retry-after"));
    let retry_after_seconds = retry_after.and_then(|it| it.to_str().ok()?.parse().ok());
    let (status, body) = status_and_body(response);
    Answer {
        post: number,
        at,
        status,
        retry_after_seconds,
        detail: body["detail"].as_str().unwrap_or_default().to_owned(),
        id: body["requestId"].as_str().and_then(|id| id.parse().ok()),
    }
}
