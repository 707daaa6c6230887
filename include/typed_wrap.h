/* typed_wrap.h: wrappers of C functions, method definitions and table entries from one description each.
 *
 *     static int64_t inc(int64_t x) { return x + 1; }
 *     TYPED_WRAP1(inc, i64, i64)                                        // result, then parameters
 *     static double add(double a, double b) { return a + b; }
 *     TYPED_WRAP2(add, f64, f64, f64)
 *
 *     static PyMethodDef methods[] = {
 *         TYPED_DEF1(inc, "inc(x): x + 1"),
 *         TYPED_DEF2(add, "add(a, b): the sum"),
 *         {NULL, NULL, 0, NULL},
 *     };
 *     PYTYPED_TABLE(mymodule,
 *         TYPED_ENTRY1(&methods[0], inc, PYTYPED_NEVER, PYTYPED_LEAF | PYTYPED_PURE, i64, i64),
 *         TYPED_ENTRY2(&methods[1], add, PYTYPED_NEVER, PYTYPED_LEAF | PYTYPED_PURE, f64, f64, f64))
 *
 * Types: i32 i64 u64 f64 bool_ object_ (PyObject *, borrowed; as a result a new reference), and none as a result. The
 * wrapper of a function that may raise must say so: TYPED_WRAP1_RAISES(...) looks at the pending exception after the call.
 * Wrappers take exact ints and floats inline and leave the rest to Python's conversions.
 *
 * C11. Include after Python.h. License: MIT OR Apache-2.0.
 */
#ifndef PYTYPED_WRAP_H
#define PYTYPED_WRAP_H

#include "typed_method.h"

#include <stdbool.h>

#if !defined(Py_LIMITED_API) && !defined(PYPY_VERSION) && !defined(Py_GIL_DISABLED)
#define TYPED_LAYOUT_ 1
#else
#define TYPED_LAYOUT_ 0
#endif

/* ---- one type each: C type, code, out of an object, into an object ---- */

typedef int32_t typed_c_i32;
typedef int64_t typed_c_i64;
typedef uint64_t typed_c_u64;
typedef double typed_c_f64;
typedef bool typed_c_bool_;
typedef PyObject *typed_c_object_;

#define TYPED_CODE_i32 PYTYPED_I32
#define TYPED_CODE_i64 PYTYPED_I64
#define TYPED_CODE_u64 PYTYPED_U64
#define TYPED_CODE_f64 PYTYPED_F64
#define TYPED_CODE_bool_ PYTYPED_BOOL
#define TYPED_CODE_object_ PYTYPED_OBJECT
#define TYPED_CODE_none PYTYPED_VOID

static inline bool typed_take_i64(PyObject *o, int64_t *out) {
#if TYPED_LAYOUT_ && PY_VERSION_HEX >= 0x030C0000
    if (PyLong_CheckExact(o) && PyUnstable_Long_IsCompact((PyLongObject *)o)) {
        *out = PyUnstable_Long_CompactValue((PyLongObject *)o);
        return true;
    }
#elif TYPED_LAYOUT_
    if (PyLong_CheckExact(o) && (size_t)(Py_SIZE(o) + 1) <= 2) {
        *out = Py_SIZE(o) * (int64_t)((PyLongObject *)o)->ob_digit[0];
        return true;
    }
#endif
    *out = PyLong_AsLongLong(o);
    return *out != -1 || !PyErr_Occurred();
}

static inline bool typed_take_i32(PyObject *o, int32_t *out) {
    int64_t wide;
    if (!typed_take_i64(o, &wide)) return false;
    if (wide < INT32_MIN || wide > INT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "Python int too large to convert to C int32_t");
        return false;
    }
    *out = (int32_t)wide;
    return true;
}

static inline bool typed_take_u64(PyObject *o, uint64_t *out) {
    PyObject *number = PyNumber_Index(o);
    if (number == NULL) return false;
    *out = PyLong_AsUnsignedLongLong(number);
    Py_DECREF(number);
    return *out != (uint64_t)-1 || !PyErr_Occurred();
}

static inline double typed_as_double(PyObject *o) {
#ifdef PYPY_VERSION
    /* PyPy's function does not try __index__, as CPython's does. */
    PyNumberMethods *methods = Py_TYPE(o)->tp_as_number;
    if (methods != NULL && methods->nb_float == NULL && methods->nb_index != NULL) {
        PyObject *number = PyNumber_Index(o);
        if (number == NULL) return -1.0;
        double v = PyLong_AsDouble(number);
        Py_DECREF(number);
        return v;
    }
#endif
    return PyFloat_AsDouble(o);
}

