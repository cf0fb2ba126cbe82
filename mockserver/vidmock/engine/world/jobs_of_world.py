"""What the job store of one world tells the registry of all."""

from __future__ import annotations

from collections import OrderedDict

from vidmock.engine.jobs.job import Job
from vidmock.engine.world.latest_worlds import LatestWorlds
from vidmock.engine.world.world import Reference
from vidmock.engine.world.world_index import WorldIndex


class JobsOfWorld:
    """Keeps the two indices, the order by newest jobs, and the keys of *idle* worlds in step with the jobs of one."""

    def __init__(
        self,
        by_job: WorldIndex,
        by_output: WorldIndex,
        accepted: LatestWorlds,
        idle: OrderedDict[str, None],
        reference: Reference,
    ) -> None:
        self._by_job, self._by_output, self._accepted = by_job, by_output, accepted
        self._idle, self._reference = idle, reference

    def add(self, job: Job, *, public: bool) -> None:
        if public:
            self._by_job.add(job.id, self._reference)
        for output in job.outputs:
            self._by_output.add(output.id, self._reference)
        if world := self._reference.target:
            self._accepted.note(world, (job.created, world.jobs.place(job.id)))

    def discard(self, job: Job) -> None:
        self._by_job.discard(job.id, self._reference)
        for output in job.outputs:
            self._by_output.discard(output.id, self._reference)

    def rest(self, *, idle: bool) -> None:
        world = self._reference.target
        if world is not None and idle:
            self._idle.setdefault(world.key)
        elif world is not None:
            self._idle.pop(world.key, None)
