//! Debian's Chromium on the pages and mails: a robot that clicks whatever it finds, axe-core on every
//! page, and pictures of all of them for a person to look at.

mod customer;
mod driver;
mod gallery;
mod mails;
mod receipt;
mod robot;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use testing::{
    TestClient,
    test_client::{Mail, Submitted, form},
};

use super::Rig;
use crate::{
    Checkout, Checks,
    command::{command, judge, stdout},
    install,
    process::{Server, local_stack},
};
use driver::Browser;
use gallery::{CSM, CUSTOMER};

const NAME: &str = "browser";
const ONE_PERSON: &str = r#"{"csm-team":["mia@example.com"],"csm-manager":["mia@example.com"],"finance-team":["mia@example.com"]}"#;
/// How long chromedriver may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct InTheBrowser;

impl Rig for InTheBrowser {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "in Chromium without scripts no robot decides anything, axe-core finds nothing, and pictures are taken"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        for program in ["chromium", "chromedriver"] {
            let there = judge(command(program, checkout.root()).arg("--version"));
            if !there.is_ok_and(|printed| printed.content) {
                // A new machine knows no packages until it has been told of them.
                for arguments in [
                    &["update", "--quiet"][..],
                    &["install", "--yes", "--quiet", "chromium", "chromium-driver"],
                ] {
                    let mut apt = command("apt-get", checkout.root());
                    apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
                    stdout(&mut apt).context("Debian's packages chromium and chromium-driver")?;
                }
            }
        }
        install::node(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let scratch = checkout.scratch(NAME)?;
        let (stack, client) = local_stack(checkout, scratch.join("stack.log"), None)?;
        // Where one person is on every team, nobody is left to release what they reviewed.
        let log = scratch.join("small-stack.log");
        let (_small, one_person_stack) = local_stack(checkout, log, Some(ONE_PERSON))?;

        let mut program = command("chromedriver", checkout.root());
        program.arg("--port=0");
        let driver = Server::start("chromedriver", &program, scratch.join("driver.log"))?;
        driver.wait_for_words("started successfully on port ", PATIENCE)?;
        let port = driver.rest_of_line("started successfully on port ")?;

        let axe = install::node(checkout, NAME)?.with_file_name("axe-core/axe.min.js");
        let stage = Stage {
            client,
            one_person_stack,
            scratch,
            axe: std::fs::read_to_string(axe).context("axe-core is installed")?,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let browser = Browser::open(port.trim_end_matches('.'), &stage.scratch).await?;
            let played = stage.play(&browser, checks).await;
            browser.close().await;
            played.with_context(|| stack.tail())
        })
    }
}

/// Where the rig plays.
struct Stage {
    client: TestClient,
    /// Another one, with one person on every team.
    one_person_stack: TestClient,
    scratch: PathBuf,
    axe: String,
}

impl Stage {
    async fn play(&self, browser: &Browser, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        self.let_the_robot_loose(browser, checks).await?;
        let pages = self.visit_everything(browser, checks).await;
        checks.check("every page and mail was visited", pages);
        Ok(())
    }

    fn submit(&self, notes: &str) -> Submitted {
        let form = form()
            .amount("49.90")
            .with("reason", "Service issue".into());
        self.client.submit(&form.with("notes", notes.into()))
    }