static inline bool typed_take_f64(PyObject *o, double *out) {
#if TYPED_LAYOUT_
    if (PyFloat_CheckExact(o)) {
        *out = PyFloat_AS_DOUBLE(o);
        return true;
    }
#endif
    *out = typed_as_double(o);
    return *out != -1.0 || !PyErr_Occurred();
}

static inline bool typed_take_bool_(PyObject *o, bool *out) {
    if (o != Py_True && o != Py_False) {
        PyErr_Format(PyExc_TypeError, "must be bool, not %.200s", Py_TYPE(o)->tp_name);
        return false;
    }
    *out = o == Py_True;
    return true;
}

static inline bool typed_take_object_(PyObject *o, PyObject **out) {
    *out = o;
    return true;
}

#define TYPED_GIVE_i32(v) PyLong_FromLong(v)
#define TYPED_GIVE_i64(v) PyLong_FromLongLong(v)
#define TYPED_GIVE_u64(v) PyLong_FromUnsignedLongLong(v)
#define TYPED_GIVE_f64(v) PyFloat_FromDouble(v)
#define TYPED_GIVE_bool_(v) PyBool_FromLong(v)
#define TYPED_GIVE_object_(v) (v)

/* Calls and gives the result; `failed` is looked at in between. */
#define TYPED_RUN_i32(call, failed) TYPED_RUN_(i32, call, failed)
#define TYPED_RUN_i64(call, failed) TYPED_RUN_(i64, call, failed)
#define TYPED_RUN_u64(call, failed) TYPED_RUN_(u64, call, failed)
#define TYPED_RUN_f64(call, failed) TYPED_RUN_(f64, call, failed)
#define TYPED_RUN_bool_(call, failed) TYPED_RUN_(bool_, call, failed)
#define TYPED_RUN_object_(call, failed) return call;
#define TYPED_RUN_(result, call, failed)                                                            \
    typed_c_##result typed_value = call;                                                             \
    if (failed) return NULL;                                                                         \
    return TYPED_GIVE_##result(typed_value);
#define TYPED_RUN_none(call, failed)                                                                \
    call;                                                                                            \
    if (failed) return NULL;                                                                         \
    Py_RETURN_NONE;

static inline PyObject *typed_wrong_count(const char *name, int wanted, Py_ssize_t given) {
    return PyErr_Format(PyExc_TypeError, "%s() takes %d positional arguments but %zd %s given", name, wanted, given,
                        given == 1 ? "was" : "were");
}

#define TYPED_TAKE_(type, variable, object)                                                         \
    typed_c_##type variable;                                                                         \
    if (!typed_take_##type(object, &variable)) return NULL;

/* ---- wrappers: TYPED_WRAPn(function, result, parameters...) defines `function`_wrapper ---- */

#define TYPED_WRAP0_(f, r, failed)                                                                  \
    static PyObject *f##_wrapper(PyObject *self, PyObject *unused) {                                 \
        (void)self, (void)unused;                                                                    \
        TYPED_RUN_##r(f(), failed)                                                                   \
    }
#define TYPED_WRAP1_(f, r, a, failed)                                                               \
    static PyObject *f##_wrapper(PyObject *self, PyObject *x) {                                      \
        (void)self;                                                                                  \
        TYPED_TAKE_(a, typed_1, x)                                                                   \
        TYPED_RUN_##r(f(typed_1), failed)                                                            \
    }
#define TYPED_WRAP2_(f, r, a, b, failed)                                                            \
    static PyObject *f##_wrapper(PyObject *self, PyObject *const *args, Py_ssize_t n) {              \
        (void)self;                                                                                  \
        if (n != 2) return typed_wrong_count(#f, 2, n);                                              \
        TYPED_TAKE_(a, typed_1, args[0])                                                             \
        TYPED_TAKE_(b, typed_2, args[1])                                                             \
        TYPED_RUN_##r(f(typed_1, typed_2), failed)                                                   \
    }
#define TYPED_WRAP3_(f, r, a, b, c, failed)                                                         \
    static PyObject *f##_wrapper(PyObject *self, PyObject *const *args, Py_ssize_t n) {              \
        (void)self;                                                                                  \
        if (n != 3) return typed_wrong_count(#f, 3, n);                                              \
        TYPED_TAKE_(a, typed_1, args[0])                                                             \
        TYPED_TAKE_(b, typed_2, args[1])                                                             \
        TYPED_TAKE_(c, typed_3, args[2])                                                             \
        TYPED_RUN_##r(f(typed_1, typed_2, typed_3), failed)                                          \
    }
