//! The template on a third-party emulator of AWS: built by SAM and cargo-lambda, deployed as it is, and
//! used through the deployed API with IAM enforced.
//!
//! What the emulator gets wrong is not shown here: an error of a function inside `waitForTaskToken`,
//! the state machine's own role, throttling, gradual deployment (an alias moves at once), and that
//! starting an execution twice is fine. That SES publishes what becomes of a mail is not shown either: the
//! rig does it in its place, to the topic of the configuration set that the mail was sent with; what follows is SNS,
//! the function and its role. `tools/aws-emulator/emulator.py` adds what the emulator lacks.

mod beside;
mod bounces;
mod emulator;
mod growth;
mod permissions;
mod redeploy;
mod reports;
mod routed;
mod scenarios;
mod secrets;
mod stopped;

use anyhow::Context;

use super::{
    Rig,
    aws::{
        deployment::{self, Deployment},
        events::{Listener, stopped_is_told},
        lifecycle,
    },
};
use crate::{Checkout, Checks, checks::caught, install};

const NAME: &str = "aws-emulator";

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
        deployment::install(checkout)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let scratch = checkout.scratch(NAME)?;
        let emulator = emulator::Emulator::start(checkout, &scratch)?;
        let deployment = Deployment::new(checkout, &scratch, emulator.target());
        emulator::prepare(&deployment)?;
        caught(|| play(&emulator, deployment, checks)).with_context(|| emulator.tail())
    }
}

fn play(
    emulator: &emulator::Emulator,
    deployment: Deployment,
    checks: &mut Checks<'_>,
) -> anyhow::Result<()> {
    deployment.build()?;
    checks.check("sam build builds every function with cargo-lambda", Ok(()));
    deployment.deploy(&deployment.built())?;
    checks.check("sam deploy deploys the template", Ok(()));
    let stack = emulator.open(deployment);

    lifecycle::smoke_test(&stack, checks);
    lifecycle::refund(&stack, checks);
    reports::play(&stack, checks);
    scenarios::play(&stack, checks);
    bounces::play(&stack, checks);
    routed::play(&stack, checks);
    stopped::play(&stack, checks);
    permissions::play(&stack, checks);
    secrets::play(&stack, checks);
    beside::play(emulator, &stack, checks)?;
    lifecycle::change_parameter(&stack, checks);
    stopped_is_told(&stack, &Listener::new(&stack)?, checks);
    redeploy::play(&stack, checks)
}
