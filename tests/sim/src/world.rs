//! A deployment in memory: the shipped state machine, the functions, and a time of its own.

use std::sync::Arc;
use std::time::Duration;

use domain::approval::Link;
use domain::form::Answer;
use domain::id::RequestId;
use domain::request::{Request, Submission};
use domain::request_store::RequestStore;
use domain::stripe::Refund;
use jiff::Timestamp;
use local::clock::Clock;
use local::states::{ExecutionStatus, ExecutionView, Executor, Options, StatesError};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::customers::{Customers, EMAIL, Invite, NOTES, Rating, Wish};
use crate::faults::{Faults, Plan};
use crate::functions::{Functions, Log, ORIGIN, tick, webhook_secret};
use crate::guards::Guard;
use crate::operators::Operation;
use crate::people::{CALLER, DecisionMail, People, decided, post};
use crate::ports::stripe::{GUEST, Mood, SimStripe};
use crate::ports::{Line, Running, SimMailer, SimTable, SimWorkflow};
use crate::process::Machine;

/// A deployment.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) functions: Functions,
    pub(crate) people: People,
    pub(crate) customers: Customers,
    /// What was submitted. What customers answer to an invitation comes on top.
    pub(crate) requests: Vec<RequestId>,
    wishes: Vec<Wish>,
    running: Running,
    /// Where the executor's journal is.
    data: TempDir,
    seed: u64,
    /// Clicks that are not answered yet.
    clicks: JoinSet<()>,
}

impl World {
    pub(crate) fn open(seed: u64, plan: Plan, mood: Mood) -> Self {
        Self::broken((seed, plan, mood), None)
    }

    /// A world in which one guard is taken away.
    pub(crate) fn without(guard: Option<Guard>, seed: u64, plan: Plan, mood: Mood) -> Self {
        Self::of((seed, plan, mood), None, guard)
    }

    /// A world in which the function of one state is broken until the execution is redriven. It may
    /// have acted by then.
    pub(crate) fn broken(drawn: (u64, Plan, Mood), broken: Option<(String, bool)>) -> Self {
        Self::of(drawn, broken, None)
    }

    fn of(
        (seed, plan, mood): (u64, Plan, Mood),
        broken: Option<(String, bool)>,
        without: Option<Guard>,
    ) -> Self {
        let begin: Timestamp = "2026-11-02T09:00:00Z".parse().expect("it is a time");
        let clock = Clock::fixed(begin);
        let faults = Faults::new(plan, seed);
        let line = Line {
            faults: faults.clone(),
            clock: clock.clone(),
            without,
        };
        let running = Running::default();
        let functions = Functions {
            table: SimTable::new(line.clone()),
            mailer: SimMailer::new(line.clone()),
            stripe: SimStripe::new(line.clone(), mood),
            workflow: SimWorkflow {
                line: line.clone(),
                running: running.clone(),
            },
            line,
            broken,
            limits: Arc::default(),
            request_limits: Arc::default(),
            log: Log::default(),
        };
        let world = Self {
            clock,
            faults,
            functions,
            people: People::default(),
            customers: Customers::default(),
            requests: Vec::new(),
            wishes: Vec::new(),
            running,
            data: tempfile::tempdir().expect("there is room"),
            seed,
            clicks: JoinSet::new(),
        };
        world.start_executor();
        world
    }

    fn start_executor(&self) {
        let runner = Arc::new(self.functions.clone());
        let machines = Machine::all().iter();
        let is_impatient = self.functions.line.is_without(Guard::PatientRetries);
        let machines = machines.map(|it| {
            let definition = if is_impatient {
                it.without_patience()
            } else {
                it.definition.clone()
            };
            (it.arn.clone(), definition)
        });
        let options = Options {
            seed: Some(self.seed),
            machines: machines.collect(),
        };
        let data = Some(self.data.path());
        let executor = Executor::open(data, self.clock.clone(), runner, options);
        self.running
            .set(executor.expect("what it kept can be read"));
    }

    /// The executor of the moment.
    pub(crate) fn executor(&self) -> Arc<Executor> {
        self.running.get()
    }

    /// `kill -9` of the executor, and a start. The functions under way run on.
    pub(crate) fn restart(&self) {
        self.executor().stop();
        self.start_executor();
    }

    /// Submits a request of so many dollars, of a customer that Stripe knows.
    pub(crate) async fn submit(&mut self, dollars: &'static str) -> RequestId {
        self.ask(Wish::of(dollars)).await
    }

