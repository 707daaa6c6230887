//! `pytime.h`, internal form: times as nanoseconds.

use std::ffi::c_int;

use rivet_vm::exceptions::{PyResult, overflow_error, value_error};
use rivet_vm::object::protocol;
use rivet_vm::types::int;
use rivet_vm::value::Value;

use crate::api::get;
use crate::layout::Ref;
use crate::{api, raw};

const NANOS: i64 = 1_000_000_000;

// How halves and remainders are treated.
const FLOOR: c_int = 0;
const CEILING: c_int = 1;
const HALF_EVEN: c_int = 2;

fn too_large() -> rivet_vm::exceptions::Raised {
    overflow_error("timestamp too large to convert to C _PyTime_t")
}

/// A `time_t` from an int.
pub fn time_t(v: Value) -> PyResult<i64> {
    let n = protocol::index(v)?;
    int::to_i64(n).ok_or_else(|| overflow_error("timestamp out of range for platform time_t"))
}

fn round(f: f64, how: c_int) -> f64 {
    match how {
        FLOOR => f.floor(),
        CEILING => f.ceil(),
        HALF_EVEN => f.round_ties_even(),
        _ if f >= 0.0 => f.ceil(),
        _ => f.floor(),
    }
}

fn divide(t: i64, k: i64, how: c_int) -> i64 {
    let (q, r) = (t.div_euclid(k), t.rem_euclid(k));
    let up = match how {
        FLOOR => false,
        CEILING => r > 0,
        HALF_EVEN => 2 * r > k || 2 * r == k && q & 1 == 1,
        _ => t > 0 && r > 0,
    };
    q + i64::from(up)
}

fn from_object(v: Value, how: c_int, unit: i64) -> PyResult<i64> {
    if let Some(f) = v.as_float() {
        if f.is_nan() {
            return Err(value_error("Invalid value NaN (not a number)"));
        }
        let n = round(f * unit as f64, how);
        if !(-9.223372036854776e18..9.223372036854776e18).contains(&n) {
            return Err(too_large());
        }
        return Ok(n as i64);
    }
    let n = protocol::index(v)?;
    int::to_i64(n)
        .and_then(|n| n.checked_mul(unit))
        .ok_or_else(too_large)
}

/// Seconds and a fraction in units of `1 / scale`.
fn split(v: Value, how: c_int, scale: i64) -> PyResult<(i64, i64)> {
    let Some(f) = v.as_float() else {
        return Ok((time_t(v)?, 0));
    };
    if f.is_nan() {
        return Err(value_error("Invalid value NaN (not a number)"));
    }
    let mut whole = f.trunc();
    let mut part = round((f - whole) * scale as f64, how);
    if part >= scale as f64 {
        part -= scale as f64;
        whole += 1.0;
    } else if part < 0.0 {
        part += scale as f64;
        whole -= 1.0;
    }
    if !(-9.223372036854776e18..9.223372036854776e18).contains(&whole) {
        return Err(overflow_error("timestamp out of range for platform time_t"));
    }
    Ok((whole as i64, part as i64))
}

fn clock(id: libc::clockid_t) -> i64 {
    // SAFETY: fills a local structure.
    unsafe {
        let mut t: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(id, &mut t);
        t.tv_sec * NANOS + t.tv_nsec
    }
}

