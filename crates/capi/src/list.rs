//! `listobject.h`. A list that C can see has its items in C's array (`ob_item`), which is then *the* storage: compiled
//! code reads and writes it by macro. The managed list looks empty meanwhile; when managed code wants the items it takes
//! them back (`take_back`), and the array stays behind, so that references C has borrowed from it live on. Before C runs
//! again, lists it still holds are handed over again (`before_c`).

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

use rivet_vm::exceptions::{PyResult, index_error, system_error};
use rivet_vm::gil::Guarded;
use rivet_vm::object::{TypeFlags, call};
use rivet_vm::types::list::List;
use rivet_vm::value::{Gc, RVec, Value};

use crate::api::{bad_call, get};
use crate::boundary::{BIAS, borrowed, decref, incref, links, new_ref, xdecref};
use crate::layout::{PyListObject, PyObject, Ref};
use crate::{api, check, errors, memory, raw, types};

/// Lists that managed code took back while C held references to them.
static TAKEN: Guarded<Vec<usize>> = Guarded::new(Vec::new());
static ANY_TAKEN: AtomicBool = AtomicBool::new(false);

/// Hands the lists back that C still holds and managed code has taken.
#[inline(always)]
pub fn before_c() {
    if ANY_TAKEN.load(Ordering::Relaxed) {
        hand_back();
    }
}

#[cold]
fn hand_back() {
    ANY_TAKEN.store(false, Ordering::Relaxed);
    let all = TAKEN.with(std::mem::take);
    for m in all {
        let op = m as Ref;
        // SAFETY: lists leave the table when they are deallocated; linked ones hold their managed half's address.
        unsafe {
            let link = *memory::link_of(op);
            if link != 0 && (*op).refcnt > BIAS {
                expose(Value::from_header(link as *mut rivet_heap::Header), op);
            }
        }
    }
}

/// The hook: managed code wants the items of a list that lies in C's array.
pub fn take_back(list: Gc<List>) {
    let m = list.foreign.get() as *mut PyListObject;
    list.foreign.set(0);
    if check::on() {
        check::calls::list_in_c(m, false);
    }
    // SAFETY: the field holds the address of the list's mirror, which is complete.
    unsafe {
        let n = (*m).base.size.max(0) as usize;
        let mut all = RVec::new();
        for i in 0..n {
            let item = *(*m).items.add(i);
            let v = if item.is_null() {
                Value::NONE
            } else {
                borrowed(item).unwrap_or(Value::NONE)
            };
            if all.push(v).is_err() {
                break;
            }
        }
        if let (Some(array), len) = all.into_storage() {
            list.set_storage(array, len);
        }
        if (*m).base.base.refcnt > BIAS {
            TAKEN.with(|t| t.push(m as usize));
            ANY_TAKEN.store(true, Ordering::Relaxed);
            links::call_attention();
        } else {
            drop_items(m);
        }
    }
}

unsafe fn drop_items(m: *mut PyListObject) {
    // SAFETY: callers pass a list's C half that owns its array.
    unsafe {
        let (items, n) = ((*m).items, (*m).base.size.max(0) as usize);
        (*m).items = std::ptr::null_mut();
        (*m).base.size = 0;
        (*m).allocated = 0;
        if !items.is_null() {
            types::drop_items(items, n);
            memory::release(items.cast());
        }
    }
}

/// Drops the array of a dying list.
///
/// # Safety
/// Nobody uses the list any more.
pub unsafe fn drop_storage(m: *mut PyListObject) {
    TAKEN.with(|t| t.retain(|&x| x != m as usize));
    if check::on() {
        check::calls::list_in_c(m, false);
    }
    // SAFETY: by contract.
    unsafe { drop_items(m) }
}

