//! The template's optional parts: each is deployed whole with values that belong to it, and refused with others.

use anyhow::ensure;
use serde_json::Value;

use super::expanded::{Expanded, Parameters, text};

/// An optional part, or some together.
pub(super) struct Part {
    pub(super) name: &'static str,
    values: &'static [(&'static str, &'static str)],
    /// A mistake in it: what the template says, what it would say, and words of the complaint.
    pub(super) mistake: (&'static str, &'static str, &'static str),
}

impl Part {
    pub(super) fn parameters(&self) -> Parameters {
        given(self.values)
    }
}

const DOMAIN: [(&str, &str); 2] = [
    ("DomainName", "refunds.example.com"),
    (
        "CertificateArn",
        "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    ),
];
const ZONE: (&str, &str) = ("HostedZoneId", "Z2ABCDEFGHIJKL");
const ORIGIN_KEY: (&str, &str) = ("OriginKey", "0123456789abcdef0123456789abcdef");
const CREATED_ACL: (&str, &str) = ("WebAcl", "create");
pub(super) const OTHER_ACL: (&str, &str) = (
    "WebAcl",
    "arn:aws:wafv2:us-east-1:123456789012:global/webacl/refunds/12345678-1234-1234-1234-123456789012",
);
const CONCURRENCY: (&str, &str) = ("PublicConcurrency", "20");
const BUCKET: (&str, &str) = ("AuditBucket", "refund-desk-audit");
const BUDGET: [(&str, &str); 2] = [
    ("MonthlyBudgetUsd", "50"),
    ("OperatorEmail", "operator@example.com"),
];
const BOUNDARY: [(&str, &str); 2] = [
    (
        "PermissionsBoundaryArn",
        "arn:aws:iam::123456789012:policy/boundary",
    ),
    ("RolePath", "/refunds/"),
];
const VPC: [(&str, &str); 2] = [
    (
        "VpcSubnetIds",
        "subnet-0123456789abcdef0,subnet-0123456789abcdef1,subnet-0123456789abcdef2",
    ),
    (
        "VpcSecurityGroupIds",
        "sg-0123456789abcdef0,sg-0123456789abcdef1,sg-0123456789abcdef2",
    ),
];
const KEY: (&str, &str) = (
    "KmsKeyArn",
    "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
);

const EVENTS: (&str, &str) = ("PublishEvents", "yes");

/// What is deployed, linted and found whole.
pub(super) const PARTS: [Part; 13] = [
    Part {
        name: "no option",
        values: &[],
        mistake: ("    Condition: HasDomain\n", "", "ApiDomain"),
    },
    Part {
        name: "reserved concurrency",
        values: &[CONCURRENCY],
        mistake: (
            "[ReservesConcurrency, !Ref PublicConcurrency,",
            "[ReservesConcurrency, many,",
            "'many' is not of type 'integer'",
        ),
    },
    Part {
        name: "a budget",
        values: &BUDGET,
        mistake: ("BudgetType: COST", "Type: COST", "'Type' was unexpected"),
    },
    Part {
        name: "a bucket for digests",
        values: &[BUCKET],
        mistake: (
            "s3:::${AuditBucket}/*",
            "s3:::${AuditBuckets}/*",
            "AuditBuckets",
        ),
    },
    Part {
        name: "a domain",
        values: &DOMAIN,
        mistake: (
            "DisableExecuteApiEndpoint: !If [ApiHasDomain,",
            "DisableExecuteApiEndpoint: !If [HasVpc,",
            "the API's own address is open",
        ),
    },
    Part {
        name: "a domain in a hosted zone",
        values: &[DOMAIN[0], DOMAIN[1], ZONE],
        mistake: (
            "ApiDomain.RegionalHostedZoneId",
            "ApiDomain.RegionalZoneId",
            "RegionalZoneId",
        ),
    },
    Part {
        name: "a firewall",
        values: &[DOMAIN[0], DOMAIN[1], ORIGIN_KEY, CREATED_ACL],
        mistake: ("Scope: CLOUDFRONT", "Scope: CLOUDFORNT", "CLOUDFORNT"),
    },
    Part {
        name: "another stack's firewall",
        values: &[DOMAIN[0], DOMAIN[1], ZONE, ORIGIN_KEY, OTHER_ACL],
        mistake: (
            "!If [CreatesWebAcl, !GetAtt Firewall.Arn,",
            "!If [HasFirewall, !GetAtt Firewall.Arn,",
            "Firewall",
        ),
    },
    Part {
        name: "a permissions boundary and a path",
        values: &BOUNDARY,
        mistake: (
            "PermissionsBoundary: !If [HasBoundary,",
            "PermissionsBoundary: !If [HasKey,",
            "SubmitRequestRole is without PermissionsBoundaryArn",
        ),
    },
    Part {
        name: "a VPC",
        values: &VPC,
        mistake: (
            "VpcConfig: !If [HasVpc,",
            "VpcConfig: !If [HasKey,",
            "AskApprovers is without VpcSubnetIds",
        ),
    },
    Part {
        name: "a key",
        values: &[KEY],
        mistake: (
            "SSEType: KMS, KMSMasterKeyId: !Ref KmsKeyArn",
            "SSEType: KMS",
            "Table is without KmsKeyArn",
        ),
    },
    Part {
        name: "events",
        values: &[EVENTS],
        mistake: ("Time: $.at", "Time: at", "'at' does not match"),
    },
    Part {
        name: "all options",
        values: &ALL,
        mistake: (
            "DNSName: !GetAtt Distribution.DomainName",
            "DNSName: !GetAtt Distribution.Domain",
            "'Domain'",
        ),
    },
];

pub(super) const ALL: [(&str, &str); 16] = [
    BUCKET,
    DOMAIN[0],
    DOMAIN[1],
    ZONE,
    ORIGIN_KEY,
    CREATED_ACL,
    CONCURRENCY,
    BUDGET[0],
    BUDGET[1],
    BOUNDARY[0],
    BOUNDARY[1],
    VPC[0],
    VPC[1],
    KEY,
    EVENTS,
    ("PublicUrl", "https://refunds.example.com"),
];

/// Values of every option.
pub(super) fn all() -> Parameters {
    given(&ALL)
}

fn given(values: &[(&str, &str)]) -> Parameters {
    let values = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    values.collect()
}

/// Where a parameter's value has to be: in this property of each resource of the type.
const EVERYWHERE: [(&str, &str, &str); 11] = [
    (
        "PermissionsBoundaryArn",
        "AWS::IAM::Role",
        "/PermissionsBoundary",
    ),
    ("RolePath", "AWS::IAM::Role", "/Path"),
    ("RolePath", "AWS::IAM::ManagedPolicy", "/Path"),
    (
        "VpcSubnetIds",
        "AWS::Lambda::Function",
        "/VpcConfig/SubnetIds",
    ),
    (
        "VpcSecurityGroupIds",
        "AWS::Lambda::Function",
        "/VpcConfig/SecurityGroupIds",
    ),
    (
        "KmsKeyArn",
        "AWS::DynamoDB::Table",
        "/SSESpecification/KMSMasterKeyId",
    ),
    ("KmsKeyArn", "AWS::Lambda::Function", "/KmsKeyArn"),
    ("KmsKeyArn", "AWS::Logs::LogGroup", "/KmsKeyId"),
    ("KmsKeyArn", "AWS::SecretsManager::Secret", "/KmsKeyId"),
    ("KmsKeyArn", "AWS::SNS::Topic", "/KmsMasterKeyId"),
    ("KmsKeyArn", "AWS::SQS::Queue", "/KmsMasterKeyId"),
];

/// Whether the template's rules take these values, each resource has what it should of them, and people are led to the
/// domain.
pub(super) fn are_whole(template: &Expanded) -> anyhow::Result<()> {
    let mut wrong = template.broken_rules();
    let deployed = template.deployed();
    wrong.extend(misleading(template, &deployed));
    wrong.extend(unreserved(template, &deployed));
    for (parameter, kind, property) in EVERYWHERE {
        let value = template.parameter(parameter);
        let mut resources = deployed.of_type(kind).peekable();
        ensure!(resources.peek().is_some(), "there is no {kind}");
        let without = resources.filter(|(_, it)| {
            let found = it["Properties"].pointer(property);
            !found.is_some_and(|found| found.to_string().contains(value))
        });
        if !value.is_empty() {
            wrong.extend(without.map(|(id, _)| format!("{id} is without {parameter}")));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// What does not lead to where people and Stripe should go, and whether another way is left open: `CloudFront` alone needs
/// the API's own address beside a domain.
fn misleading(template: &Expanded, deployed: &Expanded) -> Vec<String> {
    let [domain, public, firewall] =
        ["DomainName", "PublicUrl", "WebAcl"].map(|name| template.parameter(name));
    let start = match (public, domain) {
        ("", "") => "https://${HttpApi}.execute-api.".to_owned(),
        ("", domain) => format!("https://{domain}"),
        (public, _) => public.to_owned(),
    };
    let leads = |output: &str, path: &str| {
        let value = &deployed.template()["Outputs"][output]["Value"];
        let url = text(value.get("Fn::Sub").unwrap_or(value));
        url.starts_with(&start) && url.ends_with(path)
    };
    let outputs = [("Url", ""), ("StripeWebhookUrl", "/webhooks/stripe")];
    let outputs = outputs
        .into_iter()
        .filter(|(output, path)| !leads(output, path));
    let mut wrong: Vec<String> = outputs
        .map(|(output, _)| format!("{output} leads elsewhere"))
        .collect();
    for (_, api) in deployed.of_type("AWS::ApiGatewayV2::Api") {
        let server = &api["Properties"]["Body"]["servers"][0];
        let endpoint = &server["x-amazon-apigateway-endpoint-configuration"];
        let needed = domain.is_empty() || !firewall.is_empty();
        if endpoint["disableExecuteApiEndpoint"] != !needed {
            let is = if needed { "closed" } else { "open" };
            wrong.push(format!("the API's own address is {is}"));
        }
    }
    wrong
}

/// Values that do not belong together, and words of the rule that refuses them.
const REFUSED_TOGETHER: [(&[(&str, &str)], &str); 10] = [
    (&[("StripeMode", "live")], "OperatorEmail is needed"),
    (&[BUDGET[0]], "A budget mails OperatorEmail"),
    (&[DOMAIN[0]], "DomainName and CertificateArn"),
    (&[DOMAIN[1]], "DomainName and CertificateArn"),
    (&[ZONE], "HostedZoneId is"),
    (&[DOMAIN[0], DOMAIN[1], OTHER_ACL], "WebAcl and OriginKey"),
    (&[DOMAIN[0], DOMAIN[1], ORIGIN_KEY], "WebAcl and OriginKey"),
    (&[ORIGIN_KEY, OTHER_ACL], "need DomainName"),
    (&[VPC[0]], "VpcSubnetIds and VpcSecurityGroupIds"),
    (&[VPC[1]], "VpcSubnetIds and VpcSecurityGroupIds"),
];

/// Whether the template's rules refuse what does not belong together.
pub(super) fn rules_refuse(template: &Expanded) -> anyhow::Result<()> {
    let mut elsewhere = all();
    elsewhere.insert("AWS::Region".to_owned(), "eu-central-1".to_owned());
    let refused = REFUSED_TOGETHER.map(|(values, rule)| (given(values), rule));
    for (values, rule) in refused.into_iter().chain([(elsewhere, "us-east-1 only")]) {
        let broken = template.with(&values).broken_rules();
        let named = broken.iter().any(|said| said.contains(rule));
        ensure!(
            named && broken.len() == 1,
            "{values:?} are refused by {broken:?}"
        );
    }
    Ok(())
}

/// Public functions without the concurrency that is reserved for them, and others that have some.
fn unreserved(template: &Expanded, deployed: &Expanded) -> Vec<String> {
    let reserves = template.parameter("PublicConcurrency") != "0";
    let permissions: Vec<_> = deployed.of_type("AWS::Lambda::Permission").collect();
    let is_public = |id: &str| {
        permissions.iter().any(|(permission, it)| {
            let (properties, reports) = (&it["Properties"], "/reports/");
            // Reports are for whom IAM lets in.
            permission.starts_with(id)
                && properties["Principal"] == "apigateway.amazonaws.com"
                && !properties["SourceArn"].to_string().contains(reports)
        })
    };
    let functions = deployed.of_type("AWS::Lambda::Function");
    let wrong = functions.filter(|(id, it)| {
        let has_some = !it["Properties"]["ReservedConcurrentExecutions"].is_null();
        has_some != (reserves && is_public(id))
    });
    let said = |(id, _): (&str, &Value)| format!("{id} is reserved too much or too little");
    wrong.map(said).collect()
}
