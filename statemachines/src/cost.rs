//! What a refund costs on AWS, from the generated state machine.
//!
//! A path through the machine is walked as a request goes: each state is a transition, each Task an
//! invocation. What the machine does not say (how often somebody looks at a page, how long a function
//! runs) is an assumption, and stands as a constant here or with the kind of phase that it belongs to. Prices are AWS's list prices for us-east-1 as
//! of [`PRICES_OF`], in billionths of a dollar; free tiers are left out.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::SplitWhitespace;

use serde_json::Value;

use crate::compile::Generated;
use crate::process::Usage;

/// When the prices were looked up.
pub const PRICES_OF: &str = "November 2026";

/// Billionths of a dollar.
type Nano = u64;

const TRANSITION: Nano = 25_000;
const INVOCATION: Nano = 200;
/// A millisecond of a function with 256 MB on arm64.
const MILLISECOND: Nano = 4;
const API_REQUEST: Nano = 1_000;
const MAIL: Nano = 100_000;
const READ_UNIT: Nano = 125;
const WRITE_UNIT: Nano = 625;
const SECRET_CALL: Nano = 5_000;
/// A kilobyte into `CloudWatch`'s logs.
const LOG_KB: Nano = 500;
/// One trace of X-Ray.
const TRACE: Nano = 5_000;

/// How long an invocation takes, most of it waiting for other services.
const MILLISECONDS_EACH: u64 = 100;
/// An invocation reads two items and writes two in one transaction, which counts twice. Left out: who asks
/// also reads for each approver whether mail comes back from there, which is 0.0003 USD in a thousand requests, that a payment
/// reads the switch and counts toward limits, which is 0.004, and that a request is found by its end and its customer and
/// forgotten, which is 0.012.
const READS_EACH: u64 = 2;
const WRITES_EACH: u64 = 4;
const LOG_KB_EACH: u64 = 2;
/// The form, its submission, and the status page three times. A survey is no more than a form.
const CUSTOMER_CALLS: u64 = 5;
/// The paths that are walked: a name, and what each Choice on the way is about, in order. A machine is
/// walked by those that lead to an end of it.
const PATHS: [(&str, &str); 9] = [
    ("straight through", ""),
    ("small, approved and paid", "approve otherwise done"),
    (
        "large, approved twice and paid",
        "approve branch-1 approve done",
    ),
    ("denied", "reject"),
    (
        "routed, small, credit chosen",
        "otherwise approve otherwise branch-1 credit done",
    ),
    (
        "routed, small, cash chosen",
        "otherwise approve otherwise branch-1 cash done",
    ),
    (
        "routed, medium, approved and paid",
        "otherwise approve otherwise otherwise done",
    ),
    (
        "routed, large, approved twice and paid",
        "otherwise approve branch-2 approve otherwise done",
    ),
    ("routed, denied", "otherwise reject"),
];

/// How far a request has come, and what it has used.
#[derive(Debug, Default, PartialEq, Eq)]
struct Walked {
    transitions: u64,
    invocations: u64,
    usage: Usage,
}

/// An invocation, with what it reads, writes, logs and traces.
const RUN: Nano = INVOCATION + MILLISECOND * MILLISECONDS_EACH;
const DATA: Nano = READ_UNIT * READS_EACH + WRITE_UNIT * WRITES_EACH;
const LOGS: Nano = LOG_KB * LOG_KB_EACH + TRACE;

