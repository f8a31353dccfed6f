//! The commands as they are typed, on a table in memory.

use std::ops::Deref;

use clap::Parser;
use domain::approval::{Approval, Verdict};
use domain::audit_digest::{archive_due, write_due};
use domain::id::RequestId;
use domain::payment_control::{Intent, reserve};
use domain::table::Write;
use domain::workflow::{ASK_OTHERS, StoppedExecution, WorkflowError};
use testing::fixtures::approval::{decide, link_keys, waiting};
use testing::{MemoryArchive, MemoryTable, MemoryWorkflow, fixtures};

use super::*;
use crate::options::Options;

const NOW: &str = "2026-03-04T05:06:07Z";
const OFFERING: &str = "customer-success/refund-request";
const WHO: [&str; 4] = ["--by", "ada@example.com", "--because", "it pays twice"];

fn parse(typed: &str, more: &[&str]) -> Result<Options, clap::Error> {
    let words = ["admin"].into_iter().chain(typed.split(' '));
    Options::try_parse_from(words.chain(more.iter().copied()))
}

/// None has stopped; these are under way.
struct Running(Vec<RequestId>);

impl Executions for Running {
    async fn stopped(&self) -> Result<Vec<StoppedExecution>, WorkflowError> {
        Ok(Vec::new())
    }

    async fn running(&self) -> Result<Vec<RequestId>, WorkflowError> {
        Ok(self.0.clone())
    }

    async fn redrive(&self, _execution: &StoppedExecution) -> Result<(), String> {
        unreachable!("none stopped")
    }
}

struct Local {
    deployment: Deployment<MemoryTable, Running, MemoryWorkflow>,
    archive: MemoryArchive,
}

impl Deref for Local {
    type Target = Deployment<MemoryTable, Running, MemoryWorkflow>;

    fn deref(&self) -> &Self::Target {
        &self.deployment
    }
}

fn local() -> Local {
    let deployment = Deployment {
        store: RequestStore::new(MemoryTable::default()),
        executions: Running(Vec::new()),
        workflow: MemoryWorkflow::default(),
        teams: Teams::parse(
            r#"{"csm-team":["csm-1@example.com"],"finance-team":["finance-1@example.com"]}"#,
        )
        .unwrap(),
        stripe: None,
    };
    let archive = MemoryArchive::locking_until("2033-03-04T00:00:00Z".parse().unwrap());
    Local {
        deployment,
        archive,
    }
}

async fn try_to(local: &Local, typed: &str, more: &[&str]) -> anyhow::Result<String> {
    let command = parse(typed, more).unwrap().command;
    run(local, &local.archive, command, NOW.parse().unwrap()).await
}

async fn say(local: &Local, typed: &str, more: &[&str]) -> String {
    try_to(local, typed, more).await.unwrap()
}

#[tokio::test]
async fn payments_stop_and_resume_and_say_by_whom() {
    let local = local();
    let status = "payments status";
    assert_eq!(say(&local, status, &[]).await, "Payments are made.");
    let stopped = say(&local, "payments stop", &WHO).await;
    assert!(stopped.starts_with("Payments are stopped. "), "{stopped}");
    let since = "by ada@example.com on 4 March 2026, 05:06 UTC: it pays twice.";
    let expected = format!("Payments are stopped, {since}");
    assert_eq!(say(&local, status, &[]).await, expected);
    assert_eq!(say(&local, "payments stop", &WHO).await, expected);
    let resumed = say(&local, "payments resume", &WHO).await;
    assert!(resumed.contains("Redrive"), "{resumed}");
    let expected = format!("Payments are made, {since}");
    assert_eq!(say(&local, "payments resume", &WHO).await, expected);
    assert_eq!(
        say(&local, "log", &[]).await,
        "1 2026-03-04T05:06:07Z ada@example.com payments_stopped: it pays twice\n\
         2 2026-03-04T05:06:07Z ada@example.com payments_resumed: it pays twice"
    );
}

