"""The options of ``monas run``; what they do is in ``execution``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monas_core.cli import complete
from monas_core.cli.options import Data, Launcher, Maximum, Minimum, Seeds, TargetValue

_WHAT = "What to search"
_COST = "How long, and where"
_OUT = "Output and resuming"


Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY.PATH=VALUE",
        help="Any setting by its path, e.g. warm_up.steps=100 or options.optimizer.hidden=64.",
        show_default=False,
    ),
]
Space = Annotated[
    str | None,
    typer.Option(
        help="Search space: the family of networks. See: monas plugins --kind space",
        autocompletion=complete.of("space"),
        rich_help_panel=_WHAT,
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="Size of the space, e.g. tiny; without it the smallest.", rich_help_panel=_WHAT
    ),
]
Objectives = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...",
        help="What to optimise, comma-separated, e.g. acc,lat,energy.",
        autocompletion=complete.of("objective", several=True),
        rich_help_panel=_WHAT,
    ),
]
Devices = Annotated[
    str | None,
    typer.Option(
        "--devices",
        "--targets",
        metavar="A,B,...",
        help="Hardware to search for; 'host' is this machine. Without it, host and "
        "five that differ much.",
        autocompletion=complete.of("device", several=True),
        rich_help_panel=_WHAT,
    ),
]
HeldOut = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...",
        help="Hardware the search never sees but that gets a front at the end.",
        autocompletion=complete.of("device", several=True),
        rich_help_panel=_WHAT,
    ),
]
Task = Annotated[
    str | None,
    typer.Option(
        help="What the networks learn; text:PATH takes your own file or folder.",
        autocompletion=complete.of("task"),
        rich_help_panel=_WHAT,
    ),
]
Loss = Annotated[
    str | None,
    typer.Option(
        help="What training makes small; 'task' is the task's own loss.",
        autocompletion=complete.of("loss"),
        rich_help_panel=_WHAT,
    ),
]
Optimizer = Annotated[
    str | None,
    typer.Option(
        help="Search algorithm; without it modnas where it is installed.",
        autocompletion=complete.of("optimizer"),
        rich_help_panel=_WHAT,
    ),
]
Trainer = Annotated[
    str | None,
    typer.Option(
        help="How the supernet is trained before the search; 'none' searches without one.",
        autocompletion=complete.of("trainer"),
        rich_help_panel=_WHAT,
    ),
]
Guides = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...",
        help="What steers the selection of the search beside the objectives, e.g. diversity.",
        autocompletion=complete.of("guide", several=True),
        rich_help_panel=_WHAT,
    ),
]
Observers = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,...",
        help="Who else hears of the run: trackers and notifiers, e.g. tensorboard.",
        autocompletion=complete.of("observer", several=True),
        rich_help_panel=_OUT,
    ),
]
Teacher = Annotated[
    str | None,
    typer.Option(
        metavar="largest|self|RUN#KEY|FILE",
        help="A reference network that others learn from or are compared with: the largest, "
        "trained first, with targets or without (self), a network of a run, a .pt2 or "
        ".safetensors file, timm:NAME=FILE or torchvision:NAME=FILE.",
        rich_help_panel=_WHAT,
    ),
]
Predictor = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Go by the predictor of quality that another run fitted, and fit none.",
        rich_help_panel=_WHAT,
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(
        metavar="120s|60steps|200evals",
        help="How much the search may spend, warm-up and finish on top; without it 60s.",
        rich_help_panel=_COST,
    ),
]
Preferences = Annotated[
    int | None,
    typer.Option(
        help="How many trade-offs to ask for per device at the end; without it 66.",
        rich_help_panel=_COST,
    ),
]
Retrain = Annotated[
    str | None,
    typer.Option(
        metavar="500steps|20s",
        help="Afterwards train members of the fronts alone, each so long, and judge the fronts "
        "by what they reach; at most retrain.members=16 of them.",
        rich_help_panel=_COST,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(help="Start of everything random; without it 0.", rich_help_panel=_COST),
]
TorchDevice = Annotated[
    str | None,
    typer.Option(
        metavar="auto|cpu|cuda|mps|xpu", help="Where this machine computes.", rich_help_panel=_COST
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.yaml",
        help="Settings from a file; options given here go before it.",
        rich_help_panel=_COST,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY.PATH=VALUE",
        help="As the arguments: one setting by its path. Repeatable.",
        rich_help_panel=_COST,
    ),
]
OutDir = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder of the run; without it a new one under runs/.",
        rich_help_panel=_OUT,
    ),
]
Resume = Annotated[
    str | None,
    typer.Option(
        metavar="auto|DIR",
        help="Go on with a stopped run: 'auto' finds the latest with the same settings "
        "(and starts anew if there is none), or name its folder.",
        rich_help_panel=_OUT,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Check everything, say what would run, and stop.",
        rich_help_panel=_OUT,
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="One JSON document on standard output; progress goes to standard error.",
        rich_help_panel=_OUT,
    ),
]
Plain = Annotated[
    bool,
    typer.Option("--plain", help="Lines of text instead of the live screen.", rich_help_panel=_OUT),
]


def command(
    overrides: Overrides = None,
    space: Space = None,
    preset: Preset = None,
    objectives: Objectives = None,
    devices: Devices = None,
    held_out: HeldOut = None,
    task: Task = None,
    loss: Loss = None,
    trainer: Trainer = None,
    optimizer: Optimizer = None,
    guides: Guides = None,
    observers: Observers = None,
    teacher: Teacher = None,
    predictor: Predictor = None,
    maximum: Maximum = None,
    minimum: Minimum = None,
    target: TargetValue = None,
    budget: Budget = None,
    preferences: Preferences = None,
    retrain: Retrain = None,
    seed: Seed = None,
    seeds: Seeds = None,
    torch_device: TorchDevice = None,
    launcher: Launcher = None,
    config: Config = None,
    set_: Set = None,
    out_dir: OutDir = None,
    resume: Resume = None,
    data: Data = None,
    dry_run: DryRun = False,
    json: Json = False,
    plain: Plain = False,
) -> None:
    """Search architectures: trains a supernet, searches, and ends with one front per device.

    Example: monas run --space gpt --objectives acc,lat,energy --budget 120s
    """
    from monas_core.cli.common import comma_list
    from monas_core.cli.execution import Request, carry_out
    from monas_core.problem.wording import stated

    what = {"space": space, "preset": preset, "task": task, "loss": loss}
    lent = str(predictor) if predictor else None
    how = {"trainer": trainer, "optimizer": optimizer, "teacher": teacher, "predictor": lent}
    lists = {
        "objectives": objectives,
        "devices": devices,
        "held_out": held_out,
        "guides": guides,
        "observers": observers,
    }
    cost = {"budget": budget, "preferences": preferences, "retrain": retrain, "seed": seed}
    where = str(out_dir) if out_dir else None
    place = {"torch_device": torch_device, "out_dir": where}
    bounds = {"max": maximum, "min": minimum, "target": target}
    limits = {option: stated(texts, option) or None for option, texts in bounds.items()}
    named = {name: comma_list(text) for name, text in lists.items()}
    flags = what | how | limits | named | cost | place
    dotted = [*(set_ or []), *(overrides or [])]
    carry_out(Request(flags, dotted, config, resume, dry_run, json, plain, data, launcher, seeds))
