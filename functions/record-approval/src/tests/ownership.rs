//! Whose a guest's charge is: who may say so, when, and what it leaves untouched.

use domain::approval::viewed_digest;
use domain::charge_lookup::FoundPayment;
use domain::charge_statement::ChargeStatement;
use domain::failure::STRIPE_GUEST_CHARGE;
use domain::request::{Event, Status};
use domain::stripe::{Charge, Customer, Payer, Payment};
use domain::task::StateEntry;

use super::*;

impl Fixture {
    /// What a lookup found: `ch_1`, paid by somebody.
    pub(super) async fn found(&self, payer: Payer) {
        let charge = json!({
            "id": "ch_1", "amount": 5_000, "amount_captured": 5_000, "amount_refunded": 0,
            "captured": true, "created": 1, "currency": "usd",
        });
        let charge: Charge = serde_json::from_value(charge).unwrap();
        let payment = Payment {
            id: "ch_1".to_owned(),
            currency: "usd".to_owned(),
            intent: None,
            charge: Some(charge),
            payer,
        };
        let statement = ChargeStatement {
            payment,
            refunds: Vec::new(),
            credits: Vec::new(),
            credit_target: None,
        };
        let report = ChargeLookup {
            request_id: self.id,
            // Within the minute before what the tests post.
            looked_up_at: Timestamp::from_second(30).unwrap(),
            charges: vec!["ch_1".to_owned()],
            payments: vec![FoundPayment::new(&statement, "ada@example.com")],
            customers: Vec::new(),
        };
        self.function
            .store
            .save_charge_lookup(report)
            .await
            .unwrap();
    }

    async fn found_a_guests(&self) {
        let guest = Payer::Guest(Some("bob@example.com".to_owned()));
        self.found(guest).await;
    }

    /// Somebody approves while Stripe knows nothing of the charge; then it does.
    async fn approved_before_it_was_found(&self, who: usize) {
        let lookup = ChargeLookup {
            request_id: self.id,
            looked_up_at: Timestamp::UNIX_EPOCH,
            charges: Vec::new(),
            payments: Vec::new(),
            customers: Vec::new(),
        };
        let store = &self.function.store;
        store.save_charge_lookup(lookup).await.unwrap();
        assert_eq!(self.decide(who, "approve").await.0, 200);
        self.found_a_guests().await;
    }

    async fn confirm_ownership(&self, who: usize, charge: &str) -> (u16, Value) {
        let code = &self.secrets[who].1;
        let body = json!({"action": "confirm-ownership", "code": code, "charge": charge});
        self.post_at(who, 60, &body).await
    }

    async fn approve_and_confirm(&self, who: usize, charge: &str) -> (u16, Value) {
        let code = &self.secrets[who].1;
        let body = json!({"decision": "approve", "code": code, "confirmCharge": charge});
        self.post_at(who, 60, &body).await
    }

    async fn stored(&self) -> RefundRequest {
        let request = self.function.store.request(self.id).await.unwrap();
        request.unwrap().value
    }

    /// The process stands still, for this error.
    async fn stop(&self, error: &str) {
        let store = &self.function.store;
        let mut request = store.request(self.id).await.unwrap().unwrap();
        let attention = "Needs Attention".parse().unwrap();
        let event = Event::Stopped { error, redrives: 0 };
        let state_entry = StateEntry::during(&attention, Timestamp::UNIX_EPOCH);
        let record = request.value.apply(&event, state_entry);
        store.save(&mut request, &record, Vec::new()).await.unwrap();
    }

    async fn customer_is(&self, email: &str) {
        let store = &self.function.store;
        let mut request = store.request(self.id).await.unwrap().unwrap();
        request.value.answers[0].value = Some(domain::form::Value::Text(email.to_owned()));
        let write = Write::update(&request);
        store.table().commit(vec![write]).await.unwrap();
    }

    fn code(&self, who: usize) -> String {
        format!("code={}", self.secrets[who].1)
    }
}

const FORM_OF_IT: &str = "This charge is this customer";
const CHECKBOX: &str = r#"type="checkbox" name="confirmCharge" value="ch_1""#;

