//! Functions without macros: wrapper and native function of an ordinary Rust function, from its type alone.
//!
//! `F: Fn(A) -> R` finds out what the parameters are; `F: for<'a> Fn(A::Arg<'a>) -> R` says that the function takes
//! them for any lifetime, so that it cannot ask for a `&'static str`. A method is a function whose first parameter is
//! `Me<T>`.

use std::ffi::{CString, c_int};
use std::marker::PhantomData;
use std::ptr::NonNull;

use pyo3::PyTypeInfo;
use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::pyclass::PyClass;

use crate::abi::{code, error};
use crate::arguments::{Shape, bind, known_by_text};
use crate::attach::{attached, leaf, raise, unattached};
use crate::convert::{self, Scope};
use crate::param::{Declared, From, Me, Param};
use crate::receiver::Access;
use crate::scalar::Scalar;
use crate::table::{NULL, Wrapper};

/// A result of a function that is defined without macros: numbers, bools, `()`, `String`, `Py<T>`, or a `Result` of
/// one of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a function that is defined without macros",
    note = "return a `Py<PyAny>`, or use #[typed_function]"
)]
pub trait Return {
    /// What the native function returns.
    type Native: Copy + Default;
    /// Its code in the table.
    const CODE: u16;
    /// The error convention.
    const ERROR: u32;
    /// The sentinel's bits.
    const SENTINEL: u64 = 0;
    /// What the native function returns if there is an exception.
    const FAILED: Self::Native;
    /// Whether it can be an error, or has to become an object.
    const FAILS: bool = false;
    /// Whether making the object may run anybody's code.
    const OBJECT: bool = false;

    /// As an object.
    fn give(self) -> PyResult<*mut PyObject>;

    /// For the native function.
    fn native(self) -> PyResult<Self::Native>;
}

impl Return for () {
    type Native = c_int;
    const CODE: u16 = code::VOID;
    const ERROR: u32 = error::NONZERO;
    const FAILED: c_int = -1;

    #[inline(always)]
    fn give(self) -> PyResult<*mut PyObject> {
        convert::give_none()
    }

    #[inline(always)]
    fn native(self) -> PyResult<c_int> {
        Ok(0)
    }
}

/// A pointer as a native result.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Object(*mut PyObject);

impl Default for Object {
    fn default() -> Object {
        Object(NULL)
    }
}

impl Return for String {
    type Native = Object;
    const CODE: u16 = code::OBJECT;
    const ERROR: u32 = error::SENTINEL;
    const FAILED: Object = Object(NULL);
    const FAILS: bool = true;

    fn give(self) -> PyResult<*mut PyObject> {
        convert::give_text(self)
    }

    fn native(self) -> PyResult<Object> {
        self.give().map(Object)
    }
}

impl<T> Return for Py<T> {
    type Native = Object;
    const CODE: u16 = code::OBJECT;
    const ERROR: u32 = error::SENTINEL;
    const FAILED: Object = Object(NULL);
    const FAILS: bool = true;
    const OBJECT: bool = true;

    fn give(self) -> PyResult<*mut PyObject> {
        Ok(self.into_ptr())
    }

    fn native(self) -> PyResult<Object> {
        Ok(Object(self.into_ptr()))
    }
}

impl<T: Return, E: Into<PyErr>> Return for Result<T, E> {
    type Native = T::Native;
    const CODE: u16 = T::CODE;
    const ERROR: u32 = T::ERROR;
    const SENTINEL: u64 = T::SENTINEL;
    const FAILED: T::Native = T::FAILED;
    const FAILS: bool = true;
    const OBJECT: bool = T::OBJECT;

    #[inline(always)]
    fn give(self) -> PyResult<*mut PyObject> {
        convert::fail(self)?.give()
    }

    #[inline(always)]
    fn native(self) -> PyResult<T::Native> {
        convert::fail(self)?.native()
    }
}

macro_rules! scalars {
    ($($t:ty),*) => {$(
        impl Return for $t {
            type Native = <$t as Scalar>::Native;
            const CODE: u16 = <$t as Scalar>::CODE;
            const ERROR: u32 = error::SENTINEL;
            const SENTINEL: u64 = <$t as Scalar>::SENTINEL_BITS;
            const FAILED: Self::Native = <$t as Scalar>::SENTINEL;

            #[inline(always)]
            fn give(self) -> PyResult<*mut PyObject> {
                convert::give_scalar(self)
            }

            #[inline(always)]
            fn native(self) -> PyResult<Self::Native> {
                Ok(Scalar::native(self))
            }
        }
    )*};
}

