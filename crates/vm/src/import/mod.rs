//! Import: the fast path for modules already loaded; everything else is `importlib._bootstrap`, run from the
//! standard library's source, which finds builtin modules through `_imp`.

pub mod builtin;
pub mod cache;
mod frames;
pub mod start;
mod zip_hook;

use crate::exceptions::{PyResult, exc, import_error_for, type_error, value_error};
use crate::name;
use crate::object::attr::{find_attr, get_attr};
use crate::object::call::{call, call_method};
use crate::object::protocol;
use crate::types::dict::Dict;
use crate::types::method::Builtin;
use crate::types::module::{Module, initializing};
use crate::types::str::{self, Str};
use crate::value::{Gc, Root, Value};

static BOOTSTRAP: Root = Root::new();
static EXTERNAL: Root = Root::new();

/// `importlib._bootstrap`, once it is loaded.
pub fn bootstrap_module() -> PyResult<Option<Value>> {
    Ok(BOOTSTRAP.get())
}

/// `importlib._bootstrap_external`, once it is loaded.
pub fn external_module() -> Option<Value> {
    EXTERNAL.get()
}

/// Whether `f` is the builtin `__import__`.
pub fn is_builtin_import(f: Value) -> bool {
    f.cast::<Builtin>()
        .is_some_and(|b| b.method().name == "__import__")
}

/// Imports a module by its full name and gives it (not its top-level package).
pub fn import_module(name: &str) -> PyResult<Value> {
    let key = str::intern::intern_str(name);
    if let Some(m) = loaded(key)? {
        return Ok(m);
    }
    import_absolute(key)
}

/// A module of `sys.modules` that is ready for use.
fn loaded(name: Gc<Str>) -> PyResult<Option<Value>> {
    let Some(m) = crate::runtime::modules().get(name.value())? else {
        return Ok(None);
    };
    if m.is_none() {
        return Ok(None);
    }
    let busy = match m.cast::<Module>() {
        Some(module) => initializing(module.dict())?,
        None => match find_attr(m, name!("__spec__"))?.filter(|s| !s.is_none()) {
            Some(spec) => match find_attr(spec, name!("_initializing"))? {
                Some(b) => protocol::is_true(b)?,
                None => false,
            },
            None => false,
        },
    };
    if busy
        && let Some(b) = BOOTSTRAP.get()
        && let Some(spec) = find_attr(m, name!("__spec__"))?
    {
        // Another thread may be loading it: wait for its lock.
        let wait = get_attr(b, name!("_lock_unlock_module"))?;
        let n = find_attr(spec, name!("name"))?.unwrap_or(name.value());
        call(wait, &[n])?;
    }
    Ok(Some(m))
}

fn import_absolute(name: Gc<Str>) -> PyResult<Value> {
    if let Some(m) = crate::runtime::modules().get(name.value())?
        && m.is_none()
    {
        let n = name.to_string_lossy();
        let text = format!("import of {n} halted; None in sys.modules");
        return Err(import_error_for(
            exc().module_not_found_error,
            &text,
            name.value(),
            Value::NONE,
        ));
    }
    let Some(b) = BOOTSTRAP.get() else {
        return builtin::load(&name.to_string_lossy())?.ok_or_else(|| {
            let text = format!("No module named '{}'", name.to_string_lossy());
            import_error_for(
                exc().module_not_found_error,
                &text,
                name.value(),
                Value::NONE,
            )
        });
    };
    let f = get_attr(b, name!("_find_and_load"))?;
    let import = crate::runtime::builtins()
        .get_interned(name!("__import__"))
        .unwrap_or(Value::NONE);
    call(f, &[name.value(), import])
}

/// `__import__(name, globals, …, fromlist, level)`
pub fn import(
    name: Gc<Str>,
    globals: Option<Gc<Dict>>,
    fromlist: Value,
    level: i64,
) -> PyResult<Value> {
    import_untrimmed(name, globals, fromlist, level).map_err(frames::trim)
}

fn import_untrimmed(
    name: Gc<Str>,
    globals: Option<Gc<Dict>>,
    fromlist: Value,
    level: i64,
) -> PyResult<Value> {
    if level < 0 {
        return Err(value_error("level must be >= 0"));
    }
    let full = if level == 0 {
        if name.is_empty() {
            return Err(value_error("Empty module name"));
        }
        name.intern()
    } else {
        resolve(name, globals, level)?
    };
    let module = match loaded(full)? {
        Some(m) => m,
        None => import_absolute(full)?,
    };
    if fromlist.is_none() || !protocol::is_true(fromlist)? {
        return top_level(name, full, module, level);
    }
    if find_attr(module, name!("__path__"))?.is_some()
        && let Some(b) = BOOTSTRAP.get()
    {
        let f = get_attr(b, name!("_handle_fromlist"))?;
        let import_ = get_attr(b, name!("_call_with_frames_removed"))?;
        let import_fn = crate::runtime::builtins()
            .get_interned(name!("__import__"))
            .unwrap_or(import_);
        // `_handle_fromlist` imports submodules through the function it is given.
        let import_name = get_attr(b, name!("_gcd_import")).unwrap_or(import_fn);
        return call(f, &[module, fromlist, import_name]);
    }
    Ok(module)
}

