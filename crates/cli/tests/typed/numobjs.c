/* Numbers where objects are wanted: read in place, kept, looked at again after other code has run. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "typed_method.h"
#include "typed_wrap.h"

/* The number without any help of the API. */
static double value(PyObject *o) {
    if (Py_IS_TYPE(o, &PyFloat_Type)) return ((PyFloatObject *)o)->ob_fval;
    if (!Py_IS_TYPE(o, &PyLong_Type)) return -1;
    Py_ssize_t size = Py_SIZE(o), n = size < 0 ? -size : size;
    double v = 0;
    while (n > 0) v = v * (1 << PyLong_SHIFT) + ((PyLongObject *)o)->ob_digit[--n];
    return size < 0 ? -v : v;
}
TYPED_WRAP1(value, f64, object_)

static PyObject *kept[4096];
static int64_t count;

/* Another reference, and the number as bits. */
static int64_t keep(PyObject *o) {
    if (count == 4096) return -1;
    Py_INCREF(o);
    kept[count++] = o;
    return count - 1;
}
TYPED_WRAP1(keep, i64, object_)

/* Whether everybody has this object. */
static bool same(PyObject *a, PyObject *b) { return a == b; }
TYPED_WRAP2(same, bool_, object_, object_)

/* Calls f meanwhile: the number of an argument never changes. */
static double around(PyObject *o, PyObject *f) {
    double before = value(o);
    PyObject *r = PyObject_CallNoArgs(f);
    if (r == NULL) return -1;
    Py_DECREF(r);
    if (memcmp(&before, &(double){value(o)}, sizeof before) != 0)
        PyErr_Format(PyExc_SystemError, "the number has changed: %R", o);
    return before;
}
static PyObject *around_wrapper(PyObject *m, PyObject *const *args, Py_ssize_t n) {
    (void)m;
    if (n != 2) return PyErr_Format(PyExc_TypeError, "around() takes a number and a function");
    double v = around(args[0], args[1]);
    return PyErr_Occurred() ? NULL : PyFloat_FromDouble(v);
}

/* Both arguments, after a call. */
static PyObject *pair(PyObject *a, PyObject *b) { return PyTuple_Pack(2, a, b); }
TYPED_WRAP2(pair, object_, object_, object_)

static PyObject *list;

static PyObject *hold(PyObject *m, PyObject *x) {
    (void)m;
    Py_XSETREF(list, Py_NewRef(x));
    Py_RETURN_NONE;
}

/* The first number of the list that is held, and how many there are, by the macros: C's own view has to be up to date. */
static int64_t first(void) {
    if (list == NULL || PyList_GET_SIZE(list) == 0) return -1;
    return PyLong_AsLongLong(PyList_GET_ITEM(list, 0)) * 1000 + PyList_GET_SIZE(list);
}
TYPED_WRAP0_RAISES(first, i64)

static PyObject *all(PyObject *m, PyObject *unused) {
    (void)m, (void)unused;
    PyObject *list = PyList_New(count);
    if (list == NULL) return NULL;
    while (count > 0) {
        count--;
        PyList_SET_ITEM(list, count, kept[count]);
    }
    return list;
}

static PyMethodDef methods[] = {
    TYPED_DEF1(value, NULL),
    TYPED_DEF1(keep, NULL),
    TYPED_DEF2(same, NULL),
    {"around", (PyCFunction)(void (*)(void))around_wrapper, METH_FASTCALL, NULL},
    TYPED_DEF2(pair, NULL),
    TYPED_DEF0(first, NULL),
    {"hold", hold, METH_O, NULL},
    {"all", all, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
PYTYPED_TABLE(numobjs,
    TYPED_ENTRY1(&methods[0], value, PYTYPED_NEVER, PYTYPED_LEAF, f64, object_),
    TYPED_ENTRY1(&methods[1], keep, PYTYPED_NEVER, PYTYPED_LEAF, i64, object_),
    TYPED_ENTRY2(&methods[2], same, PYTYPED_NEVER, PYTYPED_LEAF, bool_, object_, object_),
    TYPED_ENTRY2(&methods[3], around, PYTYPED_ALWAYS_CHECK, 0, f64, object_, object_),
    TYPED_ENTRY2(&methods[4], pair, PYTYPED_SENTINEL(0), 0, object_, object_, object_),
    TYPED_ENTRY0(&methods[5], first, PYTYPED_SENTINEL(-1), 0, i64))

static PyModuleDef def = {PyModuleDef_HEAD_INIT, "numobjs", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_numobjs(void) { return PyModule_Create(&def); }
