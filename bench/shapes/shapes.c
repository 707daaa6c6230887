/* One typed function per shape, each doing next to nothing, with the C loop of the same shape: what a C program pays that
 * calls the function through a pointer with the same machine values in a loop. Of text, bytes and buffers C holds
 * address and length, of objects the address. loop(name, n) gives nanoseconds per call. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stddef.h>
#include <string.h>
#include <time.h>

#include "typed_method.h"
#include "typed_wrap.h"

/* ---- types that typed_wrap.h does not wrap ---- */

typedef float typed_c_f32;
#define TYPED_CODE_f32 PYTYPED_F32
#define TYPED_GIVE_f32(v) PyFloat_FromDouble(v)
#define TYPED_RUN_f32(call, failed) TYPED_RUN_(f32, call, failed)

static inline bool typed_take_f32(PyObject *o, float *out) {
    double wide;
    if (!typed_take_f64(o, &wide)) return false;
    *out = (float)wide;
    return true;
}

#define NARROW(name, type, code, low, high)                                                         \
    typedef type typed_c_##name;                                                                     \
    static inline bool typed_take_##name(PyObject *o, type *out) {                                   \
        int64_t wide;                                                                                \
        if (!typed_take_i64(o, &wide)) return false;                                                 \
        if (wide < (low) || wide > (high)) {                                                         \
            PyErr_SetString(PyExc_OverflowError, "Python int too large to convert to C " #type);     \
            return false;                                                                            \
        }                                                                                            \
        *out = (type)wide;                                                                           \
        return true;                                                                                 \
    }
NARROW(i8, int8_t, PYTYPED_I8, INT8_MIN, INT8_MAX)
NARROW(i16, int16_t, PYTYPED_I16, INT16_MIN, INT16_MAX)
NARROW(u8, uint8_t, PYTYPED_U8, 0, UINT8_MAX)
NARROW(u16, uint16_t, PYTYPED_U16, 0, UINT16_MAX)
NARROW(u32, uint32_t, PYTYPED_U32, 0, UINT32_MAX)
#define TYPED_CODE_i8 PYTYPED_I8
#define TYPED_CODE_i16 PYTYPED_I16
#define TYPED_CODE_u8 PYTYPED_U8
#define TYPED_CODE_u16 PYTYPED_U16
#define TYPED_CODE_u32 PYTYPED_U32
#define TYPED_GIVE_i8(v) PyLong_FromLong(v)
#define TYPED_GIVE_i16(v) PyLong_FromLong(v)
#define TYPED_GIVE_u8(v) PyLong_FromLong(v)
#define TYPED_GIVE_u16(v) PyLong_FromLong(v)
#define TYPED_GIVE_u32(v) PyLong_FromUnsignedLong(v)
#define TYPED_RUN_i8(call, failed) TYPED_RUN_(i8, call, failed)
#define TYPED_RUN_i16(call, failed) TYPED_RUN_(i16, call, failed)
#define TYPED_RUN_u8(call, failed) TYPED_RUN_(u8, call, failed)
#define TYPED_RUN_u16(call, failed) TYPED_RUN_(u16, call, failed)
#define TYPED_RUN_u32(call, failed) TYPED_RUN_(u32, call, failed)

/* ---- numbers ---- */

/* Not even this may be left out. */
#define NOTHING_AT_ALL __asm__ volatile("")

static void nothing(void) { NOTHING_AT_ALL; }
TYPED_WRAP0(nothing, none)
static int64_t number(void) { return 7; }
TYPED_WRAP0(number, i64)

