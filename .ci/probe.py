"""Answer the Makefile's questions about the interpreter that runs this file.

`version` prints the tag of its environment and the suffix of its extension modules;
`libpython` prints the environment in which a Rust test binary finds the shared library, and
fails, saying why, where there is none to link with. Runs on any Python 3, before anything is
installed.
"""

import os
import sys
import sysconfig


def version():
    """Return "3.12 .cpython-312-x86_64-linux-gnu.so"; refuse versions below 3.10."""
    if sys.version_info < (3, 10):
        sys.exit("ferrule needs Python 3.10 or later")
    threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    return "{}.{}{} {}".format(*sys.version_info[:2], threads, suffix)


def libpython():
    """Return `NAME=value` words for `env`; exit with the reason if linking cannot work."""
    folder = sysconfig.get_config_var("LIBDIR") or ""
    if sysconfig.get_config_var("PYTHONFRAMEWORK"):
        folder = sysconfig.get_config_var("PYTHONFRAMEWORKPREFIX")
    library = os.path.join(folder, sysconfig.get_config_var("LDLIBRARY") or "")
    if library.endswith(".a") or not os.path.exists(library):
        sys.exit("this Python has no shared library to link a test binary with")
    name = "DYLD_LIBRARY_PATH" if sys.platform == "darwin" else "LD_LIBRARY_PATH"
    paths = [folder, *filter(None, [os.environ.get(name)])]
    # The embedded interpreter would otherwise look for its modules beside the test binary.
    return "{}={} PYTHONHOME={}".format(name, os.pathsep.join(paths), sys.base_prefix)


if __name__ == "__main__":
    print({"version": version, "libpython": libpython}[sys.argv[1]]())
