//! A company that has grown: a hundred offerings, and a thousand members in fifty teams more.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use domain::approval::Decision;
use serde_json::json;

use super::stopped::{REASON, admin};
use crate::{
    Checks,
    rig::aws::{
        changed::{Edit, template},
        deployment::Deployment,
        stack::{REVIEW, Stack},
    },
};

const REFUND: &str = "customer-success/refund-request.yaml";
/// How many offerings there are besides those that ship.
const OFFERINGS: usize = 97;
const TEAMS: usize = 50;
const MEMBERS: usize = 20;
/// Lambda takes 4 KB; a deployment needs room for what it adds.
const ENVIRONMENT_BYTES: usize = 3_000;

/// The template with a hundred offerings. Each of the new ones is reviewed by one of fifty teams.
pub(super) fn grown(deployment: &Deployment) -> anyhow::Result<PathBuf> {
    let names: Vec<[String; 3]> = (0..OFFERINGS)
        .map(|n| {
            [
                format!("customer-success/refund-{n}.yaml"),
                format!("name: Refund {n}"),
                format!("Team {}", n % TEAMS),
            ]
        })
        .collect();
    let edits = names.iter().flat_map(|[file, name, team]| {
        let copy = Edit {
            file: REFUND,
            to: Some(file),
            old: "name: Refund Request",
            new: name,
        };
        [
            copy,
            Edit {
                file,
                to: None,
                old: "CSM Team",
                new: team,
            },
        ]
    });
    template(deployment, &edits.collect::<Vec<_>>())
}

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    checks.attempt("no function's environment is larger than 3 KB", || {
        small_environments(stack)
    });
    checks.attempt(
        "a thousand members are added by command, to fifty teams",
        || fill_teams(stack),
    );
    checks.attempt(
        "one offering of a hundred asks those of its team, also who joins meanwhile",
        || refund(stack),
    );
}

fn small_environments(stack: &Stack) -> anyhow::Result<()> {
    let functions = stack.aws("lambda", "list_functions", &json!({}))?;
    for function in functions["Functions"].as_array().context("a list")? {
        let size = function["Environment"].to_string().len();
        ensure!(
            size < ENVIRONMENT_BYTES,
            "{}: {size} bytes",
            function["FunctionName"]
        );
    }
    Ok(())
}

fn fill_teams(stack: &Stack) -> anyhow::Result<()> {
    for team in 0..TEAMS {
        let members: Vec<_> = (0..MEMBERS).map(|n| member(team, n)).collect();
        let name = format!("team-{team}");
        let mut add = vec!["teams", "add", &name];
        add.extend(members.iter().map(String::as_str));
        admin(stack, &add, &REASON)?;
    }
    let listed = admin(stack, &["teams", "list"], &[])?;
    let members = listed.matches(".growth.example.com").count();
    ensure!(members == TEAMS * MEMBERS, "{listed}");
    let recorded = admin(stack, &["log"], &[])?;
    ensure!(recorded.lines().count() == TEAMS, "{recorded}");
    Ok(())
}

fn member(team: usize, number: usize) -> String {
    format!("member-{number}@team-{team}.growth.example.com")
}

fn refund(stack: &Stack) -> anyhow::Result<()> {
    let client = &stack.client;
    let catalogue = client.get_json("/");
    let offerings = catalogue["offerings"].as_array().map_or(0, Vec::len);
    ensure!(offerings == OFFERINGS + 2, "{offerings} are for everybody");
    let request = client.submit_to("customer-success/refund-73", &stack.form("14"));
    // While it mails the others the function reads the team once more, and would ask who joins by itself.
    client.eventually("everybody to be mailed", || {
        let approval = stack.approval(&request, REVIEW);
        let approval = approval.map_err(|error| format!("{error:#}"))?;
        let mailed = approval.approvers.iter();
        match mailed.filter(|it| it.notified_for.is_some()).count() {
            MEMBERS => Ok(()),
            some => Err(format!("{some} are")),
        }
    });
    let [new, leaves] = ["new@team-23.growth.example.com".to_owned(), member(23, 0)];
    let said = admin(stack, &["teams", "add", "team-23", &new], &REASON)?;
    ensure!(said.ends_with("go on with it: 1.\n"), "{said}");
    let mail = stack.asked(&request, &new, REVIEW)?;
    admin(stack, &["teams", "remove", "team-23", &leaves], &REASON)?;
    let late = stack.asked(&request, &leaves, REVIEW)?;
    let (status, refused) = late.decide(client, "approve", "");
    ensure!(status >= 400, "who left decides: {status} {refused}");
    mail.approve(client);
    client.wait_for_status(&request, "refunded");
    let approval = stack.approval(&request, REVIEW)?;
    let by = approval.decision().and_then(Decision::by);
    ensure!(by == Some(&new), "{by:?}");
    Ok(())
}
