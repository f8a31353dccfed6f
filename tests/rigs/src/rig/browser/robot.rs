//! A robot as mail scanners are, only worse: it opens every link, runs scripts, clicks every button, and
//! submits every form, empty and with junk.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Value, json};
use testing::TestClient;

use super::driver::Browser;

/// What is entered everywhere. The last looks like a code.
const JUNK: [&str; 4] = ["", "junk", "<script>alert(1)</script>", "123456"];
/// How many pages are enough, if there is no end.
const MOST_PAGES: usize = 80;

/// What it did.
#[derive(Debug, Default)]
pub(super) struct Explored {
    pub(super) pages: usize,
    pub(super) submitted: usize,
}

/// Explores everything that every mail leads to.
pub(super) async fn explore(
    browser: &Browser,
    client: &TestClient,
    base: &str,
) -> anyhow::Result<Explored> {
    let (mut seen, mut known, mut open) = (Explored::default(), BTreeSet::new(), VecDeque::new());
    loop {
        // What it does may lead to more mails.
        for link in links_of_mails(&client.get_json("/_local/api/emails")) {
            if known.insert(link.clone()) {
                open.push_back(link);
            }
        }
        let Some(url) = open.pop_front() else {
            return Ok(seen);
        };
        if seen.pages >= MOST_PAGES {
            return Ok(seen);
        }
        seen.pages += 1;
        for link in visit(browser, &url, &mut seen).await? {
            let is_ours = link.starts_with(base) && !link.contains("/_local");
            if is_ours && known.insert(link.clone()) {
                open.push_back(link);
            }
        }
    }
}

/// Every address in the text and in the HTML part.
fn links_of_mails(mails: &Value) -> Vec<String> {
    let mails = mails.as_array().into_iter().flatten();
    let parts = mails.flat_map(|mail| [&mail["text"], &mail["html"]]);
    let text = parts.filter_map(Value::as_str);
    let words = text.flat_map(|part| part.split(|c: char| c.is_whitespace() || "\"<>".contains(c)));
    let links = words.filter(|word| word.starts_with("http"));
    links.map(|link| link.replace("&amp;", "&")).collect()
}

/// Submits all forms of a page in all ways; the links that it saw.
async fn visit(browser: &Browser, url: &str, seen: &mut Explored) -> anyhow::Result<Vec<String>> {
    browser.goto(url).await?;
    let mut links = links(browser).await?;
    let forms = number(browser, "return document.forms.length").await?;
    for form in 0..forms {
        for junk in JUNK {
            browser.goto(url).await?;
            let buttons = fill(browser, form, junk).await?;
            for button in 0..buttons {
                browser.goto(url).await?;
                fill(browser, form, junk).await?;
                // As a person clicks, and if that is not possible, as a script does.
                let click = "document.querySelectorAll('details').forEach(d => d.open = true);\
                             document.forms[arguments[0]]?.querySelectorAll('button:enabled,input[type=submit]')[arguments[1]]?.click()";
                browser
                    .run_and_leave(click, vec![json!(form), json!(button)])
                    .await?;
                seen.submitted += 1;
                links.extend(self::links(browser).await?);
            }
        }
    }
    // Buttons outside of forms, and whatever else reacts to clicks.
    browser.goto(url).await?;
    let others = "document.querySelectorAll('summary,[onclick],button').forEach(b => { if (!b.form) b.click() })";
    browser.run(others, Vec::new()).await?;
    Ok(links)
}

/// Fills all of a form's inputs and takes its own checks away; how many buttons it has. What was
/// submitted before may have taken the form away.
async fn fill(browser: &Browser, form: u64, junk: &str) -> anyhow::Result<u64> {
    let script = "const form = document.forms[arguments[0]]; if (!form) return 0; form.noValidate = true;\
        for (const e of form.elements) {\
          if (e.type === 'radio' || e.type === 'checkbox') e.checked = arguments[1] !== '';\
          else if (e.tagName === 'SELECT') e.selectedIndex = arguments[1] === '' ? 0 : e.options.length - 1;\
          else if (e.tagName === 'TEXTAREA' || (e.tagName === 'INPUT' && e.type !== 'hidden')) e.value = arguments[1];\
        }\
        return form.querySelectorAll('button:enabled,input[type=submit]').length";
    let buttons = browser.run(script, vec![json!(form), json!(junk)]).await?;
    Ok(buttons.as_u64().unwrap_or_default())
}

async fn links(browser: &Browser) -> anyhow::Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('a[href]')].map(a => a.href.split('#')[0])";
    let links = browser.run(script, Vec::new()).await?;
    let links = links.as_array().into_iter().flatten();
    Ok(links
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect())
}

async fn number(browser: &Browser, script: &str) -> anyhow::Result<u64> {
    let number = browser.run(script, Vec::new()).await?;
    Ok(number.as_u64().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_both_parts() {
        let mails = json!([{
            "text": "Approve: http://d/approvals/x?decision=approve\nCode: 1",
            "html": "<a href=\"http://d/a?b=1&amp;c=2\">x</a>",
        }]);
        let links = links_of_mails(&mails);
        assert_eq!(
            links,
            [
                "http://d/approvals/x?decision=approve",
                "http://d/a?b=1&c=2"
            ]
        );
    }
}
