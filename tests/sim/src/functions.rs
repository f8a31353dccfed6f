//! The functions, invoked as Lambda would: with a payload as JSON, and an answer or an error's name.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use adapters::Settings;
use ask_approvers::AskApprovers;
use domain::failure::Failure;
use domain::id::TaskToken;
use domain::payment_control::Limits;
use domain::request_store::RequestStore;
use domain::task::Outcome;
use domain::team::Teams;
use domain::workflow::Workflow as _;
use issue_refund::IssueRefund;
use jiff::{SignedDuration, Timestamp};
use local::states::{Answer, TaskError, TaskRunner};
use parking_lot::Mutex;
use send_email::SendEmail;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use testing::fixtures::approval::link_keys;

use crate::faults::{Fault, Place};
use crate::guards::Guard;
use crate::invocation::Invocation;
use crate::ports::stripe::SimStripe;
use crate::ports::{Line, SimMailer, SimTable, SimWorkflow};

pub(crate) use http::{status_and_body, webhook_secret};

mod http;

/// All functions of a deployment, and what they talk to.
#[derive(Clone)]
pub(crate) struct Functions {
    pub(crate) line: Line,
    pub(crate) table: SimTable,
    pub(crate) mailer: SimMailer,
    pub(crate) stripe: SimStripe,
    pub(crate) workflow: SimWorkflow,
    /// The state whose function is broken until its execution is redriven, and whether it acts first.
    pub(crate) broken: Option<(String, bool)>,
    /// Limits in place of those in the definition, where it has some.
    pub(crate) limits: Arc<OnceLock<Limits>>,
    /// How many requests are taken, as `RequestLimits` says it. Any number where it is not set.
    pub(crate) request_limits: Arc<OnceLock<String>>,
    pub(crate) log: Log,
}

/// What is noted on the way. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    problems: Vec<String>,
    at_work: usize,
    /// Invocations that were given up and will run, and when.
    late: Vec<(Timestamp, String, Value)>,
    /// When each function ran last.
    ran: BTreeMap<String, Timestamp>,
}

/// An invocation that runs, until it is dropped.
#[derive(Debug)]
struct AtWork(Log);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.with(|noted| noted.at_work -= 1);
    }
}

impl Log {
    fn with<R>(&self, f: impl FnOnce(&mut Noted) -> R) -> R {
        f(&mut self.0.lock())
    }

    /// Notes what must not happen.
    pub(crate) fn problem(&self, what: String) {
        self.with(|noted| noted.problems.push(what));
    }

    /// What must not have happened.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.with(|noted| noted.problems.clone())
    }

    fn begin(&self) -> AtWork {
        self.with(|noted| noted.at_work += 1);
        AtWork(self.clone())
    }

    /// How many invocations run.
    pub(crate) fn at_work(&self) -> usize {
        self.with(|noted| noted.at_work)
    }

    /// How many invocations that were given up will run later.
    pub(crate) fn late(&self) -> usize {
        self.with(|noted| noted.late.len())
    }
}

/// For how long Lambda keeps a function that does nothing. It may be longer.
const WARM: SignedDuration = SignedDuration::from_mins(10);

/// What all links begin with.
pub(crate) const ORIGIN: &str = "https://refunds.example.com";

/// The teams of these runs.
pub(crate) const TEAMS: &str = r#"{
    "csm-team": ["csm-1@example.com", "csm-2@example.com"],
    "csm-manager": ["csm-manager@example.com"],
    "finance-team": ["finance-1@example.com", "finance-2@example.com"]
}"#;

fn settings() -> Settings {
    let teams = Teams::parse(TEAMS).expect("they are teams");
    Settings {
        teams,
        public_url: ORIGIN.to_owned(),
        ..Settings::default()
    }
}

impl TaskRunner for Functions {
    fn invoke(&self, function: String, payload: Value) -> Answer {
        let functions = self.clone();
        Box::pin(async move { functions.invocation(function, payload).await })
    }
}

impl Functions {
    async fn invocation(&self, function: String, payload: Value) -> Result<Value, TaskError> {
        // Time never stands quite still, so that no two entries of a state are the same moment.
        tick(&self.line);
        match self
            .line
            .faults
            .next(Place::Invocation, self.line.clock.now())
        {
            Some(Fault::Before) => Err(lambda("Lambda.TooManyRequestsException")),
            Some(Fault::After) => {
                let _ = self.run(&function, payload).await;
                Err(lambda("Lambda.Unknown"))
            }
            Some(Fault::Late) => {
                self.run_later(function, payload);
                Err(lambda("Lambda.SdkClientException"))
            }
            Some(_) => {
                let _ = self.run(&function, payload.clone()).await;
                self.run(&function, payload).await
            }
            None => self.run(&function, payload).await,
        }
    }

    /// Up to a day later, when the executor has long gone on.
    fn run_later(&self, function: String, payload: Value) {
        let delay = self.line.faults.below(86_400);
        let delay = SignedDuration::from_secs(i64::try_from(delay).expect("it is a day at most"));
        let at = self.line.clock.now() + delay;
        self.log
            .with(|noted| noted.late.push((at, function, payload)));
    }

