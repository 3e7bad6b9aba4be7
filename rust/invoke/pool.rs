//! Work shared between the calling thread and helpers of one long-lived pool.
//!
//! The caller takes items itself, from a counter that the helpers take from as well, and a
//! helper looks in only after a moment and only while items are left. So trivial items cost what
//! a loop costs, blocking ones overlap, and nested work cannot starve: whoever waits for items
//! has none left to give.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::prelude::*;

use crate::py::calls::{self, Outcall};
use crate::py::{imports, interpreter};

/// How long a helper waits before it looks in: longer than trivial items take (a run is about
/// 1 us), shorter than anything that is worth a thread.
const PATIENCE: Duration = Duration::from_micros(20);

/// How often a helper looks at offers and finds none before it goes to sleep.
const QUIET_LOOKS: usize = 16;

/// How often the caller looks for signals while it waits for helpers.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);

/// The most helper threads that there ever are; more work than that waits its turn.
const MOST_THREADS: usize = 256;

/// What a batch raises in a child that one of its items forked.
const FORKED: &str = "an item of a batch forked this process; the batch goes on in the parent only, so leave the child by os._exit()";

type Job = Arc<dyn Fn(Python<'_>, usize) -> PyResult<Py<PyAny>> + Send + Sync>;

/// Items to work off, and how far that got.
struct Work {
    /// Taken out when the batch is through, so that an offer that nobody took up keeps nothing.
    job: Mutex<Option<Job>>,
    count: usize,
    /// How many helpers may work besides the caller.
    most_helpers: usize,
    /// The next item that nobody has taken.
    next: AtomicUsize,
    /// Set when nothing more is to be started.
    stopped: AtomicBool,
    state: Mutex<State>,
    helper_left: Condvar,
    /// How many forks there had been when it began.
    forks: usize,
}

struct State {
    helpers: usize,
    /// By item: what became of it; `None` if it was not started.
    results: Vec<Option<PyResult<Py<PyAny>>>>,
}

impl Work {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is a child that an item forked: the other threads at work are its parent's, and
    /// `state` may be locked for ever.
    fn is_forked(&self) -> bool {
        self.most_helpers > 0 && self.forks != FORKS.load(Ordering::Acquire)
    }

    fn is_left(&self) -> bool {
        !self.stopped.load(Ordering::Acquire) && self.next.load(Ordering::Acquire) < self.count
    }

    /// Works off items until none is left. In a child that an item forked, that item is the last.
    fn take_part(&self, py: Python<'_>) -> PyResult<()> {
        let job = self
            .job
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(job) = job else {
            return Ok(());
        };
        while !self.stopped.load(Ordering::Acquire) {
            let item = self.next.fetch_add(1, Ordering::AcqRel);
            if item >= self.count {
                break;
            }
            let result = job(py, item);
            if self.is_forked() {
                return result.and_then(|_| Err(PyRuntimeError::new_err(FORKED)));
            }
            if result.is_err() {
                self.stopped.store(true, Ordering::Release);
            }
            self.lock().results[item] = Some(result);
        }
        Ok(())
    }

    /// A helper's part: joins if items are left and there is room, and calls for the next one.
    fn help(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        {
            let mut state = self.lock();
            if !self.is_left() || state.helpers >= self.most_helpers {
                return Ok(());
            }
            state.helpers += 1;
            if state.helpers < self.most_helpers {
                Pool::current().offer(self);
            }
        }
        Pool::current().start_threads(py);
        self.take_part(py)?;
        self.lock().helpers -= 1;
        self.helper_left.notify_all();
        Ok(())
    }

    /// Waits, without the interpreter, until no helper is at work.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        let mut interrupted = Ok(());
        loop {
            let done = calls::detached(py, || {
                let state = self.lock();
                let (state, _) = self
                    .helper_left
                    .wait_timeout_while(state, SIGNAL_CHECK, |state| state.helpers > 0)
                    .unwrap_or_else(PoisonError::into_inner);
                state.helpers == 0
            });
            if done {
                return interrupted;
            }
            if let Err(signal) = py.check_signals() {
                self.stopped.store(true, Ordering::Release);
                interrupted = interrupted.and(Err(signal));
            }
        }
    }
}

/// The helpers and what they are offered.
struct Pool {
    queue: Mutex<Queue>,
    offered: Condvar,
    /// The pool of a forked child.
    next: OnceLock<Box<Pool>>,
}

struct Queue {
    offers: VecDeque<Arc<Work>>,
    /// Whether a helper looks at the offers every now and then, and need not be woken.
    watched: bool,
    idle: usize,
    threads: usize,
}

impl Pool {
    const fn new() -> Self {
        Self {
            queue: Mutex::new(Queue {
                offers: VecDeque::new(),
                watched: false,
                idle: 0,
                threads: 0,
            }),
            offered: Condvar::new(),
            next: OnceLock::new(),
        }
    }

    /// The process's pool.
    ///
    /// A forked child has none of its parent's threads, and may find the lock taken for ever by
    /// one of them: it goes on to a pool of its own and never looks at its parent's.
    fn current() -> &'static Self {
        let mut pool = &FIRST;
        for _ in 0..FORKS.load(Ordering::Acquire) {
            pool = pool.next.get_or_init(|| Box::new(Self::new()));
        }
        pool
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Offers work; offers that came to nothing are cleared away, for they would count as work that
    /// another thread is to be started for.
    fn offer(&self, work: &Arc<Work>) {
        let mut queue = self.lock();
        queue.offers.retain(|offer| offer.is_left());
        queue.offers.push_back(Arc::clone(work));
        let watched = queue.watched;
        drop(queue);
        if !watched {
            self.offered.notify_one();
        }
    }