/// `import a.b.c` gives `a`.
fn top_level(name: Gc<Str>, full: Gc<Str>, module: Value, level: i64) -> PyResult<Value> {
    let text = name.to_string_lossy();
    let Some((front, _)) = text.split_once('.') else {
        if level == 0 || !name.is_empty() {
            return Ok(module);
        }
        return Ok(module);
    };
    if level == 0 {
        return import_module(front);
    }
    let cut = text.len() - front.len();
    let full_text = full.to_string_lossy();
    let top = &full_text[..full_text.len() - cut];
    match crate::runtime::modules().get(str::new(top)?)? {
        Some(m) => Ok(m),
        None => Err(crate::exceptions::key_error(str::new(top)?)),
    }
}

/// The absolute name of a relative import.
fn resolve(name: Gc<Str>, globals: Option<Gc<Dict>>, level: i64) -> PyResult<Gc<Str>> {
    let Some(g) = globals else {
        return Err(crate::exceptions::key_error(str::new(
            "'__name__' not in globals",
        )?));
    };
    let package = package_of(g)?;
    let p = package.to_string_lossy().into_owned();
    if p.is_empty() {
        return Err(crate::exceptions::import_error(
            "attempted relative import with no known parent package",
        ));
    }
    let mut base = p.as_str();
    for _ in 1..level {
        match base.rsplit_once('.') {
            Some((b, _)) => base = b,
            None => {
                return Err(crate::exceptions::import_error(
                    "attempted relative import beyond top-level package",
                ));
            }
        }
    }
    let n = name.to_string_lossy();
    let full = if n.is_empty() {
        base.to_owned()
    } else {
        format!("{base}.{n}")
    };
    Ok(str::intern::intern_str(&full))
}

/// The package that relative imports in these globals start from.
fn package_of(g: Gc<Dict>) -> PyResult<Gc<Str>> {
    let given = |name| g.get_interned(name).and_then(Value::not_none);
    let spec = given(name!("__spec__"));
    if let Some(p) = given(name!("__package__")) {
        let package = p
            .cast::<Str>()
            .ok_or_else(|| type_error("package must be a string"))?;
        if let Some(spec) = spec
            && !protocol::equal(p, get_attr(spec, name!("parent"))?)?
        {
            warn("__package__ != __spec__.parent")?;
        }
        return Ok(package);
    }
    if let Some(spec) = spec {
        let p = get_attr(spec, name!("parent"))?;
        return p
            .cast::<Str>()
            .ok_or_else(|| type_error("__spec__.parent must be a string"));
    }
    warn(
        "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__",
    )?;
    let Some(n) = g.get_interned(name!("__name__")) else {
        return Err(crate::exceptions::key_error(str::new(
            "'__name__' not in globals",
        )?));
    };
    let n = n
        .cast::<Str>()
        .ok_or_else(|| type_error("__name__ must be a string"))?;
    if g.get_interned(name!("__path__")).is_some() {
        return Ok(n);
    }
    let text = n.to_string_lossy();
    let parent = text.rsplit_once('.').map_or("", |p| p.0);
    Str::new(parent)
}

fn warn(text: &str) -> PyResult<()> {
    let category = crate::exceptions::exc().import_warning;
    crate::builtins::warnings::warn(category, text, 1)
}

/// Installs `importlib._bootstrap` and `_bootstrap_external` (start-up only).
pub(crate) fn set_bootstrap(bootstrap: Value) {
    BOOTSTRAP.set(bootstrap);
}

/// See `set_bootstrap`.
pub(crate) fn set_external(external: Value) {
    EXTERNAL.set(external);
}

/// Calls `importlib.reload`-like methods by name (kept for the modules crate).
pub fn bootstrap_call(method: &'static str, args: &[Value]) -> PyResult<Value> {
    match BOOTSTRAP.get() {
        Some(b) => call_method(b, str::intern::intern_str(method), args),
        None => Err(crate::exceptions::import_error(
            "the import system is not running yet",
        )),
    }
}
