//! The one interpreter of the process: its types, its shared objects, its settings; start-up and shut-down.

use std::cell::{Cell, OnceCell, UnsafeCell};

use crate::exceptions::classes::ExceptionTypes;
use crate::exceptions::{Exception, PyResult, Raised, recursion_error};
use crate::object::build::{RawType, builtin_type, finish_builtin, raw_type};
use crate::object::{Type, TypeFlags};
use crate::types;
use crate::types::dict::Dict;
use crate::types::tuple::Tuple;
use crate::value::layout::{self, AttrMode};
use crate::value::{Gc, Root, Value};

macro_rules! builtin_types {
    ($object:ident, $type_:ident; $($field:ident : $spec:path, $base:ident, $layout:ident, $words:expr;)*) => {
        /// The builtin types.
        pub struct Types {
            /// `object`
            pub object: Gc<Type>,
            /// `type`
            pub type_: Gc<Type>,
            $(#[doc = concat!("`", stringify!($field), "`")] pub $field: Gc<Type>,)*
        }

        fn make_types($object: Gc<Type>, $type_: Gc<Type>) -> Types {
            $(
                let $field = {
                    let id = layout::$layout;
                    builtin_type(&$spec, $base, id, layout::info(id).trace, $words)
                };
            )*
            Types { $object, $type_, $($field,)* }
        }
    };
}

const fn words<T>() -> u32 {
    (size_of::<T>() / 8 - 1) as u32
}

builtin_types! {
    object, type_;
    none_type: types::singletons::NONE, object, NONE, 0;
    ellipsis: types::singletons::ELLIPSIS, object, ELLIPSIS, 0;
    not_implemented: types::singletons::NOT_IMPLEMENTED, object, NOT_IMPLEMENTED, 0;
    int: types::int::methods::SPEC, object, INT, types::int::FIXED_WORDS as u32;
    bool: types::int::methods::BOOL, int, BOOL, 0;
    float: types::float_methods::SPEC, object, FLOAT, 1;
    complex: types::complex::SPEC, object, COMPLEX, 2;
    str: types::str::methods::SPEC, object, STR, types::str::FIXED_WORDS as u32;
    bytes: types::bytes::methods::SPEC, object, BYTES, types::bytes::FIXED_WORDS as u32;
    bytearray: types::bytearray::SPEC, object, BYTEARRAY, words::<types::bytearray::ByteArray>();
    memoryview: types::memoryview::SPEC, object, MEMORYVIEW, words::<types::memoryview::MemoryView>();
    tuple: types::tuple_methods::SPEC, object, TUPLE, 1;
    list: types::list::methods::SPEC, object, LIST, types::list::WORDS as u32;
    dict: types::dict::methods::SPEC, object, DICT, types::dict::WORDS as u32;
    set: types::set::SPEC, object, SET, words::<types::set::Set>();
    frozenset: types::set::FROZEN, object, FROZENSET, words::<types::set::Set>();
    range: types::range::SPEC, object, RANGE, 3;
    slice: types::slice::SPEC, object, SLICE, 3;
    function: types::function_attrs::SPEC, object, FUNCTION, words::<types::function::Function>();
    builtin: types::builtin::SPEC, object, BUILTIN, words::<types::method::Builtin>();
    method: types::builtin::METHOD, object, METHOD, 2;
    method_descr: types::descr::METHOD_DESCR, object, METHOD_DESCR, 3;
    classmethod_descr: types::descr::CLASSMETHOD_DESCR, object, CLASSMETHOD_DESCR, 3;
    wrapper_descr: types::descr::WRAPPER_DESCR, object, WRAPPER_DESCR, 4;
    method_wrapper: types::descr::METHOD_WRAPPER, object, METHOD_WRAPPER, 3;
    getset_descr: types::descr::GETSET_DESCR, object, GETSET_DESCR, 3;
    member_descr: types::descr::MEMBER_DESCR, object, MEMBER_DESCR, 3;
    property: types::descr::PROPERTY, object, PROPERTY, 6;
    classmethod: types::descr::CLASSMETHOD, object, CLASSMETHOD, 2;
    staticmethod: types::descr::STATICMETHOD, object, STATICMETHOD, 2;
    super_: types::super_::SPEC, object, SUPER, 3;
    cell: types::cell_attrs::SPEC, object, CELL, 1;
    code: types::code_attrs::SPEC, object, CODE, words::<types::code::Code>();
    frame: types::frame::SPEC, object, FRAME, words::<types::frame::FrameObject>();
    traceback: types::traceback_attrs::SPEC, object, TRACEBACK, 3;
    generator: types::generator::SPEC, object, GENERATOR, words::<types::generator::Generator>();
    coroutine: types::generator::COROUTINE, object, COROUTINE, words::<types::generator::Generator>();
    async_generator: types::generator::ASYNC, object, ASYNC_GENERATOR, words::<types::generator::Generator>();
    module: types::module::SPEC, object, MODULE, 2;
    mapping_proxy: types::mapping_proxy::SPEC, object, MAPPING_PROXY, 1;
    list_iter: types::iterators::LIST, object, LIST_ITER, words::<types::iterators::SeqIter>();
    tuple_iter: types::iterators::TUPLE, object, TUPLE_ITER, words::<types::iterators::SeqIter>();
    str_iter: types::str::iter::SPEC, object, STR_ITER, words::<types::iterators::SeqIter>();
    range_iter: types::range::ITER, object, RANGE_ITER, words::<types::range::RangeIter>();
    weakref: types::weakref::SPEC, object, WEAKREF, words::<types::weakref::WeakRef>();
}

struct State {
    boot: Cell<Option<Boot>>,
    types: OnceCell<Types>,
    exceptions: OnceCell<ExceptionTypes>,
    hash_key: Cell<(u64, u64)>,
    recursion_limit: Cell<usize>,
}

struct Global(UnsafeCell<State>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Global {}

static STATE: Global = Global(UnsafeCell::new(State {
    boot: Cell::new(None),
    types: OnceCell::new(),
    exceptions: OnceCell::new(),
    hash_key: Cell::new((0, 0)),
    recursion_limit: Cell::new(1000),
}));

static EMPTY_TUPLE: Root = Root::new();
static SPARE_MEMORY_ERROR: Root = Root::new();
static BUILTINS: Root = Root::new();
static MODULES: Root = Root::new();

#[inline(always)]
fn state() -> &'static State {
    // SAFETY: all fields are cells; GIL held.
    unsafe { &*STATE.0.get() }
}

/// The types that exist from the first moment on.
#[derive(Clone, Copy)]
pub struct Boot {
    /// `object`
    pub object: Gc<Type>,
    /// `type`
    pub type_: Gc<Type>,
}

/// `object` and `type`, also while the other types are being made.
pub fn types_in_progress() -> Boot {
    state()
        .boot
        .get()
        .expect("bootstrap makes object and type first")
}

/// The builtin types.
#[inline(always)]
pub fn types() -> &'static Types {
    match state().types.get() {
        Some(t) => t,
        None => fatal("a builtin type was needed before it existed"),
    }
}

