# SPDX-License-Identifier: EUPL-1.2
"""Rules read as far as traffic can be made for them, and bytes that their contents hold in."""
import re
import warnings

warnings.simplefilter("ignore")  # of expressions that Python will read otherwise one day
try:
    from re import _parser as sre
except ImportError:  # before Python 3.11
    import sre_parse as sre

FILL = b"q"


class Unsupported(Exception):
    """Said with the keyword or reason."""


def options_of(rule):
    body = rule[rule.index("(") + 1:rule.rindex(")")]
    for part in re.findall(r"(?:\\.|[^;\\])+", body):
        name, _, value = part.strip().partition(":")
        if name:
            yield name.strip(), value.strip()


def unquote(value):
    negated = value.startswith("!")
    value = value[1:].strip() if negated else value
    return negated, value[1:-1]


def content_bytes(text):
    out, hexed, i = bytearray(), False, 0
    while i < len(text):
        if text[i] == "|":
            hexed = not hexed
            i += 1
        elif hexed:
            if text[i] == " ":
                i += 1
                continue
            out.append(int(text[i:i + 2], 16))
            i += 2
        else:
            i += text[i] == "\\"
            out += text[i].encode("utf-8")
            i += 1
    return bytes(out)


class Item:
    """One keyword on a buffer: a content, pcre, isdataat or a size."""

    def __init__(self, kind, value=None, negated=False):
        self.kind, self.value, self.negated = kind, value, negated
        self.nocase = self.starts = self.ends = False
        self.offset = self.depth = self.distance = self.within = None

    def relative(self):
        return self.distance is not None or self.within is not None


def number(value):
    if not re.fullmatch(r"-?\d+", value):
        raise Unsupported("variable")
    return int(value)


def span_of(value):
    """(least, most) of "5", "<5", ">5", "1<>5"."""
    m = re.fullmatch(r"(\d*)\s*(<>|[<>]?)\s*(\d*)", value.split(",")[0].strip())
    if m is None or not (m.group(1) or m.group(3)):
        raise Unsupported("size")
    low, sign, high = m.groups()
    if sign == "<>":
        return int(low) + 1, int(high) - 1
    n = int(high or low)
    return {"": (n, n), "<": (0, n - 1), ">": (n + 1, None)}[sign]


def pcre_of(value):
    negated, text = unquote(value)
    end = text.rindex("/")
    flags = text[end + 1:]
    if set(flags) - set("ismxRUIPHDMCSYVWBO"):
        raise Unsupported("pcre flags")
    item = Item("pcre", negated=negated)
    mode = 0
    for f, m in (("i", re.I), ("s", re.S), ("m", re.M), ("x", re.X)):
        mode |= m if f in flags else 0
    text = text[1:end].replace("\\/", "/").replace("\\;", ";").replace('\\"', '"').replace("\\:", ":")
    try:
        item.value = re.compile(text.encode("latin-1"), mode)
    except (re.error, UnicodeEncodeError) as e:
        raise Unsupported("pcre") from e
    item.text, item.mode = text, mode
    item.distance = 0 if "R" in flags else None
    return item, set(flags) & set("UIPHDMCSYVW")


# --- bytes for an expression -------------------------------------------------------

def sample_in(parts):
    allowed = set()
    negate = False
    for op, arg in parts:
        name = str(op)
        if name == "NEGATE":
            negate = True
        elif name == "LITERAL":
            allowed.add(arg)
        elif name == "RANGE":
            allowed.update(range(arg[0], arg[1] + 1))
        elif name == "CATEGORY":
            kind = str(arg)
            base = {"DIGIT": set(range(48, 58)), "SPACE": {32, 9, 10, 13},
                    "WORD": {c for c in range(128) if chr(c).isalnum() or c == 95}}[kind.split("_")[-1]]
            allowed.update(set(range(33, 127)) - base if "NOT" in kind else base)
    for c in b"ae1x0" + bytes(range(33, 127)) + bytes(range(256)):
        if (c in allowed) != negate:
            return bytes([c])
    raise Unsupported("pcre")


