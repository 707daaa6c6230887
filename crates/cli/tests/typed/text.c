/* Text and bytes as parameters: the native functions are handed an address, and things happen before they look at it. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <string.h>

#include "typed_method.h"

static uint64_t sum(const char *at, Py_ssize_t n) {
    uint64_t s = 0;
    for (Py_ssize_t i = 0; i < n; i++) s = s * 31 + (unsigned char)at[i];
    return s;
}

/* Calls back, and only then looks at the bytes. */
static uint64_t after(const char *text, Py_ssize_t n, const char *bytes, Py_ssize_t m, PyObject *f) {
    PyObject *r = PyObject_CallNoArgs(f);
    if (r == NULL) return (uint64_t)-1;
    Py_DECREF(r);
    return sum(text, n) ^ sum(bytes, m) << 1;
}

/* Lets other threads run, and only then looks at the bytes. */
static uint64_t later(const char *text, Py_ssize_t n) {
    uint64_t s = 0;
    Py_BEGIN_ALLOW_THREADS
    for (volatile int i = 0; i < 20000; i++) {}
    s = sum(text, n);
    Py_END_ALLOW_THREADS
    return s;
}

static uint64_t terminated(const char *text, Py_ssize_t n) {
    (void)n;
    return strlen(text);
}

static double mixed(double x, const char *a, Py_ssize_t n, int64_t i, const char *b, Py_ssize_t m, bool flag) {
    return x + (double)sum(a, n) + (double)i * 2 + (double)sum(b, m) + flag;
}

static int64_t size(PyObject *me, const char *text, Py_ssize_t n) {
    (void)me;
    return text[0] == 'x' ? -1 : n;
}

static PyObject *after_wrapper(PyObject *m, PyObject *args) {
    const char *text, *bytes;
    Py_ssize_t n, k;
    PyObject *f;
    (void)m;
    if (!PyArg_ParseTuple(args, "s#y#O:after", &text, &n, &bytes, &k, &f)) return NULL;
    uint64_t r = after(text, n, bytes, k, f);
    return r == (uint64_t)-1 && PyErr_Occurred() ? NULL : PyLong_FromUnsignedLongLong(r);
}

static const char *text_of(PyObject *x, Py_ssize_t *n) {
    return PyUnicode_Check(x) ? PyUnicode_AsUTF8AndSize(x, n) : (PyErr_SetString(PyExc_TypeError, "no str"), NULL);
}

static PyObject *later_wrapper(PyObject *m, PyObject *x) {
    Py_ssize_t n;
    const char *text = text_of(x, &n);
    (void)m;
    return text == NULL ? NULL : PyLong_FromUnsignedLongLong(later(text, n));
}

static PyObject *terminated_wrapper(PyObject *m, PyObject *x) {
    Py_ssize_t n;
    const char *text = text_of(x, &n);
    (void)m;
    return text == NULL ? NULL : PyLong_FromUnsignedLongLong(terminated(text, n));
}

static PyObject *mixed_wrapper(PyObject *m, PyObject *args) {
    const char *a, *b;
    Py_ssize_t n, k;
    double x;
    long long i;
    int flag;
    (void)m;
    if (!PyArg_ParseTuple(args, "ds#Ly#p:mixed", &x, &a, &n, &i, &b, &k, &flag)) return NULL;
    return PyFloat_FromDouble(mixed(x, a, n, i, b, k, flag != 0));
}

static PyObject *size_wrapper(PyObject *me, PyObject *x) {
    Py_ssize_t n;
    const char *text = text_of(x, &n);
    return text == NULL ? NULL : PyLong_FromLongLong(size(me, text, n));
}

/* The wrapper's own arguments: the first may run anything before the others are looked at. */
static PyObject *indexed(PyObject *m, PyObject *const *args, Py_ssize_t n) {
    (void)m;
    if (n != 4) return PyErr_Format(PyExc_TypeError, "indexed() takes four arguments");
    PyObject *i = PyNumber_Index(args[0]);
    if (i == NULL) return NULL;
    PyObject *r = Py_BuildValue("NOOO", i, args[1], args[2], args[3]);
    return r;
}

static PyMethodDef methods[] = {
    {"after", after_wrapper, METH_VARARGS, NULL},
    {"later", later_wrapper, METH_O, NULL},
    {"terminated", terminated_wrapper, METH_O, NULL},
    {"mixed", mixed_wrapper, METH_VARARGS, NULL},
    {"too_many", after_wrapper, METH_VARARGS, NULL},
    {"defaulted", mixed_wrapper, METH_VARARGS, NULL},
    {"result", later_wrapper, METH_O, NULL},
    {"indexed", (PyCFunction)(void (*)(void))indexed, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};
static PyMethodDef class_methods[] = {{"size", size_wrapper, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static PyTypeObject class = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "text.Class",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = PyType_GenericNew,
    .tp_methods = class_methods,
};
static PyTypeObject *class_pointer = &class;

PYTYPED_TABLE(text,
    PYTYPED_FUNCTION(&methods[0], after, PYTYPED_U64, PYTYPED_SENTINEL(-1), 0, PYTYPED_UTF8, PYTYPED_BYTES, PYTYPED_OBJECT),
    PYTYPED_FUNCTION(&methods[1], later, PYTYPED_U64, PYTYPED_NEVER, 0, PYTYPED_UTF8),
    PYTYPED_FUNCTION(&methods[2], terminated, PYTYPED_U64, PYTYPED_NEVER, PYTYPED_LEAF | PYTYPED_PURE, PYTYPED_UTF8),
    PYTYPED_FUNCTION(&methods[3], mixed, PYTYPED_F64, PYTYPED_NEVER, PYTYPED_LEAF | PYTYPED_PURE, PYTYPED_F64, PYTYPED_UTF8,
                     PYTYPED_I64, PYTYPED_BYTES, PYTYPED_BOOL),
    PYTYPED_FUNCTION(&methods[4], after, PYTYPED_U64, PYTYPED_SENTINEL(-1), 0, PYTYPED_UTF8, PYTYPED_BYTES, PYTYPED_OBJECT,
                     PYTYPED_UTF8),
    PYTYPED_FUNCTION_KW(&methods[5], mixed, PYTYPED_F64, PYTYPED_NEVER, 0, NULL, PYTYPED_DEFAULTS(0, 0), PYTYPED_UTF8),
    PYTYPED_FUNCTION(&methods[6], later, PYTYPED_UTF8, PYTYPED_NEVER, 0, PYTYPED_UTF8),
    PYTYPED_METHOD(&class_pointer, &class_methods[0], size, PYTYPED_I64, PYTYPED_SENTINEL(-1), PYTYPED_TESTABLE,
                   PYTYPED_SELF, PYTYPED_UTF8))

static PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "text", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_text(void) {
    PyObject *m = PyModule_Create(&module_def);
    if (m != NULL && (PyType_Ready(&class) < 0 || PyModule_AddType(m, &class) < 0)) Py_CLEAR(m);
    return m;
}