#[tokio::test]
async fn an_approver_confirms_a_guests_charge_with_the_decision() {
    let asked = asked().await;
    asked.found_a_guests().await;
    assert!(
        !asked.get(0).await.1.contains("confirmCharge"),
        "not before the code"
    );
    let (_, page) = asked.form(0, &asked.code(0)).await;
    assert!(page.contains(CHECKBOX) && page.contains("unclear whose charge"));
    assert!(!page.contains(FORM_OF_IT), "it has no form of its own");
    let digest = viewed_digest::digest(&asked.stored().await, "v1");

    let (status, page) = asked
        .form(0, &format!("{}&decision=approve", asked.code(0)))
        .await;
    assert_eq!(status, 422);
    assert!(page.contains("please confirm that you have checked that the charge ch_1"));
    let (status, body) = asked.decide(0, "approve").await;
    let field = &body["errors"][0]["field"];
    assert_eq!((status, field), (422, &json!("confirmCharge")), "{body}");
    assert_eq!(asked.confirm_ownership(0, "ch_1").await.0, 422, "not alone");
    assert_eq!(asked.stored().await.ownership_confirmation, None);

    assert_eq!(asked.approve_and_confirm(0, "ch_1").await.0, 200);
    let actions = ["submitted", "ownership_confirmed", "approved"];
    assert_eq!(asked.actions(), actions);
    let request = asked.stored().await;
    let confirmation = request.ownership_confirmation.as_ref().unwrap();
    assert_eq!(
        (
            confirmation.of.charge.as_str(),
            &confirmation.of.customer,
            confirmation.by.as_str()
        ),
        ("ch_1", &None, TEAM[0])
    );
    assert_eq!(
        viewed_digest::digest(&request, "v1"),
        digest,
        "what is decided on is the same"
    );
    let items = asked.function.store.table().items();
    let audit_log: Vec<_> = items.iter().filter(|item| item.kind == "audit").collect();
    let seqs: Vec<_> = audit_log.iter().map(|item| &item.body["seq"]).collect();
    assert_eq!(seqs, [&json!(1), &json!(2), &json!(3)]);
    assert_eq!(
        (&audit_log[1].body["actor"], &audit_log[1].body["charge"]),
        (&json!(TEAM[0]), &json!("ch_1"))
    );
}

#[tokio::test]
async fn a_rejection_says_nothing_about_whose_the_charge_is() {
    let asked = asked().await;
    asked.found_a_guests().await;
    let code = &asked.secrets[0].1;
    let body =
        json!({"decision": "reject", "code": code, "reason": "No.", "confirmCharge": "ch_1"});
    assert_eq!(asked.post_at(0, 60, &body).await.0, 200);
    assert_eq!(asked.stored().await.ownership_confirmation, None);
    assert_eq!(asked.actions(), ["submitted", "rejected"]);
}

#[tokio::test]
async fn only_what_stripe_cannot_tell_is_confirmed_and_only_what_was_shown() {
    let customer = |email: Option<&str>| {
        let (id, email) = ("cus_bob".to_owned(), email.map(ToOwned::to_owned));
        Payer::Customer(Customer { id, email }, None)
    };
    let guest = || Payer::Guest(None);
    // Another's is approved without a confirmation, and refused when it is to be paid.
    for (payer, charge, status, confirmed) in [
        (customer(Some("bob@example.com")), "ch_1", 200, false),
        (customer(Some("ada@example.com")), "ch_1", 200, false),
        (guest(), "ch_2", 422, false),
        (guest(), "", 422, false),
        (guest(), "ch_1", 200, true),
        (customer(None), "ch_1", 200, true),
    ] {
        let asked = asked().await;
        asked.found(payer.clone()).await;
        let (_, page) = asked.form(0, &asked.code(0)).await;
        let is_unclear = confirmed || status == 422;
        assert_eq!(page.contains(CHECKBOX), is_unclear, "{payer:?}");
        let (answered, body) = asked.approve_and_confirm(0, charge).await;
        assert_eq!(answered, status, "{payer:?} {charge}: {body}");
        let given = asked.stored().await.ownership_confirmation;
        assert_eq!(given.is_some(), confirmed, "{payer:?} {charge}");
    }
    let unasked = asked().await;
    assert_eq!(unasked.approve_and_confirm(0, "ch_1").await.0, 200);
    let given = unasked.stored().await.ownership_confirmation;
    assert_eq!(given, None, "there was no lookup that it could be about");
}

