/* A module with what makes stubs hard: overloads, text signatures, names that hide builtins, classes over classes. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <structmember.h>

#include "typed_method.h"

static PyObject *any(PyObject *m, PyObject *args) {
    (void)m;
    return Py_NewRef(args);
}

static long twice_long(long x) { return 2 * x; }
static double twice_double(double x) { return 2 * x; }
static bool twice_bool(bool x) { return x; }
static double power(double base, long exponent) { return exponent == 0 ? 1.0 : base; }
static double scale(PyObject *me, double x) {
    (void)me;
    return x;
}

static PyMethodDef methods[] = {
    {"twice", any, METH_O, "twice(x, /)\n--\n\nTwice the argument."},
    {"never", any, METH_O, NULL},
    {"power", (PyCFunction)(void (*)(void))any, METH_VARARGS | METH_KEYWORDS, "power($module, /, base, exponent=2)\n--\n\n"},
    {"untyped", (PyCFunction)(void (*)(void))any, METH_VARARGS | METH_KEYWORDS, "untyped(a, /, b=None, *rest, c='x', d=<odd>)\n--\n\n"},
    {"known", (PyCFunction)(void (*)(void))any, METH_VARARGS | METH_KEYWORDS, "known(a, /, b=None, *rest, c='x', d=len, **more)\n--\n\n"},
    {"int", any, METH_NOARGS, NULL},
    {"lambda", any, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef base_methods[] = {
    {"scale", any, METH_O, "scale($self, x, /)\n--\n\n"},
    {"make", any, METH_O | METH_CLASS, NULL},
    {"help", any, METH_NOARGS | METH_STATIC, NULL},
    {"str", any, METH_NOARGS, NULL},
    {"__reduce__", any, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyMethodDef derived_methods[] = {
    {"scale", any, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

typedef struct {
    PyObject_HEAD
    int size;
} Base;
static PyMemberDef members[] = {{"size", T_INT, offsetof(Base, size), READONLY, NULL}, {NULL, 0, 0, 0, NULL}};
static Py_ssize_t length(PyObject *me) { return ((Base *)me)->size; }
static PyObject *compare(PyObject *a, PyObject *b, int op) { Py_RETURN_RICHCOMPARE((uintptr_t)a, (uintptr_t)b, op); }
static Py_hash_t hash(PyObject *me) { return (Py_hash_t)me; }
static PySequenceMethods as_sequence = {.sq_length = length};
static PyTypeObject base_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "stubs.Base",
    .tp_doc = "Base(size)\n--\n\nA base.",
    .tp_basicsize = sizeof(Base),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = PyType_GenericNew,
    .tp_methods = base_methods,
    .tp_members = members,
    .tp_as_sequence = &as_sequence,
    .tp_richcompare = compare,
    .tp_hash = hash,
};
static PyObject *call(PyObject *me, PyObject *args, PyObject *kwargs) {
    (void)kwargs;
    return PyTuple_Pack(2, me, args);
}
/* What other tools make functions of. */
static PyTypeObject callable_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "stubs.Callable",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_call = call,
};
static PyTypeObject derived_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "stubs.Derived",
    .tp_basicsize = sizeof(Base),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_base = &base_type,
    .tp_methods = derived_methods,
};

#define ENTRY(method, native, result, type) \
    {sizeof(PyTypedEntry), 1, 1, (method), (PyTypedNative)(native), result, 0, 0, PYTYPED_NEVER, {type}, NULL, 8, 0, {0}, NULL, NULL}
static const PyTypedEntry third = ENTRY(&methods[0], twice_bool, PYTYPED_BOOL, PYTYPED_BOOL);
static const PyTypedEntry second = {
    sizeof(PyTypedEntry), 1, 1, &methods[0], (PyTypedNative)twice_double, PYTYPED_F64, 0, 0, PYTYPED_NEVER,
    {PYTYPED_F64}, NULL, 8, 0, {0}, NULL, &third};
static PyTypeObject *base_pointer = &base_type;

PYTYPED_TABLE(stubs,
    PYTYPED_OVERLOAD(&second, &methods[0], twice_long, PYTYPED_LONG, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_LONG),
    PYTYPED_FUNCTION_KW(&methods[2], power, PYTYPED_F64, PYTYPED_NEVER, PYTYPED_LEAF, "base,exponent",
                        PYTYPED_DEFAULTS(1, 0, 2), PYTYPED_F64, PYTYPED_LONG),
    PYTYPED_METHOD(&base_pointer, &base_methods[0], scale, PYTYPED_F64, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_SELF,
                   PYTYPED_F64))

static int fill(PyObject *m) {
    if (PyType_Ready(&base_type) < 0 || PyType_Ready(&derived_type) < 0 || PyType_Ready(&callable_type) < 0) return -1;
    PyObject *error = PyErr_NewException("stubs.Error", PyExc_ValueError, NULL);
    return PyModule_AddType(m, &base_type) < 0 || PyModule_AddType(m, &derived_type) < 0 ||
                   PyModule_AddObject(m, "Error", error) < 0 ||
                   PyModule_AddObject(m, "call_me", PyObject_CallNoArgs((PyObject *)&callable_type)) < 0 || PyModule_AddIntConstant(m, "LIMIT", 7) < 0 ||
                   PyModule_AddObject(m, "NAMES", PyList_New(0)) < 0 || PyModule_AddStringConstant(m, "__version__", "1") < 0
               ? -1
               : 0;
}

static PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "stubs", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_stubs(void) {
    PyObject *m = PyModule_Create(&module_def);
    if (m != NULL && fill(m) < 0) Py_CLEAR(m);
    return m;
}
