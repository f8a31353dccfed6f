//! Whether GitHub's jobs of one environment alone, of one repository, get the role that deploys.

use anyhow::ensure;

use super::expanded::{Expanded, Parameters, text};

/// Mistakes that let others in: what the template says, what it would say, and words of the complaint.
pub(super) const MISTAKES: [(&str, &str, &str); 3] = [
    ("environment:${Environment}", "*", "repo:owner/name:*"),
    ("aud: sts.amazonaws.com", "aud: other", "\"other\""),
    ("StringEquals:\n", "StringLike:\n", "StringLike"),
];

/// What the template of the roles is given here.
pub(super) fn parameters() -> Parameters {
    let values = [
        ("Repository", "owner/name"),
        ("Environment", "prod"),
        ("Stack", "refund-desk-prod"),
    ];
    values
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// Each role that somebody outside AWS gets is for GitHub's jobs of that environment, named in full.
pub(super) fn trust_one_environment(template: &Expanded) -> anyhow::Result<()> {
    let mut trusting = 0;
    for (id, role) in template.of_type("AWS::IAM::Role") {
        let trust = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"];
        for statement in trust.as_array().into_iter().flatten() {
            if statement["Principal"]["Federated"].is_null() {
                continue;
            }
            trusting += 1;
            let condition = template.resolve(&statement["Condition"]);
            let claim = |name: &str| {
                let claim = format!("token.actions.githubusercontent.com:{name}");
                text(&condition["StringEquals"][claim])
            };
            let is_named = claim("sub") == "repo:owner/name:environment:prod";
            ensure!(
                is_named && claim("aud") == "sts.amazonaws.com",
                "{id} trusts {condition}"
            );
        }
    }
    ensure!(trusting == 1, "{trusting} roles are for GitHub");
    Ok(())
}
