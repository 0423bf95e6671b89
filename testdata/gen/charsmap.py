"""Builds a sentencepiece charsmap: the double-array trie (Darts-clone's layout)
and the strings that a Precompiled normalizer of a tokenizer.json holds."""

import struct


def charsmap(entries):
    """entries: bytes → str. The raw precompiled_charsmap."""
    blob, where = bytearray(), {}
    for text in sorted(set(entries.values())):
        where[text] = len(blob)
        blob += text.encode() + b"\0"
    root = {}
    for key, text in entries.items():
        node = root
        for b in key:
            node = node.setdefault(b, {})
        node[None] = where[text]

    units, used = {0: 0}, {0}

    def place(node, at):
        """Puts node's children; at is node's unit."""
        labels = [0 if b is None else b for b in node]
        offset = 1
        while any((at ^ offset ^ l) in used or (at ^ offset ^ l) == 0 for l in labels):
            offset += 1
        assert offset < 1 << 21, "charsmap is too big for this builder"
        units[at] |= offset << 10
        base = at ^ offset
        for l in labels:
            used.add(base ^ l)
        for b, child in node.items():
            if b is None:
                units[at] |= 1 << 8  # has a leaf
                units[base] = child | 1 << 31
            else:
                units[base ^ b] = b
        for b, child in node.items():
            if b is not None:
                place(child, base ^ b)

    place(root, 0)
    size = (max(units) | 255) + 1
    # A unit that nobody owns has a label that no byte equals.
    trie = b"".join(struct.pack("<I", units.get(i, 0x800000FF)) for i in range(size))
    return struct.pack("<I", len(trie)) + trie + bytes(blob)
