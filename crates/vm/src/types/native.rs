//! Functions of C extensions as plain data: where the function is, how it is called, what it says about its
//! types. The boundary fills these records in; the interpreter and compiled code read them. Every record lives
//! for good and never moves, so compiled code may embed its address.
//!
//! Errors: the functions of a `Target` give the null word when an exception is pending in the current thread
//! (`Raised::pending()`). A typed function reports as its `Signature::error` says: if its result may be an error,
//! test the word at `Thread::error_word` (see `Thread::ERROR_WORD_OFFSET`); if it is not 0, `take_error()`.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

pub use rivet_spec::typed::{Effects, ErrorConvention, MAX_PARAMS, Signature, TypeCode};

use crate::exceptions::Raised;
use crate::object::member::MethodDescr;
use crate::object::spec::Method;
use crate::object::{Type, TypeFlags};
use crate::thread;
use crate::types::method::Builtin;
use crate::types::native_call::{self, Way};
use crate::value::layout::{self, Kind};
use crate::value::{Gc, Value};

/// The C type of an extension's function (`ml_flags` without the binding bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Convention {
    /// `f(self, NULL)`
    NoArgs,
    /// `f(self, arg)`
    One,
    /// `f(self, args, nargs)`
    Fast,
    /// `f(self, args, nargs, kwnames)`
    FastKeywords,
    /// `f(self, tuple)`
    VarArgs,
    /// `f(self, tuple, dict)`
    VarArgsKeywords,
    /// `f(self, class, args, nargs, kwnames)`
    Method,
}

/// Calls a C function with values: the receiver, then the arguments. The result is a value's word, or 0 with an
/// exception pending. Any number of arguments may be given: a wrong count is the TypeError it should be. `me` is the
/// receiver as C sees it (`receiver_mirror`, a constant for a constant callable), or null: then it is looked up.
pub type CallAny = unsafe extern "C" fn(
    target: *const Target,
    receiver: u64,
    me: *mut c_void,
    args: *const u64,
    count: usize,
) -> u64;
/// `CallAny` without arguments.
pub type Call0 = unsafe extern "C" fn(target: *const Target, receiver: u64, me: *mut c_void) -> u64;
/// `CallAny` with one argument.
pub type Call1 =
    unsafe extern "C" fn(target: *const Target, receiver: u64, me: *mut c_void, arg: u64) -> u64;

/// A function of an extension: what a `builtin_function_or_method` or a method descriptor made from C leads to.
#[repr(C)]
pub struct Target {
    /// The wrapper: the C function of the definition.
    pub function: *const c_void,
    /// How the wrapper is called.
    pub convention: Convention,
    /// `METH_CLASS` and `METH_STATIC` and the like, as in the definition.
    pub flags: u32,
    /// The native signatures, in the order in which they are tried; set once the module is loaded.
    pub typed: Cell<Option<&'static TypedEntry>>,
    /// Calls the wrapper without arguments.
    pub call0: Call0,
    /// Calls the wrapper with one argument.
    pub call1: Call1,
    /// Calls the wrapper with any number of arguments.
    pub call_any: CallAny,
    /// The `PyMethodDef`.
    pub definition: usize,
    /// The declaration this belongs to.
    pub method: Cell<Option<&'static Method>>,
}

// SAFETY: the pointers are those of code and of data that lives for good; the cell is touched with the GIL held.
unsafe impl Sync for Target {}

impl Target {
    /// Whether compiled code, which passes numbers and receivers by itself, leaves the native signatures to `native_call`:
    /// one has parameters that need a look at memory, and none wants objects to be made.
    fn by_call(&self) -> bool {
        let Some(first) = self.typed.get().filter(|_| mode() == Mode::On) else {
            return false;
        };
        let has = |f: fn(TypeCode) -> bool| {
            let mut params = first.chain().flat_map(|e| e.signature.params());
            params.any(|&p| f(p))
        };
        has(TypeCode::is_span) && !has(|p| p == TypeCode::Object)
    }

    /// What compiled code calls without arguments.
    pub fn compiled0(&self) -> Call0 {
        if self.by_call() {
            native_call::call0
        } else {
            self.call0
        }
    }

    /// What compiled code calls with one argument.
    pub fn compiled1(&self) -> Call1 {
        if self.by_call() {
            native_call::call1
        } else {
            self.call1
        }
    }

    /// What compiled code calls with any number of arguments.
    pub fn compiled_any(&self) -> CallAny {
        if self.by_call() {
            native_call::call_any
        } else {
            self.call_any
        }
    }
}

