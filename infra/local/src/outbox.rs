//! The mails that were "sent": kept for a person to read in the console and for tests to look into.
//!
//! Nothing leaves the machine. A mail is there once per recipient, so that a filter by recipient sees what each of them got.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use memchr::memmem::Finder;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::journal::Journal;

/// A mail as one recipient got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default)]
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

#[derive(Debug)]
struct State {
    /// Oldest first.
    mails: Vec<Mail>,
    /// How many were sent, those that are removed too.
    sent: usize,
    journal: Journal<Mail>,
}

impl Outbox {
    /// Opens the outbox kept in `<data>/outbox.jsonl`; None keeps nothing.
    pub fn open(data: Option<&Path>, clock: Clock) -> io::Result<Self> {
        let path = data.map(|data| data.join("outbox.jsonl"));
        let (journal, mails) = Journal::<Mail>::open(path.as_deref())?;
        let last = mails.last().and_then(|mail| mail.id.strip_prefix("mail-"));
        let sent = last.and_then(|number| number.parse().ok()).unwrap_or(0);
        let state = State {
            mails,
            sent,
            journal,
        };
        Ok(Self {
            clock,
            state: Mutex::new(state),
        })
    }

    /// Takes a mail in and gives the id that it has for its first recipient. It is on disk when this returns.
    pub fn send(&self, new: NewMail) -> io::Result<String> {
        let state = &mut *self.state.lock();
        let id = |number: usize| format!("mail-{number}");
        let first = id(state.sent + 1);
        let sent_at = self.clock.now();
        for to in new.to {
            let mail = Mail {
                id: id(state.sent + 1),
                to,
                from: new.from.clone(),
                subject: new.subject.clone(),
                text: new.text.clone(),
                html: new.html.clone(),
                sent_at,
            };
            state.journal.append(&mail)?;
            state.mails.push(mail);
            state.sent += 1;
        }
        Ok(first)
    }

    /// Removes the mails that were sent at that time or before it, from the disk too.
    pub fn forget_until(&self, at: Timestamp) -> io::Result<()> {
        let state = &mut *self.state.lock();
        let old = state.mails.partition_point(|mail| mail.sent_at <= at);
        if old > 0 {
            state.journal.replace(&state.mails[old..])?;
            state.mails.drain(..old);
        }
        Ok(())
    }

    /// The mails, oldest first: all of them, or those to one address.
    pub fn list(&self, to: Option<&str>) -> Vec<Mail> {
        let state = self.state.lock();
        let is_to = |mail: &&Mail| to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to));
        state.mails.iter().filter(is_to).cloned().collect()
    }

    /// One mail by its id.
    pub fn get(&self, id: &str) -> Option<Mail> {
        let state = self.state.lock();
        state.mails.iter().find(|mail| mail.id == id).cloned()
    }

    /// The number of mails.
    pub fn count(&self) -> usize {
        self.state.lock().mails.len()
    }

    /// At most `limit` mails, newest first, after the `skip` newest, and how many there are of all pages
    /// together. With `to`, only those to addresses that contain it.
    pub fn page(&self, to: &str, skip: usize, limit: usize) -> (Vec<Mail>, usize) {
        let state = self.state.lock();
        let to = to.to_ascii_lowercase();
        let is_to = |mail: &&Mail| to.is_empty() || mail.to.to_ascii_lowercase().contains(&to);
        let wanted: Vec<&Mail> = state.mails.iter().rev().filter(is_to).collect();
        let page = wanted.iter().skip(skip).take(limit).copied();
        (page.cloned().collect(), wanted.len())
    }

    /// The mails whose text names a request, newest first. None was sent before it came to be.
    pub fn that_name(&self, request: &str, since: Timestamp) -> Vec<Mail> {
        let state = self.state.lock();
        let first = state.mails.partition_point(|mail| mail.sent_at < since);
        // There can be a hundred megabytes of them, which the standard library takes a while to look through.
        let finder = Finder::new(request);
        let names_it = |mail: &&Mail| finder.find(mail.text.as_bytes()).is_some();
        let later = state.mails[first..].iter().rev();
        later.filter(names_it).cloned().collect()
    }
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
