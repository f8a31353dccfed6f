//! What functions print: every line of their log as it is into a file, and what a person at the terminal
//! wants to read of it into the stack's own log.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tracing::{Level, debug, error, info, warn};

/// What is in every line, or is said elsewhere in it.
const KNOWN: &str = "timestamp level message requestId xrayTraceId request execution phase state";

/// Opens a file to keep lines in, behind those that are there.
pub(super) fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::options().create(true).append(true).open(path)
}

/// Keeps and shows each line of a process's output, until the process ends.
pub(super) fn follow(
    function: String,
    output: impl AsyncRead + Unpin + Send + 'static,
    mut kept: Option<File>,
) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).split(b'\n');
        while let Ok(Some(mut line)) = lines.next_segment().await {
            show(&function, String::from_utf8_lossy(&line).trim_end());
            // In one go, because several processes of a function write to the same file.
            line.push(b'\n');
            if let Some(Err(error)) = kept.as_mut().map(|file| file.write_all(&line)) {
                warn!(%error, "what {function} logs cannot be kept");
                kept = None;
            }
        }
    });
}

fn show(function: &str, line: &str) {
    let Some((level, text)) = readable(line) else {
        return;
    };
    // The level of an event has to be known when this is compiled.
    match level {
        Level::ERROR => error!(target: "function", "{function}: {text}"),
        Level::WARN => warn!(target: "function", "{function}: {text}"),
        Level::INFO => info!(target: "function", "{function}: {text}"),
        _ => debug!(target: "function", "{function}: {text}"),
    }
}

/// A line as a person reads it: what happened, the details, and of which request. `None` for a measurement,
/// which is for `CloudWatch` alone.
fn readable(line: &str) -> Option<(Level, String)> {
    let Ok(fields) = serde_json::from_str::<Map<String, Value>>(line) else {
        // Not of its log: it may be a panic.
        return Some((Level::WARN, line.to_owned()));
    };
    if fields.contains_key("_aws") {
        return None;
    }
    let level = fields.get("level").and_then(Value::as_str);
    let level = level.and_then(|level| level.parse().ok());
    let mut text = fields.get("message").map_or_else(String::new, plain);
    for (name, value) in &fields {
        if !KNOWN.split(' ').any(|known| known == name) {
            text = format!("{text} {name}={}", plain(value));
        }
    }
    let about = ["request", "phase"];
    let about = about.into_iter().filter_map(|name| fields.get(name));
    let about: Vec<_> = about.map(plain).filter(|text| !text.is_empty()).collect();
    if !about.is_empty() {
        text = format!("{text} ({})", about.join(", "));
    }
    Some((level.unwrap_or(Level::INFO), text))
}

/// A value without the marks of JSON around a text.
fn plain(value: &Value) -> String {
    let text = value.as_str().map(ToOwned::to_owned);
    text.unwrap_or_else(|| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_short_with_its_request() {
        let line = r#"{"timestamp":"2026-11-01T12:00:00Z","level":"ERROR","message":"the invocation failed",
            "requestId":"8476","xrayTraceId":"Root=1","error":"Stripe.Unavailable","status":503,
            "request":"r-1","execution":"r-1","phase":"Process Refund","state":"Process Refund"}"#;
        let text =
            "the invocation failed error=Stripe.Unavailable status=503 (r-1, Process Refund)";
        assert_eq!(readable(line), Some((Level::ERROR, text.to_owned())));
        let short = r#"{"level":"INFO","message":"answered"}"#;
        assert_eq!(readable(short), Some((Level::INFO, "answered".to_owned())));
    }

    #[test]
    fn measurements_are_not_shown_and_what_is_no_log_is() {
        assert_eq!(readable(r#"{"_aws":{},"Decisions":1}"#), None);
        let panic = "thread 'main' panicked at src/main.rs:1:1:";
        assert_eq!(readable(panic), Some((Level::WARN, panic.to_owned())));
    }

    #[test]
    fn what_is_kept_stands_behind_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/Decide.log");
        for line in ["a\n", "b\n"] {
            open(&path).unwrap().write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(path).unwrap(), "a\nb\n");
    }
}
