/* The functions of the C API that take variable arguments: they walk the argument list here and leave every
 * conversion to functions of the runtime. Written against our own declarations, so no Python headers are needed. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct _object { intptr_t refcnt; struct _object *type; } PyObject;
typedef intptr_t Py_ssize_t;

extern PyObject *PyExc_TypeError, *PyExc_SystemError, *PyExc_OverflowError;
extern void PyErr_SetString(PyObject *, const char *);
extern PyObject *PyErr_Occurred(void);
extern Py_ssize_t PyTuple_Size(PyObject *);
extern PyObject *PyTuple_GetItem(PyObject *, Py_ssize_t);
extern PyObject *PyTuple_New(Py_ssize_t);
extern int PyTuple_SetItem(PyObject *, Py_ssize_t, PyObject *);
extern PyObject *PyDict_GetItemString(PyObject *, const char *);
extern Py_ssize_t PyDict_Size(PyObject *);
extern long PyLong_AsLong(PyObject *);
extern long long PyLong_AsLongLong(PyObject *);
extern Py_ssize_t PyNumber_AsSsize_t(PyObject *, PyObject *);
extern double PyFloat_AsDouble(PyObject *);
extern int PyObject_IsTrue(PyObject *);
extern const char *PyUnicode_AsUTF8AndSize(PyObject *, Py_ssize_t *);
extern int PyBytes_AsStringAndSize(PyObject *, char **, Py_ssize_t *);
extern PyObject *PyLong_FromLong(long), *PyLong_FromLongLong(long long), *PyFloat_FromDouble(double);
extern PyObject *PyUnicode_FromStringAndSize(const char *, Py_ssize_t), *PyBytes_FromStringAndSize(const char *, Py_ssize_t);
extern PyObject *PyList_New(Py_ssize_t);
extern int PyList_SetItem(PyObject *, Py_ssize_t, PyObject *);
extern PyObject *PyDict_New(void);
extern int PyDict_SetItem(PyObject *, PyObject *, PyObject *);
extern const char *rivet_type_name(PyObject *);
extern int rivet_is_instance_of(PyObject *, PyObject *);
extern int rivet_unknown_keyword(PyObject *, const char *const *, const char *);
extern PyObject *rivet_none(void);
extern void Py_IncRef(PyObject *), Py_DecRef(PyObject *);
extern PyObject *rivet_object_text(PyObject *, int);

static int fail(PyObject *exc, const char *text) { PyErr_SetString(exc, text); return 0; }

static int wrong(const char *fname, int pos, const char *what, PyObject *arg) {
    char b[400];
    const char *got = arg == rivet_none() ? "None" : rivet_type_name(arg);
    if (fname)
        snprintf(b, sizeof b, "%.200s() argument %d must be %.50s, not %.50s", fname, pos, what, got);
    else
        snprintf(b, sizeof b, "argument %d must be %.50s, not %.50s", pos, what, got);
    return fail(PyExc_TypeError, b);
}

/* Converts one argument; *f stands at its format unit and is moved behind it. A null arg skips the unit. */
static int one(PyObject *arg, const char **f, va_list *va, const char *fname, int pos) {
    char c = *(*f)++;
    switch (c) {
    case 'O':
        if (**f == '!') {
            (*f)++;
            PyObject *type = va_arg(*va, PyObject *);
            PyObject **out = va_arg(*va, PyObject **);
            if (!arg) return 1;
            if (!rivet_is_instance_of(arg, type)) return wrong(fname, pos, ((const char **)type)[3], arg);
            *out = arg;
        } else if (**f == '&') {
            (*f)++;
            int (*conv)(PyObject *, void *) = (int (*)(PyObject *, void *))va_arg(*va, void *);
            void *out = va_arg(*va, void *);
            if (!arg) return 1;
            if (!conv(arg, out)) return PyErr_Occurred() ? 0 : wrong(fname, pos, "(unspecified)", arg);
        } else {
            PyObject **out = va_arg(*va, PyObject **);
            if (arg) *out = arg;
        }
        return 1;
    case 'b': case 'B': case 'h': case 'H': case 'i': case 'I': case 'l': case 'k': case 'L': case 'K': {
        void *out = va_arg(*va, void *);
        if (!arg) return 1;
        long long v = c == 'L' || c == 'K' ? PyLong_AsLongLong(arg) : PyLong_AsLong(arg);
        if (v == -1 && PyErr_Occurred()) return 0;
        switch (c) {
        case 'b':
            if (v < 0) return fail(PyExc_OverflowError, "unsigned byte integer is less than minimum");
            if (v > 255) return fail(PyExc_OverflowError, "unsigned byte integer is greater than maximum");
            *(unsigned char *)out = (unsigned char)v; break;
        case 'B': *(unsigned char *)out = (unsigned char)v; break;
        case 'h':
            if (v < -32768) return fail(PyExc_OverflowError, "signed short integer is less than minimum");
            if (v > 32767) return fail(PyExc_OverflowError, "signed short integer is greater than maximum");
            *(short *)out = (short)v; break;
        case 'H': *(unsigned short *)out = (unsigned short)v; break;
        case 'i':
            if (v < INT32_MIN) return fail(PyExc_OverflowError, "signed integer is less than minimum");
            if (v > INT32_MAX) return fail(PyExc_OverflowError, "signed integer is greater than maximum");
            *(int *)out = (int)v; break;
        case 'I': *(unsigned *)out = (unsigned)v; break;
        case 'l': *(long *)out = (long)v; break;
        case 'k': *(unsigned long *)out = (unsigned long)v; break;
        default: *(long long *)out = v; break;
        }
        return 1;
    }
    case 'n': {
        Py_ssize_t *out = va_arg(*va, Py_ssize_t *);
        if (!arg) return 1;
        *out = PyNumber_AsSsize_t(arg, PyExc_OverflowError);
        return !(*out == -1 && PyErr_Occurred());
    }
    case 'f': case 'd': {
        void *out = va_arg(*va, void *);
        if (!arg) return 1;
        double d = PyFloat_AsDouble(arg);
        if (d == -1.0 && PyErr_Occurred()) return 0;
        if (c == 'f') *(float *)out = (float)d; else *(double *)out = d;
        return 1;
    }
    case 'p': {
        int *out = va_arg(*va, int *);
        if (!arg) return 1;
        *out = PyObject_IsTrue(arg);
        return *out >= 0;
    }
    case 's': case 'z': case 'U': case 'y': case 'S': {
        if (c == 'U' || c == 'S') {
            PyObject **out = va_arg(*va, PyObject **);
            if (arg) *out = arg;
            return 1;
        }
        const char **out = va_arg(*va, const char **);
        Py_ssize_t *len = NULL, n = 0;
        if (**f == '#') { (*f)++; len = va_arg(*va, Py_ssize_t *); }
        if (!arg) return 1;
        if (c == 'z' && arg == rivet_none()) { *out = NULL; if (len) *len = 0; return 1; }
        if (c == 'y') {
            if (PyBytes_AsStringAndSize(arg, (char **)out, &n) < 0) return 0;
        } else {
            *out = PyUnicode_AsUTF8AndSize(arg, &n);
            if (!*out) return 0;
        }
        if (len) *len = n;
        return 1;
    }
    default: {
        char b[80];
        snprintf(b, sizeof b, "PyArg_Parse: format unit '%c' is not supported yet", c);
        return fail(PyExc_SystemError, b);
    }
    }
}

