"""All placements of eight queens by filtering permutations made with a generator."""
from harness import main


def permutations(items):
    n = len(items)
    indices = list(range(n))
    cycles = list(range(n, 0, -1))
    yield tuple(items)
    while True:
        for i in reversed(range(n)):
            cycles[i] -= 1
            if cycles[i] == 0:
                indices[i:] = indices[i + 1:] + indices[i:i + 1]
                cycles[i] = n - i
            else:
                j = cycles[i]
                indices[i], indices[-j] = indices[-j], indices[i]
                yield tuple(items[k] for k in indices)
                break
        else:
            return


def queens(n):
    columns = range(n)
    for p in permutations(columns):
        if n == len(set(p[i] + i for i in columns)) == len(set(p[i] - i for i in columns)):
            yield p


def kernel():
    found = list(queens(8))
    return len(found), found[0], found[-1]


if __name__ == "__main__":
    main(kernel)
