/* PyUnicode_FromFormat and what builds on it. */
#include "shim.h"

typedef struct { PyObject *parts[128]; Py_ssize_t n; char pending[1024]; size_t used; int failed; } out;

static void flush(out *o) {
    if (!o->used || o->failed) return;
    PyObject *s = rivet_replaced_text(o->pending, (Py_ssize_t)o->used);
    o->used = 0;
    if (!s) { o->failed = 1; return; }
    if (o->n == 128) {
        PyObject *all = rivet_join_text(o->parts, o->n);
        while (o->n) Py_DecRef(o->parts[--o->n]);
        if (!all) { o->failed = 1; Py_DecRef(s); return; }
        o->parts[o->n++] = all;
    }
    o->parts[o->n++] = s;
}

static void raw(out *o, const char *s, size_t n) {
    while (n && !o->failed) {
        size_t room = sizeof o->pending - o->used, k = n < room ? n : room;
        /* A character is not cut in two. */
        if (k < n) while (k && ((unsigned char)s[k] & 0xc0) == 0x80) k--;
        if (!k) { if (o->used) { flush(o); continue; } k = n < room ? n : room; }
        memcpy(o->pending + o->used, s, k);
        o->used += k;
        s += k;
        n -= k;
        if (n) flush(o);
    }
}

static void pad(out *o, Py_ssize_t n, char c) { while (n-- > 0 && !o->failed) raw(o, &c, 1); }

static void text(out *o, PyObject *s, Py_ssize_t width, Py_ssize_t precision) {
    if (!s) { o->failed = 1; return; }
    Py_ssize_t n = PyUnicode_GetLength(s);
    if (precision >= 0 && precision < n) {
        PyObject *cut = PyUnicode_Substring(s, 0, precision);
        Py_DecRef(s);
        s = cut;
        if (!s) { o->failed = 1; return; }
        n = precision;
    }
    pad(o, width - n, ' ');
    flush(o);
    if (o->failed) { Py_DecRef(s); return; }
    if (o->n == 128) {
        PyObject *all = rivet_join_text(o->parts, o->n);
        while (o->n) Py_DecRef(o->parts[--o->n]);
        if (!all) { o->failed = 1; Py_DecRef(s); return; }
        o->parts[o->n++] = all;
    }
    o->parts[o->n++] = s;
}

static void chars(out *o, const char *s, Py_ssize_t width, Py_ssize_t precision) {
    size_t n = precision < 0 ? strlen(s) : strnlen(s, (size_t)precision);
    PyObject *u = rivet_replaced_text(s, (Py_ssize_t)n);
    text(o, u, width, -1);
}

static void number(out *o, const char *digits, Py_ssize_t width, Py_ssize_t precision, int zero) {
    Py_ssize_t n = (Py_ssize_t)strlen(digits);
    int sign = *digits == '-';
    if (precision < n - sign) precision = n - sign;
    if (zero) { if (sign) raw(o, "-", 1); pad(o, width - sign - precision, '0'); }
    else { pad(o, width - sign - precision, ' '); if (sign) raw(o, "-", 1); }
    pad(o, precision - (n - sign), '0');
    raw(o, digits + sign, (size_t)(n - sign));
}

static PyObject *give(out *o) {
    flush(o);
    PyObject *r = o->failed ? NULL : o->n == 1 ? o->parts[0] : rivet_join_text(o->parts, o->n);
    if (!o->failed && o->n == 1) return r;
    while (o->n) Py_DecRef(o->parts[--o->n]);
    return r;
}

static void one(out *o, const char **format, va_list *va) {
    const char *f = *format, *start = f - 1;
    int zero = 0;
    Py_ssize_t width = -1, precision = -1;
    char size = 0;
    if (*f == '0') { zero = 1; f++; }
    while (*f >= '0' && *f <= '9') width = (width < 0 ? 0 : width) * 10 + (*f++ - '0');
    if (*f == '.') {
        f++;
        precision = 0;
        while (*f >= '0' && *f <= '9') precision = precision * 10 + (*f++ - '0');
    }
    if (*f == 'l') { size = 'l'; f++; if (*f == 'l') { size = 'q'; f++; } }
    else if (*f == 'z' || *f == 't' || *f == 'j') size = *f++;
    char c = *f ? *f++ : 0, b[64];
    switch (c) {
    case '%': raw(o, "%", 1); break;
    case 'c': {
        int v = va_arg(*va, int);
        PyObject *s = v < 0 || v > 0x10ffff ? (PyErr_SetString(PyExc_OverflowError, "character argument not in range(0x110000)"), NULL) : PyUnicode_FromOrdinal(v);
        text(o, s, -1, -1);
        break;
    }
    case 'd': case 'i': {
        long long v = size == 'l' ? va_arg(*va, long) : size == 'q' ? va_arg(*va, long long) : size ? (long long)va_arg(*va, Py_ssize_t) : va_arg(*va, int);
        snprintf(b, sizeof b, "%lld", v);
        number(o, b, width, precision, zero);
        break;
    }
    case 'u': case 'x': case 'X': case 'o': {
        unsigned long long v = size == 'l' ? va_arg(*va, unsigned long) : size == 'q' ? va_arg(*va, unsigned long long) : size ? (unsigned long long)va_arg(*va, size_t) : va_arg(*va, unsigned);
        snprintf(b, sizeof b, c == 'u' ? "%llu" : c == 'x' ? "%llx" : c == 'X' ? "%llX" : "%llo", v);
        number(o, b, width, precision, zero);
        break;
    }
    case 'p': snprintf(b, sizeof b, "%p", va_arg(*va, void *)); number(o, b, width, precision, 0); break;
    case 's': chars(o, va_arg(*va, const char *), width, precision); break;
    case 'U': { PyObject *s = va_arg(*va, PyObject *); Py_IncRef(s); text(o, s, width, precision); break; }
    case 'V': {
        PyObject *s = va_arg(*va, PyObject *);
        const char *alt = va_arg(*va, const char *);
        if (s) { Py_IncRef(s); text(o, s, width, precision); } else chars(o, alt, width, precision);
        break;
    }
    case 'S': case 'R': case 'A': text(o, rivet_object_text(va_arg(*va, PyObject *), c), width, precision); break;
    default:
        /* What is not understood is copied, with everything behind it. */
        raw(o, start, strlen(start));
        f = start + strlen(start);
        break;
    }
    *format = f;
}

