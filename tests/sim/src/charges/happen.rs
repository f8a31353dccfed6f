//! What happens in a history of a charge.

use domain::money::Usd;
use domain::payment_control::Limits;
use domain::stripe::Payer;
use serde_json::json;

use super::CHARGE;
use crate::customers::Wish;
use crate::operators::Operation;
use crate::ports::by_hand::ByHand;
use crate::random_run::act;
use crate::world::World;

/// Something happens to the charge, or to anything.
pub(super) async fn happen(world: &mut World) {
    match world.faults.below(100) {
        0..8 => by_hand(world),
        8..12 => false_event(world),
        12..20 => tell_whose_it_is(world),
        20..26 => agree_all(world),
        26..28 => agree_to_the_end(world).await,
        28..33 => approve_less(world),
        33..35 => comes_back(world),
        35..39 => operate(world),
        39..43 => balance(world),
        _ => act(world).await,
    }
}

/// Somebody approves less than what is shown, or tries to approve more.
fn approve_less(world: &mut World) {
    let mut mails = world.decision_mails();
    mails.retain(|mail| !mail.is_choice());
    let Some(mail) = world.faults.pick(&mails).cloned() else {
        return;
    };
    let amounts = ["10", "19.99", "30", "300", "499.99"];
    let amount = world.faults.pick(&amounts).expect("there are some");
    world.post(mail, json!({"decision": "approve", "amount": amount}));
}

/// The money of a refund that was paid comes back. Never while one of ours is between its look and what it makes of it:
/// nothing says so of a refund that somebody made by hand and that the request has not taken for its own yet.
fn comes_back(world: &mut World) {
    if world.functions.log.at_work() > 0 {
        return;
    }
    let mut paid = world.functions.stripe.paid();
    paid.retain(|refund| refund.status.as_deref() == Some("succeeded"));
    if let Some(refund) = world.faults.pick(&paid) {
        world.functions.stripe.reverse(&refund.id);
        if world.faults.below(2) == 0 {
            world.event(&format!("evt_{}_reversed", refund.id), refund, "failed");
        }
    }
}

/// An operator stops payments while everybody agrees, lets them go on, raises a limit, or takes back what was raised.
fn operate(world: &mut World) {
    let limits = world.functions.limits.get().copied().unwrap_or_default();
    let raised = Limits {
        per_refund: limits.per_refund.and_then(twice),
        per_customer: limits.per_customer.and_then(twice),
        per_day: limits.per_day.and_then(twice),
    };
    let drawn = world.faults.below(8);
    if drawn < 2 {
        agree_all(world);
    }
    world.operate(match drawn {
        0..2 => Operation::Stop,
        2..5 => Operation::Resume,
        5..7 => Operation::Override(raised),
        _ => Operation::Override(Limits::default()),
    });
}

fn twice(amount: Usd) -> Option<Usd> {
    Usd::from_cents(2 * amount.cents()).ok()
}

/// Our balance at Stripe runs out, or somebody tops it up.
fn balance(world: &mut World) {
    let lacks_funds = world.faults.below(3) == 0;
    world.functions.stripe.set_lacks_funds(lacks_funds);
}

/// Somebody refunds or credits by hand: a part of the charge, what a request asks for, or what does not fit. Never while
/// one of ours is between its look and its payment, as nothing could help against that.
fn by_hand(world: &mut World) {
    if world.functions.log.at_work() > 0 {
        return;
    }
    let faults = &world.faults;
    let request = faults.pick(&world.requests).copied();
    let asked = request.and_then(|id| world.wish(id));
    let asked = asked.map_or(100, Wish::cents);
    let charge = if faults.below(4) == 0 {
        "ch_other"
    } else {
        CHARGE[0]
    };
    let it = ByHand {
        charge: charge.to_owned(),
        cents: if faults.below(2) == 0 {
            asked
        } else {
            100 + 700 * faults.below(3)
        },
        request: request.filter(|_| faults.below(2) == 0),
        status: ["succeeded", "pending"][usize::from(faults.below(3) == 0)],
    };
    if faults.below(2) == 0 {
        world.functions.stripe.refund_by_hand(&it);
    } else {
        world.functions.stripe.credit_by_hand(&it);
    }
}

/// An event says of a refund what is not so.
fn false_event(world: &mut World) {
    let refunds = world.functions.stripe.paid();
    let Some(refund) = world.faults.pick(&refunds).cloned() else {
        return;
    };
    let status = ["failed", "succeeded"][usize::from(world.faults.below(2) == 0)];
    if refund.status.as_deref() != Some(status) {
        world.functions.stripe.note_event(&refund.id, status);
        let id = format!("evt_{}_{status}_false", refund.id);
        world.event(&id, &refund, status);
    }
}

/// An approver says which customer it is, or that the charge is theirs.
fn tell_whose_it_is(world: &mut World) {
    let mut mails = world.decision_mails();
    mails.retain(|mail| !mail.is_choice());
    let Some(mail) = world.faults.pick(&mails).cloned() else {
        return;
    };
    let action = match world.functions.stripe.payer() {
        Some(Payer::Customer(..)) if world.faults.below(2) == 0 => {
            json!({"action": "identify", "stripeCustomerId": "cus_bob"})
        }
        _ if world.faults.below(3) == 0 => {
            json!({"action": "confirm-ownership", "charge": CHARGE[0]})
        }
        _ => json!({"decision": "approve", "confirmCharge": CHARGE[0]}),
    };
    world.post(mail, action);
}

/// Everybody who is asked agrees in the same moment, so that payments of one charge meet.
fn agree_all(world: &mut World) {
    for mail in world.decision_mails() {
        let decision = if mail.is_choice() {
            "credit"
        } else {
            "approve"
        };
        world.click(mail, decision);
    }
}

/// The same in each phase, so that what they agree to is paid on one day.
async fn agree_to_the_end(world: &mut World) {
    for _ in 0..2 {
        agree_all(world);
        world.quiet().await;
    }
    agree_all(world);
}
