# SPDX-License-Identifier: EUPL-1.2
"""Captures that are made, not taken: many flows at once, and the floods of the
cost curve.  Checksums are left at zero: both sides run without looking at them."""
import random
import struct

CLIENT, SERVER = 0x0a000000, 0xc0a80001  # 10.0.0.0 and 192.168.0.1
SYN, ACK, PUSH = 0x02, 0x10, 0x18
MORE_FRAGMENTS = 0x2000


class Capture:
    """A pcap file whose frames are step_us apart."""

    def __init__(self, path, step_us):
        self.out = open(path, "wb", buffering=1 << 20)
        self.out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        self.us, self.step_us, self.id = 1_700_000_000_000_000, step_us, 0

    def close(self):
        self.out.close()

    def ip(self, src, dst, proto, body, fragment=0, number=None):
        self.id = (self.id + 1) & 0xffff
        head = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(body),
                           self.id if number is None else number, fragment, 64, proto, 0, src, dst)
        frame = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0" + head + body
        self.us += self.step_us
        self.out.write(struct.pack("<IIII", self.us // 1_000_000, self.us % 1_000_000, len(frame), len(frame)))
        self.out.write(frame)

    def udp(self, src, sport, dst, dport, data):
        self.ip(src, dst, 17, struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data)

    def tcp(self, src, sport, dst, dport, seq, ack, flags, data=b""):
        self.ip(src, dst, 6, struct.pack(">HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff,
                                         0x50, flags, 65535, 0, 0) + data)


class Session:
    """A TCP connection: what one side says, the other acknowledges."""

    def __init__(self, capture, client, sport, dport):
        self.c, self.ends = capture, ((client, sport), (SERVER, dport))
        self.seq = [1000, 2000]
        self.send(0, SYN)
        self.seq[0] += 1
        self.send(1, SYN | ACK)
        self.seq[1] += 1
        self.send(0, ACK)

    def send(self, side, flags, data=b""):
        (src, sport), (dst, dport) = self.ends[side], self.ends[1 - side]
        self.c.tcp(src, sport, dst, dport, self.seq[side], self.seq[1 - side] if flags & ACK else 0, flags, data)
        self.seq[side] += len(data)

    def say(self, side, data):
        self.send(side, PUSH, data)
        self.send(1 - side, ACK)


def request(n):
    return (b"GET /page/%d HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n" % n)


def response(size):
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % size + b"a word " * (size // 7) + b"." * (size % 7)


def dns(n, answer):
    name = b"\x05h%04d\x07example\x03org\x00" % (n % 10000)
    return struct.pack(">HHHHHH", n & 0xffff, 0x8180 if answer else 0x0100, 1, int(answer), 0, 0) + name + \
        b"\0\x01\0\x01" + (b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01" if answer else b"")


def many_flows(path, flows):
    """Flows that are all open at the end: six of ten HTTP, two of bytes that
    nobody knows, two of DNS."""
    noise = random.Random(1)
    c = Capture(path, 20)
    for n in range(flows):
        client, port = CLIENT + 256 + n // 20000, 10000 + n % 20000
        if n % 10 < 6:
            s = Session(c, client, port, 80)
            s.say(0, request(n))
            s.say(1, response(700))
        elif n % 10 < 8:
            s = Session(c, client, port, 4000 + n % 7)
            s.say(0, noise.randbytes(120))
            s.say(1, noise.randbytes(400))
        else:
            c.udp(client, port, SERVER, 53, dns(n, False))
            c.udp(SERVER, 53, client, port, dns(n, True))
    c.close()


def syn_flood(path, n):
    c = Capture(path, 10)
    for i in range(n):
        c.tcp(CLIENT + 0x10000 + i * 7919 % 0xe00000, 1024 + i % 60000, SERVER, 80, i, 0, SYN)
    c.close()


def fragment_flood(path, n):
    """First fragments whose rest never comes."""
    c = Capture(path, 10)
    for i in range(n):
        c.ip(CLIENT + 0x10000 + i // 60000, SERVER, 17, struct.pack(">HHHH", 5000, 6000, 2000, 0) + bytes(504),
             MORE_FRAGMENTS, i % 60000)
    c.close()


def dhcp_flood(path, n):
    """Transactions without end in one flow."""
    c = Capture(path, 100)
    for i in range(n):
        c.udp(0, 68, 0xffffffff, 67, struct.pack(">BBBBIHHIIII", 1, 1, 6, 0, i, 0, 0, 0, 0, 0, 0) +
              struct.pack(">Q", i) + bytes(8 + 192) + b"\x63\x82\x53\x63\x35\x01\x01\xff")
    c.close()


def long_keep_alive(path, n):
    c = Capture(path, 100)
    s = Session(c, CLIENT + 9, 40000, 80)
    for i in range(n):
        s.say(0, request(i))
        s.say(1, response(300))
    c.close()


# name: how it is made, units of the 1x run, what a unit is
FLOODS = {
    "SYN flood": (syn_flood, 100000, "SYN"),
    "fragment flood": (fragment_flood, 50000, "fragment"),
    "DHCP flood": (dhcp_flood, 10000, "transaction"),
    "keep-alive": (long_keep_alive, 5000, "request"),
}
