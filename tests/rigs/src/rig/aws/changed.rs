//! The template that the generator makes of changed definitions, with the functions that were built before.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};

use super::deployment::Deployment;
use crate::{
    checkout::empty,
    command::{command, stdout},
};

const DEFINITIONS: &str = "statemachines/definitions";

/// What is written in place of something else in a definition.
#[derive(Debug, Clone, Copy)]
pub(in crate::rig) struct Edit<'a> {
    /// The definition's file, below that of definitions.
    pub(in crate::rig) file: &'a str,
    /// The file of another offering that it is written to, so that the definition stays as it is.
    pub(in crate::rig) to: Option<&'a str>,
    pub(in crate::rig) old: &'a str,
    pub(in crate::rig) new: &'a str,
}

/// Makes the edits, one after the other, in a copy of the definitions; the template for them.
pub(in crate::rig) fn template(
    deployment: &Deployment,
    edits: &[Edit<'_>],
) -> anyhow::Result<PathBuf> {
    let (from, to) = (deployment.root(), deployment.scratch().join("changed"));
    empty(&to)?;
    copy(&from.join(DEFINITIONS), &to.join(DEFINITIONS))?;
    let template = to.join("infra/template.yaml");
    write(&template, &fs::read_to_string(deployment.template())?)?;
    for edit in edits {
        let definition = |file| to.join(DEFINITIONS).join(file);
        let text = fs::read_to_string(definition(edit.file))?;
        ensure!(text.contains(edit.old), "it no longer says `{}`", edit.old);
        let text = text.replace(edit.old, edit.new);
        write(&definition(edit.to.unwrap_or(edit.file)), &text)?;
    }
    let mut generate = command("cargo", from);
    generate.args(["run", "--quiet", "-p", "statemachines", "--", "--root"]);
    stdout(generate.arg(to.join("statemachines")))?;

    // No function has changed, so what SAM built of them is deployed again.
    let built = deployment.built();
    let built = built.parent().context("it is in a folder")?;
    let mut lines = Vec::new();
    for line in fs::read_to_string(&template)?.lines() {
        lines.push(match line.split_once("CodeUri: ../functions/") {
            Some((indent, function)) => {
                let code = built.join(logical_id(function));
                format!("{indent}CodeUri: {}", code.display())
            }
            None => line.to_owned(),
        });
    }
    write(&template, &lines.join("\n"))?;
    Ok(template)
}

/// `decide` is `Decide`, `issue-refund` is `IssueRefund`.
fn logical_id(function: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    function.split('-').map(capital).collect()
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            write(&to, &fs::read_to_string(entry.path())?)?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder)?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
