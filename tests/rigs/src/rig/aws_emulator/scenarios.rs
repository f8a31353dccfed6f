//! What people do with the deployed desk, and what it may not do without a permission.

use std::{thread, time::Duration};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::stack::Stack;
use crate::{
    Checks,
    desk::{Mail, Submitted},
};

const CHARGE: &str = "ch_demo_2000";

/// A form for so many dollars of a charge.
pub(super) fn form(amount: &str, charge: &str) -> Value {
    json!({
        "customerEmail": "customer@example.com",
        "chargeIdToRefund": charge,
        "refundAmount": amount,
        "reason": "Service issue",
        "notes": "It was down for a day.",
    })
}

pub(super) fn play(stack: &Stack, checks: &mut Checks<'_>) {
    checks.check("a small refund is approved and paid", small(stack));
    checks.check("a large refund needs Finance", large(stack));
    checks.check(
        "a rejected request is denied, with the reason",
        denied(stack),
    );
    checks.check(
        "Stripe's refusal denies a request and tells the team",
        refused(stack),
    );
    checks.check("of two approvers who decide at once one wins", raced(stack));
    for (function, action, without) in PERMISSIONS {
        let what = format!("{function} cannot do without {action}");
        checks.check(&what, needs(stack, function, action, without));
    }
}

fn small(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.desk.submit(&form("50", CHARGE))?;
    stack
        .desk
        .approve(&asked(stack, "csm-1@example.com", "CSM Review", &request)?)?;
    stack.desk.wait_for_status(&request, "refunded")?;
    paid(stack, &request, 5000)?;
    let subject = "Your refund has been processed";
    stack
        .desk
        .mail_with("customer@example.com", subject, &request.id)
        .map(drop)
}

fn large(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.desk.submit(&form("500", CHARGE))?;
    stack
        .desk
        .approve(&asked(stack, "csm-2@example.com", "CSM Review", &request)?)?;
    let finance = asked(stack, "finance-1@example.com", "Finance Approval", &request)?;
    let status = stack.desk.status(&request)?;
    ensure!(status["status"] == "in_review", "{status}");
    stack.desk.approve(&finance)?;
    stack.desk.wait_for_status(&request, "refunded")?;
    paid(stack, &request, 50_000)
}

fn denied(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.desk.submit(&form("20", CHARGE))?;
    let mail = asked(stack, "csm-1@example.com", "CSM Review", &request)?;
    let (status, body) = stack.desk.decide(&mail, "reject", "It was used.")?;
    ensure!(status == 200, "{status}: {body}");
    stack.desk.wait_for_status(&request, "denied")?;
    let subject = "About your refund request";
    let mail = stack
        .desk
        .mail_with("customer@example.com", subject, &request.id)?;
    ensure!(mail.text.contains("It was used."), "{}", mail.text);
    ensure!(of_request(stack, &request)?.is_empty(), "Stripe paid");
    Ok(())
}

fn refused(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.desk.submit(&form("20", "ch_demo_refunded"))?;
    stack
        .desk
        .approve(&asked(stack, "csm-1@example.com", "CSM Review", &request)?)?;
    stack.desk.wait_for_status(&request, "denied")?;
    stack
        .desk
        .mail_with("csm-1@example.com", "A refund failed", &request.id)
        .map(drop)
}

fn raced(stack: &Stack) -> anyhow::Result<()> {
    let request = stack.desk.submit(&form("10", CHARGE))?;
    let mails = [
        asked(stack, "csm-1@example.com", "CSM Review", &request)?,
        asked(stack, "csm-2@example.com", "CSM Review", &request)?,
    ];
    let [one, other] = thread::scope(|scope| {
        let decide = |mail, decision| scope.spawn(move || stack.desk.decide(mail, decision, "No."));
        let threads = [decide(&mails[0], "approve"), decide(&mails[1], "reject")];
        threads.map(|thread| thread.join().expect("a call does not panic"))
    });
    let (one, other) = (one?, other?);
    // Both are told the same: who decided, and what.
    for (status, body) in [&one, &other] {
        ensure!([200, 409].contains(status), "{status}: {body}");
        ensure!(body["decidedBy"] == one.1["decidedBy"], "{one:?} {other:?}");
    }
    let approved = one.1["decidedBy"] == "csm-1@example.com";
    let status = if approved { "refunded" } else { "denied" };
    stack.desk.wait_for_status(&request, status)
}