/// The exception classes.
#[inline(always)]
pub fn exception_types() -> &'static ExceptionTypes {
    match state().exceptions.get() {
        Some(t) => t,
        None => fatal("an exception was raised before the classes existed"),
    }
}

/// Stops the process: a broken invariant or start-up failure nobody can handle.
#[cold]
pub fn fatal(message: &str) -> ! {
    eprintln!("Fatal Python error: rivet: {message}");
    std::process::abort()
}

/// The tuple `()`.
#[inline(always)]
pub fn empty_tuple() -> Gc<Tuple> {
    EMPTY_TUPLE
        .get()
        .and_then(|v| v.cast::<Tuple>())
        .expect("made at start-up")
}

/// An instance of MemoryError that needs no allocation.
pub fn spare_memory_error() -> Option<Value> {
    let v = SPARE_MEMORY_ERROR.get()?;
    if let Some(e) = v.cast::<Exception>() {
        e.traceback.clear();
        e.context.clear();
    }
    Some(v)
}

/// The namespace of `builtins`.
pub fn builtins() -> Gc<Dict> {
    BUILTINS
        .get()
        .and_then(|v| v.cast::<Dict>())
        .expect("made at start-up")
}

/// `sys.modules`
pub fn modules() -> Gc<Dict> {
    MODULES
        .get()
        .and_then(|v| v.cast::<Dict>())
        .expect("made at start-up")
}

