//! What the functions' configuration and the table give away.

use anyhow::{Context, ensure};
use serde_json::json;

use super::scenarios::review;
use crate::{Checks, rig::aws::stack::Stack};

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    checks.attempt("no function's configuration holds a secret", || {
        no_secret_in_a_configuration(stack)
    });
    checks.attempt(
        "nothing in the configurations and the table opens a link",
        || nothing_opens_a_link(stack),
    );
}

/// Whoever may only look reads neither an approver's link or code nor a customer's address anywhere.
fn nothing_opens_a_link(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.submit("4");
    let mail = review(stack, &request);
    let items = json!(stack.items()?).to_string();
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
    ensure!(texts.len() == 5, "{} secrets", texts.len());
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
