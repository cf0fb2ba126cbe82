"""Hides keys and other secrets in requests and answers that are shown.

Secrets are found in the text itself, whatever it is: in bodies that are cut off, that are not JSON, or not even text.
Everything around them stays as it was, and what comes out can always be exported.
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
# An error message may have been cut off before the @ that ends a name and password.
_USER = re.compile(r"""(?<=://)[^/?#\s"'<>\\]+([@…])""")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?")
_LAYERS = 4
"""How many encodings inside each other are decoded to look for secrets; what lies deeper is hidden as a whole."""
_LONG = 20
"""Characters from which on a key may be a real one."""


def mask_key(key: str) -> str:
    """*key*; only its ends if it is long, for real keys are long and made-up ones are not."""
    return key if len(key) < _LONG else f"{key[:4]}…{key[-4:]}"


def mask_headers(pairs: Iterable[tuple[str, str]], reveal: bool) -> list[tuple[str, str]]:
    return [(name, HIDDEN if not reveal and _is(name, _HEADERS) else mask_text(value, reveal)) for name, value in pairs]


def mask_text(text: str, reveal: bool) -> str:
    """*text* with the secrets in it hidden: a URL or the path and query of one, a form, an error message, anything."""
    return text if reveal else _hidden(text, _LAYERS)


def mask_value(data: Any, reveal: bool) -> Any:
    """*data*, plain JSON, with the values of secret members hidden at any depth."""
    if reveal:
        return data
    if isinstance(data, dict):
        return {
            name: HIDDEN if item and _is(name, _MEMBERS) else mask_value(item, reveal) for name, item in data.items()
        }
    if isinstance(data, list):
        return [mask_value(item, reveal) for item in data]
    return mask_text(data, reveal) if isinstance(data, str) else data


def mask_body(data: bytes, reveal: bool) -> bytes:
    """*data*, the bytes of a body, with the secrets in it hidden."""
    if reveal:
        return data
    # What is not UTF-8 comes out as it went in.
    return mask_text(data.decode(errors="surrogateescape"), reveal).encode(errors="surrogateescape")


def _is(name: str, secret: re.Pattern[str]) -> bool:
    return secret.fullmatch(name.lower().replace("-", "").replace("_", "")) is not None


def _hidden(text: str, layers: int) -> str:
    if not layers:
        return HIDDEN
    if ":" in text:
        text = _replaced(text, _MEMBER, 2, _member)
    if "\\" in text:
        text = _STRING.sub(lambda string: _rewritten(string[0], _unescaped, json.dumps, layers), text)
    if "=" in text:
        text = _replaced(text, _PARAMETER, 1, _parameter)
    if "%" in text:
        text = _CHUNK.sub(lambda chunk: _rewritten(chunk[0], unquote, _quoted, layers), text)
    return _JWT.sub(HIDDEN, _USER.sub(rf"{HIDDEN}\g<1>", text))


def _rewritten(text: str, decode: Callable[[str], str], encode: Callable[[str], str], layers: int) -> str:
    """*text* decoded, masked and encoded again; unchanged where what it encodes holds no secret."""
    inside = decode(text)
    if inside in (text, text[1:-1]):
        return text
    hidden = _hidden(inside, layers - 1)
    return text if hidden == inside else encode(hidden)


def _replaced(text: str, pattern: re.Pattern[str], name: int, hide: Callable[[str, str, int], tuple[str, int]]) -> str:
    """*text* with each value that follows *pattern* as *hide* has it; the group *name* is the value's name."""
    parts: list[str] = []
    at = 0
    while found := pattern.search(text, at):
        shown, end = hide(found[name], text, found.end())
        parts += text[at : found.end()], shown
        at = end
    return "".join(parts) + text[at:] if parts else text


def _member(name: str, text: str, start: int) -> tuple[str, int]:
    """What to show for the value at *start* of the member *name*, in JSON or as Python prints it; and where it ends."""
    if not _is(_unescaped(f'"{name}"'), _MEMBERS):
        return "", start
    end = _end(text, start)
    mark = "'" if text.startswith("'", start) else '"'
    return (text[start:end] if text[start:end] in _EMPTY else f"{mark}{HIDDEN}{mark}"), end


def _parameter(name: str, text: str, start: int) -> tuple[str, int]:
    if not _is(unquote_plus(name).strip(), _PARAMETERS):
        return "", start
    found = _PARAMETER_VALUE.match(text, start)
    end = found.end() if found else start
    return HIDDEN if end > start else "", end


def _end(text: str, start: int) -> int:
    """Where the value that begins at *start* ends; the end of the text, where that is cut off."""
    for whole in (_STRING, _QUOTED):
        if found := whole.match(text, start):
            return found.end()
    if text[start : start + 1] not in ("{", "["):
        word = _WORD.match(text, start)
        return word.end() if word else start
    depth = 0
    for step in _STEP.finditer(text, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(step[0], 0)
        if not depth:
            return step.end()
    return len(text)


def _unescaped(string: str) -> str:
    """What the JSON string *string* stands for; unlike a parser, this accepts any mistake in it."""

    def character(escape: re.Match[str]) -> str:
        return chr(int(escape[1], 16)) if escape[1] else _ESCAPES.get(escape[2], escape[2])

    return _ESCAPE.sub(character, string[1:-1] if string.endswith('"') and len(string) > 1 else string[1:])


def _quoted(text: str) -> str:
    return quote(text, safe="/:=@[]", errors="surrogatepass")
