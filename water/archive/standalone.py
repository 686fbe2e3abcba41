"""Verify this copy 独立核验, with Python 3.11 or newer alone: python3 -I verify.py [SIZE ROOT of a day]."""

import hashlib
import json
import sys
from pathlib import Path

here, bad, entered, stack, number = Path(__file__).resolve().parent, [], {}, [], 0
heads = [(day["size"], day["root"]) for day in map(json.loads, (here / "log/roots.jsonl").open())]
heads += [(int(sys.argv[1]), sys.argv[2])] if sys.argv[1:] else []
for number, line in enumerate((here / "log/leaves.jsonl").read_bytes().splitlines(), 1):
    node, size, leaf = hashlib.sha256(b"\0" + line).digest(), number, json.loads(line)  # RFC 6962
    entered.setdefault(leaf["object"], []).append(leaf["sha512"])
    while size % 2 == 0:
        node, size = hashlib.sha256(b"\1" + stack.pop() + node).digest(), size // 2
    stack.append(node)
    for left in stack[-2::-1]:
        node = hashlib.sha256(b"\1" + left + node).digest()
    bad += [f"root of {n} entries" for n, root in heads if n == number and root != node.hex()]
for file in here.glob("ocfl/*/*/*/*/inventory.json"):
    inventory = json.loads(file.read_bytes())
    versions = entered.pop(inventory["id"], [""])
    files = {f"v{n}/inventory.json": sha512 for n, sha512 in enumerate(versions, 1)}
    files |= {path: sha512 for sha512, paths in inventory["manifest"].items() for path in paths}
    for path, sha512 in (files | {file.name: versions[-1]}).items():
        found = file.parent / path
        if not found.is_file() or hashlib.file_digest(found.open("rb"), "sha512").hexdigest() != sha512:
            bad.append(f"{inventory['id']} {path}")
bad += [f"{name} is missing" for name in entered] + [f"fewer than {n}" for n, _ in heads if n > number]
sys.exit("\n".join(bad) or print(f"{number} versions sound, root {node.hex() if number else '-'}"))
