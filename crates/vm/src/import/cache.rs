//! A cache of compiled start-up modules, beside the user's other caches (the library's own directory may be
//! read-only). Validated by the source's length and time of modification, as `.pyc` files are.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

fn place(path: &Path) -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache")))?;
    let key = crate::siphash::siphash13(1, 2, path.as_os_str().as_encoded_bytes());
    Some(base.join("rivet").join(format!("{key:016x}.rvc")))
}

/// What a cache file begins with: changes with the source and with the build.
fn stamp(path: &Path) -> Option<[u8; 8]> {
    let version = env!("CARGO_PKG_VERSION");
    let build = option_env!("RIVET_BUILD_ID").unwrap_or(version);
    let m = std::fs::metadata(path).ok()?;
    let source = [m.size(), m.mtime() as u64, m.mtime_nsec() as u64].map(u64::to_le_bytes);
    let key = crate::siphash::siphash13(3, 4, build.as_bytes());
    let stamp = crate::siphash::siphash13(key, 5, source.as_flattened());
    Some(stamp.to_le_bytes())
}

/// The cached code of this source file, if there is a valid one.
pub fn read(path: &Path) -> Option<rivet_compile::Packed> {
    let data = std::fs::read(place(path)?).ok()?;
    let (head, body) = data.split_at_checked(8)?;
    if head != stamp(path)? {
        return None;
    }
    rivet_compile::Packed::from_file(body)
}

/// Writes the cache; failure only costs time.
pub fn write(path: &Path, code: &rivet_compile::Packed) {
    let Some(place) = place(path) else { return };
    let Some(dir) = place.parent() else { return };
    let Some(stamp) = stamp(path) else { return };
    let mut data = stamp.to_vec();
    data.extend(code.to_file());
    let tmp = place.with_extension(format!("{}.tmp", std::process::id()));
    if std::fs::create_dir_all(dir).is_ok() && std::fs::write(&tmp, data).is_ok() {
        let _ = std::fs::rename(&tmp, &place);
    }
}
