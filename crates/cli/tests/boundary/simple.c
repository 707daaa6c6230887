/* The least a C function can do, in each calling convention, as functions of a module and as methods of a type; the
   names are those of the `simple` module of cpyext-benchmarks, so that `bench/crossing.py` measures both. */
#include <Python.h>

static PyObject *nothing(PyObject *self, PyObject *unused) {
    Py_RETURN_NONE;
}

static PyObject *new_int(PyObject *self, PyObject *unused) {
    return PyLong_FromLong(1 << 20);
}

static PyObject *new_tuple(PyObject *self, PyObject *unused) {
    return Py_BuildValue("(ii)", 1 << 20, -(1 << 20));
}

static PyMethodDef functions[] = {
    { "noargs", nothing, METH_NOARGS, PyDoc_STR("noargs($self, /)\n--\n\nNothing.") },
    { "onearg", nothing, METH_O, NULL },
    { "varargs", nothing, METH_VARARGS, NULL },
    { "allocate_int", new_int, METH_NOARGS, NULL },
    { "allocate_tuple", new_tuple, METH_NOARGS, NULL },
    { NULL }
};

static Py_ssize_t foo_length(PyObject *self) {
    return 42;
}

static PyObject *foo_item(PyObject *self, PyObject *key) {
    Py_RETURN_NONE;
}

static PyMappingMethods foo_mapping = { .mp_length = foo_length, .mp_subscript = foo_item };

static PyTypeObject Foo = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "simple.Foo",
    .tp_doc = "Has the module's functions as its methods.",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = functions,
    .tp_as_mapping = &foo_mapping,
    .tp_new = PyType_GenericNew,
};

static PyModuleDef def = { PyModuleDef_HEAD_INIT, "simple", "Functions that do nothing.", -1, functions };

PyMODINIT_FUNC PyInit_simple(void) {
    PyObject *m = PyModule_Create(&def);
    if (m != NULL && PyModule_AddType(m, &Foo) < 0)
        Py_CLEAR(m);
    return m;
}