/// What a thousand such requests cost, in billionths of a dollar, by service.
fn of_a_thousand(walked: &Walked) -> [(&'static str, Nano); 7] {
    let usage = &walked.usage;
    let functions = walked.invocations + usage.api_requests;
    [
        ("Step Functions", TRANSITION * walked.transitions),
        ("Lambda", RUN * functions),
        ("API Gateway", API_REQUEST * usage.api_requests),
        ("DynamoDB", DATA * functions),
        ("SES", MAIL * usage.mails),
        ("Secrets Manager", SECRET_CALL * usage.secret_calls),
        ("CloudWatch and X-Ray", LOGS * functions),
    ]
    .map(|(service, each)| (service, each * 1000))
}

/// Walks the machine with these outcomes; nothing if it does not come to an end by all of them.
fn walk(machine: &Value, usages: &BTreeMap<String, Usage>, outcomes: &str) -> Option<Walked> {
    let mut outcomes = outcomes.split_whitespace();
    let mut walked = Walked::default();
    walked.usage.api_requests = CUSTOMER_CALLS;
    let mut name = machine["StartAt"].as_str()?;
    loop {
        let state = &machine["States"][name];
        walked.transitions += 1;
        walked.invocations += u64::from(state["Type"] == "Task");
        if let Some(besides) = usages.get(name) {
            walked.usage.api_requests += besides.api_requests;
            walked.usage.mails += besides.mails;
            walked.usage.secret_calls += besides.secret_calls;
        }
        if state["Type"] == "Succeed" || state["End"] == true {
            return outcomes.next().is_none().then_some(walked);
        }
        // No machine is that long: this one goes in a circle.
        if walked.transitions > 1000 {
            return None;
        }
        name = next(state, &mut outcomes)?;
    }
}

/// What follows a state. A Choice takes the first of the outcomes, and leaves the rest.
fn next<'a>(state: &'a Value, outcomes: &mut SplitWhitespace<'_>) -> Option<&'a str> {
    if state["Type"] != "Choice" {
        return state["Next"].as_str();
    }
    let outcome = outcomes.next()?;
    let choices = state["Choices"].as_array()?;
    let taken = choices.iter().find(|choice| {
        let condition = choice["Condition"].as_str().unwrap_or_default();
        condition.contains(&format!("'{outcome}'"))
    });
    taken?["Next"].as_str()
}

/// A table for people, of what is generated from a definition.
pub fn table(generated: &Generated) -> Result<String, serde_json::Error> {
    let machine: Value = serde_json::from_str(&generated.asl)?;
    let mut table =
        format!("Per 1,000 requests, list prices of {PRICES_OF} in us-east-1, in USD:\n\n");
    let walk = |outcomes: &str| walk(&machine, &generated.usages, outcomes);
    let paths = PATHS.iter();
    let paths: Vec<(&str, Walked)> = paths
        .filter_map(|(name, outcomes)| Some((*name, walk(outcomes)?)))
        .collect();
    if paths.is_empty() {
        table.push_str("No path of this process is known here: add one to PATHS in cost.rs.\n");
    }
    for (name, walked) in paths {
        let services = of_a_thousand(&walked);
        let total: Nano = services.iter().map(|(_, cost)| cost).sum();
        let _ = writeln!(
            table,
            "{name}: {}\n  {} transitions, {} invocations by the process, {} API requests, {} mails",
            dollars(total),
            walked.transitions,
            walked.invocations,
            walked.usage.api_requests,
            walked.usage.mails
        );
        for (service, cost) in services {
            let _ = writeln!(table, "  {:>7}  {service}", dollars(cost));
        }
        table.push('\n');
    }
    Ok(table)
}

/// Cents, rounded.
fn dollars(nano: Nano) -> String {
    let cents = (nano + 5_000_000) / 10_000_000;
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_is_counted_state_by_state() {
        let task = |function: &str, next: &str| json!({"Type": "Task", "Arguments": {"FunctionName": format!("${{{function}}}")}, "Next": next});
        let choice = json!({"Type": "Choice", "Choices": [
            {"Condition": "{% $states.input.outcome = 'approve' %}", "Next": "Mail"},
            {"Condition": "{% $states.input.outcome = 'reject' %}", "Next": "End"},
        ]});
        let machine = json!({"StartAt": "Ask", "States": {
            "Ask": task("AskApprovers", "Choice"), "Choice": choice,
            "Mail": task("SendEmail", "End"), "End": {"Type": "Pass", "End": true},
        }});
        let mails = |mails| Usage {
            mails,
            ..Usage::default()
        };
        let usages = BTreeMap::from([("Ask".to_owned(), mails(2)), ("Mail".to_owned(), mails(1))]);
        let walk = |outcomes: &str| walk(&machine, &usages, outcomes);
        let approved = walk("approve").unwrap();
        assert_eq!(
            (
                approved.transitions,
                approved.invocations,
                approved.usage.mails
            ),
            (4, 2, 3)
        );
        assert_eq!(walk("approve reject"), None, "not all were taken");
        let rejected = walk("reject").unwrap();
        assert_eq!((rejected.transitions, rejected.usage.mails), (3, 2));
        assert_eq!(walk("unheard"), None);
        assert_eq!(of_a_thousand(&approved)[0], ("Step Functions", 100_000_000));
        assert_eq!(dollars(100_000_000), "0.10");
    }

    #[test]
    fn every_shipped_process_has_paths_that_are_known() {
        let offerings = crate::files::Folders::of_this_checkout().offerings();
        for generated in offerings.unwrap() {
            let table = table(&generated).unwrap();
            assert!(!table.contains("No path"), "{}", generated.path);
        }
    }
}
