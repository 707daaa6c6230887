/* What the shims use of the boundary: the functions with variable arguments are written against these. */
#ifndef RIVET_SHIM_H
#define RIVET_SHIM_H
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef ptrdiff_t Py_ssize_t;
typedef struct _object { Py_ssize_t ob_refcnt; void *ob_type; } PyObject;
typedef struct { void *buf; PyObject *obj; Py_ssize_t len, itemsize; int readonly, ndim; char *format; Py_ssize_t *shape, *strides, *suboffsets; void *internal; } Py_buffer;
typedef struct { double real, imag; } Py_complex;

/* Exported objects; only addresses are used. */
extern char PyUnicode_Type[], PyBytes_Type[], PyByteArray_Type[], PyTuple_Type[], PyDict_Type[], PyLong_Type[], _Py_NoneStruct[];
extern PyObject *PyExc_TypeError, *PyExc_ValueError, *PyExc_SystemError, *PyExc_OverflowError, *PyExc_DeprecationWarning;

void Py_IncRef(PyObject *);
void Py_DecRef(PyObject *);
int rivet_is_instance_of(PyObject *, void *);
const char *rivet_type_name(PyObject *);
PyObject *rivet_object_text(PyObject *, int);
PyObject *rivet_join_text(PyObject *const *, Py_ssize_t);
PyObject *rivet_replaced_text(const char *, Py_ssize_t);
int rivet_check_keywords(PyObject *, const char *const *, const char *);
int rivet_resource_warning(PyObject *, Py_ssize_t, const char *);
void rivet_format_from_cause(PyObject *, PyObject *);
PyObject *rivet_tuple_of(PyObject *const *, Py_ssize_t);
PyObject *rivet_call_method(PyObject *, const char *, PyObject *const *, Py_ssize_t);
PyObject *rivet_call_method_object(PyObject *, PyObject *, PyObject *const *, Py_ssize_t);
int rivet_complex_parts(PyObject *, double *);
int rivet_write(int, const char *);
int rivet_audit(const char *, PyObject *);

void PyErr_SetString(PyObject *, const char *);
void PyErr_SetObject(PyObject *, PyObject *);
PyObject *PyErr_Occurred(void);
int PyErr_ExceptionMatches(PyObject *);
void PyErr_Clear(void);
PyObject *PyErr_NoMemory(void);
PyObject *PyErr_Format(PyObject *, const char *, ...);
int PyErr_WarnEx(PyObject *, const char *, Py_ssize_t);
void *PyMem_Malloc(size_t);
void PyMem_Free(void *);

Py_ssize_t PyTuple_Size(PyObject *);
PyObject *PyTuple_GetItem(PyObject *, Py_ssize_t);
PyObject *PyTuple_New(Py_ssize_t);
int PyTuple_SetItem(PyObject *, Py_ssize_t, PyObject *);
PyObject *PyList_New(Py_ssize_t);
int PyList_SetItem(PyObject *, Py_ssize_t, PyObject *);
PyObject *PyDict_New(void);
int PyDict_SetItem(PyObject *, PyObject *, PyObject *);
Py_ssize_t PyDict_Size(PyObject *);
PyObject *PyDict_GetItemString(PyObject *, const char *);
PyObject *_PyDict_GetItemStringWithError(PyObject *, const char *);
Py_ssize_t PySequence_Size(PyObject *);
int PySequence_Check(PyObject *);
PyObject *PySequence_GetItem(PyObject *, Py_ssize_t);
int PyObject_IsTrue(PyObject *);
int PyIndex_Check(PyObject *);
PyObject *PyObject_Vectorcall(PyObject *, PyObject *const *, size_t, PyObject *);
PyObject *PyObject_Call(PyObject *, PyObject *, PyObject *);
PyObject *PyObject_GetAttrString(PyObject *, const char *);
int PyObject_GetBuffer(PyObject *, Py_buffer *, int);
void PyBuffer_Release(Py_buffer *);
int PyBuffer_IsContiguous(const Py_buffer *, char);
int PyObject_CheckBuffer(PyObject *);

long PyLong_AsLong(PyObject *);
long long PyLong_AsLongLong(PyObject *);
Py_ssize_t PyLong_AsSsize_t(PyObject *);
PyObject *PyNumber_Index(PyObject *);
unsigned long PyLong_AsUnsignedLongMask(PyObject *);
unsigned long long PyLong_AsUnsignedLongLongMask(PyObject *);
PyObject *PyLong_FromLong(long);
PyObject *PyLong_FromLongLong(long long);
PyObject *PyLong_FromUnsignedLong(unsigned long);
PyObject *PyLong_FromUnsignedLongLong(unsigned long long);
PyObject *PyLong_FromSsize_t(Py_ssize_t);
PyObject *PyFloat_FromDouble(double);
double PyFloat_AsDouble(PyObject *);
PyObject *PyComplex_FromDoubles(double, double);
PyObject *PyBool_FromLong(long);

const char *PyUnicode_AsUTF8AndSize(PyObject *, Py_ssize_t *);
const char *PyUnicode_AsUTF8(PyObject *);
Py_ssize_t PyUnicode_GetLength(PyObject *);
long PyUnicode_ReadChar(PyObject *, Py_ssize_t);
PyObject *PyUnicode_FromStringAndSize(const char *, Py_ssize_t);
PyObject *PyUnicode_FromString(const char *);
PyObject *PyUnicode_FromWideChar(const void *, Py_ssize_t);
PyObject *PyUnicode_FromOrdinal(int);
PyObject *PyUnicode_Substring(PyObject *, Py_ssize_t, Py_ssize_t);
PyObject *PyUnicode_AsEncodedString(PyObject *, const char *, const char *);
PyObject *PyUnicode_FromFormat(const char *, ...);
PyObject *PyUnicode_FromFormatV(const char *, va_list);
PyObject *PyBytes_FromStringAndSize(const char *, Py_ssize_t);
char *PyBytes_AsString(PyObject *);
Py_ssize_t PyBytes_Size(PyObject *);
char *PyByteArray_AsString(PyObject *);
Py_ssize_t PyByteArray_Size(PyObject *);
PyObject *PyImport_ImportModule(const char *);

#define NONE ((PyObject *)_Py_NoneStruct)
#define IS(o, t) rivet_is_instance_of(o, t)
#endif