static int count_error(const char *fname, const char *message, int exact, Py_ssize_t bound, Py_ssize_t n) {
    char b[300];
    if (message) return fail(PyExc_TypeError, message);
    snprintf(b, sizeof b, "%.150s%s takes %s %zd argument%s (%zd given)", fname ? fname : "function", fname ? "()" : "",
             exact ? "exactly" : n < bound ? "at least" : "at most", bound, bound == 1 ? "" : "s", n);
    return fail(PyExc_TypeError, b);
}

static int parse(PyObject *args, PyObject *kw, const char *format, const char *const *names, va_list *va) {
    const char *end = strpbrk(format, ":;");
    const char *fname = end && *end == ':' ? end + 1 : NULL;
    const char *message = end && *end == ';' ? end + 1 : NULL;
    Py_ssize_t n = PyTuple_Size(args), min = -1, total = 0;
    for (const char *p = format; *p && p != end; p++) {
        if (*p == '|') min = total;
        else if (*p != '$' && *p != '!' && *p != '&' && *p != '#') total++;
    }
    if (min < 0) min = total;
    Py_ssize_t nkw = kw ? PyDict_Size(kw) : 0;
    if (!names && (n < min || n > total)) return count_error(fname, message, min == total, n < min ? min : total, n);
    if (names && n + nkw > total) return count_error(fname, message, 0, total, n + nkw);
    int pos = 0, optional = 0;
    Py_ssize_t used = 0;
    for (const char *f = format; *f && f != end;) {
        if (*f == '|') { optional = 1; f++; continue; }
        if (*f == '$') { f++; continue; }
        PyObject *arg = pos < n ? PyTuple_GetItem(args, pos) : NULL;
        if (names && nkw && names[pos][0]) {
            PyObject *k = PyDict_GetItemString(kw, names[pos]);
            if (k && arg) {
                char b[300];
                snprintf(b, sizeof b, "argument for %.200s%s given by name ('%s') and position (%d)", fname ? fname : "function",
                         fname ? "()" : "", names[pos], pos + 1);
                return fail(PyExc_TypeError, b);
            }
            if (k) { arg = k; used++; }
        }
        if (!arg && !optional) {
            char b[300];
            if (names && names[pos][0])
                snprintf(b, sizeof b, "%.200s%s missing required argument '%s' (pos %d)", fname ? fname : "function",
                         fname ? "()" : "", names[pos], pos + 1);
            else
                return count_error(fname, message, min == total, min, n);
            return fail(PyExc_TypeError, b);
        }
        if (!one(arg, &f, va, fname, pos + 1)) return 0;
        pos++;
    }
    if (used < nkw) return rivet_unknown_keyword(kw, names, fname);
    return 1;
}