/// An approver enters the customer who paid, whom Stripe knows under another address than the asker's.
#[tokio::test]
async fn an_entered_customer_is_shown_as_entered_and_needs_the_confirmation() {
    let asked = asked_with(|config| config.approvals = 2).await;
    let bob = Customer {
        id: "cus_bob".to_owned(),
        email: Some("bob@example.com".to_owned()),
    };
    asked.found(Payer::Customer(bob, None)).await;
    let code = &asked.secrets[0].1;
    let body = json!({"action": "identify", "code": code, "stripeCustomerId": "cus_bob"});
    assert_eq!(asked.post_at(0, 60, &body).await.0, 200);

    let (_, page) = asked.form(1, &asked.code(1)).await;
    let entered = format!("cus_bob, entered by {}, not confirmed by Stripe", TEAM[0]);
    assert!(page.contains(&entered), "{page}");
    assert!(page.contains("no, by Stripe&#39;s word") || page.contains("no, by Stripe's word"));
    assert!(page.contains(CHECKBOX) && !page.contains("<bdi>yes</bdi>"));
    for who in [0, 1] {
        assert_eq!(asked.decide(who, "approve").await.0, 422, "{who}");
    }
    assert_eq!(asked.approve_and_confirm(1, "ch_1").await.0, 200);
    let given = asked.stored().await.ownership_confirmation.unwrap();
    assert_eq!(given.of.customer.as_deref(), Some("cus_bob"));
    // It is said once, and seen by those after them.
    let (_, page) = asked.form(0, &asked.code(0)).await;
    assert!(page.contains(&format!("by {}", TEAM[1])) && !page.contains(CHECKBOX));
    assert!(page.contains("belongs to another customer"));
    assert_eq!(asked.decide(0, "approve").await.0, 200);
}

#[tokio::test]
async fn it_takes_the_code() {
    let asked = asked().await;
    asked.found_a_guests().await;
    for (code, status) in [(asked.wrong_code(), 403), (String::new(), 403)] {
        let body = json!({"action": "confirm-ownership", "code": code, "charge": "ch_1"});
        assert_eq!(asked.post_at(0, 60, &body).await.0, status);
    }
    assert_eq!(asked.stored().await.ownership_confirmation, None);
}

#[tokio::test]
async fn who_may_not_decide_does_not_say_whose_the_charge_is_or_who_the_customer_is() {
    let own = asked().await;
    own.found_a_guests().await;
    own.customer_is("CSM-1@Example.com").await;
    let separate = asked_with(|config| {
        config.separate_from = vec!["First Look".parse().unwrap()];
    })
    .await;
    separate.found_a_guests().await;
    let mut first = waiting(separate.id, 0, "t");
    first.task.phase = "First Look".parse().unwrap();
    let mut first = Approval::ask(&first, 1, &TEAM.map(str::to_owned), &link_keys());
    let verdict = domain::approval::Verdict::Approve;
    let request = separate.stored().await;
    testing::fixtures::approval::decide(&mut first, &request, TEAM[0], verdict, "");
    let write = Write::create(&first);
    separate
        .function
        .store
        .table()
        .commit(vec![write])
        .await
        .unwrap();

    for asked in [own, separate] {
        let (_, page) = asked.form(0, &asked.code(0)).await;
        assert!(!page.contains(FORM_OF_IT));
        assert_eq!(asked.confirm_ownership(0, "ch_1").await.0, 403);
        let body =
            json!({"action": "identify", "code": asked.secrets[0].1, "stripeCustomerId": "cus_1"});
        assert_eq!(asked.post_at(0, 60, &body).await.0, 403);
        // Nor afterwards, while it stands still for want of it.
        asked.approved_before_it_was_found(1).await;
        asked.stop(STRIPE_GUEST_CHARGE).await;
        let (status, page) = asked.form(0, &asked.code(0)).await;
        assert!(status == 200 && page.contains("Already approved"));
        assert!(!page.contains("Charged twice") && !page.contains("has stopped"));
        asked.confirm_ownership(0, "ch_1").await;
        let request = asked.stored().await;
        assert_eq!(
            (
                &request.ownership_confirmation,
                request.customer_entered_by_approver()
            ),
            (&None, None)
        );
        assert_eq!(
            asked.confirm_ownership(2, "ch_1").await.0,
            200,
            "somebody else can"
        );
        assert_eq!(
            asked.stored().await.ownership_confirmation.unwrap().by,
            TEAM[2]
        );
    }
}

