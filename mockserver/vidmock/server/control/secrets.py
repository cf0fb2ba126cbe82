"""Which parts of requests and answers are secret, and what is shown in their place.

They are found in text as it stands, whatever it is: bodies that are torn, that are no JSON or not even text have their
secrets hidden as well, everything around those is shown as it was, and there are no bytes that could not be exported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

HIDDEN = "[hidden]"

_ANYWHERE = (
    r".*(secret|apikey|falkey|password|(access|auth|refresh|jwt)token)|token|ticket|authorization|s3config"
    r"|accesskeyid|secretaccesskey"
)
# Names are compared in lower case, without hyphens and underscores.
_MEMBERS = re.compile(_ANYWHERE)
_HEADERS = re.compile(rf"{_ANYWHERE}|.*token|xvidmockkey|proxyauthorization|(set)?cookie")
_PARAMETERS = re.compile(
    rf"{_ANYWHERE}|.*(token|signature|credential)|key|sig|xvidmockkey|awsaccesskeyid|googleaccessid"
)

_MEMBER = re.compile(r"""(["'])((?:[^"'\\\s]|\\.){1,128})\1\s*:\s*""")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)', re.DOTALL)
_QUOTED = re.compile(r"'[^'\\]*(?:\\.[^'\\]*)*(?:'|\Z)", re.DOTALL)
_STEP = re.compile(rf"{_STRING.pattern}|[{{}}\[\]]", re.DOTALL)
_WORD = re.compile(r"[^\s,}\]]*")
_EMPTY = frozenset({"", '""', "''", "null", "None", "false", "0", "{}", "[]"})
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_PARAMETER = re.compile(r"""(?:\A|[?&#"'])([^=?&#\s"'<>]{1,128})=""")
_PARAMETER_VALUE = re.compile(r"""[^&#\s"'<>]*""")
_CHUNK = re.compile(r"""[^?&#\s"'<>]+""")
# An error's words may have been cut before the sign that ends a name and password.
_USER = re.compile(r"""(?<=://)[^/?#\s"'<>\\]+([@…])""")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?")
_LAYERS = 4
"""Encodings inside of each other that are looked through; what lies deeper is hidden as a whole."""
_LONG = 20


def mask_key(key: str) -> str:
    """*key*, cut to its ends where it is long: made-up ones are short, real ones are not."""
    return key if len(key) < _LONG else f"{key[:4]}…{key[-4:]}"


def mask_headers(pairs: Iterable[tuple[str, str]], secrets: bool) -> list[tuple[str, str]]:
    return [
        (name, HIDDEN if not secrets and _is(name, _HEADERS) else mask_text(value, secrets)) for name, value in pairs
    ]


def mask_text(said: str, secrets: bool) -> str:
    """A URL or the path and query of one, a form, what an error says."""
    return said if secrets else _hidden(said, _LAYERS)


def mask_value(data: Any, secrets: bool) -> Any:
    """*data*, plain JSON, with secret members replaced wherever they stand."""
    if secrets:
        return data
    if isinstance(data, dict):
        return {
            name: HIDDEN if item and _is(name, _MEMBERS) else mask_value(item, secrets) for name, item in data.items()
        }
    if isinstance(data, list):
        return [mask_value(item, secrets) for item in data]
    return mask_text(data, secrets) if isinstance(data, str) else data


def mask_body(data: bytes, secrets: bool) -> bytes:
    """The bytes of a body: as they were, but for what is hidden in them."""
    if secrets:
        return data
    # What is not UTF-8 comes out as it went in.
    return mask_text(data.decode(errors="surrogateescape"), secrets).encode(errors="surrogateescape")


def _is(name: str, secret: re.Pattern[str]) -> bool:
    return secret.fullmatch(name.lower().replace("-", "").replace("_", "")) is not None


def _hidden(said: str, layers: int) -> str:
    if not layers:
        return HIDDEN
    if ":" in said:
        said = _replaced(said, _MEMBER, 2, _member)
    if "\\" in said:
        said = _STRING.sub(lambda string: _rewritten(string[0], _unescaped, json.dumps, layers), said)
    if "=" in said:
        said = _replaced(said, _PARAMETER, 1, _parameter)
    if "%" in said:
        said = _CHUNK.sub(lambda chunk: _rewritten(chunk[0], unquote, _quoted, layers), said)
    return _JWT.sub(HIDDEN, _USER.sub(rf"{HIDDEN}\g<1>", said))


def _rewritten(said: str, decode: Callable[[str], str], encode: Callable[[str], str], layers: int) -> str:
    """*said*, with what is secret in that which it encodes hidden; as it was, where nothing is."""
    inside = decode(said)
    if inside in (said, said[1:-1]):
        return said
    hidden = _hidden(inside, layers - 1)
    return said if hidden == inside else encode(hidden)


def _replaced(said: str, pattern: re.Pattern[str], name: int, hide: Callable[[str, str, int], tuple[str, int]]) -> str:
    """*said* with *hide* done wherever *pattern* stands before a value; the group *name* is the value's name."""
    parts: list[str] = []
    at = 0
    while found := pattern.search(said, at):
        shown, end = hide(found[name], said, found.end())
        parts += said[at : found.end()], shown
        at = end
    return "".join(parts) + said[at:] if parts else said


def _member(name: str, said: str, start: int) -> tuple[str, int]:
    """What is shown of the member of that name whose value begins at *start*, as JSON or Python has it; and its end."""
    if not _is(_unescaped(f'"{name}"'), _MEMBERS):
        return "", start
    end = _end(said, start)
    mark = "'" if said.startswith("'", start) else '"'
    return (said[start:end] if said[start:end] in _EMPTY else f"{mark}{HIDDEN}{mark}"), end


def _parameter(name: str, said: str, start: int) -> tuple[str, int]:
    if not _is(unquote_plus(name).strip(), _PARAMETERS):
        return "", start
    found = _PARAMETER_VALUE.match(said, start)
    end = found.end() if found else start
    return HIDDEN if end > start else "", end


def _end(said: str, start: int) -> int:
    """Where the value ends that begins at *start*: with the text, where nothing else ends it."""
    for whole in (_STRING, _QUOTED):
        if found := whole.match(said, start):
            return found.end()
    if said[start : start + 1] not in ("{", "["):
        word = _WORD.match(said, start)
        return word.end() if word else start
    depth = 0
    for step in _STEP.finditer(said, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(step[0], 0)
        if not depth:
            return step.end()
    return len(said)


def _unescaped(string: str) -> str:
    """What is written between the quotes of *string*; unlike a parser's, no mistake in it matters."""

    def character(escape: re.Match[str]) -> str:
        return chr(int(escape[1], 16)) if escape[1] else _ESCAPES.get(escape[2], escape[2])

    return _ESCAPE.sub(character, string[1:-1] if string.endswith('"') and len(string) > 1 else string[1:])


def _quoted(said: str) -> str:
    return quote(said, safe="/:=@[]", errors="surrogatepass")