#define SAME(name, type, step)                                                                      \
    static type name##_same(type x) { return (type)(x + (step)); }                                   \
    TYPED_WRAP1(name##_same, name, name)
SAME(i8, int8_t, 1)
SAME(i16, int16_t, 1)
SAME(i32, int32_t, 1)
SAME(i64, int64_t, 1)
SAME(u8, uint8_t, 1)
SAME(u16, uint16_t, 1)
SAME(u32, uint32_t, 1)
SAME(u64, uint64_t, 1)
SAME(f32, float, 1.0f)
SAME(f64, double, 1.0)

static bool negate(bool x) { return !x; }
TYPED_WRAP1(negate, bool_, bool_)
static bool positive(int64_t x) { return x > 0; }
TYPED_WRAP1(positive, bool_, i64)
static void sink(int64_t x) { __asm__ volatile("" : : "r"(x)); }
TYPED_WRAP1(sink, none, i64)
static int64_t two(int64_t a, int64_t b) { return a ^ b; }
TYPED_WRAP2(two, i64, i64, i64)
static double three(double a, double b, double c) { return a * b + c; }
TYPED_WRAP3(three, f64, f64, f64, f64)
static int64_t four(int64_t a, int64_t b, int64_t c, int64_t d) { return a ^ b ^ c ^ d; }
TYPED_WRAP4(four, i64, i64, i64, i64, i64)

static int64_t five(int64_t a, double b, int64_t c, double d, int64_t e) { return a ^ c ^ e ^ (int64_t)(b + d); }
static PyObject *five_wrapper(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    (void)self;
    if (n != 5) return typed_wrong_count("five", 5, n);
    TYPED_TAKE_(i64, a, args[0])
    TYPED_TAKE_(f64, b, args[1])
    TYPED_TAKE_(i64, c, args[2])
    TYPED_TAKE_(f64, d, args[3])
    TYPED_TAKE_(i64, e, args[4])
    return PyLong_FromLongLong(five(a, b, c, d, e));
}

static int64_t six(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f) { return a ^ b ^ c ^ d ^ e ^ f; }
static PyObject *six_wrapper(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    (void)self;
    if (n != 6) return typed_wrong_count("six", 6, n);
    int64_t x[6];
    for (int i = 0; i < 6; i++)
        if (!typed_take_i64(args[i], &x[i])) return NULL;
    return PyLong_FromLongLong(six(x[0], x[1], x[2], x[3], x[4], x[5]));
}

/* ---- errors and effects ---- */

static int64_t not_leaf(int64_t x) { return x + 1; }
TYPED_WRAP1(not_leaf, i64, i64)

static int64_t sentinel(int64_t x) {
    if (x == 13) {
        PyErr_SetString(PyExc_ValueError, "thirteen");
        return -1;
    }
    return x - 1;
}
TYPED_WRAP1_RAISES(sentinel, i64, i64)
static double always(double x) {
    if (x == 13.0) {
        PyErr_SetString(PyExc_ValueError, "thirteen");
        return 0.0;
    }
    return x - 1.0;
}
TYPED_WRAP1_RAISES(always, f64, f64)
static int status(int64_t x) {
    if (x == 13) {
        PyErr_SetString(PyExc_ValueError, "thirteen");
        return -1;
    }
    NOTHING_AT_ALL;
    return 0;
}
static PyObject *status_wrapper(PyObject *self, PyObject *o) {
    (void)self;
    TYPED_TAKE_(i64, x, o)
    if (status(x) != 0) return NULL;
    Py_RETURN_NONE;
}

/* ---- defaults, keywords, overloads ---- */

static double scaled(double a, int64_t b) { return a * (double)b; }
static PyObject *name_a, *name_b;
static PyObject *scaled_wrapper(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names) {
    (void)self;
    PyObject *slots[2] = {NULL, NULL};
    if (n > 2) return typed_wrong_count("scaled", 2, n);
    for (Py_ssize_t i = 0; i < n; i++) slots[i] = args[i];
    Py_ssize_t count = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        int at = name == name_a || PyUnicode_CompareWithASCIIString(name, "a") == 0   ? 0
                 : name == name_b || PyUnicode_CompareWithASCIIString(name, "b") == 0 ? 1
                                                                                      : -1;
        if (at < 0 || slots[at] != NULL)
            return PyErr_Format(PyExc_TypeError, "scaled() got an unexpected keyword argument '%U'", name);
        slots[at] = args[n + i];
    }
    if (slots[0] == NULL) return PyErr_Format(PyExc_TypeError, "scaled() missing required argument: 'a'");
    TYPED_TAKE_(f64, a, slots[0])
    int64_t b = 2;
    if (slots[1] != NULL && !typed_take_i64(slots[1], &b)) return NULL;
    return PyFloat_FromDouble(scaled(a, b));
}

static double twice_f64(double x) { return x + x; }
static int64_t twice_i64(int64_t x) { return (int64_t)((uint64_t)x << 1); }
static PyObject *twice_wrapper(PyObject *self, PyObject *o) {
    (void)self;
    if (PyFloat_CheckExact(o)) return PyFloat_FromDouble(twice_f64(PyFloat_AS_DOUBLE(o)));
    TYPED_TAKE_(i64, x, o)
    return PyLong_FromLongLong(twice_i64(x));
}

/* ---- objects ---- */

static int64_t count_of(PyObject *o) { return Py_TYPE(o)->tp_basicsize; }
TYPED_WRAP1(count_of, i64, object_)
static int64_t size_of(PyObject *o) {
    Py_ssize_t n = PyObject_Size(o);
    return n;
}
TYPED_WRAP1_RAISES(size_of, i64, object_)
static PyObject *identity(PyObject *o) {
    Py_INCREF(o);
    return o;
}
TYPED_WRAP1(identity, object_, object_)
static PyObject *shared;
static PyObject *constant(void) {
    Py_INCREF(shared);
    return shared;
}
TYPED_WRAP0(constant, object_)
static PyObject *choose(int64_t which, PyObject *a, PyObject *b) {
    PyObject *r = which ? a : b;
    Py_INCREF(r);
    return r;
}
TYPED_WRAP3(choose, object_, i64, object_, object_)
static PyObject *nothing_object(PyObject *o) {
    (void)o;
    Py_RETURN_NONE;
}
TYPED_WRAP1(nothing_object, object_, object_)
static PyObject *make_int(int64_t x) { return PyLong_FromLongLong(x); }
TYPED_WRAP1(make_int, object_, i64)
static PyObject *make_float(double x) { return PyFloat_FromDouble(x); }
TYPED_WRAP1(make_float, object_, f64)
static PyObject *make_str(int64_t x) { return PyUnicode_FromStringAndSize("0123456789", x % 10); }
TYPED_WRAP1(make_str, object_, i64)
static PyObject *make_bytes(int64_t x) { return PyBytes_FromStringAndSize("0123456789", x % 10); }
TYPED_WRAP1(make_bytes, object_, i64)
static PyObject *make_tuple(PyObject *a) { return PyTuple_Pack(1, a); }
TYPED_WRAP1(make_tuple, object_, object_)

