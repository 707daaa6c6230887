//! `_warnings`: `warn` and `warn_explicit`, the default filters, the version of the filter list. The two functions
//! are written in Python (below) and compiled at their first use: most programs never warn.

use std::cell::Cell;

use rivet_vm::exceptions::PyResult;
use rivet_vm::name;
use rivet_vm::object::call::call_kw;
use rivet_vm::object::spec::Method;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::types::{list, str, tuple};
use rivet_vm::value::{Gc, Root, Value};

thread_local! {
    static VERSION: Cell<i64> = const { Cell::new(0) };
}

static CODE: Root = Root::new();

static METHODS: &[Method] = &[
    Method::noargs(
        "_filters_mutated",
        |_| {
            VERSION.with(|v| v.set(v.get() + 1));
            Ok(Value::NONE)
        },
        "",
    ),
    Method::noargs("_version", |_| Ok(Value::int(VERSION.with(Cell::get))), ""),
    Method::fastkw(
        "warn",
        "($module, /, message, category=None, stacklevel=1, source=None)",
        |m, a, k| run(m, name!("warn"), a, k),
        "Issue a warning, or maybe ignore it or raise an exception.",
    ),
    Method::fastkw(
        "warn_explicit",
        "",
        |m, a, k| run(m, name!("warn_explicit"), a, k),
        "Low-level interface to warnings functionality.",
    ),
];

const SOURCE: &str = r#"
import sys

def _setting(name, default):
    module = sys.modules.get("warnings")
    return getattr(module, name, default) if module is not None else default

def _internal(frame):
    name = frame.f_code.co_filename
    return "importlib" in name and "_bootstrap" in name

def _outer(frame):
    frame = frame.f_back
    while frame is not None and _internal(frame):
        frame = frame.f_back
    return frame

def warn(message, category=None, stacklevel=1, source=None):
    if isinstance(message, Warning):
        category = type(message)
    elif category is None:
        category = UserWarning
    if not (isinstance(category, type) and issubclass(category, Warning)):
        raise TypeError("category must be a Warning subclass, not '%s'" % type(category).__name__)
    try:
        frame = sys._getframe(1)
        if stacklevel <= 1 or _internal(frame):
            for _ in range(stacklevel - 1):
                frame = frame.f_back
                if frame is None:
                    break
        else:
            for _ in range(stacklevel - 1):
                frame = _outer(frame)
                if frame is None:
                    break
    except ValueError:
        frame = None
    if frame is None:
        namespace, filename, line = sys.__dict__, "sys", 1
    else:
        namespace, filename, line = frame.f_globals, frame.f_code.co_filename, frame.f_lineno
    registry = namespace.setdefault("__warningregistry__", {})
    module = namespace.get("__name__", "<string>")
    _explicit(message, category, filename, line, module, registry, namespace, source)

def warn_explicit(message, category, filename, lineno, module=None, registry=None, module_globals=None, source=None):
    lineno = int(lineno)
    if module is None:
        module = filename or "<unknown>"
        if module[-3:].lower() == ".py":
            module = module[:-3]
    _explicit(message, category, filename, lineno, module, registry, module_globals, source)

def _matches(pattern, text):
    if pattern is None:
        return True
    if isinstance(pattern, str):
        return pattern == text
    return pattern.match(text) is not None

def _explicit(message, category, filename, line, module, registry, namespace, source):
    if registry is None:
        registry = {}
    elif registry.get("version", 0) != _version():
        registry.clear()
        registry["version"] = _version()
    if isinstance(message, Warning):
        text, category = str(message), type(message)
    else:
        text, message = message, category(message)
    key = (text, category, line)
    if registry.get(key):
        return
    for item in _setting("filters", filters):
        action, pattern, cat, where, at = item
        if (at == 0 or at == line) and issubclass(category, cat) and _matches(pattern, text) and _matches(where, module):
            break
    else:
        action = _setting("defaultaction", _defaultaction)
    if action == "ignore":
        return
    if action == "error":
        raise message
    if action == "once":
        registry[key] = 1
        once = _setting("onceregistry", _onceregistry)
        short = (text, category)
        if once.get(short):
            return
        once[short] = 1
    elif action == "module":
        registry[key] = 1
        short = (text, category, 0)
        if registry.get(short):
            return
        registry[short] = 1
    elif action == "default":
        registry[key] = 1
    elif action != "always":
        raise RuntimeError("Unrecognized action (%r) in warnings.filters:\n %s" % (action, item))
    import warnings
    warnings._showwarnmsg(warnings.WarningMessage(message, category, filename, line, source=source))
"#;

fn run(m: Value, which: Gc<str::Str>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let d = match CODE.get().and_then(|d| d.cast::<Dict>()) {
        Some(d) => d,
        None => compile(m)?,
    };
    let f = d.get_interned(which).unwrap_or(Value::NONE);
    call_kw(f, args, kw)
}

fn compile(m: Value) -> PyResult<Gc<Dict>> {
    let d = Dict::new()?;
    if let Some(module) = m.cast::<Module>() {
        for n in ["filters", "_defaultaction", "_onceregistry", "_version"] {
            if let Some(v) = module.dict().get_str(n) {
                d.set_str(n, v)?;
            }
        }
    }
    d.set_str("__name__", str::new("_warnings")?)?;
    rivet_vm::import::start::run_source(SOURCE, "<_warnings>", d)?;
    CODE.set(d.value());
    Ok(d)
}

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)?;
    m.add("_defaultaction", str::new("default")?)?;
    m.add("_onceregistry", Dict::new()?.value())?;
    let e = rivet_vm::exceptions::exc();
    let main = str::new("__main__")?;
    let f = list::List::new()?;
    let add = |action: &str, class: Value, module: Value| -> PyResult<()> {
        f.append(tuple::new(&[
            str::new(action)?,
            Value::NONE,
            class,
            module,
            Value::int(0),
        ])?)
    };
    add("default", e.deprecation_warning.value(), main)?;
    add("ignore", e.deprecation_warning.value(), Value::NONE)?;
    add("ignore", e.pending_deprecation_warning.value(), Value::NONE)?;
    add("ignore", e.import_warning.value(), Value::NONE)?;
    add("ignore", e.resource_warning.value(), Value::NONE)?;
    m.dict().set_interned(name!("filters"), f.value())
}
