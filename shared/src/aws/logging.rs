//! What functions write: a log, and measurements in `CloudWatch`'s embedded metric format.
//!
//! On Lambda each line is a JSON object. Those of the log carry the request's id, phase and state from
//! the span that they are written in. A measurement is a line of its own, which `CloudWatch` takes out of
//! the log and counts, so that no function calls another service in order to be counted.

use std::fmt::Debug;
use std::io::Write;

use lambda_runtime::tracing::field::{Field, Visit};
use lambda_runtime::tracing::subscriber::filter::{EnvFilter, FilterExt, LevelFilter, filter_fn};
use lambda_runtime::tracing::subscriber::fmt::MakeWriter;
use lambda_runtime::tracing::subscriber::layer::{Context, SubscriberExt};
use lambda_runtime::tracing::subscriber::util::SubscriberInitExt;
use lambda_runtime::tracing::subscriber::{Layer, Registry, fmt};
use lambda_runtime::tracing::{Event, Subscriber};
use serde_json::{Map, Value, json};

use crate::config::Logging;
use crate::metrics::TARGET;

/// Begins to log. Once, by the function that runs the others.
pub(super) fn init() {
    subscriber(&Logging::from_env(), std::io::stdout).init();
}

fn subscriber<W>(logging: &Logging, out: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
{
    let level = logging.level.parse().unwrap_or(LevelFilter::INFO);
    let wanted = EnvFilter::builder().with_default_directive(level.into());
    let wanted = wanted
        .parse_lossy("")
        .and(filter_fn(|event| event.target() != TARGET));
    let lines = fmt::layer()
        .with_target(false)
        .without_time()
        .with_writer(out.clone());
    let lines: Box<dyn Layer<Registry> + Send + Sync> = if logging.json {
        lines
            .json()
            .with_current_span(false)
            .with_span_list(true)
            .with_filter(wanted)
            .boxed()
    } else {
        lines.with_filter(wanted).boxed()
    };
    // A person at a terminal has no use for them.
    let metrics = logging.json.then(|| Metrics {
        namespace: logging.namespace.clone(),
        out,
    });
    let metrics = metrics.with_filter(filter_fn(|event| event.target() == TARGET));
    lambda_runtime::tracing::subscriber::registry()
        .with(lines)
        .with(metrics)
}

/// Writes measurements.
struct Metrics<W> {
    namespace: String,
    out: W,
}

impl<S, W> Layer<S> for Metrics<W>
where
    S: Subscriber,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = embedded(&self.namespace, &fields.0);
        // Whoever writes the log has nobody to tell that it cannot be written.
        let _ = writeln!(self.out.make_writer(), "{line}");
    }
}

/// A measurement as `CloudWatch` reads it out of a log.
fn embedded(namespace: &str, fields: &Map<String, Value>) -> Value {
    let name = fields["name"].as_str().unwrap_or_default();
    let outcome = fields.get("outcome");
    let dimensions = if outcome.is_some() {
        json!([["Outcome"]])
    } else {
        json!([[]])
    };
    let mut line = json!({
        "_aws": {
            "Timestamp": fields["at"],
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": dimensions,
                "Metrics": [{"Name": name, "Unit": fields["unit"]}],
            }],
        },
        "request": fields["request"],
    });
    line[name] = fields["value"].clone();
    if let Some(outcome) = outcome {
        line["Outcome"] = outcome.clone();
    }
    line
}

/// The fields of an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = json!(format!("{value:?}"));
        self.0.insert(field.name().to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written while `act` runs, line by line.
    fn written(json: bool, level: &str, act: impl FnOnce()) -> Vec<String> {
        let out = Written::default();
        let logging = Logging {
            level: level.to_owned(),
            json,
            namespace: "desk".to_owned(),
        };
        let subscriber = subscriber(&logging, {
            let writer = out.clone();
            move || writer.clone()
        });
        ::tracing::subscriber::with_default(subscriber, act);
        let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        text.lines().map(ToOwned::to_owned).collect()
    }

    fn measure() {
        let (outcome, at) = (Some("approve"), 1_700_000_000_000_i64);
        tracing::info!(target: TARGET, name = "Decisions", unit = "Count", value = 1_i64, outcome, at, request = %"r-1");
    }

    #[test]
    fn a_measurement_is_a_line_in_the_embedded_metric_format() {
        let lines = written(true, "warn", measure);
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        let line: Value = serde_json::from_str(line).unwrap();
        let metrics = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(line["_aws"]["Timestamp"], json!(1_700_000_000_000_i64));
        assert_eq!(metrics["Namespace"], "desk");
        assert_eq!(metrics["Dimensions"], json!([["Outcome"]]));
        assert_eq!(
            metrics["Metrics"],
            json!([{"Name": "Decisions", "Unit": "Count"}])
        );
        assert_eq!(
            (&line["Decisions"], &line["Outcome"]),
            (&json!(1), &json!("approve"))
        );
    }

    #[test]
    fn a_person_at_a_terminal_sees_no_measurements() {
        assert_eq!(written(false, "info", measure), [""; 0]);
    }

    #[test]
    fn a_line_of_the_log_says_which_request_and_where() {
        let lines = written(true, "info", || {
            let task =
                tracing::info_span!("task", request = "r-1", phase = "CSM Review", state = "S");
            task.in_scope(|| tracing::error!(error = "Store.Unavailable", "it failed"));
        });
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(line["level"], "ERROR");
        assert_eq!(
            line["fields"],
            json!({"error": "Store.Unavailable", "message": "it failed"})
        );
        let span = json!({"name": "task", "request": "r-1", "phase": "CSM Review", "state": "S"});
        assert_eq!(line["spans"], json!([span]));
        assert_eq!(written(true, "error", || tracing::warn!("no")), [""; 0]);
    }
}