/* ---- receivers ---- */

typedef struct {
    PyObject_HEAD
    int64_t n;
    double factor;
} Thing;
static PyTypeObject thing_type;
static PyTypeObject *thing_type_at = &thing_type;

static int64_t thing_get(PyObject *self) { return ((Thing *)self)->n; }
static PyObject *thing_get_wrapper(PyObject *self, PyObject *unused) {
    (void)unused;
    return PyLong_FromLongLong(thing_get(self));
}
static double thing_two(PyObject *self, double x, int64_t k) { return ((Thing *)self)->factor * x + (double)k; }
static PyObject *thing_two_wrapper(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    if (n != 2) return typed_wrong_count("two", 2, n);
    TYPED_TAKE_(f64, x, args[0])
    TYPED_TAKE_(i64, k, args[1])
    return PyFloat_FromDouble(thing_two(self, x, k));
}
static int64_t thing_field(const int64_t *fields, int64_t x) { return fields[0] + x; }
static PyObject *thing_field_wrapper(PyObject *self, PyObject *o) {
    TYPED_TAKE_(i64, x, o)
    return PyLong_FromLongLong(thing_field(&((Thing *)self)->n, x));
}
static PyObject *thing_me(PyObject *self) {
    Py_INCREF(self);
    return self;
}
static PyObject *thing_me_wrapper(PyObject *self, PyObject *unused) {
    (void)unused;
    return thing_me(self);
}
static PyMethodDef thing_methods[] = {
    {"get", thing_get_wrapper, METH_NOARGS, NULL},
    {"two", (PyCFunction)(void (*)(void))thing_two_wrapper, METH_FASTCALL, NULL},
    {"field", thing_field_wrapper, METH_O, NULL},
    {"me", thing_me_wrapper, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyObject *thing_new(PyTypeObject *type, PyObject *args, PyObject *kw) {
    (void)args, (void)kw;
    Thing *t = (Thing *)type->tp_alloc(type, 0);
    if (t == NULL) return NULL;
    t->n = 3;
    t->factor = 2.5;
    return (PyObject *)t;
}
static PyTypeObject thing_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "shapes.Thing",
    .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_methods = thing_methods,
    .tp_new = thing_new,
};

/* ---- text, bytes, buffers ---- */

static uint64_t text(const char *s, Py_ssize_t n) { return n == 0 ? 0 : (uint64_t)n + (unsigned char)s[n - 1]; }
static PyObject *text_wrapper(PyObject *self, PyObject *o) {
    (void)self;
    Py_ssize_t n;
    const char *s = PyUnicode_AsUTF8AndSize(o, &n);
    return s == NULL ? NULL : PyLong_FromUnsignedLongLong(text(s, n));
}
static int64_t text_raises(const char *s, Py_ssize_t n) {
    if (n == 0) {
        PyErr_SetString(PyExc_ValueError, "empty");
        return -1;
    }
    return n + (unsigned char)s[n - 1];
}
static PyObject *text_raises_wrapper(PyObject *self, PyObject *o) {
    (void)self;
    Py_ssize_t n;
    const char *s = PyUnicode_AsUTF8AndSize(o, &n);
    if (s == NULL) return NULL;
    int64_t r = text_raises(s, n);
    return r == -1 && PyErr_Occurred() ? NULL : PyLong_FromLongLong(r);
}
static uint64_t data(const char *s, Py_ssize_t n) { return n == 0 ? 0 : (uint64_t)n + (unsigned char)s[n - 1]; }
static PyObject *data_wrapper(PyObject *self, PyObject *o) {
    (void)self;
    char *s;
    Py_ssize_t n;
    if (PyBytes_AsStringAndSize(o, &s, &n) != 0) return NULL;
    return PyLong_FromUnsignedLongLong(data(s, n));
}
static bool starts(const char *s, Py_ssize_t n, const char *t, Py_ssize_t m) { return m <= n && (m == 0 || s[0] == t[0]); }
static PyObject *starts_wrapper(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    (void)self;
    if (count != 2) return typed_wrong_count("starts", 2, count);
    Py_ssize_t n;
    const char *s = PyUnicode_AsUTF8AndSize(args[0], &n);
    if (s == NULL) return NULL;
    char *t;
    Py_ssize_t m;
    if (PyBytes_AsStringAndSize(args[1], &t, &m) != 0) return NULL;
    return PyBool_FromLong(starts(s, n, t, m));
}

static int elements(PyObject *o, Py_buffer *b, const char *format, Py_ssize_t size, int flags) {
    if (PyObject_GetBuffer(o, b, flags | PyBUF_ND | PyBUF_FORMAT) != 0) return 0;
    const char *f = b->format == NULL ? "B" : b->format;
    if (b->ndim == 1 && b->itemsize == size && strcmp(f, format) == 0) return 1;
    PyBuffer_Release(b);
    PyErr_Format(PyExc_TypeError, "wants one dimension of '%s'", format);
    return 0;
}
static double ends(const double *a, Py_ssize_t n) { return n == 0 ? 0.0 : a[0] + a[n - 1]; }
static PyObject *ends_wrapper(PyObject *self, PyObject *o) {
    (void)self;
    Py_buffer b;
    if (!elements(o, &b, "d", sizeof(double), 0)) return NULL;
    double r = ends(b.buf, b.len / (Py_ssize_t)sizeof(double));
    PyBuffer_Release(&b);
    return PyFloat_FromDouble(r);
}
static uint64_t octets(const uint8_t *a, Py_ssize_t n) { return n == 0 ? 0 : a[0] + (uint64_t)n; }
static PyObject *octets_wrapper(PyObject *self, PyObject *o) {
    (void)self;
    Py_buffer b;
    if (!elements(o, &b, "B", 1, 0)) return NULL;
    uint64_t r = octets(b.buf, b.len);
    PyBuffer_Release(&b);
    return PyLong_FromUnsignedLongLong(r);
}
static void put(double *a, Py_ssize_t n, double x) {
    if (n > 0) a[n - 1] = x;
}
static PyObject *put_wrapper(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    (void)self;
    if (count != 2) return typed_wrong_count("put", 2, count);
    TYPED_TAKE_(f64, x, args[1])
    Py_buffer b;
    if (!elements(args[0], &b, "d", sizeof(double), PyBUF_WRITABLE)) return NULL;
    put(b.buf, b.len / (Py_ssize_t)sizeof(double), x);
    PyBuffer_Release(&b);
    Py_RETURN_NONE;
}
static int64_t ends_raises(const double *a, Py_ssize_t n) {
    if (n == 0) {
        PyErr_SetString(PyExc_ValueError, "empty");
        return -1;
    }
    return (int64_t)(a[0] + a[n - 1]);
}
static PyObject *ends_raises_wrapper(PyObject *self, PyObject *o) {
    (void)self;
    Py_buffer b;
    if (!elements(o, &b, "d", sizeof(double), 0)) return NULL;
    int64_t r = ends_raises(b.buf, b.len / (Py_ssize_t)sizeof(double));
    PyBuffer_Release(&b);
    return r == -1 && PyErr_Occurred() ? NULL : PyLong_FromLongLong(r);
}

/* Nine doubles. */
typedef struct {
    PyObject_HEAD
    double all[9];
    Py_ssize_t count;
    Py_ssize_t exports;
} Numbers;
static PyTypeObject numbers_type;
static int numbers_buffer(PyObject *self, Py_buffer *b, int flags) {
    Numbers *me = (Numbers *)self;
    if (PyBuffer_FillInfo(b, self, me->all, me->count * (Py_ssize_t)sizeof(double), 0, flags) != 0) return -1;
    b->itemsize = sizeof(double);
    b->format = flags & PyBUF_FORMAT ? "d" : NULL;
    if (b->shape != NULL) b->shape = &me->count;
    if (b->strides != NULL) b->strides = &b->itemsize;
    me->exports++;
    return 0;
}
static void numbers_release(PyObject *self, Py_buffer *b) {
    (void)b;
    ((Numbers *)self)->exports--;
}
static PyBufferProcs numbers_procs = {numbers_buffer, numbers_release};
static PyObject *numbers_exports(PyObject *self, PyObject *unused) {
    (void)unused;
    return PyLong_FromSsize_t(((Numbers *)self)->exports);
}
static PyObject *numbers_shrink(PyObject *self, PyObject *unused) {
    (void)unused;
    Numbers *me = (Numbers *)self;
    if (me->exports != 0) {
        PyErr_SetString(PyExc_BufferError, "somebody looks");
        return NULL;
    }
    if (me->count > 0) me->count--;
    Py_RETURN_NONE;
}
static PyMethodDef numbers_methods[] = {
    {"exports", numbers_exports, METH_NOARGS, NULL},
    {"shrink", numbers_shrink, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyObject *numbers_new(PyTypeObject *type, PyObject *args, PyObject *kw) {
    (void)args, (void)kw;
    Numbers *me = (Numbers *)type->tp_alloc(type, 0);
    if (me == NULL) return NULL;
    me->count = 9;
    for (int i = 0; i < 9; i++) me->all[i] = 1.5;
    return (PyObject *)me;
}
static PyTypeObject numbers_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "shapes.Numbers",
    .tp_basicsize = sizeof(Numbers),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_as_buffer = &numbers_procs,
    .tp_methods = numbers_methods,
    .tp_new = numbers_new,
};

/* ---- the other carrier ---- */

PYTYPED_PREFIX(prefix_long, "prefix_long", i64_same, PYTYPED_T_LONG, PYTYPED_T_LONG)
PYTYPED_PREFIX(prefix_double, "prefix_double", f64_same, PYTYPED_T_DOUBLE, PYTYPED_T_DOUBLE)
PYTYPED_PREFIX(prefix_object, "prefix_object", identity, PYTYPED_T_OBJECT, PYTYPED_T_OBJECT)
PYTYPED_PREFIX(prefix_raises, "prefix_raises", sentinel, -PYTYPED_T_LONG, PYTYPED_T_LONG)

/* ---- the C loops ---- */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* What the calls are given. The compiler does not know the values. */
static volatile int64_t v_int = 7;
static volatile double v_float = 1.5;
static const char *volatile v_text = "some text";
static volatile Py_ssize_t v_size = 9;
static double numbers[10];
static double *volatile v_numbers = numbers;
static PyObject *v_object, *v_thing;

#define WITH                                                                                        \
    const int64_t i = v_int;                                                                         \
    const double x = v_float;                                                                        \
    const char *s = v_text;                                                                          \
    const Py_ssize_t n = v_size;                                                                     \
    double *a = v_numbers;                                                                           \
    PyObject *o = v_object, *t = v_thing;                                                            \
    (void)i, (void)x, (void)s, (void)n, (void)a, (void)o, (void)t;

/* `each` is done with every result r. */
#define LOOP_(f, native, R, P, each, ...)                                                           \
    static double loop_##f(long times) {                                                             \
        WITH                                                                                         \
        R(*volatile pointer) P = (R(*) P)native;                                                     \
        R(*call) P = pointer;                                                                        \
        double start = now();                                                                        \
        for (long k = 0; k < times; k++) {                                                           \
            each call(__VA_ARGS__);                                                                  \
            NOTHING_AT_ALL;                                                                          \
        }                                                                                            \
        return (now() - start) / (double)times;                                                      \
    }
#define LOOP(f, native, R, P, ...)                                                                  \
    static volatile R last_##f;                                                                      \
    static double loop_##f(long times) {                                                             \
        WITH                                                                                         \
        R(*volatile pointer) P = (R(*) P)native;                                                     \
        R(*call) P = pointer;                                                                        \
        R r = (R)0;                                                                                  \
        double start = now();                                                                        \
        for (long k = 0; k < times; k++) r = call(__VA_ARGS__);                                      \
        last_##f = r;                                                                                \
        return (now() - start) / (double)times;                                                      \
    }
