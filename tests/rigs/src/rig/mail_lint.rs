//! `html-validate` and `caniemail` on each kind of mail: valid HTML, with nothing that a mail program would need and may not have.
//!
//! The mails are put together from the snapshots of what is sent.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};

use super::Rig;
use crate::{
    Checkout, Checks,
    command::{Printed, command, judge},
    install,
};

const NAME: &str = "mail-lint";

const SNAPSHOTS: &str = "shared/web/src/emails/tests/snapshots";
/// What the files of whole mails are called, and of those that are without what the frame begins with.
const FRAME: &str = "_frame.snap";
const BRANDED: &str = "_brand.snap";
const BODY: &str = "_html.snap";

/// What a mail has, what it would have, and words of the refusal.
const MISTAKES: [(&str, &str, &str); 3] = [
    ("</h1>", "", "h1"),
    ("</h1>", "</h1><video controls></video>", "<video> element"),
    ("display:inline-block", "display:grid", "display:grid"),
];

pub(super) struct MailLint;

impl Rig for MailLint {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "html-validate and caniemail accept every kind of mail"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::node(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        // Beside what it imports.
        let script = checkout.installed(NAME).join("lint.mjs");
        fs::copy(checkout.tool_list(NAME, "lint.mjs"), &script)?;
        let lint = |mail: &Path| -> anyhow::Result<Printed> {
            judge(command("node", checkout.root()).arg(&script).arg(mail))
        };
        let mails = mails(&checkout.root().join(SNAPSHOTS), &checkout.scratch(NAME)?)?;
        ensure!(mails.len() > 10, "there are {} mails", mails.len());
        for mail in &mails {
            let name = mail.file_stem().unwrap_or_default().display();
            let accepted = lint(mail).and_then(Printed::expect_content);
            checks.check(&format!("{name} is accepted"), accepted);
        }

        let mail = mails.iter().find(|mail| mail.ends_with("question.html"));
        let mail = fs::read_to_string(mail.context("there is a question to the customer")?)?;
        let broken = checkout.scratch(NAME)?.join("broken.html");
        for (right, wrong, words) in MISTAKES {
            ensure!(mail.contains(right), "the mail has no {right}");
            fs::write(&broken, mail.replacen(right, wrong, 1))?;
            let refused = lint(&broken).and_then(|printed| printed.expect_refusal(words));
            checks.check(
                &format!("{wrong:?} in place of {right} is refused"),
                refused,
            );
        }
        Ok(())
    }
}

/// Writes each mail of the snapshots as a document.
fn mails(snapshots: &Path, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files: Vec<_> = fs::read_dir(snapshots)?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    files.sort();
    let is = |file: &Path, end: &str| file.to_string_lossy().ends_with(end);
    let frame = files.iter().find(|file| is(file, FRAME));
    let frame = content(frame.context("there is a snapshot of the frame")?)?;
    let (head, _) = frame.split_once("<div").context("the frame has a part")?;
    let mut mails = Vec::new();
    for file in &files {
        let document = if is(file, BRANDED) {
            content(file)?
        } else if is(file, BODY) {
            format!("{head}{}", content(file)?)
        } else {
            continue;
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let (_, name) = name.rsplit_once("__").context("a snapshot has a name")?;
        let name = name.trim_end_matches(BODY).trim_end_matches(".snap");
        let mail = folder.join(format!("{name}.html"));
        fs::write(&mail, document)?;
        mails.push(mail);
    }
    Ok(mails)
}

/// A snapshot without what stands above it.
fn content(snapshot: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(snapshot)?;
    let content = text.splitn(3, "---\n").nth(2);
    Ok(content.context("a snapshot has a head")?.to_owned())
}
