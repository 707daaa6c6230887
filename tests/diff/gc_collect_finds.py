"""After gc.collect() an object that no variable refers to is gone, whatever calls it has been an argument of."""
import gc
import sys
import weakref


class Node:
    def __init__(self):
        self.me = self

    def method(self):
        return 1


def check(name, use):
    node = Node()
    ref = weakref.ref(node)
    kept = use(node)
    del node
    gc.collect()
    print(name, ref() is None, type(kept).__name__)


def as_argument(node):
    len([node])
    type((node, node))


def as_receiver(node):
    node.method()
    return node.method() + 1


def popped(node):
    items = [1, node]
    items.pop()
    return items


def deleted(node):
    table = {1: node, 2: 3}
    del table[1]
    return table


def as_key(node):
    table = {node: 1}
    del table[node]
    return table


def raised(node):
    try:
        raise ValueError(node)
    except ValueError:
        pass


def iterated(node):
    for each in node, node:
        each.method()


def shown(node):
    return len(repr([node])) > 0


def in_closure(node):
    def get():
        return node

    get()
    node = None
    return get


def attribute(node):
    class Holder:
        pass

    holder = Holder()
    holder.node = node
    del holder.node
    return holder


for use in (as_argument, as_receiver, popped, deleted, as_key, raised, iterated, shown, in_closure, attribute):
    check(use.__name__, use)


def temporary():
    ref = weakref.ref(Node())
    gc.collect()
    return ref() is None


def rebound():
    node = Node()
    ref = weakref.ref(node)
    both = [node, node]
    both.append(node.method())
    node = both = None
    gc.collect()
    return ref() is None


def argument_of_a_call_in_progress():
    alive = []

    def look(node, _):
        alive.append(node.method())

    look(Node(), gc.collect())
    sorted([Node(), Node()], key=lambda node: (gc.collect(), node.method())[1])
    return alive, [n.method() for n in map(lambda n: (n, gc.collect())[0], [Node(), Node()])]


print(temporary(), rebound(), argument_of_a_call_in_progress())


def half_done():
    """What an instruction in progress has written already stays."""

    class Items:
        def __iter__(self):
            yield Node()
            gc.collect()
            yield Node()
            gc.collect()
            yield Node()

    first, *rest = Items()
    a, b, c = Items()
    return first.method() + sum(n.method() for n in rest), a.method() + b.method() + c.method()


class Manager:
    def __enter__(self):
        gc.collect()
        return Node()

    def __exit__(self, *exc):
        gc.collect()


def managed():
    with Manager() as node, Manager() as other:
        gc.collect()
        return node.method() + other.method()


def handled():
    try:
        try:
            raise KeyError(Node())
        finally:
            gc.collect()
    except KeyError as e:
        gc.collect()
        return e.args[0].method(), {**{"a": gc.collect() and 0, "b": Node()}}["b"].method()


print(half_done(), managed(), handled())


class Made:
    """A collection while an instance is being made."""

    def __init__(self, value):
        self.value = value
        gc.collect()


print([m.value for m in [Made(1), Made(value=2)]], Made(3).value + Made(4).value)


def sent():
    total = 0
    while total < 10:
        total += (yield Node()).method() + len([(yield total)])
    return total


def drive(hook):
    """A profile function that collects at every event, a generator's resumption among them."""
    g = sent()
    got = []
    sys.setprofile(hook)
    try:
        next(g)
        while True:
            got.append(g.send(Node()))
            g.send([1, 2])
    except StopIteration as e:
        return got, e.value
    finally:
        sys.setprofile(None)


print(drive(lambda *event: gc.collect()))
print(gc.get_referrers(Node) != [], all(isinstance(repr(x)[:1], str) for x in gc.get_objects() if type(x) is list))