/* As a C program would in a loop that keeps the last object. */
#define LOOP_OBJECT(f, native, P, ...)                                                              \
    static double loop_##f(long times) {                                                             \
        WITH                                                                                         \
        PyObject *(*volatile pointer) P = native;                                                    \
        PyObject *(*call) P = pointer;                                                               \
        double start = now();                                                                        \
        for (long k = 0; k < times; k++) {                                                           \
            PyObject *r = call(__VA_ARGS__);                                                         \
            Py_DECREF(r);                                                                            \
        }                                                                                            \
        return (now() - start) / (double)times;                                                      \
    }
/* A result that may be an error is looked at. */
#define LOOP_CHECKED(f, native, R, P, bad, ...)                                                     \
    static volatile R last_##f;                                                                      \
    static double loop_##f(long times) {                                                             \
        WITH                                                                                         \
        R(*volatile pointer) P = (R(*) P)native;                                                     \
        R(*call) P = pointer;                                                                        \
        R r = (R)0;                                                                                  \
        double start = now();                                                                        \
        for (long k = 0; k < times; k++) {                                                           \
            r = call(__VA_ARGS__);                                                                   \
            if ((bad) && PyErr_Occurred()) return -1.0;                                              \
        }                                                                                            \
        last_##f = r;                                                                                \
        return (now() - start) / (double)times;                                                      \
    }