/// Replaces `sys.modules` (a program may assign it; imports follow).
pub fn set_modules(v: Value) {
    MODULES.set(v);
}

/// `hash(bytes)`: SipHash-1-3 with the process's secret, as CPython's.
pub fn hash_bytes(bytes: &[u8]) -> i64 {
    let (k0, k1) = state().hash_key.get();
    let h = crate::siphash::siphash13(k0, k1, bytes) as i64;
    if h == -1 { -2 } else { h }
}

/// Sets the secret of string hashing.
pub fn set_hash_key(k0: u64, k1: u64) {
    state().hash_key.set((k0, k1));
}

/// `sys.getrecursionlimit()`
#[inline(always)]
pub fn recursion_limit() -> usize {
    state().recursion_limit.get()
}

/// `sys.setrecursionlimit(n)`
pub fn set_recursion_limit(n: usize) {
    state().recursion_limit.set(n.min(1 << 19));
}

/// Counts a call that uses the native stack; RecursionError when it is nearly exhausted. Pairs with
/// `leave_call` when it succeeds.
#[inline(always)]
pub fn enter_call() -> PyResult<()> {
    enter_call_in(" while calling a Python object")
}

/// `enter_call` with what CPython adds to the message there.
#[inline(always)]
pub fn enter_call_in(what: &'static str) -> PyResult<()> {
    let t = crate::thread::current();
    let depth = t.depth.get();
    t.depth.set(depth + 1);
    let here = 0u8;
    if (&raw const here as usize) < t.native_limit.get() || t.levels() >= recursion_limit() {
        t.depth.set(depth);
        return Err(native_overflow(what));
    }
    Ok(())
}

/// Must be called around operations on objects that may recurse without a Python frame (`repr`, comparison);
/// they count as calls do. Pairs with `leave_native`.
#[inline(always)]
pub fn enter_native(what: &'static str) -> PyResult<()> {
    enter_call_in(what)?;
    let t = crate::thread::current();
    t.native_levels.set(t.native_levels.get() + 1);
    Ok(())
}

/// Ends what `enter_native` began.
#[inline(always)]
pub fn leave_native() {
    let t = crate::thread::current();
    t.native_levels.set(t.native_levels.get() - 1);
    leave_call();
}

#[cold]
fn native_overflow(what: &str) -> Raised {
    let t = crate::thread::current();
    let limit = t.native_limit.get();
    // Let the handler use the reserve below the limit.
    t.native_limit.set(limit.saturating_sub(NATIVE_RESERVE / 2));
    // While the error is made, calls may go a little deeper.
    let depth = recursion_limit();
    set_recursion_limit(depth + 50);
    let r = recursion_error(format!("maximum recursion depth exceeded{what}"));
    set_recursion_limit(depth);
    t.native_limit.set(limit);
    r
}

/// Ends what `enter_call` began.
#[inline(always)]
pub fn leave_call() {
    let t = crate::thread::current();
    t.depth.set(t.depth.get() - 1);
}

/// Native stack kept in reserve for error handling.
const NATIVE_RESERVE: usize = 512 * 1024;

/// Sets the current thread's native stack limit from its actual stack.
pub fn set_native_limit() {
    let (low, _) = rivet_heap::stack_bounds();
    crate::thread::current()
        .native_limit
        .set(low + NATIVE_RESERVE);
}

/// Restores `errno` after the GIL was taken back.
pub fn restore_errno(errno: Option<i32>) {
    if let Some(e) = errno {
        // SAFETY: the address of this thread's errno.
        unsafe { *libc::__errno_location() = e }
    }
}

/// What start-up needs to know.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Collect at every Nth allocation.
    pub gc_stress: Option<u64>,
    /// Nursery size in bytes.
    pub nursery: Option<usize>,
    /// Check the heap around each collection.
    pub verify: bool,
    /// String hash secret; None: random.
    pub hash_seed: Option<u32>,
}

