//! SAM, and calls to AWS: what deploys one stack and looks at what is deployed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use anyhow::Context;
use serde_json::{Value, json};

use super::caller::Caller;
use crate::{
    Checkout,
    command::{command, stdout},
    install,
    rig::cargo_lambda_watch,
};

/// The folder of SAM's own list under `tools/`. Its Python has boto3 too, which calls AWS.
const SAM: &str = "sam-cli";
/// The stack and the resource by which SAM keeps what was built in S3. Every deployment of an account and region
/// shares them.
const BUCKET: [&str; 2] = ["aws-sam-cli-managed-default", "SamCliSourceBucket"];

/// Where and as what a stack is deployed.
#[derive(Debug, Clone)]
pub(in crate::rig) struct Target {
    /// The stack's name.
    pub(in crate::rig) stack: String,
    pub(in crate::rig) region: String,
    /// What SAM and boto3 are told besides what this process has in its environment.
    pub(in crate::rig) environment: Vec<(&'static str, String)>,
    /// The template's parameters, in every deployment.
    pub(in crate::rig) parameters: BTreeMap<&'static str, String>,
}

/// One stack, deployed or to be.
#[derive(Debug, Clone)]
pub(in crate::rig) struct Deployment {
    checkout: Checkout,
    scratch: PathBuf,
    caller: Arc<Caller>,
    pub(in crate::rig) target: Target,
}

/// Puts what deploys and calls AWS into `.rigs/`.
pub(in crate::rig) fn install(checkout: &Checkout) -> anyhow::Result<()> {
    install::python(checkout, SAM)?;
    install::python(checkout, cargo_lambda_watch::NAME).map(drop)
}

impl Deployment {
    /// A stack that is built and deployed from files in that folder.
    pub(in crate::rig) fn new(checkout: &Checkout, scratch: &Path, target: Target) -> Self {
        Self {
            checkout: checkout.clone(),
            scratch: scratch.to_owned(),
            caller: Arc::default(),
            target,
        }
    }

    pub(in crate::rig) fn root(&self) -> &Path {
        self.checkout.root()
    }

    pub(in crate::rig) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// The template as it is in the checkout.
    pub(in crate::rig) fn template(&self) -> PathBuf {
        self.root().join("infra/template.yaml")
    }

    /// The template with paths to what was built.
    pub(in crate::rig) fn built(&self) -> PathBuf {
        self.scratch.join("built/template.yaml")
    }

    pub(in crate::rig) fn build(&self) -> anyhow::Result<()> {
        let mut sam = self.sam("build")?;
        sam.arg("--template").arg(self.template());
        sam.arg("--build-dir").arg(self.scratch.join("built"));
        sam.arg("--parameter-overrides")
            .args(assignments(&self.target.parameters));
        stdout(&mut sam).map(drop)
    }

    pub(in crate::rig) fn deploy(&self, template: &Path) -> anyhow::Result<()> {
        self.deploy_with(template, &[])
    }

