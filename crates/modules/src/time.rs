//! `time`: clocks, sleeping, calendar conversions.

use std::time::Duration;

use rivet_vm::exceptions::{PyResult, os_error, overflow_error, type_error, value_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::int;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, Root, Value};

use crate::structseq;

static STRUCT_TIME: Root = Root::new();

static METHODS: &[Method] = &[
    Method::noargs(
        "time",
        |_| {
            Ok(Value::float(seconds(crate::sysdep::clock(
                libc::CLOCK_REALTIME,
            ))))
        },
        "time() -> floating point number\n\nReturn the current time in seconds since the Epoch.\nFractions of a second may be present if the system clock provides them.",
    ),
    Method::noargs(
        "time_ns",
        |_| Ok(Value::int(crate::sysdep::clock(libc::CLOCK_REALTIME))),
        "time_ns() -> int\n\nReturn the current time in nanoseconds since the Epoch.",
    ),
    Method::noargs(
        "monotonic",
        |_| {
            Ok(Value::float(seconds(crate::sysdep::clock(
                libc::CLOCK_MONOTONIC,
            ))))
        },
        "monotonic() -> float\n\nMonotonic clock, cannot go backward.",
    ),
    Method::noargs(
        "monotonic_ns",
        |_| Ok(Value::int(crate::sysdep::clock(libc::CLOCK_MONOTONIC))),
        "monotonic_ns() -> int\n\nMonotonic clock, cannot go backward, as nanoseconds.",
    ),
    Method::noargs(
        "perf_counter",
        |_| {
            Ok(Value::float(seconds(crate::sysdep::clock(
                libc::CLOCK_MONOTONIC,
            ))))
        },
        "perf_counter() -> float\n\nPerformance counter for benchmarking.",
    ),
    Method::noargs(
        "perf_counter_ns",
        |_| Ok(Value::int(crate::sysdep::clock(libc::CLOCK_MONOTONIC))),
        "perf_counter_ns() -> int\n\nPerformance counter for benchmarking as nanoseconds.",
    ),
    Method::noargs(
        "process_time",
        |_| {
            Ok(Value::float(seconds(crate::sysdep::clock(
                libc::CLOCK_PROCESS_CPUTIME_ID,
            ))))
        },
        "process_time() -> float\n\nProcess time for profiling: sum of the kernel and user-space CPU time.",
    ),
    Method::noargs(
        "process_time_ns",
        |_| {
            Ok(Value::int(crate::sysdep::clock(
                libc::CLOCK_PROCESS_CPUTIME_ID,
            )))
        },
        "process_time() -> int\n\nProcess time for profiling as nanoseconds:\nsum of the kernel and user-space CPU time.",
    ),
    Method::noargs(
        "thread_time",
        |_| {
            Ok(Value::float(seconds(crate::sysdep::clock(
                libc::CLOCK_THREAD_CPUTIME_ID,
            ))))
        },
        "thread_time() -> float\n\nThread time for profiling: sum of the kernel and user-space CPU time.",
    ),
    Method::noargs(
        "thread_time_ns",
        |_| {
            Ok(Value::int(crate::sysdep::clock(
                libc::CLOCK_THREAD_CPUTIME_ID,
            )))
        },
        "thread_time() -> int\n\nThread time for profiling as nanoseconds:\nsum of the kernel and user-space CPU time.",
    ),
    Method::one(
        "sleep",
        "",
        sleep,
        "sleep(seconds)\n\nDelay execution for a given number of seconds.  The argument may be\na floating point number for subsecond precision.",
    ),
    Method::fast(
        "gmtime",
        "",
        |_, a| broken_down(a, true),
        "gmtime([seconds]) -> (tm_year, tm_mon, tm_mday, tm_hour, tm_min,\n                       tm_sec, tm_wday, tm_yday, tm_isdst)\n\nConvert seconds since the Epoch to a time tuple expressing UTC (a.k.a.\nGMT).  When 'seconds' is not passed in, convert the current time instead.",
    ),
    Method::fast(
        "localtime",
        "",
        |_, a| broken_down(a, false),
        "localtime([seconds]) -> (tm_year,tm_mon,tm_mday,tm_hour,tm_min,\n                          tm_sec,tm_wday,tm_yday,tm_isdst)\n\nConvert seconds since the Epoch to a time tuple expressing local time.\nWhen 'seconds' is not passed in, convert the current time instead.",
    ),
    Method::one(
        "mktime",
        "",
        mktime,
        "mktime(tuple) -> floating point number\n\nConvert a time tuple in local time to seconds since the Epoch.",
    ),
    Method::fast(
        "asctime",
        "",
        asctime,
        "asctime([tuple]) -> string\n\nConvert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'.",
    ),
    Method::fast(
        "ctime",
        "",
        ctime,
        "ctime(seconds) -> string\n\nConvert a time in seconds since the Epoch to a string in local time.",
    ),
    Method::fast(
        "strftime",
        "",
        strftime,
        "strftime(format[, tuple]) -> string\n\nConvert a time tuple to a string according to a format specification.",
    ),
    Method::fast(
        "strptime",
        "",
        strptime,
        "strptime(string, format) -> struct_time\n\nParse a string to a time tuple according to a format specification.",
    ),
    Method::one(
        "clock_gettime",
        "",
        |_, c| {
            Ok(Value::float(seconds(crate::sysdep::clock(
                protocol::as_isize(c)? as i32,
            ))))
        },
        "clock_gettime(clk_id) -> float\n\nReturn the time of the specified clock clk_id.",
    ),
    Method::one(
        "clock_gettime_ns",
        "",
        |_, c| {
            Ok(Value::int(crate::sysdep::clock(
                protocol::as_isize(c)? as i32
            )))
        },
        "clock_gettime_ns(clk_id) -> int\n\nReturn the time of the specified clock clk_id as nanoseconds.",
    ),
    Method::one(
        "clock_getres",
        "",
        |_, _| Ok(Value::float(1e-9)),
        "clock_getres(clk_id) -> floating point number\n\nReturn the resolution (precision) of the specified clock clk_id.",
    ),
    Method::noargs(
        "tzset",
        |_| {
            crate::sysdep::tzset();
            Ok(Value::NONE)
        },
        "tzset()\n\nInitialize, or reinitialize, the local timezone to the value stored in\nos.environ['TZ'].",
    ),
    Method::one(
        "get_clock_info",
        "",
        clock_info,
        "get_clock_info(name: str) -> dict\n\nGet information of the specified clock.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)?;
    let fields = [
        "tm_year",
        "tm_mon",
        "tm_mday",
        "tm_hour",
        "tm_min",
        "tm_sec",
        "tm_wday",
        "tm_yday",
        "tm_isdst",
        "tm_zone",
        "tm_gmtoff",
    ];
    let ty = structseq::make("time.struct_time", &fields, 9)?;
    STRUCT_TIME.set(ty.value());
    m.add("struct_time", ty.value())?;
    for (name, id) in [
        ("CLOCK_REALTIME", libc::CLOCK_REALTIME),
        ("CLOCK_MONOTONIC", libc::CLOCK_MONOTONIC),
        ("CLOCK_PROCESS_CPUTIME_ID", libc::CLOCK_PROCESS_CPUTIME_ID),
        ("CLOCK_THREAD_CPUTIME_ID", libc::CLOCK_THREAD_CPUTIME_ID),
        ("CLOCK_MONOTONIC_RAW", libc::CLOCK_MONOTONIC_RAW),
        ("CLOCK_BOOTTIME", libc::CLOCK_BOOTTIME),
        ("CLOCK_TAI", libc::CLOCK_TAI),
    ] {
        m.add(name, Value::int(id.into()))?;
    }
    crate::sysdep::tzset();
    let winter = crate::sysdep::local_time(1_700_000_000).ok();
    let summer = crate::sysdep::local_time(1_690_000_000).ok();
    let (std, dst) = match (winter, summer) {
        (Some(w), Some(s)) if w.isdst <= 0 => (w, s),
        (Some(w), Some(s)) => (s, w),
        _ => return Ok(()),
    };
    m.add("timezone", Value::int(-std.gmtoff))?;
    m.add("altzone", Value::int(-dst.gmtoff))?;
    m.add("daylight", Value::int((std.gmtoff != dst.gmtoff).into()))?;
    let names = [str::new(&std.zone)?, str::new(&dst.zone)?];
    m.add("_STRUCT_TM_ITEMS", Value::int(11))?;
    m.add("tzname", tuple::new(&names)?)
}

fn seconds(ns: i64) -> f64 {
    ns as f64 / 1e9
}

/// Seconds of a time argument, as a duration; ValueError if negative.
fn duration(v: Value) -> PyResult<Duration> {
    if let Some(f) = v.as_float() {
        if f.is_nan() {
            return Err(value_error("Invalid value NaN (not a number)"));
        }
        if f < 0.0 {
            return Err(value_error("sleep length must be non-negative"));
        }
        return Duration::try_from_secs_f64(f)
            .map_err(|_| overflow_error("timestamp too large to convert to C _PyTime_t"));
    }
    match int::to_i64(protocol::index(v)?) {
        Some(n) if n < 0 => Err(value_error("sleep length must be non-negative")),
        Some(n) => Ok(Duration::from_secs(n as u64)),
        None => Err(overflow_error(
            "timestamp too large to convert to C _PyTime_t",
        )),
    }
}

fn sleep(_m: Value, v: Value) -> PyResult<Value> {
    let total = duration(v)?;
    let end = std::time::Instant::now().checked_add(total);
    loop {
        let left = end.map_or(total, |e| {
            e.saturating_duration_since(std::time::Instant::now())
        });
        let interrupted = allow_threads(|| crate::sysdep::sleep_interruptible(left));
        if !interrupted {
            return Ok(Value::NONE);
        }
        rivet_vm::signals::run_pending()?;
    }
}

fn struct_time(t: &crate::sysdep::BrokenDown) -> PyResult<Value> {
    let items = [
        t.year, t.mon, t.mday, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst,
    ]
    .map(Value::int);
    let zone = str::new(&t.zone)?;
    let mut all = rivet_vm::value::RVec::from_slice(&items)?;
    all.push(zone)?;
    all.push(Value::int(t.gmtoff))?;
    structseq::new(&STRUCT_TIME, &all)
}

fn timestamp(args: &[Value]) -> PyResult<i64> {
    match args.first().copied().and_then(Value::not_none) {
        None => Ok(crate::sysdep::clock(libc::CLOCK_REALTIME).div_euclid(1_000_000_000)),
        Some(v) => {
            if let Some(f) = v.as_float() {
                if f.is_nan() {
                    return Err(value_error("Invalid value NaN (not a number)"));
                }
                let f = f.floor();
                if f.abs() > 9.2e18 {
                    return Err(overflow_error("timestamp out of range for platform time_t"));
                }
                return Ok(f as i64);
            }
            int::to_i64(protocol::index(v)?)
                .ok_or_else(|| overflow_error("timestamp out of range for platform time_t"))
        }
    }
}

fn broken_down(args: &[Value], utc: bool) -> PyResult<Value> {
    let t = timestamp(args)?;
    let r = if utc {
        crate::sysdep::utc_time(t)
    } else {
        crate::sysdep::local_time(t)
    };
    match r {
        Ok(b) => struct_time(&b),
        Err(errno) => Err(os_error(errno, None, None)),
    }
}

/// The nine fields of a time tuple.
fn fields(v: Value, function: &str) -> PyResult<crate::sysdep::BrokenDown> {
    let Some(t) = v.cast::<Tuple>() else {
        return Err(type_error("Tuple or struct_time argument required"));
    };
    let plain = v.cast_exact::<Tuple>().is_some();
    if t.len() < 9 || (plain && t.len() > 9) {
        return Err(type_error(format!(
            "{function}(): illegal time tuple argument"
        )));
    }
    let mut n = [0i64; 9];
    for (i, x) in n.iter_mut().enumerate() {
        *x = protocol::as_isize(t.item(i))? as i64;
    }
    let gmtoff = if t.len() > 10 {
        int::to_i64(t.item(10)).unwrap_or(0)
    } else {
        0
    };
    Ok(crate::sysdep::BrokenDown {
        year: n[0],
        mon: n[1],
        mday: n[2],
        hour: n[3],
        min: n[4],
        sec: n[5],
        wday: n[6],
        yday: n[7],
        isdst: n[8],
        gmtoff,
        zone: String::new(),
    })
}

fn mktime(_m: Value, v: Value) -> PyResult<Value> {
    match crate::sysdep::make_time(&fields(v, "mktime")?) {
        Some(t) => Ok(Value::float(t as f64)),
        None => Err(overflow_error("mktime argument out of range")),
    }
}

/// Range checks, with CPython's texts.
fn checked(mut t: crate::sysdep::BrokenDown) -> PyResult<crate::sysdep::BrokenDown> {
    let check = |name: &str, v: i64, low: i64, high: i64| {
        if (low..=high).contains(&v) {
            Ok(())
        } else {
            Err(value_error(format!("{name} out of range")))
        }
    };
    t.mon = if t.mon == 0 { 1 } else { t.mon };
    t.mday = if t.mday == 0 { 1 } else { t.mday };
    t.yday = if t.yday == 0 { 1 } else { t.yday };
    check("month", t.mon, 1, 12)?;
    check("day of month", t.mday, 1, 31)?;
    check("hour", t.hour, 0, 23)?;
    check("minute", t.min, 0, 59)?;
    check("seconds", t.sec, 0, 61)?;
    check("day of week", t.wday, -1, i64::MAX)?;
    check("day of year", t.yday, 1, 366)?;
    t.wday = t.wday.rem_euclid(7);
    Ok(t)
}

fn now_or(args: &[Value], i: usize, function: &str) -> PyResult<crate::sysdep::BrokenDown> {
    match args.get(i) {
        Some(&v) => checked(fields(v, function)?),
        None => crate::sysdep::local_time(timestamp(&[])?).map_err(|e| os_error(e, None, None)),
    }
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn text_of(t: &crate::sysdep::BrokenDown) -> PyResult<Value> {
    let (d, m) = (DAYS[t.wday as usize % 7], MONTHS[(t.mon - 1) as usize % 12]);
    str::new(&format!(
        "{d} {m}{:3} {:02}:{:02}:{:02} {}",
        t.mday, t.hour, t.min, t.sec, t.year
    ))
}

fn asctime(_m: Value, args: &[Value]) -> PyResult<Value> {
    text_of(&now_or(args, 0, "asctime")?)
}

fn ctime(_m: Value, args: &[Value]) -> PyResult<Value> {
    let t = crate::sysdep::local_time(timestamp(args)?).map_err(|e| os_error(e, None, None))?;
    text_of(&t)
}

fn strftime(_m: Value, args: &[Value]) -> PyResult<Value> {
    let Some(format) = args.first().and_then(|f| f.cast::<Str>()) else {
        return Err(type_error("strftime() argument 1 must be str"));
    };
    let t = now_or(args, 1, "strftime")?;
    let out = crate::sysdep::format_time(&format.to_wtf8(), &t);
    match String::from_utf8(out) {
        Ok(s) => str::new(&s),
        Err(e) => Ok(Str::from_wtf8(e.as_bytes())?.value()),
    }
}

fn strptime(_m: Value, args: &[Value]) -> PyResult<Value> {
    let m = rivet_vm::import::import_module("_strptime")?;
    rivet_vm::object::call::call_method(m, rivet_vm::name!("_strptime_time"), args)
}

fn clock_info(_m: Value, name: Value) -> PyResult<Value> {
    let n = protocol::str(name)?.to_string_lossy().into_owned();
    let (implementation, monotonic, adjustable) = match n.as_str() {
        "time" => ("clock_gettime(CLOCK_REALTIME)", false, true),
        "monotonic" | "perf_counter" => ("clock_gettime(CLOCK_MONOTONIC)", true, false),
        "process_time" => ("clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", true, false),
        "thread_time" => ("clock_gettime(CLOCK_THREAD_CPUTIME_ID)", true, false),
        _ => return Err(value_error("unknown clock")),
    };
    let types = rivet_vm::import::import_module("types")?;
    let class = rivet_vm::object::attr::get_attr(types, rivet_vm::name!("SimpleNamespace"))?;
    let ns = rivet_vm::object::call::call(class, &[])?;
    let put = |k: &str, v: Value| {
        rivet_vm::object::attr::set_attr(ns, str::intern::intern_str(k), Some(v))
    };
    put("implementation", str::new(implementation)?)?;
    put("monotonic", Value::bool(monotonic))?;
    put("adjustable", Value::bool(adjustable))?;
    put("resolution", Value::float(1e-9))?;
    Ok(ns)
}
