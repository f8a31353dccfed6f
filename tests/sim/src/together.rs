//! Two or three requests of one charge that are paid at the same moment, in hundreds of orders: refunds, credits, pending
//! ones, and a refund that somebody makes by hand in between.
//!
//! All wait for one last click, and then everybody clicks. Which of their calls comes first is drawn.

use std::collections::BTreeSet;

use domain::request::Status;

use crate::charges::CHARGE;
use crate::customers::{EMAIL, Wish};
use crate::faults::Plan;
use crate::invariants;
use crate::people::DecisionMail;
use crate::ports::by_hand::{ByHand, ada};
use crate::ports::stripe::Mood;
use crate::process::Process;
use crate::random_run::{block_on, bring_to_an_end, over_seeds};
use crate::world::World;

/// How many orders are drawn: one for each seed.
const SEEDS: u64 = 400;
/// What the charge was, in cents.
const CAPTURED: u64 = 4_500;

/// What came of it.
struct Met {
    /// Which requests reserved, were paid and were refused, in order.
    order: String,
    /// Whether one found that another had reserved since it looked.
    has_lost: bool,
    paid: usize,
}

#[test]
fn requests_that_are_paid_at_the_same_moment_never_get_more_than_the_charge() {
    let met = over_seeds(SEEDS, |seed| block_on(meet(seed)));
    if u64::try_from(met.len()) != Ok(SEEDS) {
        // Other seeds than the usual ones were asked for.
        return;
    }
    // Otherwise they do not meet, or nothing is paid at all.
    let orders: BTreeSet<&str> = met.iter().map(|met| met.order.as_str()).collect();
    let lost = met.iter().filter(|met| met.has_lost).count();
    let paid = met.iter().filter(|met| met.paid > 0).count();
    assert!(orders.len() >= 100, "{orders:#?}");
    assert!(lost >= 80, "{lost} lost a race");
    assert!(paid >= 320, "{paid} with a payment");
}

async fn meet(seed: u64) -> Met {
    let mood = match seed % 5 {
        0 => Mood::Drawn,
        1 => Mood::Pends,
        _ => Mood::Pays,
    };
    let mut world = World::open(seed, Plan::Random(0), mood);
    world.functions.stripe.open_charges(CAPTURED, ada(), false);
    for _ in 0..2 + seed % 2 {
        let wish = wish(&world);
        world.ask(wish).await;
    }
    world.quiet().await;
    for mail in mails(&world) {
        let routed = world
            .wish(request_of(&world, &mail))
            .map(|wish| wish.process);
        if routed == Some(Process::Routed) {
            world.click(mail, "approve");
            world.quiet().await;
        }
    }
    let by_hand = seed.is_multiple_of(4);
    click_all(&mut world, by_hand).await;
    let ended = bring_to_an_end(&mut world).await;
    let mut problems = invariants::broken(&world).await;
    if by_hand {
        // Nothing helps against what somebody does between our look and our payment.
        problems.retain(|problem| !problem.contains("with what others gave"));
    }
    assert!(
        ended && problems.is_empty(),
        "seed {seed}: {}",
        problems.join("\n")
    );
    let mut paid = 0;
    for id in world.requests.clone() {
        paid += usize::from(world.request(id).await.status == Status::Refunded);
    }
    Met {
        order: order(&world),
        has_lost: world.functions.table.ledger_conflicts() > 0,
        paid,
    }
}

fn wish(world: &World) -> Wish {
    let dollars = world
        .faults
        .pick(&["20", "30", "45"])
        .expect("there are some");
    Wish {
        process: *(world.faults.pick(&[Process::Refund, Process::Routed])).expect("there are two"),
        charge: Some(world.faults.pick(&CHARGE).expect("there are two")),
        ..Wish::of(dollars)
    }
}

/// Who is asked, one of each team, and every customer.
fn mails(world: &World) -> Vec<DecisionMail> {
    let mut mails = world.decision_mails();
    mails.retain(|mail| mail.to == "csm-1@example.com" || mail.to == EMAIL);
    mails
}

fn request_of(world: &World, mail: &DecisionMail) -> domain::id::RequestId {
    let link = world.link(&mail.link_id);
    link.expect("a mail has a link that is stored").request_id
}

/// Gives every request the click that it waits for, each a moment after the other or in the same one.
async fn click_all(world: &mut World, by_hand: bool) {
    let instant = world.faults.below(60);
    for mail in mails(world) {
        world.click(
            mail.clone(),
            if mail.is_choice() {
                "credit"
            } else {
                "approve"
            },
        );
        for _ in 0..world.faults.below(6) {
            tokio::task::yield_now().await;
        }
    }
    if by_hand {
        for _ in 0..instant {
            tokio::task::yield_now().await;
        }
        world.functions.stripe.refund_by_hand(&ByHand {
            charge: CHARGE[0].to_owned(),
            cents: 2_000,
            request: None,
            status: "succeeded",
        });
    }
    world.quiet().await;
}

/// What was stored about money, in order, with the number of each request.
pub(crate) fn order(world: &World) -> String {
    let stored = world.functions.table.commits();
    let records = stored.iter().flatten().filter(|item| item.kind == "audit");
    let words = records.filter_map(|item| {
        let action = item.body["action"].as_str()?;
        let is_money =
            action.contains("refund") || action.contains("credit") || action.contains("exhausted");
        let of = |id: &domain::id::RequestId| item.body["requestId"] == id.to_string();
        let number = world.requests.iter().position(of)?;
        is_money.then(|| format!("{number} {action}"))
    });
    words.collect::<Vec<_>>().join(", ")
}
