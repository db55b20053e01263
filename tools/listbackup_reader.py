#!/usr/bin/env python3
# fmt: off
"""Reads a ListBackup store without ListBackup: Python 3.11, zstandard and cryptography are all it needs. The format: docs/design/store-format.md.

    listbackup_reader.py STORE KIT list                                   sources, their snapshots and streams
    listbackup_reader.py STORE KIT export SOURCE STREAM [--at SEQ]        every record of a stream, one per line, as the platform sent it
    listbackup_reader.py STORE KIT show SOURCE STREAM KEY [--at SEQ]      one record
    listbackup_reader.py STORE KIT attachments SOURCE [--at SEQ]          what is attached to which record, with the id of its bytes
    listbackup_reader.py STORE KIT attachment SOURCE ID                   the bytes of an attachment
STORE is a folder and KIT a file: a copy of the objects (a bucket) and the account's store kit, in JSON or as it was printed; or a copy of the whole
data folder, with the objects in its folder objects, and the printed recovery kit."""
import argparse, contextlib, datetime, getpass, hashlib, heapq, hmac, itertools, json, os, pathlib, re, sqlite3, struct, sys
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

def unpack(b, i=0):  # nil, booleans, integers, text, bytes, arrays, maps: all that the format uses
    """One msgpack value at i, and where it ends."""
    t, i = b[i], i + 1
    if t < 0x80 or t >= 0xE0: return (t if t < 0x80 else t - 256), i
    if t in (0xC0, 0xC2, 0xC3): return {0xC0: None, 0xC2: False, 0xC3: True}[t], i
    if 0xCC <= t <= 0xD3:
        width = 1 << (t - 0xCC & 3)
        return int.from_bytes(b[i : i + width], "big", signed=t >= 0xD0), i + width
    if t < 0xC0: kind, n = ("map" if t < 0x90 else "array" if t < 0xA0 else "text"), (t & 31 if t >= 0xA0 else t & 15)
    else:
        kind, width = {0xC4: ("bytes", 1), 0xC5: ("bytes", 2), 0xC6: ("bytes", 4), 0xD9: ("text", 1), 0xDA: ("text", 2), 0xDB: ("text", 4),
                       0xDC: ("array", 2), 0xDD: ("array", 4), 0xDE: ("map", 2), 0xDF: ("map", 4)}[t]
        n, i = int.from_bytes(b[i : i + width], "big"), i + width
    if kind in ("bytes", "text"): return (b[i : i + n] if kind == "bytes" else b[i : i + n].decode()), i + n
    items = [None] * n * (1 + (kind == "map"))
    for at in range(len(items)): items[at], i = unpack(b, i)
    return (dict(zip(items[::2], items[1::2], strict=True)) if kind == "map" else items), i

def key_of(code):
    """The key behind a key code: a list of texts, integers and (hexadecimal) hashes."""
    parts, i = [], 0
    while i < len(code):
        t = code[i]
        if t in (1, 2):
            end = code.index(0, i + 1)
            while code[end + 1 : end + 2] == b"\xff": end = code.index(0, end + 2)
            raw, i = code[i + 1 : end].replace(b"\x00\xff", b"\x00"), end + 1
            parts.append(raw.hex() if t == 1 else raw.decode("utf-8", "surrogatepass"))
        else:
            long = t in (0x1D, 0x0B)
            size, i = (abs(t - 0x14) if not long else code[i + 1] if t == 0x1D else 255 - code[i + 1]), i + 1 + long
            number, i = int.from_bytes(code[i : i + size], "big"), i + size
            parts.append(number - 256**size + 1 if t < 0x14 else number)
    return parts

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

