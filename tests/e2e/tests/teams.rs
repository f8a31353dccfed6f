//! People who join and leave a team while requests are under way, by the operator's command.

use e2e::{LocalStack, form};

const WHO: [&str; 4] = ["--by", "ada@example.com", "--because", "people come and go"];
const LEAVES: &str = "csm-1@example.com";
const STAYS: &str = "csm-2@example.com";
const JOINS: &str = "csm-3@example.com";

fn operator(client: &LocalStack, command: &[&str]) -> String {
    client.admin(&[command, &WHO].concat())
}

#[test]
fn a_change_of_a_team_holds_at_once_also_for_what_is_under_way_and_outlives_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["--port", "0", "--data-dir", data.path().to_str().unwrap()];
    let client = LocalStack::with(&arguments);
    let [first, second] = [client.submit(&form()), client.submit(&form().amount("11"))];
    let early = client.mail(LEAVES, &first.id);
    for request in [&first, &second] {
        client.mail(STAYS, &request.id);
    }

    let said = operator(&client, &["teams", "add", "csm-team", JOINS]);
    let expected =
        format!("csm-team: {LEAVES}, {STAYS}, {JOINS}\nOpen approvals that go on with it: 2.\n");
    assert_eq!(said, expected);
    operator(&client, &["teams", "remove", "csm-team", LEAVES]);
    let (status, refused) = early.decide(&client, "approve", "");
    assert_eq!(status, 403, "{refused}");
    client.mail(JOINS, &first.id).approve(&client);
    client.wait_for_status(&first, "refunded");
    assert_eq!(
        client.mails(STAYS).len(),
        2,
        "who was asked before is not asked again"
    );

    // What comes in after a restart asks those who are there.
    client.kill();
    let client = LocalStack::with(&arguments);
    let third = client.submit(&form().amount("12"));
    client.mail(STAYS, &third.id);
    client.mail(JOINS, &third.id);
    assert!(
        client
            .mails(LEAVES)
            .iter()
            .all(|mail| !mail.text.contains(&third.id))
    );
    client.mail(JOINS, &third.id).approve(&client);
    client.wait_for_status(&third, "refunded");

    let log = client.admin(&["log"]);
    let actions: Vec<_> = log
        .lines()
        .map(|line| line.split_once("example.com ").unwrap().1)
        .collect();
    assert_eq!(
        actions,
        [
            format!("members_added: csm-team: {JOINS} joined: people come and go"),
            format!("members_removed: csm-team: {LEAVES} left: people come and go"),
        ]
    );
    let listed = client.admin(&["teams", "list"]);
    assert!(
        listed.contains(&format!("csm-team: {STAYS}, {JOINS}\n")),
        "{listed}"
    );
}
