import lies


def call(name, *args):
    try:
        print(name, repr(getattr(lies, name)(*args)).partition(" at ")[0])
    except ValueError as e:
        print(name, "ValueError", e)


for x in (4, 5, 6):
    call("one_off", x)
call("raises_not", 3)
call("minus_zero", 0.0)
for x in (1, 13):
    call("leaf_raises", x)
    call("raises_unsaid", x)
    call("odd_result", x)
for name in ("leaf_calls", "nogil_calls", "nogil_takes_it", "fresh", "same"):
    call(name, 1)
call("not_pure", 0)
call("object", "text")
call("object", 1)
print(list(map(lies.one_off, (4, 5))))


def loop(n):
    for i in range(n):
        lies.one_off(5)


loop(3000)
