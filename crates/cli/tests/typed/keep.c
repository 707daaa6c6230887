/* What a function may do with its arguments beyond looking at them: keep them, compare their addresses, hand them to
 * Python code, return them. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *kept[64];
static int count;

static PyObject *keep(PyObject *m, PyObject *x) {
    (void)m;
    if (count == 64) {
        PyErr_SetString(PyExc_IndexError, "full");
        return NULL;
    }
    Py_INCREF(x);
    kept[count++] = x;
    return PyLong_FromLong(count - 1);
}

static PyObject *get(PyObject *m, PyObject *i) {
    long n = PyLong_AsLong(i);
    (void)m;
    if (n < 0 || n >= count) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_IndexError, "no such object");
        }
        return NULL;
    }
    Py_INCREF(kept[n]);
    return kept[n];
}

static PyObject *drop(PyObject *m, PyObject *unused) {
    (void)m;
    (void)unused;
    while (count > 0) {
        Py_DECREF(kept[--count]);
    }
    Py_RETURN_NONE;
}

static PyObject *identity(PyObject *m, PyObject *x) {
    (void)m;
    Py_INCREF(x);
    return x;
}

static PyObject *same(PyObject *m, PyObject *const *args, Py_ssize_t n) {
    (void)m;
    if (n != 2) {
        return PyErr_Format(PyExc_TypeError, "two objects, not %zd", n);
    }
    return PyBool_FromLong(args[0] == args[1]);
}

/* Whether the argument is the item of the tuple, by address. */
static PyObject *holds(PyObject *m, PyObject *const *args, Py_ssize_t n) {
    (void)m;
    if (n != 2 || PyTuple_Size(args[0]) < 1) {
        return PyErr_Format(PyExc_TypeError, "a tuple and an object");
    }
    return PyBool_FromLong(PyTuple_GetItem(args[0], 0) == args[1]);
}

/* f(x), then f(x) again: Python code sees the same object each time, and may make C see it once more. */
static PyObject *twice(PyObject *m, PyObject *const *args, Py_ssize_t n) {
    (void)m;
    if (n != 2) {
        return PyErr_Format(PyExc_TypeError, "a function and an object");
    }
    PyObject *a = PyObject_CallOneArg(args[0], args[1]);
    if (a == NULL) {
        return NULL;
    }
    PyObject *b = PyObject_CallOneArg(args[0], args[1]);
    if (b == NULL) {
        Py_DECREF(a);
        return NULL;
    }
    PyObject *r = PyTuple_New(2);
    if (r != NULL) {
        PyTuple_SetItem(r, 0, a);
        PyTuple_SetItem(r, 1, b);
    }
    return r;
}

/* An argument is never the only reference. */
static PyObject *shared(PyObject *m, PyObject *x) {
    (void)m;
    return PyBool_FromLong(Py_REFCNT(x) > 1);
}

static PyMethodDef methods[] = {
    {"keep", keep, METH_O, NULL},
    {"get", get, METH_O, NULL},
    {"drop", drop, METH_NOARGS, NULL},
    {"identity", identity, METH_O, NULL},
    {"same", (PyCFunction)(void (*)(void))same, METH_FASTCALL, NULL},
    {"holds", (PyCFunction)(void (*)(void))holds, METH_FASTCALL, NULL},
    {"twice", (PyCFunction)(void (*)(void))twice, METH_FASTCALL, NULL},
    {"shared", shared, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef def = {PyModuleDef_HEAD_INIT, "keep", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_keep(void) { return PyModule_Create(&def); }