/// The mail that asks somebody to decide a request.
pub(super) fn asked(
    stack: &Stack,
    who: &str,
    phase: &str,
    request: &Submitted,
) -> anyhow::Result<Mail> {
    stack.desk.mail_with(who, phase, &request.id)
}

/// The refunds of a request.
fn of_request(stack: &Stack, request: &Submitted) -> anyhow::Result<Vec<Value>> {
    let mut refunds = stack.stripe.refunds(CHARGE)?;
    refunds.retain(|refund| refund["metadata"]["request_id"] == request.id.as_str());
    Ok(refunds)
}

fn paid(stack: &Stack, request: &Submitted, cents: u64) -> anyhow::Result<()> {
    let refunds = of_request(stack, request)?;
    ensure!(refunds.len() == 1, "{} refunds: {refunds:?}", refunds.len());
    ensure!(refunds[0]["amount"] == cents, "{}", refunds[0]);
    Ok(())
}

// ---------------------------------------------------------------- without a permission

/// What is tried without a permission. What it gets to is finished once the permission is back.
type Attempt = fn(&Stack) -> anyhow::Result<Attempted>;

enum Attempted {
    /// The form was not taken.
    Form(Value),
    /// The decision did not get to the process.
    Decision(Submitted, Mail),
    /// The process did not get on.
    Process(Submitted),
}

const PERMISSIONS: [(&str, &str, Attempt); 3] = [
    ("SubmitRequest", "states:StartExecution", not_taken),
    ("RecordApproval", "states:SendTaskSuccess", not_told),
    ("Decide", "dynamodb:GetItem", not_paid),
];

/// How long something that must not happen is waited for.
const PAUSE: Duration = Duration::from_secs(3);

/// Removes the statement, sees what fails, and puts it back: then all goes its way.
fn needs(stack: &Stack, function: &str, action: &str, attempt: Attempt) -> anyhow::Result<()> {
    let policy = Policy::of(stack, function)?;
    policy.put(stack, &policy.without(action)?)?;
    let attempted = attempt(stack);
    policy.put(stack, &policy.document)?;
    let request = match attempted? {
        Attempted::Form(form) => return stack.desk.submit(&form).map(drop),
        Attempted::Decision(request, mail) => {
            stack.desk.decide(&mail, "approve", "")?;
            request
        }
        Attempted::Process(request) => request,
    };
    stack.desk.wait_for_status(&request, "refunded")
}

fn not_taken(stack: &Stack) -> anyhow::Result<Attempted> {
    let form = form("5", CHARGE);
    ensure!(stack.desk.submit(&form).is_err(), "the form was taken");
    Ok(Attempted::Form(form))
}

fn not_told(stack: &Stack) -> anyhow::Result<Attempted> {
    let request = stack.desk.submit(&form("6", CHARGE))?;
    let mail = asked(stack, "csm-1@example.com", "CSM Review", &request)?;
    let (status, body) = stack.desk.decide(&mail, "approve", "")?;
    thread::sleep(PAUSE);
    let now = stack.desk.status(&request)?;
    ensure!(
        now["status"] == "in_review",
        "{status} {body}, and then {now}"
    );
    Ok(Attempted::Decision(request, mail))
}

fn not_paid(stack: &Stack) -> anyhow::Result<Attempted> {
    let request = stack.desk.submit(&form("7", CHARGE))?;
    stack
        .desk
        .approve(&asked(stack, "csm-1@example.com", "CSM Review", &request)?)?;
    thread::sleep(PAUSE);
    let now = stack.desk.status(&request)?;
    ensure!(now["status"] != "refunded", "{now}");
    ensure!(of_request(stack, &request)?.is_empty(), "Stripe paid");
    Ok(Attempted::Process(request))
}

/// The inline policy of a function's role.
struct Policy {
    role: String,
    name: String,
    document: Value,
}

impl Policy {
    fn of(stack: &Stack, function: &str) -> anyhow::Result<Self> {
        let roles = stack.aws("iam", "list_roles", &json!({}))?;
        let roles = roles["Roles"].as_array().context("roles are a list")?;
        let named = |role: &&Value| {
            let name = role["RoleName"].as_str().unwrap_or_default();
            name.contains(&format!("{function}Role"))
        };
        let role = roles
            .iter()
            .find(named)
            .context("the function has a role")?;
        let role = role["RoleName"].as_str().unwrap_or_default().to_owned();
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
