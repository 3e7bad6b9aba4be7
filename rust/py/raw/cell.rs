//! A cell that is filled once, for values that a run makes when they are first read.
//!
//! PyO3's once-cells detach from the interpreter while one is being filled, which costs more than
//! what is kept here; the standard library's take two locked instructions and a closure more (1.7 %
//! of an invocation with one handler). This one makes the value first and then offers it: of two
//! threads that do so at once, one value is kept and the other dropped.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU8, Ordering};

const EMPTY: u8 = 0;
/// A thread that won the cell moves its value in.
const BUSY: u8 = 1;
const FULL: u8 = 2;

/// A value that is made when it is first needed.
pub(crate) struct Lazy<T> {
    state: AtomicU8,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: the value is written once, by the thread that changed the state from EMPTY to BUSY, and
// only read where FULL was read, which that thread stores (release) after it wrote. As `&Lazy` hands
// out `&T` and can take in a `T` of another thread, `T` has to be both.
unsafe impl<T: Send + Sync> Sync for Lazy<T> {}

impl<T> Default for Lazy<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Lazy<T> {
    pub(crate) const fn new() -> Self {
        Self {
            state: AtomicU8::new(EMPTY),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// A cell that has its value already.
    #[inline]
    pub(crate) const fn filled(value: T) -> Self {
        Self {
            state: AtomicU8::new(FULL),
            value: UnsafeCell::new(MaybeUninit::new(value)),
        }
    }

    /// The value, if it was made.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        if self.state.load(Ordering::Acquire) != FULL {
            return None;
        }
        // SAFETY: FULL says that the value was written, and nobody writes it again.
        Some(unsafe { (*self.value.get()).assume_init_ref() })
    }

    /// Keeps a value unless there is one; the other is dropped here, where the caller is attached.
    #[inline]
    pub(crate) fn offer(&self, value: T) {
        let won = self
            .state
            .compare_exchange(EMPTY, BUSY, Ordering::Acquire, Ordering::Relaxed);
        if won.is_ok() {
            // SAFETY: only the thread that changed EMPTY to BUSY gets here, and nobody reads the
            // value before FULL. Writing does not run any code of `T`: nothing is dropped.
            unsafe { (*self.value.get()).write(value) };
            self.state.store(FULL, Ordering::Release);
        }
    }

    /// The value, made now if need be.
    #[inline]
    pub(crate) fn get_or_make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        self.offer(make()?);
        loop {
            // The cell is full, or another thread moves its value in at this moment.
            match self.get() {
                Some(value) => return Ok(value),
                None => std::thread::yield_now(),
            }
        }
    }
}

impl<T> Drop for Lazy<T> {
    #[inline]
    fn drop(&mut self) {
        if *self.state.get_mut() == FULL {
            // SAFETY: FULL says that the value was written; the cell is used by nobody else any
            // more, and never again.
            unsafe { self.value.get_mut().assume_init_drop() };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    struct Counted(Arc<AtomicUsize>, usize);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn threads_that_offer_at_once_agree_on_one_value() {
        let dropped = Arc::new(AtomicUsize::new(0));
        let cell = Lazy::new();
        let seen: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|number| {
                    let (cell, dropped) = (&cell, &dropped);
                    scope.spawn(move || {
                        let made = || Ok::<_, ()>(Counted(Arc::clone(dropped), number));
                        cell.get_or_make(made).map_or(usize::MAX, |value| value.1)
                    })
                })
                .collect();
            threads
                .into_iter()
                .flat_map(std::thread::ScopedJoinHandle::join)
                .collect()
        });
        assert_eq!(seen.len(), 8);
        assert!(seen.iter().all(|number| *number == seen[0] && *number < 8));
        let before = dropped.load(Ordering::Relaxed);
        drop(cell);
        assert_eq!(dropped.load(Ordering::Relaxed), before + 1);
    }

    #[test]
    fn a_failure_leaves_the_cell_empty() {
        let cell: Lazy<u32> = Lazy::new();
        assert_eq!(cell.get_or_make(|| Err("no")), Err("no"));
        assert_eq!(cell.get(), None);
        assert_eq!(cell.get_or_make(|| Ok::<_, ()>(3)), Ok(&3));
        assert_eq!(cell.get_or_make(|| Err("not made again")), Ok(&3));
    }

    #[test]
    fn what_comes_second_is_dropped() {
        let dropped = Arc::new(AtomicUsize::new(0));
        let cell = Lazy::filled(Counted(Arc::clone(&dropped), 1));
        cell.offer(Counted(Arc::clone(&dropped), 2));
        assert_eq!(dropped.load(Ordering::Relaxed), 1);
        assert_eq!(cell.get().map(|value| value.1), Some(1));
    }
}
