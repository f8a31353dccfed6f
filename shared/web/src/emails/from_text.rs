//! A mail whose text the definition wrote.

use domain::brand::Brand;
use domain::mail::Mail;
use domain::text::Filled;
use maud::html;

use super::linked::paragraph;
use super::template::{Around, framed};

/// A mail whose HTML part is made of the text's paragraphs, with web addresses as links.
pub fn from_text(brand: &Brand, to: &str, subject: &str, text: &Filled) -> Mail {
    let is_web = |url: &str| {
        let scheme = url
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        scheme.is_some_and(|scheme| scheme == "https" || scheme == "http")
    };
    let paragraphs = text.paragraphs();
    let body = html! {
        @for lines in &paragraphs { (paragraph(lines, is_web)) }
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

#[cfg(test)]
mod tests {
    use domain::form::Value;
    use domain::text::render;
    use testing::fixtures;

    use super::*;

    /// A template with a value, as the mail's HTML part.
    fn html(template: &str, notes: &str) -> String {
        let (mut request, _) = fixtures::request::request();
        for answer in &mut request.answers {
            answer.value = Some(Value::Text(notes.to_owned()));
        }
        let text = render(template, &request, "").unwrap();
        from_text(&Brand::default(), "a@b.c", "Hi\r\nBcc: x@y.z", &text).html
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
