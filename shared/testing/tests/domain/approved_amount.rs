//! Approving less than was asked for: what is accepted, what everybody after that is shown, and what may be paid.

use domain::approval::*;
use domain::audit::Action;
use domain::charge_lookup::ChargeLookup;
use domain::failure::Failure;
use domain::money::{AmountError, Usd};
use domain::request::{Event, Request, UnclearCharge};
use domain::request_store::RequestStore;
use domain::stripe::{Ownership, Payer};
use domain::table::Write;
use domain::task::StateEntry;
use domain::text::render;
use proptest::prelude::*;
use testing::MemoryTable;
use testing::fixtures;
use testing::fixtures::approval::{approve_less, decide, link_keys, offer, waiting};

use crate::charge_report::{charge, lookup, payer};

const A: &str = "a@example.com";
const B: &str = "b@example.com";

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

/// A request of 50.00, and an approval that needs so many people.
pub(crate) fn asked(approvals: u32) -> (Request, Approval) {
    let (request, _) = fixtures::request::request();
    let approval = ask(&request, "CSM Review", approvals);
    (request, approval)
}

fn ask(request: &Request, phase: &str, approvals: u32) -> Approval {
    let mut waiting = waiting(request.request_id, 0, "token");
    waiting.task.phase = phase.parse().unwrap();
    waiting.task.config.approvals = approvals;
    Approval::ask(&waiting, 1, &[A.to_owned(), B.to_owned()], &link_keys())
}

/// Tries to decide as A, with the right code.
pub(crate) fn attempt(
    (request, approval): &(Request, Approval),
    lookup: Option<&ChargeLookup>,
    submitted: &SubmittedDecision<'_>,
) -> Result<Authorized, Refusal> {
    fixtures::approval::attempt(approval, request, A, lookup, submitted)
}

/// Approves so much as that person, and applies it to the request.
fn approve(request: &mut Request, approval: &mut Approval, by: &str, amount: &str) -> Recorded {
    let recorded = approve_less(approval, request, by, amount);
    let now = StateEntry::during(&approval.phase, approval.asked_at);
    request.apply(&Event::Decided(&recorded), now);
    recorded
}

#[test]
fn an_amount_is_more_than_nothing_and_at_most_what_is_shown() {
    let case = asked(1);
    let approve = |amount| SubmittedDecision {
        decision: "approve",
        amount,
        ..SubmittedDecision::default()
    };
    for (amount, approved) in [
        ("", "50"),
        (" ", "50"),
        ("50", "50"),
        ("50.00", "50"),
        (" 49.99 ", "49.99"),
        ("0.01", "0.01"),
    ] {
        let authorized = attempt(&case, None, &approve(amount)).unwrap();
        let decision = authorized.decision();
        assert_eq!(decision.approved_amount(), Some(usd(approved)), "{amount}");
        assert_eq!(decision.viewed_amount(), Some(usd("50")));
    }
    for (amount, refusal) in [
        ("50.01", Refusal::AmountTooLarge(usd("50"))),
        ("0", Refusal::AmountInvalid(AmountError::Zero)),
        ("-1", Refusal::AmountInvalid(AmountError::NotAnAmount)),
        ("1e1", Refusal::AmountInvalid(AmountError::NotAnAmount)),
        (
            "9.999",
            Refusal::AmountInvalid(AmountError::FractionOfACent),
        ),
        ("1000000", Refusal::AmountInvalid(AmountError::TooLarge)),
    ] {
        let refused = attempt(&case, None, &approve(amount)).unwrap_err();
        assert_eq!(refused, refusal, "{amount}");
    }
}

