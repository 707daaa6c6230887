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
    #[link_name = "cbrt"]
    fn c_cbrt(x: f64) -> f64;
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

pass!(acosh c_acosh, asinh c_asinh, atanh c_atanh, erf c_erf, erfc c_erfc, cbrt c_cbrt);
