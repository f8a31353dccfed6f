//! How many offerings a stack has room for.

use std::fs;

use anyhow::ensure;
use statemachines::template::{Machine, fill_in};

use super::Linter;

/// How many offerings a deployment may grow to.
pub(super) const OFFERINGS: usize = 100;
/// What CloudFormation takes in one template, and how many bytes of it.
const RESOURCES: usize = 500;
const TEMPLATE_BYTES: usize = 1_000_000;

impl Linter<'_> {
    /// Whether what SAM makes of the template with so many offerings is within CloudFormation's limits.
    pub(super) fn has_room_for(&self, offerings: usize, text: &str) -> anyhow::Result<()> {
        let machine = |n: usize| {
            let path = format!("customer-success/an-offering-with-a-name-of-usual-length-{n}");
            // Digests differ from the first digit on, and alarms are named by that.
            Ok(Machine::new(
                path.parse()?,
                "{}",
                &format!("{n:08x}{n:056x}"),
            ))
        };
        let machines: Vec<_> = (0..offerings).map(machine).collect::<anyhow::Result<_>>()?;
        let template = self.scratch.join("grown.yaml");
        fs::write(&template, fill_in(text, &machines)?)?;
        let expanded = self.expanded(&template)?;
        let (resources, bytes) = (
            expanded.section("Resources").count(),
            expanded.template().to_string().len(),
        );
        ensure!(
            resources <= RESOURCES && bytes < TEMPLATE_BYTES,
            "{offerings} offerings are {resources} resources in {bytes} bytes"
        );
        Ok(())
    }
}
