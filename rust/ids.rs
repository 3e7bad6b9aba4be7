//! Run ids: RFC 9562 UUIDv7, strictly increasing in a process, unique over threads and forks.
//!
//! Layout (RFC 9562, section 5.7): 48 bits of Unix milliseconds, version, 12 bits counter,
//! variant, 4 more bits counter, 58 random bits. Milliseconds and counter are one 64-bit clock
//! that never stands still or goes back, however many threads read it and whatever the
//! system clock does (section 6.2, methods 1 and 2).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::py::calls::Outcall;
use crate::py::slotted::{SlotTable, Slotted};
use crate::py::{imports, names};

/// Bits of the clock below the milliseconds.
const COUNTER_BITS: u32 = 16;

/// Milliseconds (48 bits) and counter (16 bits) of the last id.
static CLOCK: AtomicU64 = AtomicU64::new(0);

/// The process's random state; 0 until it is first needed, and again in a forked child.
static SEED: AtomicU64 = AtomicU64::new(0);

/// A new id.
pub(crate) fn next() -> u128 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| {
            elapsed.as_secs() * 1000 + u64::from(elapsed.subsec_millis())
        });
    let tick = advance(&CLOCK, now << COUNTER_BITS);
    layout(tick, random_for(tick))
}

/// Moves the clock to `now`, or past its last reading if that is later; returns the new reading.
fn advance(clock: &AtomicU64, now: u64) -> u64 {
    let mut last = clock.load(Ordering::Relaxed);
    loop {
        let tick = now.max(last.wrapping_add(1));
        match clock.compare_exchange_weak(last, tick, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return tick,
            Err(current) => last = current,
        }
    }
}

/// Random bits for a reading of the clock: no two ids of a process share one, so a keyed
/// permutation of it needs no state of its own and no lock.
fn random_for(tick: u64) -> u64 {
    let mut seed = SEED.load(Ordering::Relaxed);
    if seed == 0 {
        seed = fresh_seed();
        SEED.store(seed, Ordering::Relaxed);
    }
    // splitmix64 (Steele, Lea, Flood 2014).
    let mut mixed = seed.wrapping_add(tick.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A seed from the system, never 0.
fn fresh_seed() -> u64 {
    let mut bytes = [0; 8];
    // Without a random source, address and time still keep forks and processes apart.
    if getrandom::fill(&mut bytes).is_err() {
        let place = std::ptr::addr_of!(bytes) as usize as u64;
        let time = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |elapsed| u64::from(elapsed.subsec_nanos()));
        bytes = (place ^ (time << 32) ^ u64::from(std::process::id())).to_ne_bytes();
    }
    u64::from_ne_bytes(bytes) | 1
}

/// Forgets the random state, so that a forked child draws its own.
pub(crate) fn reseed() {
    SEED.store(0, Ordering::Relaxed);
}

fn layout(tick: u64, random: u64) -> u128 {
    let milliseconds = u128::from(tick >> COUNTER_BITS);
    let counter = u128::from(tick & ((1 << COUNTER_BITS) - 1));
    let high = counter >> 4;
    let low = counter & 0xf;
    (milliseconds << 80)
        | (0x7 << 76)
        | (high << 64)
        | (0b10 << 62)
        | (low << 58)
        | u128::from(random >> 6)
}

/// The id as a `uuid.UUID`.
///
/// The object is made without `UUID.__init__`, whose argument handling is nine tenths of its
/// cost: the class keeps an id in two slots.
pub(crate) fn to_uuid(py: Python<'_>, id: u128) -> PyResult<Bound<'_, PyAny>> {
    /// The slots `int` and `is_safe`, and what `is_safe` says of our ids.
    type Slots = (Slotted<2>, Py<PyAny>);
    static SLOTS: PyOnceLock<Option<Slots>> = PyOnceLock::new();
    let class = imports::uuid(py)?;
    let slots = SLOTS.get_or_try_init(py, || {
        let both = class
            .getattr(names::int(py))
            .and_then(|int| SlotTable::of([&int, &class.getattr(names::is_safe(py))?]))
            .and_then(|table| table.in_class(class));
        // A UUID class that keeps its number elsewhere is built the ordinary way.
        let Ok(both) = both else {
            return Ok(None);
        };
        let unknown = imports::safe_uuid(py)?.getattr(pyo3::intern!(py, "unknown"))?;
        Ok::<_, PyErr>(Some((both, unknown.unbind())))
    })?;
    let Some((slots, unknown)) = slots else {
        let keywords = pyo3::types::PyDict::new(py);
        keywords.set_item(names::int(py), id)?;
        return class.call_out_with((), Some(&keywords));
    };
    slots.make(py, [id.into_pyobject(py)?.as_any(), unknown.bind(py)])
}

/// The id as RFC 9562, section 4, writes it.
pub(crate) fn to_text(id: u128) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Vec::with_capacity(36);
    for (place, byte) in id.to_be_bytes().into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push(b'-');
        }
        text.extend([byte >> 4, byte & 0xf].map(|digit| DIGITS[usize::from(digit)]));
    }
    String::from_utf8(text).unwrap_or_default()
}

/// A new run id.
#[pyfunction]
pub(crate) fn uuid7(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    to_uuid(py, next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_increase_and_carry_version_and_variant() {
        let mut last = 0;
        for _ in 0..200_000 {
            let id = next();
            assert!(id > last);
            assert_eq!((id >> 76) & 0xf, 7);
            assert_eq!((id >> 62) & 0b11, 0b10);
            last = id;
        }
    }

    #[test]
    fn the_text_has_five_groups() {
        let id = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;
        assert_eq!(to_text(id), "01234567-89ab-cdef-0123-456789abcdef");
    }

    #[test]
    fn the_clock_never_repeats_when_time_stands_still_or_goes_back() {
        let clock = AtomicU64::new(0);
        let readings: Vec<u64> = [50, 50, 50, 40, 51, 60]
            .map(|now| advance(&clock, now))
            .into();
        assert_eq!(readings, [50, 51, 52, 53, 54, 60]);
    }

    #[test]
    fn threads_never_share_an_id() {
        let workers: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(|| (0..50_000).map(|_| next()).collect::<Vec<_>>()))
            .collect();
        let mut all: Vec<u128> = workers
            .into_iter()
            .flat_map(|w| w.join().unwrap_or_default())
            .collect();
        assert_eq!(all.len(), 200_000);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 200_000);
    }
}