#[tokio::test]
async fn what_stopped_for_want_of_it_is_settled_behind_the_decided_link() {
    let asked = asked().await;
    asked.approved_before_it_was_found(0).await;
    assert!(!asked.get(1).await.1.contains("has stopped"));
    asked.stop(STRIPE_GUEST_CHARGE).await;
    let items = asked.function.store.table().items();
    let last = items.iter().rfind(|item| item.kind == "audit").unwrap();
    let detail = last.body["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("Stripe.GuestCharge: ") && detail.contains("redrive"),
        "{detail}"
    );

    let (status, context) = asked.get(1).await;
    assert_eq!(status, 200);
    assert!(context.contains("The refund has stopped") && context.contains(r#"name="code""#));
    assert!(
        !context.contains("Charged twice") && !context.contains("ada@"),
        "not before the code"
    );
    let wrong = asked.wrong_code();
    let (status, page) = asked.form(1, &format!("code={wrong}")).await;
    assert!(status == 403 && !page.contains("Charged twice"));
    let (status, page) = asked.form(1, &asked.code(1)).await;
    assert!(status == 200 && page.contains("Charged twice") && page.contains(FORM_OF_IT));
    assert!(!page.contains(APPROVE) && !page.contains("Hand it over"));

    let form = format!("{}&action=confirm-ownership&charge=ch_1", asked.code(1));
    let (status, page) = asked.form(1, &form).await;
    assert!(
        status == 200 && page.contains("let the refund go on") && page.contains("Confirmed to be")
    );
    let mut request = asked.stored().await;
    let confirmation = request.ownership_confirmation.as_ref().unwrap();
    assert_eq!(confirmation.of.charge, "ch_1");
    assert_eq!(
        (request.status, request.phase.as_str()),
        (Status::NeedsAttention, "Needs Attention")
    );
    let store = &asked.function.store;
    assert!(store.check_unchanged(&request, "v1").await.is_ok());
    let attention = "Needs Attention".parse().unwrap();
    request.apply(
        &Event::Resumed(1),
        StateEntry::during(&attention, Timestamp::UNIX_EPOCH),
    );
    assert_eq!(
        request.phase.as_str(),
        "CSM Review",
        "it goes on from where it stopped"
    );
    // The decision is as it was, and nothing else is done behind the link.
    assert_eq!(asked.decide(1, "reject").await.1["decidedBy"], TEAM[0]);
}

#[tokio::test]
async fn a_decided_link_opens_for_nothing_else() {
    for (decision, error) in [
        ("reject", STRIPE_GUEST_CHARGE),
        ("approve", "Stripe.Misconfigured"),
    ] {
        let asked = asked().await;
        asked.decide(0, decision).await;
        asked.found_a_guests().await;
        asked.stop(error).await;
        let (status, page) = asked.form(1, &asked.code(1)).await;
        assert!(status == 200 && page.contains("Already") && !page.contains("Charged twice"));
        let (status, answer) = asked.confirm_ownership(1, "ch_1").await;
        let made = answer["detail"].as_str().unwrap();
        assert!(status == 409 && made.contains(decision), "{answer}");
        assert_eq!(asked.stored().await.ownership_confirmation, None);
    }
}

#[tokio::test]
async fn guessing_behind_a_decided_link_is_counted() {
    let asked = asked().await;
    asked.approved_before_it_was_found(0).await;
    asked.stop(STRIPE_GUEST_CHARGE).await;
    let wrong =
        json!({"action": "confirm-ownership", "code": asked.wrong_code(), "charge": "ch_1"});
    for _ in 1..WRONG_CODES {
        assert_eq!(asked.post_at(1, 60, &wrong).await.0, 403);
    }
    assert_eq!(asked.post_at(1, 60, &wrong).await.0, 423);
    assert_eq!(
        asked.confirm_ownership(1, "ch_1").await.0,
        423,
        "with the right code too"
    );
    assert_eq!(asked.stored().await.ownership_confirmation, None);
    assert_eq!(asked.confirm_ownership(2, "ch_1").await.0, 200);
}
