//! `pythonrun.h`, `ceval.h`: compiling and running source text and code objects from C.

use std::ffi::{c_char, c_int, c_void};

use rivet_vm::builtins::compile::{Mode, Request, compile_text, decode_source};
use rivet_vm::exceptions::{PyResult, value_error};
use rivet_vm::object::call;
use rivet_vm::runtime;
use rivet_vm::types::code::Code;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::Str;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, RVec, Value};

use crate::api::{bad_call, expect, get, optional};
use crate::errors::text;
use crate::layout::Ref;
use crate::{api, errors, raw};

const SINGLE: c_int = 256;
const FILE: c_int = 257;
const EVAL: c_int = 258;

/// `PyCompilerFlags`
#[repr(C)]
pub struct CompilerFlags {
    flags: c_int,
    feature_version: c_int,
}

unsafe fn compiled(
    source: *const c_char,
    filename: &str,
    start: c_int,
    flags: *const CompilerFlags,
    optimize: c_int,
) -> PyResult<Gc<Code>> {
    let mode = match start {
        SINGLE => Mode::Single,
        FILE => Mode::Exec,
        EVAL => Mode::Eval,
        _ => {
            return Err(value_error(
                "compile() mode must be 'exec', 'eval' or 'single'",
            ));
        }
    };
    // SAFETY: callers pass a terminated string, and flags or null.
    let (bytes, flags) = unsafe {
        let bytes = std::ffi::CStr::from_ptr(source).to_bytes();
        (bytes, if flags.is_null() { 0 } else { (*flags).flags })
    };
    let request = Request {
        filename,
        mode,
        flags: flags.into(),
        optimize: optimize.into(),
    };
    compile_text(&decode_source(bytes, filename)?, &request)
}

/// Runs code; the value of an expression.
fn evaluated(code: Value, globals: Value, locals: Option<Value>) -> PyResult<Value> {
    let eval = runtime::builtins().get_str("eval").ok_or_else(bad_call)?;
    call::call(eval, &[code, globals, locals.unwrap_or(globals)])
}

/// Calls code as a function.
unsafe fn called(
    code: Value,
    globals: Value,
    args: (*const Ref, c_int),
    kws: (*const Ref, c_int),
    defaults: (*const Ref, c_int),
    kwdefs: Option<Value>,
    closure: Option<Value>,
) -> PyResult<Value> {
    // SAFETY: callers pass arrays of so many live objects, twice as many for keywords.
    unsafe {
        let types = rivet_vm::import::import_module("types")?;
        let class = rivet_vm::object::attr::get_attr(types, rivet_vm::name!("FunctionType"))?;
        let name = code.cast::<Code>().ok_or_else(bad_call)?.name.value();
        let list = |(p, n): (*const Ref, c_int)| -> PyResult<RVec> {
            let mut all = RVec::new();
            for i in 0..n.max(0) as usize {
                all.push(get(*p.add(i))?)?;
            }
            Ok(all)
        };
        let d = Tuple::from_slice(&list(defaults)?)?.value();
        let f = call::call(
            class,
            &[code, globals, name, d, closure.unwrap_or(Value::NONE)],
        )?;
        if let Some(k) = kwdefs {
            rivet_vm::object::attr::set_attr(f, rivet_vm::name!("__kwdefaults__"), Some(k))?;
        }
        let mut all = list(args)?;
        let mut names = RVec::new();
        for i in 0..kws.1.max(0) as usize {
            names.push(get(*kws.0.add(2 * i))?)?;
            all.push(get(*kws.0.add(2 * i + 1))?)?;
        }
        call::call_kw(
            f,
            &all,
            Some(Tuple::from_slice(&names)?).filter(|t| !t.is_empty()),
        )
    }
}

api! {
    fn PyEval_EvalCode(code: Ref, globals: Ref, locals: Ref) -> Value {
        evaluated(get(code)?, get(globals)?, optional(locals)?)
    }

    fn PyEval_EvalCodeEx(
        code: Ref, globals: Ref, locals: Ref, args: *const Ref, nargs: c_int, kws: *const Ref, nkws: c_int, defs: *const Ref,
        ndefs: c_int, kwdefs: Ref, closure: Ref,
    ) -> Value {
        if nargs == 0 && nkws == 0 && closure.is_null() && !locals.is_null() {
            return evaluated(get(code)?, get(globals)?, optional(locals)?);
        }
        called(get(code)?, get(globals)?, (args, nargs), (kws, nkws), (defs, ndefs), optional(kwdefs)?, optional(closure)?)
    }

    fn Py_CompileStringExFlags(source: *const c_char, file: *const c_char, start: c_int, flags: *const CompilerFlags, optimize: c_int) -> Value {
        Ok(compiled(source, &text(file), start, flags, optimize)?.value())
    }

    fn Py_CompileStringObject(source: *const c_char, file: Ref, start: c_int, flags: *const CompilerFlags, optimize: c_int) -> Value {
        let name = expect::<Str>(file)?.to_string_lossy().into_owned();
        Ok(compiled(source, &name, start, flags, optimize)?.value())
    }

    fn Py_CompileString(source: *const c_char, file: *const c_char, start: c_int) -> Value {
        Ok(compiled(source, &text(file), start, std::ptr::null(), -1)?.value())
    }

    fn Py_CompileStringFlags(source: *const c_char, file: *const c_char, start: c_int, flags: *const CompilerFlags) -> Value {
        Ok(compiled(source, &text(file), start, flags, -1)?.value())
    }

    fn PyRun_StringFlags(source: *const c_char, start: c_int, globals: Ref, locals: Ref, flags: *const CompilerFlags) -> Value {
        let code = compiled(source, "<string>", start, flags, -1)?;
        evaluated(code.value(), get(globals)?, optional(locals)?)
    }

    fn PyRun_String(source: *const c_char, start: c_int, globals: Ref, locals: Ref) -> Value {
        let code = compiled(source, "<string>", start, std::ptr::null(), -1)?;
        evaluated(code.value(), get(globals)?, optional(locals)?)
    }
}

raw! {
    // In `__main__`; an exception is printed, and -1 says that there was one.
    fn PyRun_SimpleStringFlags(source: *const c_char, flags: *const CompilerFlags) -> c_int {
        let run = || -> PyResult<()> {
            let main = runtime::modules().get_str("__main__").and_then(|m| m.cast::<Module>()).ok_or_else(bad_call)?;
            let code = compiled(source, "<string>", FILE, flags, -1)?;
            evaluated(code.value(), main.dict().value(), None).map(|_| ())
        };
        if run().is_ok() {
            return 0;
        }
        errors::publish();
        errors::PyErr_Print();
        -1
    }

    fn PyRun_SimpleString(source: *const c_char) -> c_int {
        PyRun_SimpleStringFlags(source, std::ptr::null())
    }

    fn PyInterpreterState_Head() -> *mut c_void {
        crate::state::interpreter()
    }

    fn PyInterpreterState_Next(_interp: *mut c_void) -> *mut c_void {
        std::ptr::null_mut()
    }
}
