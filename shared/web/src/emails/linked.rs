//! Text as HTML: web addresses in it as links, and its lists as lists.

use std::iter;

use domain::text::list_item;
use linkify::{LinkFinder, LinkKind};
use maud::{Markup, html};

/// A paragraph of these lines, which stay lines where styles are dropped too.
pub(super) fn paragraph(lines: &[String], may_be_link: impl Fn(&str) -> bool) -> Markup {
    let line = |line: &str| linked(line, &may_be_link);
    html! {
        @for block in lines.chunk_by(|a, b| list_item(a).is_some() == list_item(b).is_some()) {
            @if list_item(&block[0]).is_some() {
                ul style="margin:0 0 16px;padding:0 0 0 24px" { @for item in block.iter().filter_map(|it| list_item(it)) { li { (line(item)) } } }
            } @else {
                p style="margin:0 0 16px" { @for (position, text) in block.iter().enumerate() { @if position > 0 { br; } (line(text)) } }
            }
        }
    }
}

/// A line in which those web addresses are links that may be.
fn linked(line: &str, may_be_link: impl Fn(&str) -> bool) -> Markup {
    html! {
        @for (before, url) in pieces(line) {
            (before)
            @if may_be_link(url) { a href=(url) { (url) } } @else { (url) }
        }
    }
}

/// The web addresses of a line, each with what stands before it, and at last what stands after them, with none.
fn pieces(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(line);
    iter::from_fn(move || {
        let text = rest.take()?;
        let Some((before, url)) = next_url(text) else {
            return Some((text, ""));
        };
        rest = Some(&text[before.len() + url.len()..]);
        Some((before, url))
    })
}

/// The first web address of a text, and what stands before it.
///
/// An address ends before what no address has unescaped, such as quotation marks of any script, and before the punctuation of
/// the sentence that it stands in.
fn next_url(text: &str) -> Option<(&str, &str)> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut end = text.len();
    // Shorter with each round, as what cannot be in an address is cut off from there on.
    loop {
        let link = finder.links(&text[..end]).next()?;
        let (start, url) = (link.start(), link.as_str());
        match url.find(|c: char| !is_of_url(c)) {
            Some(cut) => end = start + cut,
            None => return Some((&text[..start], url.trim_end_matches(is_around_url))),
        }
    }
}

/// RFC 3986, and the letters of RFC 3987.
fn is_of_url(c: char) -> bool {
    c.is_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c)
}

/// What ends an emphasis or a quotation, and the punctuation before that.
fn is_around_url(c: char) -> bool {
    "*_'~.,;:!?".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn links(line: &str) -> Vec<String> {
        let html = linked(line, |url| !url.is_empty()).into_string();
        let links = html.split("<a href=\"").skip(1);
        links
            .filter_map(|it| Some(it.split_once('"')?.0.replace("&amp;", "&")))
            .collect()
    }

    #[test]
    fn an_address_keeps_its_own_punctuation() {
        for url in [
            "https://en.wikipedia.org/wiki/Refund_(disambiguation)",
            "https://example.com/a.b/c,d;e?f=g.h&i=j%20k#l!m",
            "https://müller.example/grüße/日本",
            "https://example.com/path/",
            "http://127.0.0.1:3000/b?c=d",
        ] {
            for text in [
                url.to_owned(),
                format!("See {url}."),
                format!("({url})"),
                format!("„{url}“, "),
            ] {
                assert_eq!(links(&text), [url], "{text}");
            }
        }
    }

    #[test]
    fn two_addresses_are_two_links() {
        let text = "https://a.example/1”https://b.example/2,https://c.example/3";
        assert_eq!(
            links(text)[..2],
            [
                "https://a.example/1",
                "https://b.example/2,https://c.example/3"
            ]
        );
        assert!(links("https:// and ://x, https://”, plain.example").is_empty());
    }

    proptest! {
        #[test]
        fn an_address_ends_where_its_sentence_goes_on(
            path in "[a-z0-9/=&%-]{0,20}[a-z0-9/]",
            before in r#"[(\["'“„«»‘<{*。、（「【 ]{0,3}"#,
            after in r#"[.,;:!?)\]"'”“»«’>}*…。、，！？）」】]{1,4}"#,
            more in " [a-z ]{0,10}",
        ) {
            let url = format!("https://example.com/{path}");
            let text = format!("See {before}{url}{after}{more}");
            prop_assert_eq!(links(&text), [url], "{}", text);
        }

        #[test]
        fn whatever_is_written_is_shown_and_nothing_else(text in ".{0,80}(https://[^ ]{0,20}.{0,5}){0,3}") {
            let html = linked(&text, |url| !url.is_empty()).into_string();
            let mut shown = String::new();
            let mut rest = html.as_str();
            while let Some((before, tag)) = rest.split_once('<') {
                shown.push_str(before);
                rest = tag.split_once('>').unwrap().1;
            }
            shown.push_str(rest);
            let shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            prop_assert_eq!(shown, text);
        }
    }
}