#[test]
fn an_amount_goes_only_with_an_approval_of_an_amount() {
    let case = asked(1);
    let reject = |amount| SubmittedDecision {
        decision: "reject",
        reason: "No.",
        amount,
        ..SubmittedDecision::default()
    };
    let rejected = attempt(&case, None, &reject("")).unwrap();
    assert_eq!(rejected.decision().approved_amount(), None);
    let refused = attempt(&case, None, &reject("10")).unwrap_err();
    assert_eq!(refused, Refusal::AmountNotWanted);

    let mut without = case;
    without.0.designated.amount_field = None;
    let approve = |amount| SubmittedDecision {
        decision: "approve",
        amount,
        ..SubmittedDecision::default()
    };
    let approved = attempt(&without, None, &approve("")).unwrap();
    assert_eq!(approved.decision().approved_amount(), None);
    let refused = attempt(&without, None, &approve("10")).unwrap_err();
    assert_eq!(refused, Refusal::AmountNotWanted);

    let (request, _) = without;
    let approval = offer(&request);
    let (key, customer) = (link_keys(), approval.approvers[0].email.clone());
    let (link, code) = (
        approval.link(&key, &customer),
        approval.secrets(&key, &customer).1,
    );
    let context = DecisionContext {
        keys: &key,
        approval: &approval,
        link: &link,
        request: &request,
        earlier: &[],
        is_member: false,
        lookup: None,
        at: approval.asked_at,
    };
    let submitted = SubmittedDecision {
        decision: "cash",
        code: &code,
        amount: "10",
        ..SubmittedDecision::default()
    };
    let refused = authorize_decision(&context, &submitted).unwrap_err();
    assert_eq!(refused, Refusal::AmountNotWanted);
}

#[test]
fn one_who_approves_less_counts_for_those_after_them_who_see_it_anew() {
    let mut case = asked(2);
    let viewed = viewed_digest::digest(&case.0, "v1");
    let (request, approval) = (&mut case.0, &mut case.1);
    let first = approve(request, approval, B, "30");
    assert_eq!((first.missing(), request.amount()), (1, Some(usd("30"))));
    assert_eq!(request.requested_amount(), Some(usd("50")));
    let field = request.designated.amount_field.clone().unwrap();
    let amount = request.values()[&field].to_string();
    assert_eq!(amount, "$30.00", "conditions see it");

    let approve = |viewed| SubmittedDecision {
        decision: "approve",
        viewed,
        ..SubmittedDecision::default()
    };
    let changed = attempt(&case, None, &approve(Some(viewed.as_str())));
    assert_eq!(changed.unwrap_err(), Refusal::Changed);
    let viewed = viewed_digest::digest(&case.0, "v1");
    let approved = attempt(&case, None, &approve(Some(viewed.as_str()))).unwrap();
    assert_eq!(approved.decision().approved_amount(), Some(usd("30")));
    let more = SubmittedDecision {
        amount: "30.01",
        ..approve(None)
    };
    let refused = attempt(&case, None, &more).unwrap_err();
    assert_eq!(refused, Refusal::AmountTooLarge(usd("30")));
}

#[test]
fn the_audit_log_and_the_texts_say_how_much() {
    let (mut request, mut approval) = asked(1);
    let text =
        "{{ refundAmount }} of {{ requestedAmount }}{% if approvedAmount %}, less{% endif %}";
    let rendered = |request: &Request| render(text, request, "").unwrap().to_string();
    assert_eq!(rendered(&request), "$50.00 of $50.00");
    let recorded = approve_less(&mut approval, &request, A, "49.99");
    let now = StateEntry::during(&approval.phase, approval.asked_at);
    let record = request.apply(&Event::Decided(&recorded), now);
    assert_eq!(
        (record.action, record.amount),
        (Action::Approved, Some(usd("49.99")))
    );
    assert_eq!(rendered(&request), "$49.99 of $50.00, less");
    let shown = request.answers_with_approved_amount();
    let shown: Vec<_> = shown.iter().filter_map(|it| it.value.as_ref()).collect();
    let shown: Vec<_> = shown.iter().map(ToString::to_string).collect();
    assert_eq!(shown[2..4], ["$50.00", "$49.99"]);

    let (request, mut approval) = asked(1);
    let rejected = decide(&mut approval, &request, A, Verdict::Reject, "No.");
    let record = request.clone().apply(&Event::Decided(&rejected), now);
    assert_eq!(record.amount, None);
}