/// Whether an object that C has in the array is what a value would become: then it stays, with the references C has
/// borrowed to it.
unsafe fn same(old: Ref, v: Value) -> bool {
    if old.is_null() {
        return false;
    }
    // SAFETY: the array owns its items.
    unsafe {
        match v.as_header() {
            Some(h) => links::mirror_of(h) == Some(old),
            None => borrowed(old).is_ok_and(|o| o.to_word() == v.to_word()),
        }
    }
}

/// Moves the items of a list into its mirror's array, unless they are there. The list's items' own mirrors may be
/// filled later, by the outermost caller.
pub fn expose(v: Value, m: Ref) {
    let Some(list) = v.cast::<List>() else { return };
    if list.foreign.get() != 0 {
        return;
    }
    let m = m.cast::<PyListObject>();
    let (storage, n) = list.take_storage();
    // SAFETY: the mirror of a list; `storage` on the stack keeps the items alive.
    unsafe {
        let (old, old_n) = ((*m).items, (*m).base.size.max(0) as usize);
        let items = memory::alloc(n.max(4) * 8).cast::<Ref>();
        if items.is_null() {
            if let Some(s) = storage {
                list.set_storage(s, n);
            }
            return;
        }
        list.foreign.set(m as usize);
        if check::on() {
            check::calls::list_in_c(m, true);
        }
        (*m).items = items;
        (*m).base.size = 0;
        (*m).allocated = n.max(4) as isize;
        if let Some(s) = storage {
            for (i, &x) in s.values(n).iter().enumerate() {
                let kept = if i < old_n {
                    *old.add(i)
                } else {
                    std::ptr::null_mut()
                };
                let r = if same(kept, x) {
                    incref(kept);
                    kept
                } else {
                    new_ref(x)
                };
                *items.add(i) = r;
                (*m).base.size = i as isize + 1;
            }
        }
        if !old.is_null() {
            types::drop_items(old, old_n);
            memory::release(old.cast());
        }
    }
}

/// A list born in C whose only reference is given away: its items become a managed list's.
///
/// # Safety
/// A live unlinked list.
pub unsafe fn adopt(op: Ref) -> PyResult<Value> {
    let m = op.cast::<PyListObject>();
    // SAFETY: by contract.
    unsafe {
        let n = (*m).base.size.max(0) as usize;
        let mut all = RVec::with_capacity(n)?;
        for i in 0..n {
            let item = *(*m).items.add(i);
            if item.is_null() {
                return Err(system_error("a list with an empty item crossed the border"));
            }
            all.push(borrowed(item)?)?;
        }
        Ok(List::from_vec(all)?.value())
    }
}

/// A list born in C that crosses while C keeps it: its array stays the storage.
///
/// # Safety
/// A live unlinked list.
pub unsafe fn link_born_in_c(op: Ref) -> PyResult<Value> {
    let list = List::new()?;
    links::link(list.header(), op);
    list.foreign.set(op as usize);
    if check::on() {
        check::calls::list_in_c(op.cast(), true);
    }
    Ok(list.value())
}

/// The C half of a list, with its items in the array.
unsafe fn c_list(op: Ref) -> PyResult<*mut PyListObject> {
    // SAFETY: callers pass null or a live object.
    unsafe {
        if op.is_null() || (*(*op).ty).flags & TypeFlags::LIST_SUBCLASS == 0 {
            return Err(bad_call());
        }
        let link = *memory::link_of(op);
        if link != 0 {
            expose(Value::from_header(link as *mut rivet_heap::Header), op);
        }
        Ok(op.cast())
    }
}

/// Makes room for `n` items.
unsafe fn reserve(m: *mut PyListObject, n: usize) -> PyResult<()> {
    // SAFETY: callers pass a list whose array is its storage.
    unsafe {
        if n <= (*m).allocated.max(0) as usize && !(*m).items.is_null() {
            return Ok(());
        }
        let room = (n + (n >> 3) + 6) & !3;
        let items = memory::realloc((*m).items.cast(), room * 8).cast::<Ref>();
        if items.is_null() {
            return Err(rivet_vm::exceptions::no_memory());
        }
        (*m).items = items;
        (*m).allocated = room as isize;
        Ok(())
    }
}