int PyArg_ParseTuple(PyObject *args, const char *format, ...) {
    va_list va; va_start(va, format);
    int r = parse(args, NULL, format, NULL, &va);
    va_end(va);
    return r;
}
int _PyArg_ParseTuple_SizeT(PyObject *args, const char *format, ...) {
    va_list va; va_start(va, format);
    int r = parse(args, NULL, format, NULL, &va);
    va_end(va);
    return r;
}
int PyArg_ParseTupleAndKeywords(PyObject *args, PyObject *kw, const char *format, char **names, ...) {
    va_list va; va_start(va, names);
    int r = parse(args, kw, format, (const char *const *)names, &va);
    va_end(va);
    return r;
}
int _PyArg_ParseTupleAndKeywords_SizeT(PyObject *args, PyObject *kw, const char *format, char **names, ...) {
    va_list va; va_start(va, names);
    int r = parse(args, kw, format, (const char *const *)names, &va);
    va_end(va);
    return r;
}
int PyArg_UnpackTuple(PyObject *args, const char *name, Py_ssize_t min, Py_ssize_t max, ...) {
    Py_ssize_t n = PyTuple_Size(args);
    char b[200];
    if (n < min || n > max) {
        Py_ssize_t bound = n < min ? min : max;
        snprintf(b, sizeof b, "%.100s expected %s%zd argument%s, got %zd", name,
                 min == max ? "" : n < min ? "at least " : "at most ", bound, bound == 1 ? "" : "s", n);
        return fail(PyExc_TypeError, b);
    }
    va_list va; va_start(va, max);
    for (Py_ssize_t i = 0; i < n; i++) *va_arg(va, PyObject **) = PyTuple_GetItem(args, i);
    va_end(va);
    return 1;
}

