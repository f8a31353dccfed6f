//! What the deployed parts may do: every statement of the template, as one snapshot for a person to
//! review. A change of it is a change of what a stolen function can do.
//!
//! Besides these, SAM gives each function's role `AWSLambdaBasicExecutionRole` (write logs) and each
//! role `AWSXrayWriteOnlyAccess` (write traces), which AWS keeps.

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
    for resource in each(statement.get("Resource").unwrap()) {
        let _ = writeln!(out, "    on {}", shown(resource));
    }
    if let Some(condition) = statement.get("Condition") {
        let _ = writeln!(out, "    if {}", shown(condition));
    }
}

#[test]
fn every_statement_was_reviewed() {
    let template = template();
    let mut resources: Vec<_> = template
        .get("Resources")
        .unwrap()
        .entries()
        .unwrap()
        .iter()
        .collect();
    resources.sort_by_key(|(id, _)| id);
    let mut out = String::new();
    for (id, resource) in resources {
        let mut said = String::new();
        if let Some(policies) = resource.at(&["Properties", "Policies"]) {
            for policy in policies.items().unwrap() {
                if policy.tag.is_some() {
                    let _ = writeln!(said, "  as in {}", shown(policy));
                } else {
                    for statement in statements(policy) {
                        write_statement(&mut said, statement);
                    }
                }
            }
        }
        if let Some(document) = resource.at(&["Properties", "PolicyDocument"]) {
            for statement in statements(document) {
                write_statement(&mut said, statement);
            }
        }
        if !said.is_empty() {
            let _ = writeln!(out, "{id}\n{said}");
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn only_what_knows_no_resource_is_allowed_on_all() {
    let template = template();
    let mut actions = Vec::new();
    for (_, resource) in template.get("Resources").unwrap().entries().unwrap() {
        let policies = resource.at(&["Properties", "Policies"]);
        let policies = policies.map_or(Vec::new(), each);
        let document = resource.at(&["Properties", "PolicyDocument"]);
        for policy in policies
            .into_iter()
            .filter(|policy| policy.tag.is_none())
            .chain(document)
        {
            for statement in statements(policy) {
                if each(statement.get("Resource").unwrap())
                    .iter()
                    .any(|it| shown(it) == "*")
                {
                    actions.extend(
                        each(statement.get("Action").unwrap())
                            .into_iter()
                            .map(shown),
                    );
                }
            }
        }
    }
    let deliveries = |action: &String| {
        action.starts_with("logs:")
            && (action.contains("Deliver") || action.contains("ResourcePolic"))
            || action == "logs:DescribeLogGroups"
    };
    assert!(actions.iter().all(deliveries), "{actions:?}");
}
