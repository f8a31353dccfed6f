//! `cargo deny`, as PyPI carries it, on all crates that go into the workspace.

use super::Rig;
use crate::{
    Checkout, Checks,
    command::{Printed, command, judge},
    install,
};

const NAME: &str = "cargo-deny";

pub(super) struct CargoDeny;

impl Rig for CargoDeny {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "every crate has a licence that is allowed, a known source, and a reason to be here"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::python(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let program = install::python(checkout, NAME)?.join("cargo-deny");
        // Not `advisories`: their database is a git repository, which a machine with nothing but
        // package registries cannot fetch. Run `cargo deny check advisories` where it can be.
        for what in ["licenses", "bans", "sources"] {
            let mut deny = command(&program, checkout.root());
            deny.args([
                "--locked",
                "--log-level",
                "error",
                "check",
                "--hide-inclusion-graph",
                what,
            ]);
            let outcome = judge(&mut deny).and_then(Printed::expect_content);
            checks.check(&format!("cargo deny check {what}"), outcome);
        }
        Ok(())
    }
}
