//! Queries of the outbox for the console: a page of it, or the mails of one request.

use jiff::Timestamp;
use memchr::memmem::Finder;

use super::{Mail, Outbox};

impl Outbox {
    /// At most `limit` mails, newest first, after the `skip` newest, and how many there are of all pages
    /// together. With `to`, only those to addresses that contain it.
    pub fn page(&self, to: &str, skip: usize, limit: usize) -> (Vec<Mail>, usize) {
        let state = self.lock();
        let to = to.to_ascii_lowercase();
        let mut wanted: Vec<usize> = state
            .by_recipient
            .iter()
            .filter(|(address, _)| address.contains(&to))
            .flat_map(|(_, entries)| entries.iter().copied())
            .collect();
        wanted.sort_unstable_by(|a, b| b.cmp(a));
        let page = wanted.iter().skip(skip).take(limit);
        (page.map(|at| state.mail(*at)).collect(), wanted.len())
    }

    /// The mails whose text names a request, newest first. None was sent before it came to be.
    pub fn that_name(&self, request: &str, since: Timestamp) -> Vec<Mail> {
        let state = self.lock();
        let first = state
            .entries
            .partition_point(|(sent, _)| state.sent[*sent].at < since);
        // There can be a hundred megabytes of them, which the standard library takes a while to look through.
        let finder = Finder::new(request);
        let names_it = |at: &usize| {
            finder
                .find(state.sent[state.entries[*at].0].mail.text.as_bytes())
                .is_some()
        };
        let entries = (first..state.entries.len()).rev();
        entries.filter(names_it).map(|at| state.mail(at)).collect()
    }
}
