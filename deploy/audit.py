"""What is known against the locked libraries, their licences, and the bill of materials: what `make audit` runs.

Ends with 1 where a weakness is known or a licence is new. Where nobody can be asked about weaknesses it says so; with
`--strict` that is a failure, too.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent
LOCKS = (
    "requirements.lock", "requirements-dev.lock", "deploy/build.lock", "deploy/audit.lock", "fuzz/requirements.lock",
    "tests/readers/requirements.lock", "tests/spark/requirements.lock",
)  # fmt: skip
BILL = ROOT / "build" / "bom.json"
UNREACHED = re.compile(r"requests\.exceptions\.|Could not connect|ServiceError|redirecting")
SAID = 10
"""How many lines of a tool's complaint are repeated, and how many names."""

PERMISSIVE = ("MIT", "BSD", "Apache", "PSF", "Python Software Foundation", "ISC", "0BSD", "Zlib", "CC0", "Unlicense")
AGREED = {
    "certifi": "MPL-2.0: a list of certificates, not changed",
    "psycopg": "LGPL-3.0: used as a library, not changed",
    "psycopg-binary": "LGPL-3.0: used as a library, not changed",
    "pygithub": "LGPL-3.0: used as a library, not changed",
    "recurring-ical-events": "LGPL-3.0: used as a library, not changed",
    "x-wr-timezone": "LGPL-3.0: used as a library, not changed",
    "resvg-py": "MIT, which its metadata do not say",
}
"""Libraries whose licence is not permissive, or not told, and why they may be used all the same."""

Json = dict[str, Any]


def weaknesses(report: Json) -> list[str]:
    """In sentences, from what pip-audit answers as JSON."""
    return [
        f"{one['name']} {one['version']}: {weak['id']}, mended in {', '.join(weak['fix_versions']) or 'no version yet'}"
        for one in report["dependencies"]
        for weak in one.get("vulns", ())
    ]


def unasked(report: Json) -> list[str]:
    """Libraries of which the service knows nothing."""
    return [one["name"] for one in report["dependencies"] if "skip_reason" in one]


def new_licences(told: list[Json]) -> list[str]:
    """In sentences, from what pip-licenses answers as JSON."""
    return [
        f"{one['Name']}: its licence is {one['License']}; agree to it in deploy/audit.py, or do without"
        for one in told
        if canonical(one["Name"]) not in AGREED and not all(map(_is_permissive, parts(one["License"])))
    ]


def parts(licence: str) -> list[str]:
    """Of all that hold at once, and of those to choose from."""
    return re.split(r"\s+(?:AND|OR|WITH)\s+|;\s*", licence.strip("()"))


def _is_permissive(licence: str) -> bool:
    return licence.startswith(PERMISSIVE)


def canonical(name: str) -> str:
    """As PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: Path) -> list[str]:
    """The names in a lock file."""
    return re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text("utf-8"), re.M)


def main(strict: bool) -> int:
    _made_bill()
    found = [*_found_weak(strict), *_found_new_licences()]
    for sentence in found:
        _say(sentence)
    return 1 if found else 0


def _made_bill() -> None:
    """CycloneDX, with the hashes of the lock file."""
    _ran("cyclonedx-py", "requirements", "--output-reproducible", "--pyproject", "pyproject.toml", "-o", str(BILL),
         "requirements.lock")  # fmt: skip
    _say(f"bill of materials: {BILL.relative_to(ROOT)}")


def _found_weak(strict: bool) -> list[str]:
    answers = [_asked_about(lock) for lock in LOCKS]
    reports = [answer for answer in answers if isinstance(answer, dict)]
    found = {sentence for report in reports for sentence in weaknesses(report)}
    known = {one["name"] for report in reports for one in report["dependencies"]}
    unknown = {name for report in reports for name in unasked(report)}
    _say(f"asked about {len(known - unknown)} of {len(known)} libraries; known weaknesses: {len(found)}")
    if unknown:
        answers.append(f"the service knows nothing of {', '.join(sorted(unknown)[:SAID])} ...")
    return [*sorted(found), *_unaudited([answer for answer in answers if isinstance(answer, str)], strict)]


def _asked_about(lock: str) -> Json | str:
    """What pip-audit reports; or that nobody could be asked. Raises RuntimeError at any other failure."""
    answer = ROOT / "build" / "audit" / f"{lock.replace('/', '-')}.json"
    answer.unlink(missing_ok=True)
    done = _ran("pip-audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off", "--cache-dir",
                str(answer.parent / "cache"), "-f", "json", "-o", str(answer), "-r", lock)  # fmt: skip
    if answer.exists():
        report: Json = json.loads(answer.read_text("utf-8"))
        return report
    if not UNREACHED.search(done.stderr):
        raise RuntimeError(f"pip-audit failed with {lock}: {_end_of(done.stderr)}")
    return f"nobody could be asked about {lock}: {done.stderr.strip().splitlines()[-1][:200]}"


def _unaudited(sentences: list[str], strict: bool) -> list[str]:
    """Findings where it has to be known, otherwise only said."""
    if strict or not sentences:
        return sentences
    for sentence in sentences:
        _say(sentence)
    _say("that is no failure here; `make audit STRICT=--strict`, as the workflow has it, wants an answer")
    return []


def _found_new_licences() -> list[str]:
    names = locked(ROOT / "requirements.lock")
    done = _ran("pip-licenses", "--python", str(ROOT / ".venv" / "bin" / "python"), "--format", "json", "--packages",
                *names)  # fmt: skip
    if done.returncode:
        return [f"the licences could not be read: {_end_of(done.stderr)}"]
    return new_licences(json.loads(done.stdout))


def _ran(tool: str, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([TOOLS / tool, *words], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own words


def _end_of(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-SAID:])


def _say(sentence: str) -> None:
    sys.stderr.write(f"audit: {sentence}\n")


if __name__ == "__main__":
    sys.exit(main("--strict" in sys.argv))
