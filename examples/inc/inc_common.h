/* The functions of the three `inc` modules: native ones, ordinary wrappers, and a small class.
 * Each module includes this file, describes them in its own way (or not at all) and is otherwise alike,
 * so a measured difference is the carrier's. */
#ifndef INC_COMMON_H
#define INC_COMMON_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* ---- native functions: machine values in, machine values out ---- */

/* Wraps round at LONG_MAX like unsigned arithmetic. */
static long inc_native(long x) { return (long)((unsigned long)x + 1ul); }

static double add_native(double a, double b) { return a + b; }

/* May raise, and may return -1 as an ordinary result (for 0). */
static long checked_native(long x) {
    if (x == 13) {
        PyErr_SetString(PyExc_ValueError, "checked: 13 is not welcome");
        return -1;
    }
    return x - 1;
}

/* The low bit flipped: the wrapper does the same for ints of any size. */
static long wide_native(long x) { return x ^ 1; }

static void noop_native(void) {}

/* Depends on its argument alone and costs enough to be worth hoisting out of a loop. */
static long mix_native(long x) {
    unsigned long h = (unsigned long)x;
    for (int i = 0; i < 8; i++) {
        h ^= h >> 29;
        h *= 0x9E3779B97F4A7C15ul;
    }
    return (long)(h >> 2);
}

static double power_native(double base, long exponent) {
    double result = 1.0;
    for (long i = 0; i < exponent; i++) {
        result *= base;
    }
    return result;
}

/* ---- wrappers ---- */

static PyObject *inc(PyObject *module, PyObject *arg) {
    (void)module;
    long x = PyLong_AsLong(arg);
    if (x == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromLong(inc_native(x));
}

static PyObject *add(PyObject *module, PyObject *const *args, Py_ssize_t nargs) {
    (void)module;
    if (nargs != 2) {
        return PyErr_Format(PyExc_TypeError, "add() takes 2 arguments (%zd given)", nargs);
    }
    double a = PyFloat_AsDouble(args[0]);
    if (a == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    double b = PyFloat_AsDouble(args[1]);
    if (b == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyFloat_FromDouble(add_native(a, b));
}

static PyObject *checked(PyObject *module, PyObject *arg) {
    (void)module;
    long x = PyLong_AsLong(arg);
    if (x == -1 && PyErr_Occurred()) {
        return NULL;
    }
    long result = checked_native(x);
    if (result == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromLong(result);
}

static PyObject *wide(PyObject *module, PyObject *arg) {
    (void)module;
    int overflow = 0;
    long x = PyLong_AsLongAndOverflow(arg, &overflow);
    if (x == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (!overflow) {
        return PyLong_FromLong(wide_native(x));
    }
    PyObject *one = PyLong_FromLong(1);
    if (one == NULL) {
        return NULL;
    }
    PyObject *result = PyNumber_Xor(arg, one);
    Py_DECREF(one);
    return result;
}

static PyObject *noop(PyObject *module, PyObject *unused) {
    (void)module;
    (void)unused;
    noop_native();
    Py_RETURN_NONE;
}

static PyObject *noop_o(PyObject *module, PyObject *arg) {
    (void)module;
    (void)arg;
    Py_RETURN_NONE;
}

static PyObject *noop_fast(PyObject *module, PyObject *const *args, Py_ssize_t nargs) {
    (void)module;
    (void)args;
    (void)nargs;
    Py_RETURN_NONE;
}

static PyObject *noop_fastkw(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *names) {
    (void)names;
    return noop_fast(module, args, nargs);
}

static PyObject *noop_varargs(PyObject *module, PyObject *args) {
    (void)module;
    (void)args;
    Py_RETURN_NONE;
}

static PyObject *mix(PyObject *module, PyObject *arg) {
    (void)module;
    long x = PyLong_AsLong(arg);
    if (x == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromLong(mix_native(x));
}

static PyObject *power(PyObject *module, PyObject *args, PyObject *kwargs) {
    (void)module;
    static char base_name[] = "base", exponent_name[] = "exponent";
    static char *names[] = {base_name, exponent_name, NULL};
    double base;
    long exponent = 2;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "d|l:power", names, &base, &exponent)) {
        return NULL;
    }
    return PyFloat_FromDouble(power_native(base, exponent));
}

/* ---- class Scaler(factor): scale(x) is x * factor ---- */

typedef struct {
    PyObject_HEAD
    double factor;
    long calls;
} Scaler;

static double scale_native(PyObject *self, double x) {
    Scaler *scaler = (Scaler *)self;
    scaler->calls++;
    return x * scaler->factor;
}

static PyObject *scaler_scale(PyObject *self, PyObject *arg) {
    double x = PyFloat_AsDouble(arg);
    if (x == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyFloat_FromDouble(scale_native(self, x));
}

static int scaler_init(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char factor_name[] = "factor";
    static char *names[] = {factor_name, NULL};
    return PyArg_ParseTupleAndKeywords(args, kwargs, "d:Scaler", names, &((Scaler *)self)->factor) ? 0
                                                                                                 : -1;
}

static PyObject *scaler_calls(PyObject *self, void *closure) {
    (void)closure;
    return PyLong_FromLong(((Scaler *)self)->calls);
}

static PyGetSetDef scaler_getset[] = {
    {"calls", scaler_calls, NULL, "how often scale() has run", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* Zeroed but for the header; inc_init fills in the rest, which spells out the same in C and C++. */
static PyTypeObject scaler_type_object;
static PyTypeObject *scaler_type = &scaler_type_object;

/* Readies the class with its method table and makes the module. */
static PyObject *inc_init(PyModuleDef *def, const char *type_name, PyMethodDef *scaler_methods) {
    Py_SET_REFCNT(scaler_type, 1); /* immortal: the module never gives this one up */
    scaler_type->tp_name = type_name;
    scaler_type->tp_doc = "Scaler(factor)";
    scaler_type->tp_basicsize = sizeof(Scaler);
    scaler_type->tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
    scaler_type->tp_new = PyType_GenericNew;
    scaler_type->tp_init = scaler_init;
    scaler_type->tp_methods = scaler_methods;
    scaler_type->tp_getset = scaler_getset;
    if (PyType_Ready(scaler_type) < 0) {
        return NULL;
    }
    PyObject *module = PyModule_Create(def);
    if (module == NULL) {
        return NULL;
    }
    /* PyModule_AddObjectRef is newer than the PyPy of most distributions. */
    Py_INCREF(scaler_type);
    if (PyModule_AddObject(module, "Scaler", (PyObject *)scaler_type) < 0) {
        Py_DECREF(scaler_type);
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

/* A wrapper of another shape as the PyCFunction that PyMethodDef declares. */
#define INC_METHOD(function) ((PyCFunction)(void (*)(void))(function))

#endif /* INC_COMMON_H */
