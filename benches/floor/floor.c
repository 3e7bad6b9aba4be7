/* The floor: the least work that users of a runnable can see, by hand against CPython's C API.
 *
 * What is there, because handlers and functions see it: the run id (a `uuid.UUID`, made when a
 * handler reads it), parent ids, a run's own lists of tags and dict of metadata, what children
 * inherit, a context per run that is copied, entered and left, the context variable that hands the
 * parent to nested calls, one look at each handler's type for whether it overrides a hook and
 * ignores the kind, coroutines of hooks driven to their end, errors of the body told and raised.
 *
 * What is not there: everything else. No tracing switches, no configure hooks, no log of failing
 * handlers, no signatures, no generators, no threads, no subclasses. Objects of this module are not
 * seen by the cycle collector. It exists to be measured, and to be compared with.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/* ------------------------------------------------------------------------------- hooks */

enum { CHAIN_START, CHAIN_END, CHAIN_ERROR, LLM_TOKEN, HOOKS };

/* What a handler inherits from the base class is not worth a call. */
typedef struct {
    const char *spelled, *ignored_by;
    PyObject *name, *ignore, *base_hook, *base_ignore;
} Hook;

static Hook hooks[HOOKS] = {
    [CHAIN_START] = {"on_chain_start", "ignore_chain"},
    [CHAIN_END] = {"on_chain_end", "ignore_chain"},
    [CHAIN_ERROR] = {"on_chain_error", "ignore_chain"},
    [LLM_TOKEN] = {"on_llm_new_token", "ignore_llm"},
};

static PyObject *s_callbacks, *s_tags, *s_metadata, *s_run_name, *s_recursion_limit,
    *s_configurable;
static PyObject *start_names, *manager_start_names, *event_names, *token_names;
static PyObject *current; /* the context variable with the current scope */

static inline int hears(PyObject *handler, const Hook *hook)
{
    PyTypeObject *type = Py_TYPE(handler);
    if (_PyType_Lookup(type, hook->name) == hook->base_hook)
        return 0;
    if (_PyType_Lookup(type, hook->ignore) == hook->base_ignore)
        return 1;
    PyObject *ignores = PyObject_GetAttr(handler, hook->ignore);
    if (!ignores)
        return -1;
    int truth = PyObject_IsTrue(ignores);
    Py_DECREF(ignores);
    return truth < 0 ? -1 : !truth;
}

/* The index of the first handler that hears; the number of handlers if none does; -1. */
static Py_ssize_t first_hearing(PyObject *handlers, const Hook *hook)
{
    Py_ssize_t count = PyTuple_GET_SIZE(handlers);
    for (Py_ssize_t i = 0; i < count; i++) {
        int heard = hears(PyTuple_GET_ITEM(handlers, i), hook);
        if (heard)
            return heard < 0 ? -1 : i;
    }
    return count;
}

/* Drives a hook's coroutine to its end. It must not suspend: the floor has no event loop. */
static int finish(PyObject *awaitable)
{
    PyObject *value = NULL;
    PySendResult sent = PyIter_Send(awaitable, Py_None, &value);
    Py_XDECREF(value);
    if (sent == PYGEN_NEXT)
        PyErr_SetString(PyExc_RuntimeError, "a hook of the floor's workloads must not suspend");
    return sent == PYGEN_RETURN ? 0 : -1;
}

/* Calls the hook of each handler from the `first`; `stack[0]` is the handler's place. */
static int tell(PyObject *handlers, Py_ssize_t first, const Hook *hook, PyObject **stack,
                size_t positional, PyObject *names)
{
    Py_ssize_t count = PyTuple_GET_SIZE(handlers);
    for (Py_ssize_t i = first; i < count; i++) {
        PyObject *handler = PyTuple_GET_ITEM(handlers, i);
        int heard = i == first ? 1 : hears(handler, hook);
        if (heard < 0)
            return -1;
        if (!heard)
            continue;
        stack[0] = handler;
        PyObject *result = PyObject_VectorcallMethod(hook->name, stack, positional + 1, names);
        if (!result)
            return -1;
        int failed = result != Py_None && PyCoro_CheckExact(result) ? finish(result) : 0;
        Py_DECREF(result);
        if (failed)
            return -1;
    }
    return 0;
}

/* --------------------------------------------------------------------------------- ids */

