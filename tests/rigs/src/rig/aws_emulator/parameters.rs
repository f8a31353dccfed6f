//! Deployments in which nothing is changed but a parameter, and what the functions' configuration gives away.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{
    scenarios::{CHARGE, form, review},
    stack::Stack,
};
use crate::Checks;

/// Somebody who reviews requests until they are taken off their team.
const REMOVED: &str = "csm-2@example.com";
/// The parameter without them, as SAM's command line takes JSON.
const TEAMS: &str = r#"Teams="{\"csm-team\":[\"csm-1@example.com\"],\"csm-manager\":[\"csm-manager@example.com\"],\"finance-team\":[\"finance-1@example.com\",\"finance-2@example.com\"]}""#;
/// Functions read settings again when they are a minute old.
const PATIENCE: Duration = Duration::from_secs(90);

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    checks.attempt("no function's configuration holds a secret", || {
        no_secret_in_a_configuration(stack)
    });
    checks.attempt(
        "nothing in the configurations and the table opens a link",
        || nothing_opens_a_link(stack),
    );
    checks.attempt(
        "an approver whom a deployment takes off the team decides nothing a minute later, and their colleague does",
        || removed(stack),
    );
}

/// Whoever may only look reads neither an approver's link or code nor a customer's address anywhere.
fn nothing_opens_a_link(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("4", CHARGE));
    let mail = review(stack, &request);
    let tables = stack.aws("dynamodb", "list_tables", &json!({}))?;
    let table = json!({"TableName": tables["TableNames"][0]});
    let items = stack.aws("dynamodb", "scan", &table)?.to_string();
    ensure!(items.contains(&request.id), "the request is in the table");
    let seen = items
        + &stack
            .aws("lambda", "list_functions", &json!({}))?
            .to_string();
    let end = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let link = mail.link("approve");
    let link = end(link.split('?').next().unwrap_or_default());
    for secret in [
        link,
        end(&request.status_url),
        format!("\"{}\"", mail.code()),
    ] {
        ensure!(!seen.contains(&secret), "{secret} can be read");
    }
    mail.approve(&stack.client);
    stack.client.wait_for_status(&request, "refunded");
    Ok(())
}

fn no_secret_in_a_configuration(stack: &Stack) -> anyhow::Result<()> {
    let secrets = stack.aws("secretsmanager", "list_secrets", &json!({}))?;
    let secrets = secrets["SecretList"].as_array().context("a list")?.iter();
    let mut texts = Vec::new();
    for secret in secrets {
        let which = json!({"SecretId": secret["ARN"]});
        let secret = stack.aws("secretsmanager", "get_secret_value", &which)?;
        texts.push(
            secret["SecretString"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        );
    }
    ensure!(texts.len() == 4, "{} secrets", texts.len());
    let functions = stack.aws("lambda", "list_functions", &json!({}))?;
    let functions = functions["Functions"].as_array().context("a list")?;
    ensure!(functions.len() >= 9, "{} functions", functions.len());
    for function in functions {
        let environment = &function["Environment"]["Variables"];
        let values = environment.as_object().into_iter().flatten();
        for (name, value) in values {
            let value = value.as_str().unwrap_or_default();
            let found = texts.iter().any(|text| value.contains(text.as_str()));
            ensure!(!found, "{}: {name}", function["FunctionName"]);
        }
    }
    Ok(())
}

fn removed(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.client.submit(&form("9", CHARGE));
    let mail = stack.client.mail_about(&request, REMOVED, "CSM Review");
    let page = mail.link("approve");
    ensure!(
        stack.client.get(&page, "text/html").0 == 200,
        "they are on the team"
    );
    let before = versions(stack)?;
    stack.deploy_with(&stack.built(), &[TEAMS])?;
    ensure!(before == versions(stack)?, "a parameter makes no version");

    let deployed = Instant::now();
    while stack.client.get(&page, "text/html").0 == 200 {
        ensure!(deployed.elapsed() < PATIENCE, "they are still let in");
        thread::sleep(Duration::from_secs(2));
    }
    let (status, body) = mail.decide(&stack.client, "approve", "");
    ensure!(status == 403, "{status}: {body}");
    review(stack, &request).approve(&stack.client);
    stack.client.wait_for_status(&request, "refunded");
    Ok(())
}

/// What `live` of the function that takes decisions is.
fn versions(stack: &Stack) -> anyhow::Result<Value> {
    let functions = stack.aws("lambda", "list_functions", &json!({}))?;
    let functions = functions["Functions"].as_array().context("a list")?;
    let name = |function: &Value| function["FunctionName"].as_str().map(ToOwned::to_owned);
    let mut names = functions.iter().filter_map(name);
    let name = names.find(|name| name.contains("RecordApproval"));
    let which = json!({"FunctionName": name.context("it is deployed")?, "Name": "live"});
    let alias = stack.aws("lambda", "get_alias", &which)?;
    Ok(alias["FunctionVersion"].clone())
}
