//! What is read of a mail where a program drops all styles and classes: its blocks and breaks, from top to bottom.

use super::*;

/// The lines of an HTML part that no style shapes.
fn lines(mail: &Mail) -> Vec<String> {
    let (_, body) = mail.html.split_once("<body").unwrap();
    let mut text = String::new();
    for (position, piece) in body.split('<').enumerate() {
        let (tag, words) = piece.split_once('>').unwrap();
        let name = tag.split(' ').next().unwrap();
        let breaks = [
            "br", "p", "/p", "li", "/li", "/ul", "h1", "/h1", "/td", "/tr", "div", "/div",
        ];
        if position == 0 || breaks.contains(&name) {
            text.push('\n');
        }
        text.push_str(&words.replace('\n', " "));
    }
    let lines = text.lines().map(|line| line.trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_code_stands_above_the_buttons() {
    let (request, approval) = case();
    let (_, code) = approval.secrets(&link_keys(), TO);
    let mail = mail(&request, &approval, NotificationReason::Asked);
    let lines = lines(&mail);
    let at = |text: &str| lines.iter().position(|line| line == text).unwrap();
    let buttons = at("Approve Reject");
    assert_eq!(at("The page that opens asks for this code:") + 2, buttons);
    assert_eq!(lines[buttons - 1], code);
    let in_text = |start: &str| mail.text.find(start).unwrap();
    assert!(in_text("\nCode: ") < in_text("\nApprove: "));
}

proptest! {
    #[test]
    fn each_line_that_somebody_wrote_is_one(written in prop::collection::vec("(- )?[a-z]{1,8}( [a-z]{1,8}){0,3}", 1..6)) {
        let text = written.join("\n");
        let (mut request, approval) = case();
        for answer in &mut request.answers {
            answer.value = Some(Value::Text(text.clone()));
        }
        let now = StateEntry::during(&approval.phase, approval.asked_at);
        request.apply(&Event::Questioned { by: TO, text: &text, key_id: "" }, now);
        let (keys, brand) = (link_keys(), Brand::default());
        let question = super::super::question(&brand, &request, TO, &request.inquiries[0], &keys, 0);
        let asking = mail(&request, &approval, NotificationReason::Asked);
        let rejected = domain::text::render("No:\n\n{{ notes }}\n\nBye.", &request, "").unwrap();
        let rejected = from_text(&brand, TO, "No", &rejected, &request.origin);
        for (mail, is_list) in [(question, false), (asking, false), (rejected, true)] {
            let said: Vec<_> = written.iter().map(|line| match line.strip_prefix("- ") {
                Some(item) if is_list => item.to_owned(),
                _ => line.clone(),
            }).collect();
            let lines = lines(&mail);
            // The first follows the words that it is said with.
            let found = lines.windows(said.len()).any(|it| it[1..] == said[1..] && it[0].ends_with(&said[0]));
            prop_assert!(found, "{said:?} in {lines:?}");
        }
    }
}
