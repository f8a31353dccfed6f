//! `cfn-lint` on the template, and on what SAM makes of it; and what neither can know: whether alarms and the
//! dashboard ask for what somebody writes.
//!
//! `sam validate` accepts a reference to nothing inside a policy and an action that IAM does not know.
//! Expanded by SAM's own translator first, the same template shows them, so both are linted.

mod environments;
mod expanded;
mod github_roles;
mod growth;
mod metrics;
mod options;
mod parameters;
mod patterns;
mod routes;
mod series;
mod written;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow, ensure};

use expanded::{Expanded, Parameters};
use options::Part;
use serde_json::Value;

use super::Rig;
use crate::{
    Checkout, Checks,
    command::{Printed, command, judge, stdout},
    install,
};

const NAME: &str = "template-lint";

/// Mistakes that a person could make: what the template says, what it would say, and words that the
/// linter then has to use.
const MISTAKES: [(&str, &str, &str); 4] = [
    ("TABLE_NAME: !Ref Table", "TABLE_NAME: !Ref Tabel", "Tabel"),
    (
        "Resource: !GetAtt Table.Arn",
        "Resource: !GetAtt Table.Arm",
        "'Arm'",
    ),
    (
        "Runtime: provided.al2023",
        "Runtime: provided.al2032",
        "provided.al2032",
    ),
    (
        "states:StartExecution",
        "states:StartExecutoin",
        "startexecutoin",
    ),
];

pub(super) struct TemplateLint;

impl Rig for TemplateLint {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "cfn-lint accepts the template, as written and as SAM expands it, and alarms watch what there is"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::python(checkout, environments::SAM)?;
        install::python(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let linter = Linter {
            programs: install::python(checkout, NAME)?,
            scratch: checkout.scratch(NAME)?,
            checkout,
        };
        let template = checkout.root().join("infra/template.yaml");
        let accepted = linter.lint(&template).and_then(Printed::expect_content);
        checks.check("infra/template.yaml is accepted", accepted);
        let accepted = linter
            .lint_expanded(&template)
            .and_then(Printed::expect_content);
        checks.check("what SAM makes of it is accepted", accepted);

        // A linter that accepts anything would accept these too.
        let text = fs::read_to_string(&template)?;
        for (right, wrong, named) in MISTAKES {
            let refused = linter.refuses(&text, right, wrong, named);
            checks.check(&format!("`{wrong}` is refused"), refused);
        }
        linter.check_environments(&template, &text, checks)?;
        linter.check_github_roles(checks)?;
        let room = linter.has_room_for(growth::OFFERINGS, &text);
        checks.check("a stack has room for a hundred offerings", room);
        let more = refused(
            linter.has_room_for(2 * growth::OFFERINGS, &text),
            "resources",
        );
        checks.check("two hundred are refused", more);
        linter.check_routes(&template, &text, checks);
        linter.check_options(&template, &text, checks);
        linter.check_parameters(&template, &text, checks);
        linter.check_metrics(&template, &text, checks)
    }
}

struct Linter<'a> {
    checkout: &'a Checkout,
    programs: PathBuf,
    scratch: PathBuf,
}

