//! Wires the fakes together and serves them on one port.

mod configuration;
mod fakes;
mod guard;
mod publish;

use std::{
    collections::BTreeSet,
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, anyhow};
use axum::{Router, serve::ListenerExt};
use domain::task::Offering;
use jiff::SignedDuration;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tracing::{error, info, warn};

use crate::{
    data_dir::DataDir,
    events::{self, Events},
    gateway,
    lambda::{Functions, build},
    options::Options,
    retention, schedules,
    states::Executor,
    stripe,
    template::{LocalValues, Template},
    topics, workspace,
};
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
    /// What else goes on beside the servers; it ends when this is gone.
    _tasks: JoinSet<()>,
    /// The servers stop when this is gone.
    _running: watch::Sender<()>,
    /// Last: the data directory is free once nothing writes to it any more.
    _data: DataDir,
}

/// Starts a stack: once this returns, it serves.
pub async fn start(options: Options) -> anyhow::Result<Stack> {
    let root = workspace::find()
        .context("cannot find infra/template.yaml: run this from inside the project's folder")?;
    configuration::check(&options.environment)?;
    let event_settings = events::Settings::read(&options.environment)?;
    let data = match (options.ephemeral, &options.data_dir) {
        (true, _) => DataDir::ephemeral(),
        (false, Some(path)) => DataDir::open(path)?,
        (false, None) => DataDir::open(&root.join(".local"))?,
    };
    // Early, because a taken port is not worth a build, and because functions are told the address.
    let listener = listen(options.port).await?;
    let addr = listener.local_addr()?;
    let base_url = format!("http://{addr}");

    let template = read_template(&options, &root, &data, &base_url)?;
    let offerings = offerings(&template)?;
    let settings = configuration::settings(&template, &offerings)?;
    let (functions, lambda) = functions(&options, &root, &template, &base_url, &data).await?;
    let fakes = Fakes::open(&data, &template, functions)?;
    for machine in &template.machines {
        publish::publish(machine, &fakes.executor)?;
    }
    let (dynamodb, clock) = (fakes.dynamodb.clone(), fakes.clock.clone());
    let mut tasks = JoinSet::new();
    let mut new_events_secret = None;
    if let Some(settings) = event_settings {
        let pipe = template.pipe.clone();
        let events = Events::open(settings, pipe, &data, dynamodb.clone(), clock.clone())?;
        new_events_secret = events.new_secret();
        tasks.spawn(events::deliver(events));
    } else {
        dynamodb.keep_streams(false)?;
    }

    // A host that compiles on the first call needs more than API Gateway's 30 seconds.
    let patience = options
        .functions
        .as_ref()
        .map_or(gateway::PATIENCE, |_| Duration::MAX);
    let gateway = gateway::router(
        &template.routes,
        fakes.functions.clone(),
        clock.clone(),
        addr.to_string(),
        patience,
    );
    let forms: Vec<_> = offerings.iter().filter_map(form).collect();
    let (running, stopped) = watch::channel(());
    let served_dynamodb = dynamodb.serve(until(stopped.clone())).await?;
    let app = fakes
        .router(served_dynamodb, lambda, forms.clone(), &template)
        .fallback_service(gateway);
    tokio::spawn(serve(listener, app, stopped));
    let kept = settings.map(|it| SignedDuration::from_hours(24 * i64::from(it.keep_answers_days)));
    run_beside(&mut tasks, &fakes, template, kept, &base_url);
    Ok(Stack {
        addr,
        forms,
        new_events_secret,
        executor: fakes.executor,
        functions: fakes.functions,
        _tasks: tasks,
        _running: running,
        _data: data,
    })
}

/// Starts what goes on beside the servers. `kept` is how long personal data is.
fn run_beside(
    tasks: &mut JoinSet<()>,
    fakes: &Fakes,
    template: Template,
    kept: Option<SignedDuration>,
    base_url: &str,
) {
    let (dynamodb, clock, functions) = (&fakes.dynamodb, &fakes.clock, &fakes.functions);
    let webhook = format!("{base_url}/webhooks/stripe");
    tasks.spawn(stripe::send_events(Arc::clone(&fakes.stripe), webhook));
    let executor = Arc::clone(&fakes.executor);
    tasks.spawn(publish::on_change(template.machines, executor));
    let topics = Arc::clone(&fakes.topics);
    tasks.spawn(topics::deliver(topics, functions.clone()));
    let outbox = Arc::clone(&fakes.outbox);
    let retention = retention::run(kept, outbox, dynamodb.clone(), clock.clone());
    tasks.spawn(retention);
    tasks.spawn(dynamodb.clone().sweep(clock.clone()));
    for schedule in template.schedules {
        tasks.spawn(schedules::run(schedule, functions.clone(), clock.clone()));
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.executor.stop();
        self.functions.stop();
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

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    bound.map_err(|error| {
        if error.kind() == ErrorKind::AddrInUse {
            anyhow!(
                "port {port} is taken, maybe by another local stack: stop that one, or choose another port with \
                 `--port N` (0 picks a free one)"
            )
        } else {
            anyhow!("cannot serve on this machine: {error}")
        }
    })
}

/// The template with what takes the place of AWS's values. A person's environment wins over the fakes.
fn read_template(
    options: &Options,
    root: &Path,
    data: &DataDir,
    base_url: &str,
) -> anyhow::Result<Template> {
    let given = options.environment.clone();
    let mut values = default_values(base_url);
    values.parameters.extend(given.parameters);
    values.environment.extend(given.secrets);
    if options.no_limits {
        let limits = ("RequestLimits".to_owned(), String::new());
        values.parameters.extend([limits]);
    }
    let link_key = data.link_key()?;
    values.secrets.insert("LinkKey".to_owned(), link_key);
    let usual = root.join(workspace::TEMPLATE);
    let path = options.template.as_ref().unwrap_or(&usual);
    let mut template = Template::read(path, &values)?;
    let stripe_key = values.environment.remove("STRIPE_API_KEY");
    let stripe_key = stripe_key.map(|key| (STRIPE_SECRET.to_owned(), key));
    template.secrets.extend(stripe_key);
    Ok(template)
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
    root: &Path,
    template: &Template,
    base_url: &str,
    data: &DataDir,
) -> anyhow::Result<(Functions, Router)> {
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
    let executables = build::build(&options.environment.cargo, root, &binaries).await?;
    Ok(Functions::local(
        &template.functions,
        &executables,
        base_url,
        &options.environment.passed_on,
        data.file("logs").as_deref(),
    ))
}

/// What the template's state machines offer, those of them that begin with a form.
fn offerings(template: &Template) -> anyhow::Result<Vec<Offering>> {
    let machines = template.machines.iter();
    let offerings = machines.map(|machine| Ok(Offering::in_machine(&machine.load()?).ok()));
    offerings.filter_map(Result::transpose).collect()
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
