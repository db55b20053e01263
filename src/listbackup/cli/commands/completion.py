"""``listbackup completion``: what a shell needs to complete commands, options, sources and platforms."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from listbackup.cli.options import Json
from listbackup.cli.output import Output

_BASH = """_listbackup_complete() {
    local IFS=$'\\n'
    COMPREPLY=( $( env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _LISTBACKUP_COMPLETE=complete_bash listbackup ) )
    return 0
}
complete -o default -F _listbackup_complete listbackup"""

_ZSH = """#compdef listbackup
_listbackup_complete() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _LISTBACKUP_COMPLETE=complete_zsh listbackup)
}
compdef _listbackup_complete listbackup"""

_FISH_CALL = "env _LISTBACKUP_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION={} _TYPER_COMPLETE_ARGS=(commandline -cp) listbackup"
_FISH = (
    f'complete --command listbackup --no-files --arguments "({_FISH_CALL.format("get-args")})" --condition "{_FISH_CALL.format("is-args")}"'
)


class Shell(StrEnum):
    """The shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


_SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}


def command(shell: Annotated[Shell, typer.Argument(help="Which shell.")], as_json: Json = False) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      eval "$(listbackup completion bash)"
      listbackup completion zsh > ~/.zfunc/_listbackup
      listbackup completion fish > ~/.config/fish/completions/listbackup.fish
    """
    out = Output(as_json=as_json)
    out.document({"shell": shell.value, "script": _SCRIPTS[shell]})
    out.say(_SCRIPTS[shell])
