"""if/elif/else, while/for with else, break, continue, nested loops, pass."""


def classify(n):
    if n < 0:
        return "negative"
    elif n == 0:
        return "zero"
    elif n % 2:
        return "odd"
    else:
        return "even"


print([classify(n) for n in (-3, 0, 1, 2, 7)])


def find(needle, hay):
    for i, x in enumerate(hay):
        if x == needle:
            break
    else:
        return "absent"
    return i


print(find(3, [1, 2, 3]), find(9, [1, 2, 3]), find(1, []))

n = 10
steps = []
while n:
    n -= 1
    if n % 3 == 0:
        continue
    if n == 100:
        break
    steps.append(n)
else:
    steps.append("done")
print(steps)

grid = []
for row in range(4):
    for col in range(4):
        if col == row:
            break
        grid.append((row, col))
    else:
        grid.append("never")
print(grid)

while True:
    try:
        break
    finally:
        print("finally on break")

for i in range(3):
    try:
        if i == 1:
            continue
        print("body", i)
    finally:
        print("after", i)

for a, (b, *c) in [(1, (2, 3, 4)), (5, "xyz")]:
    print(a, b, c)

for x[0] in [[], ] and []:
    pass
data = [0, 0]
for data[1] in "pqr":
    print(data)
print(i, a, b, c)
if not [] and () != None or 1 / 0:
    print("short circuit")
print(1 if 0 else 2 if 0 else 3, 0 or "" or None, 1 and [] and 2)
