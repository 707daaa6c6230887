//! Objects of numbers that compiled code passes to C functions. Compiled code holds numbers as machine words; where a parameter
//! wants an object, each place in the code keeps the object of the last number for the next call.

use std::cell::Cell;
use std::ffi::c_void;

use super::native::Crossing;
use crate::runtime::fatal;

/// The object of the last number that one place in compiled code has passed; it lives for good.
#[repr(C)]
pub struct NumberObject {
    /// The number: an int, or the bits of a float.
    pub bits: Cell<u64>,
    /// Its object as C sees it: `own`, or one that everybody has.
    pub object: Cell<*mut c_void>,
    /// An object of this place alone, with room for any such number, which may be filled in anew while its count is
    /// [`NumberObject::FREE`].
    pub own: Cell<*mut c_void>,
    float: bool,
}

// SAFETY: touched only with the GIL held.
unsafe impl Sync for NumberObject {}

impl NumberObject {
    /// The count of `own` if nobody else has a reference. One more than this place's own, so that C code never sees
    /// an object that would be its caller's alone: such are sometimes written to.
    pub const FREE: isize = 2;

    /// One for ints or floats, to be asked for only if `Crossing::keeps_numbers`.
    pub fn forever(float: bool) -> &'static NumberObject {
        // Not a small int, whose object is another.
        let bits = 1 << 20;
        let own = make_own(float, bits);
        Box::leak(Box::new(NumberObject {
            bits: Cell::new(bits),
            object: Cell::new(own),
            own: Cell::new(own),
            float,
        }))
    }

    /// The object of a number, borrowed until another is asked for. The object of the last one is given up if somebody else
    /// has it too.
    pub fn make(&self, bits: u64) -> *mut c_void {
        // SAFETY: what `make_own` made for the same kind of number.
        let mut object = unsafe { (crossing().fill_number)(self.own.get(), self.float, bits) };
        if object.is_null() {
            object = make_own(self.float, bits);
            let old = self.own.replace(object);
            for _ in 0..Self::FREE {
                // SAFETY: the references that came with it. Numbers run no code when they die.
                unsafe { (crossing().release)(old) };
            }
        }
        self.bits.set(bits);
        self.object.set(object);
        object
    }
}

fn crossing() -> &'static Crossing {
    let crossing = crate::hooks::hooks().crossing.get();
    crossing.expect("numbers cross only where there is a boundary")
}

fn make_own(float: bool, bits: u64) -> *mut c_void {
    match (crossing().own_number)(float, bits) {
        null if null.is_null() => fatal("out of memory"),
        own => own,
    }
}