LOOP_(nothing, nothing, void, (void), )
LOOP(number, number, int64_t, (void))
LOOP(i8_same, i8_same, int8_t, (int8_t), (int8_t)i)
LOOP(i16_same, i16_same, int16_t, (int16_t), (int16_t)i)
LOOP(i32_same, i32_same, int32_t, (int32_t), (int32_t)i)
LOOP(i64_same, i64_same, int64_t, (int64_t), i)
LOOP(u8_same, u8_same, uint8_t, (uint8_t), (uint8_t)i)
LOOP(u16_same, u16_same, uint16_t, (uint16_t), (uint16_t)i)
LOOP(u32_same, u32_same, uint32_t, (uint32_t), (uint32_t)i)
LOOP(u64_same, u64_same, uint64_t, (uint64_t), (uint64_t)i)
LOOP(f32_same, f32_same, float, (float), (float)x)
LOOP(f64_same, f64_same, double, (double), x)
LOOP(negate, negate, bool, (bool), i > 0)
LOOP(positive, positive, bool, (int64_t), i)
LOOP_(sink, sink, void, (int64_t), , i)
LOOP(two, two, int64_t, (int64_t, int64_t), i, i)
LOOP(three, three, double, (double, double, double), x, x, x)
LOOP(four, four, int64_t, (int64_t, int64_t, int64_t, int64_t), i, i, i, i)
LOOP(five, five, int64_t, (int64_t, double, int64_t, double, int64_t), i, x, i, x, i)
LOOP(six, six, int64_t, (int64_t, int64_t, int64_t, int64_t, int64_t, int64_t), i, i, i, i, i, i)
LOOP(not_leaf, not_leaf, int64_t, (int64_t), i)
LOOP_CHECKED(sentinel, sentinel, int64_t, (int64_t), r == -1, i)
LOOP_CHECKED(always, always, double, (double), 1, x)
LOOP_CHECKED(status, status, int, (int64_t), r != 0, i)
LOOP(scaled, scaled, double, (double, int64_t), x, i)
LOOP(twice, twice_f64, double, (double), x)
LOOP(count_of, count_of, int64_t, (PyObject *), o)
LOOP_CHECKED(size_of, size_of, int64_t, (PyObject *), r == -1, o)
LOOP_OBJECT(identity, identity, (PyObject *), o)
LOOP_OBJECT(constant, constant, (void))
LOOP_OBJECT(choose, choose, (int64_t, PyObject *, PyObject *), i, o, t)
LOOP_OBJECT(nothing_object, nothing_object, (PyObject *), o)
LOOP_OBJECT(make_int, make_int, (int64_t), i)
LOOP_OBJECT(make_big, make_int, (int64_t), i * 1000000)
LOOP_OBJECT(make_float, make_float, (double), x)
LOOP_OBJECT(make_str, make_str, (int64_t), i)
LOOP_OBJECT(make_bytes, make_bytes, (int64_t), i)
LOOP_OBJECT(make_tuple, make_tuple, (PyObject *), o)
LOOP(thing_get, thing_get, int64_t, (PyObject *), t)
LOOP(thing_two, thing_two, double, (PyObject *, double, int64_t), t, x, i)
LOOP(thing_field, thing_field, int64_t, (const int64_t *, int64_t), &((Thing *)t)->n, i)
LOOP_OBJECT(thing_me, thing_me, (PyObject *), t)
LOOP(text, text, uint64_t, (const char *, Py_ssize_t), s, n)
LOOP_CHECKED(text_raises, text_raises, int64_t, (const char *, Py_ssize_t), r == -1, s, n)
LOOP(data, data, uint64_t, (const char *, Py_ssize_t), s, n)
LOOP(starts, starts, bool, (const char *, Py_ssize_t, const char *, Py_ssize_t), s, n, s, n)
LOOP(ends, ends, double, (const double *, Py_ssize_t), a, n)
LOOP(octets, octets, uint64_t, (const uint8_t *, Py_ssize_t), (const uint8_t *)s, n)
LOOP_(put, put, void, (double *, Py_ssize_t, double), , a, n, x)
LOOP_CHECKED(ends_raises, ends_raises, int64_t, (const double *, Py_ssize_t), r == -1, a, n)

