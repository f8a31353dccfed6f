//! Wires the stand-ins together and serves them on one port.

mod error;
mod guard;
mod republish;

use std::{
    collections::BTreeSet,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{Router, middleware, routing::any_service, serve::ListenerExt};
use domain::task::{OFFERING_VARIABLE, Offering, START_STATE};
use serde::Deserialize as _;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tracing::{error, info, warn};

use crate::{
    aws::{self, dynamodb::DynamoDb, ses::feedback::Feedback},
    clock::Clock,
    console::{self, Console, Items},
    data_dir::DataDir,
    gateway::Gateway,
    lambda::{Functions, build},
    options::Options,
    outbox::Outbox,
    states::Executor,
    stripe,
    template::{LocalValues, Machine, MailEvents, Template, TemplateError},
    topics,
    workspace::Workspace,
};
pub use error::StackError;

/// The port that the environment of `cargo lambda watch` is written for.
pub const USUAL_PORT: u16 = 3000;

/// A stack that is serving. Dropping it stops it and everything that it started.
pub struct Stack {
    /// Where it serves.
    pub addr: SocketAddr,
    /// The forms that customers fill in: title and path.
    pub forms: Vec<(String, String)>,
    executor: Arc<Executor>,
    functions: Functions,
    sweeper: JoinHandle<()>,
    /// What else goes on beside the servers; it ends when this is gone.
    _tasks: JoinSet<()>,
    /// The servers stop when this is gone.
    _running: watch::Sender<()>,
    /// Last: the data directory is free once nothing writes to it any more.
    _data: DataDir,
}

/// Everything behind the port.
struct StandIns {
    clock: Clock,
    dynamodb: DynamoDb,
    executor: Arc<Executor>,
    functions: Functions,
    outbox: Arc<Outbox>,
    stripe: Arc<stripe::FakeStripe>,
    topics: Arc<topics::Topics>,
}

/// Starts a stack: once this returns, it serves.
pub async fn start(options: Options) -> Result<Stack, StackError> {
    let workspace = Workspace::find().ok_or(StackError::NoWorkspace)?;
    let data = open_data_dir(&options, &workspace)?;
    // Early, because a taken port is not worth a build, and because functions are told the address.
    let listener = listen(options.port).await?;
    let addr = listener.local_addr().map_err(StackError::Serve)?;
    let base_url = format!("http://{addr}");

    let values = local_values(&options, &data, &base_url)?;
    let path = options.template.clone();
    let template = Template::read(&path.unwrap_or_else(|| workspace.template()), &values)?;
    let definitions = template.machines.iter();
    let definitions: Vec<_> = definitions
        .map(|machine| Ok((machine, machine.load()?)))
        .collect::<Result<_, TemplateError>>()?;
    let (functions, lambda) = functions(&options, &workspace, &template, &base_url, &data).await?;
    let stand_ins = StandIns::open(&data, &template, functions)?;
    stand_ins.publish(&definitions)?;

    let mut gateway = Gateway::new(
        &template.routes,
        stand_ins.functions.clone(),
        stand_ins.clock.clone(),
        addr.to_string(),
    );
    if options.functions.is_some() {
        gateway = gateway.with_patience(None);
    }
    let forms: Vec<_> = definitions
        .iter()
        .filter_map(|(_, text)| form(text))
        .collect();
    let (running, stopped) = watch::channel(());
    let dynamodb = stand_ins.dynamodb.serve(until(stopped.clone())).await;
    let dynamodb = dynamodb.map_err(StackError::Serve)?;
    let app = stand_ins
        .router(dynamodb, lambda, forms.clone(), &template.mail_events)
        .fallback_service(gateway.router());
    tokio::spawn(serve(listener, app, stopped));
    let mut tasks = JoinSet::new();
    let webhook = format!("{base_url}/webhooks/stripe");
    tasks.spawn(stripe::send_events(Arc::clone(&stand_ins.stripe), webhook));
    tasks.spawn(republish::on_change(
        template.machines.clone(),
        Arc::clone(&stand_ins.executor),
    ));
    tasks.spawn(topics::deliver(
        Arc::clone(&stand_ins.topics),
        stand_ins.functions.clone(),
    ));
    Ok(Stack {
        addr,
        forms,
        sweeper: stand_ins.dynamodb.sweep_regularly(stand_ins.clock),
        executor: stand_ins.executor,
        functions: stand_ins.functions,
        _tasks: tasks,
        _running: running,
        _data: data,
    })
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.executor.stop();
        self.functions.stop();
        self.sweeper.abort();
    }
}

