"""The sensor that lands: it wakes up when the journal has sealed segments nobody took yet."""

import hashlib

import dagster as dg

from assets.platform import Platform
from ingest.event_journal import sealed_segments

EVERY_SECONDS = 60


def sealed_segment_sensor(job: dg.job, platform: Platform) -> dg.SensorDefinition:  # type: ignore[valid-type]
    """Asks for one ``land_calls`` run per set of waiting segments; the same set is asked for once."""

    @dg.sensor(
        name="sealed_segments",
        job=job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Runs land_calls when sealed journal segments have not landed yet.",
    )
    def sealed_segments_waiting(_context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        waiting = segments_waiting(platform)
        if not waiting:
            return dg.SkipReason("every sealed segment has landed")
        return dg.SensorResult([dg.RunRequest(run_key=run_key(waiting), tags={"seconde/segments": str(len(waiting))})])

    return sealed_segments_waiting


def segments_waiting(platform: Platform) -> list[str]:
    """Names of the sealed segments that ``landed_segments`` does not list, oldest first."""
    landed = platform.warehouse.read("select distinct segment from landed_segments")["segment"].to_pylist()
    return sorted({segment.name for segment in sealed_segments(platform.journal)} - set(landed))


def run_key(segments: list[str]) -> str:
    """The same for the same segments: Dagster runs a key once."""
    return hashlib.sha256("\n".join(segments).encode()).hexdigest()[:20]
