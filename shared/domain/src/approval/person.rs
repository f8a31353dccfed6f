//! When two addresses are one person's.
//!
//! This guards decisions: a request of one's own, phases that are kept separate, colleagues. It is no rule for
//! delivery, where an address is taken as it is written.

/// Mailboxes where a dot in the name is of no account, under the two names of their domain.
const DOTLESS: [&str; 2] = ["gmail.com", "googlemail.com"];

/// Whether mail to both addresses reaches one mailbox. Case, a `+tag` and the dot that may end a domain make no
/// difference.
pub fn is_same_person(a: &str, b: &str) -> bool {
    mailbox(a) == mailbox(b)
}

/// An address without what makes no difference to whose it is.
pub fn mailbox(address: &str) -> String {
    let address = address.trim().to_lowercase();
    let Some((name, domain)) = address.rsplit_once('@') else {
        return address;
    };
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    // A name that begins with a plus has no other name before its tag.
    let untagged = name.split('+').next().filter(|name| !name.is_empty());
    let name = untagged.unwrap_or(name);
    if DOTLESS.contains(&domain) {
        return format!("{}@{}", name.replace('.', ""), DOTLESS[0]);
    }
    format!("{name}@{domain}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_mailbox_has_many_spellings() {
        for (a, b) in [
            ("csm-2@example.com", " CSM-2@Example.com "),
            ("csm-2+shop@example.com", "csm-2@example.com"),
            ("csm-2+a+b@example.com.", "Csm-2+c@example.com"),
            ("a.d.a+x@gmail.com", "ada@googlemail.com"),
            ("nobody", "Nobody"),
        ] {
            assert!(is_same_person(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("csm-1@example.com", "csm-2@example.com"),
            ("a.da@example.com", "ada@example.com"),
            ("ada@example.com", "ada@example.org"),
            ("+a@example.com", "+b@example.com"),
            ("csm-2@example.com", "csm-2@example.com.evil.example"),
        ] {
            assert!(!is_same_person(a, b), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn a_tag_is_of_no_account_and_the_name_is(
            name in "[a-z][a-z0-9.-]{0,8}",
            other in "[a-z][a-z0-9-]{0,8}",
            tag in "[a-z+]{0,5}",
            domain in "[a-z]{1,8}\\.example",
        ) {
            let plain = format!("{name}@{domain}");
            let tagged = format!("{name}+{tag}@{domain}").to_uppercase();
            prop_assert!(is_same_person(&plain, &tagged));
            prop_assert!(is_same_person(&tagged, &plain));
            let others = format!("{other}@{domain}");
            prop_assert_eq!(is_same_person(&others, &tagged), other == name);
        }
    }
}