/// One native signature of a function.
#[repr(C)]
pub struct TypedEntry {
    /// The native function, called by the platform's C convention: a parameter is a machine word (integers
    /// extended to 64 bits), two of them (text and bytes: address and length), or a floating-point register; an `f32`
    /// is the low half of one.
    pub function: *const c_void,
    /// Parameters, result, error convention, effects.
    pub signature: Signature,
    /// For methods: the type whose instances (subclasses included, their C bodies begin alike) the native
    /// function takes; None for functions without a receiver. The boundary keeps it alive for good.
    pub self_type: Option<Gc<Type>>,
    /// Names of the parameters after the receiver; empty: positional only.
    pub names: &'static [&'static str],
    /// The signature to try when the arguments do not fit this one; None: the wrapper.
    pub overload: Option<&'static TypedEntry>,
    /// How the interpreter passes the arguments.
    pub way: Way,
}

// SAFETY: as `Target`; types with a C half do not move and live for good.
unsafe impl Sync for TypedEntry {}

impl TypedEntry {
    /// The entry of a function without a receiver, names or overloads.
    pub const fn new(function: *const c_void, signature: Signature) -> Self {
        TypedEntry {
            function,
            signature,
            self_type: None,
            names: &[],
            overload: None,
            way: Way::of(&signature),
        }
    }

    /// This signature and the ones to try after it.
    pub fn chain(&'static self) -> impl Iterator<Item = &'static TypedEntry> {
        std::iter::successors(Some(self), |e| e.overload)
    }

    /// Whether the native function takes this receiver.
    #[inline(always)]
    pub fn accepts_receiver(&self, receiver: Value) -> bool {
        match self.self_type {
            Some(ty) => receiver.type_of().is_subtype(ty),
            None => !self.signature.has_self(),
        }
    }
}

/// What compiled code needs of the boundary to pass objects to native functions. Installed by the boundary.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Crossing {
    /// None as C sees it.
    pub none: fn() -> *mut c_void,
    /// A new reference to a value as C sees it, or null with an exception pending.
    pub new_ref: unsafe extern "C" fn(value: u64) -> *mut c_void,
    /// The object C sees for a value, borrowed: it lives as long as the value's object. Null for ints and floats,
    /// which have no lasting one, and if there is no memory (nothing is pending).
    pub lasting: unsafe extern "C" fn(value: u64) -> *mut c_void,
    /// As `lasting`, for values of which `has_one_address` is true; null for others.
    pub constant: unsafe extern "C" fn(value: u64) -> *mut c_void,
    /// Gives a reference up.
    pub release: unsafe extern "C" fn(object: *mut c_void),
    /// The value of a new reference, which is given up; 0 with an exception pending (also for null).
    pub take: unsafe extern "C" fn(object: *mut c_void) -> u64,
    /// What has to be done before C code runs that may look at objects: to be called before a typed function that is
    /// not `LEAF` (the functions of a `Target` do it themselves). There is something to do only if
    /// [`crate::gil::LOOK_UP`] asks for attention.
    pub prepare: fn(),
    /// Moves what C code has set as its pending exception to `Thread::pending`.
    pub fetch_error: fn(),
    /// A new reference to an argument, to be ended with `give_back`; null with an exception pending. The caller keeps the
    /// value on its native stack until then.
    pub lend: unsafe extern "C" fn(value: u64) -> *mut c_void,
    /// Ends what `lend` began with the same value.
    pub give_back: unsafe extern "C" fn(value: u64, object: *mut c_void),
    /// For an exact str: an address where the length and the address of its UTF-8 form lie one behind the other, both as
    /// lasting as the str's object. Null if it has none (nothing is pending).
    pub text: unsafe extern "C" fn(value: u64) -> *const TextForm,
    /// Where the objects lie that have a link word, at this offset from their address: the first address, and how many bytes
    /// there are. The word is the address of the object's managed half, or 0.
    pub linked: fn() -> (usize, usize),
    /// Objects whose `lasting` was asked for lately: a table of so many pairs of addresses, the object's and the one C sees. The
    /// place of an object is its address over 16, modulo the number.
    pub recent: fn() -> (usize, usize),
    /// The ints that are the same objects for everybody.
    pub small_ints: fn() -> SmallInts,
    /// Whether objects of numbers may be kept from call to call (`native_number`).
    pub keeps_numbers: fn() -> bool,
    /// A float or an int object of the caller's own, with two references and room for any `i64`; null with an exception pending.
    pub own_number: fn(float: bool, bits: u64) -> *mut c_void,
    /// The object of a number, borrowed: the static one of a small int, else the one that is given, filled in. Null if that has
    /// more than its owner's references.
    pub fill_number: unsafe fn(own: *mut c_void, float: bool, bits: u64) -> *mut c_void,
}

