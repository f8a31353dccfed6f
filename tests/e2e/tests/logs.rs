//! What functions log: every line is one JSON object that says which request it is about, what is counted
//! is counted once, and nobody's secrets or answers are in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use e2e::{LocalStack, Mail, Submitted, TestClient, form};
use serde_json::{Map, Value, json};

const CSM: &str = "csm-1@example.com";
const FINANCE: &str = "finance-1@example.com";
const CUSTOMER: &str = "customer@example.com";
const NOTES: &str = "canary notes, never to be seen";
const REASON: &str = "canary reason";
const QUESTION: &str = "Canary question?";
/// Those that API Gateway, SNS or a schedule invokes. Every other one serves tasks.
const NO_TASKS: [&str; 10] = [
    "DescribeApi",
    "DigestAuditLog",
    "ForgetRequests",
    "HandleBounce",
    "ReconcileStripe",
    "RecordApproval",
    "ServeReports",
    "StartRequests",
    "StripeWebhook",
    "SubmitRequest",
];

/// A line of a function's log.
struct Line {
    function: String,
    fields: Map<String, Value>,
}

impl Line {
    fn text(&self, name: &str) -> &str {
        self.fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn is_measurement(&self) -> bool {
        self.fields.contains_key("_aws")
    }

    /// What it says, without the numbers that could look like a code by chance.
    fn said(&self) -> String {
        let mut said = self.fields.clone();
        let numbers = [
            "_aws",
            "timestamp",
            "requestId",
            "xrayTraceId",
            "request",
            "execution",
        ];
        said.retain(|name, _| !numbers.contains(&name.as_str()));
        Value::Object(said).to_string()
    }
}

/// Everything that functions logged.
fn lines(data: &Path) -> Vec<Line> {
    let files = std::fs::read_dir(data.join("logs")).expect("functions log");
    let mut lines = Vec::new();
    for file in files.map(|file| file.expect("a file").path()) {
        let function = file.file_stem().and_then(OsStr::to_str);
        let function = function.expect("a log is named after its function");
        let log = std::fs::read_to_string(&file).expect("a log is text");
        for line in log.lines() {
            let fields = serde_json::from_str(line);
            lines.push(Line {
                function: function.to_owned(),
                fields: fields.unwrap_or_else(|error| panic!("{function}: {error}: {line}")),
            });
        }
    }
    lines
}

/// The values of a measurement, by name, unit and outcome.
type Measured = BTreeMap<(String, String, Option<String>), Vec<i64>>;

fn measured(lines: &[Line]) -> Measured {
    let mut measured = Measured::new();
    for line in lines.iter().filter(|line| line.is_measurement()) {
        let fields = &line.fields;
        let metrics = &fields["_aws"]["CloudWatchMetrics"][0];
        let metric = &metrics["Metrics"][0];
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let name = text(&metric["Name"]).expect("a metric has a name");
        let unit = text(&metric["Unit"]).expect("a metric has a unit");
        let outcome = fields.get("Outcome").and_then(text);
        let dimensions = if outcome.is_some() {
            json!([["Outcome"]])
        } else {
            json!([[]])
        };
        assert_eq!(metrics["Dimensions"], dimensions, "{name}");
        assert!(metrics["Namespace"].is_string() && fields["_aws"]["Timestamp"].is_i64());
        let value = fields[&name].as_i64().expect("a metric is a number");
        let key = (name, unit, outcome);
        measured.entry(key).or_default().push(value);
    }
    measured
}

/// Who reads the data folder of a running stack.
fn client(data: &Path, environment: &[(&str, &str)]) -> LocalStack {
    let arguments = [
        "--port",
        "0",
        "--data-dir",
        data.to_str().expect("a path is text"),
    ];
    LocalStack::with_environment(&arguments, environment)
}

fn submit(client: &TestClient, charge: &str) -> (Submitted, Mail) {
    let form = form().charge(charge).amount("612.34");
    let request = client.submit(&form.with("notes", json!(NOTES)));
    let mail = client.mail(CSM, &request.id);
    (request, mail)
}

/// Plays a large refund, a rejection, a refusal of Stripe's, and a question that nobody answers for a day.
fn play(client: &TestClient) -> [Submitted; 4] {
    let (large, mail) = submit(client, "ch_demo_2000");
    mail.approve(client);
    client.mail(FINANCE, &large.id).approve(client);
    client.wait_for_end(&large);

    let (rejected, mail) = submit(client, "ch_demo_2000");
    mail.reject(client, REASON);
    client.wait_for_end(&rejected);

    let (refused, mail) = submit(client, "ch_demo_refunded");
    mail.approve(client);
    client.mail(FINANCE, &refused.id).approve(client);
    client.wait_for_end(&refused);

    let (asked, mail) = submit(client, "ch_demo_2000");
    let ask = json!({"action": "ask", "code": mail.code(), "question": QUESTION});
    assert_eq!(client.post_json(mail.address(), &ask).0, 200);
    client.mail(CUSTOMER, QUESTION);
    client.advance("24h");
    client.mail(CSM, "Reminder: ");
    [large, rejected, refused, asked]
}

/// What must not be in a log: answers, links, codes, tokens and keys.
fn secrets(client: &TestClient, data: &Path, requests: &[Submitted]) -> Vec<String> {
    let mut secrets = [
        CUSTOMER,
        NOTES,
        REASON,
        QUESTION,
        "612.34",
        "ch_demo",
        "whsec_",
        "sk_test",
        "http://",
        "taskToken",
    ]
    .map(ToOwned::to_owned)
    .to_vec();
    let last = |link: &str| link.rsplit('/').next().unwrap_or_default().to_owned();
    secrets.extend(requests.iter().map(|request| last(&request.status_url)));
    for address in [CSM, FINANCE, CUSTOMER] {
        for mail in client.mails(address) {
            let codes = mail.text.lines().filter_map(|it| it.strip_prefix("Code: "));
            secrets.extend(codes.map(ToOwned::to_owned));
            let links = mail.links().into_iter();
            let links = links.filter(|link| link.contains("/approvals/"));
            secrets.extend(links.map(|link| last(link.split('?').next().unwrap_or_default())));
        }
    }
    let items = client.items();
    let tokens = items.iter().filter_map(|it| it["taskToken"]["S"].as_str());
    let tokens: Vec<_> = tokens.map(ToOwned::to_owned).collect();
    assert!(!tokens.is_empty(), "one waits with a token");
    secrets.extend(tokens);
    let kept = std::fs::read_to_string(data.join("secrets.json")).expect("the stack keeps its key");
    let kept: Value = serde_json::from_str(&kept).expect("it is JSON");
    secrets.extend(kept["linkKey"].as_str().map(ToOwned::to_owned));
    assert!(secrets.iter().all(|secret| secret.len() > 5), "{secrets:?}");
    secrets
}

#[test]
fn each_line_is_json_that_names_its_request_and_holds_no_secret() {
    let data = tempfile::tempdir().unwrap();
    let client = client(data.path(), &[]);
    let requests = play(&client);
    client.settled_items();
    let secrets = secrets(&client, data.path(), &requests);
    client.kill();

    let lines = lines(data.path());
    for line in &lines {
        let said = line.said();
        let found = secrets.iter().find(|secret| said.contains(*secret));
        assert_eq!(found, None, "{}: {said}", line.function);
        if line.is_measurement() {
            continue;
        }
        let at: Result<jiff::Timestamp, _> = line.text("timestamp").parse();
        assert!(at.is_ok(), "{said}");
        assert!(["INFO", "WARN", "ERROR"].contains(&line.text("level")));
        for name in ["message", "requestId"] {
            assert_ne!(line.text(name), "", "{name} in {}: {said}", line.function);
        }
        if !NO_TASKS.contains(&line.function.as_str()) {
            for name in ["phase", "state"] {
                assert_ne!(line.text(name), "", "{name} in {}: {said}", line.function);
            }
            let ours = requests.iter().any(|it| it.id == line.text("request"));
            assert!(ours, "{}: {said}", line.function);
            assert_eq!(line.text("execution"), line.text("request"));
        }
    }
    let wrote = |function: &str| lines.iter().any(|line| line.function == function);
    for function in [
        "SubmitRequest",
        "RecordApproval",
        "IssueRefund",
        "SendEmail",
    ] {
        assert!(wrote(function), "{function} wrote nothing");
    }
}

#[test]
fn what_happened_to_requests_is_counted_in_the_embedded_metric_format() {
    let data = tempfile::tempdir().unwrap();
    let client = client(data.path(), &[]);
    play(&client);
    client.settled_items();
    client.kill();

    let measured = measured(&lines(data.path()));
    // Name, unit, the dimension Outcome, and the values; of ages that nobody knows, how many.
    let expected: [(&str, &str, Option<&str>, &[i64]); 9] = [
        ("DecisionSeconds", "Seconds", None, &[0; 5]),
        ("Decisions", "Count", Some("approve"), &[1; 4]),
        ("Decisions", "Count", Some("reject"), &[1]),
        ("OpenApprovalHours", "None", None, &[24]),
        // Each of the days that had not been compared yet.
        ("ReconciliationDifferences", "Count", None, &[0; 7]),
        ("RefundedCents", "None", None, &[61_234]),
        ("Refunds", "Count", Some("exhausted"), &[1]),
        ("Refunds", "Count", Some("paid"), &[1]),
        ("RequestsTaken", "Count", None, &[1; 4]),
    ];
    let found: Vec<_> = measured
        .iter()
        .map(|((name, unit, outcome), values)| {
            // How quick this machine is does not matter.
            let quick = |value: i64| if value < 600 { 0 } else { value };
            let values = values.iter().map(|value| match name.as_str() {
                "DecisionSeconds" => quick(*value),
                _ => *value,
            });
            let outcome = outcome.as_deref();
            (&**name, &**unit, outcome, values.collect::<Vec<_>>())
        })
        .collect();
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(name, unit, outcome, values)| (name, unit, outcome, values.to_vec()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_task_that_fails_says_of_which_request_where_and_why() {
    let data = tempfile::tempdir().unwrap();
    // Nobody listens there.
    let stripe = [
        ("STRIPE_API_BASE", "http://127.0.0.1:9"),
        ("STRIPE_API_KEY", "sk_test_nobody"),
    ];
    let client = client(data.path(), &stripe);
    let (request, _) = submit(&client, "ch_demo_2000");
    client.kill();

    let lines = lines(data.path());
    let failed: Vec<_> = lines
        .iter()
        .filter(|line| line.text("level") == "ERROR")
        .collect();
    assert!(!failed.is_empty(), "the lookup failed");
    for line in failed {
        assert_eq!(line.text("error"), "Stripe.Unavailable");
        assert_eq!(line.text("message"), "the invocation failed");
        assert_ne!(line.text("reason"), "");
        let (request, execution) = (request.id.as_str(), line.text("execution"));
        assert_eq!((line.text("request"), execution), (request, request));
        assert_eq!(line.text("phase"), "CSM Review");
        assert_eq!(line.text("state"), "CSM Review Lookup");
    }
}

#[test]
fn what_ses_tells_of_a_mail_is_logged_with_its_request() {
    let data = tempfile::tempdir().unwrap();
    let bad = "bounce+csm@simulator.amazonses.com";
    let teams =
        json!({"csm-team": [bad, CSM], "csm-manager": [CUSTOMER], "finance-team": [FINANCE]});
    let client = client(data.path(), &[("TEAMS", &teams.to_string())]);
    let (request, _) = submit(&client, "ch_demo_2000");
    client.eventually("the bounce in the audit log", || {
        let records = format!("{:?}", client.audit_log(&request));
        let there = records.contains("approver_unreachable");
        if there { Ok(()) } else { Err(records) }
    });
    client.settled_items();
    client.kill();

    let lines = lines(data.path());
    let marked = |line: &&Line| line.text("message") == "an address was suppressed";
    let line = lines.iter().find(marked).expect("it is logged");
    assert_eq!(line.function, "HandleBounce");
    assert_eq!(line.text("request"), request.id);
    assert_eq!(line.text("execution"), request.id);
    assert_eq!(line.text("phase"), "CSM Review");
    for line in &lines {
        assert!(!line.said().contains("bounce+csm"), "{}", line.said());
    }
}