#[tokio::test]
async fn limits_are_shown_with_what_counts_toward_them() {
    let local = local();
    let raise = format!("limits raise {OFFERING} --per-day 4000 --per-refund 19.99");
    let place = format!("In place of the limits in the definition of {OFFERING}: ");
    let raised = format!("{place}per refund $19.99, per day $4,000.00");
    assert_eq!(say(&local, &raise, &WHO).await, raised);
    let offering = OFFERING.parse().unwrap();
    let intent = Intent {
        offering: &offering,
        customer: "cus_1",
        amount: "19.99".parse().unwrap(),
        at: NOW.parse().unwrap(),
        limits: Limits::default(),
    };
    let (_, writes) = reserve(local.store.table(), intent).await.unwrap();
    local.store.table().commit(writes).await.unwrap();
    let shown = say(&local, &format!("limits show {OFFERING}"), &[]).await;
    assert!(
        shown.starts_with(&format!("{raised}, by ada@example.com")),
        "{shown}"
    );
    assert!(shown.contains("$19.99 today"), "{shown}");
    let reset = format!("limits reset {OFFERING}");
    assert_eq!(say(&local, &reset, &WHO).await, format!("{place}none"));
}

#[test]
fn nothing_is_changed_without_a_limit_a_name_and_a_reason() {
    for (typed, more) in [
        ("payments stop", &[][..]),
        ("payments stop", &WHO[..2]),
        (
            "payments stop",
            &["--by", " ", "--because", "it pays twice"],
        ),
        ("payments stop", &["--by", "ada", "--because", "two\nlines"]),
        ("limits raise customer-success/refund-request", &WHO),
        (
            "limits raise customer-success/refund-request --per-day 0",
            &WHO,
        ),
        (
            "limits raise customer-success/refund-request --per-day 1.005",
            &WHO,
        ),
        ("limits raise refunds --per-day 5", &WHO),
        ("limits reset customer-success/refund-request", &[]),
    ] {
        assert!(parse(typed, more).is_err(), "{typed} {more:?}");
    }
    let usual = parse("--local log", &[]).unwrap().local;
    assert_eq!(usual.as_deref(), Some("http://127.0.0.1:3000"));
    let other = parse("log --local=http://127.0.0.1:4000", &[])
        .unwrap()
        .local;
    assert_eq!(other.as_deref(), Some("http://127.0.0.1:4000"));
}

#[tokio::test]
async fn who_is_on_a_team_is_listed_and_changed() {
    let local = local();
    let deployed = "csm-team: csm-1@example.com\nfinance-team: finance-1@example.com";
    assert_eq!(say(&local, "teams list", &[]).await, deployed);
    let added = say(
        &local,
        "teams add csm-team ada@example.com CSM-1@example.com",
        &WHO,
    )
    .await;
    assert_eq!(added, "csm-team: csm-1@example.com, ada@example.com");
    say(&local, "teams add ops ops@example.com", &WHO).await;
    say(&local, "teams remove csm-team csm-1@example.com", &WHO).await;
    assert_eq!(
        say(&local, "teams list", &[]).await,
        "csm-team: ada@example.com\nfinance-team: finance-1@example.com\nops: ops@example.com"
    );
    for (typed, why) in [
        (
            "teams remove csm-team csm-1@example.com",
            "csm-1@example.com is not on csm-team",
        ),
        (
            "teams remove csm-team ada@example.com",
            "csm-team would have no member",
        ),
        ("teams reset ops", "ops would have no member"),
    ] {
        let refused = try_to(&local, typed, &WHO).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{typed}: {refused}");
    }
    say(&local, "teams reset csm-team", &WHO).await;
    assert!(
        say(&local, "teams list", &[])
            .await
            .starts_with("csm-team: csm-1@example.com\n")
    );
    let log = say(&local, "log", &[]).await;
    let what = log
        .lines()
        .map(|line| line.split_once("ada@example.com ").unwrap().1);
    assert_eq!(
        what.collect::<Vec<_>>(),
        [
            "members_added: csm-team: ada@example.com joined: it pays twice",
            "members_added: ops: ops@example.com joined: it pays twice",
            "members_removed: csm-team: csm-1@example.com left: it pays twice",
            "team_reset: csm-team: csm-1@example.com joined, ada@example.com left: it pays twice",
        ]
    );
    parse("teams add csm-team nobody", &WHO).unwrap_err();
    parse("teams add csm-team", &WHO).unwrap_err();
}