static PyTypeObject *uuid_type;
static PyObject *uuid_int, *uuid_is_safe, *uuid_unknown;
static uint64_t last_high, last_low;

/* RFC 9562, version 7: milliseconds, then a counter that starts anywhere. */
static void fresh_id(uint64_t *high, uint64_t *low)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t milliseconds = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    uint64_t top = milliseconds << 16 | 0x7000 | (last_high & 0x0fff);
    last_high = top > last_high ? top : last_high;
    last_low = (last_low + 1) & 0x3fffffffffffffff;
    *high = last_high;
    *low = last_low | 0x8000000000000000;
}

static PyObject *make_uuid(uint64_t high, uint64_t low)
{
    unsigned char bytes[16];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(high >> (56 - 8 * i));
        bytes[8 + i] = (unsigned char)(low >> (56 - 8 * i));
    }
    PyObject *number = _PyLong_FromByteArray(bytes, 16, 0, 0);
    PyObject *self = number ? uuid_type->tp_alloc(uuid_type, 0) : NULL;
    if (self && (Py_TYPE(uuid_int)->tp_descr_set(uuid_int, self, number)
                 || Py_TYPE(uuid_is_safe)->tp_descr_set(uuid_is_safe, self, uuid_unknown)))
        Py_CLEAR(self);
    Py_XDECREF(number);
    return self;
}

static PyObject *floor_uuid7(PyObject *module, PyObject *unused)
{
    uint64_t high, low;
    fresh_id(&high, &low);
    return make_uuid(high, low);
}

/* ------------------------------------------------------------------------------ scopes */

/* What the children of a run inherit. */
typedef struct Scope {
    PyObject_HEAD
    PyObject *handlers, *tags; /* tuples, or NULL */
    PyObject *metadata;        /* a dict that is never written to, or NULL */
    PyObject *id;              /* made when read */
    uint64_t high, low;
} Scope;

static void scope_dealloc(Scope *self)
{
    Py_XDECREF(self->handlers);
    Py_XDECREF(self->tags);
    Py_XDECREF(self->metadata);
    Py_XDECREF(self->id);
    PyObject_Free(self);
}

static PyTypeObject Scope_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "floor.Scope",
    .tp_basicsize = sizeof(Scope),
    .tp_dealloc = (destructor)scope_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyObject *scope_id(Scope *self) /* borrowed; None for no scope */
{
    if (!self)
        return Py_None;
    if (!self->id)
        self->id = make_uuid(self->high, self->low);
    return self->id;
}

/* The union of a tuple (or NULL) and a list or tuple (or NULL, None), in order; NULL if empty. */
static int unite(PyObject *inherited, PyObject *given, int by_identity, PyObject **result)
{
    if (!given || given == Py_None || PySequence_Fast_GET_SIZE(given) == 0) {
        *result = Py_XNewRef(inherited);
        return 0;
    }
    if (!inherited)
        return (*result = PySequence_Tuple(given)) ? 0 : -1;
    PyObject *list = PySequence_List(inherited);
    for (Py_ssize_t i = 0; list && i < PySequence_Fast_GET_SIZE(given); i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(given, i);
        int known = 0;
        if (by_identity)
            for (Py_ssize_t k = 0; k < PyList_GET_SIZE(list) && !known; k++)
                known = PyList_GET_ITEM(list, k) == item;
        else
            known = PySequence_Contains(list, item);
        if (known < 0 || (!known && PyList_Append(list, item)))
            Py_CLEAR(list);
    }
    *result = list ? PyList_AsTuple(list) : NULL;
    Py_XDECREF(list);
    return *result ? 0 : -1;
}

static int unite_metadata(PyObject *inherited, PyObject *given, PyObject **result)
{
    if (!given || given == Py_None || PyDict_GET_SIZE(given) == 0) {
        *result = Py_XNewRef(inherited);
        return 0;
    }
    *result = PyDict_Copy(inherited ? inherited : given);
    return *result && (!inherited || !PyDict_Update(*result, given)) ? 0 : -1;
}