unsafe fn born(n: isize) -> PyResult<Ref> {
    if n < 0 {
        return Err(bad_call());
    }
    if n > isize::MAX / 16 {
        return Err(rivet_vm::exceptions::no_memory());
    }
    let p = memory::alloc_zeroed(size_of::<PyListObject>()).cast::<PyListObject>();
    let items = if n == 0 {
        std::ptr::null_mut()
    } else {
        memory::alloc_zeroed(n as usize * 8).cast::<Ref>()
    };
    if p.is_null() || n > 0 && items.is_null() {
        return Err(rivet_vm::exceptions::no_memory());
    }
    // SAFETY: a fresh block.
    unsafe {
        (*p).base.base = PyObject {
            refcnt: 1,
            ty: types::builtin(types::LIST),
        };
        (*p).base.size = n;
        (*p).items = items;
        (*p).allocated = n;
    }
    Ok(p.cast())
}

unsafe fn slot(op: Ref, i: isize, message: &str) -> PyResult<*mut Ref> {
    // SAFETY: callers pass a live object; the bound is checked.
    unsafe {
        let m = c_list(op)?;
        if i < 0 || i >= (*m).base.size {
            return Err(index_error(message));
        }
        Ok((*m).items.offset(i))
    }
}

/// Item `i` of an exact list or tuple, new reference, without the way through the managed list: C code walks over lists
/// by the sequence protocol, and taking the items back and forth for each would make that quadratic.
///
/// # Safety
/// A live object.
pub unsafe fn direct_item(op: Ref, i: isize) -> Option<Ref> {
    // SAFETY: by contract; the bound is checked.
    unsafe {
        let (items, n) = direct(op)?;
        let i = if i < 0 { i + n } else { i };
        if i < 0 || i >= n {
            return None;
        }
        let x = *items.offset(i);
        if x.is_null() {
            return None;
        }
        incref(x);
        Some(x)
    }
}

/// The next item of an iterator over a list whose items lie in C's array.
///
/// # Safety
/// A live object.
pub unsafe fn direct_next(op: Ref) -> Option<Ref> {
    // SAFETY: by contract; the list's `foreign` is the address of its C half.
    unsafe {
        let v = get(op).ok()?;
        if v.type_of() != rivet_vm::runtime::types().list_iter {
            return None;
        }
        let it = v.cast::<rivet_vm::types::iterators::SeqIter>()?;
        let list = it.seq.get()?.cast::<List>()?;
        let m = list.foreign.get() as *mut PyListObject;
        let i = it.index.get();
        if m.is_null() || i as isize >= (*m).base.size {
            return None;
        }
        let x = *(*m).items.add(i);
        if x.is_null() {
            return None;
        }
        it.index.set(i + 1);
        incref(x);
        Some(x)
    }
}

/// Number of items of an exact list or tuple.
///
/// # Safety
/// A live object.
pub unsafe fn direct_len(op: Ref) -> Option<isize> {
    // SAFETY: by contract.
    unsafe { direct(op).map(|d| d.1) }
}

unsafe fn direct(op: Ref) -> Option<(*mut Ref, isize)> {
    // SAFETY: callers pass null or a live object, laid out as its type is.
    unsafe {
        if op.is_null() {
            return None;
        }
        if (*op).ty == types::builtin(types::LIST) {
            let m = c_list(op).ok()?;
            return Some(((*m).items, (*m).base.size));
        }
        if (*op).ty == types::builtin(types::TUPLE) {
            return Some((
                crate::tuple::items_at(op),
                (*op.cast::<crate::layout::PyVarObject>()).size,
            ));
        }
        None
    }
}

