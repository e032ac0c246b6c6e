#!/usr/bin/env python3
"""Checks receipts of the ledger: verify.py VERIFIER-KEY RECEIPT...

Uses nothing but Python's own library. A receipt (C2SP tlog-proof) is proven when its entry, hashed up its path (RFC 6962),
gives the root of a checkpoint (C2SP signed-note) that the key has signed (Ed25519, RFC 8032). Prints each entry that is.
"""
import base64, hashlib, sys

P, D = 2**255 - 19, -121665 * pow(121666, -1, 2**255 - 19) % (2**255 - 19)
L = 2**252 + 27742317777372353535851937790883648493
sha256 = lambda data: hashlib.sha256(data).digest()


def need(holds, why):
    if not holds:
        raise ValueError(why)


def add(a, b):  # Points are (x, y, z, t) with x = X/z, y = Y/z, x*y = t/z.
    m, n = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    c, d = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, a):
    product = (0, 1, 1, 0)
    for bit in bin(n)[2:]:
        product = add(product, product)
        product = add(product, a) if bit == "1" else product
    return product


def point(data):
    y, sign = int.from_bytes(data, "little") & (1 << 255) - 1, data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    need(y < P and (x * x - square) % P == 0 and (x or not sign), "not a point of the curve")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


def is_signed(key, text, signature):
    r, s = point(signature[:32]), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % L
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    left, right = times(s, base), add(r, times(k, point(key)))
    return s < L and all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def decode(text):  # There is one way to write it: what reads alike and is written otherwise is refused.
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "not in its exact form")
    return data


def climb(hash, path, index, size):  # RFC 9162, 2.1.3.2
    last = size - 1
    for sibling in path:
        need(last, "the path is too long")
        if index & 1 or index == last:
            hash = sha256(b"\1" + sibling + hash)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            hash = sha256(b"\1" + hash + sibling)
        index, last = index >> 1, last >> 1
    need(not last, "the path is too short")
    return hash


def verify(verifier, receipt):
    name, key_id, key = verifier.split("+", 2)
    key, key_id = decode(key), bytes.fromhex(key_id)
    need(key[0] == 1 and sha256(name.encode() + b"\n" + key)[:4] == key_id, "not a verifier key")
    proof, text, signature = receipt.split("\n\n")
    header, extra, index, *path = proof.split("\n")
    origin, size, root = text.split("\n")
    need(header == "c2sp.org/tlog-proof@v1" and extra[:6] == "extra " and index[:6] == "index ", "not a receipt")
    need(index[6:] == str(int(index[6:])) and size == str(int(size)) and 0 <= int(index[6:]) < int(size), "a number")
    need(origin == name and signature.startswith(f"\u2014 {name} ") and signature[-1] == "\n", "another log's")
    signature = decode(signature[len(name) + 3 : -1])
    need(len(signature) == 68 and signature[:4] == key_id, "another key's")
    need(is_signed(key[1:], (text + "\n").encode(), signature[4:]), "not signed by this key")
    entry = decode(extra[6:])
    hash = climb(sha256(b"\0" + entry), [decode(line) for line in path], int(index[6:]), int(size))
    need(hash == decode(root), "the entry is not in the tree that was signed")
    return entry


if __name__ == "__main__":
    bad = 0
    for file in sys.argv[2:]:
        try:
            print(f"{file}: {verify(sys.argv[1], open(file, 'rb').read().decode()).decode()}")
        except Exception as why:
            bad += 1
            print(f"{file}: NOT PROVEN: {why}", file=sys.stderr)
    sys.exit(1 if bad or len(sys.argv) < 3 else 0)
