"""Coverage-guided fuzzing of what reads bytes from outside: ``python -m tests.ingest.fuzz [SECONDS [TARGET]]``.

``make fuzz``. Each target runs for its time; the first input that breaks a property is written to
``var/fuzz/`` and its trace to the screen. What was learnt is kept there and taken up by the next run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "var" / "fuzz"
TARGETS = ("stream", "event", "segment", "cdr")
SECONDS = 60
# One input may take that long before it counts as a hang, and that much memory.
HANG_SECONDS, MEMORY_MB = 5, 1024
LONGEST_INPUT = 4096
MISSING = "atheris is not installed; it is the dependency group fuzz: uv sync --frozen --inexact --group fuzz"


def run_all(seconds: int) -> int:
    """Each target in a process of its own (libFuzzer never returns); how many found something."""
    failed = 0
    for target in TARGETS:
        print(f"--- {target}: {seconds} s", flush=True)
        command = [sys.executable, "-m", "tests.ingest.fuzz", str(seconds), target]
        failed += subprocess.run(command, check=False).returncode != 0
    return failed


def run(seconds: int, target: str) -> None:
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    with atheris.instrument_imports(include=["ingest", "domain"]):
        from tests.ingest import fuzz_targets
    corpus = FOLDER / target
    corpus.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={HANG_SECONDS}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-max_len={LONGEST_INPUT}",
        f"-artifact_prefix={FOLDER}/{target}-",
        "-print_final_stats=1",
    ]
    check = getattr(fuzz_targets, f"fuzz_{target}")
    atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: check(atheris.FuzzedDataProvider(data)))
    atheris.Fuzz()


def main() -> None:
    try:
        import atheris  # noqa: F401
    except ModuleNotFoundError:
        sys.exit(MISSING)
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    if len(sys.argv) > 2:
        run(seconds, sys.argv[2])
    else:
        sys.exit(run_all(seconds))


if __name__ == "__main__":
    main()
