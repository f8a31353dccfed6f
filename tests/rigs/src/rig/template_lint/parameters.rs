//! What a deployment with another value of a parameter changes, and whether it is what runs then.
//!
//! Functions are invoked by an alias of a published version. SAM names a version after the function's
//! properties as they are written, and `!Ref Teams` is written the same whatever its value is: a value that
//! reaches a function's configuration in that way is deployed, and the version that runs keeps the old one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use serde_json::Value;

use super::expanded::{Expanded, Parameters, text};
use super::options;

/// Where another value of a parameter arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// In a new version of each function whose configuration has it.
    Version,
    /// In a resource that a function's environment names, so that functions read it while they run.
    RunTime,
    /// In no function's configuration: an alarm, a name, a policy.
    Elsewhere,
    /// In a function's configuration, of which no version is published.
    Unpublished,
}

/// Each parameter of the template.
const REACHES: [(&str, Reach); 42] = [
    // Other code is built for it, of which a version is published.
    ("Architecture", Reach::Unpublished),
    ("AuditBucket", Reach::RunTime),
    ("BrandColor", Reach::RunTime),
    ("BrandContact", Reach::RunTime),
    ("BrandFooter", Reach::RunTime),
    ("BrandLogo", Reach::RunTime),
    ("BrandName", Reach::RunTime),
    ("CertificateArn", Reach::Elsewhere),
    ("CreateMailIdentity", Reach::Elsewhere),
    ("DomainName", Reach::RunTime),
    ("Gradual", Reach::Elsewhere),
    ("HostedZoneId", Reach::Elsewhere),
    ("KeepAnswersDays", Reach::RunTime),
    ("KeepAuditYears", Reach::RunTime),
    ("KmsKeyArn", Reach::Version),
    ("LogRetentionDays", Reach::Elsewhere),
    ("MailFrom", Reach::RunTime),
    ("MailFromName", Reach::RunTime),
    ("MailIdentity", Reach::Elsewhere),
    ("MailReplyTo", Reach::RunTime),
    ("MonthlyBudgetUsd", Reach::Elsewhere),
    ("MostRequestsPerHour", Reach::Elsewhere),
    ("OldestApprovalHours", Reach::Elsewhere),
    ("OperatorEmail", Reach::Elsewhere),
    ("OriginKey", Reach::RunTime),
    ("PermissionsBoundaryArn", Reach::Elsewhere),
    // The function's own, whichever version runs.
    ("PublicConcurrency", Reach::Unpublished),
    ("PublicUrl", Reach::RunTime),
    ("PublishEvents", Reach::Elsewhere),
    ("ReportsTeam", Reach::RunTime),
    ("RequestLimits", Reach::RunTime),
    ("RequestsEveryDay", Reach::Elsewhere),
    ("RolePath", Reach::Elsewhere),
    ("StripeApiBase", Reach::RunTime),
    ("StripeMode", Reach::RunTime),
    ("StripeSecretName", Reach::RunTime),
    ("StripeWebhookSecretName", Reach::RunTime),
    ("Teams", Reach::RunTime),
    ("TimeZone", Reach::RunTime),
    ("VpcSecurityGroupIds", Reach::Version),
    ("VpcSubnetIds", Reach::Version),
    ("WebAcl", Reach::Elsewhere),
];

/// Mistakes that leave a value unused, or show a secret: what the template says, what it would say, and
/// words of the complaint.
pub(super) const MISTAKES: [(&str, &str, &str); 2] = [
    (
        "METRICS_NAMESPACE: !Ref AWS::StackName",
        "METRICS_NAMESPACE: !Ref OperatorEmail",
        "OperatorEmail reaches Unpublished",
    ),
    (
        "TABLE_NAME: !Ref Table",
        "TABLE_NAME: '{{resolve:secretsmanager:table}}'",
        "TABLE_NAME",
    ),
];

