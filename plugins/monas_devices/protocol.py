"""Version 1 of the talk with a program that knows costs: one JSON document in, one out.

The program is started once for each request, reads the request from standard input, writes the
answer to standard output and ends with code 0; what it writes to standard error is shown when it
fails. Requests are ``describe`` and ``cost``; ``docs/devices.md`` shows both.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from monas_core.errors import PluginError, Unavailable
from monas_core.values.quantity import in_unit, metric_unit
from monas_core.values.reading import finite_number
from monas_core.values.value import Origin, Value

VERSION = 1
ORIGINS: tuple[Origin, ...] = ("measured", "tabulated", "predicted", "modelled")
_SHOWN = 300


class Program:
    """A program that is asked.

    Args:
        words: The command, split into words.
        timeout_s: Seconds that one request may take.
    """

    def __init__(self, words: Sequence[str], timeout_s: float) -> None:
        self.words = list(words)
        self._timeout_s = timeout_s

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one request.

        Raises:
            PluginError: The program cannot be started, fails, takes too long, or answers with
                something else than one JSON object of this version.
        """
        text = json.dumps({"protocol": VERSION, **request}, allow_nan=False)
        try:
            done = subprocess.run(
                self.words,
                input=text.encode(),
                capture_output=True,
                timeout=self._timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise PluginError(
                f"{self} did not answer within {self._timeout_s:g} s; give it more with "
                "options.device.command.timeout_s."
            ) from error
        except OSError as error:
            raise PluginError(f"{self} cannot be started: {error.strerror}.") from error
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()[-_SHOWN:]
            raise PluginError(
                f"{self} ended with code {done.returncode}: {said or 'it wrote no reason'}."
            )
        return self._parsed(done.stdout)

    def _parsed(self, output: bytes) -> dict[str, Any]:
        said = output.decode(errors="replace").strip()
        try:
            answer = json.loads(said)
        except ValueError as error:
            raise PluginError(
                f'{self} answered with "{said[:80]}", which is no JSON document ({error}).'
            ) from error
        if not isinstance(answer, dict):
            raise PluginError(f"{self} must answer with a JSON object, got {said[:80]}.")
        if answer.get("protocol") != VERSION:
            raise PluginError(
                f"{self} speaks protocol {answer.get('protocol')!r:.20}; this version of monas "
                f'speaks {VERSION}, and every answer says so: "protocol": {VERSION}.'
            )
        return answer

    def __str__(self) -> str:
        return f'Program "{" ".join(self.words)}"'


def described(program: Program, answer: Mapping[str, Any]) -> dict[str, Any]:
    """A checked answer to ``describe``: name, metrics, origin and what else it tells.

    Raises:
        PluginError: Something is missing or of the wrong kind.
    """
    metrics = answer.get("metrics")
    if not isinstance(answer.get("name"), str) or not answer["name"].strip():
        raise PluginError(f"{program} must tell its name, got {answer.get('name')!r:.40}.")
    if not isinstance(metrics, list) or not metrics or not all(isinstance(m, str) for m in metrics):
        raise PluginError(
            f'{program} must list its metrics, e.g. ["latency_ms"], got {metrics!r:.60}.'
        )
    if answer.get("origin") not in ORIGINS:
        raise PluginError(
            f"{program} must tell the origin of its values, one of {', '.join(ORIGINS)}, got "
            f"{answer.get('origin')!r:.40}."
        )
    told: dict[str, Any] = {"name": answer["name"], "metrics": sorted(metrics)}
    told["origin"] = answer["origin"]
    for key in ("processor", "runtime", "precision", "kind", "date"):
        value = answer.get(key, "fp32" if key == "precision" else "")
        if not isinstance(value, str):
            raise PluginError(f"{program}: {key} must be text, got {value!r:.40}.")
        told[key] = value
    return told


def values(
    program: Program,
    answer: Mapping[str, Any],
    metric: str,
    origin: Origin,
    keys: Sequence[str],
) -> list[Value]:
    """A checked answer to ``cost``: one value for each network, in their order.

    Raises:
        Unavailable: The program says that it cannot tell one of them.
        PluginError: Wrong metric, unit, count, or a number that is no cost.
    """
    unit = metric_unit(metric)
    if answer.get("metric") != metric:
        raise PluginError(
            f"{program} was asked for {metric} and answered {answer.get('metric')!r:.40}."
        )
    given = answer.get("unit")
    if not isinstance(given, str) or not given:
        raise PluginError(f'{program} must tell the unit of its values, e.g. "unit": "{unit}".')
    listed = answer.get("values")
    if not isinstance(listed, list) or len(listed) != len(keys):
        count = len(listed) if isinstance(listed, list) else "no list of"
        raise PluginError(f"{program} gave {count} values for {len(keys)} networks.")
    factor = in_unit(1.0, given, unit, f"The unit of {program}")
    found: list[Value] = []
    for key, value in zip(keys, listed, strict=True):
        if isinstance(value, dict) and "unavailable" in value:
            raise Unavailable(f"{program} cannot tell {metric} of {key}: {value['unavailable']}.")
        found.append(Value(factor * _number(program, metric, key, value), unit, origin))
    return found


def _number(program: Program, metric: str, key: str, value: Any) -> float:
    if not finite_number(value) or value <= 0:
        raise PluginError(
            f"{program} gave {value!r:.40} as {metric} of {key}; a cost is a finite number "
            'above 0, or {"unavailable": REASON}.'
        )
    return float(value)