/* Text of a format of PyErr_Format and PyUnicode_FromFormat. Too long texts are cut at the buffer's end. */
static void text(char *out, size_t size, const char *f, va_list *va) {
    size_t at = 0;
#define PUT(...) do { if (at < size) { int k_ = snprintf(out + at, size - at, __VA_ARGS__); if (k_ > 0) at += (size_t)k_; if (at > size) at = size; } } while (0)
    while (*f) {
        if (*f != '%') { PUT("%c", *f); f++; continue; }
        const char *start = f++;
        int width = -1, precision = -1;
        int zero = 0;
        while (*f == '0' || *f == '-') { if (*f == '0') zero = 1; f++; }
        if (*f >= '0' && *f <= '9') { width = 0; while (*f >= '0' && *f <= '9') width = width * 10 + (*f++ - '0'); }
        if (*f == '.') { f++; precision = 0; while (*f >= '0' && *f <= '9') precision = precision * 10 + (*f++ - '0'); }
        int size_flag = 0;
        while (*f == 'l' || *f == 'z' || *f == 'j' || *f == 't') { size_flag = *f == 'l' && size_flag == 'l' ? 'q' : *f; f++; }
        char c = *f ? *f++ : 0;
        switch (c) {
        case '%': PUT("%%"); break;
        case 'c': PUT("%c", va_arg(*va, int)); break;
        case 'd': case 'i': {
            long long v = size_flag ? va_arg(*va, long long) : va_arg(*va, int);
            if (zero) PUT("%0*lld", width < 0 ? 0 : width, v); else PUT("%*lld", width < 0 ? 0 : width, v);
            break;
        }
        case 'u': PUT("%llu", size_flag ? va_arg(*va, unsigned long long) : va_arg(*va, unsigned)); break;
        case 'x': PUT("%llx", size_flag ? va_arg(*va, unsigned long long) : va_arg(*va, unsigned)); break;
        case 'p': PUT("%p", va_arg(*va, void *)); break;
        case 's': PUT("%.*s", precision < 0 ? 1 << 20 : precision, va_arg(*va, const char *)); break;
        case 'R': case 'S': case 'A': case 'U': case 'V': {
            PyObject *o = va_arg(*va, PyObject *);
            const char *alt = c == 'V' ? va_arg(*va, const char *) : NULL;
            if (!o && alt) { PUT("%s", alt); break; }
            PyObject *s = rivet_object_text(o, c);
            if (s) { Py_ssize_t n; const char *t = PyUnicode_AsUTF8AndSize(s, &n); PUT("%.*s", precision < 0 ? (int)n : precision, t ? t : "?"); Py_DecRef(s); }
            break;
        }
        default: PUT("%s", start); return;
        }
    }
#undef PUT
}

PyObject *PyErr_FormatV(PyObject *exc, const char *format, va_list va) {
    char b[2000];
    va_list copy; va_copy(copy, va);
    b[0] = 0;
    text(b, sizeof b, format, &copy);
    va_end(copy);
    PyErr_SetString(exc, b);
    return NULL;
}
PyObject *PyErr_Format(PyObject *exc, const char *format, ...) {
    va_list va; va_start(va, format);
    PyErr_FormatV(exc, format, va);
    va_end(va);
    return NULL;
}
PyObject *PyUnicode_FromFormatV(const char *format, va_list va) {
    char b[8000];
    va_list copy; va_copy(copy, va);
    b[0] = 0;
    text(b, sizeof b, format, &copy);
    va_end(copy);
    return PyUnicode_FromStringAndSize(b, (Py_ssize_t)strlen(b));
}
PyObject *PyUnicode_FromFormat(const char *format, ...) {
    va_list va; va_start(va, format);
    PyObject *r = PyUnicode_FromFormatV(format, va);
    va_end(va);
    return r;
}

/* Py_BuildValue */
static PyObject *build(const char **f, va_list *va);

static PyObject *items(const char **f, va_list *va, char close, int tuple) {
    PyObject *got[64];
    Py_ssize_t n = 0;
    while (**f && **f != close) {
        if (**f == ' ' || **f == ',' || **f == ':') { (*f)++; continue; }
        PyObject *v = build(f, va);
        if (!v || n == 64) { if (v) { Py_DecRef(v); PyErr_SetString(PyExc_SystemError, "Py_BuildValue: too many items"); } while (n) Py_DecRef(got[--n]); return NULL; }
        got[n++] = v;
    }
    if (**f) (*f)++;
    PyObject *r = tuple ? PyTuple_New(n) : PyList_New(n);
    for (Py_ssize_t i = 0; r && i < n; i++) { if (tuple) PyTuple_SetItem(r, i, got[i]); else PyList_SetItem(r, i, got[i]); }
    return r;
}

