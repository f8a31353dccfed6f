//! `asl-validator` on the generated state machines. It knows the rules of the Amazon States
//! Language that no template linter looks at, such as a `Next` that leads nowhere.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use serde_json::Value;

use super::Rig;
use crate::{
    Checkout, Checks,
    command::{Printed, command, judge},
    install,
};

const NAME: &str = "asl-lint";

pub(super) struct AslLint;

impl Rig for AslLint {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "asl-validator accepts every generated state machine"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::node(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let validate = |file: &Path| -> anyhow::Result<Printed> {
            let program = install::node(checkout, NAME)?.join("asl-validator");
            let mut validator = command(program, checkout.root());
            judge(validator.arg("--json-path").arg(file))
        };
        let generated = checkout.root().join("statemachines/generated");
        let machines = machines(&generated)?;
        ensure!(
            !machines.is_empty(),
            "there is no state machine in {}",
            generated.display()
        );
        for machine in &machines {
            let name = machine
                .strip_prefix(&generated)
                .unwrap_or(machine)
                .display();
            let accepted = validate(machine).and_then(Printed::expect_content);
            checks.check(&format!("{name} is accepted"), accepted);
        }

        // A linter that accepts anything would accept these too.
        let broken = checkout.scratch(NAME)?.join("broken.asl.json");
        let machine = fs::read_to_string(&machines[0])?;
        fs::write(&broken, lead_nowhere(&machine)?)?;
        let refused = validate(&broken).and_then(|printed| printed.expect_refusal("Nowhere"));
        checks.check("a `Next` that leads nowhere is refused", refused);
        Ok(())
    }
}

/// All state machines below a folder, in order.
fn machines(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(machines(&path)?);
        } else if path.to_string_lossy().ends_with(".asl.json") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The same state machine, but one of its states goes on to a state that is not there.
fn lead_nowhere(machine: &str) -> anyhow::Result<String> {
    let mut machine: Value = serde_json::from_str(machine)?;
    let states = machine["States"].as_object_mut();
    let mut states = states.into_iter().flat_map(|states| states.values_mut());
    let next = states.find_map(|state| state.get_mut("Next"));
    *next.context("no state has a `Next`")? = "Nowhere".into();
    Ok(machine.to_string())
}
