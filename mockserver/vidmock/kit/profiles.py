"""How many examples a check tries."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

_SHARE = 10
"""A check tries one in so many of the examples that the profile asks for, because each one is a whole job."""

settings.register_profile("thorough", max_examples=1000)


def profile() -> settings:
    """The settings of every check, from the Hypothesis profile of the run.

    Except under ``--hypothesis-profile=thorough`` the same examples come every time, so that a client that passed and
    did not change passes again.
    """
    profile = settings()
    thorough = profile.max_examples >= settings.get_profile("thorough").max_examples
    return settings(
        max_examples=max(5, profile.max_examples // _SHARE),
        derandomize=not thorough,
        deadline=None,
        phases=tuple(phase for phase in profile.phases if phase is not Phase.explain),
        suppress_health_check=[HealthCheck.too_slow],
    )
