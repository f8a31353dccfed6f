//! The template on a third-party emulator of AWS: built by SAM and cargo-lambda, deployed as it is, and
//! used through the deployed API with IAM enforced.
//!
//! What the emulator gets wrong is not shown here: an error of a function inside `waitForTaskToken`,
//! the state machine's own role, throttling, gradual deployment (an alias moves at once), and that
//! starting an execution twice is fine. That SES publishes what becomes of a mail is not shown either: the
//! rig does it in its place; what follows is SNS, the function and its role. `tools/aws-emulator/emulator.py` adds the two kinds of resources
//! that it lacks.

mod bounces;
mod parameters;
mod permissions;
mod redeploy;
mod routed;
mod scenarios;
mod stack;

use anyhow::Context;

use super::Rig;
use crate::{Checkout, Checks, checks::caught, install};

const NAME: &str = "aws-emulator";
/// SAM's command line has dependencies of its own.
const SAM: &str = "sam-cli";

pub(super) struct AwsEmulator;

impl Rig for AwsEmulator {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "SAM deploys the template to an emulator of AWS, and it works there with IAM enforced"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::python(checkout, NAME)?;
        install::python(checkout, SAM)?;
        install::python(checkout, super::cargo_lambda_watch::NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let stack = stack::Stack::start(checkout)?;
        checks.check("sam validate --lint accepts the template", stack.validate());
        checks.check(
            "sam validate --lint refuses a mistake",
            stack.refuses_a_mistake(),
        );
        stack.build()?;
        checks.check("sam build builds every function with cargo-lambda", Ok(()));
        stack.deploy(&stack.built())?;
        checks.check("sam deploy deploys the template", Ok(()));
        scenarios::play(&stack, checks);
        bounces::play(&stack, checks);
        routed::play(&stack, checks);
        permissions::play(&stack, checks);
        parameters::play(&stack, checks);
        caught(|| redeploy::play(&stack, checks)).with_context(|| stack.tail())
    }
}
