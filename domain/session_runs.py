"""Sets of session numbers as runs: ``1-37 40 52-60``. A boot of a million legs is a handful of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.errors import BadInput

Run = tuple[int, int]


@dataclass(frozen=True)
class SessionRuns:
    """A set of positive integers: disjoint inclusive runs in order, no two of them touching."""

    runs: tuple[Run, ...] = ()

    @classmethod
    def of(cls, runs: Iterable[Run]) -> SessionRuns:
        """The union of any runs, in any order, overlapping or not; one that ends before it begins is empty."""
        merged: list[Run] = []
        for first, last in sorted(run for run in runs if run[0] <= run[1]):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        return cls(tuple(merged))

    @classmethod
    def parse(cls, text: str) -> SessionRuns:
        """What ``str`` wrote. Raises BadInput for anything else."""
        try:
            bounds = [[int(number) for number in part.split("-")] for part in text.split()]
            return cls.of((one[0], one[-1]) for one in bounds)
        except ValueError as error:
            raise BadInput(
                f"{text[:80]!r} are not runs of session numbers ({error}); write them like 1-37 40"
            ) from None

    def __str__(self) -> str:
        return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in self.runs)

    def __bool__(self) -> bool:
        return bool(self.runs)

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.runs)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.runs:
            yield from range(first, last + 1)

    def __or__(self, other: SessionRuns) -> SessionRuns:
        return SessionRuns.of((*self.runs, *other.runs))

    def __and__(self, other: SessionRuns) -> SessionRuns:
        return self - (self - other)

    def __sub__(self, other: SessionRuns) -> SessionRuns:
        left: list[Run] = []
        holes = list(reversed(other.runs))
        for first, last in self.runs:
            while holes and holes[-1][1] < first:
                holes.pop()
            begin = first
            # A hole may reach into the next run, so it is popped only once it is behind.
            for hole_first, hole_last in reversed(holes):
                if hole_first > last:
                    break
                left.append((begin, hole_first - 1))
                begin = hole_last + 1
            left.append((begin, last))
        return SessionRuns.of(left)

    @property
    def first(self) -> int | None:
        return self.runs[0][0] if self.runs else None

    @property
    def last(self) -> int | None:
        return self.runs[-1][1] if self.runs else None
