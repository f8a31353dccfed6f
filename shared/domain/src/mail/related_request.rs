//! What a mail is about, as the mail service keeps it beside the mail and gives it back when the mail
//! bounces.

use std::fmt::Write;

use crate::id::{PhaseName, RequestId};

/// The names of the tags.
const REQUEST: &str = "request";
const PHASE: &str = "phase";

/// The request that a mail is about, and the phase that it was sent in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedRequest {
    /// The request.
    pub request: RequestId,
    /// The phase.
    pub phase: PhaseName,
}

impl RelatedRequest {
    /// As tags, whose values SES takes only as letters, digits, hyphens and underscores.
    pub fn tags(&self) -> [(&'static str, String); 2] {
        [
            (REQUEST, self.request.to_string()),
            (PHASE, encoded(self.phase.as_str())),
        ]
    }

    /// From tags. `None` for a mail that was sent by somebody else, or about nothing.
    pub fn read<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        Some(Self {
            request: tag(REQUEST)?.parse().ok()?,
            phase: decoded(tag(PHASE)?)?.parse().ok()?,
        })
    }
}

/// A text in a tag's alphabet: what is not in it becomes an underscore and two hexadecimal digits.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "_{byte:02x}");
        }
    }
    encoded
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('_') {
        bytes.extend(plain.bytes());
        bytes.push(u8::from_str_radix(after.get(..2)?, 16).ok()?);
        rest = after.get(2..)?;
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_comes_back_from_its_tag() {
        for phase in ["CSM Review", "Prüfung (2_b)", "x-_20y", &"é".repeat(30)] {
            let related = RelatedRequest {
                request: RequestId::random(),
                phase: phase.parse().unwrap(),
            };
            let tags = related.tags();
            for (_, value) in &tags {
                let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
                assert!(value.len() < 256 && value.chars().all(fits), "{value}");
            }
            let tag = |name: &str| {
                let found = tags.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.as_str())
            };
            assert_eq!(RelatedRequest::read(tag), Some(related));
        }
    }

    #[test]
    fn what_is_none_of_ours_is_about_nothing() {
        let request = RequestId::random().to_string();
        for (request, phase) in [
            ("r-1", "CSM_20Review"),
            (&request, ""),
            (&request, "CSM_2"),
            (&request, "CSM_zz"),
        ] {
            let tag = |name: &str| Some(if name == REQUEST { request } else { phase });
            assert_eq!(RelatedRequest::read(tag), None, "{phase}");
        }
        assert_eq!(RelatedRequest::read(|_| None), None);
    }
}