/* A child scope of `parent` (may be NULL) with what the configs (may be NULL) add. */
static Scope *scope_new(Scope *parent, PyObject *config, PyObject *bound)
{
    Scope *self = PyObject_New(Scope, &Scope_Type);
    if (!self)
        return NULL;
    self->handlers = parent ? Py_XNewRef(parent->handlers) : NULL;
    self->tags = parent ? Py_XNewRef(parent->tags) : NULL;
    self->metadata = parent ? Py_XNewRef(parent->metadata) : NULL;
    self->id = NULL;
    fresh_id(&self->high, &self->low);
    PyObject *configs[2] = {config, bound};
    for (int i = 0; i < 2; i++) {
        if (!configs[i] || configs[i] == Py_None)
            continue;
        PyObject *handlers = self->handlers, *tags = self->tags, *metadata = self->metadata;
        self->handlers = self->tags = self->metadata = NULL;
        int failed =
            unite(handlers, PyDict_GetItemWithError(configs[i], s_callbacks), 1, &self->handlers)
            || unite(tags, PyDict_GetItemWithError(configs[i], s_tags), 0, &self->tags)
            || unite_metadata(metadata, PyDict_GetItemWithError(configs[i], s_metadata),
                              &self->metadata);
        Py_XDECREF(handlers);
        Py_XDECREF(tags);
        Py_XDECREF(metadata);
        if (failed) {
            Py_DECREF(self);
            return NULL;
        }
    }
    return self;
}

/* -------------------------------------------------------------------------------- runs */

typedef struct {
    Scope *scope, *parent;
    PyObject *context;
    PyObject *local_tag; /* of this run only */
    PyObject *tag_list;  /* what the hooks of this run get; made when one is called */
} Run;

static void run_clear(Run *run)
{
    Py_CLEAR(run->scope);
    Py_CLEAR(run->parent);
    Py_CLEAR(run->context);
    Py_CLEAR(run->local_tag);
    Py_CLEAR(run->tag_list);
}

static int run_tags(Run *run)
{
    if (run->tag_list)
        return 0;
    run->tag_list = run->scope->tags ? PySequence_List(run->scope->tags) : PyList_New(0);
    if (run->tag_list && run->local_tag && PyList_Append(run->tag_list, run->local_tag))
        Py_CLEAR(run->tag_list);
    return run->tag_list ? 0 : -1;
}

/* Opens a run in a context of its own, which is entered. The tag is taken over. */
static int run_open(Run *run, Scope *parent, PyObject *config, PyObject *bound, PyObject *tag)
{
    *run = (Run){.parent = (Scope *)Py_XNewRef((PyObject *)parent), .local_tag = tag};
    run->scope = scope_new(parent, config, bound);
    run->context = run->scope ? PyContext_CopyCurrent() : NULL;
    if (!run->context || PyContext_Enter(run->context)) {
        run_clear(run);
        return -1;
    }
    PyObject *token = PyContextVar_Set(current, (PyObject *)run->scope);
    Py_XDECREF(token);
    return token ? 0 : -1;
}

/* Tells the start. Without a name (NULL) hooks are told neither name nor run_type. */
static int run_start(Run *run, PyObject *serialized, PyObject *name, PyObject *input)
{
    PyObject *handlers = run->scope->handlers;
    if (!handlers)
        return 0;
    Py_ssize_t first = first_hearing(handlers, &hooks[CHAIN_START]);
    if (first < 0 || first == PyTuple_GET_SIZE(handlers))
        return first < 0 ? -1 : 0;
    PyObject *metadata = run->scope->metadata ? PyDict_Copy(run->scope->metadata) : PyDict_New();
    PyObject *id = scope_id(run->scope), *parent = scope_id(run->parent);
    int failed = -1;
    if (metadata && id && parent && !run_tags(run)) {
        PyObject *stack[] = {NULL,     serialized, input,   id,  parent, run->tag_list,
                             metadata, Py_None,    name};
        failed = tell(handlers, first, &hooks[CHAIN_START], stack, 2,
                      name ? start_names : manager_start_names);
    }
    Py_XDECREF(metadata);
    return failed;
}

static int run_tell(Run *run, int event, PyObject *payload)
{
    PyObject *handlers = run->scope->handlers;
    if (!handlers)
        return 0;
    Py_ssize_t first = first_hearing(handlers, &hooks[event]);
    if (first < 0 || first == PyTuple_GET_SIZE(handlers))
        return first < 0 ? -1 : 0;
    PyObject *id = scope_id(run->scope), *parent = scope_id(run->parent);
    if (!id || !parent || run_tags(run))
        return -1;
    PyObject *stack[] = {NULL, payload, id, parent, run->tag_list};
    return tell(handlers, first, &hooks[event], stack, 1, event_names);
}

