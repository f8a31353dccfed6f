//! Where links lead, and what stands in them.

use domain::form::Answer;
use domain::id::RequestId;
use domain::reference::Reference;
use domain::request::{Request, Submission};
use domain::request_store::RequestStore;
use jiff::Timestamp;
use proptest::prelude::*;
use testing::{MemoryTable, fixtures};

/// A request with these answers beside the fixture's.
fn with(answers: &[(&str, &str)]) -> Request {
    let offering = fixtures::request::offering();
    let usual = [
        ("reason", "Other"),
        ("chargeIdToRefund", "ch_1"),
        ("refundAmount", "50"),
    ];
    let answers = answers.iter().chain(&usual);
    let answers: Vec<_> = answers
        .map(|(name, text)| ((*name).to_owned(), Answer::Text((*text).to_owned())))
        .collect();
    let values = offering.form.check(&answers).unwrap();
    let (request, _) = Request::submit(Submission {
        request_id: RequestId::random(),
        offering: &offering,
        values: &values,
        origin: "https://refunds.example.com".to_owned(),
        about: None,
        at: Timestamp::UNIX_EPOCH,
    });
    request
}

proptest! {
    /// The address of a page is kept in logs and histories.
    #[test]
    fn a_link_to_the_form_carries_what_was_asked_for_and_nothing_that_is_personal(
        name in "[a-z]{8,20}", notes in "[a-zA-Z&=?#% ]{0,40}zzz", customer in "[0-9]{9,14}",
    ) {
        let (email, customer) = (format!("{name}@example.com"), format!("cus_{customer}"));
        let answers = [("customerEmail", email.as_str()), ("notes", &notes), ("stripeCustomerId", &customer)];
        let url = with(&answers).form_url();
        let asked_for = "chargeIdToRefund=ch_1&refundAmount=50.00&reason=Other";
        prop_assert_eq!(
            url,
            format!("https://refunds.example.com/services/customer-success/refund-request?{asked_for}")
        );
    }
}

#[test]
fn what_was_selected_is_written_as_an_address_needs_it() {
    let (request, _) = fixtures::request::request();
    assert!(
        request.form_url().ends_with("&reason=Duplicate+charge"),
        "{}",
        request.form_url()
    );
}

#[tokio::test]
async fn every_request_is_found_by_its_reference() {
    let store = RequestStore::new(MemoryTable::default());
    for _ in 0..3 {
        let (request, record) = fixtures::request::request();
        store.create(&request, &record, Vec::new()).await.unwrap();
        let found = store.requests_of_reference(request.reference()).await;
        let found: Vec<_> = found.unwrap().iter().map(|it| it.request_id).collect();
        assert_eq!(found, [request.request_id]);
    }
    let other = Reference::of(RequestId::random());
    assert_eq!(store.requests_of_reference(other).await.unwrap(), []);
}
