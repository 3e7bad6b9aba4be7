//! A cell that is filled once, for values that a run makes when they are first read.
//!
//! PyO3's once-cells detach from the interpreter while one is being filled, which costs more
//! than what is kept here. This one makes the value first and then offers it: of two threads that
//! do so at once, one value is kept and the other dropped.

use std::sync::OnceLock;

/// A value that is made when it is first needed.
pub(crate) struct Lazy<T>(OnceLock<T>);

impl<T> Default for Lazy<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Lazy<T> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// A cell that has its value already.
    #[inline]
    pub(crate) fn filled(value: T) -> Self {
        Self(OnceLock::from(value))
    }

    /// The value, if it was made.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.get()
    }

    /// Keeps a value unless there is one.
    pub(crate) fn offer(&self, value: T) {
        // The loser is handed back, and dropped here where the caller is attached.
        drop(self.0.set(value));
    }

    /// The value, made now if need be.
    #[inline]
    pub(crate) fn get_or_make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if self.0.get().is_none() {
            self.offer(make()?);
        }
        Ok(self
            .0
            .get_or_init(|| unreachable!("the cell was filled just now")))
    }
}