scalars!(
    i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f32, f64, bool
);

/// What a definition without macros is made from.
pub struct Parts {
    /// How C calls the function.
    pub wrapper: fn(Run) -> Wrapper,
    /// The native function, likewise.
    pub native: fn(Run) -> *const (),
    /// Codes of the parameters, the receiver first.
    pub params: Vec<u16>,
    /// Code of the result.
    pub result: u16,
    /// The error convention of a function that is not leaf.
    pub error: u32,
    /// The sentinel's bits.
    pub sentinel: u64,
    /// Why it cannot be leaf.
    pub not_leaf: Option<&'static str>,
    /// Why it cannot be pure or run without the GIL.
    pub objects: Option<&'static str>,
    /// How many C registers the native function's arguments take.
    pub words: usize,
    /// What declarations with names say.
    pub names: Names,
}

/// How a function is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Under PyO3's count of attachments if it gets hold of objects.
    Counted,
    /// Without the count.
    Uncounted,
    /// Without the count; it cannot raise.
    Leaf,
}

/// Declared parameters as the table and the text signature have them.
#[derive(Default)]
pub struct Names {
    /// `(a, b=2)`
    pub text: Option<CString>,
    /// Names for calls by keyword, with commas.
    pub keywords: Option<CString>,
    /// Bits of the defaults of the last parameters; None: they are not all numbers.
    pub defaults: Option<Vec<u64>>,
    /// What is wrong with the declarations.
    pub problem: Option<String>,
}

/// A function that `ModuleBuilder::def_function` takes. `Types` are its parameters and result.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function that can be defined without macros",
    note = "its parameters must be `Param`s, its result a `Return`"
)]
pub trait Function<Types>: Copy + 'static {
    /// What declares its parameters by name: a tuple of `Arg`s (`()` for a `Python<'_>`).
    type Names;
    #[doc(hidden)]
    type Callee: Callee;
    #[doc(hidden)]
    fn names(names: Self::Names) -> <Self::Callee as Callee>::Names;
}

/// A method that `ModuleBuilder::def_method` takes: a function whose first parameter is a `&T`, `T` being a class.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a method that can be defined without macros",
    note = "its first parameter must be a `&T` of a #[pyclass], the others `Param`s, its result a `Return`"
)]
pub trait Method<T, Types>: Copy + 'static {
    /// What declares its parameters by name, the receiver left out.
    type Names;
    #[doc(hidden)]
    type Callee: Callee;
    #[doc(hidden)]
    fn names(names: Self::Names) -> <Self::Callee as Callee>::Names;
}

/// The most parameters, a receiver not counted.
const MOST: usize = 6;

/// A function with all its parameters, a receiver among them.
pub trait Callee {
    /// Declarations of all parameters.
    type Names;
    /// The result.
    type Result: Return;
    /// The function's own type.
    type Function;
    /// How many arguments are passed.
    const PASSED: usize;
    /// Whether the function gets hold of Python objects.
    const OBJECTS: bool;

    /// Calls the function with `PASSED` arguments.
    ///
    /// # Safety
    /// They are objects; `me` is the receiver.
    unsafe fn call(
        scope: &Scope,
        me: *mut PyObject,
        args: *const *mut PyObject,
    ) -> PyResult<*mut PyObject>;

    /// Calls the function with `PASSED` arguments, null for those whose defaults are meant.
    ///
    /// # Safety
    /// As for `call`.
    unsafe fn call_named(
        scope: &Scope,
        me: *mut PyObject,
        args: *const *mut PyObject,
        names: Self::Names,
    ) -> PyResult<*mut PyObject>;

    /// The native function.
    fn native(run: Run) -> *const ();

    /// The parameters, in order.
    fn facts() -> Vec<Facts>;

