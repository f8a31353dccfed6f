//! What functions write: measurements of each change of a request, and the line of a task that failed.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use adapters::{config::Logging, logging};
use anyhow::{Context, ensure};
use domain::{
    admission::CountedFor,
    approval::Approval,
    audit::Action,
    failure::Failure,
    metrics,
    table::{Stored, Write as Stores},
    workflow::WorkflowError,
};
use serde_json::{Map, Value, json};
use testing::fixtures;

use super::{expanded::STACK, series::Series};
use crate::{
    Checkout,
    command::{command, stdout},
    rig::cold_start,
};

/// How long a function may take to fail.
const LIMIT: Duration = Duration::from_secs(20);

/// All metrics that follow from what happens to a request, by the lines that a function writes of it.
pub(super) fn metrics(checkout: &Checkout) -> anyhow::Result<Vec<Series>> {
    let versions = versions(checkout)?;
    let out = Written::default();
    let logging = Logging {
        level: "info".to_owned(),
        json: true,
        namespace: STACK.to_owned(),
    };
    let writer = out.clone();
    let subscriber = logging::subscriber(&logging, move || writer.clone());
    tracing::subscriber::with_default(subscriber, || -> anyhow::Result<()> {
        let (request, mut record) = fixtures::request::request();
        let waiting = fixtures::approval::waiting(request.request_id, 0, "token");
        for action in actions()? {
            record.action = action;
            let approval = Approval::ask(
                &waiting,
                1,
                &["csm-1@example.com".to_owned()],
                &fixtures::approval::link_keys(),
            );
            let stored = Stored {
                value: approval,
                version: 1,
            };
            metrics::report(&record, &[Stores::update(&stored)]);
        }
        for version in &versions {
            metrics::report_stop(&record, "Payments.Stopped", version);
            metrics::report_stop(&record, "Payload.Invalid", version);
        }
        metrics::report_unreadable_definition();
        metrics::report_refused_request(CountedFor::Offering);
        metrics::report_differences(1);
        metrics::report_outage(&Failure::PaymentsStopped);
        metrics::report_outage(&WorkflowError::Unavailable(String::new()).into());
        for fault in ["sender", "recipient"] {
            metrics::report_refused_mail(fault, Some(request.request_id));
        }
        Ok(())
    })?;
    let lines = out.0.lock().expect("nobody panicked while writing").clone();
    let mut series = Vec::new();
    for line in lines.lines() {
        series.extend(measured(&serde_json::from_str(&line?)?));
    }
    Ok(series)
}

/// The versions of the processes that are deployed.
fn versions(checkout: &Checkout) -> anyhow::Result<Vec<String>> {
    let folders = statemachines::files::Folders::below(&checkout.root().join("statemachines"));
    let offerings = folders.offerings()?.into_iter();
    Ok(offerings.map(|offering| offering.version).collect())
}

/// Every action: what serde offers in place of one that it does not know.
fn actions() -> anyhow::Result<Vec<Action>> {
    let unknown = serde_json::from_value::<Action>(json!("")).err();
    let offered = unknown.context("an empty name is no action")?.to_string();
    let names = offered.split('`').skip(3).step_by(2);
    let actions: Result<Vec<Action>, _> = names
        .map(|name| serde_json::from_value(json!(name)))
        .collect();
    let actions = actions?;
    ensure!(
        actions.contains(&Action::Resumed),
        "not all actions: {offered}"
    );
    Ok(actions)
}

/// The metrics in a line of `CloudWatch`'s embedded format.
fn measured(line: &Value) -> Vec<Series> {
    let mut series = Vec::new();
    for directive in line["_aws"]["CloudWatchMetrics"]
        .as_array()
        .into_iter()
        .flatten()
    {
        for dimensions in directive["Dimensions"].as_array().into_iter().flatten() {
            let dimensions = dimensions
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let dimensions: BTreeMap<_, _> = dimensions
                .map(|name| (name.to_owned(), line[name].as_str().map(ToOwned::to_owned)))
                .collect();
            let metrics = directive["Metrics"].as_array().into_iter().flatten();
            series.extend(metrics.map(|metric| Series {
                namespace: super::expanded::text(&directive["Namespace"]),
                name: super::expanded::text(&metric["Name"]),
                dimensions: dimensions.clone(),
            }));
        }
    }
    series
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .expect("nobody panicked while writing")
            .write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The line that a function writes when its task fails: `decide`, built and started as Lambda starts it,
/// with a payload that does not say what to decide.
pub(super) fn failure(checkout: &Checkout) -> anyhow::Result<Map<String, Value>> {
    let mut build = command("cargo", checkout.root());
    // Not by package: cargo would compile what is below it anew, with other features.
    stdout(build.args(["build", "--quiet", "--bin", "decide"]))?;
    let api = TcpListener::bind(("127.0.0.1", 0))?;
    let mut function = command(checkout.root().join("target/debug/decide"), checkout.root());
    function.env_clear();
    function.envs(cold_start::environment(&api.local_addr()?.to_string()));
    let mut function = function.stdout(Stdio::piped()).spawn()?;
    let lines = function.stdout.take().context("its output is a pipe")?;
    let read = thread::spawn(move || {
        let lines = BufReader::new(lines).lines().map_while(Result::ok);
        let mut lines = lines.filter_map(|line| serde_json::from_str(&line).ok());
        lines.find(|line: &Map<String, Value>| line.get("level").is_some_and(|it| it == "ERROR"))
    });
    let invoked = invoke(&api, &mut function);
    let _ = function.kill();
    let _ = function.wait();
    let line = read.join().ok().flatten();
    invoked?;
    line.context("the function wrote no line of level ERROR")
}

/// Answers the function's questions as Lambda's Runtime API, until it reports how the invocation ended.
fn invoke(api: &TcpListener, function: &mut Child) -> anyhow::Result<()> {
    api.set_nonblocking(true)?;
    let begun = Instant::now();
    loop {
        match api.accept() {
            Ok((connection, _)) => {
                if answer(connection)? {
                    return Ok(());
                }
            }
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => {
                return Err(error.into());
            }
            Err(_) => {
                ensure!(begun.elapsed() < LIMIT, "it reported nothing for {LIMIT:?}");
                ensure!(function.try_wait()?.is_none(), "it ended");
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// Answers one question; `true` once it was the report of an error.
fn answer(mut connection: TcpStream) -> anyhow::Result<bool> {
    connection.set_nonblocking(false)?;
    connection.set_read_timeout(Some(LIMIT))?;
    let mut reader = BufReader::new(connection.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let start = head.len();
        ensure!(reader.read_line(&mut head)? > 0, "it hung up");
        let line = head[start..].to_ascii_lowercase();
        if let Some(given) = line.strip_prefix("content-length:") {
            length = given.trim().parse()?;
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    let body = json!({"requestId": "0190", "phase": "Threshold Check", "state": "Threshold Check"});
    let (status, body) = if head.contains("/invocation/next") {
        ("200 OK", body.to_string())
    } else {
        ("202 Accepted", String::new())
    };
    write!(
        connection,
        "HTTP/1.1 {status}\r\nconnection: close\r\nlambda-runtime-aws-request-id: 1\r\n\
         lambda-runtime-deadline-ms: 4000000000000\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    Ok(head.contains("/error"))
}