#[tokio::test]
async fn who_joins_is_asked_in_the_approvals_that_are_open() {
    let mut local = local();
    for (token, asked, is_decided) in [
        ("open", "csm-1@example.com", false),
        ("decided", "csm-1@example.com", true),
        ("asked", "ada@example.com", false),
    ] {
        let (request, record) = fixtures::request::request();
        let waiting = waiting(request.request_id, 0, token);
        let team = ["csm-1@example.com".to_owned(), asked.to_owned()];
        let mut approval = Approval::ask(&waiting, 1, &team, &link_keys());
        if is_decided {
            decide(&mut approval, &request, asked, Verdict::Approve, "");
        }
        let writes = vec![Write::create(&approval)];
        local.store.create(&request, &record, writes).await.unwrap();
        local.deployment.executions.0.push(request.request_id);
    }
    let woken = [("open".to_owned(), ASK_OTHERS.to_owned())];
    let said = say(&local, "teams add finance-team bob@example.com", &WHO).await;
    assert_eq!(
        said.lines().count(),
        1,
        "of another team there is none: {said}"
    );
    let said = say(&local, "teams add csm-team ada@example.com", &WHO).await;
    assert!(
        said.ends_with("Open approvals that go on with it: 1."),
        "{said}"
    );
    assert_eq!(local.workflow.calls(), woken);
    let phase = "CSM Review".parse().unwrap();
    let open = local
        .store
        .approval(local.executions.0[0], &phase)
        .await
        .unwrap()
        .unwrap();
    assert!(open.value.asks_others);
    let said = say(&local, "teams remove csm-team csm-1@example.com", &WHO).await;
    assert_eq!(
        said,
        "csm-team: ada@example.com\nOpen approvals that go on with it: 2."
    );
    let tokens: Vec<_> = local
        .workflow
        .calls()
        .into_iter()
        .map(|(token, _)| token)
        .collect();
    assert_eq!(tokens, ["open", "open", "asked"]);
}

#[tokio::test]
async fn the_audit_log_of_a_request_is_verified() {
    let local = local();
    let (request, record) = fixtures::request::request();
    let store = &local.store;
    store.create(&request, &record, Vec::new()).await.unwrap();
    let verify = format!("audit verify {}", request.request_id);
    let said = say(&local, &verify, &[]).await;
    assert!(said.ends_with("is whole: 1 records."), "{said}");
    let mut stored = store.request(request.request_id).await.unwrap().unwrap();
    stored.value.audit_count = 2;
    let more = vec![Write::update(&stored)];
    store.table().commit(more).await.unwrap();
    let refused = try_to(&local, &verify, &[]).await.unwrap_err().to_string();
    assert!(refused.ends_with("record 2 is missing."), "{refused}");
}

#[tokio::test]
async fn the_digests_of_an_offering_are_verified_with_their_copies() {
    let local = local();
    let (request, record) = fixtures::request::request();
    let store = &local.store;
    store.create(&request, &record, Vec::new()).await.unwrap();
    let none = try_to(&local, "audit verify --digests", &[]).await;
    assert_eq!(none.unwrap_err().to_string(), "There are no digests.");
    for now in ["1970-01-02T04:00:00Z", "1970-01-04T04:00:00Z"] {
        write_due(store.table(), now.parse().unwrap())
            .await
            .unwrap();
    }
    let whole = |from| format!("{OFFERING} is whole: the digests from {from} to 1970-01-03 name ");
    let verify = format!("audit verify --digests --offering {OFFERING}");
    let said = say(&local, &verify, &[]).await;
    assert_eq!(said, whole("1970-01-01") + "3 records.");
    let said = say(&local, &verify, &["--from", "1970-01-03"]).await;
    assert_eq!(said, whole("1970-01-03") + "1 records.");

    let bucket = ["--bucket", "audit"];
    let refused = try_to(&local, &verify, &bucket).await.unwrap_err();
    let why =
        format!("{OFFERING} is not as it was written: the bucket has no digest of 1970-01-01.");
    assert_eq!(refused.to_string(), why);
    archive_due(store.table(), &local.archive, "audit")
        .await
        .unwrap();
    say(&local, &verify, &bucket).await;

    for typed in [
        "audit verify",
        "audit verify --bucket audit",
        "audit verify --digests --from May",
    ] {
        parse(typed, &[]).unwrap_err();
    }
    let both = format!("audit verify {} --digests", request.request_id);
    parse(&both, &[]).unwrap_err();
}
