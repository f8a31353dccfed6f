//! The mails that were "sent": kept for a person to read in the console and for tests to look into.
//!
//! Nothing leaves the machine. One entry per recipient, so that a filter by recipient sees what each of them got.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::journal::Journal;

mod pages;

/// A mail as one recipient got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// `mail-1`, `mail-2` and so on, in the order of sending.
    pub id: String,
    /// The recipient's address alone.
    pub to: String,
    /// The sender as given, maybe with a name.
    pub from: String,
    /// The subject line.
    pub subject: String,
    /// The plain text; empty when there is none.
    pub text: String,
    /// The HTML; empty when there is none.
    pub html: String,
    /// When it was sent, by the stack's clock.
    pub sent_at: Timestamp,
}

/// A mail on its way to the outbox.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NewMail {
    /// The recipients' addresses.
    pub to: Vec<String>,
    /// The sender.
    pub from: String,
    /// The subject line.
    pub subject: String,
    /// The plain text, or nothing.
    pub text: String,
    /// The HTML, or nothing.
    pub html: String,
}

/// All mails.
#[derive(Debug)]
pub struct Outbox {
    clock: Clock,
    state: Mutex<State>,
}

/// A mail that was sent. It is kept once for all of its recipients.
#[derive(Debug, Serialize, Deserialize)]
struct Sent {
    #[serde(flatten)]
    mail: NewMail,
    at: Timestamp,
    /// How many entries there were before it, those that are removed too.
    before: usize,
}

#[derive(Debug)]
struct State {
    sent: Vec<Sent>,
    /// How many entries were removed. The ids of the others stay.
    removed: usize,
    /// Of each entry, the mail and the recipient by their positions. An entry's id is its position here, `removed` and 1.
    entries: Vec<(usize, usize)>,
    /// The entries of each recipient by the address in lower case.
    by_recipient: HashMap<String, Vec<usize>>,
    journal: Journal<Sent>,
}

impl Outbox {
    /// Opens the outbox kept in `<data>/outbox.jsonl`; None keeps nothing.
    pub fn open(data: Option<&Path>, clock: Clock) -> io::Result<Self> {
        let path = data.map(|data| data.join("outbox.jsonl"));
        let (journal, sent) = Journal::open(path.as_deref())?;
        let mut state = State {
            sent: Vec::new(),
            removed: 0,
            entries: Vec::new(),
            by_recipient: HashMap::new(),
            journal,
        };
        state.fill(sent);
        Ok(Self {
            clock,
            state: Mutex::new(state),
        })
    }

    /// Takes a mail in and gives the id of its first entry. It is on disk when this returns.
    pub fn send(&self, mail: NewMail) -> io::Result<String> {
        let mut state = self.lock();
        let before = state.removed + state.entries.len();
        let at = self.clock.now();
        let sent = Sent { mail, at, before };
        state.journal.append(&sent)?;
        state.insert(sent);
        Ok(id(before))
    }

    /// Removes the mails that were sent at that time or before it, from the disk too.
    pub fn forget_until(&self, at: Timestamp) -> io::Result<()> {
        let state = &mut *self.lock();
        let old = state.sent.partition_point(|sent| sent.at <= at);
        if old > 0 {
            state.journal.replace(&state.sent[old..])?;
            let kept = state.sent.split_off(old);
            state.fill(kept);
        }
        Ok(())
    }

    /// The mails, oldest first: all of them, or those to one address.
    pub fn list(&self, to: Option<&str>) -> Vec<Mail> {
        let state = self.lock();
        match to {
            None => (0..state.entries.len()).map(|at| state.mail(at)).collect(),
            Some(to) => {
                let entries = state.by_recipient.get(&to.to_ascii_lowercase());
                let entries = entries.into_iter().flatten();
                entries.map(|at| state.mail(*at)).collect()
            }
        }
    }

    /// One mail by its id.
    pub fn get(&self, id: &str) -> Option<Mail> {
        let number: usize = id.strip_prefix("mail-")?.parse().ok()?;
        let state = self.lock();
        let at = number.checked_sub(state.removed + 1)?;
        (at < state.entries.len()).then(|| state.mail(at))
    }

