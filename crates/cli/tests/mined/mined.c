/* What Cython writes for cpdef functions, by hand: functions, their wrappers, and `__pyx_capi__`; and what would only look
 * like it. Each C function counts its calls, each wrapper too, so a program sees which way a call took. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <string.h>
#include <structmember.h>

static long direct, wrapped;

#define NATIVE __attribute__((noinline))

/* int -> int */
NATIVE static int inc(int x, int skip) {
    (void)skip;
    direct++;
    if (x == 13) {
        PyErr_SetString(PyExc_ValueError, "unlucky");
        return -1;
    }
    return x + 1;
}

static PyObject *w_inc(PyObject *m, PyObject *a) {
    (void)m;
    wrapped++;
    long x = PyLong_AsLong(a);
    if (x == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (x != (int)x) {
        PyErr_SetString(PyExc_OverflowError, "value too large to convert to int");
        return NULL;
    }
    int r = inc((int)x, 1);
    if (r == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromLong(r);
}

/* bint -> bint; a true result need not be 1 */
NATIVE static int flip(int b, int skip) {
    (void)skip;
    direct++;
    return b ? 0 : 256;
}

static PyObject *w_flip(PyObject *m, PyObject *a) {
    (void)m;
    wrapped++;
    int b = PyObject_IsTrue(a);
    if (b < 0) {
        return NULL;
    }
    PyObject *r = flip(b, 1) ? Py_True : Py_False;
    Py_INCREF(r);
    return r;
}

/* double, optional double -> double */
struct __pyx_opt_args_5mined_scale {
    int __pyx_n;
    double by;
};

NATIVE static double scale(double x, int skip, struct __pyx_opt_args_5mined_scale *o) {
    direct++;
    return skip == 1 ? x * (o && o->__pyx_n > 0 ? o->by : 2.0) : -1.0;
}

static PyObject *w_scale(PyObject *m, PyObject *args) {
    (void)m;
    wrapped++;
    struct __pyx_opt_args_5mined_scale o = {1, 2.0};
    double x;
    if (!PyArg_ParseTuple(args, "d|d", &x, &o.by)) {
        return NULL;
    }
    double r = scale(x, 1, &o);
    return r == -1.0 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(r);
}

/* object -> object */
NATIVE static PyObject *same(PyObject *x, int skip) {
    (void)skip;
    direct++;
    Py_INCREF(x);
    return x;
}

static PyObject *w_same(PyObject *m, PyObject *x) {
    (void)m;
    wrapped++;
    return same(x, 1);
}

/* str -> Py_ssize_t: the C function does not look at what it gets */
NATIVE static Py_ssize_t width(PyObject *x, int skip) {
    (void)skip;
    direct++;
    return PyUnicode_GET_LENGTH(x);
}

static PyObject *w_width(PyObject *m, PyObject *x) {
    (void)m;
    wrapped++;
    if (Py_TYPE(x) != &PyUnicode_Type) {
        PyErr_SetString(PyExc_TypeError, "expected str");
        return NULL;
    }
    return PyLong_FromSsize_t(width(x, 1));
}

/* str or bytes: which is asked of the argument is not to be told */
NATIVE static Py_ssize_t both(PyObject *x, int skip) {
    (void)skip;
    direct++;
    return Py_TYPE(x) == &PyUnicode_Type;
}

static PyObject *w_both(PyObject *m, PyObject *x) {
    (void)m;
    wrapped++;
    if (Py_TYPE(x) != &PyUnicode_Type && Py_TYPE(x) != &PyBytes_Type) {
        PyErr_SetString(PyExc_TypeError, "expected text");
        return NULL;
    }
    return PyLong_FromSsize_t(both(x, 1));
}

/* Wrappers whose C functions cannot be called. */
static PyObject *w_any(PyObject *m, PyObject *x) {
    (void)m;
    wrapped++;
    Py_INCREF(x);
    return x;
}

static int inner(int x) {
    return x;
}

static PyObject *counts(PyObject *m, PyObject *unused) {
    (void)m;
    (void)unused;
    PyObject *r = Py_BuildValue("(ll)", direct, wrapped);
    direct = wrapped = 0;
    return r;
}

static PyMethodDef methods[] = {
    {"inc", w_inc, METH_O, NULL},          {"flip", w_flip, METH_O, NULL},
    {"scale", w_scale, METH_VARARGS, NULL}, {"same", w_same, METH_O, NULL},
    {"width", w_width, METH_O, NULL},      {"both", w_both, METH_O, NULL},
    {"long_double", w_any, METH_O, NULL},  {"typedef_", w_any, METH_O, NULL},
    {"pointer", w_any, METH_O, NULL},      {"many", w_any, METH_O, NULL},
    {"garbled", w_any, METH_O, NULL},      {"elsewhere", w_any, METH_O, NULL},
    {"data", w_any, METH_O, NULL},         {"instance", w_any, METH_O, NULL},
    {"neither", w_any, METH_O, NULL},      {"unlisted", w_any, METH_O, NULL},
    {"cdef_", w_any, METH_O, NULL},        {"counts", counts, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

/* A function type like Cython's. */
typedef struct {
    PyCFunctionObject func;
    PyObject *qualname, *closure;
} Function;

static PyObject *function_call(PyObject *f, PyObject *args, PyObject *kw) {
    if (kw || PyTuple_GET_SIZE(args) != 1) {
        PyErr_SetString(PyExc_TypeError, "one argument");
        return NULL;
    }
    return ((PyCFunctionObject *)f)->m_ml->ml_meth(f, PyTuple_GET_ITEM(args, 0));
}

static PyMemberDef function_members[] = {
    {"__module__", T_OBJECT, offsetof(PyCFunctionObject, m_module), 0, NULL},
    {"__qualname__", T_OBJECT, offsetof(Function, qualname), 0, NULL},
    {"__closure__", T_OBJECT, offsetof(Function, closure), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject FunctionType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_cython_0.cython_function_or_method",
    .tp_basicsize = sizeof(Function),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_call = function_call,
    .tp_members = function_members,
};

/* The wrapper's body has its C function's in it, and names itself where a traceback would be made. */
static const char *volatile name_of_traceback;

static PyObject *own_inc(PyObject *a, const char *name) {
    wrapped++;
    long x = PyLong_AsLong(a);
    if (x == -1 && PyErr_Occurred()) {
        name_of_traceback = name;
        return NULL;
    }
    return PyLong_FromLong(x + 1);
}

static long honest(long x, int skip) {
    (void)skip;
    direct++;
    return x + 1;
}

static PyObject *w_honest(PyObject *f, PyObject *a) {
    (void)f;
    return own_inc(a, "mined.honest");
}

static PyObject *w_method(PyObject *f, PyObject *a) {
    (void)f;
    return own_inc(a, "mined.Class.method");
}

static PyObject *w_nameless(PyObject *f, PyObject *a) {
    (void)f;
    return own_inc(a, "nothing");
}

static PyMethodDef own[] = {
    {"honest", w_honest, METH_O, NULL},
    {"method", w_method, METH_O, NULL},
    {"nameless", w_nameless, METH_O, NULL},
    {"renamed", w_honest, METH_O, NULL},
    {"closed", w_honest, METH_O, NULL},
    {"called", w_honest, METH_O, NULL},
};

static int add_own(PyObject *m, PyMethodDef *def, const char *name, const char *qualname, int closure) {
    Function *f = PyObject_New(Function, &FunctionType);
    if (!f) {
        return -1;
    }
    memset((char *)f + sizeof(PyObject), 0, sizeof(*f) - sizeof(PyObject));
    f->func.m_ml = def;
    f->func.m_module = PyUnicode_FromString("mined");
    f->qualname = PyUnicode_FromString(qualname);
    f->closure = closure ? PyTuple_New(0) : Py_None;
    if (!closure) {
        Py_INCREF(Py_None);
    }
    return PyModule_AddObject(m, name, (PyObject *)f);
}

static int export(PyObject *capi, const char *name, void *f, const char *signature) {
    PyObject *c = PyCapsule_New(f, signature, NULL);
    return c ? PyDict_SetItemString(capi, name, c) : -1;
}

#define SKIP ", int __pyx_skip_dispatch)"

static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "mined", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_mined(void) {
    PyObject *m = PyModule_Create(&def), *capi = PyDict_New();
    if (!m || !capi || PyType_Ready(&FunctionType) < 0) {
        return NULL;
    }
    export(capi, "inc", inc, "int (int" SKIP);
    export(capi, "flip", flip, "int (int" SKIP);
    export(capi, "scale", scale,
           "double (double, int __pyx_skip_dispatch, struct __pyx_opt_args_5mined_scale *__pyx_optional_args)");
    export(capi, "same", same, "PyObject *(PyObject *" SKIP);
    export(capi, "width", width, "Py_ssize_t (PyObject *" SKIP);
    export(capi, "both", both, "Py_ssize_t (PyObject *" SKIP);
    export(capi, "long_double", inc, "long double (long double" SKIP);
    export(capi, "typedef_", inc, "int (mine" SKIP);
    export(capi, "pointer", inc, "int (char *" SKIP);
    export(capi, "many", inc, "int (long, long, long, long, long, long" SKIP);
    export(capi, "garbled", inc, "int (int");
    export(capi, "elsewhere", (void *)PyLong_FromLong, "long (long" SKIP);
    export(capi, "data", &direct, "long (long" SKIP);
    export(capi, "instance", inc, "long (struct __pyx_obj_5mined_Box *" SKIP);
    export(capi, "neither", inc, "long (int" SKIP);
    export(capi, "cdef_", inner, "int (int)");
    export(capi, "missing", inc, "int (int" SKIP);
    export(capi, "alias", inc, "int (int" SKIP);
    export(capi, "honest", honest, "long (long" SKIP);
    export(capi, "method", honest, "long (long" SKIP);
    export(capi, "nameless", honest, "long (long" SKIP);
    export(capi, "renamed", honest, "long (long" SKIP);
    export(capi, "closed", honest, "long (long" SKIP);
    add_own(m, &own[0], "honest", "honest", 0);
    add_own(m, &own[1], "method", "method", 0);
    add_own(m, &own[2], "nameless", "nameless", 0);
    add_own(m, &own[3], "renamed", "Class.renamed", 0);
    add_own(m, &own[4], "closed", "closed", 1);
    PyObject *f = PyObject_GetAttrString(m, "inc");
    PyModule_AddObject(m, "alias", f);
    PyDict_SetItemString(PyModule_GetDict(m), "__pyx_capi__", capi);
    return m;
}
