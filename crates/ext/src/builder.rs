//! Modules without macros: definitions are collected at run time and added with the table.

use std::ffi::{CStr, CString};

use pyo3::PyTypeInfo;
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pyclass::PyClass;
use pyo3::types::PyType;

use crate::abi::{code, effect, error};
use crate::callable::{self, Function, Method, Parts, Run};
use crate::table::{self, Definition, Names, Signature, Table, Wrapper};

/// Integer registers of the C calling conventions in use; text and bytes take two, and both must be registers.
const REGISTERS: usize = 6;

/// Collects functions and methods for a module; `finish` adds them and fills the table.
///
/// ```ignore
/// #[unsafe(no_mangle)]
/// pub static PyTyped_demo: Table<8> = Table::new();
///
/// #[pymodule]
/// fn demo(m: &Bound<'_, PyModule>) -> PyResult<()> {
///     ModuleBuilder::new(m, &PyTyped_demo)
///         .def_function(c"add", |a: f64, b: f64| a + b).leaf().pure()
///         .def_method(c"scale", Scaler::scale).doc(c"x times the factor")
///         .finish()
/// }
/// ```
///
/// Functions are functions themselves or closures that capture nothing. They take their arguments by position;
/// `def_function_with` and `def_method_with` give parameters names and defaults.
#[must_use = "nothing is added before `finish`"]
pub struct ModuleBuilder<'a, 'py, const N: usize> {
    module: &'a Bound<'py, PyModule>,
    table: &'static Table<N>,
    items: Vec<Item<'py>>,
    problem: Option<String>,
}

struct Item<'py> {
    name: &'static CStr,
    doc: Option<&'static CStr>,
    signature: Option<&'static CStr>,
    class: Option<Bound<'py, PyType>>,
    kind: Kind,
    effects: u32,
    bound: bool,
}

enum Kind {
    Typed(Parts),
    Raw(Wrapper),
}

impl<'a, 'py, const N: usize> ModuleBuilder<'a, 'py, N> {
    /// For this module, with the table that its shared object exports as `PyTyped_<module>`.
    pub fn new(module: &'a Bound<'py, PyModule>, table: &'static Table<N>) -> Self {
        ModuleBuilder {
            module,
            table,
            items: Vec::new(),
            problem: None,
        }
    }

