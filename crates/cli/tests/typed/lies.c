/* Functions whose native half does not do what their wrapper does or what their entry promises. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "typed_method.h"

static PyObject *zero(PyObject *m, PyObject *x) {
    (void)m;
    (void)x;
    return PyLong_FromLong(0);
}

static PyObject *value_error(PyObject *m, PyObject *x) {
    (void)m;
    return PyErr_Format(PyExc_ValueError, "not %R", x);
}

static PyObject *same(PyObject *m, PyObject *x) {
    (void)m;
    return Py_NewRef(x);
}

static long native_one_off(long x) { return x == 5; }
static long native_raises_not(long x) { return x; }
static double native_minus_zero(double x) { return -x; }
static long native_leaf_raises(long x) {
    if (x == 13) PyErr_SetString(PyExc_ValueError, "thirteen");
    return x;
}
static long native_leaf_calls(long x) {
    PyObject *o = PyLong_FromLong(x);
    Py_XDECREF(o);
    return x;
}
static long native_nogil_calls(long x) { return native_leaf_calls(x); }
static long native_nogil_takes_it(long x) {
    PyGILState_STATE state = PyGILState_Ensure();
    x = native_leaf_calls(x);
    PyGILState_Release(state);
    return x;
}
static long native_raises_unsaid(long x) { return native_leaf_raises(x); }
static long native_odd_result(long x) { return native_leaf_raises(x); }
static long count;
static long native_not_pure(long x) { return x + count++; }
static PyObject *native_object(PyObject *x) { return PyObject_Repr(x); }
static PyObject *object(PyObject *m, PyObject *x) {
    (void)m;
    return PyObject_Str(x);
}
static PyObject *native_fresh(long x) {
    (void)x;
    return PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
}
static PyObject *fresh(PyObject *m, PyObject *x) {
    (void)m;
    (void)x;
    return native_fresh(0);
}

static PyMethodDef methods[] = {
    {"one_off", zero, METH_O, NULL},         {"raises_not", value_error, METH_O, NULL},
    {"minus_zero", same, METH_O, NULL},      {"leaf_raises", same, METH_O, NULL},
    {"leaf_calls", same, METH_O, NULL},      {"nogil_calls", same, METH_O, NULL},
    {"nogil_takes_it", same, METH_O, NULL},  {"raises_unsaid", same, METH_O, NULL},
    {"odd_result", same, METH_O, NULL},      {"not_pure", same, METH_O, NULL},
    {"object", object, METH_O, NULL},        {"fresh", fresh, METH_O, NULL},
    {"never_called", same, METH_O, NULL},    {"same", same, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

PYTYPED_TABLE(lies,
    PYTYPED_FUNCTION(&methods[0], native_one_off, PYTYPED_LONG, PYTYPED_NEVER, PYTYPED_PURE, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[1], native_raises_not, PYTYPED_LONG, PYTYPED_SENTINEL(-1), PYTYPED_TESTABLE, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[2], native_minus_zero, PYTYPED_F64, PYTYPED_NEVER, PYTYPED_LEAF | PYTYPED_PURE, PYTYPED_F64),
    PYTYPED_FUNCTION(&methods[3], native_leaf_raises, PYTYPED_LONG, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[4], native_leaf_calls, PYTYPED_LONG, PYTYPED_NEVER, PYTYPED_LEAF | PYTYPED_TESTABLE, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[5], native_nogil_calls, PYTYPED_LONG, PYTYPED_NEVER, PYTYPED_NOGIL, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[6], native_nogil_takes_it, PYTYPED_LONG, PYTYPED_NEVER, PYTYPED_NOGIL, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[7], native_raises_unsaid, PYTYPED_LONG, PYTYPED_NEVER, 0, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[8], native_odd_result, PYTYPED_LONG, PYTYPED_SENTINEL(-1), 0, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[9], native_not_pure, PYTYPED_LONG, PYTYPED_NEVER, PYTYPED_PURE, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[10], native_object, PYTYPED_OBJECT, PYTYPED_SENTINEL(0), PYTYPED_TESTABLE, PYTYPED_OBJECT),
    PYTYPED_FUNCTION(&methods[11], native_fresh, PYTYPED_OBJECT, PYTYPED_SENTINEL(0), PYTYPED_TESTABLE, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[12], native_raises_not, PYTYPED_LONG, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[13], native_raises_not, PYTYPED_LONG, PYTYPED_NEVER, PYTYPED_LEAF | PYTYPED_PURE, PYTYPED_LONG))

static PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "lies", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_lies(void) { return PyModule_Create(&module_def); }