raw! {
    fn _PyTime_GetMonotonicClock() -> i64 {
        clock(libc::CLOCK_MONOTONIC)
    }

    fn _PyTime_GetSystemClock() -> i64 {
        clock(libc::CLOCK_REALTIME)
    }

    fn _PyTime_GetPerfCounter() -> i64 {
        clock(libc::CLOCK_MONOTONIC)
    }

    fn _PyTime_FromSeconds(s: c_int) -> i64 {
        i64::from(s) * NANOS
    }

    fn _PyTime_FromNanoseconds(n: i64) -> i64 {
        n
    }

    fn _PyTime_AsSecondsDouble(t: i64) -> f64 {
        if t % NANOS == 0 { (t / NANOS) as f64 } else { t as f64 / 1e9 }
    }

    fn _PyTime_AsMilliseconds(t: i64, how: c_int) -> i64 {
        divide(t, 1_000_000, how)
    }

    fn _PyTime_AsMicroseconds(t: i64, how: c_int) -> i64 {
        divide(t, 1000, how)
    }

    fn _PyTime_AsTimeval_clamp(t: i64, out: *mut libc::timeval, how: c_int) {
        let us = divide(t, 1000, how);
        (*out).tv_sec = us.div_euclid(1_000_000);
        (*out).tv_usec = us.rem_euclid(1_000_000);
    }

    fn _PyDeadline_Init(timeout: i64) -> i64 {
        clock(libc::CLOCK_MONOTONIC).saturating_add(timeout)
    }

    fn _PyDeadline_Get(deadline: i64) -> i64 {
        deadline.saturating_sub(clock(libc::CLOCK_MONOTONIC))
    }

    fn _PyTime_AsTimevalTime_t(t: i64, seconds: *mut i64, us: *mut c_int, how: c_int) -> c_int {
        let all = divide(t, 1000, how);
        *seconds = all.div_euclid(1_000_000);
        *us = all.rem_euclid(1_000_000) as c_int;
        0
    }
}

unsafe fn broken_down(ok: bool) -> PyResult<()> {
    if ok {
        return Ok(());
    }
    let n = std::io::Error::last_os_error()
        .raw_os_error()
        .unwrap_or(libc::EINVAL);
    Err(rivet_vm::exceptions::os_error(n, None, None))
}

api! {
    fn _PyTime_AsTimeval(t: i64, out: *mut libc::timeval, how: c_int) -> () {
        _PyTime_AsTimeval_clamp(t, out, how);
        Ok(())
    }

    fn _PyTime_FromSecondsObject(out: *mut i64, op: Ref, how: c_int) -> () {
        *out = from_object(get(op)?, how, NANOS)?;
        Ok(())
    }

    fn _PyTime_FromMillisecondsObject(out: *mut i64, op: Ref, how: c_int) -> () {
        *out = from_object(get(op)?, how, 1_000_000)?;
        Ok(())
    }

    fn _PyTime_FromNanosecondsObject(out: *mut i64, op: Ref) -> () {
        *out = from_object(get(op)?, FLOOR, 1)?;
        Ok(())
    }

    fn _PyTime_ObjectToTime_t(op: Ref, out: *mut i64, how: c_int) -> () {
        let v = get(op)?;
        *out = match v.as_float() {
            Some(f) if f.is_nan() => return Err(value_error("Invalid value NaN (not a number)")),
            Some(f) => {
                let n = round(f, how);
                if !(-9.223372036854776e18..9.223372036854776e18).contains(&n) {
                    return Err(overflow_error("timestamp out of range for platform time_t"));
                }
                n as i64
            }
            None => time_t(v)?,
        };
        Ok(())
    }

    fn _PyTime_ObjectToTimeval(op: Ref, seconds: *mut i64, us: *mut i64, how: c_int) -> () {
        (*seconds, *us) = split(get(op)?, how, 1_000_000)?;
        Ok(())
    }

    fn _PyTime_ObjectToTimespec(op: Ref, seconds: *mut i64, ns: *mut i64, how: c_int) -> () {
        (*seconds, *ns) = split(get(op)?, how, NANOS)?;
        Ok(())
    }

    fn _PyTime_localtime(t: i64, out: *mut libc::tm) -> () {
        *libc::__errno_location() = 0;
        broken_down(!libc::localtime_r(&t, out).is_null())
    }

    fn _PyTime_gmtime(t: i64, out: *mut libc::tm) -> () {
        *libc::__errno_location() = 0;
        broken_down(!libc::gmtime_r(&t, out).is_null())
    }
}