    /// A function of the module.
    pub fn def_function<F, Types>(self, name: &'static CStr, _: F) -> Self
    where
        F: Function<Types>,
    {
        let parts = callable::function::<F, Types>();
        self.item(name, None, Kind::Typed(parts))
    }

    /// A function of the module whose parameters have names and perhaps defaults:
    ///
    /// ```ignore
    /// .def_function_with(c"power", |base: f64, exponent: i32| base.powi(exponent), || (arg("base"), arg("exponent").default(2)))
    /// ```
    ///
    /// The second closure gives a tuple with an `arg` for each parameter (`()` for a `Python<'_>`).
    pub fn def_function_with<F, Types, D>(self, name: &'static CStr, _: F, _: D) -> Self
    where
        F: Function<Types>,
        D: Fn() -> F::Names + Copy + 'static,
    {
        let parts = callable::function_with::<F, Types, D>();
        self.item(name, None, Kind::Typed(parts))
    }

    /// A method of the class `T`.
    pub fn def_method<T, F, Types>(self, name: &'static CStr, _: F) -> Self
    where
        T: PyClass + PyTypeInfo,
        F: Method<T, Types>,
    {
        let class = self.module.py().get_type::<T>();
        let parts = callable::method::<T, F, Types>();
        self.item(name, Some(class), Kind::Typed(parts))
    }

    /// A method of the class `T` whose parameters have names; the receiver has none.
    pub fn def_method_with<T, F, Types, D>(self, name: &'static CStr, _: F, _: D) -> Self
    where
        T: PyClass + PyTypeInfo,
        F: Method<T, Types>,
        D: Fn() -> F::Names + Copy + 'static,
    {
        let class = self.module.py().get_type::<T>();
        let parts = callable::method_with::<T, F, Types, D>();
        self.item(name, Some(class), Kind::Typed(parts))
    }

    /// A C function that takes no arguments.
    ///
    /// # Safety
    /// The function keeps the rules of METH_NOARGS; as for the other three, nothing unwinds out of it.
    pub unsafe fn def_raw_noargs(self, name: &'static CStr, f: ffi::PyCFunction) -> Self {
        self.item(name, None, Kind::Raw(Wrapper::NoArgs(f)))
    }

    /// A C function that takes one argument.
    ///
    /// # Safety
    /// The function keeps the rules of METH_O.
    pub unsafe fn def_raw_o(self, name: &'static CStr, f: ffi::PyCFunction) -> Self {
        self.item(name, None, Kind::Raw(Wrapper::One(f)))
    }

    /// A C function that takes an array of arguments.
    ///
    /// # Safety
    /// The function keeps the rules of METH_FASTCALL.
    pub unsafe fn def_raw_fastcall(self, name: &'static CStr, f: ffi::PyCFunctionFast) -> Self {
        self.item(name, None, Kind::Raw(Wrapper::Fast(f)))
    }

    /// A C function that takes an array of arguments and names of the last.
    ///
    /// # Safety
    /// The function keeps the rules of METH_FASTCALL | METH_KEYWORDS.
    pub unsafe fn def_raw_keywords(
        self,
        name: &'static CStr,
        f: ffi::PyCFunctionFastWithKeywords,
    ) -> Self {
        self.item(name, None, Kind::Raw(Wrapper::Keywords(f)))
    }

    fn item(mut self, name: &'static CStr, class: Option<Bound<'py, PyType>>, kind: Kind) -> Self {
        if let Kind::Typed(parts) = &kind
            && let Some(problem) = &parts.names.problem
        {
            let name = name.to_string_lossy();
            self.problem.get_or_insert(format!("{name}(): {problem}"));
        }
        self.items.push(Item {
            name,
            doc: None,
            signature: None,
            class,
            kind,
            effects: 0,
            bound: false,
        });
        self
    }

    /// The doc string of the last definition.
    pub fn doc(mut self, text: &'static CStr) -> Self {
        if let Some(item) = self.items.last_mut() {
            item.doc = Some(text);
        }
        self
    }

    /// The text signature of the last definition: `c"(a, b, /)"`.
    pub fn signature(mut self, text: &'static CStr) -> Self {
        if let Some(item) = self.items.last_mut() {
            item.signature = Some(text);
        }
        self
    }

    /// The last definition calls no Python API: it cannot re-enter, make objects, or raise.
    pub fn leaf(self) -> Self {
        self.effect(effect::LEAF, "leaf", |parts| parts.not_leaf)
    }

    /// The last definition gives the same result for the same arguments and does nothing else.
    pub fn pure(self) -> Self {
        self.effect(effect::PURE | effect::TESTABLE, "pure", |parts| {
            if parts.result == code::VOID {
                return Some("without a result it would do nothing at all");
            }
            parts.objects
        })
    }

    /// The last definition may run while the GIL is released.
    pub fn nogil(self) -> Self {
        self.effect(effect::NOGIL, "nogil", |parts| parts.objects)
    }

    /// The result of the last definition depends on memory that others write.
    pub fn reads(self) -> Self {
        self.effect(effect::READS, "reads", |_| None)
    }

    /// The last definition handles objects as `Bound` only, it neither drops nor clones a `Py<T>`: PyO3 need not count
    /// its calls. Should it drop one all the same, the reference is given up when PyO3 next counts.
    pub fn bound(mut self) -> Self {
        if let Some(item) = self.items.last_mut() {
            item.bound = true;
        }
        self
    }

    fn effect(
        mut self,
        bits: u32,
        word: &str,
        why_not: fn(&Parts) -> Option<&'static str>,
    ) -> Self {
        let Some(item) = self.items.last_mut() else {
            return self;
        };
        let why = match &item.kind {
            Kind::Typed(parts) => why_not(parts),
            Kind::Raw(_) => Some("a raw function has no signature"),
        };
        match why {
            None => item.effects |= bits,
            Some(why) => {
                let name = item.name.to_string_lossy();
                self.problem
                    .get_or_insert(format!("{name}() cannot be `{word}`: {why}"));
            }
        }
        self
    }

    /// Adds everything to the module and its classes, and fills the table.
    pub fn finish(self) -> PyResult<()> {
        if let Some(problem) = self.problem {
            return Err(PyValueError::new_err(problem));
        }
        table::prepare(self.module.py())?;
        let mut filler = self.table.open();
        let mut functions = Vec::new();
        for item in &self.items {
            let definition = item.definition()?;
            match &item.class {
                Some(class) => table::add_method(class, &mut filler, &definition)?,
                None => functions.push(definition),
            }
        }
        table::add_functions(self.module, &mut filler, &functions)
    }
}

impl Item<'_> {
    fn definition(&self) -> PyResult<Definition> {
        let both = effect::PURE | effect::READS;
        if self.effects & both == both {
            let name = self.name.to_string_lossy();
            return Err(PyValueError::new_err(format!(
                "{name}() cannot be `pure` and read memory that others write"
            )));
        }
        let leaf = self.effects & effect::LEAF != 0;
        let run = match (leaf, self.bound) {
            (true, _) => Run::Leaf,
            (_, true) => Run::Uncounted,
            _ => Run::Counted,
        };
        Ok(Definition {
            name: self.name,
            doc: self.text()?,
            wrapper: match &self.kind {
                Kind::Typed(parts) => (parts.wrapper)(run),
                Kind::Raw(wrapper) => *wrapper,
            },
            signature: match &self.kind {
                Kind::Typed(parts) => self.typed(parts, run),
                Kind::Raw(_) => None,
            },
        })
    }

    /// The doc string with the text signature in front; kept for good, as the interpreter keeps pointers to it.
    fn text(&self) -> PyResult<&'static CStr> {
        let doc = self.doc.unwrap_or_default();
        let declared = match &self.kind {
            Kind::Typed(parts) => parts.names.text.as_deref(),
            Kind::Raw(_) => None,
        };
        let Some(signature) = self.signature.or(declared) else {
            return Ok(doc);
        };
        let mut text = self.name.to_bytes().to_vec();
        match signature.to_bytes() {
            // What declarations say leaves the receiver out.
            [b'(', rest @ ..] if self.class.is_some() && self.signature.is_none() => {
                text.extend(b"($self");
                text.extend(if rest == b")" { &b""[..] } else { b", " });
                text.extend(rest);
            }
            all => text.extend(all),
        }
        text.extend(b"\n--\n\n");
        text.extend(doc.to_bytes());
        let text = CString::new(text).map_err(|e| PyValueError::new_err(e.to_string()))?;
        Ok(Box::leak(text.into_boxed_c_str()))
    }

    fn typed(&self, parts: &Parts, run: Run) -> Option<Signature> {
        let leaf = run == Run::Leaf;
        let names = &parts.names;
        let defaults = match names.text {
            Some(_) => names.defaults.clone()?,
            None => Vec::new(),
        };
        if parts.words > REGISTERS || cfg!(windows) && parts.words > parts.params.len() {
            return None;
        }
        let signature = Signature {
            native: (parts.native)(run),
            params: parts.params.clone().leak(),
            result: parts.result,
            error: if leaf { error::NEVER } else { parts.error },
            sentinel: if leaf { 0 } else { parts.sentinel },
            effects: self.effects,
            // As the parameters, kept for good.
            names: match names.keywords.clone() {
                Some(text) => Names::Made(Box::leak(text.into_boxed_c_str())),
                None => Names::None,
            },
            defaults: defaults.leak(),
        };
        table::fitting(signature)
    }
}