    /// Stores a request and starts its execution, as `submit-request` does. Its id is drawn from the
    /// seed, so that a run can be repeated.
    pub(crate) async fn ask(&mut self, wish: Wish) -> RequestId {
        let machine = wish.process.machine();
        let bytes = u128::from(self.seed) << 64 | (self.requests.len() as u128 + 1);
        let id = uuid::Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid();
        let id: RequestId = id.to_string().parse().expect("it is an id");
        let kind = if wish.guest { GUEST } else { "ch_known" };
        let charge = match wish.charge {
            Some(charge) => charge.to_owned(),
            None => format!("{kind}{}", self.requests.len() + 1),
        };
        let answers = [
            ("customerEmail", EMAIL),
            ("chargeIdToRefund", &charge),
            ("refundAmount", wish.dollars),
            ("reason", wish.reason),
            ("notes", NOTES),
        ]
        .map(|(name, text)| (name.to_owned(), Answer::Text(text.to_owned())));
        let (request, record) = Request::submit(Submission {
            request_id: id,
            offering: &machine.offering,
            values: &(machine.offering.form.check(&answers)).expect("it is filled in"),
            origin: ORIGIN.to_owned(),
            about: None,
            at: self.clock.now(),
        });
        let store = RequestStore::new(self.functions.table.clone());
        // Whether it is stored is a matter of another test; here it is.
        while store.create(&request, &record, Vec::new()).await.is_err() {
            if matches!(store.request(id).await, Ok(Some(_))) {
                break;
            }
        }
        let (name, input) = (id.to_string(), json!({ "requestId": id }));
        self.functions.stripe.expect_order(&request);
        let started = self.executor().start(&machine.arn, &name, input);
        started.expect("it starts");
        self.note_submitted(id, wish);
        id
    }

    /// Notes a request that was submitted, and what it asks for.
    pub(crate) fn note_submitted(&mut self, id: RequestId, wish: Wish) {
        self.requests.push(id);
        self.wishes.push(wish);
    }

    /// What was asked for in a request that was submitted.
    pub(crate) fn wish(&self, id: RequestId) -> Option<Wish> {
        let position = self.requests.iter().position(|other| *other == id)?;
        self.wishes.get(position).copied()
    }

    /// Lets everything run that does not wait for time or people.
    pub(crate) async fn quiet(&mut self) {
        loop {
            while self.clicks.join_next().await.is_some() {}
            self.functions.run_late();
            self.executor().idle().await;
            tokio::task::yield_now().await;
            if self.functions.log.at_work() == 0 {
                self.executor().idle().await;
                return;
            }
        }
    }

    /// Somebody clicks, and we do not wait for what comes of it.
    pub(crate) fn click(&mut self, mail: DecisionMail, decision: &str) {
        self.post(mail, decided(decision));
    }

    /// Somebody posts something to their link, and we do not wait for what comes of it.
    pub(crate) fn post(&mut self, mail: DecisionMail, body: Value) {
        let (people, functions) = (self.people.clone(), self.functions.clone());
        self.clicks.spawn(async move {
            tick(&functions.line);
            people.send(&functions, &mail, body).await;
        });
    }

    /// An operator does something, sooner or later, and we do not wait for what comes of it.
    pub(crate) fn operate(&mut self, operation: Operation) {
        let functions = self.functions.clone();
        let turns = self.faults.below(80);
        self.clicks.spawn(async move {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            operation.run(&functions).await;
        });
    }

    /// Somebody rates, and we do not wait for what comes of it.
    pub(crate) fn rate(&mut self, rating: Rating) {
        let (customers, functions) = (self.customers.clone(), self.functions.clone());
        self.clicks.spawn(async move {
            customers.rate(&functions, rating).await;
        });
    }

    /// Whoever got no answer sends again what they sent. False when nobody has to.
    pub(crate) fn insist(&mut self) -> bool {
        let unanswered = self.customers.unanswered();
        let any = !unanswered.is_empty();
        for rating in unanswered {
            self.rate(rating);
        }
        any
    }

    /// Stripe sends an event about a refund that is settled: for the first time, or again.
    pub(crate) fn stripe_tells(&mut self) {
        let settled = self.functions.stripe.settled();
        if let Some(refund) = self.faults.pick(&settled) {
            let status = refund.status.clone().unwrap_or_default();
            let id = format!("evt_{}_{status}", refund.id);
            self.event(&id, refund, &status);
        }
    }