    /// Everything clickable is clicked and every form submitted, empty and with junk. Afterwards nothing
    /// is decided, chosen or rated, and each does so with their mail.
    async fn let_the_robot_loose(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<()> {
        let survey = self.invited();
        let (offer, offer_mail) = self.offered();
        let request = self.submit("The robot's request.");
        let mail = self.client.mail_about(&request, CSM, "CSM Review");
        self.client
            .mail_about(&request, "csm-2@example.com", "CSM Review");
        // So that there is a mail to the customer too, and a form for them.
        let question = json!({"action": "ask", "code": mail.code(), "question": "Which one?"});
        let (status, _) = self.client.post_json(mail.address(), &question);
        ensure!(status == 200, "the question was answered with {status}");
        self.client.mail_about(&request, CUSTOMER, "question");
        let seen = robot::explore(browser, &self.client, self.client.base()).await?;
        let found = if seen.pages >= 12 && seen.submitted >= 32 {
            Ok(())
        } else {
            Err(anyhow::anyhow!("it saw and submitted too little: {seen:?}"))
        };
        checks.check(
            &format!(
                "a robot opened {} pages and submitted {} forms",
                seen.pages, seen.submitted
            ),
            found,
        );
        let undecided = self.is_undecided(&request);
        checks.check("nothing was decided by it", undecided);
        let unanswered = self.is_unanswered(&request);
        checks.check("and no question answered", unanswered);
        let open = self.is_open(browser, &offer, &survey).await;
        checks.check("and nothing chosen or rated", open);
        let chosen = self.choose(browser, &offer_mail).await;
        checks.check("the customer chooses afterwards, in the browser", chosen);
        // A code was guessed on each of the five links: that is once too often, and brings a fresh one.
        let fresh = self.client.mail(CUSTOMER, "Your new code");
        let rated = self.rate(browser, &fresh).await;
        checks.check("and rates, with the fresh code", rated);
        let answered = self.answer(browser, &request, "The first one.").await;
        checks.check(
            "the customer answers afterwards with the code of the mail, in the browser",
            answered,
        );
        let decided = self.decide(browser, &mail, "approve").await;
        checks.check(
            "the approver decides afterwards with the first mail, in the browser",
            decided,
        );
        checks.attempt("and the request is refunded", || {
            self.client.wait_for_status(&request, "refunded");
            Ok(())
        });
        Ok(())
    }

    fn is_undecided(&self, request: &Submitted) -> anyhow::Result<()> {
        let status = self.client.status(request);
        ensure!(status["status"] == "in_review", "{status}");
        let execution = self.client.execution(request);
        ensure!(execution["status"] == "RUNNING", "{execution}");
        Ok(())
    }

    fn is_unanswered(&self, request: &Submitted) -> anyhow::Result<()> {
        let status = self.client.status(request);
        let question = &status["questions"][0];
        ensure!(
            question["number"] == 1 && question["answer"].is_null(),
            "{status}"
        );
        Ok(())
    }

    /// Link, code, case, decision: as a person goes.
    async fn decide(&self, browser: &Browser, mail: &Mail, decision: &str) -> anyhow::Result<()> {
        self.open_case(browser, mail, decision).await?;
        browser.click(&button(decision)).await?;
        let title = browser.heading().await?;
        ensure!(title.starts_with("You "), "the page says {title:?}");
        Ok(())
    }

    /// Opens the link and enters the code.
    async fn open_case(
        &self,
        browser: &Browser,
        mail: &Mail,
        decision: &str,
    ) -> anyhow::Result<()> {
        let link = format!("{}?decision={decision}", mail.address());
        browser.goto(&link).await?;
        let page = browser.source().await?;
        if page.contains("customer@example.com") {
            bail!("the page shows the customer before the code is right");
        }
        browser.type_into("#code", &mail.code()).await?;
        browser.click("form button").await?;
        let page = browser.source().await?;
        ensure!(
            page.contains("customer@example.com"),
            "the case is not shown, but {:?} at {}",
            browser.heading().await?,
            browser.run("return location.href", Vec::new()).await?
        );
        Ok(())
    }
}

/// The button of a decision, or of what else can be done with a case.
fn button(value: &str) -> String {
    format!("button[value={value}]")
}

/// What axe-core finds, however small.
fn violations(found: &Value) -> anyhow::Result<Vec<String>> {
    let violations = found["violations"].as_array();
    let violations = violations.with_context(|| format!("axe-core says: {found}"))?;
    let described = violations
        .iter()
        .map(|it| format!("{}: {} {}", it["id"], it["help"], it["nodes"][0]["html"]));
    Ok(described.collect())
}
