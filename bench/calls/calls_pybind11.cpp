/* By pybind11. */
#include <pybind11/pybind11.h>

#include <stdexcept>
#include <string_view>

namespace py = pybind11;

struct Scaler {
    double factor;
    explicit Scaler(double f) : factor(f) {}
    double scale(double x) const { return x * factor; }
};

PYBIND11_MODULE(calls_pybind11, m) {
    m.def("noargs", [] {});
    m.def("noop", [](py::handle) {});
    m.def("inc", [](long long x) { return static_cast<long long>(static_cast<unsigned long long>(x) + 1u); });
    m.def("add", [](double a, double b) { return a + b; });
    m.def("fma", [](double a, double b, double c) { return a * b + c; });
    m.def("keyword", [](double a, long long b) { return a * static_cast<double>(b); }, py::arg("a"), py::arg("b") = 2);
    m.def("text", [](std::string_view s) { return s.size(); });
    m.def("data", [](py::bytes b) { return py::len(b); });
    m.def("raises", [](long long x) {
        if (x == 13) throw py::value_error("13 is not welcome");
        return x;
    });
    py::class_<Scaler>(m, "Scaler").def(py::init<double>()).def("scale", &Scaler::scale);
}
