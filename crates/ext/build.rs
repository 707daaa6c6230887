//! Gives this crate the conditions PyO3 is compiled under: `Py_3_12`, `Py_LIMITED_API`, `PyPy` and so on.

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
