/* Types and calls of every kind, for the tests of the boundary. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

/* A static type with number, sequence, mapping, iteration, comparison, call and buffer slots. */
typedef struct {
    PyObject_HEAD
    long value;
    PyObject *other;
    char bytes[8];
    Py_ssize_t at;
} Thing;

static PyTypeObject ThingType;

static PyObject *thing_make(long v) {
    Thing *t = (Thing *)ThingType.tp_alloc(&ThingType, 0);
    if (t) { t->value = v; memcpy(t->bytes, "abcdefgh", 8); }
    return (PyObject *)t;
}

static PyObject *thing_new(PyTypeObject *type, PyObject *args, PyObject *kw) {
    static char *names[] = { "value", "other", NULL };
    long v = 0;
    PyObject *o = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kw, "|lO:Thing", names, &v, &o)) return NULL;
    Thing *t = (Thing *)type->tp_alloc(type, 0);
    if (!t) return NULL;
    t->value = v;
    t->other = Py_XNewRef(o);
    memcpy(t->bytes, "abcdefgh", 8);
    return (PyObject *)t;
}

static int thing_traverse(Thing *t, visitproc visit, void *arg) { Py_VISIT(t->other); return 0; }
static int thing_clear(Thing *t) { Py_CLEAR(t->other); return 0; }

static long dead;

static void thing_dealloc(Thing *t) {
    PyObject_GC_UnTrack(t);
    dead++;
    Py_XDECREF(t->other);
    Py_TYPE(t)->tp_free(t);
}

static PyObject *thing_repr(Thing *t) { return PyUnicode_FromFormat("%s(%ld)", Py_TYPE(t)->tp_name, t->value); }

static long value_of(PyObject *o) { return PyObject_TypeCheck(o, &ThingType) ? ((Thing *)o)->value : PyLong_AsLong(o); }

static PyObject *thing_add(PyObject *a, PyObject *b) {
    if (!(PyObject_TypeCheck(a, &ThingType) || PyLong_Check(a)) || !(PyObject_TypeCheck(b, &ThingType) || PyLong_Check(b))) Py_RETURN_NOTIMPLEMENTED;
    return thing_make(value_of(a) + value_of(b));
}

static PyObject *thing_power(PyObject *a, PyObject *b, PyObject *m) { return Py_BuildValue("(OOO)", a, b, m); }
static PyObject *thing_negative(Thing *t) { return thing_make(-t->value); }
static int thing_bool(Thing *t) { return t->value != 0; }
static PyObject *thing_index(Thing *t) { return PyLong_FromLong(t->value); }
static PyObject *thing_iadd(PyObject *a, PyObject *b) { ((Thing *)a)->value += 100 * value_of(b); return Py_NewRef(a); }
static PyNumberMethods thing_number = { .nb_add = thing_add, .nb_power = thing_power, .nb_negative = (unaryfunc)thing_negative, .nb_bool = (inquiry)thing_bool, .nb_index = (unaryfunc)thing_index, .nb_inplace_add = thing_iadd };

static Py_ssize_t thing_length(Thing *t) { return 8; }
static PyObject *thing_item(Thing *t, Py_ssize_t i) {
    if (i < 0 || i >= 8) { PyErr_SetString(PyExc_IndexError, "thing index out of range"); return NULL; }
    return PyLong_FromLong(t->bytes[i]);
}
static int thing_set_item(Thing *t, Py_ssize_t i, PyObject *v) {
    if (!v) { PyErr_Format(PyExc_TypeError, "'%.20s' items cannot be deleted (%zd)", Py_TYPE(t)->tp_name, i); return -1; }
    long c = PyLong_AsLong(v);
    if (c == -1 && PyErr_Occurred()) return -1;
    t->bytes[i] = (char)c;
    return 0;
}
static int thing_contains(Thing *t, PyObject *x) { return PyLong_Check(x) && memchr(t->bytes, (int)PyLong_AsLong(x), 8) != NULL; }
static PySequenceMethods thing_sequence = { .sq_length = (lenfunc)thing_length, .sq_item = (ssizeargfunc)thing_item, .sq_ass_item = (ssizeobjargproc)thing_set_item, .sq_contains = (objobjproc)thing_contains };

