//! Warnings that the runtime itself issues, through the `warnings` module where there is one.

use super::console::to_stderr;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exceptions::traceback::Traceback;
use crate::exceptions::{Exception, PyResult, Raised, exc, restore, take};
use crate::name;
use crate::object::Type;
use crate::object::attr::{find_attr, get_attr};
use crate::object::call::call;
use crate::runtime;
use crate::types::frame::FrameObject;
use crate::types::generator::Generator;
use crate::types::str;
use crate::value::{Gc, Value};

/// A function of the warnings machinery.
fn function(name: &str) -> PyResult<Option<Value>> {
    for module in ["_warnings", "warnings"] {
        if let Some(m) = runtime::modules().get_str(module)
            && let Some(f) = find_attr(m, str::intern::intern_str(name))?
        {
            return Ok(Some(f));
        }
    }
    Ok(None)
}

/// A DeprecationWarning.
pub fn deprecated(msg: &str, stacklevel: i64) -> PyResult<()> {
    warn(exc().deprecation_warning, msg, stacklevel)
}

/// A warning at the place of the caller (`stacklevel` 1) or of its callers. An error if a filter says so.
pub fn warn(category: Gc<Type>, msg: &str, stacklevel: i64) -> PyResult<()> {
    match function("warn")? {
        Some(f) => call(
            f,
            &[str::new(msg)?, category.value(), Value::int(stacklevel)],
        )
        .map(|_| ())
        .map_err(without_own_frames),
        None => {
            to_stderr(&format!("{}: {msg}\n", category.name_string()));
            Ok(())
        }
    }
}

/// ResourceWarning "unclosed file ..." about a stream.
pub fn unclosed(stream: Value) -> PyResult<()> {
    let Some(f) = function("warn")? else {
        return Ok(());
    };
    let mut text = str::builder::StrBuilder::new();
    text.push_text("unclosed file ");
    text.push_chars(crate::object::protocol::repr(stream)?.chars());
    let class = exc().resource_warning.value();
    let args = [text.value()?, class, Value::int(1), stream];
    // At the end of the program nothing is said about where the stream was made.
    let args = if ENDS.load(Ordering::Relaxed) {
        &args[..3]
    } else {
        &args[..]
    };
    call(f, args).map(|_| ()).map_err(without_own_frames)
}

static ENDS: AtomicBool = AtomicBool::new(false);

/// The program has ended; what follows is cleaning up.
pub fn program_ends() {
    ENDS.store(true, Ordering::Relaxed);
}

/// The frames of the warnings machinery are not for tracebacks: on CPython it has none.
fn without_own_frames(raised: Raised) -> Raised {
    let e = take(raised);
    if let Some(x) = e.cast::<Exception>()
        && let Some(t) = x.traceback.get_as::<Traceback>()
        && let Some(f) = t.frame.get_as::<FrameObject>()
        && f.code()
            .filename
            .get_as::<str::Str>()
            .is_some_and(|n| n.eq_str("<_warnings>"))
    {
        x.traceback.clear();
    }
    restore(e)
}

/// A warning about a place in a source file.
pub fn warn_explicit(category: Gc<Type>, msg: &str, filename: &str, line: u32) -> PyResult<()> {
    match function("warn_explicit")? {
        Some(f) => {
            let args = [
                str::new(msg)?,
                category.value(),
                str::new(filename)?,
                Value::int(line.into()),
            ];
            call(f, &args).map(|_| ())
        }
        None => {
            to_stderr(&format!(
                "{filename}:{line}: {}: {msg}\n",
                category.name_string()
            ));
            Ok(())
        }
    }
}

/// RuntimeWarning "coroutine 'x' was never awaited".
pub fn never_awaited(v: Value) {
    let tell = || -> PyResult<()> {
        let module = runtime::modules().get_str("warnings");
        if let Some(m) = module
            && let Some(f) = find_attr(m, name!("_warn_unawaited_coroutine"))?
        {
            return call(f, &[v]).map(|_| ());
        }
        let q = get_attr(v, name!("__qualname__"))?;
        let q = crate::object::protocol::str(q)?;
        warn(
            exc().runtime_warning,
            &format!("coroutine '{}' was never awaited", q.to_string_lossy()),
            1,
        )
    };
    if let Err(raised) = tell() {
        let e = crate::exceptions::take(raised);
        to_stderr(&format!(
            "Exception ignored in: coroutine\n{}\n",
            e.type_of().name_string()
        ));
    }
}

/// Records where a coroutine was made, if `sys.set_coroutine_origin_tracking_depth` asks for it.
pub fn coroutine_origin(g: Gc<Generator>) -> PyResult<()> {
    let thread = crate::thread::current();
    let depth = thread.coroutine_origin_depth.get() as usize;
    if depth == 0 {
        return Ok(());
    }
    let mut out = crate::value::RVec::new();
    let stack = &thread.stack;
    // The innermost frame is the coroutine's own.
    let mut i = stack.depth().saturating_sub(1);
    while i > 0 && out.len() < depth {
        i -= 1;
        let f = stack.at(i);
        let code = f.code();
        let line = f.line().map_or(Value::NONE, |l| Value::int(l.into()));
        out.push(crate::types::tuple::new(&[
            code.filename.value(),
            line,
            code.name.value(),
        ])?)?;
    }
    let origin = crate::types::tuple::new(&out)?;
    g.set(&g.origin, origin);
    Ok(())
}