    /// Shows the declarations of the passed parameters.
    fn declared<'n>(names: &'n Self::Names, to: &mut impl FnMut(Declared<'n>));
}

/// What is known of a parameter's type.
pub struct Facts {
    from: From,
    code: u16,
    object: bool,
    fails: bool,
}

/// A function as a type: it has no bytes, so it can be had from its type.
pub struct Code<F, Types>(PhantomData<(F, Types)>);

/// A function with declarations of its parameters.
trait Declaring {
    type Callee: Callee;
    fn names() -> <Self::Callee as Callee>::Names;
}

struct FunctionNames<F, Types, N>(PhantomData<(F, Types, N)>);

impl<F, Types, N> Declaring for FunctionNames<F, Types, N>
where
    F: Function<Types>,
    N: Fn() -> F::Names + Copy + 'static,
{
    type Callee = F::Callee;

    #[inline(always)]
    fn names() -> <F::Callee as Callee>::Names {
        F::names(value::<N>()())
    }
}

struct MethodNames<T, F, Types, N>(PhantomData<(T, F, Types, N)>);

impl<T, F, Types, N> Declaring for MethodNames<T, F, Types, N>
where
    F: Method<T, Types>,
    N: Fn() -> F::Names + Copy + 'static,
{
    type Callee = F::Callee;

    #[inline(always)]
    fn names() -> <F::Callee as Callee>::Names {
        F::names(value::<N>()())
    }
}

/// The parts of a function.
pub fn function<F: Function<Types>, Types>() -> Parts {
    parts::<F::Callee>()
}

/// The parts of a method.
pub fn method<T, F: Method<T, Types>, Types>() -> Parts {
    parts::<F::Callee>()
}

/// The parts of a function whose parameters have names.
pub fn function_with<F, Types, N>() -> Parts
where
    F: Function<Types>,
    N: Fn() -> F::Names + Copy + 'static,
{
    named_parts::<FunctionNames<F, Types, N>>()
}

/// The parts of a method whose parameters have names.
pub fn method_with<T, F, Types, N>() -> Parts
where
    F: Method<T, Types>,
    N: Fn() -> F::Names + Copy + 'static,
{
    named_parts::<MethodNames<T, F, Types, N>>()
}

fn parts<C: Callee>() -> Parts {
    let facts = C::facts();
    let native = || facts.iter().filter(|f| f.from != From::Nowhere);
    let receiver = facts.iter().any(|f| f.from == From::Receiver);
    Parts {
        wrapper: |run| match run {
            Run::Counted => wrapper::<C, false>(),
            Run::Uncounted | Run::Leaf => wrapper::<C, true>(),
        },
        native: C::native,
        params: native().map(|f| f.code).collect(),
        result: C::Result::CODE,
        error: C::Result::ERROR,
        sentinel: C::Result::SENTINEL,
        not_leaf: not_leaf(C::Result::FAILS, &facts),
        objects: match receiver {
            true => Some("a method's result depends on its receiver"),
            false => facts
                .iter()
                .any(|f| f.object)
                .then_some("it takes Python objects"),
        },
        words: native().map(|f| words(f.code)).sum(),
        names: Names::default(),
    }
}

fn not_leaf(result: bool, facts: &[Facts]) -> Option<&'static str> {
    if result {
        return Some("its result can be an error or has to become an object");
    }
    facts.iter().find(|f| f.fails).map(|f| match f.from {
        From::Receiver => "borrowing the receiver can raise",
        _ => "a parameter has to be converted from an object, which can raise",
    })
}

const fn words(code: u16) -> usize {
    match code {
        code::UTF8 | code::BYTES => 2,
        _ => 1,
    }
}

fn named_parts<D: Declaring>() -> Parts {
    Parts {
        wrapper: |run| match run {
            Run::Counted => named_wrapper::<D, false>(),
            Run::Uncounted | Run::Leaf => named_wrapper::<D, true>(),
        },
        names: Names::of::<D>(),
        ..parts::<D::Callee>()
    }
}

