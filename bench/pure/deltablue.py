"""An incremental one-way constraint solver: chains of equalities and scalings, plans extracted and run."""
from harness import main

REQUIRED, STRONG, MEDIUM, WEAK, WEAKEST = 0, 1, 2, 3, 4


class Variable:
    def __init__(self, value=0):
        self.value = value
        self.constraints = []
        self.determined_by = None
        self.strength = WEAKEST
        self.mark = 0
        self.stay = True


class Constraint:
    def __init__(self, strength):
        self.strength = strength

    def add(self, planner):
        for v in self.variables():
            v.constraints.append(self)
        planner.incremental_add(self)

    def is_input(self):
        return False

    def satisfy(self, mark, planner):
        self.choose(mark)
        if not self.satisfied():
            return None
        for v in self.inputs():
            v.mark = mark
        out = self.output()
        overridden = out.determined_by
        if overridden is not None:
            overridden.unsatisfy()
        out.determined_by = self
        planner.propagate(self, mark)
        out.mark = mark
        return overridden

    def inputs_known(self, mark):
        for v in self.inputs():
            if not (v.mark == mark or v.stay or v.determined_by is None):
                return False
        return True


class Unary(Constraint):
    def __init__(self, var, strength, planner):
        Constraint.__init__(self, strength)
        self.var = var
        self.active = False
        self.add(planner)

    def variables(self):
        return (self.var,)

    def choose(self, mark):
        self.active = self.var.mark != mark and self.strength < self.var.strength

    def satisfied(self):
        return self.active

    def unsatisfy(self):
        self.active = False

    def inputs(self):
        return ()

    def output(self):
        return self.var

    def recalculate(self):
        self.var.strength = self.strength
        self.var.stay = not self.is_input()
        if self.var.stay:
            self.execute()

    def execute(self):
        pass


class Edit(Unary):
    def is_input(self):
        return True


class Binary(Constraint):
    def __init__(self, a, b, strength, planner):
        Constraint.__init__(self, strength)
        self.a = a
        self.b = b
        self.direction = 0
        self.add(planner)

    def variables(self):
        return (self.a, self.b)

    def choose(self, mark):
        a, b, s = self.a, self.b, self.strength
        if a.mark == mark:
            self.direction = 1 if b.mark != mark and s < b.strength else 0
        elif b.mark == mark:
            self.direction = -1 if s < a.strength else 0
        elif a.strength > b.strength:
            self.direction = -1 if s < a.strength else 0
        else:
            self.direction = 1 if s < b.strength else 0

    def satisfied(self):
        return self.direction != 0

    def unsatisfy(self):
        self.direction = 0

    def inputs(self):
        return (self.a,) if self.direction > 0 else (self.b,)

    def output(self):
        return self.b if self.direction > 0 else self.a

    def recalculate(self):
        source, target = self.inputs()[0], self.output()
        target.strength = max(self.strength, source.strength)
        target.stay = source.stay
        if target.stay:
            self.execute()


class Equal(Binary):
    def execute(self):
        if self.direction > 0:
            self.b.value = self.a.value
        else:
            self.a.value = self.b.value


class Scale(Binary):
    def __init__(self, a, factor, offset, b, strength, planner):
        self.factor = factor
        self.offset = offset
        Binary.__init__(self, a, b, strength, planner)

    def execute(self):
        if self.direction > 0:
            self.b.value = self.a.value * self.factor.value + self.offset.value
        else:
            self.a.value = (self.b.value - self.offset.value) // self.factor.value


class Planner:
    def __init__(self):
        self.mark = 0

    def new_mark(self):
        self.mark += 1
        return self.mark

    def incremental_add(self, c):
        mark = self.new_mark()
        overridden = c.satisfy(mark, self)
        while overridden is not None:
            overridden = overridden.satisfy(mark, self)

    def remove(self, c):
        out = c.output()
        satisfied = c.satisfied()
        c.unsatisfy()
        for v in c.variables():
            v.constraints.remove(c)
        if satisfied:
            unsatisfied = self.downstream_unsatisfied(out)
            for strength in (REQUIRED, STRONG, MEDIUM, WEAK):
                for u in unsatisfied:
                    if u.strength == strength:
                        self.incremental_add(u)

    def downstream_unsatisfied(self, out):
        out.determined_by = None
        out.strength = WEAKEST
        out.stay = True
        unsatisfied, todo = [], [out]
        while todo:
            v = todo.pop()
            for c in v.constraints:
                if not c.satisfied():
                    unsatisfied.append(c)
                elif c is not v.determined_by:
                    c.recalculate()
                    todo.append(c.output())
        return unsatisfied

    def propagate(self, c, mark):
        todo = [c]
        while todo:
            d = todo.pop()
            if d.output().mark == mark and d is not c:
                raise RuntimeError("cycle")
            d.recalculate()
            out = d.output()
            for n in out.constraints:
                if n is not out.determined_by and n.satisfied():
                    todo.append(n)

    def plan(self, sources):
        mark = self.new_mark()
        todo = [c for c in sources if c.is_input() and c.satisfied()]
        plan = []
        while todo:
            c = todo.pop()
            out = c.output()
            if out.mark != mark and c.inputs_known(mark):
                plan.append(c)
                out.mark = mark
                for n in out.constraints:
                    if n is not out.determined_by and n.satisfied():
                        todo.append(n)
        return plan


def change(planner, var, value):
    edit = Edit(var, STRONG, planner)
    plan = planner.plan([edit])
    for i in range(10):
        var.value = value + i
        for c in plan:
            c.execute()
    planner.remove(edit)


def chain(n):
    planner = Planner()
    vs = [Variable() for _ in range(n + 1)]
    for a, b in zip(vs, vs[1:]):
        Equal(a, b, REQUIRED, planner)
    Unary(vs[-1], MEDIUM, planner)
    edit = Edit(vs[0], STRONG, planner)
    plan = planner.plan([edit])
    for i in range(100):
        vs[0].value = i
        for c in plan:
            c.execute()
    planner.remove(edit)
    return vs[-1].value


def projection(n):
    planner = Planner()
    factor, offset = Variable(10), Variable(1000)
    pairs = []
    for i in range(n):
        src, dst = Variable(i), Variable(i)
        Unary(src, MEDIUM, planner)
        Scale(src, factor, offset, dst, REQUIRED, planner)
        pairs.append((src, dst))
    change(planner, pairs[0][0], 17)
    change(planner, pairs[1][1], 1050)
    for src, _ in pairs:
        change(planner, src, src.value + 3)
    return sum(d.value for _, d in pairs), sum(s.value for s, _ in pairs)


if __name__ == "__main__":
    main(lambda: (chain(2500), projection(4000)))
