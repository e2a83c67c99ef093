"""The ``monas`` command: assembles the commands and turns faults into sentences.

Starting must be quick: a command's module is imported when it is given, and
what is heavy (torch, the catalog) inside the command's function. A new command
is a module of this package with a function ``command``, and a line in ``menu``.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from monas_core.cli import menu, streams
from monas_core.computing.launch import launched
from monas_core.errors import Interrupted, MonasError, UsageError


class LazyGroup(TyperGroup):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Names of the commands of monas itself."""
        return menu.names()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """A command of monas, or one that a plugin adds; ``None`` if there is none."""
        if cmd_name not in self.commands:
            function = menu.load(cmd_name)
            if function is None:
                return None
            self.commands[cmd_name] = _as_command(cmd_name, function)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As usual, but an unknown name gets a suggestion. Raises UsageError."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise UsageError(menu.unknown(args[0]))
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Draw the help without the machinery of rich: this is the first thing people see."""
        formatter.write(menu.page())


def _as_command(name: str, function: Callable[..., Any]) -> Any:
    """A typer command with panels in its help, from a plain function."""
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.command(name, no_args_is_help=False)(function)
    command = typer.main.get_command(app)
    for parameter in command.params:
        _without_type(parameter)
    own_help = command.get_help_option
    command.get_help_option = lambda ctx: _without_type(own_help(ctx))
    return command


def _without_type(parameter: Any) -> Any:
    """A flag takes no value: its help need not call it ``<bool>``."""
    if getattr(parameter, "is_flag", False):
        parameter.metavar = ""
    return parameter


def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Neural architecture search for several objectives and many hardware devices at once."""
    del debug  # taken out of the arguments beforehand, so that it works after a command too
    if version:
        from monas_core.catalog.discovery import plugin_version

        typer.echo(f"monas {plugin_version()}")
        raise typer.Exit


def build() -> TyperGroup:
    """The whole command line."""
    app = typer.Typer(
        cls=LazyGroup,
        name="monas",
        rich_markup_mode=None,
        no_args_is_help=True,
        invoke_without_command=True,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback()(_root)
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code (0, 1, 2, 3 or 130)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [word for word in given if word != "--debug"]
    streams.forgive()
    try:
        with streams.cautions():
            _refuse_copies(given)
            code = build().main(given, prog_name="monas", standalone_mode=False)
    except MonasError as error:
        if debug:
            raise
        if os.environ.get("RANK", "0") == "0":  # of several processes one speaks
            _complain(str(error), fault=not isinstance(error, Interrupted))
        code = error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except (Exception, SystemExit) as error:
        explain = getattr(error, "format_message", None)  # every usage fault typer knows
        if debug:
            raise
        code = (
            _usage_fault(error, explain(), given) if explain is not None else _plugin_fault(error)
        )
    gc.freeze()  # a last search for cycles among all that torch made takes a third of a second
    sys.exit(code if isinstance(code, int) else 0)


def _refuse_copies(given: Sequence[str]) -> None:
    """Raise UsageError where a launcher starts several processes of what one does."""
    launch = launched()
    words = [word for word in given if not word.startswith("-")]
    if launch is not None and words[:1] not in (["run"], ["bench"]):
        raise UsageError(
            f"{launch.total} processes were started together, and only monas run and monas bench "
            "work so; start "
            f"monas {' '.join(words[:1])} on its own."
        )


def _plugin_fault(error: BaseException) -> int:
    """Name the plugin whose code failed; what is no plugin's fault is raised again."""
    from monas_core.catalog.blame import plugin_fault

    fault = plugin_fault(error)
    if fault is None:
        raise error
    _complain(str(fault))
    return fault.exit_code


def _usage_fault(error: BaseException, message: str, given: Sequence[str]) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(message)
        return 0
    asked = f"monas {given[0]}" if given and given[0] in menu.names() else "monas"
    path = getattr(context, "command_path", asked)
    sentence = " ".join(message.split()).rstrip(".")
    _complain(f"{sentence[:1].upper()}{sentence[1:]}. Help: {path} --help")
    return 2


def _complain(message: str, *, fault: bool = True) -> None:
    """One sentence on standard error; what a person asked for is no error."""
    from monas_core.ui.text import printable

    text = printable(message)
    label = typer.style("error:", fg="red", bold=True)
    typer.echo(f"{label} {text}" if fault else f"{text[:1].upper()}{text[1:]}", err=True)


if __name__ == "__main__":
    main()
