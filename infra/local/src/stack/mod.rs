//! Wires the fakes together and serves them on one port.

mod configuration;
mod error;
mod fakes;
mod guard;
mod publish;

use std::{
    collections::BTreeSet,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{Router, serve::ListenerExt};
use domain::task::Offering;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tracing::{error, info, warn};

use crate::{
    data_dir::DataDir,
    events::{self, Events},
    gateway::{self, Gateway},
    lambda::{Functions, build},
    options::{self, Options},
    retention, schedules,
    states::Executor,
    stripe,
    template::{LocalValues, Template},
    topics,
    workspace::Workspace,
};
pub use configuration::ConfigurationError;
pub use error::StackError;
use fakes::Fakes;

/// The port that the environment of `cargo lambda watch` is written for.
pub const USUAL_PORT: u16 = 3000;

/// The name of the secret with Stripe's key, which operators' commands read.
const STRIPE_SECRET: &str = "refund-desk/stripe-api-key";

/// A stack that is serving. Dropping it stops it and everything that it started.
pub struct Stack {
    /// Where it serves.
    pub addr: SocketAddr,
    /// The forms that customers fill in: title and path.
    pub forms: Vec<(String, String)>,
    /// What events are signed with, if that was made for this run.
    pub new_events_secret: Option<String>,
    executor: Arc<Executor>,
    functions: Functions,
    ttl_sweeper: JoinHandle<()>,
    /// What else goes on beside the servers; it ends when this is gone.
    _tasks: JoinSet<()>,
    /// The servers stop when this is gone.
    _running: watch::Sender<()>,
    /// Last: the data directory is free once nothing writes to it any more.
    _data: DataDir,
}

/// Starts a stack: once this returns, it serves.
pub async fn start(options: Options) -> Result<Stack, StackError> {
    let workspace = Workspace::find().ok_or(StackError::NoWorkspace)?;
    configuration::check(&options.environment)?;
    let event_settings = events::Settings::read(&options.environment)?;
    let data = open_data_dir(&options, &workspace)?;
    // Early, because a taken port is not worth a build, and because functions are told the address.
    let listener = listen(options.port).await?;
    let addr = listener.local_addr().map_err(StackError::Serve)?;
    let base_url = format!("http://{addr}");

    let values = local_values(&options, &data, &base_url)?;
    let path = options.template.clone();
    let mut template = Template::read(&path.unwrap_or_else(|| workspace.template()), &values)?;
    let stripe_key = values.environment.get("STRIPE_API_KEY");
    let stripe_key = stripe_key.map(|key| (STRIPE_SECRET.to_owned(), key.clone()));
    template.secrets.extend(stripe_key);
    let offerings = offerings(&template)?;
    configuration::check_settings(&template, &offerings)?;
    let (functions, lambda) = functions(&options, &workspace, &template, &base_url, &data).await?;
    let kept = retention::kept(&template);
    let fakes = Fakes::open(&data, &template, functions)?;
    for machine in &template.machines {
        publish::publish(machine, &fakes.executor)?;
    }
    let forms: Vec<_> = offerings.iter().filter_map(form).collect();

    // A host that compiles on the first call needs more than API Gateway's 30 seconds.
    let patience = options.functions.is_none().then_some(gateway::PATIENCE);
    let gateway = Gateway::new(
        &template.routes,
        fakes.functions.clone(),
        fakes.clock.clone(),
        addr.to_string(),
        patience,
    );
    let events = fakes.events(event_settings, &data, &template)?;
    let new_events_secret = events.as_ref().and_then(Events::new_secret);
    let (running, stopped) = watch::channel(());
    let dynamodb = fakes.dynamodb.serve(until(stopped.clone())).await;
    let dynamodb = dynamodb.map_err(StackError::Serve)?;
    let app = fakes
        .router(dynamodb, lambda, forms.clone(), &template)
        .fallback_service(gateway.router());
    tokio::spawn(serve(listener, app, stopped));
    let mut tasks = JoinSet::new();
    let webhook = format!("{base_url}/webhooks/stripe");
    tasks.spawn(stripe::send_events(fakes.stripe, webhook));
    let executor = Arc::clone(&fakes.executor);
    tasks.spawn(publish::on_change(template.machines, executor));
    if let Some(events) = events {
        tasks.spawn(events::deliver(events));
    }
    tasks.spawn(topics::deliver(fakes.topics, fakes.functions.clone()));
    tasks.spawn(retention::run(
        kept,
        fakes.outbox,
        fakes.dynamodb.clone(),
        fakes.clock.clone(),
    ));
    for schedule in template.schedules {
        tasks.spawn(schedules::run(
            schedule,
            fakes.functions.clone(),
            fakes.clock.clone(),
        ));
    }
    Ok(Stack {
        addr,
        forms,
        new_events_secret,
        ttl_sweeper: fakes.dynamodb.sweep_regularly(fakes.clock),
        executor: fakes.executor,
        functions: fakes.functions,
        _tasks: tasks,
        _running: running,
        _data: data,
    })
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.executor.stop();
        self.functions.stop();
        self.ttl_sweeper.abort();
    }
}