impl Linter<'_> {
    fn lint(&self, template: &Path) -> anyhow::Result<Printed> {
        let mut linter = command(self.programs.join("cfn-lint"), self.checkout.root());
        judge(linter.args(["--regions", "us-east-1", "--"]).arg(template))
    }

    fn lint_expanded(&self, template: &Path) -> anyhow::Result<Printed> {
        self.lint_made(&self.expanded(template)?)
    }

    fn lint_made(&self, template: &Expanded) -> anyhow::Result<Printed> {
        let expanded = self.scratch.join("expanded.json");
        fs::write(&expanded, format!("{:#}", template.template()))?;
        self.lint(&expanded)
    }

    /// What SAM makes of a template with each of these values of its parameters.
    fn expand(&self, template: &Path, values: &[Parameters]) -> anyhow::Result<Vec<Expanded>> {
        let script = self.checkout.tool_list(NAME, "expand.py");
        let mut expand = command(self.programs.join("python"), self.checkout.root());
        expand.arg(script).arg(template);
        expand.arg(serde_json::to_string(values)?);
        let expanded = stdout(expand.env("AWS_DEFAULT_REGION", "us-east-1"))?;
        let expanded: Vec<Value> = serde_json::from_str(&expanded)?;
        let expanded = expanded.into_iter().zip(values);
        Ok(expanded
            .map(|(it, values)| Expanded::new(it, values))
            .collect())
    }

    /// The same with the default values.
    fn expanded(&self, template: &Path) -> anyhow::Result<Expanded> {
        let mut expanded = self.expand(template, &[Parameters::new()])?;
        expanded.pop().context("nothing was expanded")
    }

    /// The template with a mistake in it.
    fn mistaken(&self, text: &str, right: &str, wrong: &str) -> anyhow::Result<PathBuf> {
        ensure!(
            text.contains(right),
            "the template no longer says `{right}`"
        );
        let template = self.scratch.join("mistaken.yaml");
        fs::write(&template, text.replacen(right, wrong, 1)).context("cannot write")?;
        Ok(template)
    }

    /// Whether the template with a mistake in it is refused because of that mistake.
    fn refuses(&self, text: &str, right: &str, wrong: &str, named: &str) -> anyhow::Result<()> {
        let template = self.mistaken(text, right, wrong)?;
        self.lint_expanded(&template)?.expect_refusal(named)
    }

    /// The roles by which GitHub deploys.
    fn check_github_roles(&self, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let roles = self.checkout.root().join("infra/github-oidc.yaml");
        let accepted = self.lint(&roles).and_then(Printed::expect_content);
        checks.check("infra/github-oidc.yaml is accepted", accepted);
        let judge = |roles: &Path| {
            let expanded = self.expand(roles, &[github_roles::parameters()])?;
            github_roles::trust_one_environment(expanded.first().context("nothing was expanded")?)
        };
        let what = "GitHub deploys from one environment of one repository alone";
        checks.check(what, judge(&roles));
        let text = fs::read_to_string(&roles)?;
        for (right, wrong, named) in github_roles::MISTAKES {
            let judged = self.mistaken(&text, right, wrong).and_then(|it| judge(&it));
            let what = format!("`{}` is refused", wrong.trim_end());
            checks.check(&what, refused(judged, named));
        }
        Ok(())
    }

    /// Each route has a throttle of its own, and IAM is asked for reports.
    fn check_routes(&self, template: &Path, text: &str, checks: &mut Checks<'_>) {
        let judge = |template: &Path| {
            let expanded = self.expanded(template)?;
            routes::are_throttled(&expanded)?;
            routes::are_authorized(&expanded)
        };
        let what = "each route has a throttle of its own, and reports alone need IAM";
        checks.check(what, judge(template));
        for (right, wrong, named) in routes::MISTAKES {
            let judged = self.mistaken(text, right, wrong).and_then(|it| judge(&it));
            checks.check(&format!("`{wrong}` is refused"), refused(judged, named));
        }
    }

    /// Each optional part is deployed with values that belong to it, and refused with others and with a mistake in it.
    fn check_options(&self, template: &Path, text: &str, checks: &mut Checks<'_>) {
        let judge = |template: &Path, part: &Part| {
            let expanded = self.expand(template, &[part.parameters()])?;
            let expanded = expanded.first().context("nothing was expanded")?;
            options::are_whole(expanded)?;
            self.lint_made(&expanded.deployed())?.expect_content()
        };
        for part in &options::PARTS {
            let name = part.name;
            checks.check(
                &format!("{name}: it is whole and accepted"),
                judge(template, part),
            );
            let (right, wrong, named) = part.mistake;
            let judged = self.mistaken(text, right, wrong);
            let judged = judged.and_then(|it| judge(&it, part));
            checks.check(
                &format!("{name}: `{wrong}` is refused"),
                refused(judged, named),
            );
        }
        let expanded = self.expanded(template);
        let of = |judge: fn(&Expanded) -> anyhow::Result<()>| {
            judge(expanded.as_ref().map_err(|error| anyhow!("{error:#}"))?)
        };
        checks.check(
            "rules refuse what does not belong together",
            of(options::rules_refuse),
        );
        checks.check("patterns refuse what could not be used", of(patterns::fit));
    }

    /// Each parameter is given another value, and it is looked where that arrives.
    fn check_parameters(&self, template: &Path, text: &str, checks: &mut Checks<'_>) {
        let judge = |template: &Path| {
            let expanded = self.expand(template, &[options::all()])?;
            let expanded = expanded.first().context("nothing was expanded")?;
            parameters::hold_no_secret(expanded)?;
            parameters::arrive(expanded, |values| self.expand(template, values))
        };
        let what =
            "each parameter arrives where it is declared to, and no secret in a configuration";
        checks.check(what, judge(template));
        for (right, wrong, named) in parameters::MISTAKES {
            let judged = self.mistaken(text, right, wrong).and_then(|it| judge(&it));
            checks.check(&format!("`{wrong}` is refused"), refused(judged, named));
        }
    }

    /// What alarms and the dashboard ask for is compared with what functions write and AWS publishes.
    fn check_metrics(
        &self,
        template: &Path,
        text: &str,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<()> {
        let mut known = series::published(self.checkout)?;
        known.extend(written::metrics(self.checkout)?);
        let line = written::failure(self.checkout)?;
        let judge = |template: &Path| {
            let expanded = self.expanded(template)?;
            metrics::are_known(&expanded, &known)?;
            metrics::find_fields(&expanded, &line)
        };
        let what = "alarms and the dashboard ask for metrics and fields that are written";
        checks.check(what, judge(template));
        for (right, wrong, named) in metrics::MISTAKES {
            let judged = self.mistaken(text, right, wrong).and_then(|it| judge(&it));
            checks.check(&format!("`{wrong}` is refused"), refused(judged, named));
        }
        Ok(())
    }
}

/// Turns a refusal that names the mistake into what was wanted.
fn refused(judged: anyhow::Result<()>, named: &str) -> anyhow::Result<()> {
    let complaint = judged.err().context("it was accepted")?;
    let said = format!("{complaint:#}");
    ensure!(
        said.contains(named),
        "it was refused for another reason:\n{said}"
    );
    Ok(())
}
