/* The yardstick: each function in the convention that is cheapest for it, exact types inline, as one would by hand. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *noop(PyObject *m, PyObject *x) {
    (void)m, (void)x;
    Py_RETURN_NONE;
}

static PyObject *inc(PyObject *m, PyObject *x) {
    (void)m;
    long long v = PyLong_AsLongLong(x);
    if (v == -1 && PyErr_Occurred()) return NULL;
    return PyLong_FromLongLong((long long)((unsigned long long)v + 1u));
}

static int number(PyObject *o, double *out) {
    if (PyFloat_CheckExact(o)) {
        *out = PyFloat_AS_DOUBLE(o);
        return 1;
    }
    *out = PyFloat_AsDouble(o);
    return *out != -1.0 || !PyErr_Occurred();
}

static PyObject *wrong(const char *name, Py_ssize_t n) {
    return PyErr_Format(PyExc_TypeError, "%s(): wrong number of arguments (%zd)", name, n);
}

static PyObject *add(PyObject *m, PyObject *const *args, Py_ssize_t n) {
    (void)m;
    double a, b;
    if (n != 2) return wrong("add", n);
    if (!number(args[0], &a) || !number(args[1], &b)) return NULL;
    return PyFloat_FromDouble(a + b);
}

static PyObject *fma3(PyObject *m, PyObject *const *args, Py_ssize_t n) {
    (void)m;
    double a, b, c;
    if (n != 3) return wrong("fma", n);
    if (!number(args[0], &a) || !number(args[1], &b) || !number(args[2], &c)) return NULL;
    return PyFloat_FromDouble(a * b + c);
}

static PyObject *name_a, *name_b;

static PyObject *keyword(PyObject *m, PyObject *const *args, Py_ssize_t n, PyObject *names) {
    (void)m;
    PyObject *slots[2] = {NULL, NULL};
    if (n > 2) return wrong("keyword", n);
    for (Py_ssize_t i = 0; i < n; i++) slots[i] = args[i];
    Py_ssize_t count = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        int at = name == name_a || PyUnicode_CompareWithASCIIString(name, "a") == 0   ? 0
                 : name == name_b || PyUnicode_CompareWithASCIIString(name, "b") == 0 ? 1
                                                                                      : -1;
        if (at < 0 || slots[at] != NULL) return PyErr_Format(PyExc_TypeError, "keyword(): unexpected argument '%U'", name);
        slots[at] = args[n + i];
    }
    if (slots[0] == NULL) return wrong("keyword", n);
    double a;
    long long b = 2;
    if (!number(slots[0], &a)) return NULL;
    if (slots[1] != NULL) {
        b = PyLong_AsLongLong(slots[1]);
        if (b == -1 && PyErr_Occurred()) return NULL;
    }
    return PyFloat_FromDouble(a * (double)b);
}

static PyObject *text(PyObject *m, PyObject *x) {
    (void)m;
    Py_ssize_t size;
    if (PyUnicode_AsUTF8AndSize(x, &size) == NULL) return NULL;
    return PyLong_FromSsize_t(size);
}

static PyObject *data(PyObject *m, PyObject *x) {
    (void)m;
    if (!PyBytes_Check(x)) return PyErr_Format(PyExc_TypeError, "a bytes object is wanted");
    return PyLong_FromSsize_t(PyBytes_GET_SIZE(x));
}

static PyObject *raises(PyObject *m, PyObject *x) {
    (void)m;
    long long v = PyLong_AsLongLong(x);
    if (v == -1 && PyErr_Occurred()) return NULL;
    if (v == 13) {
        PyErr_SetString(PyExc_ValueError, "13 is not welcome");
        return NULL;
    }
    return PyLong_FromLongLong(v);
}

typedef struct {
    PyObject_HEAD
    double factor;
} Scaler;

static PyObject *scale(PyObject *self, PyObject *x) {
    double v;
    if (!number(x, &v)) return NULL;
    return PyFloat_FromDouble(v * ((Scaler *)self)->factor);
}

static int scaler_init(PyObject *self, PyObject *args, PyObject *kw) {
    (void)kw;
    return PyArg_ParseTuple(args, "d:Scaler", &((Scaler *)self)->factor) ? 0 : -1;
}

static PyMethodDef scaler_methods[] = {{"scale", scale, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot scaler_slots[] = {
    {Py_tp_methods, scaler_methods}, {Py_tp_init, scaler_init}, {Py_tp_new, PyType_GenericNew}, {0, NULL}};
static PyType_Spec scaler_spec = {"calls_c.Scaler", sizeof(Scaler), 0, Py_TPFLAGS_DEFAULT, scaler_slots};

#define FAST(f) ((PyCFunction)(void (*)(void))(f))
static PyMethodDef methods[] = {
    {"noargs", noop, METH_NOARGS, NULL},
    {"noop", noop, METH_O, NULL},
    {"inc", inc, METH_O, NULL},
    {"add", FAST(add), METH_FASTCALL, NULL},
    {"fma", FAST(fma3), METH_FASTCALL, NULL},
    {"keyword", FAST(keyword), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"text", text, METH_O, NULL},
    {"data", data, METH_O, NULL},
    {"raises", raises, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static PyModuleDef def = {PyModuleDef_HEAD_INIT, "calls_c", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_calls_c(void) {
    PyObject *module = PyModule_Create(&def);
    PyObject *type = PyType_FromSpec(&scaler_spec);
    name_a = PyUnicode_InternFromString("a");
    name_b = PyUnicode_InternFromString("b");
    if (module == NULL || type == NULL || PyModule_AddObject(module, "Scaler", type) < 0) return NULL;
    return module;
}