static PyObject *thing_compare(PyObject *a, PyObject *b, int op) {
    if (!PyObject_TypeCheck(a, &ThingType) || !PyObject_TypeCheck(b, &ThingType)) Py_RETURN_NOTIMPLEMENTED;
    Py_RETURN_RICHCOMPARE(value_of(a), value_of(b), op);
}
static Py_hash_t thing_hash(Thing *t) { return t->value + 1000; }
static PyObject *thing_call(Thing *t, PyObject *args, PyObject *kw) { return Py_BuildValue("lOO", t->value, args, kw ? kw : Py_None); }

static int thing_getbuffer(Thing *t, Py_buffer *view, int flags) { return PyBuffer_FillInfo(view, (PyObject *)t, t->bytes, 8, 0, flags); }
static PyBufferProcs thing_buffer = { (getbufferproc)thing_getbuffer, NULL };

static PyObject *thing_get_double(Thing *t, void *c) { return PyLong_FromLong(2 * t->value); }
static int thing_set_double(Thing *t, PyObject *v, void *c) {
    if (!v) { PyErr_SetString(PyExc_AttributeError, "cannot delete"); return -1; }
    t->value = PyLong_AsLong(v) / 2;
    return PyErr_Occurred() ? -1 : 0;
}
static PyGetSetDef thing_getset[] = { { "double", (getter)thing_get_double, (setter)thing_set_double, "twice", NULL }, { NULL } };
static PyMemberDef thing_members[] = { { "value", T_LONG, offsetof(Thing, value), 0, "the value" }, { "other", T_OBJECT, offsetof(Thing, other), 0, NULL }, { "fixed", T_OBJECT_EX, offsetof(Thing, other), READONLY, NULL }, { NULL } };
static PyObject *thing_class(PyObject *cls, PyObject *unused) { return PyUnicode_FromString(((PyTypeObject *)cls)->tp_name); }
static PyObject *thing_static(PyObject *unused, PyObject *x) { return Py_NewRef(x); }
static PyMethodDef thing_methods[] = { { "of_class", thing_class, METH_NOARGS | METH_CLASS }, { "of_none", thing_static, METH_O | METH_STATIC }, { NULL } };

static PyTypeObject ThingType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "shapes.Thing", .tp_basicsize = sizeof(Thing), .tp_new = thing_new,
    .tp_dealloc = (destructor)thing_dealloc, .tp_traverse = (traverseproc)thing_traverse, .tp_clear = (inquiry)thing_clear,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, .tp_repr = (reprfunc)thing_repr,
    .tp_as_number = &thing_number, .tp_as_sequence = &thing_sequence, .tp_richcompare = thing_compare, .tp_hash = (hashfunc)thing_hash,
    .tp_call = (ternaryfunc)thing_call, .tp_as_buffer = &thing_buffer, .tp_getset = thing_getset, .tp_members = thing_members,
    .tp_methods = thing_methods, .tp_doc = PyDoc_STR("Thing(value=0, other=None)\n--\n\nA thing."),
};

/* A heap type that counts down, with a method that asks for its class. */
typedef struct { PyObject_HEAD long n; } Count;
static PyObject *count_next(Count *c) { if (c->n <= 0) return NULL; return PyLong_FromLong(c->n--); }
static int count_init(Count *c, PyObject *args, PyObject *kw) { return PyArg_ParseTuple(args, "l", &c->n) ? 0 : -1; }
static PyObject *count_class(PyObject *self, PyTypeObject *cls, PyObject *const *args, Py_ssize_t n, PyObject *names) {
    PyObject *m = PyType_GetModule(cls);
    return Py_BuildValue("(sNnO)", cls->tp_name, m ? PyModule_GetNameObject(m) : NULL, n, names ? names : Py_None);
}
static PyMethodDef count_methods[] = { { "defined_in", (PyCFunction)(void (*)(void))count_class, METH_METHOD | METH_FASTCALL | METH_KEYWORDS }, { NULL } };
static PyType_Slot count_slots[] = { { Py_tp_iter, PyObject_SelfIter }, { Py_tp_iternext, count_next }, { Py_tp_init, count_init }, { Py_tp_methods, count_methods }, { 0 } };
static PyType_Spec count_spec = { "shapes.Count", sizeof(Count), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, count_slots };

