"""Items of a list are read and stored in place; iteration over it needs no helper."""
#: unit total
#: inside SeqNext
#: lacks Call(
#: unit scale
#: inside ListItem
#: inside SetListItem
#: outside GuardLayout
#: lacks Call(GetItem
#: lacks Call(SetItem


def total(values):
    s = 0
    for v in values:
        s += v
    return s


def scale(values, n):
    for i in range(n):
        values[i] = values[i] * 2


data = list(range(4000))
for _ in range(3):
    print(total(data))
    scale(data, len(data))
