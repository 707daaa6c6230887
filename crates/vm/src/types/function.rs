//! `function`: a code object with its globals, defaults and closure; binding of arguments to parameters.
//! Attributes and methods are in `function_attrs.rs`.

use std::cell::Cell;

use rivet_heap::Header;
use rivet_spec::flags;

use crate::exceptions::{PyResult, Raised, no_memory, type_error};
use crate::frames::Regs;
use crate::types::cell::PyCell;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// A Python function.
#[repr(C)]
pub struct Function {
    header: Header,
    code: Slot,
    globals: Slot,
    /// The builtins namespace.
    pub builtins: Slot,
    /// `__name__`
    pub name: Slot,
    /// `__qualname__`
    pub qualname: Slot,
    /// `__defaults__` (tuple) or nothing.
    pub defaults: Slot,
    /// `__kwdefaults__` (dict) or nothing.
    pub kwdefaults: Slot,
    /// `__closure__` (tuple of cells) or nothing.
    pub closure: Slot,
    /// `__doc__` once it has been set; before that it is what the code says (`docstring`).
    pub doc: Slot,
    /// `__dict__` (dict) or nothing: the attribute word.
    pub dict: Slot,
    /// `__module__`
    pub module: Slot,
    /// `__annotations__` (dict, or the compiler's tuple of names and values) or nothing.
    pub annotations: Slot,
    _spare: Slot,
    /// Changes when code, defaults or kwdefaults change; for inline caches and compiled code.
    version: Cell<u32>,
}

impl Payload for Function {
    const LAYOUT: LayoutId = layout::FUNCTION;
    const KIND: Kind = Kind::Function;
}

const WORDS: usize = size_of::<Function>() / 8 - 1;
/// Body word of `Function::dict`.
pub const DICT_WORD: u16 = 9;

/// Byte offset of the version (32 bits), for compiled code.
pub const VERSION_OFFSET: usize = std::mem::offset_of!(Function, version);

static VERSION: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);

impl Function {
    /// A function of `code` in `globals`. `__name__`, `__qualname__`, `__doc__`, `__module__` come from the code and
    /// the globals.
    pub fn new(code: Gc<Code>, globals: Gc<Dict>, builtins: Value) -> PyResult<Gc<Function>> {
        let p = rivet_heap::alloc(layout::FUNCTION, WORDS);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout FUNCTION; zero is a valid state of all fields.
        let f: Gc<Function> = unsafe { Gc::from_raw(p.cast()) };
        f.set(&f.code, code.value());
        f.set(&f.globals, globals.value());
        f.set(&f.builtins, builtins);
        f.set_opt(&f.name, code.name.get());
        f.set_opt(&f.qualname, code.qualname.get());
        f.set_opt(&f.module, globals.get_interned(crate::name!("__name__")));
        f.renew_version();
        Ok(f)
    }

    /// The code.
    #[inline(always)]
    pub fn code(&self) -> Gc<Code> {
        let v = self.code.value();
        // SAFETY: only code objects are stored in this field.
        unsafe { Gc::from_raw(v.to_word() as *mut Code) }
    }

    /// The globals.
    #[inline(always)]
    pub fn globals(&self) -> Gc<Dict> {
        let v = self.globals.value();
        // SAFETY: only dicts are stored in this field.
        unsafe { Gc::from_raw(v.to_word() as *mut Dict) }
    }

    /// The version.
    #[inline(always)]
    pub fn version(&self) -> u32 {
        self.version.get()
    }

    /// To be called after code or defaults changed.
    pub fn renew_version(&self) {
        self.version
            .set(VERSION.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    }

    /// `__qualname__` as text.
    pub fn qualname_string(&self) -> String {
        self.qualname
            .get_as::<Str>()
            .map_or_else(String::new, |s| s.to_string_lossy().into_owned())
    }
}

impl Gc<Function> {
    /// `__doc__`
    pub fn docstring(self) -> PyResult<Value> {
        if let Some(doc) = self.doc.get() {
            return Ok(doc);
        }
        let doc = docstring(self.code())?;
        self.set(&self.doc, doc);
        Ok(doc)
    }