/* Lists and tuples by macro, dicts, errors. */
static PyObject *squares(PyObject *m, PyObject *arg) {
    Py_ssize_t n = PyLong_AsSsize_t(arg);
    PyObject *l = PyList_New(n), *t = PyTuple_New(n);
    for (Py_ssize_t i = 0; i < n; i++) { PyList_SET_ITEM(l, i, PyLong_FromSsize_t(i * i)); PyTuple_SET_ITEM(t, i, PyFloat_FromDouble(i / 2.0)); }
    return Py_BuildValue("(NN)", l, t);
}
static PyObject *rotate(PyObject *m, PyObject *l) {
    Py_ssize_t n = PyList_GET_SIZE(l);
    if (n < 2) Py_RETURN_NONE;
    PyObject *first = PyList_GET_ITEM(l, 0);
    for (Py_ssize_t i = 1; i < n; i++) PyList_SET_ITEM(l, i - 1, PyList_GET_ITEM(l, i));
    PyList_SET_ITEM(l, n - 1, first);
    if (PyList_Append(l, Py_None) < 0) return NULL;
    Py_RETURN_NONE;
}
static PyObject *through(PyObject *m, PyObject *args) {
    PyObject *l, *f;
    if (!PyArg_ParseTuple(args, "O!O:through", &PyList_Type, &l, &f)) return NULL;
    PyObject *r = PyObject_CallOneArg(f, l);
    if (!r) return NULL;
    Py_DECREF(r);
    return PyLong_FromSsize_t(PyList_GET_SIZE(l) ? PyLong_AsSsize_t(PyList_GET_ITEM(l, PyList_GET_SIZE(l) - 1)) : -1);
}
static PyObject *invert(PyObject *m, PyObject *d) {
    PyObject *k, *v, *r = PyDict_New();
    Py_ssize_t pos = 0;
    while (PyDict_Next(d, &pos, &k, &v)) if (PyDict_SetItem(r, v, k) < 0) { Py_DECREF(r); return NULL; }
    return r;
}
static PyObject *version(PyObject *m, PyObject *args) {
    PyObject *d, *f;
    if (!PyArg_ParseTuple(args, "OO", &d, &f)) return NULL;
    uint64_t before = ((PyDictObject *)d)->ma_version_tag;
    Py_ssize_t used = ((PyDictObject *)d)->ma_used;
    PyObject *r = PyObject_CallOneArg(f, d);
    Py_XDECREF(r);
    return Py_BuildValue("(Onn)", before == ((PyDictObject *)d)->ma_version_tag ? Py_True : Py_False, used, ((PyDictObject *)d)->ma_used);
}
static PyObject *catch(PyObject *m, PyObject *args) {
    PyObject *f, *c, *t, *v, *tb;
    if (!PyArg_ParseTuple(args, "OO", &f, &c)) return NULL;
    PyObject *r = PyObject_CallNoArgs(f);
    if (r) return r;
    if (!PyErr_ExceptionMatches(c)) return NULL;
    PyErr_Fetch(&t, &v, &tb);
    PyErr_NormalizeException(&t, &v, &tb);
    r = Py_BuildValue("(OOO)", t, v, tb ? Py_True : Py_False);
    Py_XDECREF(t); Py_XDECREF(v); Py_XDECREF(tb);
    return r;
}
static PyObject *chars(PyObject *m, PyObject *s) {
    PyObject *r = PyList_New(0);
    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(s); i++) {
        PyObject *c = PyLong_FromLong((long)PyUnicode_READ_CHAR(s, i));
        PyList_Append(r, c);
        Py_DECREF(c);
    }
    return Py_BuildValue("(iNs)", PyUnicode_KIND(s), r, PyUnicode_AsUTF8(s));
}
static PyObject *deaths(PyObject *m, PyObject *unused) { return PyLong_FromLong(dead); }
static PyObject *same(PyObject *m, PyObject *x) { return Py_NewRef(x); }
static PyObject *sum_bytes(PyObject *m, PyObject *args) {
    Py_buffer b;
    long n = 0;
    if (!PyArg_ParseTuple(args, "y*", &b)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < b.len; i++) n += ((unsigned char *)b.buf)[i];
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&b);
    return PyLong_FromLong(n);
}
static PyObject *kinds(PyObject *m, PyObject *args) {
    int i; double d; const char *s; PyObject *t; unsigned char b; Py_ssize_t n = -1; int p = 0;
    if (!PyArg_ParseTuple(args, "ids(O)b|np:kinds", &i, &d, &s, &t, &b, &n, &p)) return NULL;
    return Py_BuildValue("{s:i,s:d,s:s,s:O,s:B,s:n,s:(i)}", "i", i, "d", d, "s", s, "t", t, "b", b, "n", n, "p", p);
}
static PyObject *capsule(PyObject *m, PyObject *unused) {
    static int x = 42;
    PyObject *c = PyCapsule_New(&x, "shapes.x", NULL);
    int *p = PyCapsule_GetPointer(c, "shapes.x");
    long v = p ? *p : -1;
    PyObject *bad = PyCapsule_GetPointer(c, "other") ? Py_None : NULL;
    Py_DECREF(c);
    if (!bad && !PyErr_ExceptionMatches(PyExc_ValueError)) return NULL;
    PyErr_Clear();
    return PyLong_FromLong(v);
}
/* A trace function: its object is a list of event numbers and names of code; it fails once there are more than 27. */
static int heard(PyObject *list, PyFrameObject *frame, int what, PyObject *arg) {
    PyCodeObject *code = PyFrame_GetCode(frame);
    PyObject *event = Py_BuildValue("(iOi)", what, code->co_name, what >= 4 && what <= 6 && PyCFunction_Check(arg));
    Py_DECREF(code);
    int status = event == NULL ? -1 : PyList_Append(list, event);
    Py_XDECREF(event);
    if (status == 0 && PyList_GET_SIZE(list) > 27) { PyErr_SetString(PyExc_OverflowError, "too many events"); return -1; }
    return status;
}

