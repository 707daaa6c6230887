/* Functions that break the rules of the C interface, one each. `-X capi=check` must name the function and the rule. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>

static PyObject *kept;

static PyObject *fine(PyObject *self, PyObject *arg) {
    Py_INCREF(arg);
    return arg;
}

static PyObject *drop_argument(PyObject *self, PyObject *arg) {
    Py_DECREF(arg);
    Py_RETURN_NONE;
}

static PyObject *return_borrowed(PyObject *self, PyObject *arg) {
    return arg;
}

static PyObject *return_borrowed_vararg(PyObject *self, PyObject *args) {
    return PyTuple_GET_ITEM(args, 0);
}

static PyObject *return_borrowed_fast(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    return args[n - 1];
}

static PyObject *return_freed(PyObject *self, PyObject *none) {
    PyObject *o = PyFloat_FromDouble(1.5);
    Py_DECREF(o);
    return o;
}

static PyObject *use_freed(PyObject *self, PyObject *none) {
    PyObject *o = PyList_New(0);
    Py_DECREF(o);
    return PyLong_FromSsize_t(PyList_Size(o));
}

/* Keeps an argument without a reference of its own. */
static PyObject *keep_borrowed(PyObject *self, PyObject *arg) {
    kept = arg;
    Py_RETURN_NONE;
}

static PyObject *use_kept(PyObject *self, PyObject *none) {
    return PyObject_Repr(kept);
}

static PyObject *free_twice(PyObject *self, PyObject *none) {
    void *p = PyMem_Malloc(20);
    PyMem_Free(p);
    PyMem_Free(p);
    Py_RETURN_NONE;
}

static PyObject *free_foreign(PyObject *self, PyObject *none) {
    void *p = malloc(20);
    PyMem_Free(p);
    Py_RETURN_NONE;
}

static PyObject *free_family(PyObject *self, PyObject *none) {
    void *p = PyMem_Malloc(20);
    PyObject_Free(p);
    Py_RETURN_NONE;
}

static PyObject *write_beyond(PyObject *self, PyObject *none) {
    char *p = PyMem_Malloc(20);
    p[20] = 1;
    PyMem_Free(p);
    Py_RETURN_NONE;
}

static PyObject *write_freed(PyObject *self, PyObject *none) {
    char *p = PyMem_Malloc(20);
    PyMem_Free(p);
    p[3] = 1;
    Py_RETURN_NONE;
}

static PyObject *long_tuple(PyObject *self, PyObject *none) {
    PyObject *t = PyTuple_New(2);
    for (int i = 0; i < 3; i++)
        PyTuple_SET_ITEM(t, i, PyLong_FromLong(i));
    return t;
}

static PyObject *result_and_error(PyObject *self, PyObject *none) {
    PyErr_SetString(PyExc_ValueError, "left over");
    Py_RETURN_NONE;
}

static PyObject *nothing_and_no_error(PyObject *self, PyObject *none) {
    return NULL;
}

static PyObject *call_with_error(PyObject *self, PyObject *arg) {
    PyErr_SetString(PyExc_ValueError, "left over");
    return PyObject_Repr(arg);
}

static PyObject *list_misuse(PyObject *self, PyObject *arg) {
    if (PyList_Append(arg, Py_None) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *list_hole(PyObject *self, PyObject *list) {
    PyObject *o = PyUnicode_FromString("gone");
    Py_DECREF(PyList_GET_ITEM(list, 0));
    PyList_SET_ITEM(list, 0, o);
    Py_DECREF(o);
    Py_RETURN_NONE;
}

static PyObject *type_confusion(PyObject *self, PyObject *arg) {
    return PyBool_FromLong(PyType_IsSubtype((PyTypeObject *)arg, &PyBaseObject_Type));
}

static PyObject *no_object(PyObject *self, PyObject *none) {
    static long words[8];
    return PyObject_Repr((PyObject *)words);
}

static PyObject *no_address(PyObject *self, PyObject *none) {
    return PyObject_Repr((PyObject *)0x1230);
}

static PyObject *inside(PyObject *self, PyObject *arg) {
    return PyObject_Repr((PyObject *)((char *)arg + 8));
}

static PyObject *without_lock(PyObject *self, PyObject *arg) {
    Py_BEGIN_ALLOW_THREADS
    PyObject_Str(arg);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static void *other_thread(void *arg) {
    PyList_Append(arg, arg);
    return NULL;
}

static PyObject *foreign_thread(PyObject *self, PyObject *arg) {
    pthread_t t;
    pthread_create(&t, NULL, other_thread, arg);
    Py_BEGIN_ALLOW_THREADS
    pthread_join(t, NULL);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyObject *leak(PyObject *self, PyObject *none) {
    for (int i = 0; i < 7; i++)
        PyUnicode_FromFormat("lost %d", i);
    Py_RETURN_NONE;
}

typedef struct { PyObject_HEAD } Thing;

static PyObject *thing_repr(PyObject *self) {
    PyObject *o = PyUnicode_FromString("thing");
    Py_DECREF(o);
    return o;
}

static Py_hash_t thing_hash(PyObject *self) {
    PyErr_SetString(PyExc_KeyError, "left over");
    return 3;
}

static PyObject *thing_item(PyObject *self, PyObject *key) {
    return key;
}

static PyObject *thing_get(PyObject *self, void *closure) {
    Py_DECREF(self);
    Py_RETURN_NONE;
}

static PyMappingMethods thing_mapping = { NULL, thing_item, NULL };
static PyGetSetDef thing_getset[] = { { "field", thing_get, NULL, NULL, NULL }, { NULL } };
static PyTypeObject Thing_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "careless.Thing",
    .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_repr = thing_repr,
    .tp_hash = thing_hash,
    .tp_as_mapping = &thing_mapping,
    .tp_getset = thing_getset,
};

#define O(name) { #name, name, METH_O, NULL }
#define N(name) { #name, name, METH_NOARGS, NULL }
static PyMethodDef methods[] = {
    O(fine), O(drop_argument), O(return_borrowed), N(return_freed), N(use_freed), O(keep_borrowed),
    N(use_kept), N(free_twice), N(free_foreign), N(free_family), N(write_beyond), N(write_freed), N(long_tuple),
    N(result_and_error), N(nothing_and_no_error), O(call_with_error), O(list_misuse), O(list_hole), O(type_confusion),
    N(no_object), N(no_address), O(inside), O(without_lock), O(foreign_thread), N(leak),
    { "return_borrowed_vararg", return_borrowed_vararg, METH_VARARGS, NULL },
    { "return_borrowed_fast", (PyCFunction)(void *)return_borrowed_fast, METH_FASTCALL, NULL },
    { NULL }
};

static PyModuleDef def = { PyModuleDef_HEAD_INIT, "careless", NULL, -1, methods };

PyMODINIT_FUNC PyInit_careless(void) {
    PyObject *m = PyModule_Create(&def);
    if (m && PyModule_AddType(m, &Thing_Type) < 0)
        Py_CLEAR(m);
    return m;
}
