"""Callback managers used directly, the config helpers, and the run id."""

from __future__ import annotations

from functools import partial

from benches.scenarios.handlers import handlers
from benches.workload import workload


def _chain_run(lib, count):
    return lib.CallbackManager.configure(handlers(lib, count)).on_chain_start({}, {"a": 1})


@workload("configure.10_plus_10", floor=True)
def configure(lib):
    return partial(lib.CallbackManager.configure, handlers(lib, 10), handlers(lib, 10))


@workload("on_chain_start.h{}", each=(1, 10), unit="event", floor=True)
def on_chain_start(lib, count):
    manager = lib.CallbackManager.configure(handlers(lib, count))
    return partial(manager.on_chain_start, {}, {"a": 1})


@workload("on_chain_end.h{}", each=(1, 10), unit="event", floor=True)
def on_chain_end(lib, count):
    return partial(_chain_run(lib, count).on_chain_end, {"b": 2})


@workload("on_llm_new_token.h{}", each=(1, 10), unit="event", floor=True)
def on_llm_new_token(lib, count):
    class Handler(lib.BaseCallbackHandler):
        def on_llm_new_token(self, token, **kwargs): ...

    manager = lib.CallbackManager.configure([Handler() for _ in range(count)])
    (run,) = manager.on_llm_start({}, ["go"])
    return partial(run.on_llm_new_token, "x")


@workload("get_child", floor=True)
def get_child(lib):
    return partial(_chain_run(lib, 1).get_child, "step")


def _config(lib, **more):
    return {"tags": ["a", "b"], "metadata": {"user": "u"}, "callbacks": handlers(lib, 1), **more}


@workload("merge_configs", floor=True)
def merge_configs(lib):
    return partial(lib.merge_configs, _config(lib), _config(lib, run_name="second"))


@workload("ensure_config", floor=True)
def ensure_config(lib):
    return partial(lib.ensure_config, _config(lib))


@workload("patch_config", floor=True)
def patch_config(lib):
    return partial(lib.patch_config, _config(lib, run_name="outer"), callbacks=handlers(lib, 1))


@workload("run_id", floor=True)
def run_id(lib):
    return lib.uuid7
