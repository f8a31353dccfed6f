//! Values that are read at run time and kept for a while.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{Mutex, watch};

/// How old a value is at least when it is read again because of what a stranger sent: a flood of false signatures or
/// links does not become a flood of reads.
pub const REFUSED_AGE: Duration = Duration::from_secs(10);

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
    /// When reading it was last tried. None until that succeeds for the first time.
    tried: Mutex<Option<SystemTime>>,
}

impl<V> Cached<V> {
    /// Reads a value.
    pub async fn load<F, A>(max_age: Duration, read: F) -> Result<Self, String>
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<V, String>> + Send + 'static,
    {
        let value = read().await?;
        Ok(Self::new(value, Some(now()), max_age, Some(boxed(read))))
    }

    /// Reads a value that can be done without for now: until it can be read, it is `absent`.
    pub async fn load_or<F, A>(absent: V, max_age: Duration, read: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<V, String>> + Send + 'static,
    {
        let cached = Self::new(absent, None, max_age, Some(boxed(read)));
        cached.refresh().await;
        cached
    }

    fn new(value: V, tried: Option<SystemTime>, max_age: Duration, read: Option<Read<V>>) -> Self {
        Self(Arc::new(Cache {
            read,
            max_age,
            value: watch::Sender::new(Arc::new(value)),
            tried: Mutex::new(tried),
        }))
    }

    /// The value as it was read last.
    pub fn current(&self) -> Arc<V> {
        self.0.value.borrow().clone()
    }

    /// Reads it again if it is old. Each invocation begins with this.
    pub async fn refresh(&self) {
        self.reread(self.0.max_age).await;
    }

    /// Reads it again if it is at least as old as that, because the value was refused.
    pub async fn reread(&self, age: Duration) {
        let Some(read) = &self.0.read else {
            return;
        };
        let mut tried = self.0.tried.lock().await;
        // A clock that was set back makes it old.
        let is_young = |at: SystemTime| now().duration_since(at).is_ok_and(|since| since < age);
        if tried.is_some_and(is_young) {
            return;
        }
        match read().await {
            Ok(value) => {
                self.0.value.send_replace(Arc::new(value));
                *tried = Some(now());
            }
            Err(error) => {
                tracing::warn!(error, "what is configured could not be read again");
                *tried = tried.map(|_| now());
            }
        }
    }
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
        Self::new(value, None, Duration::ZERO, None)
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
        young.reread(LONG).await;
        assert_eq!((*young.current(), place.left()), ("a", 2), "it is young");
        young.clone().reread(Duration::ZERO).await;
        assert_eq!(*young.current(), "b");
        let old = Cached::load(Duration::ZERO, place.reader()).await.unwrap();
        assert_eq!((*old.current(), place.left()), ("c", 0));
    }

    #[tokio::test]
    async fn what_strangers_send_reads_it_once_in_a_while() {
        let place = Place::with(&["a", "b"]);
        let cached = Cached::load(LONG, place.reader()).await.unwrap();
        cached.reread(Duration::ZERO).await;
        for _ in 0..1_000 {
            cached.reread(REFUSED_AGE).await;
        }
        assert_eq!((*cached.current(), place.left()), ("b", 0));
    }

    #[tokio::test]
    async fn what_cannot_be_read_again_stays_and_is_not_asked_for_each_time() {
        let place = Place::with(&["a", "", "b"]);
        let cached = Cached::load(LONG, place.reader()).await.unwrap();
        cached.reread(Duration::ZERO).await;
        cached.reread(REFUSED_AGE).await;
        assert_eq!((*cached.current(), place.left()), ("a", 1));
        cached.reread(Duration::ZERO).await;
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
