# The hash of a frozenset is that of collections.abc.Set.
import collections.abc as c
for s in [frozenset(), frozenset(["a","b",""]), frozenset([(1,"x"), 2.5, b"q", None, frozenset(["y"])]), frozenset([1,2,-1])]:
    assert c.Set._hash(s)==hash(s), s
print({frozenset(["a","bb"]): 1}[frozenset(["bb","a"])], {"k"} in [frozenset(["k"])], {frozenset(["k"])} & {frozenset(["k"])})