/* Tells the end or the error of an open run; takes over and returns the output. */
static PyObject *run_close(Run *run, PyObject *output)
{
    if (output) {
        if (run_tell(run, CHAIN_END, output))
            Py_CLEAR(output);
    } else {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        PyErr_NormalizeException(&type, &value, &traceback);
        if (traceback)
            PyException_SetTraceback(value, traceback);
        if (run_tell(run, CHAIN_ERROR, value))
            PyErr_Clear();
        PyErr_Restore(type, value, traceback);
    }
    if (PyContext_Exit(run->context))
        Py_CLEAR(output);
    return output;
}

static Scope *current_scope(void) /* a new reference, or NULL without an error */
{
    PyObject *scope = NULL;
    if (PyContextVar_Get(current, NULL, &scope))
        PyErr_Clear();
    return (Scope *)scope;
}

/* --------------------------------------------------------------------------- runnables */

enum { LAMBDA, SEQUENCE, PARALLEL };

typedef struct {
    PyObject_HEAD
    long kind;
    PyObject *items;  /* the function; the steps; pairs of key and branch */
    PyObject *labels; /* tags of the steps */
    PyObject *name, *serialized;
    PyObject *bound; /* a config, or None */
} Runnable;

static PyTypeObject Runnable_Type, Drive_Type;

static void runnable_dealloc(Runnable *self)
{
    Py_XDECREF(self->items);
    Py_XDECREF(self->labels);
    Py_XDECREF(self->name);
    Py_XDECREF(self->serialized);
    Py_XDECREF(self->bound);
    Py_TYPE(self)->tp_free(self);
}

static int runnable_init(Runnable *self, PyObject *args, PyObject *keywords)
{
    if (!PyArg_ParseTuple(args, "lO!O!OOO", &self->kind, &PyTuple_Type, &self->items,
                          &PyTuple_Type, &self->labels, &self->name, &self->serialized,
                          &self->bound))
        return -1;
    Py_INCREF(self->items);
    Py_INCREF(self->labels);
    Py_INCREF(self->name);
    Py_INCREF(self->serialized);
    Py_INCREF(self->bound);
    return 0;
}

static PyObject *run_of(Runnable *self, PyObject *input, Scope *parent, PyObject *config,
                        PyObject *tag);

/* The branches one after the other: no thread can begin before they are through. */
static PyObject *branches(Runnable *self, PyObject *input, Scope *scope)
{
    PyObject *outputs = PyDict_New();
    for (Py_ssize_t i = 0; outputs && i < PyTuple_GET_SIZE(self->items); i++) {
        PyObject *pair = PyTuple_GET_ITEM(self->items, i);
        PyObject *tag = Py_NewRef(PyTuple_GET_ITEM(self->labels, i));
        PyObject *output =
            run_of((Runnable *)PyTuple_GET_ITEM(pair, 1), input, scope, NULL, tag);
        if (!output || PyDict_SetItem(outputs, PyTuple_GET_ITEM(pair, 0), output))
            Py_CLEAR(outputs);
        Py_XDECREF(output);
    }
    return outputs;
}

static PyObject *body(Runnable *self, PyObject *input, Scope *scope)
{
    if (self->kind == PARALLEL)
        return branches(self, input, scope);
    if (self->kind == LAMBDA)
        return PyObject_CallOneArg(PyTuple_GET_ITEM(self->items, 0), input);
    PyObject *result = Py_NewRef(input);
    for (Py_ssize_t i = 0; result && i < PyTuple_GET_SIZE(self->items); i++) {
        Runnable *step = (Runnable *)PyTuple_GET_ITEM(self->items, i);
        PyObject *tag = Py_NewRef(PyTuple_GET_ITEM(self->labels, i));
        Py_SETREF(result, run_of(step, result, scope, NULL, tag));
    }
    return result;
}

static PyObject *name_of(Runnable *self, PyObject *config)
{
    PyObject *given =
        config && config != Py_None ? PyDict_GetItemWithError(config, s_run_name) : NULL;
    return given ? given : self->name;
}