/// Brings the runtime up: heap, layouts, types, the main thread. Once per process, from its main thread.
pub fn init(config: &Config) {
    let mut heap = rivet_heap::Config::default();
    if let Some(n) = config.nursery {
        heap.nursery_bytes = n;
    }
    if rivet_heap::init(heap).is_err() {
        fatal("cannot reserve address space for the heap");
    }
    layout::init();
    seed_hash(config.hash_seed);
    let thread = crate::thread::Thread::create(crate::thread::native_ident());
    crate::gil::acquire(thread);
    set_native_limit();
    rivet_heap::add_root_visitor(visit_roots);
    bootstrap_types();
    bootstrap_objects();
    rivet_heap::set_verify(config.verify);
    rivet_heap::set_stress(config.gc_stress);
}

fn seed_hash(seed: Option<u32>) {
    let (k0, k1) = match seed {
        Some(0) => (0, 0),
        Some(n) => crate::siphash::keys_from_seed(n),
        None => {
            let mut b = [0u8; 16];
            // SAFETY: fills our own buffer.
            unsafe { libc::getrandom(b.as_mut_ptr().cast(), 16, 0) };
            let half = |i: usize| u64::from_le_bytes(b[i..i + 8].try_into().unwrap_or_default());
            (half(0), half(8))
        }
    };
    set_hash_key(k0, k1);
}

fn visit_roots(v: &mut rivet_heap::Visitor) {
    crate::object::lookup::clear_cache();
    crate::thread::visit_all(v);
    layout::for_each_type(|slot| v.visit(slot.cast()));
}

fn bootstrap_types() {
    let id = layout::TYPE;
    let trace = layout::info(id).trace;
    let words = Type::WORDS as u32;
    let base_flags = TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE;
    let raw = |layout, trace, body_words, base, flags| RawType {
        meta: None,
        base,
        flags,
        layout,
        trace,
        body_words,
        variable: false,
    };
    layout::configure_attrs(
        layout::FUNCTION,
        AttrMode::Dict,
        types::function::DICT_WORD,
        0,
    );
    layout::configure_attrs(layout::MODULE, AttrMode::Dict, types::module::DICT_WORD, 0);
    layout::configure_attrs(layout::CLASSMETHOD, AttrMode::Dict, 1, 0);
    layout::configure_attrs(layout::STATICMETHOD, AttrMode::Dict, 1, 0);
    // Metatypes' instances are types, whose attributes the type machinery keeps.
    let type_ = raw_type(
        "type",
        raw(
            id,
            trace,
            words,
            None,
            TypeFlags::TYPE_SUBCLASS | base_flags,
        ),
    )
    .expect("memory");
    let obj_layout = layout::info(layout::OBJECT);
    let object = raw_type(
        "object",
        raw(
            layout::OBJECT,
            obj_layout.trace,
            0,
            None,
            TypeFlags::BASETYPE,
        ),
    )
    .expect("memory");
    type_.set(&type_.base, object.value());
    type_.solid.set(type_.as_ptr());
    object.solid.set(object.as_ptr());
    state().boot.set(Some(Boot { object, type_ }));
    EMPTY_TUPLE.set(Tuple::fresh(&[]).expect("memory").value());
    types::object::finish(object);
    finish_builtin(type_, &types::type_::SPEC, object);
    let made = make_types(object, type_);
    let _ = state().types.set(made);
    let exceptions = crate::exceptions::classes::create(object);
    let _ = state().exceptions.set(exceptions);
}

/// The runtime's own storage has a type too: `gc.get_objects` shows lists of ours that hold some, and programs print what
/// they find.
fn type_storage() -> PyResult<()> {
    let storage = |layout| RawType {
        meta: Some(types().type_),
        base: Some(types().object),
        flags: TypeFlags::READY | TypeFlags::IMMUTABLE,
        layout,
        trace: layout::info(layout).trace,
        body_words: 0,
        variable: true,
    };
    for layout in [layout::ARRAY, layout::AREA] {
        let ty = raw_type("storage", storage(layout))?;
        ty.set_slots(*types().object.slots());
    }
    Ok(())
}

fn bootstrap_objects() {
    let make = || -> PyResult<()> {
        SPARE_MEMORY_ERROR.set(Exception::new(exception_types().memory_error, &[])?.value());
        BUILTINS.set(Dict::new()?.value());
        MODULES.set(Dict::new()?.value());
        types::init_more()?;
        type_storage()?;
        crate::exceptions::classes::install(builtins());
        Ok(())
    };
    if make().is_err() {
        fatal("out of memory during start-up");
    }
}
