"""How hard the suite tries."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

_SHARE = 10

settings.register_profile("thorough", max_examples=1000)


def profile() -> settings:
    """A tenth of the profile's examples, as each of ours is a job from its submission to its file.

    Except under ``--hypothesis-profile=thorough`` the same examples come every time: a client that passed yesterday
    and did not change passes today.
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