async fn serve(listener: TcpListener, app: Router, stopped: watch::Receiver<()>) {
    // A small answer must not wait for the acknowledgement of an earlier one.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    // Functions are told who calls.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
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

/// What takes the place of AWS's values. A person's environment wins over the fakes.
fn local_values(
    options: &Options,
    data: &DataDir,
    base_url: &str,
) -> Result<LocalValues, StackError> {
    let given = &options.environment.overrides;
    let mut values = default_values(base_url);
    for (name, value) in given {
        let mut parameters = options::PARAMETERS.iter();
        let (values, name) = match parameters.find(|(variable, _)| variable == name) {
            Some((_, parameter)) => (&mut values.parameters, *parameter),
            None => (&mut values.environment, name.as_str()),
        };
        values.insert(name.to_owned(), value.clone());
    }
    if options.no_limits {
        values
            .parameters
            .insert("RequestLimits".to_owned(), String::new());
    }
    let link_key = data.link_key()?;
    values.secrets.insert("LinkKey".to_owned(), link_key);
    Ok(values)
}

/// The values of a stack at `base_url` that nobody has given anything.
pub fn default_values(base_url: &str) -> LocalValues {
    let parameters = [
        ("StripeApiBase", format!("{base_url}/_local/stripe")),
        ("StripeSecretName", STRIPE_SECRET.to_owned()),
    ];
    let secrets = [
        ("STRIPE_API_KEY", "rk_test_local".to_owned()),
        ("STRIPE_WEBHOOK_SECRETS", stripe::WEBHOOK_SECRET.to_owned()),
    ];
    let named = |(name, value): (&str, String)| (name.to_owned(), value);
    LocalValues {
        parameters: parameters.map(named).into(),
        environment: secrets.map(named).into(),
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
    ))
}

/// What the template's state machines offer, those of them that begin with a form.
fn offerings(template: &Template) -> Result<Vec<Offering>, StackError> {
    let mut offerings = Vec::new();
    for machine in &template.machines {
        offerings.extend(Offering::in_machine(&machine.load()?));
    }
    Ok(offerings)
}

/// The title and the path of the form of an offering. None for one that opens only with an invitation: a link to it would
/// lead nowhere.
fn form(offering: &Offering) -> Option<(String, String)> {
    let path = format!("/services/{}", offering.path);
    (!offering.by_invitation).then(|| (offering.offering.name.clone(), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_tells_its_form_unless_that_needs_an_invitation() {
        let generated = concat!(env!("CARGO_MANIFEST_DIR"), "/../../statemachines/generated");
        let form_of = |offering: &str| {
            let file = format!("{generated}/{offering}.asl.json");
            form(&Offering::in_machine(&std::fs::read_to_string(file).unwrap()).unwrap())
        };
        let path = "/services/customer-success/refund-request";
        assert_eq!(
            form_of("customer-success/refund-request"),
            Some(("Refund Request".to_owned(), path.to_owned()))
        );
        assert_eq!(form_of("customer-satisfaction/csat-survey"), None);
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
