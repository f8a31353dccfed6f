//! What must hold in every history with a flood, beside the invariants of all.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::RequestId;
use domain::reference::Reference;
use domain::request::Status;
use domain::stripe::REQUEST_ID;
use domain::table::Item;
use jiff::Timestamp;

use super::drawn::{Drawn, Post};
use super::limits::{self, Limit};
use super::to_do::{Answer, ToDo};
use crate::ports::COUNTER;
use crate::world::World;

/// A history that has ended.
pub(super) struct History<'a> {
    pub(super) world: &'a World,
    pub(super) drawn: &'a Drawn,
    pub(super) to_do: &'a ToDo<'a>,
}

/// How a customer's request ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) status: Option<Status>,
    cents: u64,
    /// The subjects of what its customer was written.
    subjects: BTreeSet<String>,
}

impl History<'_> {
    /// What does not hold.
    pub(super) fn broken(&self) -> Vec<String> {
        let items = self.world.functions.table.items();
        let taken = self.taken(&items);
        let mut problems = Vec::new();
        for limit in limits::read(&self.drawn.limits) {
            self.check_limit(limit, &taken, &mut problems);
            check_count(limit, taken.len(), &items, &mut problems);
        }
        self.check_answers(&mut problems);
        self.check_stored(&items, &mut problems);
        self.check_mails(&taken, &mut problems);
        problems
    }

    /// What was taken and when, by what is stored.
    fn taken(&self, items: &[Item]) -> Vec<(&Post, Timestamp)> {
        let requests = items.iter().filter(|item| item.kind == "request");
        let taken = requests.map(|item| {
            let id: RequestId = text(item, "requestId").parse().expect("it is an id");
            let at = text(item, "submittedAt").parse().expect("it is a time");
            (&self.drawn.posts[self.to_do.made_by[&id]], at)
        });
        taken.collect()
    }

    /// No more are taken in a window than its limit says, and whoever is told that there are too many is told so
    /// rightly, and until when.
    fn check_limit(&self, limit: Limit, taken: &[(&Post, Timestamp)], problems: &mut Vec<String>) {
        let mut counts: BTreeMap<(String, i64), usize> = BTreeMap::new();
        for (post, at) in taken {
            *counts.entry(limit.counts_for(post, *at)).or_default() += 1;
        }
        if let Some((whom, count)) = counts.iter().find(|(_, count)| **count > limit.most) {
            problems.push(format!("{count} are taken for {whom:?}, above {limit:?}"));
        }
        let refused = self.to_do.answers.iter().flatten();
        for answer in refused.filter(|it| refused_for(it) == Some(limit.scope)) {
            let whom = limit.counts_for(&self.drawn.posts[answer.post], answer.at);
            let count = counts.get(&whom).copied().unwrap_or_default();
            let until = answer.retry_after_seconds.unwrap_or_default() + answer.at.as_second();
            if count < limit.most || until != limit.end(answer.at) {
                problems.push(format!("{answer:?} with {count} for {whom:?} of {limit:?}"));
            }
        }
    }

    /// Everybody gets an answer that fits, however often they click; and customers are taken sooner or later.
    fn check_answers(&self, problems: &mut Vec<String>) {
        let mut ids: BTreeMap<&str, BTreeSet<RequestId>> = BTreeMap::new();
        for answers in &self.to_do.answers {
            let key = self.drawn.posts[answers[0].post].key.as_deref();
            let statuses: BTreeSet<u16> = answers.iter().map(|answer| answer.status).collect();
            let fits = |answer: &Answer| match answer.status {
                429 => refused_for(answer).is_some(),
                202 => true,
                // Contention alone is no reason.
                status => status >= 500 && !self.drawn.is_calm(),
            };
            if !answers.iter().all(fits) {
                problems.push(format!("answered with {answers:?}"));
            }
            if let Some(key) = key {
                let ids = ids.entry(key).or_default();
                ids.extend(answers.iter().filter_map(|answer| answer.id));
                if statuses.contains(&202) && statuses.contains(&429) {
                    problems.push(format!(
                        "one click is taken and another refused: {answers:?}"
                    ));
                }
            }
        }
        if let Some((key, ids)) = ids.iter().find(|(_, ids)| ids.len() > 1) {
            problems.push(format!("{key} is {} requests", ids.len()));
        }
        for (number, post) in self.drawn.posts[..self.drawn.customers].iter().enumerate() {
            let answers = self.to_do.answers.iter().flatten();
            let mut answers = answers.filter(|it| it.post == number);
            if !answers.any(|it| it.status == 202) {
                problems.push(format!("{} is never taken", post.address));
            }
        }
    }

    /// What is refused leaves nothing, and what counts expires.
    fn check_stored(&self, items: &[Item], problems: &mut Vec<String>) {
        for item in items.iter().filter(|item| item.kind == COUNTER) {
            let until: Option<Timestamp> = text(item, "until").parse().ok();
            if item.expires_at.is_none() || item.expires_at != until {
                problems.push(format!("a counter never ends: {item:?}"));
            }
        }
        let label = |post: usize| self.drawn.posts[post].label;
        let stored = self.to_do.made_by.values();
        let stored: BTreeSet<usize> = stored.map(|post| label(*post)).collect();
        let mut statuses: BTreeMap<usize, BTreeSet<u16>> = BTreeMap::new();
        for answer in self.to_do.answers.iter().flatten() {
            let of_form = statuses.entry(label(answer.post)).or_default();
            of_form.insert(answer.status);
        }
        for (label, statuses) in statuses {
            if statuses == BTreeSet::from([429]) && stored.contains(&label) {
                problems.push(format!("form no. {label} is refused, and stored"));
            }
        }
        let of_kind = |kind| items.iter().filter(move |item| item.kind == kind).count();
        if of_kind("idempotency") > of_kind("request") {
            problems.push("a key is stored without its request".to_owned());
        }
    }

    /// Whoever is named by a flood gets two mails about each request that is taken, that it has arrived and how it ended,
    /// and no other.
    fn check_mails(&self, taken: &[(&Post, Timestamp)], problems: &mut Vec<String>) {
        let mut mails: BTreeMap<String, usize> = BTreeMap::new();
        for mail in self.world.functions.mailer.sent() {
            *mails.entry(mail.to).or_default() += 1;
        }
        for post in &self.drawn.posts[self.drawn.customers..] {
            let count = mails.get(&post.address).copied().unwrap_or_default();
            let named = taken.iter().filter(|(it, _)| it.address == post.address);
            let named = 2 * named.count();
            if self.drawn.is_calm() && count > named {
                problems.push(format!("{count} mails to {} of {named}", post.address));
            }
        }
    }

    /// How each customer's request ended.
    pub(super) async fn ends(&self) -> Vec<End> {
        let mut ends = Vec::new();
        for (number, post) in self.drawn.posts[..self.drawn.customers].iter().enumerate() {
            let mut made = self.to_do.made_by.iter();
            let id = made.find(|(_, it)| **it == number).map(|(id, _)| *id);
            ends.push(match id {
                Some(id) => self.end(id, post).await,
                None => End {
                    status: None,
                    cents: 0,
                    subjects: BTreeSet::new(),
                },
            });
        }
        ends
    }

    async fn end(&self, id: RequestId, post: &Post) -> End {
        let text = id.to_string();
        let functions = &self.world.functions;
        let refunds = functions.stripe.paid().into_iter();
        let refunds = refunds.map(|it| (it.metadata, it.amount));
        let credits = functions.stripe.credited().into_iter();
        let credits = credits.map(|it| (it.metadata, it.amount.unsigned_abs()));
        let own = refunds
            .chain(credits)
            .filter(|(metadata, _)| metadata.get(REQUEST_ID) == Some(&text));
        let mails = functions.mailer.sent().into_iter();
        let mails = mails.filter(|mail| mail.to == post.address && mail.text.contains(&text));
        let reference = Reference::of(id).to_string();
        let subjects = mails.map(|mail| mail.subject.replace(&reference, "RD"));
        let is_calm = self.drawn.is_calm();
        End {
            status: Some(self.world.request(id).await.status),
            cents: own.map(|(_, cents)| cents).sum(),
            // What is offered depends on what could be looked up.
            subjects: subjects.filter(|_| is_calm).collect(),
        }
    }
}

/// Of what there are too many, by what whoever is refused is told.
fn refused_for(answer: &Answer) -> Option<&'static str> {
    let scopes = [
        ("caller", "from your connection"),
        ("address", "from this email address"),
        ("charge", "for this payment"),
        ("offering", "than we can work on"),
    ];
    let mut scopes = scopes.into_iter().filter(|_| answer.status == 429);
    let (scope, _) = scopes.find(|(_, words)| answer.detail.contains(words))?;
    Some(scope)
}

/// The counters count what is stored, each once.
fn check_count(limit: Limit, taken: usize, items: &[Item], problems: &mut Vec<String>) {
    let of_scope = format!("COUNTER#{}#", limit.scope);
    let counters = items.iter();
    let counters = counters.filter(|it| it.kind == COUNTER && it.key.pk.starts_with(&of_scope));
    let count: u64 = counters.map(|it| it.version).sum();
    if count != taken as u64 {
        problems.push(format!(
            "{} counts {count} of {taken} requests",
            limit.scope
        ));
    }
}

fn text<'i>(item: &'i Item, field: &str) -> &'i str {
    item.body[field].as_str().unwrap_or_default()
}
