"""Filter patterns of CloudWatch Logs, as far as unstructured terms go.

A pattern is a list of terms: `word` must occur in the message, `-word` must not, and of several `?word` one
must. Quotes hold a term together that is more than letters and digits. An empty pattern takes everything.
"""

import re

_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')


class Unsupported(ValueError):
    """The pattern is of a kind that is not emulated."""


def compile_pattern(pattern: str):
    """Returns a function that tells whether a message passes the pattern."""
    text = pattern.strip()
    if text[:1] in ("{", "[", "%"):
        raise Unsupported(f"JSON, space-delimited and regular-expression patterns are not emulated: {pattern}")
    required, excluded, alternatives = [], [], []
    group_of = {"": required, "-": excluded, "?": alternatives}
    for sign, quoted, bare in _TERM.findall(text):
        group_of[sign].append(bare or re.sub(r"\\(.)", r"\1", quoted))

    def passes(message: str) -> bool:
        if required or excluded:
            # CloudWatch Logs ignores alternatives that stand beside other terms.
            return all(term in message for term in required) and not any(term in message for term in excluded)
        return not alternatives or any(term in message for term in alternatives)

    return passes