/* The same over an array of what C holds. */
#define ITEMS 1000
typedef struct {
    const char *at;
    Py_ssize_t size;
} Span;
static Span spans[ITEMS];
static PyObject *objects[ITEMS];
static double loop_texts(long times) {
    uint64_t (*volatile pointer)(const char *, Py_ssize_t) = text;
    uint64_t (*call)(const char *, Py_ssize_t) = pointer;
    uint64_t sum = 0;
    for (int k = 0; k < ITEMS; k++) spans[k].at = v_text, spans[k].size = v_size;
    double start = now();
    for (long k = 0; k < times / ITEMS; k++)
        for (int j = 0; j < ITEMS; j++) sum += call(spans[j].at, spans[j].size);
    v_int = 7 + (int64_t)(sum & 0);
    return (now() - start) / (double)(times / ITEMS * ITEMS);
}
static double loop_things(long times) {
    int64_t (*volatile pointer)(PyObject *) = count_of;
    int64_t (*call)(PyObject *) = pointer;
    int64_t sum = 0;
    for (int k = 0; k < ITEMS; k++) objects[k] = v_thing;
    double start = now();
    for (long k = 0; k < times / ITEMS; k++)
        for (int j = 0; j < ITEMS; j++) sum += call(objects[j]);
    v_int = 7 + (sum & 0);
    return (now() - start) / (double)(times / ITEMS * ITEMS);
}

typedef struct {
    const char *name;
    double (*run)(long);
} Loop;
#define L(f) {#f, loop_##f}
static const Loop loops[] = {
    L(nothing), L(number), L(i8_same), L(i16_same), L(i32_same), L(i64_same), L(u8_same), L(u16_same), L(u32_same),
    L(u64_same), L(f32_same), L(f64_same), L(negate), L(positive), L(sink), L(two), L(three), L(four), L(five), L(six),
    L(not_leaf), L(sentinel), L(always), L(status), L(scaled), L(twice), L(count_of), L(size_of), L(identity),
    L(constant), L(choose), L(nothing_object), L(make_int), L(make_big), L(make_float), L(make_str), L(make_bytes),
    L(make_tuple), L(thing_get), L(thing_two), L(thing_field), L(thing_me), L(text), L(text_raises), L(data), L(starts),
    L(ends), L(octets), L(put), L(ends_raises), L(texts), L(things), {NULL, NULL},
};
static PyObject *loop(PyObject *self, PyObject *args) {
    (void)self;
    const char *name;
    long times;
    if (!PyArg_ParseTuple(args, "sl", &name, &times)) return NULL;
    for (const Loop *l = loops; l->name != NULL; l++)
        if (strcmp(l->name, name) == 0) return PyFloat_FromDouble(l->run(times));
    return PyErr_Format(PyExc_ValueError, "no loop %s", name);
}

/* ---- the module ---- */

