//! A customer who has no charge's id, but the receipt that Stripe has mailed, from the form to the refund.

use anyhow::ensure;
use testing::test_client::Submitted;

use super::{
    Stage, button,
    driver::Browser,
    gallery::{CSM, CUSTOMER},
};
use crate::Checks;

const RECEIPT: &str = "2000-0004";
const CHARGE: &str = "ch_demo_pi_2000";

impl Stage {
    pub(super) async fn visit_the_receipt(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<()> {
        let request = self.ask_by_receipt(browser, checks).await?;
        let mail = self.client.mail_about(&request, CSM, "CSM Review");
        self.open_case(browser, &mail, "approve").await?;
        let page = browser.source().await?;
        ensure!(
            page.contains(CHARGE),
            "the reviewer is not shown the charge"
        );
        self.judge(browser, checks, "decision-receipt").await?;
        browser.click(&button("approve")).await?;
        self.judge(browser, checks, "decision-receipt-unconfirmed")
            .await?;
        let confirm = "document.querySelector('input[name=confirmCharge]').click()";
        browser.run(confirm, Vec::new()).await?;
        browser.click(&button("approve")).await?;
        self.client.wait_for_status(&request, "refunded");
        let refunds = self.client.refunds(CHARGE);
        let is_its = |refund: &serde_json::Value| refund["metadata"]["request_id"] == *request.id;
        ensure!(
            refunds.iter().any(is_its),
            "the charge of the receipt is not refunded: {refunds:?}"
        );
        self.show(browser, checks, "status-receipt", &request.status_url)
            .await
    }

    /// Follows a shop's link, which fills in what the shop knows, and types what the receipt says.
    async fn ask_by_receipt(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<Submitted> {
        let base = self.client.base();
        let form = format!(
            "{base}/services/customer-success/refund-request?refundAmount=19.99&reason=Other"
        );
        browser.goto(&form).await?;
        self.judge(browser, checks, "form-prefilled").await?;
        browser.type_into("#customerEmail", CUSTOMER).await?;
        let typed = format!("Receipt #{RECEIPT}");
        browser.type_into("#chargeIdToRefund", &typed).await?;
        browser
            .type_into("#notes", "I have this receipt, and it is too much.")
            .await?;
        browser.click("form button").await?;
        let here = browser.run("return location.href", Vec::new()).await?;
        let status_url = here.as_str().unwrap_or_default().to_owned();
        let id = status_url
            .split("/requests/")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        let id = id.unwrap_or_default().to_owned();
        ensure!(!id.is_empty(), "the form led to {status_url}");
        Ok(Submitted { id, status_url })
    }
}
