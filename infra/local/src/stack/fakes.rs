//! The fakes of the services, and their addresses under `/_local`.

use std::sync::Arc;

use anyhow::Context;
use axum::{Router, middleware};

use super::guard;
use crate::{
    aws::{self, dynamodb::DynamoDb, ses::feedback::Feedback},
    clock::Clock,
    console::{self, Console},
    data_dir::DataDir,
    lambda::Functions,
    outbox::Outbox,
    states::{self, Executor},
    stripe::{self, FakeStripe},
    template::Template,
    topics::Topics,
};

/// Everything behind the port.
pub(super) struct Fakes {
    pub(super) clock: Clock,
    pub(super) dynamodb: DynamoDb,
    pub(super) executor: Arc<Executor>,
    pub(super) functions: Functions,
    pub(super) outbox: Arc<Outbox>,
    pub(super) stripe: Arc<FakeStripe>,
    pub(super) topics: Arc<Topics>,
}

const KEPT: &str = "cannot read what an earlier run kept";

impl Fakes {
    /// Opens what an earlier run kept. Executions that were under way go on from here.
    pub(super) fn open(
        data: &DataDir,
        template: &Template,
        functions: Functions,
    ) -> anyhow::Result<Fakes> {
        let clock = match data.file("clock.json") {
            Some(file) => Clock::open(&file).context(KEPT)?,
            None => Clock::system(),
        };
        let folder = data.path();
        let runner = Arc::new(functions.clone());
        let executor = Executor::open(folder, clock.clone(), runner, states::Options::default());
        let topics = Topics::open(folder, template.subscriptions.clone(), clock.clone());
        Ok(Fakes {
            dynamodb: DynamoDb::open(data.file("dynamodb.db").as_deref(), &template.tables)
                .context("DynamoDB stand-in")?,
            executor: executor.context(KEPT)?,
            outbox: Arc::new(Outbox::open(folder, clock.clone()).context(KEPT)?),
            stripe: Arc::new(FakeStripe::open(folder, clock.clone()).context(KEPT)?),
            topics: Arc::new(topics.context(KEPT)?),
            functions,
            clock,
        })
    }

    /// Everything under `/_local`.
    pub(super) fn router(
        &self,
        dynamodb: Router,
        lambda: Router,
        forms: Vec<(String, String)>,
        template: &Template,
    ) -> Router {
        let console = Console {
            executor: Arc::clone(&self.executor),
            outbox: Arc::clone(&self.outbox),
            clock: self.clock.clone(),
            dynamodb: self.dynamodb.clone(),
            forms,
        };
        let topics = Arc::clone(&self.topics);
        let feedback = Feedback::new(topics, &template.mail_events, self.clock.clone());
        let ses = aws::ses::router(Arc::clone(&self.outbox), feedback);
        let states = aws::states::router(Arc::clone(&self.executor));
        let secrets = aws::secretsmanager::router(template.secrets.clone());
        // SDKs put a slash behind a service's address, people do not.
        Router::new()
            .merge(console::router(console))
            .nest_service("/_local/aws/dynamodb", dynamodb)
            .nest_service("/_local/aws/secretsmanager", secrets)
            .nest_service("/_local/aws/ses", ses)
            .nest_service("/_local/aws/states", states)
            .nest("/_local/lambda", lambda)
            .nest("/_local/stripe", stripe::router(Arc::clone(&self.stripe)))
            .layer(middleware::from_fn(guard::this_machine_only))
    }
}