    /// The number of mails.
    pub fn count(&self) -> usize {
        self.lock().entries.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock leaves it half changed: a panic elsewhere is no reason to stop.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes these mails in place of all.
    fn fill(&mut self, sent: Vec<Sent>) {
        let next = self.removed + self.entries.len();
        self.removed = sent.first().map_or(next, |first| first.before);
        self.sent.clear();
        self.entries.clear();
        self.by_recipient.clear();
        for sent in sent {
            self.insert(sent);
        }
    }

    fn insert(&mut self, sent: Sent) {
        for (recipient, to) in sent.mail.to.iter().enumerate() {
            let of_recipient = self.by_recipient.entry(to.to_ascii_lowercase());
            of_recipient.or_default().push(self.entries.len());
            self.entries.push((self.sent.len(), recipient));
        }
        self.sent.push(sent);
    }

    /// The mail of an entry.
    fn mail(&self, at: usize) -> Mail {
        let (sent, recipient) = self.entries[at];
        let Sent {
            mail, at: sent_at, ..
        } = &self.sent[sent];
        Mail {
            id: id(self.removed + at),
            to: mail.to[recipient].clone(),
            from: mail.from.clone(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: mail.html.clone(),
            sent_at: *sent_at,
        }
    }
}

/// The id of an entry.
fn id(at: usize) -> String {
    format!("mail-{}", at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(to: &[&str], subject: &str) -> NewMail {
        NewMail {
            to: to.iter().map(ToString::to_string).collect(),
            from: "refunds@example.com".into(),
            subject: subject.into(),
            text: "Hello\nCode: 123456".into(),
            html: "<p>Hello</p>".into(),
        }
    }

    #[test]
    fn one_entry_per_recipient_oldest_first() {
        let outbox = Outbox::open(None, Clock::system()).unwrap();
        let both = mail(&["a@example.com", "b@example.com"], "first");
        assert_eq!(outbox.send(both).unwrap(), "mail-1");
        assert_eq!(
            outbox.send(mail(&["A@example.com"], "second")).unwrap(),
            "mail-3"
        );

        let subjects = |to| -> Vec<(String, String)> {
            let mails = outbox.list(to);
            mails.into_iter().map(|m| (m.id, m.subject)).collect()
        };
        let entry = |id: &str, subject: &str| (id.to_owned(), subject.to_owned());
        assert_eq!(
            subjects(None),
            [
                entry("mail-1", "first"),
                entry("mail-2", "first"),
                entry("mail-3", "second")
            ]
        );
        assert_eq!(
            subjects(Some("a@example.com")),
            [entry("mail-1", "first"), entry("mail-3", "second")]
        );
        assert_eq!(subjects(Some("nobody@example.com")), []);

        let ids = |mails: Vec<Mail>| -> Vec<String> { mails.into_iter().map(|m| m.id).collect() };
        assert_eq!(ids(outbox.page("", 0, 2).0), ["mail-3", "mail-2"]);
        assert_eq!(ids(outbox.page("", 2, 2).0), ["mail-1"]);
        assert_eq!((outbox.count(), outbox.page("B@", 0, 9).1), (3, 1));
        assert_eq!(outbox.get("mail-0").or(outbox.get("mail-4")), None);
    }

    #[test]
    fn what_was_sent_is_there_after_reopening() {
        let data = tempfile::tempdir().unwrap();
        let clock = Clock::system();
        let outbox = Outbox::open(Some(data.path()), clock.clone()).unwrap();
        outbox
            .send(mail(&["a@example.com", "b@example.com"], "kept"))
            .unwrap();
        let before = outbox.list(None);
        drop(outbox);

        let reopened = Outbox::open(Some(data.path()), clock).unwrap();
        assert_eq!(reopened.list(None), before);
        assert_eq!(reopened.get("mail-2"), before.get(1).cloned());
        assert_eq!(
            reopened.send(mail(&["c@example.com"], "next")).unwrap(),
            "mail-3"
        );
    }

    #[test]
    fn old_mails_are_removed_from_the_disk_too_and_the_others_keep_their_ids() {
        let data = tempfile::tempdir().unwrap();
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH);
        let outbox = Outbox::open(Some(data.path()), clock.clone()).unwrap();
        let both = mail(&["a@example.com", "b@example.com"], "old");
        outbox.send(both).unwrap();
        clock.jump(std::time::Duration::from_secs(1)).unwrap();
        outbox.send(mail(&["a@example.com"], "new")).unwrap();

        outbox.forget_until(Timestamp::UNIX_EPOCH).unwrap();
        let file = std::fs::read_to_string(data.path().join("outbox.jsonl")).unwrap();
        assert!(file.contains("new") && !file.contains("old") && !file.contains("b@"));
        for outbox in [
            &outbox,
            &Outbox::open(Some(data.path()), clock.clone()).unwrap(),
        ] {
            assert_eq!(
                (outbox.count(), outbox.list(None)[0].id.as_str()),
                (1, "mail-3")
            );
            assert_eq!(outbox.list(Some("a@example.com")), outbox.list(None));
            assert_eq!(outbox.get("mail-3").unwrap().subject, "new");
            assert_eq!(outbox.get("mail-2").or(outbox.get("mail-4")), None);
        }
        outbox.forget_until(clock.now()).unwrap();
        assert_eq!((outbox.count(), outbox.list(None)), (0, Vec::new()));
        assert_eq!(
            outbox.send(mail(&["c@example.com"], "next")).unwrap(),
            "mail-4"
        );
    }

    #[test]
    fn the_api_names_are_the_documented_ones() {
        let outbox = Outbox::open(None, Clock::system()).unwrap();
        outbox.send(mail(&["a@example.com"], "named")).unwrap();
        let json = serde_json::to_value(outbox.list(None)).unwrap();
        let names: Vec<&String> = json[0].as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            ["id", "to", "from", "subject", "text", "html", "sentAt"]
        );
    }
}
