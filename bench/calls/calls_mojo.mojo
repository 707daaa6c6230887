# By Mojo: functions of Python objects, which it converts.
from std.os import abort
from std.python import PythonObject
from std.python.bindings import PythonModuleBuilder


@export
def PyInit_calls_mojo() -> PythonObject:
    try:
        var m = PythonModuleBuilder("calls_mojo")
        m.def_function[noargs]("noargs")
        m.def_function[noop]("noop")
        m.def_function[inc]("inc")
        m.def_function[add]("add")
        m.def_function[fma]("fma")
        return m.finalize()
    except e:
        abort(String("calls_mojo: ", e))


def noargs() raises -> PythonObject:
    return PythonObject(None)


def noop(x: PythonObject) raises -> PythonObject:
    return PythonObject(None)


def inc(x: PythonObject) raises -> PythonObject:
    return PythonObject(Int(py=x) + 1)


def add(a: PythonObject, b: PythonObject) raises -> PythonObject:
    return PythonObject(Float64(py=a) + Float64(py=b))


def fma(a: PythonObject, b: PythonObject, c: PythonObject) raises -> PythonObject:
    return PythonObject(Float64(py=a) * Float64(py=b) + Float64(py=c))