def codes_of(sheet):
    """Heading and bytes of each code on a printed kit."""
    heading, groups = "", {}
    for line in sheet.splitlines():
        if named := re.match("(Root key|data key|id key).*", line): heading = named[0].strip()
        if line.lstrip().startswith(">"):
            groups.setdefault(heading, []).extend(re.split(r"[\s>-]+", line.upper().translate(str.maketrans("ILO", "110")).strip(" >")))
    for heading, code in groups.items():
        for place, group in enumerate(code):
            values = [LETTERS.find(letter) for letter in group]
            for power, value in enumerate(values[:-1], 1):
                for _ in range(power): value = value << 1 ^ (37 if value & 16 else 0)
                place ^= value
            if len(group) != 5 or -1 in values or place & 31 != values[-1]: raise SystemExit(f"{heading}: the group {group} is mistyped or not in its place")
        bits = "".join(f"{LETTERS.index(letter):05b}" for group in code for letter in group[:4])
        size = 65 if bits.startswith("00000010") else 33  # the root key under a passphrase is longer
        raw = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8))
        if hashlib.sha256(b"listbackup code\n" + raw[:size]).digest()[:4] != raw[size : size + 4]: raise SystemExit(f"{heading}: groups are missing or too many")
        yield heading, raw[:size]

def kid_of(key): return hmac.digest(key, b"listbackup/key-id", "sha256")[:8]

def derived(key, salt, label): return HKDF(SHA512(), length=64, salt=salt, info=label).derive(key)

def opened(key, sealed, *context):
    """What was sealed as a field under this key, in this place."""
    both = derived(key, sealed[12:44], b"listbackup/1/field")
    bound = b"".join(len(part).to_bytes(4, "little") + part for part in (sealed[:76], *(part.encode() for part in context)))
    if sealed[:4] != b"LBF\x01" or not hmac.compare_digest(both[32:], sealed[44:76]): raise SystemExit("the kit does not fit keys.db")
    return AESGCM(both[:32]).decrypt(bytes(12), sealed[76:], bound)

def root_of(code):
    """The root key of a recovery kit's code; a passphrase is asked for where the kit was made with one."""
    if code[0] == 1: return code[1:]
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
    stretch = Argon2id(salt=code[1:17], length=32, iterations=3, lanes=1, memory_cost=65536)
    label = b"listbackup/1/recovery-kit"
    return AESGCM(derived(stretch.derive(getpass.getpass("Passphrase: ").encode()), code[1:17], label)[:32]).decrypt(bytes(12), code[17:], label)

def keys_of(store, kit):
    """Folder and data keys (by id) of each account that the kit opens."""
    text = kit.read_text()
    if text.lstrip().startswith("{"):
        kit = json.loads(text)
        return {store / kit["account"]: {bytes.fromhex(key["kid"]): bytes.fromhex(key["key"]) for key in kit["data_keys"]}}
    codes = dict(codes_of(text))
    if not codes: raise SystemExit(f"there is no code of a key in {kit}")
    if account := re.search(r"^account\s+(\S+)", text, re.MULTILINE):
        return {store / account[1]: {kid_of(code[1:]): code[1:] for code in codes.values() if code[0] == 3}}
    roots, found = {kid_of(key): key for key in map(root_of, codes.values())}, {}
    if not (store / "keys.db").is_file(): raise SystemExit(f"a recovery kit opens a copy of the whole data folder, and {store / 'keys.db'} is not there")
    with contextlib.closing(sqlite3.connect(f"{(store / 'keys.db').absolute().as_uri()}?mode=ro", uri=True)) as tables:
        rows = [(pk, sk, unpack(item, 8)[0]) for pk, sk, item in tables.execute("SELECT pk, sk, item FROM t_account_keys ORDER BY pk, sk")]
    wraps = {pk: item["wrapped"] for pk, sk, item in rows if sk == "account" and item["state"] == "live"}
    if not {wrap[4:12] for wrap in wraps.values()} <= set(roots): raise SystemExit("the kit was printed before the last rotation of the root key")
    for pk, sk, item in rows:
        if pk in wraps and sk != "account":
            key = opened(opened(roots[wraps[pk][4:12]], wraps[pk], "account-key", pk), item["wrapped"], "data-key", pk, str(int(sk[6:])))
            found.setdefault(store / "objects" / pk, {})[kid_of(key)] = key
    return found

