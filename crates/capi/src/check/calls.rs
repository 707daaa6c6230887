//! Calls of an extension's functions, with a look at what they have done: whether they kept the references they were lent,
//! gave one that is theirs to give, and agree with themselves about exceptions; whether lists in C's hands are still lists.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ffi::c_void;

use rivet_vm::exceptions::PyResult;
use rivet_vm::object::args::split;
use rivet_vm::object::spec::Method;
use rivet_vm::types::builtin::function_name;
use rivet_vm::types::native::{Convention, Target};
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value};

use super::arguments::{object, type_name};
use super::{Scope, blocks, fail};
use crate::boundary::to_c::argument_tuple;
use crate::boundary::{BIAS, decref, links, new_ref};
use crate::layout::{PyListObject, Ref};
use crate::{call, errors, memory};

/// Functions of the API that run Python code and so must not be called with an exception set.
const CLEAN: &[&str] = &[
    "PyObject_Call",
    "PyObject_CallObject",
    "PyObject_CallNoArgs",
    "PyObject_CallOneArg",
    "PyObject_Vectorcall",
    "PyObject_VectorcallDict",
    "PyObject_VectorcallMethod",
    "PyObject_Repr",
    "PyObject_Str",
    "PyObject_ASCII",
    "PyObject_RichCompare",
    "PyObject_GetIter",
    "PyIter_Next",
    "PyImport_ImportModule",
    "PyImport_Import",
    "rivet_call_method",
    "rivet_call_method_object",
];

/// The function must not be called with an exception set, if it is one of those.
pub fn no_exception(function: &'static str) {
    if CLEAN.contains(&function) && rivet_vm::gil::held() && errors::occurred() {
        // SAFETY: the pending exception's class is a live type.
        let class = unsafe {
            errors::text(
                (*(*crate::state::current())
                    .curexc_type
                    .cast::<crate::layout::PyTypeObject>())
                .name,
            )
        };
        fail(&format!(
            "{function} was called with an exception set ({class})"
        ));
    }
}

thread_local! {
    static DEALLOCATING: Cell<u32> = const { Cell::new(0) };
    /// Lists whose items lie in C's array.
    static LISTS: RefCell<BTreeSet<usize>> = const { RefCell::new(BTreeSet::new()) };
}

/// Whether an object is being deallocated: its count is 0 and it is used all the same.
pub fn deallocating() -> bool {
    DEALLOCATING.with(Cell::get) > 0
}

/// Deallocates an object by its type's function.
///
/// # Safety
/// The last reference to the object has gone.
pub unsafe fn given_up(op: Ref) {
    if memory::owns(op) && blocks::at(op as usize).is_some_and(|b| b.1) {
        fail(&format!(
            "a freed object was given up once more ({})",
            blocks::history(op as usize)
        ));
    }
    // SAFETY: the block is in use, or no block: it has a type.
    let Some(f) = (unsafe { (*(*op).ty).dealloc }) else {
        return;
    };
    let name = type_name(op);
    let ours = crate::types::is_mirror_dealloc(f);
    let scope = (!ours).then(|| {
        Scope::enter(f as *const c_void, || {
            format!("deallocation of '{name}' object")
        })
    });
    DEALLOCATING.with(|d| d.set(d.get() + 1));
    // SAFETY: by contract.
    unsafe { f(op) };
    DEALLOCATING.with(|d| d.set(d.get() - 1));
    drop(scope);
}

/// A list's items lie in C's array from now on, or no longer.
pub fn list_in_c(m: *const PyListObject, there: bool) {
    LISTS.with(|l| {
        if there {
            l.borrow_mut().insert(m as usize);
        } else {
            l.borrow_mut().remove(&(m as usize));
        }
    });
}

fn verify_lists() {
    let all: Vec<usize> = LISTS.with(|l| l.borrow().iter().copied().collect());
    for m in all {
        let m = m as *const PyListObject;
        if blocks::at(m as usize).is_none_or(|b| b.1) {
            continue;
        }
        // SAFETY: a list in use.
        let (n, room, items) = unsafe { ((*m).base.size, (*m).allocated, (*m).items) };
        if n < 0 || n > room || n > 0 && items.is_null() {
            fail(&format!(
                "left a list with a size of {n} and room for {room}"
            ));
        }
        for i in 0..n {
            // SAFETY: within the array.
            let item = unsafe { *items.offset(i) };
            if !item.is_null()
                && let Err(what) = object(item)
            {
                fail(&format!("left {what} at index {i} of a list"));
            }
        }
    }
}

/// What is verified whenever C code has returned.
fn verify() {
    blocks::verify_recent();
    verify_lists();
}

/// References of a caller that hold whatever the callee does: it lends them to C and finds them again.
fn still_ours(op: Ref, lent: usize, what: &str) {
    let count = match object(op) {
        // SAFETY: a live object.
        Ok(()) => unsafe { (*op).refcnt },
        Err(problem) => fail(&format!(
            "gave up a reference to {what} that it did not own: that is now {problem}"
        )),
    };
    let base = if links::linked(op) != 0 { BIAS } else { 0 };
    if count < base + lent as isize {
        let t = type_name(op);
        fail(&format!(
            "gave up a reference to {what} ('{t}' object) that it did not own, or returned it without taking one"
        ));
    }
}

