//! The exported table and what fills it: definitions become `PyMethodDef`s, functions of the module, methods of
//! classes, and entries that say what the native functions take.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_char, c_int};
use std::ptr::{null, null_mut};

use pyo3::exceptions::{PyImportError, PyValueError};
use pyo3::ffi::{self, PyMethodDef, PyMethodDefPointer, PyObject, PyTypeObject};
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::abi::{Entry, MAX_PARAMS, TABLE_VERSION};

/// The wrapper and its calling convention.
#[derive(Clone, Copy)]
pub enum Wrapper {
    /// METH_NOARGS
    NoArgs(ffi::PyCFunction),
    /// METH_O
    One(ffi::PyCFunction),
    /// METH_FASTCALL
    Fast(ffi::PyCFunctionFast),
    /// METH_FASTCALL | METH_KEYWORDS
    Keywords(ffi::PyCFunctionFastWithKeywords),
}

impl Wrapper {
    fn parts(self) -> (PyMethodDefPointer, c_int) {
        match self {
            Wrapper::NoArgs(f) => (PyMethodDefPointer { PyCFunction: f }, ffi::METH_NOARGS),
            Wrapper::One(f) => (PyMethodDefPointer { PyCFunction: f }, ffi::METH_O),
            Wrapper::Fast(f) => (
                PyMethodDefPointer { PyCFunctionFast: f },
                ffi::METH_FASTCALL,
            ),
            Wrapper::Keywords(f) => (
                PyMethodDefPointer {
                    PyCFunctionFastWithKeywords: f,
                },
                ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
            ),
        }
    }
}

/// What the table says about a function.
#[derive(Clone, Copy)]
pub struct Signature {
    /// The native function's address.
    pub native: *const (),
    /// Codes of the parameters, a receiver included.
    pub params: &'static [u16],
    /// Code of the result.
    pub result: u16,
    /// The error convention.
    pub error: u32,
    /// The sentinel's bits.
    pub sentinel: u64,
    /// What else it does.
    pub effects: u32,
    /// Names after the receiver, with commas between.
    pub names: Names,
    /// The bits of the defaults of the last parameters.
    pub defaults: &'static [u64],
}

/// The names of parameters as the table has them.
#[derive(Clone, Copy)]
pub enum Names {
    /// Positional only.
    None,
    /// Data of the module's file.
    Static(&'static CStr),
    /// Text that was put together.
    Made(&'static CStr),
}

/// A copy of a text in the table; null if it is too long.
///
/// # Safety
/// `at` may be written.
unsafe fn keep(text: &CStr, at: *mut [u8; TEXT]) -> *const c_char {
    let bytes = text.to_bytes_with_nul();
    if bytes.len() > TEXT {
        return null();
    }
    // SAFETY: by contract, and there is room.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), at.cast(), bytes.len()) };
    at.cast()
}

/// One function or method.
#[derive(Clone, Copy)]
pub struct Definition {
    /// Its name in Python.
    pub name: &'static CStr,
    /// Its doc string, with the text signature in front.
    pub doc: &'static CStr,
    /// What C calls.
    pub wrapper: Wrapper,
    /// What compiled code calls; None: an ordinary function.
    pub signature: Option<Signature>,
}

/// A class and the methods it gets.
#[derive(Clone, Copy)]
pub struct Class {
    /// The class object.
    pub of: for<'py> fn(Python<'py>) -> Bound<'py, PyType>,
    /// Its methods.
    pub methods: &'static [Definition],
}

/// The data behind the exported symbol `PyTyped_<module>`, with room for `N` entries. Runtimes that read signatures
/// look at it when the module has been executed; others never do.
///
/// `add_functions!` makes one. Without macros:
///
/// ```ignore
/// #[unsafe(no_mangle)]
/// pub static PyTyped_demo: Table<16> = Table::new();
/// ```
#[repr(C)]
pub struct Table<const N: usize> {
    head: UnsafeCell<Head>,
    entries: UnsafeCell<[Entry; N]>,
    types: UnsafeCell<[*mut PyTypeObject; N]>,
    /// Names that are put together at run time: readers want to find them in the module's file.
    texts: UnsafeCell<[[u8; TEXT]; N]>,
}

/// Room for an entry's names and the byte that ends them.
const TEXT: usize = 64;

/// `PyTypedTable`.
#[repr(C)]
struct Head {
    version: u32,
    count: u32,
    entries: *const Entry,
}

// SAFETY: written only while the module is being executed, which the interpreter does on one thread at a time; the
// pointers are to static data.
unsafe impl<const N: usize> Sync for Table<N> {}

impl<const N: usize> Table<N> {
    /// An empty table.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Table<N> {
        Table {
            head: UnsafeCell::new(Head {
                version: TABLE_VERSION,
                count: 0,
                entries: null(),
            }),
            entries: UnsafeCell::new([Entry::EMPTY; N]),
            types: UnsafeCell::new([null_mut(); N]),
            texts: UnsafeCell::new([[0; TEXT]; N]),
        }
    }

    /// The table for whoever fills it, emptied. Each time the module is executed it is filled anew.
    pub(crate) fn open(&'static self) -> Filler {
        let entries = self.entries.get().cast::<Entry>();
        // SAFETY: one thread executes the module; no reference into the cell exists.
        unsafe {
            let head = &mut *self.head.get();
            head.count = 0;
            head.entries = entries;
        }
        Filler {
            head: self.head.get(),
            entries,
            types: self.types.get().cast(),
            texts: self.texts.get().cast(),
            room: N,
        }
    }
}

/// A table while the module is being executed.
pub struct Filler {
    head: *mut Head,
    entries: *mut Entry,
    types: *mut *mut PyTypeObject,
    texts: *mut [u8; TEXT],
    room: usize,
}

