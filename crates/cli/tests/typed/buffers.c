/* Buffers as parameters. The wrappers take what the native functions take, and say what they do not. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <string.h>

#include "typed_method.h"

static double sum(const double *at, Py_ssize_t n) {
    double s = 0;
    for (Py_ssize_t i = 0; i < n; i++) s += at[i];
    return s;
}

static uint64_t bytes(const uint8_t *at, Py_ssize_t n) {
    uint64_t s = 0;
    for (Py_ssize_t i = 0; i < n; i++) s = s * 31 + at[i];
    return s;
}

static int64_t longs(const int64_t *at, Py_ssize_t n) {
    int64_t s = 0;
    for (Py_ssize_t i = 0; i < n; i++) s ^= at[i] + i;
    return s;
}

static int fill(int32_t *at, Py_ssize_t n, int32_t value) {
    if (value == 13) {
        PyErr_SetString(PyExc_ValueError, "13");
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) at[i] = value;
    return 0;
}

static double dot(const double *a, Py_ssize_t n, const float *b, Py_ssize_t m, double *c, Py_ssize_t k) {
    double s = 0;
    for (Py_ssize_t i = 0; i < n && i < m && i < k; i++) s += c[i] = a[i] * (double)b[i];
    return s;
}

/* Calls f, and only then looks. */
static uint64_t after(uint8_t *at, Py_ssize_t n, PyObject *f) {
    PyObject *r = PyObject_CallNoArgs(f);
    if (r == NULL) return (uint64_t)-1;
    Py_DECREF(r);
    return bytes(at, n);
}

/* A contiguous buffer of one dimension, of one of these formats. */
static int get(PyObject *o, Py_buffer *view, const char *formats, Py_ssize_t size, int flags) {
    if (PyObject_GetBuffer(o, view, PyBUF_FORMAT | PyBUF_ND | flags) < 0) return -1;
    const char *f = view->format == NULL ? "B" : view->format;
    f += *f == '@' || *f == '<' || *f == '=';
    if (view->ndim == 1 && view->itemsize == size && strlen(f) == 1 && strchr(formats, *f)) return 0;
    PyErr_Format(PyExc_TypeError, "wrong items: %d dimensions, %s", view->ndim, f);
    PyBuffer_Release(view);
    return -1;
}

#define READER(name, type, formats, result)                                                                            \
    static PyObject *name##_wrapper(PyObject *m, PyObject *x) {                                                        \
        Py_buffer v;                                                                                                   \
        (void)m;                                                                                                       \
        if (get(x, &v, formats, sizeof(type), 0) < 0) return NULL;                                                     \
        PyObject *r = result(name((const type *)v.buf, v.len / (Py_ssize_t)sizeof(type)));                             \
        PyBuffer_Release(&v);                                                                                          \
        return r;                                                                                                      \
    }
READER(sum, double, "d", PyFloat_FromDouble)
READER(bytes, uint8_t, "B", PyLong_FromUnsignedLongLong)
READER(longs, int64_t, "lqn", PyLong_FromLongLong)

static PyObject *fill_wrapper(PyObject *m, PyObject *args) {
    Py_buffer v;
    PyObject *o;
    int value;
    (void)m;
    if (!PyArg_ParseTuple(args, "Oi:fill", &o, &value) || get(o, &v, "il", 4, PyBUF_WRITABLE) < 0) return NULL;
    int status = fill(v.buf, v.len / 4, value);
    PyBuffer_Release(&v);
    return status == 0 ? Py_NewRef(Py_None) : NULL;
}