impl Names {
    fn of<D: Declaring>() -> Names {
        let names = D::names();
        let mut all = Vec::new();
        D::Callee::declared(&names, &mut |d| all.push(d));
        let keywords = all.iter().all(|d| !d.positional_only);
        let last_positional = all.iter().rposition(|d| d.positional_only);
        let mut text: Vec<String> = Vec::new();
        for (i, d) in all.iter().enumerate() {
            let default = d
                .default
                .map_or_else(String::new, |v| format!("={}", v.text()));
            text.push(format!("{}{default}", d.name));
            if Some(i) == last_positional {
                text.push("/".to_owned());
            }
        }
        let list: Vec<&str> = all.iter().map(|d| d.name).collect();
        let defaults = all.iter().skip_while(|d| d.default.is_none());
        Names {
            text: CString::new(format!("({})", text.join(", "))).ok(),
            keywords: CString::new(list.join(",")).ok().filter(|_| keywords),
            defaults: defaults.map(|d| d.default?.bits()).collect(),
            problem: Names::problem(&all),
        }
    }

    fn problem(all: &[Declared]) -> Option<String> {
        let first = all.iter().position(|d| d.default.is_some())?;
        let lacks = all[first..].iter().find(|d| d.default.is_none())?;
        Some(format!("`{}` follows a default but has none", lacks.name))
    }
}

fn wrapper<C: Callee, const UNCOUNTED: bool>() -> Wrapper {
    match C::PASSED {
        0 => Wrapper::NoArgs(no_args::<C, UNCOUNTED>),
        1 => Wrapper::One(one::<C, UNCOUNTED>),
        _ => Wrapper::Fast(fast::<C, UNCOUNTED>),
    }
}

fn named_wrapper<D: Declaring, const UNCOUNTED: bool>() -> Wrapper {
    let (_, _, positional) = counts::<D::Callee>(&D::names(), &mut [""; MOST]);
    match D::Callee::PASSED {
        0 => Wrapper::NoArgs(no_args::<D::Callee, UNCOUNTED>),
        passed if positional == passed => Wrapper::Fast(named_fast::<D, UNCOUNTED>),
        _ => Wrapper::Keywords(named::<D, UNCOUNTED>),
    }
}

/// The names of the parameters, how many there are, must be given, and cannot be given by keyword.
#[inline(always)]
fn counts<C: Callee>(names: &C::Names, list: &mut [&'static str; MOST]) -> (usize, usize, usize) {
    let (mut total, mut required, mut positional) = (0, 0, 0);
    C::declared(names, &mut |d| {
        list[total] = d.name;
        total += 1;
        if d.default.is_none() {
            required = total;
        }
        if d.positional_only {
            positional = total;
        }
    });
    (total, required, positional)
}

/// Calls the function and gives its result to C.
#[inline(always)]
unsafe fn guarded<C: Callee, const UNCOUNTED: bool>(
    call: impl FnOnce(&Scope) -> PyResult<*mut PyObject>,
) -> *mut PyObject {
    // SAFETY: as the caller's.
    unsafe {
        if UNCOUNTED || !C::OBJECTS {
            run::<false, _>(call)
        } else {
            run::<true, _>(call)
        }
    }
    .unwrap_or(NULL)
}

unsafe extern "C" fn no_args<C: Callee, const UNCOUNTED: bool>(
    me: *mut PyObject,
    _: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: nothing is passed.
    unsafe { guarded::<C, UNCOUNTED>(|scope| C::call(scope, me, std::ptr::null())) }
}

unsafe extern "C" fn one<C: Callee, const UNCOUNTED: bool>(
    me: *mut PyObject,
    arg: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: one argument is passed.
    unsafe { guarded::<C, UNCOUNTED>(|scope| C::call(scope, me, &raw const arg)) }
}

unsafe extern "C" fn fast<C: Callee, const UNCOUNTED: bool>(
    me: *mut PyObject,
    args: *mut *mut PyObject,
    nargs: ffi::Py_ssize_t,
) -> *mut PyObject {
    if nargs as usize != C::PASSED {
        return wrong_count::<C::Function>(C::PASSED, nargs);
    }
    // SAFETY: as many as are wanted are passed.
    unsafe { guarded::<C, UNCOUNTED>(|scope| C::call(scope, me, args)) }
}

unsafe extern "C" fn named_fast<D: Declaring, const UNCOUNTED: bool>(
    me: *mut PyObject,
    args: *mut *mut PyObject,
    nargs: ffi::Py_ssize_t,
) -> *mut PyObject {
    // SAFETY: by the rules of METH_FASTCALL; there are no keywords.
    unsafe { named::<D, UNCOUNTED>(me, args, nargs, NULL) }
}

unsafe extern "C" fn named<D: Declaring, const UNCOUNTED: bool>(
    me: *mut PyObject,
    args: *const *mut PyObject,
    nargs: ffi::Py_ssize_t,
    kwnames: *mut PyObject,
) -> *mut PyObject {
    let names = D::names();
    let mut list = [""; MOST];
    let (total, required, positional_only) = counts::<D::Callee>(&names, &mut list);
    let shape = Shape {
        function: name::<<D::Callee as Callee>::Function>,
        names: &list[..total],
        required,
        total,
        positional_only,
    };
    let mut slots = [NULL; MOST];
    // SAFETY: by the rules of METH_FASTCALL | METH_KEYWORDS.
    let bound = unsafe {
        bind(&shape, &mut slots[..total], args, nargs, kwnames, |name| {
            known_by_text(&shape, name)
        })
    };
    if let Err(error) = bound {
        raise(error);
        return NULL;
    }
    // SAFETY: what is required is there.
    unsafe {
        guarded::<D::Callee, UNCOUNTED>(|scope| {
            D::Callee::call_named(scope, me, slots.as_ptr(), names)
        })
    }
}

/// A function is a value without bytes, so it can be had from its type.
#[inline(always)]
fn value<F: Copy>() -> F {
    const {
        assert!(
            size_of::<F>() == 0,
            "pass the function itself, not a pointer to it or a closure with captured values"
        );
    }
    // SAFETY: a type without bytes has one value; `F` is `Copy`, so nobody loses it.
    unsafe { NonNull::<F>::dangling().read() }
}

/// The function's name in messages: the last word of its path. A closure has none.
fn name<F>() -> &'static str {
    match std::any::type_name::<F>().rsplit("::").next() {
        Some(name) if !name.starts_with('{') => name,
        _ => "function",
    }
}

