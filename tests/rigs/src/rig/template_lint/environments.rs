//! The environments of `samconfig.toml`, as SAM reads them: each builds what it deploys, as a stack whose name is not the
//! beginning of another one's, with values that the template takes. Otherwise a deployment would be the first to find out.

mod samconfig;

use std::{fs, path::Path};

use anyhow::ensure;
use serde_json::json;

use super::{
    Linter,
    expanded::{Expanded, text},
    refused,
};
use crate::{
    Checks,
    command::{Printed, command, judge, stdout},
    install,
};
use samconfig::{Environments, MISTAKES, UNDEPLOYED};

/// The folder of SAM's own list under `tools/`.
pub(super) const SAM: &str = "sam-cli";
const SAMCONFIG: &str = "infra/samconfig.toml";
const DEPLOY: &str = ".github/workflows/deploy.yml";

/// What SAM cannot read, since a value that is empty needs quotation marks, and its words.
const UNREADABLE: (&str, &str) = (
    "version = 0.1\n[prod.deploy.parameters]\nstack_name = 'prod'\ntags = []\nparameter_overrides = ['OperatorEmail=']\n",
    "not a valid format",
);

impl Linter<'_> {
    /// What is deployed by each environment.
    pub(super) fn check_environments(
        &self,
        template: &Path,
        written: &str,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<()> {
        let environments = self.environments(&self.checkout.root().join(SAMCONFIG))?;
        let (unreadable, named) = UNREADABLE;
        let file = self.scratch.join("samconfig.toml");
        fs::write(&file, unreadable)?;
        let read = self.environments(&file).map(drop);
        checks.check("`OperatorEmail=` is refused", refused(read, named));

        let expanded = self.expanded(template)?;
        let what = "each environment builds what it deploys, with values that the template takes";
        checks.check(what, environments.fit(&expanded));
        for (place, value, named) in MISTAKES {
            let judged = environments.with(place, value).fit(&expanded);
            let what = format!("`{place} = {value}` is refused");
            checks.check(&what, refused(judged, named));
        }
        // The name of another's stack, and one that it begins.
        for suffix in ["", "-2"] {
            let stack = text(&environments.0["prod"]["stack"]) + suffix;
            let judged = environments.with("staging stack", &stack).fit(&expanded);
            let what = format!("the stack `{stack}` in staging is refused");
            checks.check(&what, refused(judged, "begins the other"));
        }
        let workflow = fs::read_to_string(self.checkout.root().join(DEPLOY))?;
        let what = "the workflow has each environment, on a processor of its architecture";
        checks.check(what, environments.are_deployed_by(&workflow));
        for (place, value, named) in UNDEPLOYED {
            let judged = environments.with(place, value).are_deployed_by(&workflow);
            let what = format!("`{place} = {value}` is refused there");
            checks.check(&what, refused(judged, named));
        }
        let mistaken = self.mistaken(written, "Timeout: 60", "Timeuot: 60")?;
        self.check_tools(&environments, &mistaken, &expanded, checks);
        check_rules(&environments, &expanded, checks);
        Ok(())
    }

    /// SAM and the linter, on the template and on one with a mistake.
    fn check_tools(
        &self,
        environments: &Environments,
        mistaken: &Path,
        expanded: &Expanded,
        checks: &mut Checks<'_>,
    ) {
        for name in environments.names() {
            let valid = self.validate(&["--config-env", name]);
            let valid = valid.and_then(Printed::expect_content);
            checks.check(&format!("{name}: sam validate --lint accepts it"), valid);
            let linted = self.lint_deployment(environments, name, expanded);
            let what = format!("{name}: cfn-lint accepts what is deployed");
            checks.check(&what, linted);
        }
        let judged = self.validate(&["--template", &mistaken.to_string_lossy()]);
        let judged = judged.and_then(|it| it.expect_refusal("Timeuot"));
        checks.check("sam validate --lint refuses `Timeuot: 60`", judged);
        let mistaken = environments.with("prod deploy StripeMode", "lve");
        let linted = refused(self.lint_deployment(&mistaken, "prod", expanded), "'lve'");
        checks.check("cfn-lint refuses `StripeMode = lve`", linted);
    }

    fn environments(&self, samconfig: &Path) -> anyhow::Result<Environments> {
        let python = install::python(self.checkout, SAM)?.join("python");
        let mut read = command(python, self.checkout.root());
        let script = self.checkout.tool_list(SAM, "environments.py");
        let read = stdout(read.arg(script).arg(samconfig))?;
        Ok(Environments(serde_json::from_str(&read)?))
    }

    fn validate(&self, arguments: &[&str]) -> anyhow::Result<Printed> {
        let program = install::python(self.checkout, SAM)?.join("sam");
        let mut sam = command(program, &self.checkout.root().join("infra"));
        sam.args(["validate", "--lint"]).args(arguments);
        sam.env("AWS_DEFAULT_REGION", "us-east-1");
        judge(sam.env("SAM_CLI_TELEMETRY", "0"))
    }

    /// What SAM makes of the template, with the parameters of an environment.
    fn lint_deployment(
        &self,
        environments: &Environments,
        name: &str,
        expanded: &Expanded,
    ) -> anyhow::Result<()> {
        let template = self.scratch.join("expanded.json");
        fs::write(&template, expanded.template().to_string())?;
        let file = self.scratch.join("deployment.json");
        let Environments(all) = environments;
        let deployment = json!({
            "template-file-path": template,
            "parameters": all[name]["deploy"],
            "tags": all[name]["tags"],
        });
        fs::write(&file, deployment.to_string())?;
        let mut linter = command(self.programs.join("cfn-lint"), self.checkout.root());
        linter.args(["--regions", "us-east-1", "--deployment-files"]);
        judge(linter.arg(file))?.expect_content()
    }
}

/// The template's own rules. Whether prod has an operator is its team's to say.
fn check_rules(environments: &Environments, expanded: &Expanded, checks: &mut Checks<'_>) {
    let operator = |email| environments.with("prod deploy OperatorEmail", email);
    let ruled = |environments: &Environments, name| {
        let broken = expanded.with(&environments.deployed(name)).broken_rules();
        ensure!(broken.is_empty(), "{broken:?}");
        Ok(())
    };
    let unheard = refused(ruled(&operator(""), "prod"), "OperatorEmail is needed");
    checks.check("prod is not deployed until OperatorEmail is set", unheard);
    let heard = operator("ops@example.com");
    for name in heard.names() {
        let what = format!("{name}: the template's rules let it be deployed, prod with it");
        checks.check(&what, ruled(&heard, name));
    }
}