/* In the order of the methods. */
enum {
    NOTHING, NUMBER, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, NEGATE, POSITIVE, SINK, TWO, THREE, FOUR, FIVE, SIX,
    NOT_LEAF, SENTINEL, ALWAYS, STATUS, SCALED, TWICE, COUNT_OF, SIZE_OF, IDENTITY, CONSTANT, CHOOSE, NOTHING_OBJECT,
    MAKE_INT, MAKE_FLOAT, MAKE_STR, MAKE_BYTES, MAKE_TUPLE, TEXT, TEXT_RAISES, DATA, STARTS, ENDS, OCTETS, PUT,
    ENDS_RAISES, PREFIX_LONG, PREFIX_DOUBLE, PREFIX_OBJECT, PREFIX_RAISES, LOOP_, LAST,
};
#define FAST(f) {#f, (PyCFunction)(void (*)(void))f##_wrapper, METH_FASTCALL, NULL}
#define ONE(f) {#f, f##_wrapper, METH_O, NULL}
static PyMethodDef methods[LAST + 1] = {
    [NOTHING] = TYPED_DEF0(nothing, NULL),
    [NUMBER] = TYPED_DEF0(number, NULL),
    [I8] = ONE(i8_same),
    [I16] = ONE(i16_same),
    [I32] = ONE(i32_same),
    [I64] = ONE(i64_same),
    [U8] = ONE(u8_same),
    [U16] = ONE(u16_same),
    [U32] = ONE(u32_same),
    [U64] = ONE(u64_same),
    [F32] = ONE(f32_same),
    [F64] = ONE(f64_same),
    [NEGATE] = ONE(negate),
    [POSITIVE] = ONE(positive),
    [SINK] = ONE(sink),
    [TWO] = FAST(two),
    [THREE] = FAST(three),
    [FOUR] = FAST(four),
    [FIVE] = FAST(five),
    [SIX] = FAST(six),
    [NOT_LEAF] = ONE(not_leaf),
    [SENTINEL] = ONE(sentinel),
    [ALWAYS] = ONE(always),
    [STATUS] = ONE(status),
    [SCALED] = {"scaled", (PyCFunction)(void (*)(void))scaled_wrapper, METH_FASTCALL | METH_KEYWORDS, NULL},
    [TWICE] = ONE(twice),
    [COUNT_OF] = ONE(count_of),
    [SIZE_OF] = ONE(size_of),
    [IDENTITY] = ONE(identity),
    [CONSTANT] = TYPED_DEF0(constant, NULL),
    [CHOOSE] = FAST(choose),
    [NOTHING_OBJECT] = ONE(nothing_object),
    [MAKE_INT] = ONE(make_int),
    [MAKE_FLOAT] = ONE(make_float),
    [MAKE_STR] = ONE(make_str),
    [MAKE_BYTES] = ONE(make_bytes),
    [MAKE_TUPLE] = ONE(make_tuple),
    [TEXT] = ONE(text),
    [TEXT_RAISES] = ONE(text_raises),
    [DATA] = ONE(data),
    [STARTS] = FAST(starts),
    [ENDS] = ONE(ends),
    [OCTETS] = ONE(octets),
    [PUT] = FAST(put),
    [ENDS_RAISES] = ONE(ends_raises),
    [PREFIX_LONG] = {prefix_long.ml_name, i64_same_wrapper, METH_O | METH_TYPED, NULL},
    [PREFIX_DOUBLE] = {prefix_double.ml_name, f64_same_wrapper, METH_O | METH_TYPED, NULL},
    [PREFIX_OBJECT] = {prefix_object.ml_name, identity_wrapper, METH_O | METH_TYPED, NULL},
    [PREFIX_RAISES] = {prefix_raises.ml_name, sentinel_wrapper, METH_O | METH_TYPED, NULL},
    [LOOP_] = {"loop", loop, METH_VARARGS, NULL},
};

static const PyTypedEntry twice_int =
    PYTYPED_FUNCTION(&methods[TWICE], twice_i64, PYTYPED_I64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_I64);