impl Filler {
    fn push(
        &mut self,
        method: *const PyMethodDef,
        class: Option<&Bound<'_, PyType>>,
        s: &Signature,
    ) -> PyResult<()> {
        // SAFETY: `open` took these from a static table that nobody else writes while the module is executed.
        let at = unsafe { (*self.head).count } as usize;
        if at == self.room {
            let room = self.room;
            return Err(PyValueError::new_err(format!(
                "the typed table has room for {room} functions"
            )));
        }
        let mut entry = Entry {
            nparams: s.params.len() as u16,
            method,
            native: s.native,
            result: s.result,
            effects: s.effects,
            error: s.error,
            sentinel: s.sentinel,
            names: match s.names {
                // SAFETY: as above; `at` is in range.
                Names::Made(text) => unsafe { keep(text, self.texts.add(at)) },
                Names::Static(text) => text.as_ptr(),
                Names::None => null(),
            },
            defaults_from: (s.params.len() - s.defaults.len()) as u32,
            ..Entry::EMPTY
        };
        entry.params[..s.params.len()].copy_from_slice(s.params);
        entry.defaults[s.params.len() - s.defaults.len()..s.params.len()]
            .copy_from_slice(s.defaults);
        // SAFETY: as above; `at` is in range.
        unsafe {
            if let Some(class) = class {
                let slot = self.types.add(at);
                *slot = class.as_type_ptr();
                entry.self_type = slot;
            }
            *self.entries.add(at) = entry;
            (*self.head).count += 1;
        }
        Ok(())
    }
}

/// Adds functions, and methods to classes, and fills the table: what `add_functions!` comes to.
pub fn add<const N: usize>(
    module: &Bound<'_, PyModule>,
    table: &'static Table<N>,
    functions: &[Definition],
    classes: &[Class],
) -> PyResult<()> {
    prepare(module.py())?;
    let mut filler = table.open();
    add_functions(module, &mut filler, functions)?;
    for class in classes {
        let ty = (class.of)(module.py());
        for method in class.methods {
            add_method(&ty, &mut filler, method)?;
        }
    }
    Ok(())
}

pub(crate) fn add_functions(
    module: &Bound<'_, PyModule>,
    filler: &mut Filler,
    functions: &[Definition],
) -> PyResult<()> {
    // The interpreter keeps pointers to the definitions as long as a function lives, so they are never freed.
    let definitions: &'static mut [PyMethodDef] = functions
        .iter()
        .map(method_def)
        .chain([PyMethodDef::zeroed()])
        .collect::<Vec<_>>()
        .leak();
    for (definition, method) in functions.iter().zip(&*definitions) {
        if let Some(signature) = &definition.signature {
            filler.push(method, None, signature)?;
        }
    }
    // SAFETY: a terminated array that lives for good.
    let status = unsafe { ffi::PyModule_AddFunctions(module.as_ptr(), definitions.as_mut_ptr()) };
    check(module.py(), status)?;
    // As PyO3 does for what it adds, so that `from module import *`, which packages of wheels do, finds all.
    let all = module.index()?;
    for definition in functions {
        all.append(definition.name.to_string_lossy())?;
    }
    Ok(())
}

pub(crate) fn add_method(
    class: &Bound<'_, PyType>,
    filler: &mut Filler,
    definition: &Definition,
) -> PyResult<()> {
    let py = class.py();
    let method: &'static mut PyMethodDef = Box::leak(Box::new(method_def(definition)));
    if let Some(signature) = &definition.signature {
        filler.push(method, Some(class), signature)?;
    }
    // SAFETY: the type and the definition are live; the result is a new reference or null with an exception.
    unsafe {
        let descriptor = ffi::PyDescr_NewMethod(class.as_type_ptr(), method);
        let descriptor = Bound::from_owned_ptr_or_err(py, descriptor)?;
        let name: *const c_char = definition.name.as_ptr();
        let status = ffi::PyObject_SetAttrString(class.as_ptr(), name, descriptor.as_ptr());
        check(py, status)
    }
}

fn check(py: Python<'_>, status: c_int) -> PyResult<()> {
    if status == 0 {
        Ok(())
    } else {
        Err(PyErr::fetch(py))
    }
}

fn method_def(definition: &Definition) -> PyMethodDef {
    let (ml_meth, ml_flags) = definition.wrapper.parts();
    PyMethodDef {
        ml_name: definition.name.as_ptr(),
        ml_meth,
        ml_flags,
        ml_doc: definition.doc.as_ptr(),
    }
}

/// Before the first function of a module is added.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    #[cfg(PyPy)]
    crate::pypy::name_ellipsis(py)?;
    check_digits(py)
}

/// Builds that read ints by layout know digits of 30 bits, which all usual builds of CPython have.
fn check_digits(py: Python<'_>) -> PyResult<()> {
    if cfg!(any(Py_LIMITED_API, PyPy, GraalPy)) {
        return Ok(());
    }
    let bits: u32 = py
        .import("sys")?
        .getattr("int_info")?
        .getattr("bits_per_digit")?
        .extract()?;
    if bits == 30 {
        return Ok(());
    }
    Err(PyImportError::new_err(format!(
        "the module was built for ints with digits of 30 bits, this interpreter's have {bits}"
    )))
}

/// Whether a signature with these parameters fits into an entry.
pub(crate) const fn fits(params: &[u16]) -> bool {
    params.len() <= MAX_PARAMS
}

/// For macros: the signature, unless the table has no room for so many parameters.
pub const fn fitting(signature: Signature) -> Option<Signature> {
    if fits(signature.params) {
        Some(signature)
    } else {
        None
    }
}

/// A pointer that C gets: null.
pub const NULL: *mut PyObject = null_mut();
