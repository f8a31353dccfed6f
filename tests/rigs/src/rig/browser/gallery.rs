//! Every page and mail that people see: judged by axe-core, and pictured on a large screen and on a phone, by day
//! and by night. The pictures stay in `.rigs/scratch/browser/pictures`.

use std::fs;

use anyhow::ensure;
use serde_json::json;
use testing::test_client::{Mail, Submitted};

use super::driver::{Browser, LOOKS};
use super::{Stage, button, violations};
use crate::Checks;

pub(super) const CSM: &str = "csm-1@example.com";
pub(super) const CUSTOMER: &str = "customer@example.com";

impl Stage {
    /// Goes wherever a customer and approvers go.
    pub(super) async fn visit_everything(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<()> {
        let form = format!(
            "{}/services/customer-success/refund-request",
            self.client.base()
        );
        self.show(browser, checks, "form", &form).await?;
        browser.goto(&form).await?;
        browser
            .run("document.forms[0].noValidate = true", Vec::new())
            .await?;
        browser.type_into("#refundAmount", "19,99 or so").await?;
        browser.click("form button").await?;
        self.judge(browser, checks, "form-refused").await?;
        self.show(browser, checks, "catalogue", self.client.base())
            .await?;

        let request = self.submit("The picture frame arrived broken.\nPlease see invoice 4711.");
        self.show(browser, checks, "status", &request.status_url)
            .await?;
        let mail = self.client.mail_about(&request, CSM, "CSM Review");
        self.visit_the_code_page(browser, checks, &mail).await?;
        self.ask_the_customer(browser, checks, &mail, &request)
            .await?;

        let other = self
            .client
            .mail_about(&request, "csm-2@example.com", "CSM Review");
        self.open_case(browser, &mail, "approve").await?;
        browser.click(&button("approve")).await?;
        self.judge(browser, checks, "decided").await?;
        self.show(browser, checks, "already-decided", &other.address())
            .await?;
        self.client.wait_for_status(&request, "refunded");
        self.show(browser, checks, "status-refunded", &request.status_url)
            .await?;
        self.decide_too_late(browser, checks).await?;
        self.visit_the_rest(browser, checks).await?;
        self.visit_the_receipt(browser, checks).await?;
        self.visit_the_survey(browser, checks).await?;
        self.visit_the_offer(browser, checks).await?;
        self.show_mails(browser, checks).await?;
        self.show(
            browser,
            checks,
            "console",
            &format!("{}/_local", self.client.base()),
        )
        .await?;
        let console = format!("{}/_local/requests/{}", self.client.base(), request.id);
        self.show(browser, checks, "console-request", &console)
            .await
    }

    async fn visit_the_code_page(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
        mail: &Mail,
    ) -> anyhow::Result<()> {
        self.show(browser, checks, "decision-code", &mail.address())
            .await?;
        browser.type_into("#code", "no code").await?;
        browser.click("form button").await?;
        self.judge(browser, checks, "decision-wrong-code").await?;
        self.open_case(browser, mail, "reject").await?;
        self.judge(browser, checks, "decision-case").await?;
        let seen = self
            .is_on_the_first_screen(browser, &button("reject"))
            .await;
        checks.check("a case can be decided without scrolling", seen);
        browser.click(&button("reject")).await?;
        self.judge(browser, checks, "decision-no-reason").await
    }

    /// Whether something stands on the first screen, on a large one and on a phone.
    async fn is_on_the_first_screen(
        &self,
        browser: &Browser,
        selector: &str,
    ) -> anyhow::Result<()> {
        let script = "scrollTo(0, 0);\
                      return document.querySelector(arguments[0]).getBoundingClientRect().bottom - innerHeight";
        for look in LOOKS {
            browser.look(look)?;
            let below = browser.run(script, vec![json!(selector)]).await?;
            let is_seen = below.as_f64().is_some_and(|below| below <= 0.0);
            ensure!(is_seen, "{selector} is {below} px too low ({})", look.name);
        }
        browser.look(LOOKS[0])
    }

    /// Somebody decides while a colleague has the case open, who then decides otherwise.
    async fn decide_too_late(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<()> {
        let request = self.submit("Two look at this one.");
        let first = self.client.mail_about(&request, CSM, "CSM Review");
        let second = "csm-2@example.com";
        let second = self.client.mail_about(&request, second, "CSM Review");
        self.open_case(browser, &second, "reject").await?;
        first.approve(&self.client);
        browser
            .type_into("#reason", "It is no fault of ours.")
            .await?;
        browser.click(&button("reject")).await?;
        let title = browser.heading().await?;
        ensure!(title == "Your rejection was not recorded", "{title:?}");
        self.judge(browser, checks, "decided-too-late").await
    }

    async fn ask_the_customer(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
        mail: &Mail,
        request: &Submitted,
    ) -> anyhow::Result<()> {
        self.open_case(browser, mail, "approve").await?;
        browser
            .run(
                "document.querySelectorAll('details').forEach(d => d.open = true)",
                Vec::new(),
            )
            .await?;
        self.judge(browser, checks, "decision-other-ways").await?;
        browser
            .type_into("#question", "Which of the two frames was broken?")
            .await?;
        browser.click(&button("ask")).await?;
        self.judge(browser, checks, "decision-asked").await?;
        self.show(browser, checks, "status-question", &request.status_url)
            .await?;
        browser.type_into("textarea", "The larger one.").await?;
        browser.type_into("#code-1", "no code").await?;
        browser.click("form button").await?;
        self.judge(browser, checks, "status-wrong-code").await?;
        self.answer(browser, request, "The larger one.").await?;
        self.judge(browser, checks, "status-answered").await?;
        self.open_case(browser, mail, "approve").await?;
        self.judge(browser, checks, "decision-answered").await
    }

    /// Answers the first question as the customer does, with the code from its mail.
    pub(super) async fn answer(
        &self,
        browser: &Browser,
        request: &Submitted,
        text: &str,
    ) -> anyhow::Result<()> {
        let mail = self
            .client
            .mail_about(request, CUSTOMER, "We have a question");
        browser.goto(&request.status_url).await?;
        browser.type_into("textarea", text).await?;
        browser.type_into("#code-1", &mail.code()).await?;
        browser.click("form button").await?;
        let page = browser.source().await?;
        ensure!(
            page.contains("You answered on") && page.contains(text),
            "the answer is not on the page: {:?}",
            browser.heading().await?
        );
        Ok(())
    }

    /// A link that is locked, a case that is handed over, a rejection.
    async fn visit_the_rest(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<()> {
        let request = self.submit("Another one.");
        let mail = self.client.mail_about(&request, CSM, "CSM Review");
        let wrong = if mail.code() == "000000" {
            "000001"
        } else {
            "000000"
        };
        for _ in 0..5 {
            browser.goto(&mail.address()).await?;
            browser.type_into("#code", wrong).await?;
            browser.click("form button").await?;
        }
        self.judge(browser, checks, "decision-locked").await?;
        let fresh = self.client.mail_about(&request, CSM, "New link");
        self.open_case(browser, &fresh, "approve").await?;
        browser
            .run(
                "document.querySelectorAll('details').forEach(d => d.open = true)",
                Vec::new(),
            )
            .await?;
        let choose =
            "const s = document.querySelector('#to'); s.selectedIndex = s.options.length - 1";
        browser.run(choose, Vec::new()).await?;
        browser.click(&button("hand-over")).await?;
        self.judge(browser, checks, "decision-handed-over").await?;
        let handed = self
            .client
            .mail_about(&request, "csm-manager@example.com", "Handed to you");
        self.open_case(browser, &handed, "reject").await?;
        browser
            .type_into("#reason", "The frame was delivered in one piece.")
            .await?;
        browser.click(&button("reject")).await?;
        self.judge(browser, checks, "decided-rejected").await?;
        self.client.wait_for_status(&request, "denied");
        self.show(browser, checks, "status-denied", &request.status_url)
            .await
    }

    pub(super) async fn show(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
        name: &str,
        url: &str,
    ) -> anyhow::Result<()> {
        browser.goto(url).await?;
        self.judge(browser, checks, name).await
    }

    /// Has axe-core look at the page as it is, and takes its pictures.
    pub(super) async fn judge(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
        name: &str,
    ) -> anyhow::Result<()> {
        let folder = self.scratch.join("pictures");
        fs::create_dir_all(&folder)?;
        let mut faults = Vec::new();
        for look in LOOKS {
            browser.look(look)?;
            let overflow = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
            if browser.run(overflow, Vec::new()).await? == json!(true) {
                faults.push(format!("it is wider than the screen ({})", look.name));
            }
            let found = violations(&browser.axe(&self.axe).await?)?;
            faults.extend(found.into_iter().map(|it| format!("{it} ({})", look.name)));
            let file = folder.join(format!("{name}-{}.png", look.name));
            fs::write(&file, browser.picture()?)?;
        }
        browser.look(LOOKS[0])?;
        let outcome = (|| {
            ensure!(faults.is_empty(), "{}", faults.join("\n"));
            Ok(())
        })();
        checks.check(
            &format!("{name}: axe-core finds nothing, nothing overflows"),
            outcome,
        );
        Ok(())
    }
}
