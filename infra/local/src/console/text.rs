//! Finds the links and the code in a mail's text.

use linkify::{LinkFinder, LinkKind, Span};
use url::Url;

/// A text in pieces, each with whether it is an address of the web; nothing else becomes a link.
pub(crate) fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let is_web = |span: &Span<'_>| {
        let text = span.as_str();
        span.kind().is_some() && (text.starts_with("http://") || text.starts_with("https://"))
    };
    let spans = finder.spans(text);
    spans.map(|span| (span.as_str(), is_web(&span))).collect()
}

/// The links of a text, each once.
pub(crate) fn links(text: &str) -> Vec<Url> {
    let mut links = Vec::new();
    for (link, is_link) in pieces(text) {
        if is_link
            && let Ok(link) = Url::parse(link)
            && !links.contains(&link)
        {
            links.push(link);
        }
    }
    links
}

/// The decision that a link of an approval or a choice is for.
pub(crate) fn decision(link: &Url) -> Option<String> {
    let mut parameters = link.query_pairs();
    let (_, decision) = parameters.find(|(name, _)| name == "decision")?;
    (!decision.is_empty()).then(|| decision.into_owned())
}

/// The code in a line `Code: 123456`.
pub(crate) fn code(text: &str) -> Option<&str> {
    let mut lines = text.lines();
    lines.find_map(|line| Some(line.trim().strip_prefix("Code:")?.trim()))
}

/// `In review` for `in_review`.
pub(crate) fn in_words(name: &str) -> String {
    let mut words = name.replace(['-', '_'], " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_sentences() {
        let text = "See https://a.example/x?y=1. Or (http://b.example/p), or <https://c.example> javascript:alert(1) \
                    x://d.example, and again http://b.example/p";
        let links: Vec<String> = links(text).into_iter().map(Into::into).collect();
        assert_eq!(
            links,
            [
                "https://a.example/x?y=1",
                "http://b.example/p",
                "https://c.example/"
            ]
        );
        let whole: String = pieces(text).into_iter().map(|(piece, _)| piece).collect();
        assert_eq!(whole, text, "nothing is lost");
    }

    #[test]
    fn a_link_says_what_it_decides() {
        for (link, expected) in [
            ("http://h/approvals/1?decision=approve", Some("approve")),
            ("http://h/approvals/1?a=b&decision=reject#x", Some("reject")),
            ("http://h/approvals/1?decision=", None),
            ("http://h/decision=approve", None),
        ] {
            let url = Url::parse(link).unwrap();
            assert_eq!(decision(&url).as_deref(), expected, "{link}");
        }
    }

    #[test]
    fn the_code_is_the_rest_of_its_line() {
        assert_eq!(code("Hello\n  Code: 123456 \nBye"), Some("123456"));
        assert_eq!(code("Your code is Code"), None);
    }

    #[test]
    fn names_become_words() {
        for (name, expected) in [
            ("in_review", "In review"),
            ("", ""),
            ("next-invoice", "Next invoice"),
        ] {
            assert_eq!(in_words(name), expected);
        }
    }
}
