/* A module whose typed table is wrong in every way the reader knows: each entry has one defect, and its method must
 * go on working by its wrapper. Compiled with -DWHOLE=n the table itself is broken. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "typed_method.h"

/* Every wrapper says so; every native function gives the answer 666, which must never be seen. */
static PyObject *one(PyObject *m, PyObject *x) {
    (void)m;
    (void)x;
    return PyUnicode_FromString("wrapper");
}

static PyObject *many(PyObject *m, PyObject *const *args, Py_ssize_t n) {
    (void)m;
    (void)args;
    (void)n;
    return PyUnicode_FromString("wrapper");
}

static long native(long x) {
    (void)x;
    return 666;
}

static long good_native(long x) { return x * 2; }

static PyObject *good(PyObject *m, PyObject *x) {
    (void)m;
    return PyNumber_Add(x, x);
}

#define MANY ((PyCFunction)(void (*)(void))many)

enum {
    GOOD, FUTURE, MYSTERY, TEXT, EIGHT, TWICE, NOTHING, DATA, LIAR, COUNT, NO_TYPE, ODD_ERROR, NAMES, VOID_PARAM,
    DEFAULT, LOOP, WILD_TYPE, WILD_NAMES, LATE_SELF, STATUS, WILD_TYPE_VARIABLE, MIXED, RESULT
};