PyObject *PyUnicode_FromFormatV(const char *format, va_list va) {
    out *o = PyMem_Malloc(sizeof *o);
    if (!o) return PyErr_NoMemory();
    o->n = 0; o->used = 0; o->failed = 0;
    va_list copy;
    va_copy(copy, va);
    const char *f = format;
    while (*f && !o->failed) {
        const char *p = strchr(f, '%');
        if (!p) { raw(o, f, strlen(f)); break; }
        raw(o, f, (size_t)(p - f));
        f = p + 1;
        one(o, &f, &copy);
    }
    va_end(copy);
    PyObject *r = give(o);
    PyMem_Free(o);
    return r;
}

PyObject *PyUnicode_FromFormat(const char *format, ...) {
    va_list va;
    va_start(va, format);
    PyObject *r = PyUnicode_FromFormatV(format, va);
    va_end(va);
    return r;
}

PyObject *PyErr_FormatV(PyObject *exc, const char *format, va_list va) {
    PyErr_Clear();
    PyObject *s = PyUnicode_FromFormatV(format, va);
    if (s) { PyErr_SetObject(exc, s); Py_DecRef(s); }
    return NULL;
}

PyObject *PyErr_Format(PyObject *exc, const char *format, ...) {
    va_list va;
    va_start(va, format);
    PyErr_FormatV(exc, format, va);
    va_end(va);
    return NULL;
}

PyObject *_PyErr_FormatFromCause(PyObject *exc, const char *format, ...) {
    va_list va;
    va_start(va, format);
    PyObject *s = PyUnicode_FromFormatV(format, va);
    va_end(va);
    if (s) { rivet_format_from_cause(exc, s); Py_DecRef(s); }
    return NULL;
}

int PyErr_WarnFormat(PyObject *category, Py_ssize_t level, const char *format, ...) {
    va_list va;
    va_start(va, format);
    PyObject *s = PyUnicode_FromFormatV(format, va);
    va_end(va);
    if (!s) return -1;
    int r = PyErr_WarnEx(category, PyUnicode_AsUTF8(s), level);
    Py_DecRef(s);
    return r;
}

int PyErr_ResourceWarning(PyObject *source, Py_ssize_t level, const char *format, ...) {
    va_list va;
    va_start(va, format);
    PyObject *s = PyUnicode_FromFormatV(format, va);
    va_end(va);
    if (!s) return -1;
    int r = rivet_resource_warning(source, level, PyUnicode_AsUTF8(s));
    Py_DecRef(s);
    return r;
}

PyObject *PyBytes_FromFormatV(const char *format, va_list va) {
    PyObject *s = PyUnicode_FromFormatV(format, va);
    if (!s) return NULL;
    PyObject *b = PyUnicode_AsEncodedString(s, "latin-1", "replace");
    Py_DecRef(s);
    return b;
}

PyObject *PyBytes_FromFormat(const char *format, ...) {
    va_list va;
    va_start(va, format);
    PyObject *r = PyBytes_FromFormatV(format, va);
    va_end(va);
    return r;
}

int PyOS_vsnprintf(char *b, size_t n, const char *format, va_list va) {
    if (n > INT_MAX - 512) { b[n - 1] = 0; return -666; }
    int r = vsnprintf(b, n, format, va);
    if (n) b[n - 1] = 0;
    return r;
}

int PyOS_snprintf(char *b, size_t n, const char *format, ...) {
    va_list va;
    va_start(va, format);
    int r = PyOS_vsnprintf(b, n, format, va);
    va_end(va);
    return r;
}

static void print(int error, const char *format, va_list va) {
    char b[1001];
    int n = vsnprintf(b, sizeof b, format, va);
    rivet_write(error, b);
    if (n < 0 || n >= (int)sizeof b) rivet_write(error, "... truncated");
}

void PySys_WriteStdout(const char *format, ...) {
    va_list va;
    va_start(va, format);
    print(0, format, va);
    va_end(va);
}

void PySys_WriteStderr(const char *format, ...) {
    va_list va;
    va_start(va, format);
    print(1, format, va);
    va_end(va);
}

void PySys_FormatStdout(const char *format, ...) {
    va_list va;
    va_start(va, format);
    PyObject *s = PyUnicode_FromFormatV(format, va);
    va_end(va);
    if (s) { rivet_write(0, PyUnicode_AsUTF8(s)); Py_DecRef(s); }
}

void PySys_FormatStderr(const char *format, ...) {
    va_list va;
    va_start(va, format);
    PyObject *s = PyUnicode_FromFormatV(format, va);
    va_end(va);
    if (s) { rivet_write(1, PyUnicode_AsUTF8(s)); Py_DecRef(s); }
}

void _Py_FatalErrorFormat(const char *func, const char *format, ...) {
    va_list va;
    va_start(va, format);
    fprintf(stderr, "Fatal Python error: %s: ", func);
    vfprintf(stderr, format, va);
    va_end(va);
    abort();
}
