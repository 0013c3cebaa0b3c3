#!/usr/bin/env python3
"""Checks Slack messages, one JSON a line, with Slack's own models of its blocks and with the limits that its
documentation names ("Reference: blocks", "Formatting text for app surfaces").

What the models do not look into is looked at here: emptiness, mark-up that was not escaped, and control characters.
"""

import json
import re
import sys
import unicodedata

from slack_sdk.models.blocks import ActionsBlock, Block, ContextBlock, HeaderBlock, SectionBlock

# The longest text of a notification that Slack advises.
TEXT = 4_000
BLOCKS = 50
# Characters of all blocks: above some 13,200 Slack answers msg_blocks_too_long, which is not documented.
ALL = 12_000
FIELD = 2_000
ELEMENT = 2_000
LABEL = 75
LINK = 3_000
# Characters of an action_id or a block_id, which are unique in a message.
IDENTITY = 255

KNOWN = (ActionsBlock, ContextBlock, HeaderBlock, SectionBlock)
ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
BIDIRECTIONAL = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def wrong(message):
    """What is wrong with a message."""
    text, blocks = message["text"], message["blocks"]
    yield from _markup("text", text)
    if not 0 < len(text) <= TEXT:
        yield f"the text has {len(text)} characters"
    if not 0 < len(blocks) <= BLOCKS:
        yield f"there are {len(blocks)} blocks"
    for number, block in enumerate(blocks):
        for what in _block(block):
            yield f"block {number}, {block.get('type') if block else block}: {what}"
    elements = [element for block in blocks for element in block.get("elements", [])]
    for name, parts in (("action_id", elements), ("block_id", blocks)):
        given = [part[name] for part in parts if name in part]
        if len(set(given)) < len(given) or any(len(identity) > IDENTITY for identity in given):
            yield f"not each {name} is one of its own: {given}"
    total = sum(len(text) for text in _strings(blocks))
    if total > ALL:
        yield f"all blocks together have {total} characters"


def _block(block):
    parsed = Block.parse(block) if block else None
    if not isinstance(parsed, KNOWN):
        yield f"it is parsed as {type(parsed).__name__}"
        return
    parsed.validate_json()
    if parsed.to_dict() != block:
        yield f"the model knows only {json.dumps(parsed.to_dict())[:300]}"
    if "text" in block:
        yield from _text(block["text"], 3_000)
    for field in block.get("fields", []):
        yield from _text(field, FIELD)
    if block["type"] in ("actions", "context") and not block["elements"]:
        yield "it has no elements"
    for element in block.get("elements", []):
        if element["type"] == "button":
            yield from _text(element["text"], LABEL)
            yield from _button(element)
        else:
            yield from _text(element, ELEMENT)


def _button(button):
    """A link, or what is done with an issue of this identity."""
    if "url" in button:
        if len(button["url"]) > LINK or not button["url"].startswith("https://"):
            yield f"its link is {button['url'][:100]}"
    elif not re.fullmatch(r"[0-9a-f]{16}", button["value"]) or not 0 < len(button["action_id"]) <= IDENTITY:
        yield f"it does {button['action_id']} with {button['value'][:100]}"


def _text(text, most):
    if not text["text"].strip():
        yield "a text is empty"
    if len(text["text"]) > most:
        yield f"a text has {len(text['text'])} characters"
    if text["type"] == "mrkdwn":
        yield from _markup("a text", text["text"])
    else:
        yield from _characters("a text", text["text"])


def _markup(name, text):
    """Nothing here makes links or mentions: every angle bracket and ampersand is an entity."""
    if "<" in text or ENTITY.search(text):
        yield f"{name} is not escaped: {text[:80]!r}"
    if text.count("```") not in (0, 2):
        yield f"{name} has {text.count('```')} fences"
    yield from _characters(name, text)


def _characters(name, text):
    odd = {c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t" or c in BIDIRECTIONAL}
    if odd or "\x1b" in text or "[31m" in text:
        yield f"{name} has control characters {sorted(odd)}: {text[:80]!r}"


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)
    elif isinstance(value, dict):
        for member in value.values():
            yield from _strings(member)


def main():
    messages = failed = 0
    for line in sys.stdin:
        named = json.loads(line)
        messages += 1
        try:
            faults = list(wrong(named["message"]))
        except Exception as error:  # The models raise errors of several kinds.
            faults = [f"{type(error).__name__}: {error}"]
        failed += bool(faults)
        for fault in faults[:2]:
            print(f"{named['name']}: {fault}")
    print(f"{messages} messages, {failed} of them wrong")
    # Fewer would mean that the program which writes them ended early.
    sys.exit(1 if failed or messages < 400 else 0)


if __name__ == "__main__":
    main()