static PyObject *run_of(Runnable *self, PyObject *input, Scope *parent, PyObject *config,
                        PyObject *tag)
{
    Run run;
    if (run_open(&run, parent, config, self->bound, tag))
        return NULL;
    PyObject *output = NULL;
    if (!run_start(&run, self->serialized, name_of(self, config), input))
        output = body(self, input, run.scope);
    output = run_close(&run, output);
    run_clear(&run);
    return output;
}

static PyObject *runnable_invoke(Runnable *self, PyObject *const *args, Py_ssize_t count)
{
    Scope *parent = current_scope();
    PyObject *output = run_of(self, args[0], parent, count > 1 ? args[1] : NULL, NULL);
    Py_XDECREF(parent);
    return output;
}

static PyObject *runnable_batch(Runnable *self, PyObject *const *args, Py_ssize_t count)
{
    Scope *parent = current_scope();
    PyObject *outputs = PyList_New(PyList_GET_SIZE(args[0]));
    for (Py_ssize_t i = 0; outputs && i < PyList_GET_SIZE(args[0]); i++) {
        PyObject *output = run_of(self, PyList_GET_ITEM(args[0], i), parent,
                                  count > 1 ? args[1] : NULL, NULL);
        if (output)
            PyList_SET_ITEM(outputs, i, output);
        else
            Py_CLEAR(outputs);
    }
    Py_XDECREF(parent);
    return outputs;
}

/* --------------------------------------------------------------------- asynchronous runs */

/* A coroutine that runs in the task of who awaits it, in the run's own context. */
typedef struct {
    PyObject_HEAD
    Runnable *runnable;
    PyObject *input, *config, *coroutine;
    Run run;
} Drive;

static PyObject *runnable_ainvoke(Runnable *self, PyObject *const *args, Py_ssize_t count)
{
    Drive *drive = PyObject_New(Drive, &Drive_Type);
    if (!drive)
        return NULL;
    drive->runnable = (Runnable *)Py_NewRef((PyObject *)self);
    drive->input = Py_NewRef(args[0]);
    drive->config = count > 1 ? Py_NewRef(args[1]) : NULL;
    drive->coroutine = NULL;
    drive->run = (Run){0};
    return (PyObject *)drive;
}

static void drive_dealloc(Drive *self)
{
    run_clear(&self->run);
    Py_XDECREF(self->runnable);
    Py_XDECREF(self->input);
    Py_XDECREF(self->config);
    Py_XDECREF(self->coroutine);
    PyObject_Free(self);
}

static PySendResult drive_send(Drive *self, PyObject *value, PyObject **result)
{
    Runnable *runnable = self->runnable;
    PyObject *output = NULL;
    if (!self->coroutine) {
        Scope *parent = current_scope();
        int failed = run_open(&self->run, parent, self->config, runnable->bound, NULL);
        Py_XDECREF(parent);
        if (failed)
            return PYGEN_ERROR;
        PyObject *name = name_of(runnable, self->config);
        if (!run_start(&self->run, runnable->serialized, name, self->input))
            self->coroutine =
                PyObject_CallOneArg(PyTuple_GET_ITEM(runnable->items, 0), self->input);
    } else if (PyContext_Enter(self->run.context)) {
        return PYGEN_ERROR;
    }
    PySendResult sent =
        self->coroutine ? PyIter_Send(self->coroutine, value, &output) : PYGEN_ERROR;
    if (sent == PYGEN_NEXT) {
        *result = output;
        return PyContext_Exit(self->run.context) ? PYGEN_ERROR : PYGEN_NEXT;
    }
    *result = run_close(&self->run, sent == PYGEN_RETURN ? output : NULL);
    run_clear(&self->run);
    return *result ? PYGEN_RETURN : PYGEN_ERROR;
}