def sample(tree):
    out = b""
    for op, arg in tree:
        name = str(op)
        if name == "LITERAL":
            out += bytes([arg])
        elif name == "NOT_LITERAL":
            out += b"a" if arg != 97 else b"e"
        elif name == "ANY":
            out += b"a"
        elif name == "IN":
            out += sample_in(arg)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            if arg[0] > 2000:
                raise Unsupported("pcre")
            out += sample(arg[2]) * arg[0]
        elif name == "SUBPATTERN":
            out += sample(arg[3])
        elif name == "BRANCH":
            out += sample(arg[1][0])
        elif name == "AT":
            continue
        else:
            raise Unsupported("pcre")
    return out


# --- does it hold? ------------------------------------------------------------------

def places(item, data, cursor):
    pattern, hay = item.value, data
    if item.nocase:
        pattern, hay = pattern.lower(), data.lower()
    low, high = 0, len(data)
    if item.relative():
        low = max(0, cursor + (item.distance or 0))
        if item.within is not None:
            high = min(high, low + item.within)
    else:
        low = item.offset or 0
        if item.depth is not None:
            high = min(high, low + item.depth)
        if item.starts:
            low, high = 0, min(high, len(pattern))
    at = hay.find(pattern, low, high)
    while at != -1:
        if not item.ends or at + len(pattern) == len(data):
            yield at + len(pattern)
        at = hay.find(pattern, at + 1, high)


def holds(items, data, cursor=0, budget=None):
    budget = [3000] if budget is None else budget
    budget[0] -= 1
    if budget[0] < 0:
        return False
    if not items:
        return True
    item, rest = items[0], items[1:]
    if item.kind == "content" and item.negated:
        return next(places(item, data, cursor), None) is None and holds(rest, data, cursor, budget)
    if item.kind == "content":
        return any(holds(rest, data, end, budget) for end in places(item, data, cursor))
    if item.kind == "pcre":
        start = cursor if item.relative() else 0
        if item.negated:
            return item.value.search(data[start:]) is None and holds(rest, data, cursor, budget)
        return any(holds(rest, data, start + m.end(), budget) for m in item.value.finditer(data[start:]))
    if item.kind == "isdataat":
        n, relative = item.value
        there = cursor + n <= len(data) if relative else n < len(data)
        return there != item.negated and holds(rest, data, cursor, budget)
    low, high = item.value
    return len(data) >= low and (high is None or len(data) <= high) and holds(rest, data, cursor, budget)


# --- make it hold -------------------------------------------------------------------

class Canvas:
    def __init__(self):
        self.data, self.fixed = bytearray(), []

    def put(self, at, value):
        while len(self.data) < at + len(value):
            self.data += FILL
            self.fixed.append(False)
        for i, byte in enumerate(value):
            if self.fixed[at + i] and self.data[at + i] != byte:
                raise Unsupported("contents overlap")
            self.data[at + i] = byte
            self.fixed[at + i] = True
        return at + len(value)


def solve(items, begin=b""):
    """Bytes in which the items hold; begin is put in front where nothing else is asked."""
    c, cursor = Canvas(), 0
    low = 0
    anchored = any(i.starts or i.offset is not None or i.depth is not None for i in items if not i.negated)
    if begin and not anchored:
        cursor = c.put(0, begin)
    for item in items:
        if item.kind == "size":
            low = max(low, item.value[0])
        if item.negated and item.kind != "isdataat":
            continue
        if item.kind == "content":
            if item.relative():
                at = cursor + (item.distance or 0)
            elif item.starts:
                at = 0
            elif item.offset is not None or item.depth is not None:
                at = item.offset or 0
            else:
                at = len(c.data)
            if at < 0:
                raise Unsupported("distance")
            cursor = c.put(at, item.value)
        elif item.kind == "pcre":
            start = cursor if item.relative() else 0
            m = item.value.search(bytes(c.data[start:]))
            if m is None:
                text = sample(sre.parse(item.text.encode("latin-1"), item.mode))
                cursor = c.put(cursor if item.relative() else len(c.data), text)
            else:
                cursor = start + m.end()
        elif item.kind == "isdataat" and not item.negated:
            n, relative = item.value
            low = max(low, cursor + n if relative else n + 1)
    if len(c.data) < low:
        last = items[-1] if items else None
        ends = [i for i in items if i.kind == "content" and i.ends and not i.negated]
        if ends and last is not None and not anchored:
            c.data[:0] = FILL * (low - len(c.data))
        elif not ends:
            c.put(low - 1, FILL)
    data = bytes(c.data)
    if not holds(items, data):
        raise Unsupported("not solved")
    return data