impl StandIns {
    /// Opens what an earlier run kept. Executions that were under way go on from here.
    fn open(
        data: &DataDir,
        template: &Template,
        functions: Functions,
    ) -> Result<StandIns, StackError> {
        let clock = match data.file("clock.json") {
            Some(file) => Clock::open(&file).map_err(StackError::Kept)?,
            None => Clock::system(),
        };
        let folder = data.path();
        let outbox = Outbox::open(folder, clock.clone()).map_err(StackError::Kept)?;
        let stripe = stripe::FakeStripe::open(folder, clock.clone()).map_err(StackError::Kept)?;
        let subscriptions = template.subscriptions.clone();
        let topics = topics::Topics::open(folder, subscriptions, clock.clone());
        Ok(StandIns {
            dynamodb: DynamoDb::open(data.file("dynamodb.db").as_deref(), &template.tables)?,
            executor: Executor::open(folder, clock.clone(), Arc::new(functions.clone()))?,
            outbox: Arc::new(outbox),
            stripe: Arc::new(stripe),
            topics: Arc::new(topics.map_err(StackError::Kept)?),
            functions,
            clock,
        })
    }

    /// Publishes the state machines.
    fn publish(&self, definitions: &[(&Machine, String)]) -> Result<(), StackError> {
        for (machine, definition) in definitions {
            self.executor
                .define(&machine.arn, definition)
                .map_err(|problem| StackError::Definition {
                    path: machine.definition.clone(),
                    problem,
                })?;
        }
        Ok(())
    }

    /// Everything under `/_local`.
    fn router(
        &self,
        dynamodb: Router,
        lambda: Router,
        forms: Vec<(String, String)>,
        mail_events: &[MailEvents],
    ) -> Router {
        let console = Console {
            executor: Arc::clone(&self.executor),
            outbox: Arc::clone(&self.outbox),
            clock: self.clock.clone(),
            items: Arc::new(self.dynamodb.clone()),
            forms,
        };
        let topics = Arc::clone(&self.topics);
        let feedback = Feedback::new(topics, mail_events, self.clock.clone());
        let ses = aws::ses::router(Arc::clone(&self.outbox), feedback);
        let states = aws::states::router(Arc::clone(&self.executor));
        Router::new()
            .merge(console::router(console))
            .merge(aws_service("dynamodb", dynamodb))
            .merge(aws_service("ses", ses))
            .merge(aws_service("states", states))
            .nest("/_local/lambda", lambda)
            .nest("/_local/stripe", stripe::router(Arc::clone(&self.stripe)))
            .layer(middleware::from_fn(guard::this_machine_only))
    }
}

async fn serve(listener: TcpListener, app: Router, stopped: watch::Receiver<()>) {
    // A small answer must not wait for the acknowledgement of an earlier one.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let served = axum::serve(listener, app).with_graceful_shutdown(until(stopped));
    if let Err(error) = served.await {
        error!(%error, "the server stopped");
    }
}

/// Ends when the stack stops.
async fn until(mut stopped: watch::Receiver<()>) {
    // Nothing is ever sent: the error that the sender is gone is the signal.
    let _ = stopped.changed().await;
}

fn open_data_dir(options: &Options, workspace: &Workspace) -> Result<DataDir, StackError> {
    if options.ephemeral {
        return Ok(DataDir::ephemeral());
    }
    let usual = || workspace.data_dir();
    Ok(DataDir::open(
        &options.data_dir.clone().unwrap_or_else(usual),
    )?)
}

async fn listen(port: u16) -> Result<TcpListener, StackError> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    bound.map_err(|error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            StackError::PortTaken(port)
        } else {
            StackError::Serve(error)
        }
    })
}

