//! `cfn-lint` on the template, and on what SAM makes of it.
//!
//! `sam validate` accepts a reference to nothing inside a policy and an action that IAM does not know.
//! Expanded by SAM's own translator first, the same template shows them, so both are linted.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};

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
        "cfn-lint accepts the template, as written and as SAM expands it"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
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
        Ok(())
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
        let script = self.checkout.tool_list(NAME, "expand.py");
        let mut expand = command(self.programs.join("python"), self.checkout.root());
        expand
            .arg(script)
            .arg(template)
            .env("AWS_DEFAULT_REGION", "us-east-1");
        let expanded = self.scratch.join("expanded.json");
        fs::write(&expanded, stdout(&mut expand)?)?;
        self.lint(&expanded)
    }

    /// Whether the template with a mistake in it is refused because of that mistake.
    fn refuses(&self, text: &str, right: &str, wrong: &str, named: &str) -> anyhow::Result<()> {
        ensure!(
            text.contains(right),
            "the template no longer says `{right}`"
        );
        let template = self.scratch.join("mistaken.yaml");
        fs::write(&template, text.replacen(right, wrong, 1)).context("cannot write")?;
        self.lint_expanded(&template)?.expect_refusal(named)
    }
}
