//! What a reader looks for in a mail's text: its links and its code.

/// A piece of text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Plain(&'a str),
    /// An address of the web; nothing else becomes a link.
    Link(&'a str),
}

/// What a link in a mail is for, as its `decision` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Approve,
    Reject,
    /// One of the options of a choice.
    Choose(String),
    Other,
}

/// Splits a text into plain pieces and links.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = next_link(rest) {
        let length = link_length(&rest[start..]);
        if start > 0 {
            pieces.push(Piece::Plain(&rest[..start]));
        }
        pieces.push(Piece::Link(&rest[start..start + length]));
        rest = &rest[start + length..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Plain(rest));
    }
    pieces
}

fn next_link(text: &str) -> Option<usize> {
    let starts = ["http://", "https://"].map(|scheme| text.find(scheme));
    starts.into_iter().flatten().min()
}

/// A link goes on to a space or a bracket; punctuation at its end belongs to the sentence.
fn link_length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"'`{}|\\^".contains(c);
    let link = &text[..text.find(ends).unwrap_or(text.len())];
    link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']'])
        .len()
}

/// The links of a text, each once.
pub(crate) fn links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    for piece in pieces(text) {
        if let Piece::Link(link) = piece
            && !links.contains(&link)
        {
            links.push(link);
        }
    }
    links
}

/// What a link is for.
pub(crate) fn purpose(link: &str) -> Purpose {
    let query = link.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let decision = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "decision");
    match decision.as_ref().map(|(_, value)| value.as_ref()) {
        Some("approve") => Purpose::Approve,
        Some("reject") => Purpose::Reject,
        Some(option) if !option.is_empty() => Purpose::Choose(option.to_owned()),
        Some(_) | None => Purpose::Other,
    }
}

/// The code in a line `Code: 123456`.
pub(crate) fn code(text: &str) -> Option<&str> {
    let mut lines = text.lines();
    lines.find_map(|line| Some(line.trim().strip_prefix("Code:")?.trim()))
}

/// `Refund Request` for `customer-success/refund-request`; `In review` for `in_review`.
pub(crate) fn in_words(name: &str, every_word: bool) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    let words = last.split(['-', '_']).filter(|word| !word.is_empty());
    let mut text = String::with_capacity(last.len());
    for (index, word) in words.enumerate() {
        if index > 0 {
            text.push(' ');
        }
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if every_word || index == 0 => {
                text.extend(first.to_uppercase());
                text.push_str(letters.as_str());
            }
            _ => text.push_str(word),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_sentences() {
        let text = "See https://a.example/x?y=1. Or (http://b.example/p), or <https://c.example> javascript:alert(1)";
        assert_eq!(
            links(text),
            [
                "https://a.example/x?y=1",
                "http://b.example/p",
                "https://c.example"
            ]
        );
        let whole: String = pieces(text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Plain(text) | Piece::Link(text) => text,
            })
            .collect();
        assert_eq!(whole, text, "nothing is lost");
    }

    #[test]
    fn purposes_come_from_the_decision() {
        let cases = [
            ("http://h/approvals/1?decision=approve", Purpose::Approve),
            (
                "http://h/approvals/1?a=b&decision=reject#x",
                Purpose::Reject,
            ),
            (
                "http://h/approvals/1?decision=next-invoice",
                Purpose::Choose("next-invoice".to_owned()),
            ),
            ("http://h/approvals/1?decision=", Purpose::Other),
            ("http://h/decision=approve", Purpose::Other),
        ];
        for (link, expected) in cases {
            assert_eq!(purpose(link), expected, "{link}");
        }
    }

    #[test]
    fn the_code_is_the_rest_of_its_line() {
        assert_eq!(code("Hello\n  Code: 123456 \nBye"), Some("123456"));
        assert_eq!(code("Your code is Code"), None);
    }

    #[test]
    fn names_become_words() {
        let cases = [
            ("customer-success/refund-request", true, "Refund Request"),
            ("in_review", false, "In review"),
            ("", false, ""),
            ("RUNNING", false, "RUNNING"),
        ];
        for (name, every_word, expected) in cases {
            assert_eq!(in_words(name, every_word), expected);
        }
    }
}
