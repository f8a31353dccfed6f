//! A headless Chromium, driven by `WebDriver` and, for what that lacks, Chromium's own protocol.

use std::{path::Path, time::Duration};

use anyhow::{Context, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};

/// A window.
pub(super) struct Browser {
    client: Client,
    /// Where commands of Chromium's own protocol go.
    protocol: String,
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) name: &'static str,
    width: u32,
    height: u32,
    is_dark: bool,
}

/// On a large screen and on a phone, by day and by night.
pub(super) const LOOKS: [Look; 4] = [
    Look::new("desktop-light", 1280, 800, false),
    Look::new("desktop-dark", 1280, 800, true),
    Look::new("phone-light", 390, 844, false),
    Look::new("phone-dark", 390, 844, true),
];

impl Look {
    const fn new(name: &'static str, width: u32, height: u32, is_dark: bool) -> Self {
        Self {
            name,
            width,
            height,
            is_dark,
        }
    }
}

impl Browser {
    /// Opens one through the chromedriver on that port. No page's own script runs in it.
    pub(super) async fn open(port: &str, scratch: &Path) -> anyhow::Result<Self> {
        let profile = scratch.join("profile");
        let options = json!({
            "binary": "/usr/bin/chromium",
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars", format!("--user-data-dir={}", profile.display()),
            ],
        });
        let capabilities = Map::from_iter([("goog:chromeOptions".to_owned(), options)]);
        let server = format!("http://127.0.0.1:{port}");
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&server)
            .await
            .context("chromedriver opens Chromium")?;
        let session = client.session_id().await?.context("there is a session")?;
        let browser = Self {
            client,
            protocol: format!("{server}/session/{session}/goog/cdp/execute"),
        };
        browser.disable_scripts(true)?;
        Ok(browser)
    }

    pub(super) async fn close(self) {
        // The driver is ended after this, and ends what is left.
        let _ = self.client.close().await;
    }

    pub(super) async fn goto(&self, url: &str) -> anyhow::Result<()> {
        self.client
            .goto(url)
            .await
            .with_context(|| format!("opening {url}"))
    }

    pub(super) async fn source(&self) -> anyhow::Result<String> {
        Ok(self.client.source().await?)
    }

    /// The page's first heading.
    pub(super) async fn heading(&self) -> anyhow::Result<String> {
        let heading = self.client.find(Locator::Css("h1")).await?;
        Ok(heading.text().await?)
    }

    /// Clicks what leads to another page, and waits for that.
    pub(super) async fn click(&self, selector: &str) -> anyhow::Result<()> {
        self.run("window.isOld = true", Vec::new()).await?;
        let element = self.client.find(Locator::Css(selector)).await;
        let element = element.with_context(|| format!("there is no {selector}"))?;
        element
            .click()
            .await
            .with_context(|| format!("clicking {selector}"))?;
        let is_new = self.is_new_page().await;
        ensure!(is_new, "clicking {selector} leads nowhere");
        Ok(())
    }

    /// Runs a script that may lead to another page, and gives that some time.
    pub(super) async fn run_and_leave(
        &self,
        script: &str,
        arguments: Vec<Value>,
    ) -> anyhow::Result<()> {
        self.run("window.isOld = true", Vec::new()).await?;
        self.run(script, arguments).await?;
        self.is_new_page().await;
        Ok(())
    }

    /// Waits until another page is there than the one that was marked as old.
    async fn is_new_page(&self) -> bool {
        let is_new = "return window.isOld === undefined && document.readyState === 'complete'";
        for _ in 0..100 {
            // Between two pages there is none to ask.
            let answer = self.run(is_new, Vec::new()).await;
            if answer.is_ok_and(|answer| answer == true) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    pub(super) async fn type_into(&self, selector: &str, text: &str) -> anyhow::Result<()> {
        let element = self.client.find(Locator::Css(selector)).await;
        let element = element.with_context(|| format!("there is no {selector}"))?;
        Ok(element.send_keys(text).await?)
    }

    /// Runs a script in the page.
    pub(super) async fn run(&self, script: &str, arguments: Vec<Value>) -> anyhow::Result<Value> {
        Ok(self.client.execute(script, arguments).await?)
    }

    /// What axe-core finds on the page.
    pub(super) async fn axe(&self, axe: &str) -> anyhow::Result<Value> {
        self.disable_scripts(false)?;
        self.run(axe, Vec::new()).await?;
        let script = "const done = arguments[arguments.length - 1];\
                      axe.run(document, {resultTypes: ['violations']}).then(done, e => done(String(e)));";
        let found = self.client.execute_async(script, Vec::new()).await?;
        self.disable_scripts(true)?;
        Ok(found)
    }

    /// What is sent through the driver runs all the same, as long as it waits for nothing.
    fn disable_scripts(&self, value: bool) -> anyhow::Result<()> {
        self.command(
            "Emulation.setScriptExecutionDisabled",
            &json!({"value": value}),
        )
        .map(drop)
    }

    /// Changes how pages are looked at.
    pub(super) fn look(&self, look: Look) -> anyhow::Result<()> {
        let scheme = if look.is_dark { "dark" } else { "light" };
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.command(
            "Emulation.setEmulatedMedia",
            &json!({"features": [feature]}),
        )?;
        let metrics = json!({
            "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.width < 500
        });
        self.command("Emulation.setDeviceMetricsOverride", &metrics)
            .map(drop)
    }

    /// A picture of the whole page.
    pub(super) fn picture(&self) -> anyhow::Result<Vec<u8>> {
        let whole = json!({"captureBeyondViewport": true});
        let answer = self.command("Page.captureScreenshot", &whole)?;
        let data = answer["data"].as_str().context("a picture has data")?;
        Ok(STANDARD.decode(data)?)
    }

    fn command(&self, command: &str, parameters: &Value) -> anyhow::Result<Value> {
        let body = json!({"cmd": command, "params": parameters}).to_string();
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .into();
        let request = agent
            .post(&self.protocol)
            .header("content-type", "application/json");
        let mut answer = request.send(body).context(command.to_owned())?;
        let (status, text) = (answer.status(), answer.body_mut().read_to_string()?);
        ensure!(status.is_success(), "{command}: {text}");
        let answer: Value = serde_json::from_str(&text)?;
        Ok(answer["value"].clone())
    }
}