    /// Deploys with other values of some parameters, this once.
    pub(in crate::rig) fn deploy_with(
        &self,
        template: &Path,
        other: &[(&'static str, String)],
    ) -> anyhow::Result<()> {
        let Target {
            stack,
            region,
            parameters,
            ..
        } = &self.target;
        let mut parameters = parameters.clone();
        parameters.extend(other.iter().cloned());
        let mut sam = self.sam("deploy")?;
        sam.arg("--template").arg(template);
        sam.args(["--stack-name", stack, "--s3-prefix", stack, "--resolve-s3"]);
        sam.args(["--no-confirm-changeset", "--region", region]);
        sam.args(["--capabilities", "CAPABILITY_IAM", "--parameter-overrides"]);
        sam.args(assignments(&parameters));
        stdout(&mut sam).map(drop)
    }

    /// Deletes the stack, and what was built for it from SAM's bucket.
    pub(in crate::rig) fn delete(&self) -> anyhow::Result<()> {
        let Target { stack, region, .. } = &self.target;
        let [stack_of_bucket, bucket] = BUCKET;
        let bucket = self.resource_of(stack_of_bucket, bucket)?;
        let mut sam = self.sam("delete")?;
        sam.args(["--no-prompts", "--stack-name", stack, "--region", region]);
        sam.args(["--s3-bucket", &bucket, "--s3-prefix", stack]);
        stdout(&mut sam).map(drop)
    }

    /// What CloudFormation named a resource of the template.
    pub(in crate::rig) fn resource(&self, logical_id: &str) -> anyhow::Result<String> {
        self.resource_of(&self.target.stack, logical_id)
    }

    fn resource_of(&self, stack: &str, logical_id: &str) -> anyhow::Result<String> {
        let which = json!({"StackName": stack, "LogicalResourceId": logical_id});
        let found = self.aws("cloudformation", "describe_stack_resource", &which)?;
        let id = found["StackResourceDetail"]["PhysicalResourceId"].as_str();
        Ok(id.context("a resource has an id")?.to_owned())
    }

    /// The stack as CloudFormation describes it.
    pub(in crate::rig) fn described(&self) -> anyhow::Result<Value> {
        let which = json!({"StackName": self.target.stack});
        let mut found = self.aws("cloudformation", "describe_stacks", &which)?;
        Ok(found["Stacks"][0].take())
    }

    /// An output of the template.
    pub(in crate::rig) fn output(&self, name: &str) -> anyhow::Result<String> {
        let stack = self.described()?;
        let mut outputs = stack["Outputs"].as_array().into_iter().flatten();
        let output = outputs.find(|it| it["OutputKey"] == name);
        let value = output.and_then(|it| it["OutputValue"].as_str());
        let value = value.with_context(|| format!("the stack has no output {name}"))?;
        Ok(value.to_owned())
    }

    /// Calls AWS as whoever deploys, by boto3's names.
    pub(in crate::rig) fn aws(
        &self,
        service: &str,
        operation: &str,
        arguments: &Value,
    ) -> anyhow::Result<Value> {
        let python = || {
            let python = install::python(&self.checkout, SAM)?.join("python");
            let mut python = self.told(command(python, self.root()));
            python.arg(self.checkout.tool_list(SAM, "call.py"));
            Ok(python)
        };
        let answer = self.caller.call(python, (service, operation, arguments));
        answer.with_context(|| format!("{service} {operation}"))
    }

    /// One of SAM's commands.
    pub(in crate::rig) fn sam(&self, what: &str) -> anyhow::Result<Command> {
        let program = install::python(&self.checkout, SAM)?.join("sam");
        let mut sam = self.told(command(program, &self.scratch));
        let cargo_lambda = install::python(&self.checkout, cargo_lambda_watch::NAME)?;
        sam.arg(what)
            .env("PATH", cargo_lambda_watch::with_first(&cargo_lambda)?)
            .env("SAM_CLI_TELEMETRY", "0");
        Ok(sam)
    }

    /// A command that works on the target.
    pub(in crate::rig) fn told(&self, mut command: Command) -> Command {
        let Target {
            region,
            environment,
            ..
        } = &self.target;
        command.env("AWS_DEFAULT_REGION", region);
        command.env("AWS_REGION", region);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// Parameters as SAM's command line takes them, whatever is in their values.
fn assignments(parameters: &BTreeMap<&'static str, String>) -> Vec<String> {
    let assignment = |(name, value): (&&str, &String)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{name}=\"{value}\"")
    };
    parameters.iter().map(assignment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_quoted_for_sam() {
        let parameters = [("Teams", r#"{"a":["b c"]}"#), ("Gradual", "off")];
        let parameters = parameters.map(|(name, value)| (name, value.to_owned()));
        assert_eq!(
            assignments(&parameters.into()),
            [r#"Gradual="off""#, r#"Teams="{\"a\":[\"b c\"]}""#]
        );
    }
}
