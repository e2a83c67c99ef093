"""What this package offers: devices and a hardware embedding; imports no torch.

One file in ``catalogue`` is one modelled device; this module needs their names
and summaries only.
"""

from __future__ import annotations

from pathlib import Path

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec
from monas_core.files import parse_json

CATALOGUE = Path(__file__).parent / "catalogue"

# Chosen to disagree about which networks are cheap. On small networks the H100 counts operators
# and the Raspberry Pi counts FLOPs; the others lie between: fixed cost of the kernels that a
# compiler leaves (phone), all limits at once (Jetson), arithmetic with few operators (laptop).
DEFAULT = (
    "h100-sxm",
    "snapdragon-8-gen2-gpu",
    "jetson-nano",
    "core-i7-1260p",
    "raspberry-pi-4",
)

# In the same range, but other products: what a search is judged on without having seen it.
HELD_OUT = ("a100-sxm", "pixel-6-gpu", "jetson-tx2", "xeon-8380", "raspberry-pi-5")


@hookimpl
def monas_devices() -> list[Spec]:
    host = Spec(
        name="host",
        summary="This machine: latency measured, energy measured where it can be.",
        factory="monas_devices.host:Host",
        provides={"default-device", "measures-this-machine"},
        options="monas_devices.options:HostOptions",
    )
    datasheet = Spec(
        name="datasheet",
        summary="Modelled from your own figures: datasheet:FILE.json, or just FILE.json.",
        factory="monas_devices.roofline:from_datasheet",
        provides={"takes-argument", "reads-figures"},
    )
    table = Spec(
        name="table",
        summary="Costs added up from a look-up table by block: table:FILE.yaml.",
        factory="monas_devices.table:Table",
        provides={"takes-argument"},
    )
    command = Spec(
        name="command",
        summary="Costs that a program tells, JSON in and JSON out: command:PROGRAM.",
        factory="monas_devices.command:Command",
        provides={"takes-argument"},
        options="monas_devices.command:CommandOptions",
    )
    catalogue = [_modelled(path) for path in sorted(CATALOGUE.glob("*.json"))]
    return [host, datasheet, table, command, *catalogue]


@hookimpl
def monas_embeddings() -> list[Spec]:
    return [
        Spec(
            name="log-cost",
            summary="Log costs of the space's reference architectures, as shape and scale.",
            factory="monas_devices.embedding:LogCost",
            provides={"default-embedding"},
        )
    ]


def _modelled(path: Path) -> Spec:
    profile = parse_json(path.read_text(encoding="utf-8"))
    name = profile["name"]
    roles = {"default-device": DEFAULT, "default-held-out": HELD_OUT}
    return Spec(
        name=name,
        summary=f"{profile['processor']}, {profile['runtime']}, {profile['precision']}: modelled.",
        factory="monas_devices.roofline:modelled",
        provides={role for role, names in roles.items() if name in names},
        settings={"name": name},
        options="monas_devices.lanes:LaneOptions"
        if "lanes" in profile["figures"]
        else "monas_devices.options:ModelledOptions",
    )