    /// Replaces the code. The docstring stays that of the old one.
    pub fn set_code(self, code: Gc<Code>) -> PyResult<()> {
        self.docstring()?;
        self.set(&self.code, code.value());
        self.renew_version();
        Ok(())
    }
}

fn docstring(code: Gc<Code>) -> PyResult<Value> {
    if !code.has(flags::CO_OPTIMIZED) {
        return Ok(Value::NONE);
    }
    code.docstring()
}

/// Binds a call's arguments to the parameter registers. `args` may be the very window `regs` begins with.
/// Registers not written hold garbage afterwards except the parameters; the caller clears the rest.
pub fn bind(
    func: Gc<Function>,
    args: &[Value],
    kwnames: Option<Gc<Tuple>>,
    regs: Regs,
) -> PyResult<()> {
    let code = func.code();
    let nkw = kwnames.map_or(0, |k| k.len());
    let npos = args.len() - nkw;
    let argcount = code.argcount.get() as usize;
    if nkw == 0 && npos == argcount && code.simple.get() {
        args.iter()
            .enumerate()
            .for_each(|(i, &v)| regs.set(i as u16, v));
        return Ok(());
    }
    Binder {
        func,
        code,
        argcount,
        regs,
    }
    .bind(args, npos, kwnames)
}

struct Binder {
    func: Gc<Function>,
    code: Gc<Code>,
    argcount: usize,
    regs: Regs,
}

impl Binder {
    fn bind(&self, args: &[Value], npos: usize, kwnames: Option<Gc<Tuple>>) -> PyResult<()> {
        // The arguments may lie where the registers are: take a copy first.
        let args = crate::value::RVec::from_slice(args)?;
        let total = self.argcount + self.code.kwonly.get() as usize;
        let nparams = self.code.parameter_count();
        (0..nparams).for_each(|i| self.regs.set_opt(i as u16, None));
        let n = npos.min(self.argcount);
        (0..n).for_each(|i| self.regs.set(i as u16, args[i]));
        let varargs = self.code.has(flags::CO_VARARGS);
        if varargs {
            let rest = Tuple::from_slice(&args[n..npos])?;
            self.regs.set(total as u16, rest.value());
        }
        let kwdict = if self.code.has(flags::CO_VARKEYWORDS) {
            let d = Dict::new()?;
            self.regs
                .set((total + usize::from(varargs)) as u16, d.value());
            Some(d)
        } else {
            None
        };
        if let Some(names) = kwnames {
            for (i, &name) in names.items().iter().enumerate() {
                self.keyword(name, args[npos + i], total, kwdict, npos, names)?;
            }
        }
        if npos > self.argcount && !varargs {
            return Err(self.too_many_positional(npos));
        }
        self.positional_defaults(npos)?;
        self.keyword_defaults(total)
    }

    fn keyword(
        &self,
        name: Value,
        value: Value,
        total: usize,
        kwdict: Option<Gc<Dict>>,
        npos: usize,
        all: Gc<Tuple>,
    ) -> PyResult<()> {
        let Some(key) = name.cast::<Str>() else {
            let q = self.func.qualname_string();
            return Err(type_error(format!("{q}() keywords must be strings")));
        };
        let posonly = self.code.posonly.get() as usize;
        let found = (posonly..total).find(|&i| self.code.local_name(i).equals(&key));
        match (found, kwdict) {
            (Some(i), _) => {
                if self.regs.get_opt(i as u16).is_some() {
                    let q = self.func.qualname_string();
                    let k = key.to_string_lossy();
                    return Err(type_error(format!(
                        "{q}() got multiple values for argument '{k}'"
                    )));
                }
                self.regs.set(i as u16, value);
                Ok(())
            }
            (None, Some(d)) => d.set_item(name, value),
            (None, None) => Err(self.unexpected_keyword(key, npos, all)),
        }
    }