/// Where the static int objects lie, as C sees them.
pub struct SmallInts {
    /// The first.
    pub at: usize,
    /// Its value.
    pub first: i64,
    /// How many there are.
    pub count: usize,
    /// From one to the next, in bytes.
    pub stride: usize,
}

/// Offset of the number in a C float object.
pub const FLOAT_VALUE: i32 = 16;
/// Offset of the number of digits in a C int object, negative for negative ints.
pub const INT_SIZE: i32 = 16;
/// Offset of the first digit.
pub const INT_DIGIT: i32 = 24;
/// Bits of a digit.
pub const INT_DIGIT_BITS: u32 = 30;

/// The offset of `Crossing::linked`'s word.
pub const LINK_OFFSET: i32 = -16;

/// The offset of its `TextForm` in a str object that is not ASCII, as C sees it; no address in it: not made yet.
pub const TEXT_FORM: i64 = 48;

/// A text as C programs have it.
#[repr(C)]
pub struct TextForm {
    /// Bytes.
    pub len: usize,
    /// The first.
    pub at: *const u8,
}

/// Whether C sees a value at the same address as long as its object lives, and nothing has to be done about it before C code
/// runs: numbers cross by value, lists and sets are brought up to date, and the first crossing of a bytearray moves its bytes.
pub fn has_one_address(v: Value) -> bool {
    use Kind::{ByteArray, Float, FrozenSet, Int, List, Set};
    !matches!(v.kind(), Int | Float | List | Set | FrozenSet | ByteArray)
}

/// The receiver of a builtin function as C sees it, borrowed; it lives as long as the receiver and never changes.
/// Null if it has no lasting one.
#[inline(always)]
pub fn receiver_mirror(b: Gc<Builtin>) -> *mut c_void {
    match b.mirror.get() {
        0 => find_receiver_mirror(b),
        m => m as *mut c_void,
    }
}

#[cold]
fn find_receiver_mirror(b: Gc<Builtin>) -> *mut c_void {
    let Some(crossing) = crate::hooks::hooks().crossing.get() else {
        return std::ptr::null_mut();
    };
    // SAFETY: the boundary's function takes the word of any value.
    let m = unsafe { (crossing.lasting)(b.receiver.value().to_word()) };
    b.mirror.set(m as usize);
    m
}

/// Callable made from C: the record of its function, and its receiver if that is fixed.
pub fn target_of(callable: Value) -> Option<(&'static Target, Option<Value>)> {
    match callable.kind() {
        Kind::Builtin => {
            let b = callable.cast::<Builtin>()?;
            Some((b.method().native?, Some(b.receiver.value())))
        }
        Kind::MethodDescr => {
            let d = callable.cast::<MethodDescr>()?;
            Some((d.method.get().native?, None))
        }
        _ => None,
    }
}

/// The signatures of a callable, and its receiver if that is fixed. Callables of an extension's own type have none:
/// their functions get none either.
pub fn signatures_of(callable: Value) -> Option<(&'static TypedEntry, Option<Value>)> {
    match target_of(callable) {
        Some((target, fixed)) => Some((target.typed.get()?, fixed)),
        None => Some((own_target(callable)?.typed.get()?, Some(callable))),
    }
}

/// The word behind the C body, of callable instances of C types: the address of their function's record plus 1, which
/// the collector takes for an int; or 0.
const TARGET_OFFSET: usize = BODY_OFFSET + 8;

/// Words of the bodies of callable instances of C types.
pub const CALLABLE_WORDS: u32 = 2;

fn has_target_word(v: Value) -> bool {
    v.is_ref() && v.kind() == Kind::Foreign && v.type_of().has(TypeFlags::FOREIGN_CALLABLE)
}

/// The record of a callable whose type an extension has made, if one was found for it.
#[inline]
pub fn own_target(callable: Value) -> Option<&'static Target> {
    if !has_target_word(callable) {
        return None;
    }
    let header = callable.as_header().expect("checked");
    // SAFETY: instances of types with this flag have a second body word: 0, or what `set_own_target` wrote.
    unsafe {
        let word = *header.cast::<u64>().byte_add(TARGET_OFFSET);
        ((word & !1) as *const Target).as_ref()
    }
}

/// Notes the record of a callable whose type an extension has made; false if there is no room for it.
pub fn set_own_target(callable: Value, target: &'static Target) -> bool {
    if !has_target_word(callable) {
        return false;
    }
    let header = callable.as_header().expect("checked");
    let word = std::ptr::from_ref(target) as u64 | 1;
    // SAFETY: as `own_target`; the stored word is no reference, so no barrier is needed.
    unsafe { *header.cast::<u64>().byte_add(TARGET_OFFSET) = word };
    true
}

