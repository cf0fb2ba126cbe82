"""Fault rules by what they ask of a moment, so that a call reads only those that may strike it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Final

from vidmock.engine.faults.prompt_pattern import SEARCHED_PROMPT, longest_piece
from vidmock.engine.faults.rules import FaultRule, Moment

_WORD: Final = 3
"""Characters by which a text is found: enough to tell one prompt from another, and soon looked up."""

_Rules = dict[int, FaultRule]
"""Rules by their numbers, which rise in the order in which they were added."""


class RuleIndex:
    """Rules by phase and provider, and there by job, a word of the prompt, or model: the first that they name."""

    def __init__(self) -> None:
        self._shelves: dict[tuple[str, str], _Shelf] = {}
        self._held: dict[str, tuple[int, FaultRule]] = {}
        self._next = count()

    def add(self, rule: FaultRule) -> None:
        """Add *rule*, behind all others or in the place of the one of its id."""
        number, _ = self.remove(rule.id) or (next(self._next), rule)
        self._held[rule.id] = number, rule
        self._shelves.setdefault((rule.phase, rule.provider), _Shelf()).add(number, rule)

    def remove(self, rule_id: str) -> tuple[int, FaultRule] | None:
        """Remove the rule of that id; return what was removed with its number."""
        if held := self._held.pop(rule_id, None):
            place = held[1].phase, held[1].provider
            if self._shelves[place].remove(*held):
                del self._shelves[place]
        return held

    def clear(self) -> None:
        self._shelves.clear()
        self._held.clear()

    def near(self, moment: Moment) -> list[FaultRule]:
        """The rules that may match *moment*, in the order in which they were added. Whether they do is to be seen."""
        found: _Rules = {}
        for provider in {"", moment.provider}:
            if shelf := self._shelves.get((moment.phase, provider)):
                for rules in shelf.near(moment):
                    found |= rules
        return [found[number] for number in sorted(found)]


class _Shelf:
    """The rules of one phase and provider."""

    def __init__(self) -> None:
        self._any: _Rules = {}
        self._by_job: dict[str, _Rules] = {}
        self._by_word: dict[str, _Rules] = {}
        self._by_model: dict[str, _Rules] = {}
        self._words: dict[int, str] = {}

    def add(self, number: int, rule: FaultRule) -> None:
        if rule.job:
            self._by_job.setdefault(rule.job, {})[number] = rule
        elif word := self._rarest_word(longest_piece(rule.prompt)):
            self._words[number] = word
            self._by_word.setdefault(word, {})[number] = rule
        elif rule.model:
            self._by_model.setdefault(rule.model, {})[number] = rule
        else:
            self._any[number] = rule

    def remove(self, number: int, rule: FaultRule) -> bool:
        """Remove *rule*; return whether none is left."""
        self._any.pop(number, None)
        names = (self._by_job, rule.job), (self._by_word, self._words.pop(number, "")), (self._by_model, rule.model)
        for rules, name in names:
            if number in rules.get(name, ()):
                del rules[name][number]
                if not rules[name]:
                    del rules[name]
        return not (self._any or self._by_job or self._by_word or self._by_model)

    def near(self, moment: Moment) -> Iterator[_Rules]:
        yield self._any
        yield self._by_job.get(moment.job, {})
        yield self._by_model.get(moment.model, {})
        if self._by_word:
            yield from (self._by_word[word] for word in self._words_in(moment.prompt))

    def _rarest_word(self, text: str) -> str:
        """The word of *text* that the fewest rules are found by, of several the last; "" where there is none.

        Prompts that are numbered begin alike.
        """
        return min(_words_of(text)[::-1], key=lambda word: len(self._by_word.get(word, ())), default="")

    def _words_in(self, prompt: str) -> Iterator[str]:
        """The known words in *prompt*: by looking for each, or by reading the prompt, whichever is less."""
        if len(self._by_word) < min(len(prompt), SEARCHED_PROMPT):
            return (word for word in self._by_word if prompt.find(word, 0, SEARCHED_PROMPT) >= 0)
        return iter(self._by_word.keys() & set(_words_of(prompt[:SEARCHED_PROMPT])))


def _words_of(text: str) -> list[str]:
    return [text[at : at + _WORD] for at in range(len(text) - _WORD + 1)]
