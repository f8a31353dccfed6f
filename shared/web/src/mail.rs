//! Mails as documents: an HTML part beside the text, in one frame.

use domain::mail::{Mail, one_line, sanitize_text};

/// A mail whose HTML part is made of the text's paragraphs, with its links made clickable. A
/// single line break is where the definition's author wrapped a line, and no break for a reader.
pub fn from_text(to: String, subject: &str, text: &str) -> Mail {
    let text = sanitize_text(text);
    let mut html = String::new();
    for paragraph in text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
        html.push_str("<p>");
        html.push_str(&linked(paragraph));
        html.push_str("</p>");
    }
    Mail {
        to,
        subject: one_line(subject),
        text: text.trim().to_owned(),
        html: document(&html),
        related_request: None,
    }
}

/// A mail of two parts that were written for each other; the HTML part is escaped already.
pub fn from_parts(to: &str, subject: &str, text: String, html: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: one_line(subject),
        text,
        html: document(html),
        related_request: None,
    }
}

/// What mail programs that read style sheets add to the styles that stand in the elements: the dark
/// mode, and a phone's width. The others show the light one.
const STYLE: &str = include_str!("mail.css");

/// A mail's HTML document around a body that is already escaped.
pub fn document(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\
         <title>Refund RequestStore</title><style>{STYLE}</style></head>\
         <body class=\"page\" style=\"margin:0;padding:24px 12px;background:#f3f5f8;color:#1a1d21;font:16px/1.55 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif\">\
         <div class=\"card\" role=\"main\" style=\"max-width:560px;margin:0 auto;padding:28px;background:#ffffff;border:1px solid #dfe4ea;border-radius:12px;overflow-wrap:anywhere\">{body}</div>\
         </body></html>"
    )
}

/// Escapes a text for HTML.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A paragraph with its web addresses as links, escaped.
fn linked(paragraph: &str) -> String {
    let word = |word: &str| {
        let escaped = escape(word);
        if word.starts_with("https://") || word.starts_with("http://") {
            format!("<a href=\"{escaped}\">{escaped}</a>")
        } else {
            escaped
        }
    };
    paragraph
        .split_whitespace()
        .map(word)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_html_part_escapes_the_text_and_links_addresses() {
        let mail = from_text(
            "a@b.c".into(),
            "Hi\r\nBcc: x@y.z",
            "<b>Hello</b> & more\nsecond line\n\nSee https://x.y/z?a=1&b=2 now",
        );
        assert_eq!(mail.subject, "Hi Bcc: x@y.z");
        assert!(
            mail.html
                .contains("<p>&lt;b&gt;Hello&lt;/b&gt; &amp; more second line</p>")
        );
        assert!(mail.html.contains("<a href=\"https://x.y/z?a=1&amp;b=2\">"));
    }
}
