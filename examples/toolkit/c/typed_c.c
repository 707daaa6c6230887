/* The shapes of typed functions by the macros of typed_wrap.h. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "typed_wrap.h"

static void noop(void) {}
static void noop_o(PyObject *x) { (void)x; }
static int64_t inc(int64_t x) { return (int64_t)((uint64_t)x + 1u); }
static double add(double a, double b) { return a + b; }
static double fma3(double a, double b, double c) { return a * b + c; }
static bool invert(bool x) { return !x; }
static int32_t same_i32(int32_t x) { return x; }
static uint64_t same_u64(uint64_t x) { return x; }
static PyObject *shown(PyObject *x) { return PyObject_Repr(x); }

static int64_t checked(int64_t x) {
    if (x == 13) {
        PyErr_SetString(PyExc_ValueError, "checked: 13 is not welcome");
        return -1;
    }
    return (int64_t)((uint64_t)x - 1u);
}

TYPED_WRAP0(noop, none)
TYPED_WRAP1(noop_o, none, object_)
TYPED_WRAP1(inc, i64, i64)
TYPED_WRAP2(add, f64, f64, f64)
TYPED_WRAP3(fma3, f64, f64, f64, f64)
TYPED_WRAP1(invert, bool_, bool_)
TYPED_WRAP1(same_i32, i32, i32)
TYPED_WRAP1(same_u64, u64, u64)
TYPED_WRAP1(shown, object_, object_)
TYPED_WRAP1_RAISES(checked, i64, i64)

static PyMethodDef methods[] = {
    TYPED_DEF0(noop, "noop(): None"),
    TYPED_DEF1(noop_o, "noop_o(x): None"),
    TYPED_DEF1(inc, "inc(x): x + 1"),
    TYPED_DEF2(add, "add(a, b): the sum"),
    {"fma", TYPED_FAST_(fma3), METH_FASTCALL, "fma(a, b, c): a * b + c"},
    TYPED_DEF1(invert, "invert(x): not x"),
    TYPED_DEF1(same_i32, "same_i32(x): x"),
    TYPED_DEF1(same_u64, "same_u64(x): x"),
    TYPED_DEF1(shown, "shown(x): repr(x)"),
    TYPED_DEF1(checked, "checked(x): x - 1, but 13 is a ValueError"),
    {NULL, NULL, 0, NULL},
};

#define PURE_LEAF (PYTYPED_LEAF | PYTYPED_PURE | PYTYPED_NOGIL)

PYTYPED_TABLE(typed_c,
    TYPED_ENTRY0(&methods[0], noop, PYTYPED_NEVER, PYTYPED_LEAF, none),
    TYPED_ENTRY1(&methods[1], noop_o, PYTYPED_NEVER, PYTYPED_LEAF, none, object_),
    TYPED_ENTRY1(&methods[2], inc, PYTYPED_NEVER, PURE_LEAF, i64, i64),
    TYPED_ENTRY2(&methods[3], add, PYTYPED_NEVER, PURE_LEAF, f64, f64, f64),
    TYPED_ENTRY3(&methods[4], fma3, PYTYPED_NEVER, PURE_LEAF, f64, f64, f64, f64),
    TYPED_ENTRY1(&methods[5], invert, PYTYPED_NEVER, PURE_LEAF, bool_, bool_),
    TYPED_ENTRY1(&methods[6], same_i32, PYTYPED_NEVER, PURE_LEAF, i32, i32),
    TYPED_ENTRY1(&methods[7], same_u64, PYTYPED_NEVER, PURE_LEAF, u64, u64),
    TYPED_ENTRY1(&methods[8], shown, PYTYPED_ALWAYS_CHECK, 0, object_, object_),
    TYPED_ENTRY1(&methods[9], checked, PYTYPED_SENTINEL(-1), PYTYPED_TESTABLE, i64, i64))

static PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT, "typed_c", "typed functions by macros", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_typed_c(void) { return PyModule_Create(&module_def); }
