//! What holds of the environments together: names, and values that the template takes.

use anyhow::ensure;
use serde_json::{Map, Value, json};

use super::super::expanded::{Expanded, Parameters, text};

/// Mistakes in what SAM has read: where, the value there, and words of the complaint.
pub(super) const MISTAKES: [(&str, &str, &str); 6] = [
    ("dev build Architecture", "other", "dev builds for other"),
    ("dev build Gradual", "other", "dev builds with Gradual"),
    ("prod tags Environment", "dev", "the tag Environment"),
    ("prod deploy Gradaul", "on", "'Gradaul' was unexpected"),
    ("prod deploy StripeMode", "lve", "\"lve\" is not one of"),
    (
        "prod deploy MailReplyTo",
        "\"Refunds\" <a@b>",
        "does not match",
    ),
];
/// The same, of what the workflow does not know.
pub(super) const UNDEPLOYED: [(&str, &str, &str); 2] = [
    ("test stack", "test", "test]"),
    ("staging build Architecture", "other", "is built for other"),
];

/// Each environment by its name: its stack, its tags, and the parameters by which it is built and deployed.
#[derive(Clone)]
pub(super) struct Environments(pub(super) Value);

impl Environments {
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
    }

    /// The values by which one is deployed.
    pub(super) fn deployed(&self, name: &str) -> Parameters {
        let parameters = self.0[name]["deploy"].as_object().into_iter().flatten();
        parameters
            .map(|(name, value)| (name.clone(), text(value)))
            .collect()
    }

    /// The same but for one value, at a place such as `dev build Architecture`.
    pub(super) fn with(&self, place: &str, value: &str) -> Self {
        let mut changed = self.clone();
        let at = place
            .split(' ')
            .fold(&mut changed.0, |value, key| &mut value[key]);
        *at = value.into();
        changed
    }

    /// Each by itself, and beside the others.
    pub(super) fn fit(&self, template: &Expanded) -> anyhow::Result<()> {
        let schema = schema(template);
        let validator = jsonschema::validator_for(&schema)?;
        let mut stacks: Vec<String> = Vec::new();
        for name in self.names() {
            let environment = &self.0[name];
            let (build, deploy) = (&environment["build"], &environment["deploy"]);
            ensure!(
                build["Architecture"].is_string()
                    && build["Architecture"] == deploy["Architecture"],
                "{name} builds for {}, and deploys for {}",
                text(&build["Architecture"]),
                text(&deploy["Architecture"])
            );
            for (parameter, value) in build.as_object().into_iter().flatten() {
                let same = deploy[parameter] == *value;
                ensure!(
                    same,
                    "{name} builds with {parameter}={value}, and deploys otherwise"
                );
            }
            let errors: Vec<String> = validator
                .iter_errors(deploy)
                .map(|it| it.to_string())
                .collect();
            ensure!(errors.is_empty(), "{name}: {}", errors.join("; "));
            let is_tagged = environment["tags"]["Environment"] == name;
            ensure!(is_tagged, "{name} has not its name in the tag Environment");
            let stack = format!("{}-", text(&environment["stack"]));
            let begins = |it: &String| it.starts_with(&stack) || stack.starts_with(it);
            let alone = !stacks.iter().any(begins);
            ensure!(alone, "one of {stacks:?} and {stack} begins the other");
            stacks.push(stack);
        }
        ensure!(!stacks.is_empty(), "there is no environment");
        Ok(())
    }

    /// Whether the workflow offers them, on runners that need no compiler for another processor.
    pub(super) fn are_deployed_by(&self, workflow: &str) -> anyhow::Result<()> {
        let options = format!("[{}]", self.names().collect::<Vec<_>>().join(", "));
        ensure!(
            workflow.contains(&options),
            "it has not the options {options}"
        );
        let runners = workflow
            .lines()
            .filter_map(|line| line.trim().strip_prefix("runs-on: "));
        for runner in runners {
            let processor = if runner.ends_with("-arm") {
                "arm64"
            } else {
                "x86_64"
            };
            for name in self.names() {
                let built = text(&self.0[name]["build"]["Architecture"]);
                ensure!(
                    built == processor,
                    "{name} is built for {built}, by {runner}"
                );
            }
        }
        Ok(())
    }
}

/// What CloudFormation takes as the template's parameters.
fn schema(template: &Expanded) -> Value {
    let properties = template.section("Parameters").map(|(name, parameter)| {
        let mut property = Map::new();
        if let Some(allowed) = parameter["AllowedValues"].as_array() {
            property.insert("enum".to_owned(), allowed.iter().map(text).collect());
        }
        if let Some(pattern) = parameter["AllowedPattern"].as_str() {
            // It has to match all of the value.
            property.insert("pattern".to_owned(), format!("^(?:{pattern})$").into());
        }
        (name.to_owned(), property.into())
    });
    json!({"properties": properties.collect::<Map<_, _>>(), "additionalProperties": false})
}
