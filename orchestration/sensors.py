"""The sensor that lands: it wakes up when the journal has sealed segments nobody took yet."""

import hashlib

import dagster as dg

from assets.cdr.landing import pending_segments
from assets.platform import Platform
from orchestration.jobs import LAND_CALLS

EVERY_SECONDS = 60


def sealed_segment_sensor(platform: Platform) -> dg.SensorDefinition:
    """Asks for one ``land_calls`` run per set of waiting segments; the same set is asked for once."""

    @dg.sensor(
        name="sealed_segments",
        job_name=LAND_CALLS,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Runs land_calls when sealed journal segments have not landed yet.",
    )
    def sealed_segments_waiting(_context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        waiting = [segment.name for segment in pending_segments(platform.warehouse, platform.journal)]
        if not waiting:
            return dg.SkipReason("every sealed segment has landed")
        return dg.SensorResult([dg.RunRequest(run_key=run_key(waiting), tags={"seconde/segments": str(len(waiting))})])

    return sealed_segments_waiting


def run_key(segments: list[str]) -> str:
    """The same for the same segments: Dagster runs a key once."""
    return hashlib.sha256("\n".join(segments).encode()).hexdigest()[:20]