static PyObject *drive_step(Drive *self, PyObject *value)
{
    PyObject *result = NULL;
    PySendResult sent = drive_send(self, value, &result);
    if (sent == PYGEN_RETURN) {
        PyObject *stop = PyObject_CallOneArg(PyExc_StopIteration, result);
        if (stop)
            PyErr_SetObject(PyExc_StopIteration, stop);
        Py_XDECREF(stop);
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *drive_next(Drive *self) { return drive_step(self, Py_None); }

static PyObject *drive_refuse(PyObject *self, PyObject *args)
{
    PyErr_SetString(PyExc_NotImplementedError, "the floor can be neither cancelled nor closed");
    return NULL;
}

static PyAsyncMethods drive_async = {.am_await = PyObject_SelfIter, .am_send = (sendfunc)drive_send};
static PyMethodDef drive_methods[] = {
    {"__await__", (PyCFunction)(void *)PyObject_SelfIter, METH_NOARGS, NULL},
    {"send", (PyCFunction)drive_step, METH_O, NULL},
    {"throw", drive_refuse, METH_VARARGS, NULL},
    {"close", drive_refuse, METH_VARARGS, NULL},
    {NULL},
};
static PyTypeObject Drive_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "floor.Drive",
    .tp_basicsize = sizeof(Drive),
    .tp_dealloc = (destructor)drive_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_as_async = &drive_async,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)drive_next,
    .tp_methods = drive_methods,
};

static PyMethodDef runnable_methods[] = {
    {"invoke", (PyCFunction)(void *)runnable_invoke, METH_FASTCALL, NULL},
    {"batch", (PyCFunction)(void *)runnable_batch, METH_FASTCALL, NULL},
    {"ainvoke", (PyCFunction)(void *)runnable_ainvoke, METH_FASTCALL, NULL},
    {NULL},
};
static PyTypeObject Runnable_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "floor.Runnable",
    .tp_basicsize = sizeof(Runnable),
    .tp_dealloc = (destructor)runnable_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)runnable_init,
    .tp_methods = runnable_methods,
};

/* ---------------------------------------------------------------------------- managers */

/* A manager and a run manager in one: what is told of, and what the children inherit. */
typedef struct {
    PyObject_HEAD
    Run run;
} Manager;

static PyTypeObject Manager_Type;

static Manager *manager_new(Scope *parent, PyObject *config, PyObject *tag)
{
    Manager *self = PyObject_New(Manager, &Manager_Type);
    if (!self)
        return NULL;
    self->run = (Run){.parent = (Scope *)Py_XNewRef((PyObject *)parent)};
    self->run.local_tag = Py_XNewRef(tag);
    self->run.scope = scope_new(parent, config, NULL);
    if (!self->run.scope)
        Py_CLEAR(self);
    return self;
}

static void manager_dealloc(Manager *self)
{
    run_clear(&self->run);
    PyObject_Free(self);
}

/* Manager(inheritable, local): the lists merged in order, each handler once. */
static PyObject *manager_configure(PyObject *type, PyObject *const *args, Py_ssize_t count)
{
    Manager *self = manager_new(NULL, NULL, NULL);
    for (Py_ssize_t i = 0; self && i < count; i++) {
        PyObject *known = self->run.scope->handlers;
        self->run.scope->handlers = NULL;
        if (unite(known, args[i], 1, &self->run.scope->handlers))
            Py_CLEAR(self);
        Py_XDECREF(known);
    }
    return (PyObject *)self;
}

/* A run below the run that the manager is the child of, if any: the manager itself is none. */
static Manager *manager_run(Manager *self)
{
    Manager *run = manager_new(self->run.scope, NULL, NULL);
    if (run)
        Py_XSETREF(run->run.parent, (Scope *)Py_XNewRef((PyObject *)self->run.parent));
    return run;
}

static PyObject *manager_on_chain_start(Manager *self, PyObject *const *args, Py_ssize_t count)
{
    Manager *run = manager_run(self);
    if (run && run_start(&run->run, args[0], NULL, args[1]))
        Py_CLEAR(run);
    return (PyObject *)run;
}

static PyObject *manager_on_llm_start(Manager *self, PyObject *const *args, Py_ssize_t count)
{
    Manager *run = manager_run(self);
    return run ? Py_BuildValue("[N]", run) : NULL;
}

