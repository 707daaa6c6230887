/* Init functions that go wrong; which one is chosen by WHOLE. */
#include <Python.h>
static PyModuleDef def = { PyModuleDef_HEAD_INIT, "wrong", NULL, -1, NULL };
extern PyObject *PyRivet_DoesNotExist(void);
#if WHOLE == 5
PyMODINIT_FUNC PyInit_other(void) { return PyModule_Create(&def); }
#else
PyMODINIT_FUNC PyInit_wrong(void) {
#if WHOLE == 0
    return NULL;
#elif WHOLE == 1
    PyObject *m = PyModule_Create(&def);
    PyErr_SetString(PyExc_ValueError, "left over");
    return m;
#elif WHOLE == 2
    PyErr_SetString(PyExc_ValueError, "on purpose");
    return NULL;
#elif WHOLE == 3
    return PyRivet_DoesNotExist();
#else
    static PyObject empty;
    return &empty;
#endif
}
#endif
