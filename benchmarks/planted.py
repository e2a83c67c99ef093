"""The faults that ``benchmarks/mutations.py`` plants, and the tests that should notice them."""

from __future__ import annotations

import attrs


@attrs.frozen
class Fault:
    """One replacement: ``old`` stands exactly once in the module."""

    old: str
    new: str


@attrs.frozen
class Module:
    """A module, its tests, and the faults planted in it."""

    name: str
    tests: tuple[str, ...]
    faults: tuple[Fault, ...]

    @property
    def path(self) -> str:
        """Below the root of the repository."""
        return f"{self.name.replace('.', '/')}.py"


def _module(name: str, tests: str, *faults: tuple[str, str]) -> Module:
    return Module(
        f"monas_core.{name}",
        tuple(f"tests/{test}" for test in tests.split()),
        tuple(Fault(old, new) for old, new in faults),
    )


PLANTED = (
    _module(
        "values.front",
        "core/test_front.py",
        ("keep_weakly=False", "keep_weakly=True"),
        ("reference: float = 1.1", "reference: float = 1.0"),
        (") / self.width", ") / self.high"),
        ("self.low + self.reference * self.width", "self.low + self.width"),
        ("/ self.reference ** len(self.low)", "/ self.reference"),
    ),
    _module(
        "values.population",
        "core/test_population.py",
        ("flags[:, link[0]] & on", "on"),
        ("for _ in range(20)", "for _ in range(1)"),
        ("generator=generator) < rate", "generator=generator) > rate"),
        ("generator=generator) < 0.5", "generator=generator) < 0.05"),
        ("manual_seed(20_240_218)", "manual_seed(20_240_219)"),
    ),
    _module(
        "values.relaxation",
        "core/test_relaxation.py",
        ("[None, :] < sizes[:, None]", "[None, :] <= sizes[:, None]"),
        ("columns[parent] * self.weights", "self.weights"),
        ("logits.masked_fill(~mask, -torch.inf)", "logits"),
        ("self.weights * self.activity()[..., None]", "self.weights"),
        ("population.canonical(self.choices, best.cpu())", "best.cpu()"),
    ),
    _module(
        "values.constraint",
        "core/test_budget_constraint.py",
        ("abs(self.bound) or 1.0", "self.bound or 1.0"),
        ("self.tolerance * self.scale", "self.tolerance"),
        ("way * abs(self.bound)", "way * self.bound"),
        ("limit.device in (None, device)", "limit.device == device"),
        ("(c.objective, c.kind) not in said", "c.objective not in dict(said)"),
    ),
    _module(
        "problem.feasibility",
        "profile/test_feasibility.py",
        ("low, high = -high, -low", "low, high = -low, -high"),
        ("total <= (total.min() if len(total) else 0.0)", "total <= 0.0"),
        ('value.origin == "predicted"', 'value.origin != "measured"'),
        ("table[row].argmax()", "table[row].argmin()"),
        ("own = holding(limits, device)", "own = tuple(limits)"),
    ),
    _module(
        "problem.known",
        "core/test_known.py",
        ("population.decode(problem.choices, problem.ends)", "list(problem.choices.enumerate())"),
        ("holding(limits, device.name)", "limits"),
        ("front.max(axis=0)", "points.max(axis=0)"),
        ("[found[position] for position in range(len(wishes))]", "list(found.values())"),
        ("allowed[non_dominated(points[allowed])].tolist()", "allowed.tolist()"),
    ),
    _module(
        "problem.evaluator",
        "core/test_evaluator.py",
        ('if objective.query and split == "search"', "if objective.query"),
        ('item.objective in queried and item.split == "search"', "item.objective in queried"),
        ("[times // 2]", "[0]"),
        ("if exact or objective.query or objective.population_relative", "if exact"),
        ("setdefault(device.name, content) == content", "setdefault(device.name, content)"),
    ),
    _module(
        "record.archive",
        "core/test_archive.py",
        ("start=1", "start=0"),
        (" if finite_number(n)}", "}"),
        ("or split not in get_args(Split)", ""),
        ("value.origin not in get_args(Origin) or", ""),
        ("not all(map(finite_number, numbers))", "not any(map(finite_number, numbers))"),
    ),
    _module(
        "record.checkpoints",
        "core/test_checkpoints.py",
        ("if _NAME.fullmatch(path.name))", 'if path.name.startswith("step_"))'),
        ("default=-1) + 1", "default=-1)"),
        ("max(0.0, float(clock))", "float(clock)"),
        ("for path in reversed(found(folder))", "for path in found(folder)"),
        ("_KEPT = 2", "_KEPT = 1"),
    ),
    _module(
        "learning.samplers",
        "learning/test_samplers.py",
        ("2.0 * second - 0.5", "2.0 * second - 1.0"),
        ("_HOTTEST, _COLDEST = 5.0, 0.5", "_HOTTEST, _COLDEST = 0.5, 5.0"),
        (" / sample.temperature", ""),
        ("gradient * sample.rows", "gradient"),
        ("-probabilities * (log_probabilities + entropy)", "-probabilities * log_probabilities"),
    ),
    _module(
        "running.live_front",
        "engine/test_live_front.py",
        ("missed == 0.0", "missed >= 0.0"),
        ("(row * self._signs)", "row"),
        ("np.argsort(self._points[:, 0])", "np.argsort(-self._points[:, 0])"),
        ("self._points = together[kept]", "self._points = together"),
        ("sign(objective) * number", "number"),
    ),
)
"""Every module of the core that was planted in."""
