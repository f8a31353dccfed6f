//! What functions write: a log, and measurements in `CloudWatch`'s embedded metric format.
//!
//! On Lambda each line is one flat JSON object. Those of the log have `timestamp`, `level` and `message`, as
//! Lambda wants them of a function that writes JSON, its `requestId` of the invocation, and what the spans
//! say that they are written in: the request's id, which is the name of its execution, the phase and the
//! state. A measurement is a line of its own, which `CloudWatch` takes out of the log and counts, so that
//! no function calls another service in order to be counted. It has no level, so Lambda takes it for
//! information: with `ApplicationLogLevel: WARN` nothing would be counted.

use std::fmt::Debug;
use std::io::Write;

use jiff::Timestamp;
use lambda_runtime::tracing::field::{Field, Visit};
use lambda_runtime::tracing::span::{Attributes, Id, Record};
use lambda_runtime::tracing::subscriber::filter::{LevelFilter, filter_fn};
use lambda_runtime::tracing::subscriber::fmt::MakeWriter;
use lambda_runtime::tracing::subscriber::layer::{Context, SubscriberExt};
use lambda_runtime::tracing::subscriber::registry::{LookupSpan, Scope};
use lambda_runtime::tracing::subscriber::util::SubscriberInitExt;
use lambda_runtime::tracing::subscriber::{Layer, Registry, fmt};
use lambda_runtime::tracing::{Event, Metadata, Subscriber};
use serde_json::{Map, Value, json};

use crate::config::Logging;
use domain::metrics::TARGET;

/// Begins to log. Once, by the function that runs the others.
pub(super) fn init() {
    subscriber(&Logging::from_env(), std::io::stdout).init();
}

/// What writes the log and the measurements of a function to `out`, as `logging` says.
pub fn subscriber<W>(logging: &Logging, out: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
{
    let level = logging.level.parse().unwrap_or(LevelFilter::INFO);
    // However little is logged, it says what it is about.
    let wanted = filter_fn(move |meta| {
        if meta.is_span() {
            *meta.level() <= LevelFilter::INFO
        } else {
            *meta.level() <= level && meta.target() != TARGET && !is_said_already(meta)
        }
    });
    let lines: Box<dyn Layer<Registry> + Send + Sync> = if logging.json {
        Lines { out: out.clone() }.with_filter(wanted).boxed()
    } else {
        let lines = fmt::layer().with_target(false).without_time();
        lines.with_writer(out.clone()).with_filter(wanted).boxed()
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

/// The runtime's own line about a failure that was logged when it was reported. It is written outside of
/// all that says which request it was. What the runtime says of a panic has a field `error` and stays.
fn is_said_already(meta: &Metadata<'_>) -> bool {
    meta.target() == "lambda_runtime::layers::panic" && meta.fields().field("error").is_none()
}

/// Writes the log.
struct Lines<W> {
    out: W,
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, span: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        span.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        let scope = context.event_scope(event);
        for span in scope.into_iter().flat_map(Scope::from_root) {
            if let Some(Fields(of_span)) = span.extensions().get() {
                fields.0.extend(of_span.clone());
            }
        }
        event.record(&mut fields);
        let Fields(mut line) = fields;
        line.insert("timestamp".to_owned(), json!(format!("{:.6}", now())));
        let level = event.metadata().level().as_str();
        line.insert("level".to_owned(), json!(level));
        write_line(&self.out, &Value::Object(line));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a line of a log has the time at which it is written, and no other"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

fn write_line<'a>(out: &'a impl MakeWriter<'a>, line: &Value) {
    // Whoever writes the log has nobody to tell that it cannot be written.
    let _ = writeln!(out.make_writer(), "{line}");
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
        write_line(&self.out, &embedded(&self.namespace, &fields.0));
    }
}

/// A measurement as `CloudWatch` reads it out of a log.
fn embedded(namespace: &str, fields: &Map<String, Value>) -> Value {
    let name = fields["name"].as_str().unwrap_or_default();
    let (outcome, version) = (fields.get("outcome"), fields.get("version"));
    let dimensions = match (outcome, version) {
        (None, _) => json!([[]]),
        (Some(_), None) => json!([["Outcome"]]),
        (Some(_), Some(_)) => json!([["Outcome"], ["Outcome", "Version"]]),
    };
    let mut line = json!({
        "_aws": {
            "Timestamp": fields.get("at").cloned().unwrap_or_else(|| json!(now().as_millisecond())),
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": dimensions,
                "Metrics": [{"Name": name, "Unit": fields["unit"]}],
            }],
        },
        "request": fields.get("request"),
    });
    line[name] = fields["value"].clone();
    for (name, value) in [("Outcome", outcome), ("Version", version)] {
        if let Some(value) = value {
            line[name] = value.clone();
        }
    }
    line
}

/// The fields of an event or a span.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
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
    fn a_measurement_of_a_version_counts_for_all_versions_too() {
        let lines = written(true, "info", || {
            let (outcome, version) = (Some("broken"), Some("0c9f"));
            tracing::info!(target: TARGET, name = "RequestsStopped", unit = "Count", value = 1_i64, outcome, version, at = 1_i64, request = %"r-1");
        });
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        let dimensions = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        assert_eq!(*dimensions, json!([["Outcome"], ["Outcome", "Version"]]));
        assert_eq!(
            (&line["Outcome"], &line["Version"]),
            (&json!("broken"), &json!("0c9f"))
        );
    }

    #[test]
    fn what_is_measured_outside_of_a_change_is_measured_now() {
        let [line] = &written(true, "info", || {
            tracing::info!(target: TARGET, name = "MailsRefused", unit = "Count", value = 1_i64, outcome = "sender");
        })[..] else {
            panic!("one line")
        };
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["_aws"]["Timestamp"].as_i64() > Some(1_700_000_000_000));
        assert_eq!(line["request"], Value::Null);
    }

    #[test]
    fn a_person_at_a_terminal_sees_no_measurements() {
        assert_eq!(written(false, "info", measure), [""; 0]);
    }

    fn failed() {
        tracing::error!(error = "Store.Unavailable", status = 503_u16, "it failed");
    }

    #[test]
    fn a_line_of_the_log_is_flat_and_says_which_request_and_where() {
        for level in ["info", "error"] {
            let lines = written(true, level, || {
                let _invocation = tracing::info_span!("invoke", requestId = "8476").entered();
                let late = tracing::field::Empty;
                let task = tracing::info_span!("task", request = late, phase = "CSM Review");
                task.record("request", "r-1");
                task.in_scope(failed);
            });
            let mut line: Map<String, Value> = serde_json::from_str(&lines[0]).unwrap();
            let at = line.remove("timestamp").unwrap();
            at.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
            let expected = json!({
                "level": "ERROR", "message": "it failed",
                "error": "Store.Unavailable", "status": 503,
                "requestId": "8476", "request": "r-1", "phase": "CSM Review",
            });
            assert_eq!(Value::Object(line), expected, "{level}");
        }
        assert_eq!(written(true, "error", || tracing::warn!("no")), [""; 0]);
    }

    #[test]
    fn a_person_reads_words() {
        let [line] = &written(false, "warn", failed)[..] else {
            panic!("one line")
        };
        assert!(line.contains("it failed") && !line.contains('{'), "{line}");
    }
}