#[cold]
#[inline(never)]
fn wrong_count<F>(total: usize, given: isize) -> *mut PyObject {
    let shape = Shape {
        function: name::<F>,
        names: &[],
        required: total,
        total,
        positional_only: total,
    };
    shape.raise_wrong_count(given)
}

/// Runs under PyO3's count of attachments if the function gets hold of objects.
#[inline(always)]
unsafe fn run<const OBJECTS: bool, R>(f: impl FnOnce(&Scope) -> PyResult<R>) -> Option<R> {
    // SAFETY: the caller is a wrapper or a native function: the thread is attached, the arguments outlive the call.
    let scope = unsafe { Scope::new() };
    if OBJECTS {
        attached(&scope, |_| f(&scope))
    } else {
        unattached(&scope, f)
    }
}

/// The object of the next parameter.
///
/// # Safety
/// `at` points at as many arguments as are still to be taken.
#[inline(always)]
unsafe fn pick<P: Param>(me: *mut PyObject, at: &mut *const *mut PyObject) -> *mut PyObject {
    match P::FROM {
        // SAFETY: by contract.
        From::Argument => unsafe {
            let object = **at;
            *at = at.add(1);
            object
        },
        From::Receiver => me,
        From::Nowhere => NULL,
    }
}

const fn facts_of<P: Param>() -> Facts {
    Facts {
        from: P::FROM,
        code: P::CODE,
        object: P::OBJECT,
        fails: P::FAILS,
    }
}

/// Hands the parameters of functions with up to `MOST` of them to a macro.
macro_rules! arities {
    ($m:ident) => {
        $m! {
            ();
            (A a);
            (A a, B b);
            (A a, B b, C c);
            (A a, B b, C c, D d);
            (A a, B b, C c, D d, E e);
            (A a, B b, C c, D d, E e, G g);
        }
    };
}

