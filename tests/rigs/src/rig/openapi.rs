//! The OpenAPI document, to Redocly's linter; and to Schemathesis, which calls every operation of a running stack with what the
//! document allows and what it does not, and compares each answer with what the document says of it.

use std::{fs, path::PathBuf};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use testing::{TestClient, test_client::form};

use super::Rig;
use crate::{
    Checkout, Checks,
    command::{Printed, command, judge},
    install,
    process::local_stack,
};

const NAME: &str = "openapi";
const SCHEMATHESIS: &str = "schemathesis";
const DOCUMENT: &str = "statemachines/generated/openapi.json";
const FORM: &str = "/services/customer-success/refund-request";
/// Whether an answer is one that the document has. Not asked is whether all that the document allows is taken, which hangs on
/// what is stored.
const CONFORMANCE: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,unsupported_method,allow_header_conformance";
/// How many calls of each operation are drawn, beside those that cover its schemas. All take some two minutes.
const EXAMPLES: &str = "10";

pub(super) struct OpenApi;

impl Rig for OpenApi {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "Redocly finds nothing in the OpenAPI document, and Schemathesis no answer that is not in it"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::node(checkout, NAME)?;
        install::python(checkout, SCHEMATHESIS).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let judges = Judges {
            scratch: checkout.scratch(NAME)?,
            redocly: install::node(checkout, NAME)?.join("redocly"),
            schemathesis: install::python(checkout, SCHEMATHESIS)?.join("schemathesis"),
        };
        let document = fs::read_to_string(checkout.root().join(DOCUMENT))?;
        let document: Value = serde_json::from_str(&document)?;
        let found = judges.lint(&document).and_then(Printed::expect_content);
        checks.check("Redocly finds nothing", found);
        let nameless = without(&document, &format!("{}/get/operationId", place("/")))?;
        let found = judges.lint(&nameless)?.expect_refusal("operationId");
        checks.check("an operation without a name is found", found);

        let log = judges.scratch.join("stack.log");
        let (stack, client) = local_stack(checkout, log, None)?;
        checks.attempt("the stack serves the document", || {
            ensure!(client.get_json("/openapi.json") == document, "another one");
            Ok(())
        });
        let document = with_stored(document, &client)?;
        let found = judges.call(&client, &document, None)?.expect_content();
        let what = "every answer is in the document";
        checks.check(what, found.with_context(|| stack.tail()));
        let requests = format!("{FORM}/requests");
        let incomplete = without(
            &document,
            &format!("{}/post/responses/422", place(&requests)),
        )?;
        let found = judges.call(&client, &incomplete, Some(&requests))?;
        let found = found.expect_refusal("Undocumented status code");
        checks.check("a status that is left out is found", found);
        Ok(())
    }
}

/// The two programs, and where they find the document.
struct Judges {
    scratch: PathBuf,
    redocly: PathBuf,
    schemathesis: PathBuf,
}

impl Judges {
    /// What Redocly's recommended rules say of the document. A warning is as much as an error.
    fn lint(&self, document: &Value) -> anyhow::Result<Printed> {
        let mut redocly = command(&self.redocly, &self.scratch);
        redocly.envs([
            ("REDOCLY_TELEMETRY", "off"),
            ("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"),
        ]);
        redocly.args(["lint", "--format=json"]);
        let mut printed = judge(redocly.arg(self.written(document)?))?;
        printed.content &= !printed.text.contains("\"severity\"");
        Ok(printed)
    }

    /// What Schemathesis says of a stack's answers, of all paths or one. It makes the same calls each time.
    fn call(
        &self,
        client: &TestClient,
        document: &Value,
        path: Option<&str>,
    ) -> anyhow::Result<Printed> {
        let mut schemathesis = command(&self.schemathesis, &self.scratch);
        schemathesis.arg("run").arg(self.written(document)?);
        let base = client.base().trim_end_matches('/');
        for (option, value) in [
            ("--url", base),
            ("--checks", CONFORMANCE),
            ("--phases", "coverage,fuzzing"),
            ("--max-examples", EXAMPLES),
            ("--seed", "1"),
            ("--generation-database", "none"),
            ("--suppress-health-check", "all"),
            ("--warnings", "off"),
            // Python's parser, which it calls, is not safe in threads.
            ("--workers", "1"),
        ] {
            schemathesis.args([option, value]);
        }
        let only = path.iter().flat_map(|path| ["--include-path", path]);
        judge(schemathesis.arg("--no-shrink").args(only))
    }

    fn written(&self, document: &Value) -> anyhow::Result<PathBuf> {
        let file = self.scratch.join("openapi.json");
        fs::write(&file, document.to_string())?;
        Ok(file)
    }
}

/// The document with ids that exist, so that not every call of an id ends in 404: a request, and the link and question in it.
fn with_stored(mut document: Value, client: &TestClient) -> anyhow::Result<Value> {
    let request = client.submit(&form());
    let mail = client.mail("csm-2@example.com", "CSM Review");
    let question = json!({"action": "ask", "code": mail.code(), "question": "Which?"});
    let (status, _) = client.post_json(mail.address(), &question);
    ensure!(status == 200, "the question was answered with {status}");
    let asked = client.mail("customer@example.com", "question");
    let last_part = |url: &str| url.rsplit('/').next().unwrap_or_default().to_owned();
    let parameters = "/components/parameters";
    let schemas = "/components/schemas";
    let link = format!("{}/parameters/0", place("/approvals/{linkId}"));
    for (place, value) in [
        (format!("{parameters}/RequestId/schema"), request.id.clone()),
        (
            format!("{parameters}/StatusKey/schema"),
            last_part(&request.status_url),
        ),
        (format!("{link}/schema"), last_part(&mail.address())),
        (format!("{schemas}/Action/properties/code"), mail.code()),
        (format!("{schemas}/Answer/properties/code"), asked.code()),
    ] {
        let schema = document
            .pointer_mut(&place)
            .with_context(|| place.clone())?;
        schema["enum"] = json!([value]);
    }
    Ok(document)
}

/// Where a path stands in the document, as a JSON Pointer.
fn place(path: &str) -> String {
    format!("/paths/{}", path.replace('/', "~1"))
}

/// The document without what stands at a place.
fn without(document: &Value, place: &str) -> anyhow::Result<Value> {
    let mut document = document.clone();
    let (parent, name) = place.rsplit_once('/').context("a pointer has parts")?;
    let parent = document.pointer_mut(parent).and_then(Value::as_object_mut);
    let removed = parent.and_then(|parent| parent.remove(name));
    removed.with_context(|| format!("there is no {place}"))?;
    Ok(document)
}
