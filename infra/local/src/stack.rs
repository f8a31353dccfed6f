//! Wires the stand-ins together and serves them on one port.

use std::{
    collections::BTreeSet,
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::any_service,
    serve::ListenerExt,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tracing::{error, info, warn};

use crate::{
    aws::{
        self,
        dynamodb::{DynamoDb, DynamoDbError},
    },
    clock::Clock,
    console::{self, Console},
    data_dir::{DataDir, DataDirError},
    gateway::Gateway,
    lambda::{
        Functions, InvokeError,
        build::{self, BuildError},
    },
    options::Options,
    outbox::Outbox,
    states::{DefinitionError, Executor, OpenError},
    stripe,
    template::{LocalValues, Machine, Template, TemplateError},
    workspace::Workspace,
};

/// The port that the environment of `cargo lambda watch` is written for.
const USUAL_PORT: u16 = 3000;

/// A stack that is serving. Dropping it stops it and everything that it started.
pub struct Stack {
    /// Where it serves.
    pub addr: SocketAddr,
    /// Paths of the forms that customers fill in, with their titles.
    pub forms: Vec<(String, String)>,
    executor: Arc<Executor>,
    functions: Functions,
    tasks: Vec<JoinHandle<()>>,
    /// Last: the data directory is free once nothing writes to it any more.
    _data: DataDir,
}

/// Why a stack could not start.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each says it in its message")]
pub enum StackError {
    #[error("cannot find infra/template.yaml: run this from inside the project's folder")]
    NoWorkspace,
    #[error(
        "port {0} is taken, maybe by another local stack: stop that one, or choose another port with `--port N` (0 picks a free one)"
    )]
    PortTaken(u16),
    #[error("cannot listen on port {port} of this machine: {source}")]
    Listen { port: u16, source: io::Error },
    #[error(transparent)]
    Data(#[from] DataDirError),
    #[error("cannot read what an earlier run kept: {0}")]
    Kept(#[source] io::Error),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("{path} is not a state machine that can run here: {problem}")]
    Definition {
        path: PathBuf,
        problem: DefinitionError,
    },
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Functions(#[from] InvokeError),
    #[error(transparent)]
    DynamoDb(#[from] DynamoDbError),
    #[error(transparent)]
    Executor(#[from] OpenError),
}

/// Starts a stack: once this returns, it serves.
pub async fn start(options: Options) -> Result<Stack, StackError> {
    let workspace = Workspace::find().ok_or(StackError::NoWorkspace)?;
    let data = open_data_dir(&options, &workspace)?;
    let clock = match data.file("clock.json") {
        Some(file) => Clock::open(&file).map_err(StackError::Kept)?,
        None => Clock::system(),
    };
    // Early, because a taken port is not worth a build, and because functions are told the address.
    let listener = listen(options.port).await?;
    let addr = listener.local_addr().map_err(|source| StackError::Listen {
        port: options.port,
        source,
    })?;
    let base_url = format!("http://{addr}");

    let template = Template::read(
        &workspace.template(),
        &local_values(&options, &data, &base_url)?,
    )?;
    let definitions = template
        .machines
        .iter()
        .map(|machine| Ok((machine, machine.load()?)))
        .collect::<Result<Vec<_>, TemplateError>>()?;
    let (functions, lambda) = functions(&options, &workspace, &template, &base_url).await?;

    let dynamodb = DynamoDb::open(data.file("dynamodb.db").as_deref(), &template.tables)?;
    let outbox = Arc::new(Outbox::open(data.path(), clock.clone()).map_err(StackError::Kept)?);
    let stripe = stripe::StandIn::open(data.path(), clock.clone()).map_err(StackError::Kept)?;
    let executor = Executor::open(data.path(), clock.clone(), Arc::new(functions.clone()))?;
    for (machine, definition) in &definitions {
        executor
            .define(&machine.arn, definition)
            .map_err(|problem| StackError::Definition {
                path: machine.definition.clone(),
                problem,
            })?;
    }

    let (dynamodb_router, dynamodb_server) = dynamodb.serve().await.map_err(StackError::Kept)?;
    let mut gateway = Gateway::new(
        &template.routes,
        functions.clone(),
        clock.clone(),
        addr.to_string(),
    );
    if options.functions.is_some() {
        gateway = gateway.patient();
    }
    let forms: Vec<_> = template.machines.iter().map(form).collect();
    let console = Console {
        executor: Arc::clone(&executor),
        outbox: Arc::clone(&outbox),
        clock: clock.clone(),
        items: items(&dynamodb),
        forms: forms.clone(),
    };
    let stand_ins = Router::new()
        .merge(console::router(console))
        .merge(aws_service("dynamodb", dynamodb_router))
        .merge(aws_service("ses", aws::ses::router(outbox)))
        .merge(aws_service(
            "states",
            aws::states::router(Arc::clone(&executor)),
        ))
        .nest("/_local/lambda", lambda)
        .nest("/_local/stripe", stripe::router(Arc::new(stripe)))
        .layer(middleware::from_fn(this_machine_only));
    let app = stand_ins.fallback_service(gateway.router());
    let server = tokio::spawn(async move {
        // A small answer must not wait for the acknowledgement of an earlier one.
        let listener = listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        if let Err(error) = axum::serve(listener, app).await {
            error!(%error, "the server stopped");
        }
    });
    Ok(Stack {
        addr,
        forms,
        executor,
        functions,
        tasks: vec![server, dynamodb_server, dynamodb.sweep_regularly(clock)],
        _data: data,
    })
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.executor.stop();
        self.functions.stop();
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn open_data_dir(options: &Options, workspace: &Workspace) -> Result<DataDir, StackError> {
    if options.ephemeral {
        return Ok(DataDir::ephemeral());
    }
    let path = options
        .data_dir
        .clone()
        .unwrap_or_else(|| workspace.data_dir());
    Ok(DataDir::open(&path)?)
}

async fn listen(port: u16) -> Result<TcpListener, StackError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => StackError::PortTaken(port),
            _ => StackError::Listen { port, source },
        })
}

/// What takes the place of AWS's values. A person's environment wins over the stand-ins.
fn local_values(
    options: &Options,
    data: &DataDir,
    base_url: &str,
) -> Result<LocalValues, StackError> {
    let given = &options.overrides;
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
    let binaries: BTreeSet<&str> = template
        .functions
        .iter()
        .map(|function| function.binary.as_str())
        .collect();
    let executables = build::build(workspace.root(), &binaries).await?;
    Ok(Functions::local(
        &template.functions,
        &executables,
        base_url,
    )?)
}

/// A service with a single address. SDKs put a slash behind it, people do not.
fn aws_service(name: &str, service: Router) -> Router {
    let path = format!("/_local/aws/{name}");
    Router::new()
        .route(&path, any_service(service.clone()))
        .route(&format!("{path}/"), any_service(service))
}

/// Where a state machine's form is, which its generated file's place tells, and a title for it.
fn form(machine: &Machine) -> (String, String) {
    let name =
        |path: Option<&std::ffi::OsStr>| path.unwrap_or_default().to_string_lossy().into_owned();
    let file = name(machine.definition.file_name());
    let offering = file.split('.').next().unwrap_or_default();
    let service = name(
        machine
            .definition
            .parent()
            .and_then(|folder| folder.file_name()),
    );
    let mut title = offering.replace('-', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    (title, format!("/services/{service}/{offering}"))
}

fn items(dynamodb: &DynamoDb) -> console::Items {
    let dynamodb = dynamodb.clone();
    Arc::new(move || {
        dynamodb.scan().unwrap_or_else(|error| {
            error!(%error, "the table cannot be read");
            Vec::new()
        })
    })
}

/// Refuses callers who came by another name than this machine's: a web page elsewhere can make a name
/// of its own point here, and would then read the outbox.
async fn this_machine_only(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .map_or("", |host| {
            host.rsplit_once(':').map_or(host, |(name, _)| name)
        });
    if matches!(host, "127.0.0.1" | "localhost") {
        return next.run(request).await;
    }
    let refusal = "This is for http://127.0.0.1 and http://localhost alone.\n";
    (StatusCode::FORBIDDEN, refusal).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machines_form_is_where_its_file_says() {
        let machine = Machine {
            id: "RefundRequest".into(),
            arn: "arn".into(),
            definition: "x/generated/customer-success/refund-request.asl.json".into(),
            substitutions: [].into(),
        };
        assert_eq!(
            form(&machine),
            (
                "Refund request".to_owned(),
                "/services/customer-success/refund-request".to_owned()
            )
        );
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
