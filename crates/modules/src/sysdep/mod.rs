//! System calls that no safe library covers: the only unsafe code of this crate, each a thin wrapper.

pub mod files;
pub mod fs;
pub mod ids;
pub mod libm;
pub mod signals;
pub mod spawn;
pub mod startup;

use std::ffi::{CStr, CString};
use std::time::Duration;

/// A clock in nanoseconds.
pub fn clock(id: i32) -> i64 {
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes our own structure.
    unsafe { libc::clock_gettime(id, &raw mut ts) };
    ts.tv_sec * 1_000_000_000 + ts.tv_nsec
}

/// Sleeps; true if a signal came in between.
pub fn sleep_interruptible(d: Duration) -> bool {
    let ts = libc::timespec {
        tv_sec: d.as_secs() as i64,
        tv_nsec: d.subsec_nanos().into(),
    };
    // SAFETY: reads our own structure.
    unsafe { libc::nanosleep(&raw const ts, std::ptr::null_mut()) != 0 }
}

/// Reads `TZ` anew.
pub fn tzset() {
    unsafe extern "C" {
        fn tzset();
    }
    // SAFETY: GIL held; no other thread of ours reads the time zone meanwhile.
    unsafe { tzset() }
}

/// A calendar time: month from 1, year day from 1, Monday is 0.
#[allow(missing_docs)]
pub struct BrokenDown {
    pub year: i64,
    pub mon: i64,
    pub mday: i64,
    pub hour: i64,
    pub min: i64,
    pub sec: i64,
    pub wday: i64,
    pub yday: i64,
    pub isdst: i64,
    pub gmtoff: i64,
    pub zone: String,
}

fn from_tm(tm: &libc::tm) -> BrokenDown {
    let zone = if tm.tm_zone.is_null() {
        String::new()
    } else {
        // SAFETY: the C library keeps zone names for good.
        unsafe { CStr::from_ptr(tm.tm_zone) }
            .to_string_lossy()
            .into_owned()
    };
    BrokenDown {
        year: i64::from(tm.tm_year) + 1900,
        mon: i64::from(tm.tm_mon) + 1,
        mday: tm.tm_mday.into(),
        hour: tm.tm_hour.into(),
        min: tm.tm_min.into(),
        sec: tm.tm_sec.into(),
        wday: i64::from(tm.tm_wday + 6) % 7,
        yday: i64::from(tm.tm_yday) + 1,
        isdst: tm.tm_isdst.into(),
        gmtoff: tm.tm_gmtoff,
        zone,
    }
}

fn to_tm(t: &BrokenDown) -> libc::tm {
    // SAFETY: all-zero is a valid tm.
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    tm.tm_year = (t.year - 1900) as i32;
    tm.tm_mon = (t.mon - 1) as i32;
    tm.tm_mday = t.mday as i32;
    tm.tm_hour = t.hour as i32;
    tm.tm_min = t.min as i32;
    tm.tm_sec = t.sec as i32;
    tm.tm_wday = ((t.wday + 1) % 7) as i32;
    tm.tm_yday = (t.yday - 1) as i32;
    tm.tm_isdst = t.isdst as i32;
    tm.tm_gmtoff = t.gmtoff;
    tm
}

/// UTC; the error is an errno.
pub fn utc_time(t: i64) -> Result<BrokenDown, i32> {
    // SAFETY: writes our own structure.
    unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        if libc::gmtime_r(&raw const t, &raw mut tm).is_null() {
            return Err(libc::EOVERFLOW);
        }
        Ok(from_tm(&tm))
    }
}

/// Local time; the error is an errno.
pub fn local_time(t: i64) -> Result<BrokenDown, i32> {
    // SAFETY: writes our own structure.
    unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        if libc::localtime_r(&raw const t, &raw mut tm).is_null() {
            return Err(libc::EOVERFLOW);
        }
        Ok(from_tm(&tm))
    }
}

/// Seconds since the epoch of a local calendar time.
pub fn make_time(t: &BrokenDown) -> Option<i64> {
    let mut tm = to_tm(t);
    tm.tm_wday = -1;
    // SAFETY: reads and writes our own structure.
    let r = unsafe { libc::mktime(&raw mut tm) };
    if r == -1 && tm.tm_wday == -1 {
        None
    } else {
        Some(r)
    }
}

/// `strftime`
pub fn format_time(format: &[u8], t: &BrokenDown) -> Vec<u8> {
    let tm = to_tm(t);
    let mut out = Vec::new();
    for part in format.split_inclusive(|&b| b == 0) {
        let (text, zero) = match part.split_last() {
            Some((0, rest)) => (rest, true),
            _ => (part, false),
        };
        if let Ok(c) = CString::new(text)
            && !text.is_empty()
        {
            let mut buf = vec![0u8; text.len() * 64 + 256];
            // SAFETY: the buffer's length is passed; the format is terminated.
            let n = unsafe {
                libc::strftime(
                    buf.as_mut_ptr().cast(),
                    buf.len(),
                    c.as_ptr(),
                    &raw const tm,
                )
            };
            out.extend_from_slice(&buf[..n]);
        }
        if zero {
            out.push(0);
        }
    }
    out
}

/// Fills a buffer with random bytes.
pub fn random_bytes(buf: &mut [u8]) {
    let mut at = 0;
    while at < buf.len() {
        // SAFETY: stays within the buffer.
        let n = unsafe { libc::getrandom(buf[at..].as_mut_ptr().cast(), buf.len() - at, 0) };
        if n <= 0 {
            break;
        }
        at += n as usize;
    }
}

/// The kernel's number of this thread.
pub fn gettid() -> i64 {
    // SAFETY: a plain query.
    unsafe { libc::syscall(libc::SYS_gettid) }
}

/// Where a byte is first.
#[inline]
pub fn find_byte(data: &[u8], byte: u8) -> Option<usize> {
    // SAFETY: reads within the slice.
    let p = unsafe { libc::memchr(data.as_ptr().cast(), byte.into(), data.len()) };
    (!p.is_null()).then(|| p as usize - data.as_ptr() as usize)
}

/// The encoding of the locale (`nl_langinfo(CODESET)`).
pub fn locale_encoding() -> String {
    // SAFETY: the result is a terminated string that lives until the next call; it is copied at once.
    unsafe {
        let p = libc::nl_langinfo(libc::CODESET);
        if p.is_null() {
            return "UTF-8".to_owned();
        }
        std::ffi::CStr::from_ptr(p).to_string_lossy().into_owned()
    }
}

/// Sets the locale for characters; the name of it, or of the present one if there is no such locale.
pub fn set_locale(name: &std::ffi::CStr) -> String {
    // SAFETY: the name is terminated; the result is copied at once.
    unsafe {
        let mut p = libc::setlocale(libc::LC_CTYPE, name.as_ptr());
        if p.is_null() {
            p = libc::setlocale(libc::LC_CTYPE, std::ptr::null());
        }
        if p.is_null() {
            return "C".to_owned();
        }
        std::ffi::CStr::from_ptr(p).to_string_lossy().into_owned()
    }
}

/// The locale for characters.
pub fn get_locale() -> String {
    // SAFETY: a query; the result is copied at once.
    unsafe {
        let p = libc::setlocale(libc::LC_CTYPE, std::ptr::null());
        if p.is_null() {
            return "C".to_owned();
        }
        std::ffi::CStr::from_ptr(p).to_string_lossy().into_owned()
    }
}
