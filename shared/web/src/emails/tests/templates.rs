//! The template files: each folder is a mail, and no template names what its mail does not have.

use std::collections::BTreeSet;
use std::path::Path;

use testing::fixtures::approval::offer;

use super::snapshots::{reconciled, reversed};
use super::*;
use crate::emails::approval::ApprovalContext;
use crate::emails::choice::ChoiceContext;
use crate::emails::invitation_code::InvitationCodeContext;
use crate::emails::nobody_may_decide::NobodyMayDecideContext;
use crate::emails::question::QuestionContext;
use crate::emails::reconciliation::ReconciliationContext;
use crate::emails::refund_returned::RefundReturnedContext;
use crate::emails::refund_reversed::RefundReversedContext;
use crate::emails::template::{Template, environment};

/// A mail's folder, after a look at the names in its templates.
fn checked<T: Template>(context: &T) -> String {
    let files = T::FILES;
    let given = serde_json::to_value(context).unwrap();
    let given: BTreeSet<String> = given.as_object().unwrap().keys().cloned().collect();
    let brand = Brand::default();
    let environment = environment(&brand);
    let mut named = BTreeSet::new();
    for source in [files.subject, files.text, files.html, files.preheader] {
        let template = environment.template_from_str(source).unwrap();
        named.extend(template.undeclared_variables(false));
    }
    named.remove("style");
    named.remove("theme");
    assert_eq!(
        named, given,
        "{}: names in its templates, fields",
        files.folder
    );
    assert!(
        !files.html.contains("='"),
        "{}: values are escaped for double quotes alone",
        files.folder
    );
    files.folder.to_owned()
}

#[test]
fn every_folder_is_a_mail_that_has_all_that_its_templates_name() {
    let (request, approval) = case();
    let offer = offer(&request);
    let key = link_keys();
    let brand = Brand::default();
    let email = |approval| ApprovalEmail {
        brand: &brand,
        request: &request,
        approval,
        to: TO,
        keys: &key,
        reason: NotificationReason::Asked,
        ineligible: None,
    };
    let domain::approval::Asked::Customer(choice) = &offer.asked else {
        unreachable!("it is a choice");
    };
    let (reversed_request, entry) = reversed();
    let mut asked = request.clone();
    let now = StateEntry::during(&approval.phase, approval.asked_at);
    asked.apply(
        &Event::Questioned {
            by: TO,
            text: "Why?",
            key_id: "",
        },
        now,
    );
    let mails = BTreeSet::from([
        checked(&ApprovalContext::of(&email(&approval))),
        checked(&ChoiceContext::of(&email(&offer), choice).unwrap()),
        checked(&QuestionContext::of(&asked, &asked.inquiries[0], &key, 0)),
        checked(&NobodyMayDecideContext::of(
            &brand,
            &request,
            &approval,
            &[],
            &key,
        )),
        checked(&RefundReversedContext::of(&reversed_request, &entry, &key)),
        checked(&RefundReturnedContext::of(&reversed_request, &entry, &key)),
        checked(&ReconciliationContext::of(&reconciled())),
        checked(&InvitationCodeContext {
            offering: "",
            url: "",
            code: "",
        }),
    ]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/emails");
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut folders: BTreeSet<String> = folders
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    folders.remove("tests");
    assert_eq!(folders, mails);
}
