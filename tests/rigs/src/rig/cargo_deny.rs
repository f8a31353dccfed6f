//! `cargo deny`, as PyPI carries it, on all crates that go into the workspace.

use std::{fs, path::Path};

use anyhow::ensure;

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
        let deny = |config: &Path, what| {
            let mut deny = command(&program, checkout.root());
            deny.args(["--locked", "--log-level", "error", "--config"])
                .arg(config);
            judge(deny.args(["check", "--hide-inclusion-graph", what]))
        };
        let config = checkout.root().join(".deny.toml");
        // Not `advisories`: their database is a git repository, which a machine with nothing but
        // package registries cannot fetch. Run `cargo deny check advisories` where it can be.
        for what in ["licenses", "bans", "sources"] {
            let outcome = deny(&config, what).and_then(Printed::expect_content);
            checks.check(&format!("cargo deny check {what}"), outcome);
        }

        // A tool that accepts anything would accept this too.
        let strict = checkout.scratch(NAME)?.join("deny.toml");
        let text = fs::read_to_string(config)?;
        ensure!(
            text.contains(r#", "MIT""#),
            ".deny.toml no longer allows MIT"
        );
        fs::write(&strict, text.replace(r#", "MIT""#, ""))?;
        let refused = deny(&strict, "licenses").and_then(|it| it.expect_refusal("rejected"));
        checks.check("a licence that is not allowed is refused", refused);
        Ok(())
    }
}