/// The end of a borrowed argument of a slot function.
///
/// # Safety
/// The reference is the caller's.
pub unsafe fn give_back(op: Ref) {
    if !op.is_null() {
        still_ours(op, 1, "an argument");
        // SAFETY: by contract.
        unsafe { decref(op) }
    }
}

/// What C code gave back is an object, or null with an exception.
pub fn returned(r: Ref) {
    verify();
    if !r.is_null()
        && let Err(what) = object(r)
    {
        fail(&format!("returned {what} as its result"));
    }
}

/// What an init function gave: a definition or a module.
pub fn initialized(r: Ref) {
    // A definition is no counted object; what else is no object is the loader's business.
    // SAFETY: the head of a definition, or of something that looks like an object.
    let definition = unsafe { (*r).ty } == crate::types::builtin(&crate::module::PyModuleDef_Type);
    verify();
    // SAFETY: as above.
    if !definition
        && !unsafe { (*r).ty }.is_null()
        && let Err(what) = object(r)
    {
        fail(&format!("returned {what} as its result"));
    }
}

/// As `returned`, for functions that give a status: success with an exception set is SystemError.
pub fn status(ok: bool, what: &str) -> PyResult<()> {
    verify();
    if ok && errors::occurred() {
        return Err(call::with_cause(&format!(
            "{what} of an extension succeeded with an exception set"
        )));
    }
    Ok(())
}

type Plain = unsafe extern "C" fn(Ref, Ref) -> Ref;
type Keywords = unsafe extern "C" fn(Ref, Ref, Ref) -> Ref;
type Fast = unsafe extern "C" fn(Ref, *const Ref, isize) -> Ref;
type FastKeywords = unsafe extern "C" fn(Ref, *const Ref, isize, Ref) -> Ref;

/// Calls a C function whose arguments are right in number. Every conversion is the general one.
pub fn invoke(
    m: &'static Method,
    target: &'static Target,
    receiver: Value,
    args: &[Value],
    kw: Option<Gc<Tuple>>,
) -> PyResult<Value> {
    let _scope = Scope::enter(target.function, || {
        format!("{}()", function_name(m, receiver))
    });
    let me = new_ref(receiver);
    let tupled = matches!(
        target.convention,
        Convention::VarArgs | Convention::VarArgsKeywords
    );
    let listed = if tupled { &[] } else { args };
    let mut refs: Vec<Ref> = listed.iter().map(|&a| new_ref(a)).collect();
    let names = kw.map_or(std::ptr::null_mut(), |k| new_ref(k.value()));
    if me.is_null() || refs.iter().any(|r| r.is_null()) {
        return Err(call::pending_or_system_error(m.name));
    }
    let n = refs.len().saturating_sub(kw.map_or(0, |k| k.len()));
    let (pos, _) = split(args, kw);
    // SAFETY: the function has the type of its convention; the references are ours and released here.
    unsafe {
        let t = if tupled {
            argument_tuple(pos)
        } else {
            std::ptr::null_mut()
        };
        let d = if tupled {
            crate::types::incoming::keywords(args, kw)?
        } else {
            std::ptr::null_mut()
        };
        let (f, list) = (target.function, refs.as_ptr());
        let none = std::ptr::null_mut();
        let r = match target.convention {
            Convention::NoArgs => std::mem::transmute::<*const c_void, Plain>(f)(me, none),
            Convention::One => std::mem::transmute::<*const c_void, Plain>(f)(me, refs[0]),
            Convention::Fast => std::mem::transmute::<*const c_void, Fast>(f)(me, list, n as isize),
            Convention::FastKeywords => {
                std::mem::transmute::<*const c_void, FastKeywords>(f)(me, list, n as isize, names)
            }
            Convention::VarArgs => std::mem::transmute::<*const c_void, Plain>(f)(me, t),
            Convention::VarArgsKeywords => {
                std::mem::transmute::<*const c_void, Keywords>(f)(me, t, d)
            }
            Convention::Method => call::with_class(target, me, list, n as isize, names),
        };
        returned(r);
        let items: &[Ref] = match t.is_null() {
            true => &refs,
            false => crate::tuple::items(t).map_or(&[], |(p, n)| std::slice::from_raw_parts(p, n)),
        };
        for (i, &a) in items.iter().enumerate() {
            let given = usize::from(r == a);
            let twice = items.iter().filter(|&&b| b == a).count() + usize::from(a == me);
            still_ours(a, twice + given, &format!("argument {}", i + 1));
        }
        still_ours(me, 1 + usize::from(r == me), "`self`");
        for op in [t, d] {
            if !op.is_null() {
                still_ours(op, 1 + usize::from(r == op), "its arguments");
                decref(op);
            }
        }
        refs.push(me);
        refs.into_iter().for_each(|a| decref(a));
        crate::boundary::xdecref(names);
        call::result(r, m.name)
    }
}

/// The error of a call with a wrong number of arguments is the caller's business.
pub fn counts(target: &Target, args: &[Value]) -> bool {
    match target.convention {
        Convention::NoArgs => args.is_empty(),
        Convention::One => args.len() == 1,
        _ => true,
    }
}