/// Whether each parameter arrives where it should, in a template with all options; `expand` makes it for each set of
/// values.
pub(super) fn arrive(
    template: &Expanded,
    expand: impl Fn(&[Parameters]) -> anyhow::Result<Vec<Expanded>>,
) -> anyhow::Result<()> {
    let declared = BTreeMap::from(REACHES);
    let parameters: Vec<(&str, &Value)> = template.section("Parameters").collect();
    let names: BTreeSet<&str> = parameters.iter().map(|(name, _)| *name).collect();
    ensure!(
        names.iter().eq(declared.keys()),
        "parameters are {names:?}, declared is where these arrive: {:?}",
        declared.keys()
    );
    let other = |(name, it): &(&str, &Value)| {
        let mut values = options::all();
        values.insert((*name).to_owned(), other_value(it));
        values
    };
    let others = expand(&parameters.iter().map(other).collect::<Vec<_>>())?;
    let mut wrong = Vec::new();
    for ((name, _), other) in parameters.into_iter().zip(&others) {
        let reach = reach(template, other);
        if reach != declared[name] {
            wrong.push(format!(
                "{name} reaches {reach:?}, not {:?}",
                declared[name]
            ));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// A value that is allowed and not the default one.
fn other_value(parameter: &Value) -> String {
    let default = text(&parameter["Default"]);
    let allowed = parameter["AllowedValues"].as_array().into_iter().flatten();
    let other = allowed.map(text).find(|value| *value != default);
    let longer = if parameter["Type"] == "Number" {
        "1"
    } else {
        "other"
    };
    other.unwrap_or_else(|| default + longer)
}

/// Where the difference between two deployments arrives.
fn reach(before: &Expanded, after: &Expanded) -> Reach {
    let now: BTreeMap<_, _> = configured(after).collect();
    let changed = configured(before).filter(|(id, before)| now.get(id) != Some(before));
    let changed: BTreeSet<&str> = changed.map(|(id, _)| id).collect();
    let mut functions = before.of_type("AWS::Lambda::Function");
    let named = |(_, function): (&str, &Value)| {
        let environment = function["Properties"]["Environment"].to_string();
        let names = |id: &&str| environment.contains(&format!("{{\"Ref\":\"{id}\"}}"));
        changed.iter().any(names)
    };
    let published = |id: &str| versions(before, id) != versions(after, id);
    let mut own = before
        .of_type("AWS::Lambda::Function")
        .filter(|(id, _)| changed.contains(id));
    match own.next() {
        Some((first, _)) if published(first) && own.all(|(id, _)| published(id)) => Reach::Version,
        Some(_) => Reach::Unpublished,
        None if functions.any(named) => Reach::RunTime,
        None => Reach::Elsewhere,
    }
}

/// What each resource comes to, by logical id.
fn configured(template: &Expanded) -> impl Iterator<Item = (&str, Value)> {
    let resources = template.section("Resources");
    resources.map(|(id, resource)| (id, template.resolve(&resource["Properties"])))
}

/// The logical ids of a function's versions, and what their properties come to, which CloudFormation cannot change:
/// it makes another version then.
fn versions<'t>(template: &'t Expanded, function: &str) -> Vec<(&'t str, Value)> {
    let all = template.of_type("AWS::Lambda::Version");
    let own = all.filter(|(_, it)| it["Properties"]["FunctionName"]["Ref"] == function);
    own.map(|(id, it)| (id, template.resolve(&it["Properties"])))
        .collect()
}

/// Whether no function's configuration holds a secret, which whoever may read configurations could read.
pub(super) fn hold_no_secret(template: &Expanded) -> anyhow::Result<()> {
    let mut holding = BTreeSet::new();
    for (_, function) in template.of_type("AWS::Lambda::Function") {
        let variables = template.resolve(&function["Properties"]["Environment"]["Variables"]);
        for (name, value) in variables.as_object().into_iter().flatten() {
            if value.to_string().contains("{{resolve:") {
                holding.insert(name.clone());
            }
        }
    }
    ensure!(holding.is_empty(), "{holding:?} hold a secret");
    Ok(())
}
