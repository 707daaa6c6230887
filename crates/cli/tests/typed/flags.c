/* METH_TYPED prefixes that are wrong: the methods must go on working by their wrappers. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "typed_method.h"

static PyObject *one(PyObject *m, PyObject *x) {
    (void)m;
    (void)x;
    return PyUnicode_FromString("wrapper");
}

static PyObject *good(PyObject *m, PyObject *x) {
    (void)m;
    return PyNumber_Add(x, x);
}

static long native(long x) {
    (void)x;
    return 666;
}

static long good_native(long x) { return x * 2; }

static long data;

PYTYPED_PREFIX(sig_good, "good", good_native, PYTYPED_T_LONG, PYTYPED_T_LONG)
PYTYPED_PREFIX(sig_mystery, "mystery", native, PYTYPED_T_LONG, 17)
PYTYPED_PREFIX(sig_result, "result", native, -9, PYTYPED_T_LONG)
PYTYPED_PREFIX(sig_count, "count", native, PYTYPED_T_LONG, PYTYPED_T_LONG, PYTYPED_T_LONG)
PYTYPED_PREFIX(sig_long, "long", native, PYTYPED_T_LONG, 1, 1, 1, 1, 1, 1, 1)
PYTYPED_PREFIX(sig_data, "data", &data, PYTYPED_T_LONG, PYTYPED_T_LONG)
static const PyTypedPrefix sig_wild = {(const int *)8, PYTYPED_T_LONG, (PyTypedNative)native, "wild"};
/* The flag without a prefix: what lies before the name is another text. */
static const char bare[] = "................................bare";

static PyMethodDef methods[] = {
    {sig_good.ml_name, good, METH_O | METH_TYPED, NULL},
    {sig_mystery.ml_name, one, METH_O | METH_TYPED, NULL},
    {sig_result.ml_name, one, METH_O | METH_TYPED, NULL},
    {sig_count.ml_name, one, METH_O | METH_TYPED, NULL},
    {sig_long.ml_name, one, METH_O | METH_TYPED, NULL},
    {sig_data.ml_name, one, METH_O | METH_TYPED, NULL},
    {sig_wild.ml_name, one, METH_O | METH_TYPED, NULL},
    {bare + 32, one, METH_O | METH_TYPED, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef def = {PyModuleDef_HEAD_INIT, "flags", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_flags(void) { return PyModule_Create(&def); }
