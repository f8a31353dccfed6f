//! What the deployed parts may do: every statement of the template, as one snapshot for a person to
//! review. A change of it is a change of what a stolen function can do.
//!
//! The template writes every role out, so this is all: SAM makes no role and attaches no policy of
//! AWS's own, and a test says so.

use std::{fmt::Write, path::Path};

use super::node::{Content, Node};

fn template() -> Node {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    Node::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A node on one line, with its tags.
fn shown(node: &Node) -> String {
    let tag = node
        .tag
        .as_ref()
        .map_or(String::new(), |tag| format!("!{tag} "));
    let content = match &node.content {
        Content::Null => "null".to_owned(),
        Content::Bool(value) => value.to_string(),
        Content::Number(text) | Content::Text(text) => text.clone(),
        Content::List(items) => {
            let items: Vec<_> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        Content::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(name, node)| format!("{name}: {}", shown(node)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    };
    tag + &content
}

/// The items of a list, or the one that stands for it.
fn each(node: &Node) -> Vec<&Node> {
    if let (Content::List(items), None) = (&node.content, &node.tag) {
        return items.iter().collect();
    }
    vec![node]
}

/// The statements of a policy document.
fn statements(document: &Node) -> Vec<&Node> {
    each(document.get("Statement").unwrap())
}

/// What may be allowed on everything, and why it cannot be allowed on less.
const ON_ALL: [(&[&str], &str); 2] = [
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

fn write_statement(out: &mut String, statement: &Node) {
    let word = |name: &str| statement.get(name).map_or(String::new(), shown);
    let mut actions: Vec<_> = each(statement.get("Action").unwrap())
        .into_iter()
        .map(shown)
        .collect();
    actions.sort();
    let _ = writeln!(out, "  {} {}", word("Effect"), actions.join(", "));
    if let Some(principal) = statement.get("Principal") {
        let _ = writeln!(out, "    to {}", shown(principal));
    }
    for resource in statement.get("Resource").map_or(Vec::new(), each) {
        let _ = writeln!(out, "    on {}", shown(resource));
        if shown(resource).contains('*') {
            let _ = writeln!(out, "    as {}", reason_for_all(&actions));
        }
    }
    if let Some(condition) = statement.get("Condition") {
        let _ = writeln!(out, "    if {}", shown(condition));
    }
}

fn resources(template: &Node) -> &[(String, Node)] {
    template.get("Resources").unwrap().entries().unwrap()
}

/// All that a resource says of who may do what.
fn write_resource(out: &mut String, resource: &Node) {
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
        for statement in statements(policy.get("PolicyDocument").unwrap()) {
            write_statement(out, statement);
        }
    }
}

#[test]
fn every_statement_was_reviewed() {
    let template = template();
    let mut resources: Vec<_> = resources(&template).iter().collect();
    resources.sort_by_key(|(id, _)| id);
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

/// Without a role of its own, SAM would give a function one that may write every log of the account.
#[test]
fn whatever_runs_has_a_role_of_its_own() {
    let template = template();
    let mut roles = Vec::new();
    for (id, resource) in resources(&template) {
        let kind = shown(resource.get("Type").unwrap());
        if !["AWS::Serverless::Function", "AWS::Serverless::StateMachine"].contains(&kind.as_str())
        {
            continue;
        }
        let role = resource.at(&["Properties", "Role"]);
        let role = role.unwrap_or_else(|| panic!("{id} has no role"));
        assert_eq!(shown(role), format!("!GetAtt {id}Role.Arn"));
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
    for (id, resource) in resources(&template) {
        let attached = resource.at(&["Properties", "ManagedPolicyArns"]);
        for policy in attached.map_or(Vec::new(), each) {
            let Content::Text(name) = &policy.content else {
                panic!("{id} attaches {policy:?}");
            };
            assert_eq!(policy.tag.as_deref(), Some("Ref"), "{id}: {name}");
            let kind = template.at(&["Resources", name, "Type"]).map(shown);
            assert_eq!(kind.as_deref(), Some("AWS::IAM::ManagedPolicy"), "{id}");
        }
    }
}
