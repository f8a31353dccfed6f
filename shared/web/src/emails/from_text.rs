//! A mail whose text the definition wrote.

use domain::brand::Brand;
use domain::mail::{Mail, sanitize_text};
use maud::html;

use super::linked::{linked, paragraphs};
use super::style::STYLE;
use super::template::framed;
use crate::palette::Palette;

/// The most characters of what stands on a button; more is a sentence.
const LABEL_CHARS: usize = 40;

/// A mail whose HTML part is made of the text's paragraphs, with web addresses as links. A paragraph of nothing but lines
/// like `See the request: https://...` is a row of buttons, where these lead to `origin`: no value in the text makes a
/// button that leads elsewhere.
pub fn from_text(brand: &Brand, to: &str, subject: &str, text: &str, origin: &str) -> Mail {
    let text = sanitize_text(text);
    let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    let Palette { on_light, .. } = Palette::of(brand.color);
    let body = html! {
        @for paragraph in paragraphs(&text) {
            p {
                @match buttons(paragraph, origin) {
                    Some(buttons) => @for (label, url) in buttons {
                        a.button href=(url) style={ (STYLE.button) "background:" (on_light) } { (label) } " "
                    },
                    None => (linked(paragraph, is_web)),
                }
            }
        }
    };
    framed(to, subject, text.trim(), body.into_string(), brand)
}

/// The labels and addresses of a paragraph that has nothing else in it.
fn buttons<'a>(paragraph: &'a str, origin: &str) -> Option<Vec<(&'a str, &'a str)>> {
    let lines = paragraph.lines().map(|line| {
        let (label, url) = line.trim().split_once(": ")?;
        let leads_to_us = url
            .strip_prefix(origin)
            .is_some_and(|path| path.starts_with('/') && !path.contains(char::is_whitespace));
        (leads_to_us && label.chars().count() <= LABEL_CHARS).then_some((label, url))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://refunds.example.com";

    fn html(text: &str) -> String {
        from_text(&Brand::default(), "a@b.c", "Hi", text, ORIGIN).html
    }

    #[test]
    fn lines_of_a_label_and_our_address_are_buttons() {
        let two =
            html("Yes: https://refunds.example.com/a?b=c&d\nNot so: https://refunds.example.com/e");
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
            assert!(!html(text).contains("class=\"button\""), "{text}");
        }
    }

    #[test]
    fn the_html_part_escapes_the_text_and_links_addresses() {
        let mail = from_text(
            &Brand::default(),
            "a@b.c",
            "Hi\r\nBcc: x@y.z",
            "<b>Hello</b> & more\nsecond line\n\nSee https://example.com/z?a=1&b=2 now",
            ORIGIN,
        );
        assert_eq!(mail.subject, "Hi Bcc: x@y.z");
        assert!(
            mail.html
                .contains("<p>&lt;b&gt;Hello&lt;/b&gt; &amp; more second line</p>")
        );
        assert!(
            mail.html
                .contains("<a href=\"https://example.com/z?a=1&amp;b=2\">")
        );
    }

    #[test]
    fn a_link_takes_no_punctuation_with_it() {
        let text = "See (https://example.com/a), http://127.0.0.1:3000/b?c=d. \
                    Or ftp://example.com, javascript://example.com: http://localhost:3000/e!";
        let html = html(text);
        let links: Vec<_> = html.split("<a href=\"").skip(1).collect();
        let links: Vec<_> = links.iter().filter_map(|it| it.split('"').next()).collect();
        let expected = [
            "https://example.com/a",
            "http://127.0.0.1:3000/b?c=d",
            "http://localhost:3000/e",
        ];
        assert_eq!(links, expected);
        assert!(html.contains("(<a ") && html.contains("</a>), <a ") && html.contains("</a>. Or "));
    }
}