/// For whom a slot of a C type is called by name (`Base.__init__(derived)`): the type's address, and the receiver.
static ACTING: (AtomicUsize, AtomicU64) = (AtomicUsize::new(0), AtomicU64::new(0));

/// Calls `f`, the slot function of `owner` with this receiver. C types share their slot functions, which find the C
/// function by the receiver's type; here it is `owner`'s that is meant.
pub fn act_as<R>(owner: Gc<Type>, receiver: Value, f: impl FnOnce() -> R) -> R {
    if !owner.has(TypeFlags::C_DEFINED) || receiver.type_of() == owner {
        return f();
    }
    ACTING.1.store(receiver.to_word(), Ordering::Relaxed);
    ACTING.0.store(owner.as_ptr() as usize, Ordering::Relaxed);
    let r = f();
    act_no_more();
    r
}

/// The type whose C function is meant for a receiver, if it is not that of its own type. It holds until C is entered.
#[inline(always)]
pub fn acting(receiver: Value) -> Option<Gc<Type>> {
    let owner = ACTING.0.load(Ordering::Relaxed);
    if owner == 0 || ACTING.1.load(Ordering::Relaxed) != receiver.to_word() {
        return None;
    }
    // SAFETY: set by `act_as`, whose caller holds the type; C types do not move.
    Some(unsafe { Gc::from_raw(owner as *mut Type) })
}

/// C is entered: other calls may begin.
#[inline(always)]
pub fn act_no_more() {
    ACTING.0.store(0, Ordering::Relaxed);
}

/// The C body of an instance of a C type: the first body word of its layout's kind holds the address plus 1, which
/// the collector takes for an int. Null for other values and for instances that have lost their body.
#[inline(always)]
pub fn body(v: Value) -> *mut c_void {
    if !v.is_ref() || layout::info(v.layout_id()).kind != Kind::Foreign {
        return std::ptr::null_mut();
    }
    let word = body_word(v);
    (word & !1) as *mut c_void
}

/// Offset of the word that `body` reads, from the object's address.
pub const BODY_OFFSET: usize = 8;

fn body_word(v: Value) -> u64 {
    let header = v.as_header().expect("checked by the caller");
    // SAFETY: objects of kind Foreign have at least one body word behind their header.
    unsafe { *header.cast::<u64>().byte_add(BODY_OFFSET) }
}

/// Notes the C body of an instance of a C type. No effect on other values.
pub fn set_body(v: Value, body: *mut c_void) {
    if !v.is_ref() || layout::info(v.layout_id()).kind != Kind::Foreign {
        return;
    }
    let header = v.as_header().expect("a reference");
    // SAFETY: as `body_word`; the stored word is no reference, so no barrier is needed.
    unsafe { *header.cast::<u64>().byte_add(BODY_OFFSET) = body as u64 | 1 };
}

/// How typed signatures are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// Not at all: every call takes the wrapper.
    Off,
    /// Where the arguments fit.
    On,
    /// Native function and wrapper are both called where the entry allows it, and compared.
    Check,
}

static MODE: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(Mode::On as u8);

/// How typed signatures are used (`-X typed=`); fixed at start-up. Compiled code uses them only if this is `On`.
#[inline(always)]
pub fn mode() -> Mode {
    match MODE.load(std::sync::atomic::Ordering::Relaxed) {
        0 => Mode::Off,
        1 => Mode::On,
        _ => Mode::Check,
    }
}

/// Sets the mode, before the first module is loaded.
pub fn set_mode(mode: Mode) {
    MODE.store(mode as u8, std::sync::atomic::Ordering::Relaxed);
}

/// Whether C code has left an exception pending. Compiled code reads the word itself.
#[inline(always)]
pub fn error_pending() -> bool {
    // SAFETY: the address is that of a live word of the current thread (see `Thread::error_word`).
    unsafe { *thread::current().error_word.get() != 0 }
}

/// `take_error` after a call of this entry's function.
#[cold]
pub fn take_error_of(entry: &TypedEntry) -> Raised {
    if let Some(note) = crate::hooks::hooks().typed_failed.get() {
        note(entry);
    }
    take_error()
}

/// The exception that C code has left pending, as this crate knows it.
///
/// # Panics
/// If none is pending (checked in debug builds).
#[cold]
pub fn take_error() -> Raised {
    if let Some(c) = crate::hooks::hooks().crossing.get() {
        (c.fetch_error)();
    }
    Raised::pending()
}