static PyObject *dot_wrapper(PyObject *m, PyObject *args) {
    Py_buffer v[3];
    PyObject *o[3];
    (void)m;
    if (!PyArg_ParseTuple(args, "OOO:dot", &o[0], &o[1], &o[2])) return NULL;
    for (int i = 0; i < 3; i++) {
        if (get(o[i], &v[i], i == 1 ? "f" : "d", i == 1 ? 4 : 8, i == 2 ? PyBUF_WRITABLE : 0) < 0) {
            while (i-- > 0) PyBuffer_Release(&v[i]);
            return NULL;
        }
    }
    double r = dot(v[0].buf, v[0].len / 8, v[1].buf, v[1].len / 4, v[2].buf, v[2].len / 8);
    for (int i = 0; i < 3; i++) PyBuffer_Release(&v[i]);
    return PyFloat_FromDouble(r);
}

static PyObject *after_wrapper(PyObject *m, PyObject *args) {
    Py_buffer v;
    PyObject *o, *f;
    (void)m;
    if (!PyArg_ParseTuple(args, "OO:after", &o, &f) || get(o, &v, "B", 1, PyBUF_WRITABLE) < 0) return NULL;
    uint64_t r = after(v.buf, v.len, f);
    PyBuffer_Release(&v);
    return r == (uint64_t)-1 && PyErr_Occurred() ? NULL : PyLong_FromUnsignedLongLong(r);
}

static PyMethodDef methods[] = {
    {"sum", sum_wrapper, METH_O, NULL},        {"bytes", bytes_wrapper, METH_O, NULL},
    {"longs", longs_wrapper, METH_O, NULL},    {"fill", fill_wrapper, METH_VARARGS, NULL},
    {"dot", dot_wrapper, METH_VARARGS, NULL},  {"after", after_wrapper, METH_VARARGS, NULL},
    {"pure", sum_wrapper, METH_O, NULL},       {"result", sum_wrapper, METH_O, NULL},
    {"nested", sum_wrapper, METH_O, NULL},     {NULL, NULL, 0, NULL},
};

PYTYPED_TABLE(buffers,
    PYTYPED_FUNCTION(&methods[0], sum, PYTYPED_F64, PYTYPED_NEVER, PYTYPED_LEAF | PYTYPED_TESTABLE, PYTYPED_BUFFER(PYTYPED_F64)),
    PYTYPED_FUNCTION(&methods[1], bytes, PYTYPED_U64, PYTYPED_NEVER, PYTYPED_LEAF | PYTYPED_TESTABLE, PYTYPED_BUFFER(PYTYPED_U8)),
    PYTYPED_FUNCTION(&methods[2], longs, PYTYPED_I64, PYTYPED_NEVER, PYTYPED_LEAF | PYTYPED_TESTABLE, PYTYPED_BUFFER(PYTYPED_I64)),
    PYTYPED_FUNCTION(&methods[3], fill, PYTYPED_VOID, PYTYPED_NONZERO, 0, PYTYPED_WBUFFER(PYTYPED_I32), PYTYPED_I32),
    PYTYPED_FUNCTION(&methods[4], dot, PYTYPED_F64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_BUFFER(PYTYPED_F64),
                     PYTYPED_BUFFER(PYTYPED_F32), PYTYPED_WBUFFER(PYTYPED_F64)),
    PYTYPED_FUNCTION(&methods[5], after, PYTYPED_U64, PYTYPED_SENTINEL(-1), 0, PYTYPED_WBUFFER(PYTYPED_U8), PYTYPED_OBJECT),
    PYTYPED_FUNCTION(&methods[6], sum, PYTYPED_F64, PYTYPED_NEVER, PYTYPED_PURE, PYTYPED_BUFFER(PYTYPED_F64)),
    PYTYPED_FUNCTION(&methods[7], sum, PYTYPED_BUFFER(PYTYPED_F64), PYTYPED_NEVER, 0, PYTYPED_F64),
    PYTYPED_FUNCTION(&methods[8], sum, PYTYPED_F64, PYTYPED_NEVER, 0, PYTYPED_BUFFER(PYTYPED_UTF8)))

static PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "buffers", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_buffers(void) { return PyModule_Create(&module_def); }
