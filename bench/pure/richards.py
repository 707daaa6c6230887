"""An operating system simulation: tasks of four kinds pass packets through a priority scheduler."""
from harness import main

IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = range(6)
KIND_DEVICE, KIND_WORK = 0, 1


class Packet:
    def __init__(self, link, ident, kind):
        self.link = link
        self.ident = ident
        self.kind = kind
        self.datum = 0
        self.data = [0] * 4

    def append_to(self, queue):
        self.link = None
        if queue is None:
            return self
        p = queue
        while p.link is not None:
            p = p.link
        p.link = self
        return queue


class Task:
    def __init__(self, kernel, ident, priority, queue):
        self.kernel = kernel
        self.ident = ident
        self.priority = priority
        self.input = queue
        self.pending = queue is not None
        self.waiting = False
        self.holding = False
        self.next = kernel.first
        kernel.first = self
        kernel.table[ident] = self

    def is_blocked(self):
        return self.holding or (not self.pending and self.waiting)

    def take_packet(self):
        if self.waiting and self.pending:
            p = self.input
            self.input = p.link
            self.waiting = False
            self.pending = self.input is not None
            return p
        return None

    def add_packet(self, packet, old):
        if self.input is None:
            self.input = packet
            self.pending = True
            if self.priority > old.priority:
                return self
        else:
            packet.append_to(self.input)
        return old

    def wait(self):
        self.waiting = True
        return self

    def hold(self):
        self.kernel.holds += 1
        self.holding = True
        return self.next

    def release(self, ident):
        task = self.kernel.table[ident]
        task.holding = False
        return task if task.priority > self.priority else self

    def queue_packet(self, packet):
        target = self.kernel.table[packet.ident]
        self.kernel.queued += 1
        packet.link = None
        packet.ident = self.ident
        return target.add_packet(packet, self)


class Idle(Task):
    def __init__(self, kernel, ident, count):
        Task.__init__(self, kernel, ident, 0, None)
        self.control = 1
        self.count = count

    def run(self, packet):
        self.count -= 1
        if self.count == 0:
            return self.hold()
        if self.control & 1 == 0:
            self.control //= 2
            return self.release(DEVICE_A)
        self.control = self.control // 2 ^ 0xD008
        return self.release(DEVICE_B)


class Worker(Task):
    def __init__(self, kernel, ident, priority, queue):
        Task.__init__(self, kernel, ident, priority, queue)
        self.destination = HANDLER_A
        self.letter = 0

    def run(self, packet):
        if packet is None:
            return self.wait()
        self.destination = HANDLER_B if self.destination == HANDLER_A else HANDLER_A
        packet.ident = self.destination
        packet.datum = 0
        for i in range(4):
            self.letter += 1
            if self.letter > 26:
                self.letter = 1
            packet.data[i] = 64 + self.letter
        return self.queue_packet(packet)


class Handler(Task):
    def __init__(self, kernel, ident, priority, queue):
        Task.__init__(self, kernel, ident, priority, queue)
        self.work = None
        self.devices = None

    def run(self, packet):
        if packet is not None:
            if packet.kind == KIND_WORK:
                self.work = packet.append_to(self.work)
            else:
                self.devices = packet.append_to(self.devices)
        work = self.work
        if work is not None:
            if work.datum >= 4:
                self.work = work.link
                return self.queue_packet(work)
            device = self.devices
            if device is not None:
                self.devices = device.link
                device.datum = work.data[work.datum]
                work.datum += 1
                return self.queue_packet(device)
        return self.wait()


class Device(Task):
    def __init__(self, kernel, ident, priority):
        Task.__init__(self, kernel, ident, priority, None)
        self.held = None

    def run(self, packet):
        if packet is None:
            if self.held is None:
                return self.wait()
            packet, self.held = self.held, None
            return self.queue_packet(packet)
        self.held = packet
        return self.hold()


class Kernel:
    def __init__(self):
        self.first = None
        self.table = [None] * 6
        self.holds = 0
        self.queued = 0

    def schedule(self):
        task = self.first
        while task is not None:
            if task.is_blocked():
                task = task.next
            else:
                task = task.run(task.take_packet())


def chain(ident, kind, n):
    q = None
    for _ in range(n):
        q = Packet(q, ident, kind)
    return q


def simulate():
    k = Kernel()
    idle = Idle(k, IDLE, 10000)
    idle.waiting = False
    w = Worker(k, WORKER, 1000, chain(WORKER, KIND_WORK, 2))
    w.waiting = True
    for ident, priority, device in ((HANDLER_A, 2000, DEVICE_A), (HANDLER_B, 3000, DEVICE_B)):
        h = Handler(k, ident, priority, chain(device, KIND_DEVICE, 3))
        h.waiting = True
    for ident, priority in ((DEVICE_A, 4000), (DEVICE_B, 5000)):
        Device(k, ident, priority).waiting = True
    k.schedule()
    return k.holds, k.queued


if __name__ == "__main__":
    main(lambda: [simulate() for _ in range(3)][-1])
