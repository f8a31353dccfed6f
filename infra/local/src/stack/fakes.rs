//! The fakes of the services, and their addresses under `/_local`.

use std::sync::Arc;

use axum::{Router, middleware, routing::any_service};

use super::{StackError, guard};
use crate::{
    aws::{self, dynamodb::DynamoDb, ses::feedback::Feedback},
    clock::Clock,
    console::{self, Console},
    data_dir::DataDir,
    events::{self, Events},
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

impl Fakes {
    /// Opens what an earlier run kept. Executions that were under way go on from here.
    pub(super) fn open(
        data: &DataDir,
        template: &Template,
        functions: Functions,
    ) -> Result<Fakes, StackError> {
        let clock = match data.file("clock.json") {
            Some(file) => Clock::open(&file).map_err(StackError::Kept)?,
            None => Clock::system(),
        };
        let folder = data.path();
        let runner = Arc::new(functions.clone());
        let executor = Executor::open(folder, clock.clone(), runner, states::Options::default());
        let outbox = Outbox::open(folder, clock.clone());
        let stripe = FakeStripe::open(folder, clock.clone());
        let topics = Topics::open(folder, template.subscriptions.clone(), clock.clone());
        Ok(Fakes {
            dynamodb: DynamoDb::open(data.file("dynamodb.db").as_deref(), &template.tables)?,
            executor: executor.map_err(StackError::Kept)?,
            outbox: Arc::new(outbox.map_err(StackError::Kept)?),
            stripe: Arc::new(stripe.map_err(StackError::Kept)?),
            topics: Arc::new(topics.map_err(StackError::Kept)?),
            functions,
            clock,
        })
    }

    /// What delivers the audit log from now on, where somebody wants it.
    pub(super) fn events(
        &self,
        settings: Option<events::Settings>,
        data: &DataDir,
        template: &Template,
    ) -> Result<Option<Events>, StackError> {
        let Some(settings) = settings else {
            self.dynamodb.keep_streams(false)?;
            return Ok(None);
        };
        let (dynamodb, clock) = (self.dynamodb.clone(), self.clock.clone());
        let events = Events::open(settings, template.pipe.clone(), data, dynamodb, clock)?;
        Ok(Some(events))
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
        Router::new()
            .merge(console::router(console))
            .merge(aws_service("dynamodb", dynamodb))
            .merge(aws_service("secretsmanager", secrets))
            .merge(aws_service("ses", ses))
            .merge(aws_service("states", states))
            .nest("/_local/lambda", lambda)
            .nest("/_local/stripe", stripe::router(Arc::clone(&self.stripe)))
            .layer(middleware::from_fn(guard::this_machine_only))
    }
}

/// A service with a single address. SDKs put a slash behind it, people do not.
fn aws_service(name: &str, service: Router) -> Router {
    let path = format!("/_local/aws/{name}");
    Router::new()
        .route(&path, any_service(service.clone()))
        .route(&format!("{path}/"), any_service(service))
}
