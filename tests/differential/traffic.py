# SPDX-License-Identifier: EUPL-1.2
"""Packets of made conversations, as a capture file."""
import ipaddress
import struct

SYN, ACK, PSH, FIN = 2, 16, 8, 1


def ipv4(src, dst, proto, payload):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0,
                       ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed)
    return bytes.fromhex("0200000000010200000000fe0800") + head + payload


def udp(src, sport, dst, dport, payload):
    return ipv4(src, dst, 17, struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload)


class Connection:
    """TCP: turns are (from the client, bytes)."""

    def __init__(self, client, sport, server, dport):
        self.ends = {True: (client, sport, server, dport), False: (server, dport, client, sport)}
        self.seq = {True: 1000, False: 5000}
        self.frames = []

    def send(self, from_client, flags, payload=b""):
        src, sport, dst, dport = self.ends[from_client]
        ack = self.seq[not from_client] if flags & ACK else 0
        head = struct.pack("!HHIIBBHHH", sport, dport, self.seq[from_client], ack, 5 << 4, flags, 64240, 0, 0)
        self.frames.append(ipv4(src, dst, 6, head + payload))
        self.seq[from_client] += len(payload) + (1 if flags & (SYN | FIN) else 0)

    def talk(self, turns, handshake=True):
        if handshake:
            self.send(True, SYN)
            self.send(False, SYN | ACK)
            self.send(True, ACK)
        for from_client, payload in turns:
            for i in range(0, len(payload), 1400):
                self.send(from_client, PSH | ACK, payload[i:i + 1400])
                self.send(not from_client, ACK)
        if handshake:
            self.send(True, FIN | ACK)
            self.send(False, FIN | ACK)
            self.send(True, ACK)
        return self.frames


def dns(name, answer=False):
    labels = b"".join(bytes([len(p)]) + p for p in name.split(b"."))
    return struct.pack("!HHHHHH", 7, 0x8180 if answer else 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def client_hello(name):
    sni = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name
    extensions = struct.pack("!HH", 0, len(sni)) + sni
    body = b"\x03\x03" + b"r" * 32 + b"\0" + b"\0\2\xc0\x2f" + b"\1\0" + struct.pack("!H", len(extensions)) + extensions
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack("!H", len(message)) + message


def server_hello():
    body = b"\x03\x03" + b"s" * 32 + b"\0" + b"\xc0\x2f\0"
    message = b"\2" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + struct.pack("!H", len(message)) + message


def capture(frames, start=1764000000):
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    for n, frame in enumerate(frames):
        out.append(struct.pack("<IIII", start + n // 10000, n % 10000 * 100, len(frame), len(frame)) + frame)
    return b"".join(out)
