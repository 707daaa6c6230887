"""unittest: running cases, results, subtests, skips, mocks, assertion messages."""
import io
import re
import unittest
from unittest import mock


class T(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print("setUpClass")

    def setUp(self):
        self.addCleanup(print, "cleanup", self._testMethodName)

    def test_ok(self):
        self.assertEqual(1, 1)
        self.assertRaises(ValueError, int, "x")
        with self.assertRaisesRegex(KeyError, "k"):
            {}["k"]
        self.assertAlmostEqual(0.1 + 0.2, 0.3)
        self.assertIn(1, [1])
        self.assertCountEqual([1, 2], [2, 1])

    def test_fail_list(self):
        self.assertEqual([1, 2, 3], [1, 5, 3])

    def test_fail_str(self):
        self.assertEqual("abc\ndef\n", "abc\nxyz\n", "with msg")

    def test_fail_dict(self):
        self.assertEqual({"a": 1}, {"a": 2})

    def test_error(self):
        {}["missing"]

    @unittest.skip("why not")
    def test_skipped(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.fail()

    @unittest.expectedFailure
    def test_unexpected(self):
        pass

    def test_sub(self):
        for i in range(4):
            with self.subTest(i=i):
                self.assertFalse(i % 2, f"{i} odd")

    def test_mock(self):
        m = mock.Mock(return_value=3, **{"a.b.return_value": 5})
        self.assertEqual((m(1, k=2), m.a.b()), (3, 5))
        m.assert_called_once_with(1, k=2)
        with mock.patch("os.getcwd", return_value="/x"), mock.patch.dict("os.environ", {"Q": "1"}):
            import os
            self.assertEqual((os.getcwd(), os.environ["Q"]), ("/x", "1"))
        mm = mock.MagicMock()
        mm.__len__.return_value = 7
        self.assertEqual(len(mm), 7)
        with self.assertRaises(AssertionError):
            m.assert_called_with(9)

    def test_skip_inside(self):
        self.skipTest("inside")


s = io.StringIO()
res = unittest.TextTestRunner(stream=s, verbosity=2).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))
print(re.sub(r"in \d\.\d+s", "in Xs", s.getvalue()).replace(__file__, "FILE"))
print(res.testsRun, len(res.failures), len(res.errors), len(res.skipped), len(res.expectedFailures), len(res.unexpectedSuccesses), res.wasSuccessful())