class Sealed:
    """A sealed object: checks its key and its place, opens its frames."""
    def __init__(self, keys, place, path, kind):
        self.data, self.path = path.read_bytes(), path
        self.header, end = self.data[:112], self.data[-32:]
        self.off, length, raw, self.frames, codec, _, magic = struct.unpack("<QIIIB3s8s", end)
        ok = self.header[:5] == b"LBSO\x01" and magic == b"LBSOEND1" and self.data[-144:-32] == self.header and self.header[6] == ord(kind)
        here = self.header[96:112] == place and (kind not in "PB" or self.header[80:96].hex() == path.name)
        if not ok or not here or self.off + length + 144 != len(self.data): raise SystemExit(f"{path} is damaged, moved, or of a newer format")
        if self.header[8:16] not in keys: raise SystemExit(f"{path} was sealed with a data key that is younger than the kit: print a new one")
        both = derived(keys[self.header[8:16]], self.header[16:48], b"listbackup/1/object")
        if not hmac.compare_digest(both[32:], self.header[48:80]): raise SystemExit(f"the key does not fit {path}")
        self.aes = AESGCM(both[:32])
        self.tail = unpack(self.frame(self.frames - 1, ord("T"), codec, raw, self.off, length))[0]
    def frame(self, index, kind, codec, raw_len, start, length):
        bound = self.header + struct.pack("<QBBI", index, kind, codec, raw_len)
        data = self.aes.decrypt(bytes(4) + index.to_bytes(8, "big"), self.data[start : start + length], bound)
        return zstandard.ZstdDecompressor().decompress(data) if codec == 1 else data
    def content(self, first, count):
        """The raw bytes and kinds of some frames of a pack."""
        lens, raws = (struct.unpack(f"<{self.frames - 1}I", self.tail[name]) for name in ("lens", "raws"))
        start = 112 + sum(lens[:first])
        for i in range(first, first + count):
            yield self.tail["kinds"][i], self.frame(i, self.tail["kinds"][i], self.tail["codecs"][i], raws[i], start, lens[i])
            start += lens[i]

def rows_of(pack, part):
    """(code, seq, op, value) of every row of a part, in order."""
    values = (v for kind, raw in pack.content(part["v0"], len(part["v_first"])) for v in values_of(kind, raw))
    for _, raw in pack.content(part["k0"], len(part["k_first"])):
        n, flags = struct.unpack_from("<II", raw)
        at = 8 + 12 * n + (8 * n if flags & 1 else 0)
        lengths, ops, at = struct.unpack_from(f"<{n}H", raw, at), raw[at + 2 * n : at + 3 * n], at + 3 * n
        for seq, length, op in zip(struct.unpack_from(f"<{n}I", raw, 8), lengths, ops, strict=True):
            yield raw[at : at + length], seq, op & 3, next(values)
            at += length

def values_of(kind, raw):
    if kind == ord("V"): return raw.split(b"\n")
    n = struct.unpack_from("<I", raw)[0]
    ends = itertools.accumulate(struct.unpack_from(f"<{n}I", raw, 4), initial=4 + 4 * n)
    return [raw[start:end] for start, end in itertools.pairwise(ends)]

