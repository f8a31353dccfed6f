//! The rigs, one file each.

mod asl_lint;
mod aws;
mod aws_account;
mod aws_emulator;
mod browser;
mod cargo_deny;
mod cargo_lambda_watch;
mod cold_start;
mod guides;
mod mail_lint;
mod openapi;
mod stripe;
mod template_lint;
mod workflow_lint;

use crate::{Checkout, Checks};

/// Something that judges this project from outside, most of it made by other people.
pub trait Rig {
    /// Its name on the command line and its folder under `tools/`.
    fn name(&self) -> &'static str;

    /// What it shows, in one line.
    fn shows(&self) -> &'static str;

    /// Whether it runs only when it is named.
    fn is_opt_in(&self) -> bool {
        false
    }

    /// Puts what it needs into `.rigs/`. Quick when that is there already.
    fn install(&self, checkout: &Checkout) -> anyhow::Result<()>;

    /// Judges.
    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()>;
}

/// All rigs, the quick ones first, and at the end what is opt-in.
pub fn all() -> Vec<&'static dyn Rig> {
    vec![
        &asl_lint::AslLint,
        &template_lint::TemplateLint,
        &mail_lint::MailLint,
        &workflow_lint::WorkflowLint,
        &cargo_deny::CargoDeny,
        &stripe::schema::StripeSchema,
        &stripe::sdk::StripeSdk,
        &stripe::mock::StripeMock,
        &stripe::local::StripeLocal,
        &openapi::OpenApi,
        &guides::Guides,
        &cargo_lambda_watch::CargoLambdaWatch,
        &aws_emulator::AwsEmulator,
        &cold_start::ColdStart,
        &browser::InTheBrowser,
        &aws_account::AwsAccount,
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rig_has_a_name_of_its_own_and_a_list_of_what_it_installs() {
        let checkout = Checkout::of_this_package().unwrap();
        let names: BTreeSet<_> = all().iter().map(|rig| rig.name()).collect();
        assert_eq!(names.len(), all().len());
        for name in names {
            let lists = ["requirements.txt", "package-lock.json"];
            let listed = |list| checkout.tool_list(name, list).is_file();
            // The guides need cargo and git alone, and the account SAM, which has a list of its own.
            let needs_none = ["guides", "aws-account"].contains(&name);
            assert!(needs_none || lists.into_iter().any(listed), "{name}");
        }
    }
}
