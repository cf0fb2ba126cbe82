"""How much money a world has: what it does not cover is refused as the provider refuses an empty account."""

from __future__ import annotations

from decimal import Decimal
from reprlib import repr as shortened

from vidmock.engine.money import parse_amount
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest, NoBalance


def check_budget(world: World, cost: Decimal) -> None:
    """Let a job of that *cost* (USD) pass.

    Raises:
        NoBalance: with it, more would be spent than the world's budget.
    """
    if world.budget is not None and world.ledger.spent + cost > world.budget:
        raise NoBalance


def parse_budget(value: object) -> Decimal | None:
    """A budget as people write it: ``"5.00"``, ``5``, or ``None`` for none.

    Raises:
        BadRequest: it is no amount of money.
    """
    if value is None:
        return None
    try:
        return parse_amount(value)
    except ValueError:
        said = shortened(value)
        raise BadRequest(f"a budget is an amount in USD such as '5.00', or null for none, and not {said}") from None
