//! Types that cross as machine values: out of an object, into an object, as a word of the typed table.

use pyo3::ffi::{self, PyObject};

use crate::abi::code;
use crate::layout;

mod sealed {
    pub trait Sealed {}
}

/// A number or a bool.
pub trait Scalar: sealed::Sealed + Copy + Send + Default + 'static {
    /// Its code in the typed table.
    const CODE: u16;
    /// What the native function returns: the type, or one with room for a sentinel.
    type Native: Copy + Send + Default;
    /// Whether it is a float.
    #[cfg(PyPy)]
    const REAL: bool = false;
    /// A result that asks for a look at the pending exception; rare among real results.
    const SENTINEL: Self::Native;
    /// The sentinel's bits as the table has them.
    const SENTINEL_BITS: u64;

    /// The value of an object of exactly the matching class, in range.
    ///
    /// # Safety
    /// `object` is an object; the thread is attached.
    unsafe fn exact(object: *mut PyObject) -> Option<Self>;

    /// A new object, or null with an exception pending.
    ///
    /// # Safety
    /// The thread is attached.
    unsafe fn boxed(self) -> *mut PyObject;

    /// As a result of the native function.
    fn native(self) -> Self::Native;

    /// The bits as the table has them.
    fn bits(self) -> u64;

    /// As Python writes it.
    fn text(self) -> String;
}

macro_rules! ints {
    ($($t:ty, $code:ident, $sentinel:expr, $exact:ident, $boxed:ident as $wide:ty;)*) => {$(
        impl sealed::Sealed for $t {}
        impl Scalar for $t {
            const CODE: u16 = code::$code;
            type Native = $t;
            const SENTINEL: $t = $sentinel;
            const SENTINEL_BITS: u64 = $sentinel as $wide as u64;

            #[inline(always)]
            unsafe fn exact(object: *mut PyObject) -> Option<$t> {
                // SAFETY: as the caller's.
                <$t>::try_from(unsafe { layout::$exact(object) }?).ok()
            }

            #[inline(always)]
            unsafe fn boxed(self) -> *mut PyObject {
                // SAFETY: as the caller's.
                unsafe { ffi::$boxed(self as $wide) }
            }

            #[inline(always)]
            fn native(self) -> $t {
                self
            }

            #[inline(always)]
            fn bits(self) -> u64 {
                self as $wide as u64
            }

            fn text(self) -> String {
                self.to_string()
            }
        }
    )*};
}

#[cfg(target_pointer_width = "64")]
const ISIZE: (isize, usize) = ((i64::MIN + 0x5eed_0bad) as isize, 0x5eed_0bad_5eed_0bad);
#[cfg(not(target_pointer_width = "64"))]
const ISIZE: (isize, usize) = (i32::MIN as isize + 0x5eed, 0x5eed_0bad);

ints! {
    i8, I8, i8::MIN + 0x1e, exact_i64, PyLong_FromLongLong as i64;
    i16, I16, i16::MIN + 0x5eed, exact_i64, PyLong_FromLongLong as i64;
    i32, I32, i32::MIN + 0x5eed, exact_i64, PyLong_FromLongLong as i64;
    i64, I64, i64::MIN + 0x5eed_0bad, exact_i64, PyLong_FromLongLong as i64;
    u8, U8, 0x5e, exact_i64, PyLong_FromLongLong as i64;
    u16, U16, 0x5eed, exact_i64, PyLong_FromLongLong as i64;
    u32, U32, 0x5eed_0bad, exact_i64, PyLong_FromLongLong as i64;
    u64, U64, 0x5eed_0bad_5eed_0bad, exact_u64, PyLong_FromUnsignedLongLong as u64;
}

#[cfg(target_pointer_width = "64")]
ints! {
    isize, I64, ISIZE.0, exact_i64, PyLong_FromLongLong as i64;
    usize, U64, ISIZE.1, exact_u64, PyLong_FromUnsignedLongLong as u64;
}

#[cfg(not(target_pointer_width = "64"))]
ints! {
    isize, I32, ISIZE.0, exact_i64, PyLong_FromLongLong as i64;
    usize, U32, ISIZE.1, exact_u64, PyLong_FromUnsignedLongLong as u64;
}

/// A quiet NaN that no arithmetic gives.
const NAN: u64 = 0x7ff8_dead_5eed_0bad;
const NAN_SINGLE: u32 = 0x7fde_5eed;

impl sealed::Sealed for f64 {}
impl Scalar for f64 {
    const CODE: u16 = code::F64;
    type Native = f64;
    #[cfg(PyPy)]
    const REAL: bool = true;
    const SENTINEL: f64 = f64::from_bits(NAN);
    const SENTINEL_BITS: u64 = NAN;

    #[inline(always)]
    unsafe fn exact(object: *mut PyObject) -> Option<f64> {
        // SAFETY: as the caller's.
        unsafe { layout::exact_f64(object) }
    }

    #[inline(always)]
    unsafe fn boxed(self) -> *mut PyObject {
        // SAFETY: as the caller's.
        unsafe { ffi::PyFloat_FromDouble(self) }
    }

    #[inline(always)]
    fn native(self) -> f64 {
        self
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        self.to_bits()
    }

    fn text(self) -> String {
        match self.is_finite() {
            true => format!("{self:?}"),
            // There are no literals for them.
            false => "...".to_owned(),
        }
    }
}

impl sealed::Sealed for f32 {}
impl Scalar for f32 {
    const CODE: u16 = code::F32;
    type Native = f32;
    #[cfg(PyPy)]
    const REAL: bool = true;
    const SENTINEL: f32 = f32::from_bits(NAN_SINGLE);
    const SENTINEL_BITS: u64 = NAN_SINGLE as u64;

    #[inline(always)]
    unsafe fn exact(object: *mut PyObject) -> Option<f32> {
        // SAFETY: as the caller's.
        unsafe { layout::exact_f64(object) }.map(|f| f as f32)
    }

    #[inline(always)]
    unsafe fn boxed(self) -> *mut PyObject {
        // SAFETY: as the caller's.
        unsafe { ffi::PyFloat_FromDouble(self.into()) }
    }

    #[inline(always)]
    fn native(self) -> f32 {
        self
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        self.to_bits().into()
    }

    fn text(self) -> String {
        f64::from(self).text()
    }
}

impl sealed::Sealed for bool {}
impl Scalar for bool {
    const CODE: u16 = code::BOOL;
    // A byte that holds 2 is no bool, so an error never looks like a result.
    type Native = u8;
    const SENTINEL: u8 = 2;
    const SENTINEL_BITS: u64 = 2;

    #[inline(always)]
    unsafe fn exact(object: *mut PyObject) -> Option<bool> {
        // SAFETY: as the caller's.
        unsafe { layout::exact_bool(object) }
    }

    #[inline(always)]
    unsafe fn boxed(self) -> *mut PyObject {
        // SAFETY: the singletons live as long as the interpreter; the thread is attached.
        unsafe {
            ffi::Py_NewRef(if self {
                ffi::Py_True()
            } else {
                ffi::Py_False()
            })
        }
    }

    #[inline(always)]
    fn native(self) -> u8 {
        self.into()
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        self.into()
    }

    fn text(self) -> String {
        if self { "True" } else { "False" }.to_owned()
    }
}