#define TYPED_WRAP4_(f, r, a, b, c, d, failed)                                                      \
    static PyObject *f##_wrapper(PyObject *self, PyObject *const *args, Py_ssize_t n) {              \
        (void)self;                                                                                  \
        if (n != 4) return typed_wrong_count(#f, 4, n);                                              \
        TYPED_TAKE_(a, typed_1, args[0])                                                             \
        TYPED_TAKE_(b, typed_2, args[1])                                                             \
        TYPED_TAKE_(c, typed_3, args[2])                                                             \
        TYPED_TAKE_(d, typed_4, args[3])                                                             \
        TYPED_RUN_##r(f(typed_1, typed_2, typed_3, typed_4), failed)                                 \
    }

#define TYPED_WRAP0(f, r) TYPED_WRAP0_(f, r, false)
#define TYPED_WRAP1(f, r, a) TYPED_WRAP1_(f, r, a, false)
#define TYPED_WRAP2(f, r, a, b) TYPED_WRAP2_(f, r, a, b, false)
#define TYPED_WRAP3(f, r, a, b, c) TYPED_WRAP3_(f, r, a, b, c, false)
#define TYPED_WRAP4(f, r, a, b, c, d) TYPED_WRAP4_(f, r, a, b, c, d, false)
#define TYPED_WRAP0_RAISES(f, r) TYPED_WRAP0_(f, r, PyErr_Occurred() != NULL)
#define TYPED_WRAP1_RAISES(f, r, a) TYPED_WRAP1_(f, r, a, PyErr_Occurred() != NULL)
#define TYPED_WRAP2_RAISES(f, r, a, b) TYPED_WRAP2_(f, r, a, b, PyErr_Occurred() != NULL)
#define TYPED_WRAP3_RAISES(f, r, a, b, c) TYPED_WRAP3_(f, r, a, b, c, PyErr_Occurred() != NULL)
#define TYPED_WRAP4_RAISES(f, r, a, b, c, d) TYPED_WRAP4_(f, r, a, b, c, d, PyErr_Occurred() != NULL)

/* ---- definitions ---- */

#define TYPED_FAST_(f) ((PyCFunction)(void (*)(void))f##_wrapper)
#define TYPED_DEF0(f, doc) {#f, f##_wrapper, METH_NOARGS, doc}
#define TYPED_DEF1(f, doc) {#f, f##_wrapper, METH_O, doc}
#define TYPED_DEF2(f, doc) {#f, TYPED_FAST_(f), METH_FASTCALL, doc}
#define TYPED_DEF3(f, doc) TYPED_DEF2(f, doc)
#define TYPED_DEF4(f, doc) TYPED_DEF2(f, doc)

/* ---- table entries ---- */

/* `error` fills two fields, so it must not pass through another macro: the fields around it are these. */
#define TYPED_HEAD_(n, method, f, r, effects)                                                       \
    (uint32_t)sizeof(PyTypedEntry), PYTYPED_ENTRY_VERSION, n, (method), (PyTypedNative)(f),          \
        (uint16_t)(TYPED_CODE_##r), 0, (uint32_t)(effects)
#define TYPED_TAIL_ NULL, PYTYPED_MAX_PARAMS, 0, {0, 0, 0, 0, 0, 0, 0, 0}, NULL, NULL

#define TYPED_ENTRY0(method, f, error, effects, r)                                                  \
    {TYPED_HEAD_(0, method, f, r, effects), error, {0}, TYPED_TAIL_}
#define TYPED_ENTRY1(method, f, error, effects, r, a)                                               \
    {TYPED_HEAD_(1, method, f, r, effects), error, {TYPED_CODE_##a}, TYPED_TAIL_}
#define TYPED_ENTRY2(method, f, error, effects, r, a, b)                                            \
    {TYPED_HEAD_(2, method, f, r, effects), error, {TYPED_CODE_##a, TYPED_CODE_##b}, TYPED_TAIL_}
#define TYPED_ENTRY3(method, f, error, effects, r, a, b, c)                                         \
    {TYPED_HEAD_(3, method, f, r, effects), error, {TYPED_CODE_##a, TYPED_CODE_##b, TYPED_CODE_##c}, TYPED_TAIL_}
#define TYPED_ENTRY4(method, f, error, effects, r, a, b, c, d)                                      \
    {TYPED_HEAD_(4, method, f, r, effects),                                                          \
     error,                                                                                          \
     {TYPED_CODE_##a, TYPED_CODE_##b, TYPED_CODE_##c, TYPED_CODE_##d},                               \
     TYPED_TAIL_}

#endif
