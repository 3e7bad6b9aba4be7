//! Passes the interpreter's version to the compiler as `cfg`s (`Py_3_11`, `Py_GIL_DISABLED`).

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
