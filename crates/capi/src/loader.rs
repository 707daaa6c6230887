//! Loading extension modules: `dlopen`, a look at what is missing, the init function.

use std::cell::RefCell;
use std::ffi::{CStr, CString};
use std::sync::Once;

use rivet_vm::exceptions::{PyResult, exc, import_error_for, system_error};
use rivet_vm::name;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::protocol;
use rivet_vm::types::module::Module;
use rivet_vm::types::str;
use rivet_vm::value::Value;

use crate::layout::{PyModuleDef, Ref};
use crate::module;

static START: Once = Once::new();

thread_local! {
    static LOADING: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The full name of the module whose init function runs.
pub fn name_being_loaded() -> Option<String> {
    LOADING.with(|l| l.borrow().last().cloned())
}

fn text_of(v: Value) -> PyResult<String> {
    Ok(protocol::str(v)?.to_string_lossy().into_owned())
}

/// `_imp.create_dynamic(spec)`
pub fn create_dynamic(spec: Value) -> PyResult<Value> {
    START.call_once(crate::types::bind_all);
    let name_value = get_attr(spec, name!("name"))?;
    let path_value = get_attr(spec, name!("origin"))?;
    let (name, path) = (text_of(name_value)?, text_of(path_value)?);
    let fail = |text: &str| import_error_for(exc().import_error, text, name_value, path_value);
    let missing = missing_symbols(&path);
    if !missing.is_empty() {
        let list = missing.join(", ");
        return Err(fail(&format!(
            "{path}: symbols of the C API that are not provided: {list}"
        )));
    }
    let file =
        CString::new(path.clone()).map_err(|_| fail("embedded null byte in the file's name"))?;
    // SAFETY: loading an extension runs its constructors, as importing it means to.
    let handle = unsafe { libc::dlopen(file.as_ptr(), libc::RTLD_NOW) };
    if handle.is_null() {
        return Err(fail(&last_error()));
    }
    let short = name.rsplit('.').next().unwrap_or(&name);
    let symbol = CString::new(format!("PyInit_{short}")).unwrap_or_default();
    // SAFETY: the handle is open.
    let init = unsafe { libc::dlsym(handle, symbol.as_ptr()) };
    if init.is_null() {
        return Err(fail(&format!(
            "dynamic module does not define module export function (PyInit_{short})"
        )));
    }
    // SAFETY: an init function has this type.
    let init: unsafe extern "C" fn() -> Ref = unsafe { std::mem::transmute(init) };
    LOADING.with(|l| l.borrow_mut().push(name.clone()));
    let scope = crate::check::Scope::enter(init as *const std::ffi::c_void, || {
        format!("initialization of {name}")
    });
    // SAFETY: the extension's own code.
    let r = unsafe { init() };
    if crate::check::on() && !r.is_null() {
        crate::check::calls::initialized(r);
    }
    drop(scope);
    LOADING.with(|l| l.borrow_mut().pop());
    finish(r, spec, &name, path_value, handle)
}

fn finish(
    r: Ref,
    spec: Value,
    name: &str,
    path: Value,
    handle: *mut std::ffi::c_void,
) -> PyResult<Value> {
    let pending = crate::errors::collect_pending();
    if r.is_null() {
        if let Some(raised) = pending {
            return Err(raised);
        }
        return Err(system_error(format!(
            "initialization of {name} failed without raising an exception"
        )));
    }
    if pending.is_some() {
        rivet_vm::thread::current().take_pending();
        return Err(system_error(format!(
            "initialization of {name} raised unreported exception"
        )));
    }
    // SAFETY: the init function returned a definition (marked by its type) or a new reference to a module.
    let (m, executed) = unsafe {
        if (*r).ty == crate::types::builtin(&module::PyModuleDef_Type) {
            (
                module::create_from_def(r.cast::<PyModuleDef>(), spec, name)?,
                false,
            )
        } else if (*r).ty.is_null() {
            return Err(system_error(format!(
                "init function of {name} returned uninitialized object"
            )));
        } else {
            (module::adopt(r)?, true)
        }
    };
    if let Some(module) = m.cast::<Module>() {
        module.add("__file__", path)?;
        let _ = str::new(name)?;
    }
    crate::typed::module_made(m, name, handle, executed);
    Ok(m)
}

fn last_error() -> String {
    // SAFETY: `dlerror` gives a terminated string or null.
    unsafe {
        let e = libc::dlerror();
        if e.is_null() {
            "dlopen failed".into()
        } else {
            CStr::from_ptr(e).to_string_lossy().into_owned()
        }
    }
}

/// The undefined `Py*` symbols of a shared object that this process does not provide.
fn missing_symbols(path: &str) -> Vec<String> {
    let Ok(data) = std::fs::read(path) else {
        return Vec::new();
    };
    undefined_symbols(&data)
        .into_iter()
        .filter(|s| s.starts_with("Py") || s.starts_with("_Py"))
        .filter(|s| {
            let c = CString::new(s.as_str()).unwrap_or_default();
            // SAFETY: looks the name up in the process's own symbols.
            unsafe { libc::dlsym(libc::RTLD_DEFAULT, c.as_ptr()).is_null() }
        })
        .collect()
}

/// Undefined dynamic symbols of a 64-bit little-endian ELF file; nothing if it is not one.
fn undefined_symbols(d: &[u8]) -> Vec<String> {
    let u16_at = |o: usize| {
        d.get(o..o + 2)
            .map(|b| u16::from_le_bytes([b[0], b[1]]) as usize)
    };
    let u32_at = |o: usize| {
        d.get(o..o + 4)
            .and_then(|b| b.try_into().ok())
            .map(|b| u32::from_le_bytes(b) as usize)
    };
    let u64_at = |o: usize| {
        d.get(o..o + 8)
            .and_then(|b| b.try_into().ok())
            .map(|b| u64::from_le_bytes(b) as usize)
    };
    let walk = || -> Option<Vec<String>> {
        if d.get(..4)? != b"\x7fELF" {
            return None;
        }
        let (shoff, size, n) = (u64_at(40)?, u16_at(58)?, u16_at(60)?);
        let mut out = Vec::new();
        for i in 0..n {
            let h = shoff + i * size;
            const SHT_DYNSYM: usize = 11;
            if u32_at(h + 4)? != SHT_DYNSYM {
                continue;
            }
            let (off, len, link) = (u64_at(h + 24)?, u64_at(h + 32)?, u32_at(h + 40)?);
            let names = u64_at(shoff + link * size + 24)?;
            for s in (off..off.checked_add(len)?).step_by(24) {
                if u16_at(s + 6)? == 0 {
                    let start = names + u32_at(s)?;
                    let end = start + d.get(start..)?.iter().position(|&b| b == 0)?;
                    out.push(String::from_utf8_lossy(&d[start..end]).into_owned());
                }
            }
        }
        Some(out)
    };
    walk().unwrap_or_default()
}
