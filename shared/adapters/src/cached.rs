//! Values that are read at run time and kept for a while.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{Mutex, watch};

/// How long it takes until what a stranger sent has a value read again once more: a flood of false signatures or links
/// does not become a flood of reads.
const REFUSED_AGE: Duration = Duration::from_secs(10);

type Read<V> =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<V, String>> + Send>> + Send + Sync>;

/// A value that was given and stays, or one that is read again when it is old.
///
/// If it cannot be read again, it stays what it is: what it is read from may be away for a while.
pub struct Cached<V>(Arc<Cache<V>>);

struct Cache<V> {
    /// None for a value that was given.
    read: Option<Read<V>>,
    max_age: Duration,
    value: watch::Sender<Arc<V>>,
    times: Mutex<Times>,
}

#[derive(Default)]
struct Times {
    /// When reading it was last tried. None until that succeeds for the first time.
    tried: Option<SystemTime>,
    /// When it was last read because it was refused.
    refused: Option<SystemTime>,
}

impl<V> Cached<V> {
    /// Reads a value.
    pub async fn load<F, A>(max_age: Duration, read: F) -> Result<Self, String>
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<V, String>> + Send + 'static,
    {
        let value = read().await?;
        let cached = Self::new(value, max_age, Some(boxed(read)));
        cached.0.times.lock().await.tried = Some(now());
        Ok(cached)
    }

    /// Reads a value that can be done without for now: until it can be read, it is `absent`.
    pub async fn load_or<F, A>(absent: V, max_age: Duration, read: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<V, String>> + Send + 'static,
    {
        let cached = Self::new(absent, max_age, Some(boxed(read)));
        cached.refresh().await;
        cached
    }

    fn new(value: V, max_age: Duration, read: Option<Read<V>>) -> Self {
        Self(Arc::new(Cache {
            read,
            max_age,
            value: watch::Sender::new(Arc::new(value)),
            times: Mutex::default(),
        }))
    }

    /// The value as it was read last.
    pub fn current(&self) -> Arc<V> {
        self.0.value.borrow().clone()
    }

    /// Reads it again if it is old. Each invocation begins with this.
    pub async fn refresh(&self) {
        let mut times = self.0.times.lock().await;
        if is_past(times.tried, self.0.max_age) {
            self.read(&mut times).await;
        }
    }

    /// Reads it again.
    pub async fn reread(&self) {
        self.read(&mut *self.0.times.lock().await).await;
    }

    /// Reads it again because something does not fit it that a stranger sent; not each time.
    pub async fn refused(&self) {
        let mut times = self.0.times.lock().await;
        if is_past(times.refused, REFUSED_AGE) {
            times.refused = Some(now());
            self.read(&mut times).await;
        }
    }

    async fn read(&self, times: &mut Times) {
        let Some(read) = &self.0.read else {
            return;
        };
        match read().await {
            Ok(value) => {
                self.0.value.send_replace(Arc::new(value));
                times.tried = Some(now());
            }
            Err(error) => {
                tracing::warn!(error, "what is configured could not be read again");
                times.tried = times.tried.map(|_| now());
            }
        }
    }
}

/// Whether so much time has passed. A clock that was set back counts as if it had.
fn is_past(at: Option<SystemTime>, age: Duration) -> bool {
    at.is_none_or(|at| now().duration_since(at).map_or(true, |since| since >= age))
}

fn boxed<V, F, A>(read: F) -> Read<V>
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Future<Output = Result<V, String>> + Send + 'static,
{
    Box::new(move || Box::pin(read()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "an age is no business time, and a monotonic clock may stand still while Lambda freezes the process"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// A value that was given and stays.
impl<V> From<V> for Cached<V> {
    fn from(value: V) -> Self {
        Self::new(value, Duration::ZERO, None)
    }
}

impl<V> Clone for Cached<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The value is not shown: it may be a secret.
impl<V> fmt::Debug for Cached<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cached")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as StdMutex;

    use super::*;

    const LONG: Duration = Duration::from_hours(1);

    /// What is read, the next last. An empty text cannot be read.
    #[derive(Clone)]
    struct Place(Arc<StdMutex<Vec<&'static str>>>);

    impl Place {
        fn with(values: &[&'static str]) -> Self {
            let values = values.iter().rev().copied().collect();
            Self(Arc::new(StdMutex::new(values)))
        }

        fn left(&self) -> usize {
            self.0.lock().unwrap().len()
        }

        fn reader(&self) -> impl Fn() -> std::future::Ready<Result<&'static str, String>> + use<> {
            let place = self.clone();
            move || {
                let value = place.0.lock().unwrap().pop().unwrap();
                let read = if value.is_empty() {
                    Err("away".to_owned())
                } else {
                    Ok(value)
                };
                std::future::ready(read)
            }
        }
    }

    #[tokio::test]
    async fn a_value_is_read_again_when_it_is_old_and_when_it_was_refused() {
        let place = Place::with(&["a", "b", "c"]);
        let young = Cached::load(LONG, place.reader()).await.unwrap();
        young.refresh().await;
        assert_eq!((*young.current(), place.left()), ("a", 2), "it is young");
        young.clone().reread().await;
        assert_eq!(*young.current(), "b");
        let old = Cached::load(Duration::ZERO, place.reader()).await.unwrap();
        assert_eq!((*old.current(), place.left()), ("c", 0));
    }

    #[tokio::test]
    async fn what_strangers_send_reads_it_once_in_a_while() {
        let place = Place::with(&["a", "b"]);
        let cached = Cached::load(LONG, place.reader()).await.unwrap();
        for _ in 0..1_000 {
            cached.refused().await;
        }
        assert_eq!((*cached.current(), place.left()), ("b", 0));
    }

    #[tokio::test]
    async fn what_cannot_be_read_again_stays_and_is_not_asked_for_each_time() {
        let place = Place::with(&["a", "", "b"]);
        let cached = Cached::load(LONG, place.reader()).await.unwrap();
        cached.reread().await;
        cached.refresh().await;
        assert_eq!((*cached.current(), place.left()), ("a", 1));
        cached.reread().await;
        assert_eq!(*cached.current(), "b");
    }

    #[tokio::test]
    async fn what_was_never_read_is_tried_each_time_or_refuses_to_begin() {
        let place = Place::with(&["", "", "a"]);
        assert!(Cached::load(LONG, place.reader()).await.is_err());
        let cached = Cached::load_or("absent", LONG, place.reader()).await;
        assert_eq!(*cached.current(), "absent");
        cached.refresh().await;
        assert_eq!((*cached.current(), place.left()), ("a", 0));
    }
}
