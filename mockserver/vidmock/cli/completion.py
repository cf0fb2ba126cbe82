"""``vidmock completion``: prints what makes a shell complete commands, options, models, faults and the like.

What it prints asks this command at each Tab, so that a user's own models and every name are those of the moment. The
known libraries either write fixed lists (shtab) or change the parser at each start (argcomplete).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from vidmock.cli.output import say
from vidmock.problems import BadRequest

BETWEEN_WORDS: Final = "\x1f"
"""Between the words that a shell hands over as one: the last may be empty, and one be ``--``."""
EXAMPLES = (
    'eval "$(vidmock completion bash)"',
    "vidmock completion zsh > _vidmock",
    "vidmock completion fish | source",
)
_BASH = r"""# Put into ~/.bashrc:  eval "$(vidmock completion bash)"
_vidmock() {
  local line=${COMP_LINE:0:COMP_POINT} words word last tail
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  last=${words[${#words[@]}-1]}
  # Bash takes a colon, an equals sign and an at sign for ends of words.
  tail=${last##*[:=@]}
  COMPREPLY=()
  while IFS= read -r word; do
    if [[ $word == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$tail")
    else
      [[ $word == *[=:] ]] && compopt -o nospace 2>/dev/null
      COMPREPLY+=("${word#"${last%"$tail"}"}")
    fi
  done < <(IFS=$'\x1f'; "${COMP_WORDS[0]}" completion --words="${words[*]:1}" 2>/dev/null)
}
complete -F _vidmock vidmock"""
_ZSH = r"""#compdef vidmock
# Put into ~/.zshrc, behind compinit:  eval "$(vidmock completion zsh)"
_vidmock() {
  local -a found given open
  given=("${(@)words[2,CURRENT-1]}" "$PREFIX")
  found=("${(@f)$("${words[1]}" completion --words="${(pj:\x1f:)given}" 2>/dev/null)}")
  if (( ${found[(I):files]} )); then
    found=("${(@)found:#:files}")
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
  fi
  found=("${(@)found:#}")
  open=("${(@M)found:#*[=:]}")
  found=("${(@)found:#*[=:]}")
  (( ${#open} )) && compadd -S '' -- "${open[@]}"
  (( ${#found} )) && compadd -- "${found[@]}"
}
compdef _vidmock vidmock"""
_FISH = r"""# Put into ~/.config/fish/config.fish:  vidmock completion fish | source
function __vidmock_complete
  set -l words (commandline -opc) (commandline -ct)
  for word in ($words[1] completion --words=(string join -- \x1f $words[2..-1]) 2>/dev/null)
    if test "$word" = :files
      set -l flag (string match -r -- '^--[^=]*=' (commandline -ct))
      for file in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' (commandline -ct)))
        echo "$flag$file"
      end
    else
      echo $word
    end
  end
end
complete -c vidmock -f -a '(__vidmock_complete)'"""
SCRIPTS: Final[Mapping[str, str]] = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("completed_shell", metavar="SHELL", nargs="?", choices=[*SCRIPTS], help=", ".join(SCRIPTS))
    parser.add_argument("--words", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    if arguments.words is not None:
        from vidmock.cli.candidates import candidates

        for candidate in candidates(arguments.words.split(BETWEEN_WORDS)):
            say(candidate)
        return 0
    if arguments.completed_shell is None:
        raise BadRequest('it must know which shell: bash, zsh or fish. Try: eval "$(vidmock completion bash)"')
    say(SCRIPTS[arguments.completed_shell])
    return 0
