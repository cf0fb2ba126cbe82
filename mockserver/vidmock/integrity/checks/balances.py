"""What the providers tell of an account's money and jobs is what the ledger says of them."""

from __future__ import annotations

from decimal import Decimal

from vidmock.integrity.breach import Breach
from vidmock.integrity.facts import WorldFacts
from vidmock.integrity.history import KeyHistory
from vidmock.integrity.http_client import HttpClient
from vidmock.integrity.registry import VIDEO_APIS


async def balance_breaches(history: KeyHistory, facts: WorldFacts, http: HttpClient) -> list[Breach]:
    """Each provider that tells another balance than the budget less what was spent."""
    if history.budget is None:
        return []
    left = Decimal(history.budget) - Decimal(facts.ledger["total"]["spent"])
    told = {name: await api.balance(http, history.key) for name, api in VIDEO_APIS.items()}
    return [
        Breach("balance", history.key, f"{name} tells {balance}, where {left} is left")
        for name, balance in told.items()
        if balance is not None and Decimal(balance) != left
    ]
