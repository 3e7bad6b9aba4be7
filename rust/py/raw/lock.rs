//! A lock for threads that are attached to the interpreter.
//!
//! The standard library's takes two locked instructions each time, some 12 ns: a sixth of what a
//! chunk costs on its way through ten generators (bench `transform10.h0`). Where there is an
//! interpreter's lock, no other attached thread comes between a load and a store, so that these are
//! enough; without one, a locked instruction is left.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::gc::PyVisit;
use pyo3::prelude::*;

use super::calls;

/// Raises a flag; returns whether this thread did, and no other one.
///
/// What was done before the flag was last lowered (released) is seen by the one who raised it.
#[inline]
pub(crate) fn claim(flag: &AtomicBool, _attached: Python<'_>) -> bool {
    if cfg!(Py_GIL_DISABLED) {
        return !flag.swap(true, Ordering::AcqRel);
    }
    let is_free = !flag.load(Ordering::Acquire);
    if is_free {
        flag.store(true, Ordering::Relaxed);
    }
    is_free
}

/// A value that one thread has at a time.
pub(crate) struct Lock<T> {
    is_taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through a guard only, of which there is one at a time, so that
// threads hand the value on to each other and never share it.
unsafe impl<T: Send> Sync for Lock<T> {}

/// The right to the value, until it is dropped.
pub(crate) struct Guard<'a, T> {
    lock: &'a Lock<T>,
    /// As a pointer is, it is neither sent to other threads nor shared with them.
    here: PhantomData<*mut T>,
}

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            is_taken: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, unless somebody has it.
    #[inline]
    pub(crate) fn try_lock(&self, attached: Python<'_>) -> Option<Guard<'_, T>> {
        claim(&self.is_taken, attached).then(|| Guard {
            lock: self,
            here: PhantomData,
        })
    }

    /// The value, as soon as nobody else has it. Not for a value that a thread has while it runs
    /// Python code: that may ask for it again.
    #[inline]
    pub(crate) fn lock(&self, attached: Python<'_>) -> Guard<'_, T> {
        loop {
            match self.try_lock(attached) {
                Some(guard) => return guard,
                None => let_others_on(attached),
            }
        }
    }

    /// The value for the garbage collector to visit, unless somebody has it.
    pub(crate) fn visited(&self, _visit: &PyVisit<'_>) -> Option<Guard<'_, T>> {
        // SAFETY: the interpreter calls what visits, on a thread that is attached.
        self.try_lock(unsafe { Python::assume_attached() })
    }

    /// The value, which nobody else can have.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

#[cold]
fn let_others_on(py: Python<'_>) {
    calls::detached(py, std::thread::yield_now);
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard is the only one (`claim`), and is borrowed for as long.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as for `deref`, and the guard is borrowed by nobody else.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.is_taken.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_the_value_at_a_time() {
        Python::initialize();
        Python::attach(|py| {
            let mut lock = Lock::new(1);
            let held = lock.try_lock(py);
            assert!(held.is_some());
            assert!(lock.try_lock(py).is_none());
            drop(held);
            *lock.lock(py) += 1;
            assert_eq!(lock.try_lock(py).map(|value| *value), Some(2));
            assert_eq!(*lock.get_mut(), 2);
        });
    }

    #[test]
    fn who_waits_lets_others_on() {
        const TIMES: usize = 300;
        Python::initialize();
        let lock = Lock::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..TIMES {
                        Python::attach(|py| {
                            let mut value = lock.lock(py);
                            let read = *value;
                            calls::detached(py, std::thread::yield_now);
                            *value = read + 1;
                        });
                    }
                });
            }
        });
        Python::attach(|py| assert_eq!(*lock.lock(py), 4 * TIMES));
    }
}
