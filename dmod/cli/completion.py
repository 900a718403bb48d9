"""`dmod completion`: the script that lets a shell complete dmod's commands, options, job ids and dataset names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from dmod.cli.output import say, write
from dmod.cli.terminal import is_terminal
from dmod.errors import UsageError

SCRIPTS = {
    "bash": """\
_dmod() {
    local IFS=$'\\n'
    COMPREPLY=($(dmod __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _dmod dmod""",
    "zsh": """\
#compdef dmod
_dmod() {
    local -a offers
    offers=("${(@f)$(dmod __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "$offers" ]]; then compadd -a offers; else _files; fi
}
if [ "$funcstack[1]" = "_dmod" ]; then _dmod "$@"; else compdef _dmod dmod; fi""",
    "fish": """\
function __dmod_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l offers (dmod __complete $words[2..] 2>/dev/null)
    if test (count $offers) -gt 0
        printf '%s\\n' $offers
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c dmod -f -a '(__dmod_complete)'""",
}
_HOME = {
    "bash": 'eval "$(dmod completion bash)"         in ~/.bashrc',
    "zsh": 'eval "$(dmod completion zsh)"          in ~/.zshrc, after compinit',
    "fish": "dmod completion fish | source         in ~/.config/fish/config.fish",
}


def command(
    shell: Annotated[str, typer.Argument(metavar="[bash|zsh|fish]", help="by default that of $SHELL")] = "",
) -> None:
    """Write the script that lets your shell complete dmod's commands, options, job ids and dataset names.

    eval "$(dmod completion bash)"             now; put it into ~/.bashrc to keep it
    eval "$(dmod completion zsh)"              ~/.zshrc, after compinit
    dmod completion fish | source              ~/.config/fish/config.fish
    """
    name = shell or Path(os.environ.get("SHELL", "")).name
    if name not in SCRIPTS:
        why = (
            f"$SHELL is {name or 'not set'}; dmod knows {', '.join(SCRIPTS)}"
            if not shell
            else f"dmod knows {', '.join(SCRIPTS)}"
        )
        raise UsageError(f'no completion for "{name}"', why=why, fix="dmod completion bash")
    write(SCRIPTS[name])
    if is_terminal():
        say(f"\nto use it: {_HOME[name]}")
