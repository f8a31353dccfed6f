//! The functions behind API Gateway, and what starts requests that nobody started.

use adapters::stripe::webhook::WebhookSecret;
use adapters::{Settings, StateMachines};
use lambda_http::{Body, Response};
use record_approval::RecordApproval;
use serde_json::Value;
use start_requests::StartRequests;
use stripe_webhook::StripeWebhook;
use submit_request::SubmitRequest;
use testing::fixtures::approval::link_keys;

use super::{Functions, settings};
use crate::faults::Place;
use crate::guards::Guard;
use crate::ports::stripe::SimStripe;
use crate::ports::{Line, SimMailer, SimTable, SimWorkflow};
use crate::process::Machine;

impl Functions {
    /// What API Gateway answers, for a function or in place of one that does not run.
    pub(crate) async fn serve(
        &self,
        function: &str,
        answer: impl Future<Output = Response<Body>>,
    ) -> (u16, Value) {
        status_and_body(self.respond(function, Box::pin(answer)).await)
    }

    /// What a function answers. `None` where it does not run.
    pub(crate) async fn respond(
        &self,
        function: &str,
        answer: impl Future<Output = Response<Body>>,
    ) -> Option<Response<Body>> {
        let Line { faults, clock, .. } = &self.line;
        if faults.is_down(Place::Invocation, clock.now()) || !self.starts(function) {
            return None;
        }
        Some(answer.await)
    }

    /// What Stripe's events are received by.
    pub(crate) fn webhook(&self) -> StripeWebhook<SimTable, SimStripe, SimWorkflow, SimMailer> {
        StripeWebhook {
            store: self.store(),
            stripe: self.stripe.clone(),
            workflow: self.workflow.clone(),
            mailer: self.mailer.clone(),
            settings: settings().into(),
            link_keys: link_keys().into(),
            secrets: vec![webhook_secret()].into(),
        }
    }

    /// What takes what customers send.
    pub(crate) fn intake(&self) -> SubmitRequest<SimTable, SimMailer, SimWorkflow> {
        let machines = Machine::all().iter();
        let machines = machines.map(|it| (it.offering.path.clone(), it.arn.clone()));
        SubmitRequest::new(
            self.store(),
            self.mailer.clone(),
            self.workflow.clone(),
            self.settings_of_intake().into(),
            machines.collect::<StateMachines>().into(),
            link_keys().into(),
        )
    }

    fn settings_of_intake(&self) -> Settings {
        let limits = self.request_limits.get().map_or("", String::as_str);
        let is_kept = |limit: &&str| match self.line.without {
            Some(Guard::RequestLimit(scope)) => !limit.starts_with(scope.name()),
            _ => true,
        };
        let limits: Vec<&str> = limits.split(',').filter(is_kept).collect();
        Settings {
            request_limits: limits.join(",").parse().expect("they are limits"),
            ..settings()
        }
    }

    /// What starts what is stored and not started.
    pub(crate) fn starter(&self) -> StartRequests<SimTable, SimWorkflow> {
        let machines = Machine::all().iter();
        let machines = machines.map(|it| (it.offering.path.clone(), it.arn.clone()));
        StartRequests {
            store: self.store(),
            workflow: self.workflow.clone(),
            machines: machines.collect::<StateMachines>().into(),
        }
    }

    /// What the approvers' pages are served by.
    pub(crate) fn pages(&self) -> RecordApproval<SimTable, SimStripe, SimMailer, SimWorkflow> {
        RecordApproval {
            store: self.store(),
            stripe: self.stripe.clone(),
            mailer: self.mailer.clone(),
            workflow: self.workflow.clone(),
            settings: settings().into(),
            link_keys: link_keys().into(),
        }
    }
}

/// The status of HTTP that a caller gets, and the JSON.
pub(crate) fn status_and_body(response: Option<Response<Body>>) -> (u16, Value) {
    let Some(response) = response else {
        return (503, Value::Null);
    };
    let status = response.status().as_u16();
    let body = serde_json::from_slice(&response.into_body());
    (status, body.unwrap_or_default())
}

/// What Stripe signs with.
pub(crate) fn webhook_secret() -> WebhookSecret {
    let secrets = WebhookSecret::parse_list("whsec_of_the_simulation_alone");
    secrets.into_iter().next().expect("it is one")
}
