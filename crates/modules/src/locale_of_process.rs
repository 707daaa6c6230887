//! The C library's locale for characters: taken over from the environment at start-up, and replaced if it is the C locale.

use crate::sysdep;
use crate::sysdep::fs;

/// Takes the locale over that the environment names; gives its name.
pub fn adopt() -> String {
    sysdep::set_locale(c"")
}

/// The present locale's name.
pub fn current() -> String {
    sysdep::get_locale()
}

/// Replaces the C locale by the first there is with the same conventions and UTF-8, in the environment as well.
pub fn coerce() {
    for name in [c"C.UTF-8", c"C.utf8", c"UTF-8"] {
        let wanted = name.to_string_lossy();
        if sysdep::set_locale(name) == wanted {
            fs::setenv(b"LC_CTYPE", Some(wanted.as_bytes()));
            return;
        }
    }
}