macro_rules! callees {
    ($(($($p:ident $h:ident),*);)*) => {$(
        #[allow(non_snake_case, unused)]
        impl<F, R, $($p),*> Code<F, fn($($p),*) -> R>
        where
            F: for<'a> Fn($($p::Arg<'a>),*) -> R + Copy + 'static,
            R: Return + 'static,
            $($p: Param + 'static,)*
        {
            unsafe extern "C" fn native_code<const LEAF: bool, const UNCOUNTED: bool>(
                $($h: $p::Native),*
            ) -> R::Native {
                let f = value::<F>();
                let call = |scope: &Scope| {
                    // SAFETY: the arguments are what the table says.
                    $(let mut $h = unsafe { $p::hold_native(scope, $h) }?;)*
                    f($($p::lend(&mut $h)),*).native()
                };
                // SAFETY: as the caller's.
                unsafe {
                    if LEAF {
                        leaf(|| call(&Scope::new()).unwrap_or(R::FAILED))
                    } else if Self::OBJECTS && !UNCOUNTED {
                        run::<true, _>(call).unwrap_or(R::FAILED)
                    } else {
                        run::<false, _>(call).unwrap_or(R::FAILED)
                    }
                }
            }
        }

        #[allow(non_snake_case, unused)]
        impl<F, R, $($p),*> Callee for Code<F, fn($($p),*) -> R>
        where
            F: for<'a> Fn($($p::Arg<'a>),*) -> R + Copy + 'static,
            R: Return + 'static,
            $($p: Param + 'static,)*
        {
            type Names = ($($p::Name,)*);
            type Result = R;
            type Function = F;
            const PASSED: usize = 0 $(+ matches!($p::FROM, From::Argument) as usize)*;
            const OBJECTS: bool = R::OBJECT $(|| $p::OBJECT)*;

            #[inline(always)]
            unsafe fn call(
                scope: &Scope,
                me: *mut PyObject,
                mut args: *const *mut PyObject,
            ) -> PyResult<*mut PyObject> {
                // SAFETY: as the caller's.
                $(let mut $h = unsafe { $p::hold(scope, pick::<$p>(me, &mut args), "") }?;)*
                value::<F>()($($p::lend(&mut $h)),*).give()
            }

            #[inline(always)]
            unsafe fn call_named(
                scope: &Scope,
                me: *mut PyObject,
                mut args: *const *mut PyObject,
                ($($h,)*): Self::Names,
            ) -> PyResult<*mut PyObject> {
                // SAFETY: as the caller's.
                $(let mut $h = unsafe { $p::hold_or(scope, pick::<$p>(me, &mut args), $h) }?;)*
                value::<F>()($($p::lend(&mut $h)),*).give()
            }

            fn native(run: Run) -> *const () {
                match run {
                    Run::Counted => Self::native_code::<false, false> as *const (),
                    Run::Uncounted => Self::native_code::<false, true> as *const (),
                    Run::Leaf => Self::native_code::<true, true> as *const (),
                }
            }

            fn facts() -> Vec<Facts> {
                vec![$(facts_of::<$p>()),*]
            }

            #[inline(always)]
            fn declared<'n>(($($h,)*): &'n Self::Names, to: &mut impl FnMut(Declared<'n>)) {
                $($p::declared($h).into_iter().for_each(&mut *to);)*
            }
        }
    )*};
}

arities!(callees);
// A receiver comes on top.
callees! {
    (A a, B b, C c, D d, E e, G g, H h);
}

macro_rules! functions {
    ($(($($p:ident $h:ident),*);)*) => {$(
        impl<F, R, $($p),*> Function<fn($($p),*) -> R> for F
        where
            F: Fn($($p),*) -> R + for<'a> Fn($($p::Arg<'a>),*) -> R + Copy + 'static,
            R: Return + 'static,
            $($p: Param + 'static,)*
        {
            type Names = ($($p::Name,)*);
            type Callee = Code<F, fn($($p),*) -> R>;

            #[inline(always)]
            fn names(names: Self::Names) -> Self::Names {
                names
            }
        }

        impl<F, T, R, $($p),*> Method<T, fn($($p),*) -> R> for F
        where
            F: for<'s> Fn(&'s T, $($p),*) -> R + for<'a> Fn(&'a T, $($p::Arg<'a>),*) -> R + Copy + 'static,
            T: PyClass + PyTypeInfo + Sync,
            T::Frozen: Access,
            R: Return + 'static,
            $($p: Param + 'static,)*
        {
            type Names = ($($p::Name,)*);
            type Callee = Code<F, fn(Me<T>, $($p),*) -> R>;

            #[inline(always)]
            fn names(($($h,)*): Self::Names) -> ((), $($p::Name,)*) {
                ((), $($h,)*)
            }
        }
    )*};
}

arities!(functions);
