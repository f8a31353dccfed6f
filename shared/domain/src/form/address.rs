//! Which text is an email address.

use email_address::{EmailAddress, Options};

/// The most characters of an address (RFC 5321, section 4.5.3.1).
pub(super) const ADDRESS_CHARS: usize = 254;

/// What [`is_email`] takes, but for its length, as a regular expression.
pub(super) fn pattern() -> String {
    let atom = "[A-Za-z0-9!#$%&'*/=?^_`{|}~+-]+";
    let label = "(?!(?![Xx][Nn]--)..--)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    format!("^(?=.{{1,64}}@){atom}(\\.{atom})*@({label}\\.)+(?![0-9]+$|0[Xx][0-9A-Fa-f]*$){label}$")
}

/// Whether a text is an address that the mail service takes: of ASCII letters, with a domain of at least two labels, without
/// quotes, comments or a display name. Whether the mailbox exists is found out by writing to it.
pub fn is_email(text: &str) -> bool {
    let options = Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    let is_plain = |c: char| c.is_ascii_graphic() && !"<>()[]\\,;:\"".contains(c);
    let well_formed = EmailAddress::parse_with_options(text, options).is_ok();
    let domain = text.rsplit('@').next().unwrap_or_default();
    well_formed && text.len() <= ADDRESS_CHARS && text.chars().all(is_plain) && is_domain(domain)
}

/// A domain as it is registered (RFC 5891, section 4.2.3): of labels of letters, digits and hyphens, with no hyphen at an end
/// of one, nor two as its third and fourth letters but in what stands for other letters, `xn--`.
fn is_domain(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    idna::domain_to_ascii_strict(domain).is_ok() && !is_number(last)
}

/// Whether a last label is a number, in decimals or as `0x7f`: such a name is an IPv4 address or nothing (WHATWG URL).
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or(label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|it| it.is_ascii_hexdigit()),
        None => label.bytes().all(|it| it.is_ascii_digit()),
    }
}

/// An address whose domain is written in other letters, as mail servers write it: `ada@müller.example` is
/// `ada@xn--mller-kva.example` (IDNA, UTS 46). `None` where there is nothing to be changed, or no domain.
pub(super) fn to_ascii(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    if domain.is_ascii() {
        return None;
    }
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    Some(format!("{local}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_the_mail_service_takes() {
        for good in [
            "ada@example.com",
            "a@b.co",
            "ada.lovelace+refund@mail.example.co.uk",
            "o'brien@example.com",
            "ada@xn--mller-kva.example",
            "x_y-z@1and1.example",
            "a!#$%&'*/=?^`{|}~b@example.com",
        ] {
            assert!(is_email(good), "{good}");
        }
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_label = format!("a@{}.com", "a".repeat(64));
        let long = format!("a@{}.com", vec!["a".repeat(50); 5].join("."));
        for bad in [
            "",
            "ada",
            "ada@",
            "@x.y",
            "a b@x.y",
            "a@x",
            "a@b@c.d",
            "<a@x.y>",
            "a..b@example.com",
            ".a@example.com",
            "a.@example.com",
            "ada@-example.com",
            "ada@example-.com",
            "ada@example..com",
            "ada@.example.com",
            "ada@example.com.",
            "ada@ab--cd.example",
            "ada@xn--.example",
            "\"a b\"@example.com",
            "ada@[127.0.0.1]",
            "ada@127.0.0.1",
            "ada@1.2.3.4.5",
            "ada@example.123",
            "ada@127.0x7f",
            "ada@example.0X",
            "Ada <ada@example.com>",
            "ada@exam_ple.com",
            "a@x.y\r\nBcc: z@x.y",
            "ada@müller.example",
            "jürgen@example.com",
            "ada@example.com,bob@example.com",
            &long_local,
            &long_label,
            &long,
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn a_domain_beyond_ascii_is_written_as_servers_write_it() {
        let ascii = |text| to_ascii(text);
        assert_eq!(
            ascii("ada@müller.example").as_deref(),
            Some("ada@xn--mller-kva.example")
        );
        assert_eq!(
            ascii("Ada@MÜLLER.example").as_deref(),
            Some("Ada@xn--mller-kva.example")
        );
        assert_eq!(
            ascii("ada@例え.テスト").as_deref(),
            Some("ada@xn--r8jz45g.xn--zckzah")
        );
        assert_eq!(ascii("ada@example.com"), None);
        assert_eq!(ascii("ada@exa mplé.com"), None);
        assert_eq!(ascii("müller"), None);
    }
}
