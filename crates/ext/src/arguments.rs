//! Matching what a call passes with the parameters: counts, keywords, and the errors in Python's words.

use std::ffi::CStr;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::exceptions::PyTypeError;
use pyo3::ffi::{self, Py_ssize_t, PyObject};
use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3::{Borrowed, PyErr};

use crate::layout;

/// The parameters of one function. `names` may be empty for a function whose parameters have none.
pub struct Shape<'a> {
    /// As the messages call it: `add`, `Scaler.scale`. Asked for only by them.
    pub function: fn() -> &'static str,
    /// In order, without the receiver.
    pub names: &'a [&'a str],
    /// How many must be given.
    pub required: usize,
    /// How many there are.
    pub total: usize,
    /// How many of the first cannot be given by keyword.
    pub positional_only: usize,
}

impl Shape<'_> {
    /// The error of a call without keywords and with a wrong number of arguments.
    #[cold]
    #[inline(never)]
    pub fn wrong_count(&self, given: Py_ssize_t) -> PyErr {
        let given = given as usize;
        if given > self.total || self.names.is_empty() {
            return self.too_many(given);
        }
        self.missing(&self.names[given..self.required])
    }

    /// The same, raised; null for C.
    #[cold]
    #[inline(never)]
    pub fn raise_wrong_count(&self, given: Py_ssize_t) -> *mut PyObject {
        crate::attach::raise(self.wrong_count(given));
        null_mut()
    }

    fn too_many(&self, given: usize) -> PyErr {
        let (required, total) = (self.required, self.total);
        let takes = if required == total {
            format!("{total} positional argument{}", plural(total))
        } else {
            format!("from {required} to {total} positional arguments")
        };
        let were = if given == 1 { "was" } else { "were" };
        self.error(format!("takes {takes} but {given} {were} given"))
    }

    fn missing(&self, names: &[&str]) -> PyErr {
        let quoted: Vec<String> = names.iter().map(|n| format!("'{n}'")).collect();
        let (n, s) = (names.len(), plural(names.len()));
        let list = match quoted.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [a, b] => format!("{a} and {b}"),
            [most @ .., last] => format!("{}, and {last}", most.join(", ")),
        };
        self.error(format!(
            "missing {n} required positional argument{s}: {list}"
        ))
    }

    fn error(&self, text: String) -> PyErr {
        PyTypeError::new_err(format!("{}() {text}", (self.function)()))
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// The parameters of a function that takes keywords.
pub struct Keywords<const N: usize> {
    shape: Shape<'static>,
    names: [&'static CStr; N],
    /// The names as the interpreter's own strings, which callers nearly always pass; null until the first use.
    interned: [AtomicPtr<PyObject>; N],
}

impl<const N: usize> Keywords<N> {
    /// Parameters with these names.
    pub const fn new(shape: Shape<'static>, names: [&'static CStr; N]) -> Keywords<N> {
        Keywords {
            shape,
            names,
            interned: [const { AtomicPtr::new(null_mut()) }; N],
        }
    }

    /// The arguments by parameter; null where none was given and there is a default.
    ///
    /// # Safety
    /// The three values are what the interpreter passed for METH_FASTCALL | METH_KEYWORDS.
    #[inline(always)]
    pub unsafe fn bind(
        &self,
        args: *const *mut PyObject,
        nargs: Py_ssize_t,
        kwnames: *mut PyObject,
    ) -> PyResult<[*mut PyObject; N]> {
        let mut slots = [null_mut(); N];
        let known = |name| self.known(name);
        // SAFETY: by contract.
        unsafe { bind(&self.shape, &mut slots, args, nargs, kwnames, known) }?;
        Ok(slots)
    }

    /// The parameter whose interned name this is.
    #[inline(always)]
    fn known(&self, name: *mut PyObject) -> Option<usize> {
        let is = |i: &usize| self.interned[*i].load(Ordering::Relaxed) == name;
        let found = (self.shape.positional_only..N).find(is);
        if found.is_none() {
            self.intern();
        }
        found
    }

    /// Makes the strings, if the first call has not done so.
    #[cold]
    #[inline(never)]
    fn intern(&self) {
        for (name, interned) in self.names.iter().zip(&self.interned) {
            if interned.load(Ordering::Relaxed).is_null() {
                // SAFETY: terminated text; the reference is kept for good. Wrappers run attached.
                let string = unsafe { ffi::PyUnicode_InternFromString(name.as_ptr()) };
                if string.is_null() {
                    // SAFETY: as above. Without the string names are compared as text.
                    unsafe { ffi::PyErr_Clear() };
                }
                interned.store(string, Ordering::Relaxed);
            }
        }
    }
}

/// The arguments of a call by parameter; a slot stays null where none was given and there is a default.
///
/// # Safety
/// `args`, `nargs`, `kwnames` are what the interpreter passed for METH_FASTCALL | METH_KEYWORDS.
#[inline(always)]
pub unsafe fn bind(
    shape: &Shape,
    slots: &mut [*mut PyObject],
    args: *const *mut PyObject,
    nargs: Py_ssize_t,
    kwnames: *mut PyObject,
    known: impl Fn(*mut PyObject) -> Option<usize>,
) -> PyResult<()> {
    let given = nargs as usize;
    if given > slots.len() {
        return Err(shape.too_many(given));
    }
    for (i, slot) in slots.iter_mut().enumerate() {
        if i < given {
            // SAFETY: that many arguments lie there.
            *slot = unsafe { *args.add(i) };
        }
    }
    if !kwnames.is_null() {
        // SAFETY: by contract a tuple of strings, with as many values behind the positional arguments.
        unsafe {
            for i in 0..tuple_size(kwnames) {
                let name = tuple_item(kwnames, i);
                let value = *args.add(given + i);
                match known(name) {
                    Some(at) if slots[at].is_null() => slots[at] = value,
                    _ => other(shape, slots, name, value)?,
                }
            }
        }
    }
    if slots[..shape.required].iter().any(|s| s.is_null()) {
        return Err(lacking(shape, slots));
    }
    Ok(())
}

/// The parameter with this name.
#[inline(always)]
pub fn known_by_text(shape: &Shape, name: *mut PyObject) -> Option<usize> {
    // SAFETY: an item of the tuple of names, which outlives the call; wrappers run attached.
    let text = unsafe { layout::exact_str(name) }?;
    (shape.positional_only..shape.names.len()).find(|&i| shape.names[i] == text)
}

/// A name that is not one of the known strings: the first call, a string made at run time, or an error.
#[cold]
#[inline(never)]
fn other(
    shape: &Shape,
    slots: &mut [*mut PyObject],
    name: *mut PyObject,
    value: *mut PyObject,
) -> PyResult<()> {
    Python::attach(|py| {
        // SAFETY: an item of the tuple of names, which outlives the call.
        let object = unsafe { Borrowed::from_ptr(py, name) };
        let text = object.cast::<PyString>()?.to_string_lossy().into_owned();
        match shape.names.iter().position(|n| *n == text) {
            Some(at) if at < shape.positional_only => Err(shape.error(format!(
                "got some positional-only arguments passed as keyword arguments: '{text}'"
            ))),
            Some(at) if slots[at].is_null() => {
                slots[at] = value;
                Ok(())
            }
            Some(_) => Err(shape.error(format!("got multiple values for argument '{text}'"))),
            None => Err(shape.error(format!("got an unexpected keyword argument '{text}'"))),
        }
    })
}

#[cold]
#[inline(never)]
fn lacking(shape: &Shape, slots: &[*mut PyObject]) -> PyErr {
    let names: Vec<&str> = (0..shape.required)
        .filter(|&i| slots[i].is_null())
        .map(|i| shape.names[i])
        .collect();
    shape.missing(&names)
}

#[inline(always)]
unsafe fn tuple_size(tuple: *mut PyObject) -> usize {
    #[cfg(not(any(Py_LIMITED_API, PyPy, GraalPy)))]
    // SAFETY: the caller has a tuple.
    return unsafe { ffi::PyTuple_GET_SIZE(tuple) } as usize;
    #[cfg(any(Py_LIMITED_API, PyPy, GraalPy))]
    // SAFETY: the caller has a tuple.
    return unsafe { ffi::PyTuple_Size(tuple) } as usize;
}

#[inline(always)]
unsafe fn tuple_item(tuple: *mut PyObject, i: usize) -> *mut PyObject {
    #[cfg(not(any(Py_LIMITED_API, PyPy, GraalPy)))]
    // SAFETY: the caller has a tuple with more than `i` items.
    return unsafe { ffi::PyTuple_GET_ITEM(tuple, i as Py_ssize_t) };
    #[cfg(any(Py_LIMITED_API, PyPy, GraalPy))]
    // SAFETY: the caller has a tuple with more than `i` items.
    return unsafe { ffi::PyTuple_GetItem(tuple, i as Py_ssize_t) };
}
