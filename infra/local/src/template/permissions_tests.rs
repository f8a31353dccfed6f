//! What the deployed parts may do: every statement of the template, as one snapshot for a person to
//! review. A change of it is a change of what a stolen function can do.
//!
//! The template writes every role out, so this is all: SAM makes no role and attaches no policy of
//! AWS's own, and a test says so.

use std::{fmt::Write, path::Path};

use statemachines::yaml;

use super::node::Node;

/// A test reads it to its end.
fn template() -> Node<'static> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let source = std::fs::read_to_string(path).unwrap().leak();
    Node::new(source, Box::leak(Box::new(yaml::read(source).unwrap())))
}

/// A node on one line, with its tags.
fn shown(node: Node<'_>) -> String {
    if let Ok(text) = node.literal() {
        return text.to_owned();
    }
    if let Ok(entries) = node.entries() {
        if let [(tag, content)] = entries.as_slice()
            && tag.starts_with('!')
        {
            return format!("{tag} {}", shown(*content));
        }
        let entries = entries.into_iter();
        let entries: Vec<_> = entries
            .map(|(name, node)| format!("{name}: {}", shown(node)))
            .collect();
        return format!("{{{}}}", entries.join(", "));
    }
    let items: Vec<_> = node.items().map(shown).collect();
    format!("[{}]", items.join(", "))
}

/// The items of a list, or the one that stands for it.
fn each(node: Node<'_>) -> Vec<Node<'_>> {
    let items: Vec<_> = node.items().collect();
    if items.is_empty() { vec![node] } else { items }
}

/// The statements of a policy document.
fn statements(document: Node<'_>) -> Vec<Node<'_>> {
    each(document.require("Statement").unwrap())
}

/// What may be allowed on everything, and why it cannot be allowed on less.
const ON_ALL: [(&[&str], &str); 8] = [
    (
        &[
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ],
        "a delivery of logs is no resource, and Step Functions sets up its own by these",
    ),
    (
        &[
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ],
        "X-Ray knows no resource that a trace could belong to",
    ),
    (
        &[
            "states:DescribeStateMachine",
            "states:DescribeStateMachineAlias",
            "states:SendTaskFailure",
            "states:SendTaskSuccess",
            "states:StartExecution",
        ],
        "this stack's state machines, their aliases and versions: no stack's name has a `_`",
    ),
    (
        &["ses:SendRawEmail"],
        "SES asks for the recipient's identity too, and the condition says who may send",
    ),
    (
        &["s3:PutObject"],
        "the objects of one bucket, which has nothing but digests",
    ),
    (
        &["cloudwatch:DescribeAlarms"],
        "CodeDeploy asks for the alarms of a deployment by a call that lists",
    ),
    (
        &[
            "lambda:GetAlias",
            "lambda:GetProvisionedConcurrencyConfig",
            "lambda:UpdateAlias",
        ],
        "the functions of this stack, whose names begin with its own; naming them would be a circle",
    ),
    (
        &[
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
        ],
        "Lambda makes network interfaces, which have no ARN yet, and the condition keeps the function's code out",
    ),
];

fn reason_for_all(actions: &[String]) -> &'static str {
    let covers = |known: &&[&str]| {
        actions
            .iter()
            .all(|action| known.contains(&action.as_str()))
    };
    let reason = ON_ALL.iter().find(|(known, _)| covers(known));
    let (_, reason) = reason.unwrap_or_else(|| panic!("{actions:?} on everything, and no reason"));
    reason
}

fn write_statement(out: &mut String, statement: Node<'_>) {
    if let Some(("If", branches)) = statement.intrinsic() {
        let branches: Vec<_> = branches.items().collect();
        assert_eq!(shown(branches[2]), "!Ref AWS::NoValue");
        let _ = writeln!(out, "  where {}", shown(branches[0]));
        return write_statement(out, branches[1]);
    }
    let word = |name: &str| statement.at(&[name]).map_or(String::new(), shown);
    let mut actions: Vec<_> = each(statement.require("Action").unwrap())
        .into_iter()
        .map(shown)
        .collect();
    actions.sort();
    let _ = writeln!(out, "  {} {}", word("Effect"), actions.join(", "));
    if let Some(principal) = statement.at(&["Principal"]) {
        let _ = writeln!(out, "    to {}", shown(principal));
    }
    for resource in statement.at(&["Resource"]).map_or(Vec::new(), each) {
        let _ = writeln!(out, "    on {}", shown(resource));
        if shown(resource).contains('*') {
            let _ = writeln!(out, "    as {}", reason_for_all(&actions));
        }
    }
    if let Some(condition) = statement.at(&["Condition"]) {
        let _ = writeln!(out, "    if {}", shown(condition));
    }
}

fn resources(template: Node<'static>) -> Vec<(&'static str, Node<'static>)> {
    template.require("Resources").unwrap().entries().unwrap()
}

/// All that a resource says of who may do what.
fn write_resource(out: &mut String, resource: Node<'_>) {
    let property = |name: &str| resource.at(&["Properties", name]);
    for document in ["AssumeRolePolicyDocument", "PolicyDocument"] {
        for statement in property(document).map_or(Vec::new(), statements) {
            write_statement(out, statement);
        }
    }
    for managed in property("ManagedPolicyArns").map_or(Vec::new(), each) {
        let _ = writeln!(out, "  as in {}", shown(managed));
    }
    for policy in property("Policies").map_or(Vec::new(), each) {
        for statement in statements(policy.at(&["PolicyDocument"]).unwrap()) {
            write_statement(out, statement);
        }
    }
}

#[test]
fn every_statement_was_reviewed() {
    let template = template();
    let mut resources = resources(template);
    resources.sort_by_key(|(id, _)| *id);
    let mut out = String::new();
    for (id, resource) in resources {
        let mut said = String::new();
        write_resource(&mut said, resource);
        if !said.is_empty() {
            let _ = writeln!(out, "{id}\n{said}");
        }
    }
    insta::assert_snapshot!(out);
}

/// Without a role of its own, SAM would give a function one that may write every log of the account. The state machines
/// share one.
#[test]
fn whatever_runs_has_a_role_of_this_template() {
    let template = template();
    let mut roles = Vec::new();
    for (id, resource) in resources(template) {
        let kind = shown(resource.require("Type").unwrap());
        let own = match kind.as_str() {
            "AWS::Serverless::Function" => id,
            "AWS::Serverless::StateMachine" => "StateMachine",
            _ => continue,
        };
        let role = resource.at(&["Properties", "Role"]);
        let role = role.unwrap_or_else(|| panic!("{id} has no role"));
        assert_eq!(shown(role), format!("!GetAtt {own}Role.Arn"));
        assert!(
            resource.at(&["Properties", "Policies"]).is_none(),
            "beside a role, SAM ignores the policies of {id}"
        );
        roles.push(id);
    }
    assert!(roles.len() > 8, "{roles:?}");
}

#[test]
fn only_policies_of_this_template_are_attached() {
    let template = template();
    for (id, resource) in resources(template) {
        let attached = resource.at(&["Properties", "ManagedPolicyArns"]);
        for policy in attached.map_or(Vec::new(), each) {
            let (function, name) = policy.intrinsic().unwrap();
            let name = name.literal().unwrap();
            assert_eq!(function, "Ref", "{id}: {name}");
            let kind = template.at(&["Resources", name, "Type"]).map(shown);
            assert_eq!(kind.as_deref(), Some("AWS::IAM::ManagedPolicy"), "{id}");
        }
    }
}