unsafe fn insert(op: Ref, at: isize, v: Ref) -> PyResult<()> {
    // SAFETY: callers pass live objects.
    unsafe {
        let m = c_list(op)?;
        if v.is_null() {
            return Err(bad_call());
        }
        let n = (*m).base.size as usize;
        reserve(m, n + 1)?;
        let at = if at < 0 {
            (at + n as isize).max(0) as usize
        } else {
            (at as usize).min(n)
        };
        let p = (*m).items.add(at);
        std::ptr::copy(p, p.add(1), n - at);
        incref(v);
        *p = v;
        (*m).base.size += 1;
        Ok(())
    }
}

raw! {
    fn PyList_GetItem(op: Ref, i: isize) -> Ref {
        match slot(op, i, "list index out of range") {
            Ok(p) => *p,
            Err(_) => {
                errors::publish();
                std::ptr::null_mut()
            }
        }
    }

    fn PyList_SetItem(op: Ref, i: isize, v: Ref) -> c_int {
        match slot(op, i, "list assignment index out of range") {
            Ok(p) => {
                let old = std::mem::replace(&mut *p, v);
                xdecref(old);
                0
            }
            Err(_) => {
                errors::publish();
                xdecref(v);
                -1
            }
        }
    }
}

unsafe fn method(op: Ref, name: &str, args: &[Value]) -> PyResult<Value> {
    // SAFETY: callers pass a live object.
    let list = unsafe { get(op) }?.cast::<List>().ok_or_else(bad_call)?;
    call::call_method(
        list.value(),
        rivet_vm::types::str::intern::intern_str(name),
        args,
    )
}

api! {
    fn PyList_New(n: isize) -> Ref {
        born(n)
    }

    fn PyList_Size(op: Ref) -> isize {
        Ok((*c_list(op)?).base.size)
    }

    fn PyList_Append(op: Ref, v: Ref) -> () {
        insert(op, isize::MAX, v)
    }

    fn _PyList_AppendTakeRefListResize(op: Ref, v: Ref) -> () {
        let r = insert(op, isize::MAX, v);
        decref(v);
        r
    }

    fn PyList_Insert(op: Ref, i: isize, v: Ref) -> () {
        insert(op, i, v)
    }

    fn PyList_AsTuple(op: Ref) -> Ref {
        let m = c_list(op)?;
        crate::tuple::from_array((*m).items, (*m).base.size as usize)
    }

    fn PyList_GetSlice(op: Ref, low: isize, high: isize) -> Ref {
        let m = c_list(op)?;
        let n = (*m).base.size;
        let low = low.clamp(0, n);
        let high = high.clamp(low, n);
        let new = born(high - low)?.cast::<PyListObject>();
        for i in low..high {
            let x = *(*m).items.offset(i);
            incref(x);
            *(*new).items.offset(i - low) = x;
        }
        Ok(new.cast())
    }

    fn PyList_SetSlice(op: Ref, low: isize, high: isize, v: Ref) -> () {
        let list = get(op)?.cast::<List>().ok_or_else(bad_call)?;
        let items = if v.is_null() { RVec::new() } else { RVec::from_slice(rivet_vm::object::protocol::to_list(get(v)?)?.items())? };
        let n = list.len() as isize;
        let low = low.clamp(0, n);
        list.splice(low as usize, high.clamp(low, n) as usize, &items)
    }

    fn PyList_Reverse(op: Ref) -> () {
        let m = c_list(op)?;
        if !(*m).items.is_null() {
            std::slice::from_raw_parts_mut((*m).items, (*m).base.size as usize).reverse();
        }
        Ok(())
    }

    fn PyList_Sort(op: Ref) -> () {
        method(op, "sort", &[]).map(|_| ())
    }

    fn _PyList_Extend(op: Ref, v: Ref) -> Value {
        method(op, "extend", &[get(v)?])
    }

    fn PyList_Extend(op: Ref, v: Ref) -> () {
        method(op, "extend", &[get(v)?]).map(|_| ())
    }

    fn PyList_Clear(op: Ref) -> () {
        method(op, "clear", &[]).map(|_| ())
    }
}
