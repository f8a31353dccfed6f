//! What the template's parameters take, by their patterns: what can be used, and nothing that functions would refuse.

use std::collections::BTreeSet;

use anyhow::ensure;
use serde_json::{Value, json};

use super::{
    expanded::{Expanded, text},
    options::{ALL, OTHER_ACL},
};

/// A value of each parameter with a pattern that nothing could use.
const REFUSED_ALONE: [(&str, &str); 36] = [
    (
        "CertificateArn",
        "arn:aws:iam::123456789012:server-certificate/x",
    ),
    ("BrandColor", "red"),
    ("BrandContact", "a@example.com,"),
    ("BrandFooter", "\"Acme\""),
    ("BrandLogo", "<b>Acme</b>"),
    ("BrandName", "Acme\nInc."),
    ("DomainName", "https://refunds.example.com"),
    ("HostedZoneId", "/hostedzone/Z2ABCDEFGHIJKL"),
    (
        "KmsKeyArn",
        "arn:aws:kms:us-east-1:123456789012:alias/refunds",
    ),
    ("MailFrom", "Refunds <refunds@example.com>"),
    ("MailFromName", "\"Refunds\""),
    ("MailIdentity", "https://example.com"),
    ("MailReplyTo", "Refunds refunds@example.com"),
    ("OperatorEmail", "ada@example.com, bob@example.com"),
    ("OriginKey", "guessed"),
    ("PermissionsBoundaryArn", "boundary"),
    ("PublicUrl", "refunds.example.com"),
    ("PublicUrl", "https://refunds.example.com/"),
    ("AuditBucket", "arn:aws:s3:::audit"),
    ("KeepAnswersDays", "45.5"),
    ("KeepAuditYears", "0"),
    ("KeepAuditYears", "101"),
    ("ReportsTeam", "Finance Team"),
    ("RequestLimits", "charge=3/day,caller=4/hour"),
    ("RequestLimits", "caller=4/houraddress=3/day"),
    ("RolePath", "refunds"),
    ("StripeApiBase", "api.stripe.com"),
    ("StripeSecretName", "{{resolve:ssm:x}}"),
    (
        "StripeWebhookSecretName",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
    ),
    ("Teams", r#"{"csm-team":[]}"#),
    ("Teams", r#"{"csm-team":["ada@example.com",]}"#),
    ("Teams", r#"{"csm-team":"ada@example.com"}"#),
    ("TimeZone", "+02:00"),
    ("VpcSecurityGroupIds", "subnet-0123456789abcdef0"),
    ("VpcSubnetIds", "subnet-0,subnet-1,subnet-2,subnet-3"),
    (
        "WebAcl",
        "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/x/y",
    ),
];

/// Whether each text that is not chosen from a list has a pattern, which takes the values that are used here and
/// refuses another, and says what it wants.
pub(super) fn fit(template: &Expanded) -> anyhow::Result<()> {
    let teams =
        r#"{"csm-team": ["a@example.com", "b+c@example.com"], "finance-team":["d@example.com"]}"#;
    let mut taken: Vec<(&str, &str)> = ALL.into_iter().chain([OTHER_ACL]).collect();
    taken.extend([
        ("MailReplyTo", "Refund Desk <refunds@example.com>"),
        ("BrandColor", "#0a5C36"),
        (
            "BrandContact",
            "help@example.com, +1 (555) 01-00, https://example.com/help?a=1",
        ),
        ("BrandFooter", "Acme & Söhne, 1 Main Street"),
        ("BrandLogo", "ACME"),
        ("BrandName", "Acme & Co."),
        ("MailReplyTo", "refunds@example.com"),
        ("TimeZone", "America/Argentina/Buenos_Aires"),
        ("Teams", teams),
    ]);
    let mut refusing = BTreeSet::new();
    for (name, parameter) in template.section("Parameters") {
        if parameter["Type"] != "String" || !parameter["AllowedValues"].is_null() {
            continue;
        }
        ensure!(
            parameter["ConstraintDescription"].is_string(),
            "{name} does not say what it wants"
        );
        let pattern = format!("^(?:{})$", text(&parameter["AllowedPattern"]));
        let fits = |value: &Value| jsonschema::is_valid(&json!({"pattern": pattern}), value);
        let of = |values: &[(&str, &str)]| -> Vec<Value> {
            let own = values.iter().filter(|(of, _)| *of == name);
            own.map(|(_, value)| json!(value)).collect()
        };
        for value in of(&taken).iter().chain([&parameter["Default"]]) {
            ensure!(fits(value), "{name} refuses {value}");
        }
        for value in of(&REFUSED_ALONE) {
            ensure!(!fits(&value), "{name} takes {value}");
            refusing.insert(name);
        }
    }
    let known = REFUSED_ALONE.map(|(name, _)| name);
    let patterns = template
        .section("Parameters")
        .filter(|(_, it)| it["AllowedPattern"].is_string());
    let patterns: BTreeSet<&str> = patterns.map(|(name, _)| name).collect();
    ensure!(
        patterns == refusing && refusing == known.into(),
        "refused were values of {refusing:?}, and patterns are of {patterns:?}"
    );
    Ok(())
}