    fn unexpected_keyword(&self, key: Gc<Str>, _npos: usize, all: Gc<Tuple>) -> Raised {
        let q = self.func.qualname_string();
        let posonly = self.code.posonly.get() as usize;
        let wrong: Vec<String> = (0..posonly)
            .map(|i| self.code.local_name(i))
            .filter(|n| {
                all.items()
                    .iter()
                    .any(|k| k.cast::<Str>().is_some_and(|k| k.equals(n)))
            })
            .map(|n| n.to_string_lossy().into_owned())
            .collect();
        if !wrong.is_empty() {
            let list = wrong.join(", ");
            return type_error(format!(
                "{q}() got some positional-only arguments passed as keyword arguments: '{list}'"
            ));
        }
        type_error(format!(
            "{q}() got an unexpected keyword argument '{}'",
            key.to_string_lossy()
        ))
    }

    fn defaults<'a>(&self) -> &'a [Value] {
        self.func
            .defaults
            .get_as::<Tuple>()
            .map_or(&[], |t| t.items())
    }

    fn positional_defaults(&self, npos: usize) -> PyResult<()> {
        let defaults = self.defaults();
        let first = self.argcount.saturating_sub(defaults.len());
        let mut missing = Vec::new();
        for i in npos.min(self.argcount)..self.argcount {
            if self.regs.get_opt(i as u16).is_some() {
                continue;
            }
            if i >= first {
                self.regs.set(
                    i as u16,
                    defaults[i - first + defaults.len().saturating_sub(self.argcount)],
                );
            } else {
                missing.push(i);
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(self.missing("positional", &missing))
        }
    }

    fn keyword_defaults(&self, total: usize) -> PyResult<()> {
        let defaults = self.func.kwdefaults.get_as::<Dict>();
        let mut missing = Vec::new();
        for i in self.argcount..total {
            if self.regs.get_opt(i as u16).is_some() {
                continue;
            }
            let name = self.code.local_name(i);
            match defaults.map(|d| d.get(name.value())).transpose()?.flatten() {
                Some(v) => self.regs.set(i as u16, v),
                None => missing.push(i),
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(self.missing("keyword-only", &missing))
        }
    }

    #[cold]
    fn missing(&self, kind: &str, which: &[usize]) -> Raised {
        let names: Vec<String> = which
            .iter()
            .map(|&i| format!("'{}'", self.code.local_name(i).to_string_lossy()))
            .collect();
        let list = match names.as_slice() {
            [one] => one.clone(),
            [a, b] => format!("{a} and {b}"),
            [init @ .., last] => format!("{}, and {last}", init.join(", ")),
            [] => String::new(),
        };
        let s = if names.len() == 1 { "" } else { "s" };
        let (q, n) = (self.func.qualname_string(), names.len());
        type_error(format!(
            "{q}() missing {n} required {kind} argument{s}: {list}"
        ))
    }

    #[cold]
    fn too_many_positional(&self, given: usize) -> Raised {
        let ndefaults = self.defaults().len();
        let q = self.func.qualname_string();
        let takes = if ndefaults > 0 {
            format!(
                "from {} to {}",
                self.argcount - ndefaults.min(self.argcount),
                self.argcount
            )
        } else {
            self.argcount.to_string()
        };
        let plural = if ndefaults > 0 || self.argcount != 1 {
            "s"
        } else {
            ""
        };
        let total = self.argcount + self.code.kwonly.get() as usize;
        let kwonly = (self.argcount..total)
            .filter(|&i| self.regs.get_opt(i as u16).is_some())
            .count();
        let was = if given == 1 && kwonly == 0 {
            "was"
        } else {
            "were"
        };
        let extra = if kwonly > 0 {
            let s = if given == 1 { "" } else { "s" };
            let ks = if kwonly == 1 { "" } else { "s" };
            format!(" positional argument{s} (and {kwonly} keyword-only argument{ks})")
        } else {
            String::new()
        };
        type_error(format!(
            "{q}() takes {takes} positional argument{plural} but {given}{extra} {was} given"
        ))
    }
}

/// Copies the closure's cells into the frame's free-variable registers `first..first+n`.
pub fn copy_free(func: Gc<Function>, regs: Regs, first: u16, n: usize) {
    if let Some(cells) = func.closure.get_as::<Tuple>() {
        debug_assert!(cells.items().iter().all(|c| c.cast::<PyCell>().is_some()));
        cells
            .items()
            .iter()
            .take(n)
            .enumerate()
            .for_each(|(i, &c)| regs.set(first + i as u16, c));
    }
}