    /// Runs what is late and due by now. Spawned from here and not by a timer, so that a seed decides
    /// about the order.
    pub(crate) fn run_late(&self) {
        let now = self.line.clock.now();
        let is_due = |(at, _, _): &mut (Timestamp, String, Value)| *at <= now;
        let due: Vec<_> = self
            .log
            .with(|noted| noted.late.extract_if(.., is_due).collect());
        for (_, function, payload) in due {
            let functions = self.clone();
            let at_work = self.log.begin();
            tokio::spawn(async move {
                let _ = functions.run(&function, payload).await;
                drop(at_work);
            });
        }
    }

    /// Whether a function runs, or can start: none does without its settings and keys, and one that ran minutes ago has
    /// them.
    fn starts(&self, function: &str) -> bool {
        let now = self.line.clock.now();
        let reads_secrets = !matches!(function, "Decide" | "CloseRequest" | "StartRequests");
        self.log.with(|noted| {
            let ran = noted.ran.get(function);
            let is_warm = ran.is_some_and(|ran| now.duration_since(*ran) < WARM);
            if reads_secrets && !is_warm && self.line.faults.is_down(Place::Secrets, now) {
                return false;
            }
            noted.ran.insert(function.to_owned(), now);
            true
        })
    }

    async fn run(&self, function: &str, payload: Value) -> Result<Value, TaskError> {
        let _at_work = self.log.begin();
        if !self.starts(function) {
            return Err(lambda("Settings.Unavailable"));
        }
        let breaks = match &self.broken {
            Some((state, acts)) if payload["state"] == **state && !self.is_redriven(&payload) => {
                Some(*acts)
            }
            _ => None,
        };
        if breaks == Some(false) {
            return Err(lambda("Sim.Broken"));
        }
        let request = payload["requestId"].as_str().and_then(|id| id.parse().ok());
        let work = Box::pin(self.dispatch(function, payload));
        let answer = Invocation::run(request, work).await;
        if breaks == Some(true) {
            return Err(lambda("Sim.Broken"));
        }
        match answer {
            Ok(outcome) => Ok(json!(outcome)),
            Err(failure) => Err(TaskError {
                error: failure.name().to_owned(),
                cause: failure.to_string(),
            }),
        }
    }

    fn is_redriven(&self, payload: &Value) -> bool {
        let name = payload["requestId"].as_str().unwrap_or_default();
        let execution = self.workflow.running.get().execution(name);
        execution.is_some_and(|execution| execution.redrives > 0)
    }

    fn store(&self) -> RequestStore<SimTable> {
        RequestStore::new(self.table.clone())
    }

    async fn dispatch(&self, function: &str, payload: Value) -> Result<Outcome, Failure> {
        match function {
            "AskApprovers" if self.line.is_without(Guard::StoredApprovals) => {
                let token = payload["taskToken"].as_str().unwrap_or_default();
                let token = token.parse::<TaskToken>().expect("it is a token");
                let approve = Outcome::new("approve");
                let answered = self.workflow.succeed(&token, &approve).await;
                answered.map_err(Failure::from)?;
                Ok(approve)
            }
            "AskApprovers" => {
                let function = AskApprovers {
                    store: self.store(),
                    mailer: self.mailer.clone(),
                    workflow: self.workflow.clone(),
                    settings: settings().into(),
                    link_keys: link_keys().into(),
                };
                function.handle(self.read(payload)?).await
            }
            "Decide" => decide::decide(&self.store(), self.read(payload)?).await,
            "IssueRefund" => {
                let function = IssueRefund {
                    store: self.store(),
                    stripe: self.stripe.clone(),
                    workflow: self.workflow.clone(),
                };
                function.handle(self.read(self.with_limits(payload))?).await
            }
            "SendEmail" => {
                let function = SendEmail {
                    store: self.store(),
                    mailer: self.mailer.clone(),
                    settings: settings().into(),
                    link_keys: link_keys().into(),
                };
                function.handle(self.read(payload)?).await
            }
            "CloseRequest" => close_request::close(&self.store(), self.read(payload)?).await,
            other => {
                self.log
                    .problem(format!("nobody knows the function {other}"));
                Err(Failure::RequestNotFound)
            }
        }
    }

    fn with_limits(&self, mut payload: Value) -> Value {
        if let Some(own) = payload.pointer_mut("/config/limits") {
            if let Some(limits) = self.limits.get() {
                *own = json!(limits);
            }
            if let (true, Value::Object(own)) = (self.line.is_without(Guard::LimitPerRefund), own) {
                own.remove("perRefundCents");
            }
        }
        payload
    }

    fn read<T: DeserializeOwned>(&self, payload: Value) -> Result<T, Failure> {
        serde_json::from_value(payload).map_err(|error| {
            self.log
                .problem(format!("a payload cannot be read: {error}"));
            Failure::PayloadInvalid(error.to_string())
        })
    }
}

/// Lets a millisecond pass.
pub(crate) fn tick(line: &Line) {
    let moved = line.clock.jump(std::time::Duration::from_millis(1));
    moved.expect("a clock that is kept nowhere can be moved");
}

fn lambda(error: &str) -> TaskError {
    TaskError {
        error: error.to_owned(),
        cause: "drawn".to_owned(),
    }
}
