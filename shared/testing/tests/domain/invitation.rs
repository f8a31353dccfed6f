//! Invitations to a form.

use domain::id::{OfferingPath, RequestId};
use domain::invitation::*;
use domain::one_time_code::*;
use jiff::Timestamp;
use testing::fixtures::approval::link_keys;

fn survey() -> OfferingPath {
    "customer-satisfaction/csat-survey".parse().unwrap()
}

#[test]
fn a_token_opens_its_own_offering_for_its_own_request_only() {
    let (key, a, b) = (link_keys(), RequestId::random(), RequestId::random());
    let other: OfferingPath = "customer-satisfaction/other".parse().unwrap();
    let token = InvitationToken::new(&key, a, &survey());
    let read = InvitationToken::parse(&token.to_string()).unwrap();
    assert_eq!(read.opens(&key, &survey()), Some(a));
    assert_eq!(read.opens(&key, &other), None);
    let secret = token.to_string().split_once('.').unwrap().1.to_owned();
    assert_eq!(secret.len(), 40);
    assert_eq!(read.key_id(), key.newest().id());
    for forged in [
        format!("{b}.{secret}"),
        format!("{a}."),
        format!("{a}.{}", key.status_key(a)),
        format!("{a}.{}", "0".repeat(40)),
    ] {
        let forged = InvitationToken::parse(&forged).unwrap();
        assert_eq!(forged.opens(&key, &survey()), None, "{forged}");
    }
    for junk in ["", ".", "x.y", &a.to_string(), &secret] {
        assert_eq!(InvitationToken::parse(junk), None, "{junk}");
    }
    assert!(!format!("{token:?}").contains(&secret));
    assert_eq!(
        token.url("https://d", &survey()),
        format!("https://d/services/customer-satisfaction/csat-survey?invitation={token}")
    );
}

#[test]
fn an_invitation_is_used_once_and_only_with_its_code() {
    let (keys, about) = (link_keys(), RequestId::random());
    let key = keys.newest();
    let mut invitation = Invitation::new(about, &survey());
    let code = invitation.code(key);
    let others = Invitation::new(RequestId::random(), &survey()).code(key);
    let (first, second) = (RequestId::random(), RequestId::random());
    let at = Timestamp::UNIX_EPOCH;
    assert_eq!(
        invitation.use_for(first, key, &others, at),
        CodeCheck::Wrong
    );
    assert_eq!(invitation.used(), None);
    assert_eq!(invitation.use_for(first, key, &code, at), CodeCheck::Right);
    invitation.use_for(second, key, &code, at);
    assert_eq!(invitation.used().unwrap().request_id, first);

    let guesses = (1..WRONG_CODES).map(|_| invitation.use_for(second, key, &others, at));
    assert_eq!(guesses.last(), Some(CodeCheck::Renewed));
    assert_eq!(invitation.use_for(first, key, &code, at), CodeCheck::Wrong);
    let fresh = invitation.code(key);
    assert_eq!(invitation.use_for(first, key, &fresh, at), CodeCheck::Right);
}