static PyObject *build(const char **f, va_list *va) {
    char c = *(*f)++;
    switch (c) {
    case '(': return items(f, va, ')', 1);
    case '[': return items(f, va, ']', 0);
    case '{': {
        PyObject *d = PyDict_New();
        while (d && **f && **f != '}') {
            if (**f == ' ' || **f == ',' || **f == ':') { (*f)++; continue; }
            PyObject *k = build(f, va);
            while (**f == ' ' || **f == ',' || **f == ':') (*f)++;
            PyObject *v = k ? build(f, va) : NULL;
            if (!v || PyDict_SetItem(d, k, v) < 0) { Py_DecRef(d); d = NULL; }
            if (k) Py_DecRef(k);
            if (v) Py_DecRef(v);
        }
        if (**f) (*f)++;
        return d;
    }
    case 'b': case 'B': case 'h': case 'H': case 'i': return PyLong_FromLong(va_arg(*va, int));
    case 'I': return PyLong_FromLong((long)va_arg(*va, unsigned));
    case 'l': case 'n': return PyLong_FromLong(va_arg(*va, long));
    case 'k': case 'L': case 'K': return PyLong_FromLongLong(va_arg(*va, long long));
    case 'd': case 'f': return PyFloat_FromDouble(va_arg(*va, double));
    case 's': case 'z': case 'U': case 'y': {
        const char *s = va_arg(*va, const char *);
        Py_ssize_t n = -1;
        if (**f == '#') { (*f)++; n = va_arg(*va, Py_ssize_t); }
        if (!s) { PyObject *none = rivet_none(); Py_IncRef(none); return none; }
        if (n < 0) n = (Py_ssize_t)strlen(s);
        return c == 'y' ? PyBytes_FromStringAndSize(s, n) : PyUnicode_FromStringAndSize(s, n);
    }
    case 'O': case 'S': case 'N': {
        PyObject *o = va_arg(*va, PyObject *);
        if (!o) { if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "NULL object passed to Py_BuildValue"); return NULL; }
        if (c != 'N') Py_IncRef(o);
        return o;
    }
    default:
        PyErr_SetString(PyExc_SystemError, "bad format char passed to Py_BuildValue");
        return NULL;
    }
}

PyObject *Py_VaBuildValue(const char *format, va_list va) {
    va_list copy; va_copy(copy, va);
    const char *f = format;
    int n = 0, depth = 0;
    for (const char *p = format; *p; p++) {
        if (strchr("([{", *p)) { if (!depth) n++; depth++; }
        else if (strchr(")]}", *p)) depth--;
        else if (!depth && !strchr("# ,:", *p)) n++;
    }
    PyObject *r;
    if (n == 0) { r = rivet_none(); Py_IncRef(r); }
    else if (n == 1) r = build(&f, &copy);
    else r = items(&f, &copy, 0, 1);
    va_end(copy);
    return r;
}
PyObject *Py_BuildValue(const char *format, ...) {
    va_list va; va_start(va, format);
    PyObject *r = Py_VaBuildValue(format, va);
    va_end(va);
    return r;
}
PyObject *_Py_BuildValue_SizeT(const char *format, ...) {
    va_list va; va_start(va, format);
    PyObject *r = Py_VaBuildValue(format, va);
    va_end(va);
    return r;
}

/* Kept by the linker because this table is referenced from Rust. */
void *const rivet_shim_symbols[] = {
    (void *)PyArg_ParseTuple, (void *)_PyArg_ParseTuple_SizeT, (void *)PyArg_ParseTupleAndKeywords,
    (void *)_PyArg_ParseTupleAndKeywords_SizeT, (void *)PyArg_UnpackTuple, (void *)PyErr_Format, (void *)PyErr_FormatV,
    (void *)PyUnicode_FromFormat, (void *)PyUnicode_FromFormatV, (void *)Py_BuildValue, (void *)Py_VaBuildValue,
    (void *)_Py_BuildValue_SizeT,
};