/// What takes the place of AWS's values. A person's environment wins over the stand-ins.
fn local_values(
    options: &Options,
    data: &DataDir,
    base_url: &str,
) -> Result<LocalValues, StackError> {
    let given = &options.environment.overrides;
    if given.contains_key("STRIPE_API_BASE") != given.contains_key("STRIPE_API_KEY") {
        warn!(
            "a Stripe of your own needs both STRIPE_API_BASE and STRIPE_API_KEY; only one is set"
        );
    }
    let mut values = stand_in_values(base_url);
    values.environment.extend(given.clone());
    values
        .secrets
        .insert("LinkKey".to_owned(), data.link_key()?);
    Ok(values)
}

/// The values of a stack at `base_url` that nobody has given anything.
pub fn stand_in_values(base_url: &str) -> LocalValues {
    let environment = [
        ("STRIPE_API_BASE", format!("{base_url}/_local/stripe")),
        ("STRIPE_API_KEY", "rk_test_local".to_owned()),
        ("STRIPE_WEBHOOK_SECRETS", stripe::WEBHOOK_SECRET.to_owned()),
    ];
    LocalValues {
        environment: environment
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        ..LocalValues::default()
    }
}

async fn functions(
    options: &Options,
    workspace: &Workspace,
    template: &Template,
    base_url: &str,
    data: &DataDir,
) -> Result<(Functions, Router), StackError> {
    if let Some(url) = &options.functions {
        if !base_url.ends_with(&format!(":{USUAL_PORT}")) {
            warn!(
                "the environment of `cargo lambda watch` in Cargo.toml is for port {USUAL_PORT}, but this is {base_url}"
            );
        }
        return Ok((Functions::remote(&template.functions, url), Router::new()));
    }
    info!("building the functions");
    let binaries = template.functions.iter().map(|it| it.binary.as_str());
    let binaries: BTreeSet<&str> = binaries.collect();
    let executables = build::build(&options.environment.cargo, workspace.root(), &binaries).await?;
    Ok(Functions::local(
        &template.functions,
        &executables,
        base_url,
        &options.environment.passed_on,
        data.file("logs").as_deref(),
    )?)
}

/// A service with a single address. SDKs put a slash behind it, people do not.
fn aws_service(name: &str, service: Router) -> Router {
    let path = format!("/_local/aws/{name}");
    Router::new()
        .route(&path, any_service(service.clone()))
        .route(&format!("{path}/"), any_service(service))
}

/// The title and the path of the form that a state machine begins with. None for one that opens only with an
/// invitation: a link to it would lead nowhere.
fn form(definition: &str) -> Option<(String, String)> {
    let definition: serde_json::Value = serde_json::from_str(definition).ok()?;
    let offering = &definition["States"][START_STATE]["Assign"][OFFERING_VARIABLE];
    let offering = Offering::deserialize(offering).ok()?;
    let path = format!("/services/{}", offering.path);
    (!offering.by_invitation).then_some((offering.offering.name, path))
}

impl Items for DynamoDb {
    fn partition(&self, key: &str) -> Vec<serde_json::Value> {
        self.partition(key).unwrap_or_else(|error| {
            error!(%error, "the table cannot be read");
            Vec::new()
        })
    }

    fn changes(&self) -> u64 {
        self.changes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_tells_its_form_unless_that_needs_an_invitation() {
        let generated = concat!(env!("CARGO_MANIFEST_DIR"), "/../../statemachines/generated");
        let form_of = |offering: &str| {
            let file = format!("{generated}/{offering}.asl.json");
            form(&std::fs::read_to_string(file).unwrap())
        };
        let path = "/services/customer-success/refund-request";
        assert_eq!(
            form_of("customer-success/refund-request"),
            Some(("Refund Request".to_owned(), path.to_owned()))
        );
        assert_eq!(form_of("customer-satisfaction/csat-survey"), None);
        assert_eq!(form("no definition"), None);
    }

    #[tokio::test]
    async fn a_taken_port_is_said_in_plain_words() {
        let taken = listen(0).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = listen(port).await.unwrap_err().to_string();
        assert!(
            error.contains("is taken") && error.contains("--port"),
            "{error}"
        );
    }
}
