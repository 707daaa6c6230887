"""A puzzle on a hexagonal board: each cell holds a number that counts its filled neighbours; solved by search."""
from harness import main


class Board:
    def __init__(self, size):
        self.size = size
        self.cells = [(q, r) for q in range(-size, size + 1) for r in range(-size, size + 1) if abs(q + r) <= size]
        index = {c: i for i, c in enumerate(self.cells)}
        steps = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))
        self.links = [[index[q + dq, r + dr] for dq, dr in steps if (q + dq, r + dr) in index] for q, r in self.cells]


class State:
    """For each cell the set of what it may be: 7 is empty, 0..6 a tile that wants so many neighbours."""

    def __init__(self, board, tiles):
        self.board = board
        self.left = list(tiles)
        self.domain = [set(range(8)) for _ in board.cells]
        self.fixed = [None] * len(board.cells)

    def copy(self):
        s = State.__new__(State)
        s.board = self.board
        s.left = self.left[:]
        s.domain = [set(d) for d in self.domain]
        s.fixed = self.fixed[:]
        return s

    def place(self, i, v):
        if self.left[v] == 0 or v not in self.domain[i]:
            return False
        self.left[v] -= 1
        self.fixed[i] = v
        self.domain[i] = {v}
        for n in self.board.links[i] + [i]:
            if not self.prune(n):
                return False
        return True

    def prune(self, i):
        filled = empty = 0
        for n in self.board.links[i]:
            f = self.fixed[n]
            if f == 7:
                empty += 1
            elif f is not None:
                filled += 1
        most = len(self.board.links[i]) - empty
        if self.fixed[i] is not None:
            return self.fixed[i] == 7 or filled <= self.fixed[i] <= most
        self.domain[i] = {v for v in self.domain[i] if v == 7 or filled <= v <= most}
        return bool(self.domain[i])

    def options(self, i):
        return [v for v in sorted(self.domain[i]) if self.left[v]]


def solve(state, counter):
    counter[0] += 1
    best = None
    for i, f in enumerate(state.fixed):
        if f is None:
            o = state.options(i)
            if not o:
                return None
            if best is None or len(o) < len(best[1]):
                best = (i, o)
    if best is None:
        return state
    i, opts = best
    for v in opts:
        nxt = state.copy()
        if nxt.place(i, v):
            done = solve(nxt, counter)
            if done is not None:
                return done
    return None


def puzzle(board, seed):
    """Tile counts of a random filling, so that there is a solution."""
    x = seed
    filled = []
    for _ in board.cells:
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        filled.append((x >> 16) % 5 < 3)
    tiles = [0] * 8
    for i, f in enumerate(filled):
        tiles[sum(filled[n] for n in board.links[i]) if f else 7] += 1
    return tiles


def kernel():
    board = Board(2)
    out = []
    for seed in (3, 11, 29, 41, 57):
        counter = [0]
        done = solve(State(board, puzzle(board, seed)), counter)
        out.append((counter[0], "".join("." if f == 7 else str(f) for f in done.fixed)))
    return sum(c for c, _ in out), out[0][1]


if __name__ == "__main__":
    main(kernel)