static PyObject *manager_on_chain_end(Manager *self, PyObject *output)
{
    if (run_tell(&self->run, CHAIN_END, output))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *manager_on_llm_new_token(Manager *self, PyObject *token)
{
    PyObject *handlers = self->run.scope->handlers;
    Py_ssize_t first = handlers ? first_hearing(handlers, &hooks[LLM_TOKEN]) : 0;
    if (first < 0)
        return NULL;
    if (handlers && first < PyTuple_GET_SIZE(handlers)) {
        PyObject *id = scope_id(self->run.scope), *parent = scope_id(self->run.parent);
        if (!id || !parent || run_tags(&self->run))
            return NULL;
        PyObject *stack[] = {NULL, token, id, parent, self->run.tag_list, Py_None};
        if (tell(handlers, first, &hooks[LLM_TOKEN], stack, 1, token_names))
            return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *manager_get_child(Manager *self, PyObject *const *args, Py_ssize_t count)
{
    return (PyObject *)manager_new(self->run.scope, NULL, count ? args[0] : NULL);
}

static PyMethodDef manager_methods[] = {
    {"configure", (PyCFunction)(void *)manager_configure, METH_FASTCALL | METH_CLASS, NULL},
    {"on_chain_start", (PyCFunction)(void *)manager_on_chain_start, METH_FASTCALL, NULL},
    {"on_chain_end", (PyCFunction)manager_on_chain_end, METH_O, NULL},
    {"on_llm_start", (PyCFunction)(void *)manager_on_llm_start, METH_FASTCALL, NULL},
    {"on_llm_new_token", (PyCFunction)manager_on_llm_new_token, METH_O, NULL},
    {"get_child", (PyCFunction)(void *)manager_get_child, METH_FASTCALL, NULL},
    {NULL},
};
static PyTypeObject Manager_Type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "floor.Manager",
    .tp_basicsize = sizeof(Manager),
    .tp_dealloc = (destructor)manager_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = manager_methods,
};

/* ----------------------------------------------------------------------------- configs */

static PyObject *empty_config(void)
{
    PyObject *tags = PyList_New(0), *metadata = PyDict_New(), *limit = PyLong_FromLong(25);
    PyObject *configurable = PyDict_New(), *config = PyDict_New();
    if (!tags || !metadata || !limit || !configurable || !config
        || PyDict_SetItem(config, s_tags, tags) || PyDict_SetItem(config, s_metadata, metadata)
        || PyDict_SetItem(config, s_callbacks, Py_None)
        || PyDict_SetItem(config, s_recursion_limit, limit)
        || PyDict_SetItem(config, s_configurable, configurable))
        Py_CLEAR(config);
    Py_XDECREF(tags);
    Py_XDECREF(metadata);
    Py_XDECREF(limit);
    Py_XDECREF(configurable);
    return config;
}

/* Every key, with containers that are the caller's to change. */
static PyObject *floor_ensure_config(PyObject *module, PyObject *given)
{
    PyObject *config = empty_config(), *key, *value;
    Py_ssize_t place = 0;
    while (config && PyDict_Next(given, &place, &key, &value)) {
        PyObject *own = PyDict_CheckExact(value)   ? PyDict_Copy(value)
                        : PyList_CheckExact(value) ? PySequence_List(value)
                                                   : Py_NewRef(value);
        if (!own || (value != Py_None && PyDict_SetItem(config, key, own)))
            Py_CLEAR(config);
        Py_XDECREF(own);
    }
    return config;
}

static PyObject *floor_merge_configs(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    PyObject *config = empty_config(), *key, *value;
    for (Py_ssize_t i = 0; config && i < count; i++) {
        Py_ssize_t place = 0;
        while (config && PyDict_Next(args[i], &place, &key, &value)) {
            PyObject *known = PyDict_GetItemWithError(config, key), *merged = NULL;
            int failed;
            if (PyList_CheckExact(value)) {
                PyObject *before = known && known != Py_None ? PyList_AsTuple(known) : NULL;
                PyObject *after = NULL;
                failed = unite(before, value, key == s_callbacks, &after);
                merged = after ? PySequence_List(after) : NULL;
                Py_XDECREF(before);
                Py_XDECREF(after);
            } else if (PyDict_CheckExact(value)) {
                failed = unite_metadata(known, value, &merged);
            } else {
                merged = Py_NewRef(value);
                failed = 0;
            }
            if (failed || (merged && PyDict_SetItem(config, key, merged)))
                Py_CLEAR(config);
            Py_XDECREF(merged);
        }
    }
    return config;
}

/* patch_config(config, callbacks=...): a copy with these, and so without the run's name. */
static PyObject *floor_patch_config(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                    PyObject *names)
{
    PyObject *config = floor_ensure_config(module, args[0]);
    if (config
        && (PyDict_SetItem(config, PyTuple_GET_ITEM(names, 0), args[count])
            || (PyDict_Contains(config, s_run_name) && PyDict_DelItem(config, s_run_name))))
        Py_CLEAR(config);
    return config;
}

/* ------------------------------------------------------------------------------- module */

/* Calls `call` n times. Not inlined, and visible: callgrind counts what happens inside. */
__attribute__((noinline, visibility("default"))) PyObject *floor_measured(PyObject *call, long n)
{
    for (long i = 0; i < n; i++) {
        PyObject *result = PyObject_CallNoArgs(call);
        if (!result)
            return NULL;
        Py_DECREF(result);
    }
    return Py_NewRef(Py_None);
}

static PyObject *floor_measure(PyObject *module, PyObject *args)
{
    PyObject *call;
    long n;
    return PyArg_ParseTuple(args, "Ol", &call, &n) ? floor_measured(call, n) : NULL;
}

/* Takes the class whose hooks and switches count as not overridden. */
static PyObject *floor_set_base(PyObject *module, PyObject *base)
{
    for (int i = 0; i < HOOKS; i++) {
        hooks[i].base_hook = _PyType_Lookup((PyTypeObject *)base, hooks[i].name);
        hooks[i].base_ignore = _PyType_Lookup((PyTypeObject *)base, hooks[i].ignore);
    }
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"uuid7", floor_uuid7, METH_NOARGS, NULL},
    {"ensure_config", floor_ensure_config, METH_O, NULL},
    {"merge_configs", (PyCFunction)(void *)floor_merge_configs, METH_FASTCALL, NULL},
    {"patch_config", (PyCFunction)(void *)floor_patch_config, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"measure", floor_measure, METH_VARARGS, NULL},
    {"set_base", floor_set_base, METH_O, NULL},
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "floor", .m_size = -1, .m_methods = functions};

static int find_uuid(void)
{
    PyObject *module = PyImport_ImportModule("uuid");
    PyObject *type = module ? PyObject_GetAttrString(module, "UUID") : NULL;
    PyObject *safe = module ? PyObject_GetAttrString(module, "SafeUUID") : NULL;
    uuid_type = (PyTypeObject *)type;
    uuid_int = type ? PyObject_GetAttrString(type, "int") : NULL;
    uuid_is_safe = type ? PyObject_GetAttrString(type, "is_safe") : NULL;
    uuid_unknown = safe ? PyObject_GetAttrString(safe, "unknown") : NULL;
    Py_XDECREF(module);
    Py_XDECREF(safe);
    return uuid_int && uuid_is_safe && uuid_unknown ? 0 : -1;
}

static PyObject *names_of(const char *words[], int count)
{
    PyObject *names = PyTuple_New(count);
    for (int i = 0; names && i < count; i++)
        PyTuple_SET_ITEM(names, i, PyUnicode_InternFromString(words[i]));
    return names;
}

PyMODINIT_FUNC PyInit_floor(void)
{
    const char *about[] = {"run_id", "parent_run_id", "tags", "metadata", "run_type", "name"};
    const char *token[] = {"run_id", "parent_run_id", "tags", "chunk"};
    start_names = names_of(about, 6);
    manager_start_names = names_of(about, 4);
    event_names = names_of(about, 3);
    token_names = names_of(token, 4);
    s_callbacks = PyUnicode_InternFromString("callbacks");
    s_tags = PyUnicode_InternFromString("tags");
    s_metadata = PyUnicode_InternFromString("metadata");
    s_run_name = PyUnicode_InternFromString("run_name");
    s_recursion_limit = PyUnicode_InternFromString("recursion_limit");
    s_configurable = PyUnicode_InternFromString("configurable");
    current = PyContextVar_New("floor_scope", NULL);
    for (int i = 0; i < HOOKS; i++) {
        hooks[i].name = PyUnicode_InternFromString(hooks[i].spelled);
        hooks[i].ignore = PyUnicode_InternFromString(hooks[i].ignored_by);
    }
    last_low = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15;
    if (find_uuid() || PyType_Ready(&Scope_Type) || PyType_Ready(&Runnable_Type)
        || PyType_Ready(&Drive_Type) || PyType_Ready(&Manager_Type))
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (!module || PyModule_AddObjectRef(module, "Runnable", (PyObject *)&Runnable_Type)
        || PyModule_AddObjectRef(module, "CallbackManager", (PyObject *)&Manager_Type))
        return NULL;
    return module;
}
