//! What a customer is offered and asked by mail after the approval: a credit in place of the money, and a
//! survey a week later.

use anyhow::{Context, ensure};
use serde_json::json;
use testing::test_client::{Mail, Submitted, form};

use super::{
    Stage,
    driver::Browser,
    gallery::{CSM, CUSTOMER},
};
use crate::Checks;

const ROUTED: &str = "customer-success/refund-request-routed";

impl Stage {
    /// A small refund that was approved, and the mail that offers a credit in its place.
    pub(super) fn offered(&self) -> (Submitted, Mail) {
        let request = self.approved_routed("49.90");
        let subject = "Your refund was approved";
        let mail = self.client.mail_about(&request, CUSTOMER, subject);
        (request, mail)
    }

    /// The mail that asks how satisfied a customer is whose refund was paid a week ago.
    pub(super) fn invited(&self) -> Mail {
        let request = self.approved_routed("100");
        self.client.wait_for_status(&request, "refunded");
        self.client.wait_for_timer(&request);
        self.client.advance("7d");
        self.client.mail_about(&request, CUSTOMER, "How did we do?")
    }

    fn approved_routed(&self, amount: &str) -> Submitted {
        // A charge of its own: of what others ask for, Finance would be asked about more.
        let form = form().charge("ch_demo_pi_2000").amount(amount);
        let form = form.with("reason", "Other".into());
        let request = self.client.submit_to(ROUTED, &form);
        let mail = self.client.mail_about(&request, CSM, "CSM Review");
        mail.approve(&self.client);
        request
    }

    /// Nobody has chosen, and nobody has rated.
    pub(super) async fn is_open(
        &self,
        browser: &Browser,
        offer: &Submitted,
        survey: &Mail,
    ) -> anyhow::Result<()> {
        let status = self.client.status(offer);
        ensure!(status["phase"] == "Offer Credit", "{status}");
        browser.goto(&survey.link_to("/csat-survey")).await?;
        let forms = browser.run("return document.forms.length", Vec::new());
        ensure!(
            forms.await? == json!(1),
            "the survey is over: {:?}",
            browser.heading().await?
        );
        Ok(())
    }

    /// Link, code, choice: as the customer goes.
    pub(super) async fn choose(&self, browser: &Browser, mail: &Mail) -> anyhow::Result<()> {
        self.open_choice(browser, mail).await?;
        let choose = "document.querySelector('input[value=credit]').click()";
        browser.run(choose, Vec::new()).await?;
        browser.click("form button").await?;
        let title = browser.heading().await?;
        ensure!(title == "Thank you", "the page says {title:?}");
        Ok(())
    }

    async fn open_choice(&self, browser: &Browser, mail: &Mail) -> anyhow::Result<()> {
        browser.goto(&mail.link("credit")).await?;
        let context = browser.source().await?;
        ensure!(
            !context.contains("49.90") && !context.contains(CUSTOMER),
            "the page shows the case before the code is right"
        );
        browser.type_into("#code", &mail.code()).await?;
        browser.click("form button").await?;
        let page = browser.source().await?;
        ensure!(page.contains("49.90"), "the choice is not shown: {page}");
        Ok(())
    }

    /// Link, answers, code: as the customer goes.
    pub(super) async fn rate(&self, browser: &Browser, mail: &Mail) -> anyhow::Result<()> {
        browser.goto(&mail.link_to("/csat-survey")).await?;
        fill_in(browser, &mail.code()).await?;
        let title = browser.heading().await?;
        ensure!(title.starts_with("Thank you"), "the page says {title:?}");
        Ok(())
    }

    pub(super) async fn visit_the_offer(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<()> {
        let (request, mail) = self.offered();
        let link = &mail.link("credit");
        self.show(browser, checks, "choice-code", link).await?;
        self.open_choice(browser, &mail).await?;
        self.judge(browser, checks, "choice").await?;
        self.choose(browser, &mail).await?;
        self.judge(browser, checks, "choice-made").await?;
        self.show(browser, checks, "choice-made-before", link)
            .await?;
        self.client
            .mail_about(&request, CUSTOMER, "Your credit is ready");
        self.client.wait_for_status(&request, "refunded");
        self.show(browser, checks, "status-credited", &request.status_url)
            .await
    }

    pub(super) async fn visit_the_survey(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<()> {
        let mail = self.invited();
        let link = &mail.link_to("/csat-survey");
        let (uninvited, _) = link.split_once('?').context("the link has an invitation")?;
        self.show(browser, checks, "survey-uninvited", uninvited)
            .await?;
        self.show(browser, checks, "survey", link).await?;
        let chosen = "return document.querySelectorAll('[name=rating]:checked').length";
        let chosen = browser.run(chosen, Vec::new()).await?;
        ensure!(chosen == json!(1), "the mail's link has chosen no rating");
        let code = mail.code();
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..4 {
            browser.goto(link).await?;
            fill_in(browser, wrong).await?;
        }
        self.judge(browser, checks, "survey-wrong-code").await?;
        browser.goto(link).await?;
        fill_in(browser, wrong).await?;
        self.judge(browser, checks, "survey-locked").await?;
        let fresh = self.client.mail(CUSTOMER, "Your new code");
        self.rate(browser, &fresh).await?;
        self.judge(browser, checks, "survey-thanks").await?;
        self.show(browser, checks, "survey-answered-before", link)
            .await
    }
}

/// Fills in the survey with a code and sends it.
async fn fill_in(browser: &Browser, code: &str) -> anyhow::Result<()> {
    let choose = "document.querySelectorAll('[name=rating]')[1].click()";
    browser.run(choose, Vec::new()).await?;
    browser
        .type_into("#comment", "A friendly and quick answer.")
        .await?;
    browser.type_into("#code", code).await?;
    browser.click("form button").await
}
