//! What the deployed functions cannot do without a permission of theirs.

use std::{thread, time::Duration};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use testing::test_client::{Form, Mail, Submitted};

use super::{bounces, scenarios::review};
use crate::{Checks, checks::caught, rig::aws::stack::Stack};

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    for (function, action, without) in PERMISSIONS {
        let what = format!("{function} cannot do without {action}");
        checks.attempt(&what, || needs(stack, function, action, without));
    }
}

/// What is tried without a permission. What it gets to is finished once the permission is back.
type Attempt = fn(&Stack) -> anyhow::Result<Attempted>;

enum Attempted {
    /// The form was not accepted.
    Form(Form),
    /// The decision did not get to the process.
    Decision(Submitted, Mail),
    /// The process did not get on.
    Process(Submitted),
    /// Nobody else was asked in place of those whom no mail reaches.
    Bounces(Submitted),
}

const PERMISSIONS: [(&str, &str, Attempt); 4] = [
    ("SubmitRequest", "states:StartExecution", not_accepted),
    ("RecordApproval", "states:SendTaskSuccess", not_sent),
    ("Decide", "dynamodb:GetItem", not_paid),
    ("HandleBounce", "states:SendTaskFailure", not_woken),
];

/// How long something that must not happen is waited for.
const PAUSE: Duration = Duration::from_secs(3);

/// Removes the statement, sees what fails, and puts it back: then all goes its way.
fn needs(stack: &Stack, function: &str, action: &str, attempt: Attempt) -> anyhow::Result<()> {
    let policy = Policy::of(stack, function)?;
    policy.put(stack, &policy.without(action)?)?;
    let attempted = caught(|| attempt(stack));
    policy.put(stack, &policy.document)?;
    let request = match attempted? {
        Attempted::Form(form) => {
            stack.client.submit(&form);
            return Ok(());
        }
        Attempted::Decision(request, mail) => {
            mail.decide(&stack.client, "approve", "");
            request
        }
        Attempted::Process(request) => request,
        Attempted::Bounces(request) => {
            // Lambda would try again by itself, minutes later.
            bounces::all_bounce(stack, &request)?;
            bounces::manager_approves(stack, &request)?;
            request
        }
    };
    stack.client.wait_for_status(&request, "refunded");
    Ok(())
}

fn not_accepted(stack: &Stack) -> anyhow::Result<Attempted> {
    let form = stack.form("5");
    let (status, body) = stack.client.try_submit(&form, None);
    ensure!(status != 202, "the form was accepted: {body}");
    Ok(Attempted::Form(form))
}

fn not_sent(stack: &Stack) -> anyhow::Result<Attempted> {
    let request = stack.submit("6");
    let mail = review(stack, &request);
    let (status, body) = mail.decide(&stack.client, "approve", "");
    thread::sleep(PAUSE);
    let now = stack.client.status(&request);
    ensure!(
        now["status"] == "in_review",
        "{status} {body}, and then {now}"
    );
    Ok(Attempted::Decision(request, mail))
}

fn not_paid(stack: &Stack) -> anyhow::Result<Attempted> {
    let request = stack.submit("7");
    review(stack, &request).approve(&stack.client);
    thread::sleep(PAUSE);
    let now = stack.client.status(&request);
    ensure!(now["status"] != "refunded", "{now}");
    let paid = stack.stripe.refunds(&stack.charge, &request)?;
    ensure!(paid.is_empty(), "Stripe paid: {paid:?}");
    Ok(Attempted::Process(request))
}

fn not_woken(stack: &Stack) -> anyhow::Result<Attempted> {
    let request = stack.submit("8");
    review(stack, &request);
    bounces::all_bounce(stack, &request)?;
    thread::sleep(PAUSE);
    let mut mails = stack.client.mails(&stack.people.manager).into_iter();
    let asked = mails.any(|mail| mail.text.contains(&request.id));
    ensure!(!asked, "the manager was asked");
    Ok(Attempted::Bounces(request))
}

/// The inline policy of a function's role.
struct Policy {
    role: String,
    name: String,
    document: Value,
}

impl Policy {
    fn of(stack: &Stack, function: &str) -> anyhow::Result<Self> {
        let role = stack.deployment.resource(&format!("{function}Role"))?;
        let policies = stack.aws("iam", "list_role_policies", &json!({"RoleName": role}))?;
        let name = policies["PolicyNames"][0].as_str();
        let name = name.context("the role has a policy")?.to_owned();
        let which = json!({"RoleName": role, "PolicyName": name});
        let policy = stack.aws("iam", "get_role_policy", &which)?;
        let document = policy["PolicyDocument"].clone();
        Ok(Self {
            role,
            name,
            document,
        })
    }

    /// Without the statement that allows an action.
    fn without(&self, action: &str) -> anyhow::Result<Value> {
        let mut document = self.document.clone();
        let statements = document["Statement"].as_array_mut().context("statements")?;
        let before = statements.len();
        statements.retain(|statement| {
            let actions = &statement["Action"];
            let listed = actions
                .as_array()
                .is_some_and(|all| all.contains(&json!(action)));
            !(listed || *actions == json!(action))
        });
        ensure!(
            statements.len() + 1 == before,
            "one statement allows {action}"
        );
        Ok(document)
    }

    /// Gives the role this policy; none at all when nothing is allowed by it.
    fn put(&self, stack: &Stack, document: &Value) -> anyhow::Result<()> {
        let mut policy = json!({"RoleName": self.role, "PolicyName": self.name});
        let nothing = document["Statement"].as_array().is_some_and(Vec::is_empty);
        let operation = if nothing {
            "delete_role_policy"
        } else {
            policy["PolicyDocument"] = document.to_string().into();
            "put_role_policy"
        };
        stack.aws("iam", operation, &policy).map(drop)
    }
}
