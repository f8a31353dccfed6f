//! What a person reads of the outbox: a page of it, or the mails of one request.

use jiff::Timestamp;
use memchr::memmem::Finder;

use super::{Mail, Outbox};

impl Outbox {
    /// Some mails, newest first, and how many there are of all pages together. With `to`, only those to
    /// addresses that contain it.
    pub fn page(&self, to: &str, skip: usize, most: usize) -> (Vec<Mail>, usize) {
        let state = self.lock();
        if to.is_empty() {
            let page = state.mails.iter().rev().skip(skip).take(most);
            return (page.cloned().collect(), state.mails.len());
        }
        let to = to.to_ascii_lowercase();
        let wanted = |mail: &&Mail| mail.to.to_ascii_lowercase().contains(&to);
        let wanted: Vec<&Mail> = state.mails.iter().rev().filter(wanted).collect();
        let page = wanted.iter().skip(skip).take(most);
        (page.copied().cloned().collect(), wanted.len())
    }

    /// The mails whose text names a request, newest first. None was sent before it came to be.
    pub fn that_name(&self, request: &str, since: Timestamp) -> Vec<Mail> {
        let state = self.lock();
        let first = state.mails.partition_point(|mail| mail.sent_at < since);
        // There can be a hundred megabytes of them, which the standard library takes a while to look through.
        let finder = Finder::new(request);
        let wanted = |mail: &&Mail| finder.find(mail.text.as_bytes()).is_some();
        state.mails[first..]
            .iter()
            .rev()
            .filter(wanted)
            .cloned()
            .collect()
    }
}
