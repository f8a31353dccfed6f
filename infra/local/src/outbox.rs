//! The mails that were "sent": kept for a person to read in the console and for tests to look into.
//!
//! Nothing leaves the machine. One entry per recipient, so that a filter by recipient sees what each of them got.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::journal::Journal;

mod pages;

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

/// All mails, oldest first.
#[derive(Debug)]
pub struct Outbox {
    clock: Clock,
    state: Mutex<State>,
    count: watch::Sender<usize>,
}

#[derive(Debug)]
struct State {
    mails: Vec<Mail>,
    /// One line per sending, so that a mail to several is there for all of them or for none.
    journal: Journal<Vec<Mail>>,
}

impl Outbox {
    /// Opens the outbox kept in `<data>/outbox.jsonl`; None keeps nothing.
    pub fn open(data: Option<&Path>, clock: Clock) -> io::Result<Self> {
        let path = data.map(|data| data.join("outbox.jsonl"));
        let (journal, sendings) = Journal::<Vec<Mail>>::open(path.as_deref())?;
        let mails: Vec<Mail> = sendings.into_iter().flatten().collect();
        let (count, _) = watch::channel(mails.len());
        Ok(Self {
            clock,
            state: Mutex::new(State { mails, journal }),
            count,
        })
    }

    /// Takes a mail in and gives the id of its first entry. It is on disk when this returns.
    pub fn send(&self, mail: NewMail) -> io::Result<String> {
        let mut state = self.lock();
        let first = state.mails.len() + 1;
        let sent_at = self.clock.now();
        let entries: Vec<Mail> = (first..)
            .zip(mail.to)
            .map(|(number, to)| Mail {
                id: format!("mail-{number}"),
                to,
                from: mail.from.clone(),
                subject: mail.subject.clone(),
                text: mail.text.clone(),
                html: mail.html.clone(),
                sent_at,
            })
            .collect();
        state.journal.append(&entries)?;
        state.mails.extend(entries);
        // Told under the lock, so that the count never goes back.
        self.count.send_replace(state.mails.len());
        Ok(format!("mail-{first}"))
    }

    /// The mails, oldest first: all of them, or those to one address.
    pub fn list(&self, to: Option<&str>) -> Vec<Mail> {
        let state = self.lock();
        let wanted = |mail: &&Mail| to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to));
        state.mails.iter().filter(wanted).cloned().collect()
    }

    /// One mail by its id.
    pub fn get(&self, id: &str) -> Option<Mail> {
        self.lock().mails.iter().find(|mail| mail.id == id).cloned()
    }

    /// The number of mails, and a way to be told when it grows.
    pub fn subscribe(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock leaves it half changed: a panic elsewhere is no reason to stop.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[tokio::test]
    async fn a_reader_is_told_of_new_mail() {
        let outbox = Outbox::open(None, Clock::system()).unwrap();
        let mut news = outbox.subscribe();
        assert_eq!(*news.borrow_and_update(), 0);
        outbox.send(mail(&["a@example.com"], "news")).unwrap();
        news.changed().await.unwrap();
        assert_eq!(*news.borrow(), 1);
    }
}
