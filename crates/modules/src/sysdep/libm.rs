//! Mathematical functions of the C library.

unsafe extern "C" {
    #[link_name = "acosh"]
    fn c_acosh(x: f64) -> f64;
    #[link_name = "asinh"]
    fn c_asinh(x: f64) -> f64;
    #[link_name = "atanh"]
    fn c_atanh(x: f64) -> f64;
    #[link_name = "erf"]
    fn c_erf(x: f64) -> f64;
    #[link_name = "erfc"]
    fn c_erfc(x: f64) -> f64;
}

macro_rules! pass {
    ($($name:ident $c:ident),*) => {$(
        #[doc = concat!("`", stringify!($name), "`")]
        pub fn $name(x: f64) -> f64 {
            // SAFETY: a pure function of its argument.
            unsafe { $c(x) }
        }
    )*};
}

pass!(acosh c_acosh, asinh c_asinh, atanh c_atanh, erf c_erf, erfc c_erfc);

/// `cbrt` of the C library (Rust links one of its own that rounds differently).
pub fn cbrt(x: f64) -> f64 {
    static FOUND: std::sync::OnceLock<Option<extern "C" fn(f64) -> f64>> =
        std::sync::OnceLock::new();
    let f = FOUND.get_or_init(|| {
        // SAFETY: C strings; the library stays loaded for good, and `cbrt` has this type.
        unsafe {
            let lib = libc::dlopen(c"libm.so.6".as_ptr(), libc::RTLD_NOW);
            let p = if lib.is_null() {
                lib
            } else {
                libc::dlsym(lib, c"cbrt".as_ptr())
            };
            if p.is_null() {
                None
            } else {
                Some(std::mem::transmute::<
                    *mut libc::c_void,
                    extern "C" fn(f64) -> f64,
                >(p))
            }
        }
    });
    f.map_or_else(|| x.cbrt(), |f| f(x))
}