#define PLAIN1(at, f, r, a) TYPED_ENTRY1(&methods[at], f, PYTYPED_NEVER, PYTYPED_LEAF, r, a)
PYTYPED_TABLE(shapes,
    TYPED_ENTRY0(&methods[NOTHING], nothing, PYTYPED_NEVER, PYTYPED_LEAF, none),
    TYPED_ENTRY0(&methods[NUMBER], number, PYTYPED_NEVER, PYTYPED_LEAF, i64),
    PLAIN1(I8, i8_same, i8, i8),
    PLAIN1(I16, i16_same, i16, i16),
    PLAIN1(I32, i32_same, i32, i32),
    PLAIN1(I64, i64_same, i64, i64),
    PLAIN1(U8, u8_same, u8, u8),
    PLAIN1(U16, u16_same, u16, u16),
    PLAIN1(U32, u32_same, u32, u32),
    PLAIN1(U64, u64_same, u64, u64),
    PLAIN1(F32, f32_same, f32, f32),
    PLAIN1(F64, f64_same, f64, f64),
    PLAIN1(NEGATE, negate, bool_, bool_),
    PLAIN1(POSITIVE, positive, bool_, i64),
    PLAIN1(SINK, sink, none, i64),
    TYPED_ENTRY2(&methods[TWO], two, PYTYPED_NEVER, PYTYPED_LEAF, i64, i64, i64),
    TYPED_ENTRY3(&methods[THREE], three, PYTYPED_NEVER, PYTYPED_LEAF, f64, f64, f64, f64),
    TYPED_ENTRY4(&methods[FOUR], four, PYTYPED_NEVER, PYTYPED_LEAF, i64, i64, i64, i64, i64),
    PYTYPED_FUNCTION(&methods[FIVE], five, PYTYPED_I64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_I64, PYTYPED_F64,
                     PYTYPED_I64, PYTYPED_F64, PYTYPED_I64),
    PYTYPED_FUNCTION(&methods[SIX], six, PYTYPED_I64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_I64, PYTYPED_I64,
                     PYTYPED_I64, PYTYPED_I64, PYTYPED_I64, PYTYPED_I64),
    TYPED_ENTRY1(&methods[NOT_LEAF], not_leaf, PYTYPED_NEVER, 0, i64, i64),
    TYPED_ENTRY1(&methods[SENTINEL], sentinel, PYTYPED_SENTINEL(-1), 0, i64, i64),
    TYPED_ENTRY1(&methods[ALWAYS], always, PYTYPED_ALWAYS_CHECK, 0, f64, f64),
    PYTYPED_FUNCTION(&methods[STATUS], status, PYTYPED_VOID, PYTYPED_NONZERO, 0, PYTYPED_I64),
    PYTYPED_FUNCTION_KW(&methods[SCALED], scaled, PYTYPED_F64, PYTYPED_NEVER, PYTYPED_LEAF, "a,b",
                        PYTYPED_DEFAULTS(1, 0, 2), PYTYPED_F64, PYTYPED_I64),
    PYTYPED_OVERLOAD(&twice_int, &methods[TWICE], twice_f64, PYTYPED_F64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_F64),
    PLAIN1(COUNT_OF, count_of, i64, object_),
    TYPED_ENTRY1(&methods[SIZE_OF], size_of, PYTYPED_SENTINEL(-1), 0, i64, object_),
    TYPED_ENTRY1(&methods[IDENTITY], identity, PYTYPED_NEVER, 0, object_, object_),
    TYPED_ENTRY0(&methods[CONSTANT], constant, PYTYPED_NEVER, 0, object_),
    TYPED_ENTRY3(&methods[CHOOSE], choose, PYTYPED_NEVER, 0, object_, i64, object_, object_),
    TYPED_ENTRY1(&methods[NOTHING_OBJECT], nothing_object, PYTYPED_NEVER, 0, object_, object_),
    TYPED_ENTRY1(&methods[MAKE_INT], make_int, PYTYPED_SENTINEL(0), 0, object_, i64),
    TYPED_ENTRY1(&methods[MAKE_FLOAT], make_float, PYTYPED_SENTINEL(0), 0, object_, f64),
    TYPED_ENTRY1(&methods[MAKE_STR], make_str, PYTYPED_SENTINEL(0), 0, object_, i64),
    TYPED_ENTRY1(&methods[MAKE_BYTES], make_bytes, PYTYPED_SENTINEL(0), 0, object_, i64),
    TYPED_ENTRY1(&methods[MAKE_TUPLE], make_tuple, PYTYPED_SENTINEL(0), 0, object_, object_),
    PYTYPED_FUNCTION(&methods[TEXT], text, PYTYPED_U64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_UTF8),
    PYTYPED_FUNCTION(&methods[TEXT_RAISES], text_raises, PYTYPED_I64, PYTYPED_SENTINEL(-1), 0, PYTYPED_UTF8),
    PYTYPED_FUNCTION(&methods[DATA], data, PYTYPED_U64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_BYTES),
    PYTYPED_FUNCTION(&methods[STARTS], starts, PYTYPED_BOOL, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_UTF8, PYTYPED_BYTES),
    PYTYPED_FUNCTION(&methods[ENDS], ends, PYTYPED_F64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_BUFFER(PYTYPED_F64)),
    PYTYPED_FUNCTION(&methods[OCTETS], octets, PYTYPED_U64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_BUFFER(PYTYPED_U8)),
    PYTYPED_FUNCTION(&methods[PUT], put, PYTYPED_VOID, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_WBUFFER(PYTYPED_F64),
                     PYTYPED_F64),
    PYTYPED_FUNCTION(&methods[ENDS_RAISES], ends_raises, PYTYPED_I64, PYTYPED_SENTINEL(-1), 0,
                     PYTYPED_BUFFER(PYTYPED_F64)),
    PYTYPED_METHOD(&thing_type_at, &thing_methods[0], thing_get, PYTYPED_I64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_SELF),
    PYTYPED_METHOD(&thing_type_at, &thing_methods[1], thing_two, PYTYPED_F64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_SELF,
                   PYTYPED_F64, PYTYPED_I64),
    PYTYPED_METHOD(&thing_type_at, &thing_methods[2], thing_field, PYTYPED_I64, PYTYPED_NEVER, PYTYPED_LEAF,
                   PYTYPED_SELF_STRUCT, PYTYPED_I64),
    PYTYPED_METHOD(&thing_type_at, &thing_methods[3], thing_me, PYTYPED_OBJECT, PYTYPED_NEVER, 0, PYTYPED_SELF))

static PyModuleDef shapes_module = {
    PyModuleDef_HEAD_INIT, "shapes", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_shapes(void) {
    if (PyType_Ready(&thing_type) < 0 || PyType_Ready(&numbers_type) < 0) return NULL;
    name_a = PyUnicode_InternFromString("a");
    name_b = PyUnicode_InternFromString("b");
    shared = PyUnicode_InternFromString("some text that is shared");
    v_object = PyUnicode_FromString("an object");
    v_thing = PyObject_CallNoArgs((PyObject *)&thing_type);
    PyObject *m = PyModule_Create(&shapes_module);
    if (m == NULL || name_a == NULL || name_b == NULL || shared == NULL || v_object == NULL || v_thing == NULL) return NULL;
    if (PyModule_AddObjectRef(m, "Thing", (PyObject *)&thing_type) < 0) return NULL;
    if (PyModule_AddObjectRef(m, "Numbers", (PyObject *)&numbers_type) < 0) return NULL;
    return m;
}
