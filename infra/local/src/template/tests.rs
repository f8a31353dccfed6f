use serde_json::json;

use super::*;

fn local() -> LocalValues {
    LocalValues {
        parameters: BTreeMap::from([("StripeApiBase".to_owned(), "http://127.0.0.1:1".to_owned())]),
        environment: BTreeMap::from(
            [
                ("STRIPE_API_KEY", "rk_test_local"),
                ("STRIPE_WEBHOOK_SECRETS", "whsec_local"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        ),
        secrets: BTreeMap::from([("LinkKey".to_owned(), "secret".to_owned())]),
    }
}

/// The template that is deployed.
fn ours() -> Template {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    Template::read(&path, &local()).unwrap()
}

fn refusal(resources: &str) -> String {
    let text = format!("Resources:\n{resources}");
    Template::parse(&text, Path::new("infra"), &local())
        .unwrap_err()
        .to_string()
}

fn function_with(environment: &str) -> String {
    format!(
        "  F:\n    Type: AWS::Serverless::Function\n    Metadata: {{ BuildProperties: {{ Binary: f }} }}\n    \
         Properties: {{ Environment: {{ Variables: {{ A: {environment} }} }} }}\n"
    )
}

#[test]
fn our_functions_have_what_they_need() {
    let template = ours();
    let of = |id: &str| {
        template
            .functions
            .iter()
            .find(|function| function.id == id)
            .unwrap()
    };
    let submit = of("SubmitRequest");
    assert_eq!(submit.binary, "submit-request");
    assert_eq!(submit.memory_mb, 256);
    assert_eq!(submit.timeout, Duration::from_secs(15));
    assert_eq!(submit.environment["TABLE_NAME"], "refund-desk-Table");
    assert_eq!(submit.environment["LINK_KEY"], "secret");
    let settings: serde_json::Value =
        serde_json::from_str(&submit.environment["SETTINGS"]).unwrap();
    assert_eq!(settings["publicUrl"], "");
    assert_eq!(
        settings["teams"]["csm-manager"][0],
        "csm-manager@example.com"
    );
    assert_eq!(settings["stripeApiBase"], "http://127.0.0.1:1");
    assert!(
        !submit.environment.contains_key("SETTINGS_SECRET_ARN"),
        "what it would read from there on AWS is given to it"
    );
    let machines: serde_json::Value =
        serde_json::from_str(&submit.environment["STATE_MACHINES"]).unwrap();
    assert_eq!(
        machines["customer-success/refund-request"],
        "arn:aws:states:us-east-1:000000000000:stateMachine:refund-desk_customer-success_refund-request:live"
    );
    assert_eq!(
        machines.as_object().unwrap().len(),
        template.machines.len(),
        "every offering can be used"
    );
    let issue = of("IssueRefund");
    assert_eq!(issue.timeout, Duration::from_mins(1));
    assert_eq!(issue.environment["STRIPE_API_KEY"], "rk_test_local");
    for name in ["LINK_KEY", "SETTINGS"] {
        let decide = &of("Decide").environment;
        assert!(!decide.contains_key(name), "only where it is needed");
    }
}

#[test]
fn our_functions_log_json() {
    for function in ours().functions {
        let logging = (
            function.log_format.as_deref(),
            function.log_level.as_deref(),
        );
        assert_eq!(logging, (Some("JSON"), Some("INFO")), "{}", function.id);
    }
}

#[test]
fn our_routes_machine_table_and_secret() {
    let template = ours();
    let mut routes: Vec<String> = template
        .routes
        .iter()
        .map(|route| format!("{} {}", route.key, route.function))
        .collect();
    routes.sort();
    assert_eq!(
        routes,
        [
            "$default DescribeApi",
            "ANY / SubmitRequest",
            "ANY /approvals/{linkId} RecordApproval",
            "ANY /requests/{requestId}/{statusKey} SubmitRequest",
            "ANY /services/{service}/{offering} SubmitRequest",
            "GET /reports/{report} ServeReports",
            "HEAD /reports/{report} ServeReports",
            "POST /approvals/{linkId} RecordApproval",
            "POST /requests/{requestId}/{statusKey}/answers SubmitRequest",
            "POST /services/{service}/{offering}/requests SubmitRequest",
            "POST /webhooks/stripe StripeWebhook",
        ]
    );
    let arns: Vec<&str> = template.machines.iter().map(|m| m.arn.as_str()).collect();
    let arn = |name: &str| format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}");
    assert_eq!(
        arns,
        [
            arn("refund-desk_customer-satisfaction_csat-survey"),
            arn("refund-desk_customer-success_refund-request"),
            arn("refund-desk_customer-success_refund-request-routed"),
        ]
    );
    let machine = &template.machines[1];
    assert!(
        machine
            .definition
            .ends_with("statemachines/generated/customer-success/refund-request.asl.json")
    );
    assert_eq!(
        machine.substitutions["Decide"],
        "arn:aws:lambda:us-east-1:000000000000:function:Decide"
    );
    assert_eq!(
        template.tables,
        [Table {
            name: "refund-desk-Table".into(),
            schema: json!({
                "AttributeDefinitions": [
                    { "AttributeName": "pk", "AttributeType": "S" },
                    { "AttributeName": "sk", "AttributeType": "S" },
                    { "AttributeName": "indexPk", "AttributeType": "S" },
                    { "AttributeName": "indexSk", "AttributeType": "S" },
                ],
                "KeySchema": [
                    { "AttributeName": "pk", "KeyType": "HASH" },
                    { "AttributeName": "sk", "KeyType": "RANGE" },
                ],
                "GlobalSecondaryIndexes": [{
                    "IndexName": "Index",
                    "KeySchema": [
                        { "AttributeName": "indexPk", "KeyType": "HASH" },
                        { "AttributeName": "indexSk", "KeyType": "RANGE" },
                    ],
                    "Projection": { "ProjectionType": "ALL" },
                }],
            }),
            ttl_attribute: Some("expiresAt".into()),
        }]
    );
}

#[test]
fn what_ses_tells_reaches_the_function_that_subscribes_to_it() {
    let template = ours();
    let [subscription] = template.subscriptions.as_slice() else {
        panic!("{:?}", template.subscriptions);
    };
    assert_eq!(subscription.function, "HandleBounce");
    let [events] = template.mail_events.as_slice() else {
        panic!("{:?}", template.mail_events);
    };
    assert_eq!(events.topic, subscription.topic);
    assert_eq!(events.set, "refund-desk");
    assert_eq!(events.types, ["bounce", "complaint", "reject"]);
    assert!(template.functions.iter().any(|it| it.id == "HandleBounce"));
}

#[test]
fn a_schedule_is_a_rate_or_once_a_day() {
    let schedules = ours().schedules;
    let schedule = |rate, function: &str| Schedule {
        rate,
        function: function.to_owned(),
    };
    let expected = [
        schedule(jiff::SignedDuration::from_hours(24), "DigestAuditLog"),
        schedule(jiff::SignedDuration::from_hours(24), "ForgetRequests"),
        schedule(jiff::SignedDuration::from_hours(24), "ReconcileStripe"),
        schedule(jiff::SignedDuration::from_mins(10), "StartRequests"),
    ];
    assert_eq!(schedules, expected);
    for (written, seconds) in [
        ("rate(1 minute)", Some(60)),
        ("rate(2 hours)", Some(7_200)),
        ("rate(1 day)", Some(86_400)),
        ("rate(0 minutes)", None),
        ("rate(5 seconds)", None),
        ("cron(0 12 * * ? *)", Some(86_400)),
        ("cron(0 12 ? * MON *)", None),
        ("cron(0/10 * * * ? *)", None),
    ] {
        let event = format!("{{ Type: Schedule, Properties: {{ Schedule: '{written}' }} }}");
        let text = format!(
            "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Metadata: {{ BuildProperties: {{ Binary: f }} }}\n    \
             Properties: {{ Events: {{ E: {event} }} }}\n"
        );
        let template = Template::parse(&text, Path::new("."), &local());
        let read = template.map(|it| it.schedules[0].rate.as_secs());
        assert_eq!(read.ok(), seconds, "{written}");
    }
}

#[test]
fn long_forms_and_literals_mean_the_same() {
    let text = "Parameters: { P: { Default: 7 } }\nResources:\n".to_owned()
        + &function_with("{ 'Fn::Sub': '${!kept} ${P} ${F.Arn} ${AWS::Region}' }");
    let template = Template::parse(&text, Path::new("."), &local()).unwrap();
    assert_eq!(
        template.functions[0].environment["A"],
        "${kept} 7 arn:aws:lambda:us-east-1:000000000000:function:F us-east-1"
    );
}

#[test]
fn what_is_not_implemented_is_refused_with_its_place() {
    assert_eq!(
        refusal(&function_with("!Join ['', [a, b]]")),
        "5:56: `!Join` is not implemented by the local stack; it knows !Ref, !Sub and !GetAtt"
    );
    for (expression, place) in [
        ("!Ref Nothing", "5:55: "),
        ("!GetAtt F.Colour", "5:58: "),
        ("'{{resolve:ssm:/a}}'", "5:50: "),
    ] {
        let refusal = refusal(&function_with(expression));
        let start = format!("{place}the local stack has no value for `");
        assert!(refusal.starts_with(&start), "{refusal}");
    }
    assert_eq!(
        refusal("  Q:\n    Type: AWS::Kinesis::Stream\n"),
        "3:5: resource `Q` is of type AWS::Kinesis::Stream, which is not implemented by the local stack"
    );
    let event = "Events: { E: { Type: Kinesis, Properties: { Stream: x } } }";
    let function = "  F:\n    Type: AWS::Serverless::Function\n    Metadata: { BuildProperties: { Binary: f } }\n    ";
    assert_eq!(
        refusal(&format!("{function}Properties: {{ {event} }}\n")),
        "5:40: events of type Kinesis are not implemented by the local stack"
    );
    let broken = refusal("  F: [1, 2\n  G: 3\n");
    assert!(
        broken.contains("not YAML") && broken.starts_with('3'),
        "{broken}"
    );
}

#[test]
fn what_would_behave_differently_is_refused() {
    for (kind, property, place) in [
        ("Serverless::HttpApi", "CorsConfiguration", "4:38"),
        ("Serverless::Function", "Layers", "4:27"),
        ("SecretsManager::Secret", "ReplicaRegions", "4:35"),
        ("DynamoDB::Table", "LocalSecondaryIndexes", "4:42"),
    ] {
        let resource =
            format!("  R:\n    Type: AWS::{kind}\n    Properties: {{ {property}: x }}\n");
        assert_eq!(
            refusal(&resource),
            format!("{place}: `{property}` of AWS::{kind} is not implemented by the local stack")
        );
    }
}

#[test]
fn definitions_are_filled_in() {
    let folder = tempfile::tempdir().unwrap();
    let machine = Machine {
        arn: "arn".into(),
        definition: folder.path().join("m.asl.json"),
        substitutions: BTreeMap::from([("Decide".to_owned(), "arn:decide".to_owned())]),
    };
    let text = r#"{"a":"${Decide}","b":"$5 ${{ amount }} ${","c":"${Decide}"}"#;
    std::fs::write(&machine.definition, text).unwrap();
    assert_eq!(
        machine.load().unwrap(),
        r#"{"a":"arn:decide","b":"$5 ${{ amount }} ${","c":"arn:decide"}"#
    );
}

#[test]
fn a_machines_alias_is_qualified_and_a_functions_is_the_function_itself() {
    let text = "Resources:\n  \
        F: { Type: AWS::Serverless::Function, Metadata: { BuildProperties: { Binary: f } }, Properties: { \
        Environment: { Variables: { M: !Ref MAliaslive, S: !Sub '${MAliaslive}', F: !Ref F.Alias, G: !Sub '${F.Alias}' } } } }\n  \
        M: { Type: AWS::Serverless::StateMachine, Properties: { AutoPublishAlias: live, DefinitionUri: m.asl.json } }\n";
    let template = Template::parse(text, Path::new("infra"), &local()).unwrap();
    let variable = |name: &str| template.functions[0].environment[name].clone();
    let live = format!("{}:live", template.machines[0].arn);
    assert_eq!(variable("M"), live);
    assert_eq!(variable("S"), live);
    assert_eq!(variable("F"), function_arn("F"));
    assert_eq!(variable("G"), function_arn("F"));
    let problem = refusal(&function_with("!Ref FAliaslive"));
    assert!(problem.contains("no value for `FAliaslive`"), "{problem}");
}
