//! Where bytecode goes when the library's own folders cannot be written: a system's library belongs to its
//! administrator, whose packages hold CPython's bytecode but not ours.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::sysdep::fs::access;

const WRITE: i32 = libc::W_OK;

/// A folder of the user's for `sys.pycache_prefix`, if bytecode of the library in `lib` cannot be kept beside it. None:
/// it can, or there is no such folder.
pub fn find(lib: &Path) -> Option<String> {
    let kept = lib.join("__pycache__");
    let place = if kept.is_dir() { &kept } else { lib };
    if access(place.as_os_str().as_bytes(), WRITE) {
        return None;
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache")))
        .filter(|p| p.is_absolute())?;
    Some(cache.join("rivet/bytecode").to_string_lossy().into_owned())
}
