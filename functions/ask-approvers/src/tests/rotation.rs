//! The links of an open approval while the link key is replaced.

use domain::approval::LinkKeys;

use super::*;

const OLD: &str = "0123456789abcdef0123456789abcdef";
const NEW: &str = "fedcba9876543210fedcba9876543210";

/// The link id and the code in the mail of each day to the first of the team, with the keys of that day.
async fn mailed(keys_of_days: &[&str]) -> (Function, RequestId, Vec<(String, String)>) {
    let (mut function, id) = function().await;
    let mut mailed = Vec::new();
    for (day, keys) in (0..).zip(keys_of_days) {
        function.link_keys = LinkKeys::parse(keys).unwrap().into();
        let token = format!("t{day}");
        function.at(id, day * DAY, &token).await.unwrap();
        let mut mails = function.mailer.sent();
        mails.retain(|mail| mail.to == CSM);
        mailed.push(secrets(&mails.last().unwrap().text));
    }
    (function, id, mailed)
}

fn secrets(text: &str) -> (String, String) {
    let after = |label: &str| text.lines().find_map(|line| line.strip_prefix(label));
    let link = after("Approve: ").unwrap().rsplit_once('/').unwrap().1;
    let link = link.split_once('?').unwrap().0.to_owned();
    (link, after("Code: ").unwrap().to_owned())
}

#[tokio::test]
async fn a_reminder_has_the_same_link_while_its_key_is_in_the_list() {
    let both = format!("{NEW},{OLD}");
    let (_, _, mailed) = mailed(&[OLD, &both]).await;
    assert_eq!(mailed[0], mailed[1]);
}

#[tokio::test]
async fn once_its_key_is_removed_the_next_reminder_brings_a_link_that_opens() {
    let (function, id, mailed) = mailed(&[OLD, NEW, NEW]).await;
    let [void, fresh, again] = &mailed[..] else {
        panic!("three mails")
    };
    assert!(void.0 != fresh.0 && void.1 != fresh.1);
    assert_eq!(fresh, again, "it is replaced once");
    let link = function.store.link(&fresh.0).await.unwrap();
    assert_eq!(link.unwrap().value.approver.as_deref(), Some(CSM));
    let approval = function.approval_of(id).await.value;
    let keys = function.link_keys.current();
    assert_eq!(approval.secrets(&keys, CSM), *fresh);
}
