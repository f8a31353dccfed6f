//! A mail whose text the definition wrote.

use domain::brand::Brand;
use domain::mail::{Mail, one_line};
use domain::text::{Filled, labelled_address};
use maud::html;

use super::linked::paragraph;
use super::style::STYLE;
use super::template::{Around, framed};
use crate::palette::Palette;

/// The most characters of what stands on a button; more is a sentence.
const LABEL_CHARS: usize = 40;

/// A mail whose HTML part is the subject as its heading and the text's paragraphs, with web addresses as links. A paragraph of
/// nothing but lines
/// like `See the request: https://...` is a row of buttons, where these lead to `origin`: no value in the text makes a
/// button that leads elsewhere.
pub fn from_text(brand: &Brand, to: &str, subject: &str, text: &Filled, origin: &str) -> Mail {
    let is_web = |url: &str| {
        let scheme = url
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        scheme.is_some_and(|scheme| scheme == "https" || scheme == "http")
    };
    let paragraphs = text.paragraphs();
    let Palette { on_light, .. } = Palette::of(brand.color);
    let body = html! {
        h1 style=(STYLE.heading) { (one_line(subject)) }
        @for lines in &paragraphs {
            @match buttons(lines, origin) {
                Some(buttons) => p style="margin:0 0 16px" {
                    @for (label, url) in buttons {
                        a.button href=(url) style={ (STYLE.button) "background:" (on_light) } { (label) } " "
                    }
                },
                None => (paragraph(lines, is_web)),
            }
        }
    };
    let around = Around {
        to,
        subject,
        preheader: &preheader(&paragraphs),
        brand,
    };
    framed(&around, &text.to_string(), body.into_string())
}

/// The first paragraph that says something: a greeting has fewer than four words.
fn preheader(paragraphs: &[Vec<String>]) -> String {
    let mut texts = paragraphs.iter().map(|lines| lines.join(" "));
    let says = |text: &String| text.split(' ').count() > 3;
    texts.find(says).unwrap_or_default()
}

/// The labels and addresses of a paragraph that has nothing else in it.
fn buttons<'a>(lines: &'a [String], origin: &str) -> Option<Vec<(&'a str, &'a str)>> {
    let buttons = lines.iter().map(|line| {
        let (label, url) = labelled_address(line)?;
        let path = url.strip_prefix(origin);
        let leads_to_us = path.is_some_and(|path| path.starts_with('/'));
        (leads_to_us && label.chars().count() <= LABEL_CHARS).then_some((label, url))
    });
    buttons.collect()
}

#[cfg(test)]
mod tests {
    use domain::form::Value;
    use domain::text::render;
    use testing::fixtures;

    use super::*;

    const ORIGIN: &str = "https://refunds.example.com";

    #[test]
    fn lines_of_a_label_and_our_address_are_buttons() {
        let two = html(
            "Yes: https://refunds.example.com/a?b=c&d\nNot so: https://refunds.example.com/e",
            "",
        );
        assert_eq!(two.matches("<a class=\"button\"").count(), 2);
        assert!(two.contains("href=\"https://refunds.example.com/a?b=c&amp;d\""));
        assert!(two.contains(">Yes</a>") && two.contains(">Not so</a>"));
        for text in [
            "Yes: https://refunds.example.com.evil.example/a",
            "Yes: https://evil.example/https://refunds.example.com/",
            "Yes: https://refunds.example.com/a or not",
            "Yes: https://refunds.example.com/a\nand so on",
            "https://refunds.example.com/a",
            "You can look up your request here at any time: https://refunds.example.com/a",
        ] {
            assert!(!html(text, "").contains("class=\"button\""), "{text}");
            let of_a_value = html("{{ notes }}", &text.replace(ORIGIN, "https://evil.example"));
            assert!(!of_a_value.contains("class=\"button\""), "{text}");
        }
    }

    /// A template with a value, as the mail's HTML part.
    fn html(template: &str, notes: &str) -> String {
        let (mut request, _) = fixtures::request::request();
        for answer in &mut request.answers {
            answer.value = Some(Value::Text(notes.to_owned()));
        }
        let text = render(template, &request, "").unwrap();
        from_text(
            &Brand::default(),
            "a@b.c",
            "Hi\r\nBcc: x@y.z",
            &text,
            ORIGIN,
        )
        .html
    }

    #[test]
    fn lines_that_the_author_wrapped_are_one_and_those_of_a_value_stay() {
        let html = html(
            "Hello & more\nsecond line\n\n{{ notes }}\n\nSee https://example.com/z?a=1&b=2\nnow. It says: {{ notes }}\nand more.",
            "<b>First</b>\r\nsecond\n\n- one\n- two\nlast",
        );
        for part in [
            ">Hello &amp; more second line</p>",
            ">&lt;b&gt;First&lt;/b&gt;<br>second</p>",
            "><li>one</li><li>two</li></ul>",
            ">last</p>",
            "<a href=\"https://example.com/z?a=1&amp;b=2\">",
            "now. It says: &lt;b&gt;First&lt;/b&gt;<br>second</p>",
            ">last and more.</p>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn an_authors_list_is_one_with_items_that_are_wrapped() {
        let html = html(
            "We need:\n- a receipt\n  or a bill\n- a date\n\n1. Look\n2. Ask\n",
            "",
        );
        for part in [
            ">We need:</p><ul",
            "><li>a receipt or a bill</li><li>a date</li></ul>",
            ">1. Look<br>2. Ask</p>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn no_link_but_to_the_web() {
        let html = html(
            "{{ notes }}",
            "ftp://example.com, javascript://example.com: HTTPS://EXAMPLE.COM/A.",
        );
        assert_eq!(html.matches("<a href=").count(), 1);
        assert!(html.contains("<a href=\"HTTPS://EXAMPLE.COM/A\">"));
    }
}