#[test]
fn whose_an_unclear_charge_is_has_to_be_confirmed_with_an_approval() {
    let case = asked(1);
    let by = |payer| lookup(&case.0, Some(charge(|_| {})), payer);
    let (guests, theirs) = (by(Payer::Guest(None)), by(payer(Ownership::Theirs)));
    let submitted = |decision, confirm_charge| SubmittedDecision {
        decision,
        confirm_charge,
        reason: "Because.",
        ..SubmittedDecision::default()
    };
    for missing in ["", "ch_2", "on"] {
        let refused = attempt(&case, Some(&guests), &submitted("approve", missing));
        let wanted = Refusal::ConfirmationMissing(vec!["ch_1".to_owned()]);
        assert_eq!(refused.unwrap_err(), wanted);
    }
    let confirmed = attempt(&case, Some(&guests), &submitted("approve", "ch_1")).unwrap();
    let unclear = UnclearCharge {
        charge: "ch_1".to_owned(),
        customer: None,
    };
    assert_eq!(confirmed.decision().confirmed(), Some(&unclear));
    // It takes none to reject, or where it is clear.
    for (lookup, decision) in [
        (Some(&guests), "reject"),
        (Some(&theirs), "approve"),
        (None, "approve"),
    ] {
        let decided = attempt(&case, lookup, &submitted(decision, "ch_1")).unwrap();
        assert_eq!(decided.decision().confirmed(), None);
    }
}

/// Stores a request and its approvals.
fn stored(request: &Request, approvals: &[&Approval]) -> RequestStore<MemoryTable> {
    let store = RequestStore::new(MemoryTable::default());
    let mut writes = vec![Write::create(request)];
    writes.extend(approvals.iter().map(|approval| Write::create(*approval)));
    block_on(async { domain::table::Table::commit(store.table(), writes).await }).unwrap();
    store
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

fn may_be_paid(store: &RequestStore<MemoryTable>, request: &Request) -> bool {
    match block_on(store.check_unchanged(request, "v1")) {
        Ok(()) => true,
        Err(Failure::RequestChanged(_)) => false,
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    /// Two people approve in a first phase and one in a second, each any part of what they are shown.
    #[test]
    fn what_is_paid_is_the_smallest_that_anybody_approved(
        parts in prop::array::uniform3(1..=100u64),
        tampered in 1..=6_000u64,
    ) {
        let (mut request, mut first) = asked(2);
        let mut smallest = 5_000;
        let mut part = |request: &Request, percent: u64| {
            let shown = request.amount().unwrap().cents();
            let approved = Usd::from_cents((shown * percent / 100).max(1)).unwrap();
            smallest = smallest.min(approved.cents());
            approved.to_decimal()
        };
        let amount = part(&request, parts[0]);
        approve(&mut request, &mut first, A, &amount);
        let amount = part(&request, parts[1]);
        approve(&mut request, &mut first, B, &amount);
        let mut second = ask(&request, "Finance Approval", 1);
        let amount = part(&request, parts[2]);
        approve(&mut request, &mut second, A, &amount);

        prop_assert_eq!(request.amount().map(Usd::cents), Some(smallest));
        let store = stored(&request, &[&first, &second]);
        prop_assert!(may_be_paid(&store, &request));
        // No other amount is, whether more or less, and no other answer.
        let mut other = request.clone();
        other.approved_amount = Usd::from_cents(tampered).ok();
        prop_assert_eq!(may_be_paid(&store, &other), tampered == smallest);
        other = request.clone();
        other.answers[4].value = None;
        prop_assert!(!may_be_paid(&store, &other));
        // Nor without the decision of a phase.
        let lost = stored(&request, &[&first]);
        prop_assert!(!may_be_paid(&lost, &request));
    }
}

#[test]
fn each_of_several_approvals_is_bound_to_what_its_approver_viewed() {
    let (mut request, mut approval) = asked(2);
    let mut other = request.clone();
    other.answers[4].value = None;
    // The first was shown another case.
    let recorded = approve_less(&mut approval, &other, A, "30");
    let now = StateEntry::during(&approval.phase, approval.asked_at);
    request.apply(&Event::Decided(&recorded), now);
    approve(&mut request, &mut approval, B, "");
    assert!(!may_be_paid(&stored(&request, &[&approval]), &request));
}
