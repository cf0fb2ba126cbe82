"""A call of a model that somebody names, instead of a provider's sample: what to ask it for, and what that can show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from vidmock.contract.case import Case, ClientScript
from vidmock.contract.not_applicable import NotApplicable
from vidmock.contract.paid_calls import PAID_CALLS, PaidCall
from vidmock.contract.varied_inputs import own_fields
from vidmock.kit.wire import WIRES
from vidmock.problems import BadRequest
from vidmock.schema.catalog import Model, ModelCatalog
from vidmock.schema.outputs import output_spec
from vidmock.schema.pricing import price_of
from vidmock.schema.trial import trial_inputs
from vidmock.schema.validate import find_violations

ASSUMED_PRICE: Final = "1.00"
"""USD that a job of a model is taken to cost whose price nobody knows: what is lost is told in money."""
_TEXTS: Final = ("prompt", "positivePrompt", "text", "query", "description")
"""Parameters that usually say what is to be made."""
_KITE: Final = "a kite"
_PRICING: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "currency": "USD",
        "rates": [{"rate": ASSUMED_PRICE, "x-evidence": "unstated: assumed, so that losses can be counted"}],
        "seconds": [{"value": 1}],
        "count": [{"value": 1}],
        "digits": 6,
    }
)


def paid_call_of(
    provider: str, catalog: ModelCatalog, model_id: str, given: Mapping[str, Any] | None = None
) -> PaidCall:
    """A call of the model *model_id* of *provider*, with the input *given*, or with one that is made of its schema.

    The catalogue of the call has that model with a price, ``ASSUMED_PRICE`` where none is known.

    Raises:
        UnknownModel: there is no such model.
        BadRequest: it makes no videos, no input of it is at hand, or the one that is given is refused or has no text.
    """
    model = catalog.find(provider, model_id, aliases=True, given=given or {})
    if not model.makes_video:
        raise BadRequest(f"{model.id} makes no videos, and the cases are about videos")
    asked = dict(given) if given is not None else _sample(provider, model)
    if wrong := find_violations(model, {**own_fields(provider, model.id), **asked}):
        raise BadRequest("\n".join(f"the input for {model.id}: {one}" for one in wrong))
    says = next(filter(None, (_says(model, provider, asked, name) for name in (*_TEXTS, *asked))), None)
    if says is None:
        raise BadRequest(
            f"an input for {model.id} needs a text that may differ from call to call, such as a prompt: name a file "
            "with --input"
        )
    if not price_of(model, asked).known:
        model = replace(model, schema=MappingProxyType({**model.schema, "x-pricing": _PRICING}))
    spec = output_spec(model, asked)
    return PaidCall(
        model.id,
        asked,
        _mistake(provider, model, asked),
        says,
        (asked[says], f"{asked[says]}, red"),
        spec.count,
        says=says,
        catalog=ModelCatalog([*catalog.own, replace(model, like=None)], any_model=catalog.any_model),
    )


def led_by(provider: str, catalog: ModelCatalog) -> PaidCall:
    """*provider*'s sample at a mock that has the models of *catalog*: a command asks for what it likes."""
    return replace(PAID_CALLS[provider], catalog=catalog)


def asking(case: Case, paid: PaidCall) -> Case:
    """*case* with clients that are asked for *paid*."""
    return replace(case, scripts=tuple(replace(script, paid=paid) for script in case.scripts))


def refuse_what_shows_nothing(script: ClientScript, provider: str) -> None:
    """Nothing, where what is asked for in *script* can show what it is about.

    Raises:
        NotApplicable: it cannot: another model has other parameters, and one that takes everything refuses nothing.
    """
    paid = script.paid
    if paid is None:
        return
    if script.mistake and not paid.mistake:
        raise NotApplicable(f"{paid.model} takes whatever it is sent")
    model = paid.described(provider)
    own = own_fields(provider, model.id)
    if script.bare and not find_violations(model, own):
        raise NotApplicable(f"{paid.model} takes an empty input")
    if script.input and (
        not script.input.keys() <= model.schema["properties"].keys()
        or find_violations(model, {**own, **paid.input, **script.input})
    ):
        raise NotApplicable(f"{paid.model} does not take {', '.join(sorted(script.input))} so")
    made = [rule.effect.arguments.get("made", 1) for rule in script.scenario.faults if rule.effect.name == "partial"]
    if made and output_spec(model, {**paid.input, **script.input}).count <= max(made):
        raise NotApplicable(f"a call of {paid.model} is for one video, of which no part can be missing")


def _sample(provider: str, model: Model) -> dict[str, Any]:
    """A valid input, as short as they come, with a text in it where it takes one.

    Raises:
        BadRequest: none was found.
    """
    if not model.known:
        return {"positivePrompt" if provider == "runware" else "prompt": _KITE}
    own = own_fields(provider, model.id)
    clients = WIRES[provider].client_fields
    for tried in trial_inputs(model):
        asked = {name: value for name, value in tried.items() if name not in clients}
        for more in (*({name: _KITE} for name in _TEXTS if name in model.schema["properties"]), {}):
            if not find_violations(model, {**own, **asked, **more}):
                return {**asked, **more}
    raise BadRequest(f"no valid input of {model.id} was found by its schema: name a file that has one with --input")


def _says(model: Model, provider: str, asked: Mapping[str, Any], name: str) -> str | None:
    """*name*, if it is a text that can be told from others by something at its end."""
    if not isinstance(asked.get(name), str):
        return None
    own = own_fields(provider, model.id)
    ends = (", 99", ", red")
    taken = not any(find_violations(model, {**own, **asked, name: f"{asked[name]}{end}"}) for end in ends)
    return name if taken else None


def _mistake(provider: str, model: Model, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """A value for one parameter that is refused for it, and for nothing else; nothing where all is taken."""
    own = own_fields(provider, model.id)
    specs = {
        name: spec for name, spec in model.schema["properties"].items() if name not in WIRES[provider].client_fields
    }
    # Limits first: what is of another type, a client's own types may keep it from sending.
    for values in (_beyond, _of_another_type):
        for name, spec in specs.items():
            for wrong in values(spec):
                told = find_violations(model, {**own, **asked, name: wrong})
                if len(told) == 1 and told[0].path[:1] == (name,):
                    return {name: wrong}
    return {}


def _beyond(spec: Mapping[str, Any]) -> Iterator[Any]:
    if "enum" in spec:
        yield "none of these"
    if "maximum" in spec:
        yield spec["maximum"] + 1


def _of_another_type(_spec: Mapping[str, Any]) -> tuple[Any, ...]:
    return [], {"no": "such"}, 7