    /// An event of that id arrives that says this of a refund.
    pub(crate) fn event(&mut self, id: &str, refund: &Refund, status: &str) {
        let (functions, id) = (self.functions.clone(), id.to_owned());
        let (refund, status) = (refund.clone(), status.to_owned());
        self.clicks.spawn(async move {
            let _ = stripe_event(&functions, &id, &refund, &status).await;
        });
    }

    /// All mails that ask for a decision, the newest last.
    pub(crate) fn decision_mails(&self) -> Vec<DecisionMail> {
        self.functions.mailer.decision_mails()
    }

    /// All mails that invite, the newest last.
    pub(crate) fn invites(&self) -> Vec<Invite> {
        self.functions.mailer.invites()
    }

    /// Which request and phase a link is about.
    pub(crate) fn link(&self, link_id: &str) -> Option<Link> {
        let found = self.functions.table.items();
        let key = Link::key_of(link_id);
        let item = found.into_iter().find(|item| item.key == key)?;
        serde_json::from_value(item.body).ok()
    }

    /// Moves the clock.
    pub(crate) fn jump_to(&self, at: Timestamp) {
        let moved = self.clock.jump_to(at);
        moved.expect("a clock that is kept nowhere can be moved");
    }

    /// Moves the clock to what is due next; false when nothing is.
    pub(crate) fn pass_time(&self) -> bool {
        let due = self.executor().next_timer();
        let moved = due.is_some_and(|due| self.clock.jump_to(due).is_ok());
        self.functions.run_late();
        if !moved && self.functions.log.late() > 0 {
            // Only functions that are late wait for anything.
            return self.clock.jump(Duration::from_hours(1)).is_ok();
        }
        moved
    }

    /// The execution of a request.
    pub(crate) fn execution(&self, id: RequestId) -> ExecutionView {
        let execution = self.executor().execution(&id.to_string());
        execution.expect("every request has an execution")
    }

    /// Whether its execution has ended.
    pub(crate) fn is_over(&self, id: RequestId) -> bool {
        self.executor().status(&id.to_string()) != Some(ExecutionStatus::Running)
    }

    /// How each execution is.
    pub(crate) fn statuses(&self) -> Vec<(RequestId, ExecutionStatus)> {
        let executor = self.executor();
        let requests = self.functions.table.requests().into_iter();
        let of = |id: RequestId| Some((id, executor.status(&id.to_string())?));
        requests.filter_map(of).collect()
    }

    /// Somebody mended what was broken, and lets every failed execution go on. False when none could.
    pub(crate) fn redrive(&self) -> bool {
        let mut any = false;
        for (id, status) in self.statuses() {
            if status == ExecutionStatus::Failed {
                match self.executor().redrive(&id.to_string()) {
                    Ok(()) => any = true,
                    Err(StatesError::ExecutionNotRedrivable(_)) => {}
                    Err(error) => self.functions.log.problem(error.to_string()),
                }
            }
        }
        any
    }

    /// The request as it is stored.
    pub(crate) async fn request(&self, id: RequestId) -> Request {
        self.faults.calm();
        let store = RequestStore::new(self.functions.table.clone());
        let request = store.request(id).await.expect("a calm table answers");
        request.expect("it was stored").value
    }
}

/// Stripe sends an event of that id that says this of a refund. The answer is a status of HTTP.
pub(crate) async fn stripe_event(
    functions: &Functions,
    id: &str,
    refund: &Refund,
    status: &str,
) -> u16 {
    let event = json!({
        "id": id, "object": "event", "type": "refund.updated",
        "data": {"object": {"id": refund.id, "amount": refund.amount, "status": status,
            "metadata": refund.metadata}},
    });
    let (now, body) = (functions.line.clock.now(), event.to_string());
    let signature = webhook_secret().sign(now.as_second(), body.as_bytes());
    let headers = json!({"content-type": "application/json",
        "stripe-signature": format!("t={},v1={signature}", now.as_second())});
    let http = post(CALLER, "/webhooks/stripe", &json!({}), &headers, now, &body);
    let received = async { functions.webhook().handle(&http).await };
    let (status, _) = functions.serve("StripeWebhook", received).await;
    if status != 200 && status < 500 {
        functions
            .log
            .problem(format!("Stripe's event was answered with {status}"));
    }
    status
}

impl Drop for World {
    /// The executor holds the functions, and they hold it: without this no world would ever leave memory.
    fn drop(&mut self) {
        self.running.end();
    }
}