    /// Starts as many threads as there are offers that nobody is free for.
    fn start_threads(&self, py: Python<'_>) {
        loop {
            {
                let mut queue = self.lock();
                if queue.offers.len() <= queue.idle || queue.threads >= MOST_THREADS {
                    return;
                }
                queue.threads += 1;
                queue.idle += 1;
            }
            let started = imports::start_helper(py).and_then(|start| start.call_out(()));
            if started.is_err() {
                // Without another thread the caller does the work itself.
                let mut queue = self.lock();
                queue.threads -= 1;
                queue.idle = queue.idle.saturating_sub(1);
                return;
            }
        }
    }

    /// Waits for an offer with items left after a moment.
    ///
    /// To wake a thread takes longer than trivial items do. So a helper that was woken stays awake
    /// for a while and watches, for callers that make such calls one after the other.
    fn take_offer(&self) -> Arc<Work> {
        loop {
            let unoffered = |queue: &mut Queue| queue.watched || queue.offers.is_empty();
            let mut queue = self
                .offered
                .wait_while(self.lock(), unoffered)
                .unwrap_or_else(PoisonError::into_inner);
            queue.watched = true;
            drop(queue);
            let mut quiet = 0;
            while quiet < QUIET_LOOKS {
                let mut seen = std::mem::take(&mut self.lock().offers);
                quiet = if seen.is_empty() { quiet + 1 } else { 0 };
                std::thread::sleep(PATIENCE);
                seen.retain(|work| work.is_left());
                if let Some(work) = seen.pop_front() {
                    self.stop_watching(seen, true);
                    return work;
                }
            }
            self.stop_watching(VecDeque::new(), false);
        }
    }

    /// Leaves offers that were seen, and the later ones, to another helper.
    fn stop_watching(&self, mut seen: VecDeque<Arc<Work>>, to_work: bool) {
        let mut queue = self.lock();
        seen.append(&mut queue.offers);
        queue.offers = seen;
        queue.watched = false;
        if to_work {
            queue.idle = queue.idle.saturating_sub(1);
        }
        let wanted = !queue.offers.is_empty();
        drop(queue);
        if wanted {
            self.offered.notify_one();
        }
    }
}

static FIRST: Pool = Pool::new();

/// How many forks lie between the first process and this one.
static FORKS: AtomicUsize = AtomicUsize::new(0);

/// The life of a helper thread; called by `ferrule.runnables.pool` on a daemon thread. It ends in a
/// child that an item forked, with what the item raised there.
#[pyfunction]
pub(crate) fn serve_pool(py: Python<'_>) -> PyResult<()> {
    let pool = Pool::current();
    loop {
        let work = calls::detached(py, || pool.take_offer());
        work.help(py)?;
        drop(work);
        pool.lock().idle += 1;
    }
}

/// Makes a forked child draw its own random bits and start its own threads; called by
/// `os.register_at_fork`.
#[pyfunction]
pub(crate) fn reseed_after_fork() {
    crate::ids::reseed();
    FORKS.fetch_add(1, Ordering::AcqRel);
}

/// Calls `job` for each of `count` items, at most `most` at a time, and waits for all of them.
///
/// Nothing is started after a failure; what is not started is `None`. When what had been started
/// is through, the first failure is raised: an interrupt or exit, if there is one among them.
pub(crate) fn work_off(
    py: Python<'_>,
    count: usize,
    most: usize,
    job: Job,
) -> PyResult<Vec<Option<Py<PyAny>>>> {
    // When the interpreter ends, no thread can be started, nor waited for.
    let most = if interpreter::interpreter_runs() {
        most
    } else {
        1
    };
    let work = Arc::new(Work {
        job: Mutex::new(Some(job)),
        count,
        most_helpers: most.min(count).saturating_sub(1),
        next: AtomicUsize::new(0),
        stopped: AtomicBool::new(false),
        state: Mutex::new(State {
            helpers: 0,
            results: (0..count).map(|_| None).collect(),
        }),
        helper_left: Condvar::new(),
        forks: FORKS.load(Ordering::Acquire),
    });
    if work.most_helpers > 0 {
        let pool = Pool::current();
        pool.offer(&work);
        pool.start_threads(py);
    }
    work.take_part(py)?;
    // Whoever has not joined by now finds nothing to do.
    work.next.fetch_max(count, Ordering::AcqRel);
    let busy = work.lock().helpers > 0;
    let waited = if busy { work.wait(py) } else { Ok(()) };
    let job = work
        .job
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    // Dropped here, attached and outside of the lock.
    drop(job);
    waited?;
    let results = std::mem::take(&mut work.lock().results);
    let mut outputs = Vec::with_capacity(count);
    let mut failure: Option<PyErr> = None;
    for result in results {
        match result.transpose() {
            Ok(output) => outputs.push(output),
            Err(error) => {
                let outranks = |kept: &PyErr| {
                    kept.is_instance_of::<PyException>(py)
                        && !error.is_instance_of::<PyException>(py)
                };
                if failure.as_ref().is_none_or(outranks) {
                    failure = Some(error);
                }
            }
        }
    }
    failure.map_or(Ok(outputs), Err)
}

/// How many items run at once unless a config says otherwise: as many as threads of the
/// standard library's executor.
pub(crate) fn default_concurrency() -> usize {
    const MOST: usize = 32;
    // Asked once: Linux is asked by way of several files.
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    let processors = PROCESSORS
        .get_or_init(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    MOST.min(processors + 4)
}
