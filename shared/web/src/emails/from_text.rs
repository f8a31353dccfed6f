//! A mail whose text the definition wrote.

use domain::brand::Brand;
use domain::mail::{Mail, sanitize_text};
use maud::html;

use super::linked::{linked, paragraphs};
use super::template::framed;

/// A mail whose HTML part is made of the text's paragraphs, with web addresses as links.
pub fn from_text(brand: &Brand, to: &str, subject: &str, text: &str) -> Mail {
    let text = sanitize_text(text);
    let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    let body = html! {
        @for paragraph in paragraphs(&text) { p { (linked(paragraph, is_web)) } }
    };
    framed(to, subject, text.trim(), body.into_string(), brand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_html_part_escapes_the_text_and_links_addresses() {
        let mail = from_text(
            &Brand::default(),
            "a@b.c",
            "Hi\r\nBcc: x@y.z",
            "<b>Hello</b> & more\nsecond line\n\nSee https://example.com/z?a=1&b=2 now",
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
        let html = from_text(&Brand::default(), "a@b.c", "Hi", text).html;
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