/* Runs a function with a trace (1) or profile function; what was heard. */
static PyObject *listen(PyObject *m, PyObject *args) {
    PyObject *f;
    int trace;
    if (!PyArg_ParseTuple(args, "Op:listen", &f, &trace)) return NULL;
    PyObject *list = PyList_New(0);
    (trace ? PyEval_SetTrace : PyEval_SetProfile)(heard, list);
    PyObject *r = PyObject_CallNoArgs(f);
    (trace ? PyEval_SetTrace : PyEval_SetProfile)(NULL, NULL);
    if (r == NULL) { PyObject *t, *v, *tb; PyErr_Fetch(&t, &v, &tb); PyList_Append(list, t); Py_XDECREF(t); Py_XDECREF(v); Py_XDECREF(tb); }
    Py_XDECREF(r);
    return list;
}

static PyMethodDef functions[] = {
    { "squares", squares, METH_O }, { "rotate", rotate, METH_O }, { "through", through, METH_VARARGS }, { "invert", invert, METH_O },
    { "version", version, METH_VARARGS }, { "catch", catch, METH_VARARGS }, { "chars", chars, METH_O }, { "deaths", deaths, METH_NOARGS },
    { "same", same, METH_O }, { "sum_bytes", sum_bytes, METH_VARARGS }, { "kinds", kinds, METH_VARARGS }, { "capsule", capsule, METH_NOARGS },
    { "listen", listen, METH_VARARGS }, { NULL },
};

static int exec(PyObject *m) {
    if (PyModule_AddType(m, &ThingType) < 0) return -1;
    PyObject *c = PyType_FromModuleAndSpec(m, &count_spec, NULL);
    if (!c) return -1;
    if (PyModule_AddObjectRef(m, "Count", c) < 0) return -1;
    Py_DECREF(c);
    PyObject *e = PyErr_NewException("shapes.Error", PyExc_ValueError, NULL);
    return PyModule_AddObject(m, "Error", e);
}
static PyModuleDef_Slot slots[] = { { Py_mod_exec, exec }, { 0 } };
static PyModuleDef def = { PyModuleDef_HEAD_INIT, "shapes", "Shapes.", 0, functions, slots };
PyMODINIT_FUNC PyInit_shapes(void) { return PyModuleDef_Init(&def); }