static PyMethodDef methods[] = {
    {"good", good, METH_O, NULL},
    {"future", one, METH_O, NULL},
    {"mystery", one, METH_O, NULL},
    {"text", one, METH_O, NULL},
    {"eight", MANY, METH_FASTCALL, NULL},
    {"twice", one, METH_O, NULL},
    {"nothing", one, METH_O, NULL},
    {"data", one, METH_O, NULL},
    {"liar", one, METH_O, NULL},
    {"count", one, METH_O, NULL},
    {"no_type", one, METH_O, NULL},
    {"odd_error", one, METH_O, NULL},
    {"names", MANY, METH_FASTCALL, NULL},
    {"void_param", one, METH_O, NULL},
    {"default", MANY, METH_FASTCALL, NULL},
    {"loop", one, METH_O, NULL},
    {"wild_type", one, METH_O, NULL},
    {"wild_names", MANY, METH_FASTCALL, NULL},
    {"late_self", MANY, METH_FASTCALL, NULL},
    {"status", one, METH_O, NULL},
    {"wild_type_variable", one, METH_O, NULL},
    {"mixed", one, METH_O, NULL},
    {"result", one, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef stray = {"stray", one, METH_O, NULL};

static long some_data[4] = {1, 2, 3, 4};
static PyTypeObject *no_such_type = (PyTypeObject *)0x1234;

#define ENTRY(version, count, method, native, result, error, effects, names, from, self, overload, ...)                \
    {(uint32_t)sizeof(PyTypedEntry), version, count, (method), (PyTypedNative)(native), result, 0, effects, error,     \
     {__VA_ARGS__}, (names), (from), 0, {0}, (self), (overload)}
/* An entry that is right but for what is given. */
#define LONG1(m, ...) ENTRY(1, 1, &methods[m], native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, NULL, __VA_ARGS__)

static const PyTypedEntry looping;
static const PyTypedEntry looping =
    ENTRY(1, 1, &methods[LOOP], native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, &looping, PYTYPED_LONG);

static const PyTypedEntry entries[] = {
    PYTYPED_FUNCTION(&methods[GOOD], good_native, PYTYPED_LONG, PYTYPED_NEVER, PYTYPED_LEAF, PYTYPED_I32),
    ENTRY(2, 1, &methods[FUTURE], native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, NULL, PYTYPED_LONG),
    LONG1(MYSTERY, 30),
    LONG1(TEXT, PYTYPED_UTF8),
    ENTRY(1, 8, &methods[EIGHT], native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, NULL, 4, 4, 4, 4, 4, 4, 4, 4),
    ENTRY(1, 1, NULL, native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, NULL, PYTYPED_LONG),
    ENTRY(1, 1, &stray, native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, NULL, PYTYPED_LONG),
    ENTRY(1, 1, (const PyMethodDef *)8, native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, NULL, PYTYPED_LONG),
    LONG1(TWICE, PYTYPED_LONG),
    LONG1(TWICE, PYTYPED_LONG),
    ENTRY(1, 1, &methods[NOTHING], NULL, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, NULL, PYTYPED_LONG),
    ENTRY(1, 1, &methods[DATA], some_data, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, NULL, PYTYPED_LONG),
    ENTRY(1, 1, &methods[LIAR], native, PYTYPED_LONG, PYTYPED_SENTINEL(-1), PYTYPED_LEAF, NULL, 8, NULL, NULL, PYTYPED_LONG),
    ENTRY(1, 2, &methods[COUNT], native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, NULL, PYTYPED_LONG, PYTYPED_LONG),
    ENTRY(1, 2, &methods[NO_TYPE], native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, NULL, PYTYPED_SELF, PYTYPED_LONG),
    ENTRY(1, 1, &methods[ODD_ERROR], native, PYTYPED_LONG, 9, 0, 0, NULL, 8, NULL, NULL, PYTYPED_LONG),
    ENTRY(1, 1, &methods[NAMES], native, PYTYPED_LONG, PYTYPED_NEVER, 0, "a,b", 8, NULL, NULL, PYTYPED_LONG),
    LONG1(VOID_PARAM, PYTYPED_VOID),
    ENTRY(1, 1, &methods[DEFAULT], native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 0, NULL, NULL, PYTYPED_OBJECT),
    ENTRY(1, 1, &methods[LOOP], native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, NULL, &looping, PYTYPED_LONG),
    ENTRY(1, 2, &methods[WILD_TYPE], native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, &no_such_type, NULL, PYTYPED_SELF, PYTYPED_LONG),
    ENTRY(1, 1, &methods[WILD_NAMES], native, PYTYPED_LONG, PYTYPED_NEVER, 0, (const char *)16, 8, NULL, NULL, PYTYPED_LONG),
    ENTRY(1, 2, &methods[LATE_SELF], native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, &no_such_type, NULL, PYTYPED_LONG, PYTYPED_SELF),
    ENTRY(1, 1, &methods[STATUS], native, PYTYPED_F64, PYTYPED_NONZERO, 0, NULL, 8, NULL, NULL, PYTYPED_LONG),
    ENTRY(1, 2, &methods[WILD_TYPE_VARIABLE], native, PYTYPED_LONG, PYTYPED_NEVER, 0, NULL, 8, (PyTypeObject *const *)24, NULL, PYTYPED_SELF, PYTYPED_LONG),
    ENTRY(1, 1, &methods[MIXED], native, PYTYPED_LONG, PYTYPED_NEVER, PYTYPED_PURE | PYTYPED_READS, NULL, 8, NULL, NULL, PYTYPED_LONG),
    ENTRY(1, 1, &methods[RESULT], native, PYTYPED_SELF, PYTYPED_NEVER, 0, NULL, 8, NULL, NULL, PYTYPED_LONG),
};

#define TOTAL (sizeof entries / sizeof entries[0])

#ifndef WHOLE
#define WHOLE 0
#endif

#if WHOLE == 1 /* a later version of the table */
#define TABLE {7, TOTAL, entries}
#elif WHOLE == 2 /* entries that are nowhere */
#define TABLE {PYTYPED_TABLE_VERSION, TOTAL, (const PyTypedEntry *)0x40}
#elif WHOLE == 3 /* entries of an impossible size: the address is that of other data */
#define TABLE {PYTYPED_TABLE_VERSION, 4000000000u, (const PyTypedEntry *)some_data}
#elif WHOLE == 4 /* entries at an odd address */
#define TABLE {PYTYPED_TABLE_VERSION, TOTAL, (const PyTypedEntry *)((const char *)entries + 3)}
#else
#define TABLE {PYTYPED_TABLE_VERSION, TOTAL, entries}
#endif

PYTYPED_EXTERN const PyTypedTable PyTyped_bad;
const PyTypedTable PyTyped_bad = TABLE;

static PyModuleDef def = {PyModuleDef_HEAD_INIT, "bad", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_bad(void) { return PyModule_Create(&def); }