class Source:
    """One source of the store, as its HEAD tells it."""
    def __init__(self, keys, folder):
        place = hashlib.sha256(b"\0".join([b"listbackup/1/place", folder.parent.name.encode(), folder.name.encode()])).digest()[:16]
        self.open = lambda name, kind: Sealed(keys, place, folder / name, kind)
        self.head = self.open("HEAD", "H").tail
        if set(self.head["features"]["read"]) - {"older"}: raise SystemExit(f"{folder} needs a newer reader")
        n = len((old := self.head.get("older") or {"kind": b"", "seq": b"", "at": b""})["kind"])  # of numbers the differences, lowest bytes first
        seqs, ats = (itertools.accumulate([int.from_bytes(old[name][i::n], "little") for i in range(n)]) for name in ("seq", "at"))
        by_column = ((s % 2**64, a % 2**64, ("full", "incremental", "partial")[k & 3]) for s, a, k in zip(seqs, ats, old["kind"], strict=True))
        self.snaps = sorted([*by_column, *(tuple(snap[:3]) for snap in self.head["snaps"])])
    def segment_rows(self, segment):
        for name, number, *_ in segment["parts"]:
            pack = self.open(f"p/{self.head['packs'][name]['run']}/{name}", "P")
            yield from rows_of(pack, pack.tail["parts"][number])
    def records(self, stream, seq):
        """(code, value) of every record of a stream as it stood at a snapshot, in key order."""
        state = self.head["streams"].get(stream) or {"segments": []}
        segments = self.open(state["spilled"]["name"], "S").tail if state.get("spilled") else state["segments"]
        erased = {each["key"] for each in self.head["erasures"] if each["stream"] == stream}
        runs = [self.segment_rows(segment) for segment in segments if segment["lo"] < seq]
        rows = (row for row in heapq.merge(*runs, key=lambda row: (row[0], -row[1])) if row[1] <= seq and row[0] not in erased)
        newest = (next(versions) for _, versions in itertools.groupby(rows, key=lambda row: row[0]))
        return ((code, value) for code, _, op, value in newest if op != 2)
    def attachment(self, wanted, seq):
        """The bytes of an attachment, piece by piece."""
        code = b"\x01" + bytes.fromhex(wanted).replace(b"\0", b"\0\xff") + b"\0"
        value = dict(self.records("_blobs", seq)).get(code)
        if value is None: raise SystemExit(f"there is no attachment {wanted} in snapshot {seq}")
        if value[0] == 0: return [value[1:]]
        blob = self.open("b/{run}/{blob}".format(**unpack(value, 1)[0]), "B")
        return (raw for _, raw in blob.content(0, blob.frames - 1))

def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("store", "kit", "what"): ask.add_argument(name)
    ask.add_argument("names", nargs="*")
    ask.add_argument("--at", type=int, help="number of the snapshot (default: the newest)")
    args, out = ask.parse_args(), sys.stdout.buffer
    accounts = keys_of(pathlib.Path(args.store), pathlib.Path(args.kit))
    sources = {head.parent.name: Source(keys, head.parent) for folder, keys in accounts.items() for head in sorted(folder.glob("*/HEAD"))}
    if not sources: raise SystemExit(f"no source is there: looked into {', '.join(map(str, accounts))}")
    if args.what == "list":
        for name, one, (seq, at, kind) in ((*each, snap) for each in sources.items() for snap in each[1].snaps):
            print(name, seq, datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).isoformat(), kind, *one.head["streams"])
        return
    if len(args.names) != {"export": 2, "show": 3, "attachments": 1, "attachment": 2}.get(args.what): ask.error("what is asked for is not one of the above")
    if args.names[0] not in sources: raise SystemExit(f"there is no source {args.names[0]}; there are: {', '.join(sources)}")
    source, names = sources[args.names[0]], args.names[1:]
    seq, written = args.at or source.head["last_seq"], 0
    if seq not in [snap[0] for snap in source.snaps]: raise SystemExit(f"there is no snapshot {seq}")
    if args.what == "attachment": out.writelines(source.attachment(names[0], seq))
    if args.what.startswith("attachment"): names = ["_attachments"]
    elif names[0] not in source.head["streams"]: raise SystemExit(f"there is no stream {names[0]}; there are: {', '.join(source.head['streams'])}")
    for code, value in source.records(names[0], seq) if args.what != "attachment" else ():
        key = key_of(code)
        text = str(key[0]) if len(key) == 1 else json.dumps(key, ensure_ascii=False)
        if args.what != "show" or names[1] == text:
            written += out.write((text.encode() + b" " if args.what == "attachments" else b"") + value + b"\n")
    if args.what == "show" and not written: raise SystemExit(f"there is no record {names[1]} in snapshot {seq}")

if __name__ == "__main__":
    try: main()
    except BrokenPipeError: os._exit(0)  # whoever read has enough
    except InvalidTag: sys.exit("a byte was changed, or the passphrase is another one: it does not open")
    except (OSError, ValueError, sqlite3.Error) as error: sys.exit(f"that cannot be used: {error}")
