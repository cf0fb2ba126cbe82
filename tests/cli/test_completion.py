"""What a Tab offers, asked of the real shells, and of the command that they ask."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vidmock import cli
from vidmock.cli.candidates import FILES
from vidmock.cli.completion import BETWEEN_WORDS, SCRIPTS

if TYPE_CHECKING:
    from tests.cli.conftest import Said

FAL = "fal-ai/kling-video/o1/reference-to-video"
LINES = {
    "vidmock ser": ["serve"],
    "vidmock serve --scen": ["--scenario"],
    "vidmock serve --scenario webhook-n": ["webhook-never-comes"],
    "vidmock models runw": ["runware"],
    "vidmock price runware klingai:kling@o1-": ["klingai:kling@o1-standard"],
    "vidmock serve --clock=st": ["--clock=step"],
    "vidmock faults edge_p": ["edge_page"],
    "vidmock faults edge_page at=aft": ["at=after"],
    "vidmock env runpod-": ["runpod-sdk"],
    "vidmock schemas bun": ["bundle"],
    "vidmock schemas show eachl": ["eachlabs"],
    "vidmock docs client-": ["client-guide"],
    "vidmock check --case POLL-0": [f"POLL-0{number}" for number in range(1, 10)],
    f"vidmock price fal {FAL} requ": ["request.json"],
    "vidmock run -- requ": ["request.json"],
    "vidmock serve --media=requ": ["--media=request.json"],
    "vidmock nonsense ": [],
}
"""Lines, and what completes their last word."""
ASK = {
    # What readline does: it hands over the words as it divides them, and puts what comes back behind the last break.
    "bash": r"""
eval "$(vidmock completion bash)"
for COMP_LINE in "$@"; do
  COMP_POINT=${#COMP_LINE}; COMPREPLY=()
  pieces=$(sed -E 's/([:=@])/ \1 /g' <<<"$COMP_LINE"); read -ra COMP_WORDS <<<"$pieces"
  [[ $COMP_LINE == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _vidmock
  last=${COMP_LINE##* }; kept=${last%"${last##*[:=@]}"}
  for one in "${COMPREPLY[@]}"; do echo "$kept$one"; done
  echo "end of $COMP_LINE"
done
""",
    "fish": 'vidmock completion fish | source\nfor line in $argv; complete -C $line; echo "end of $line"; end',
    # A shell of its own that believes in a terminal; what Tab has made of the line is shown by a key.
    "zsh": r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; autoload -Uz compinit; compinit -u -D"
zpty -w shell "eval \"\$(vidmock completion zsh)\""
zpty -w shell "show() { print -r -- \"<<\$BUFFER>>\"; BUFFER= }; zle -N show; bindkey '^X' show; print rea''dy"
zpty -r shell said '*ready*'
for line; do
  zpty -n -w shell "$line"$'\t\x18'
  zpty -r shell said '*<<*>>*'
  print -r -- "$said"
  print -r -- "end of $line"
done
""",
}
"""What asks a shell for each of the lines that it is given, and says where the answer to each ends."""
START = {"bash": ("bash", "-c", ASK["bash"], "bash"), "fish": ("fish", "-N", "-c", ASK["fish"])}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a file, and a path with the program."""
    (tmp_path / "request.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def asked(lines: Sequence[str], *words: str) -> dict[str, str]:
    """What the shell that *words* start says of each of *lines*. One is asked for all: to start it takes long."""
    done = subprocess.run([*words, *lines], capture_output=True, text=True, timeout=300)
    assert done.stderr == ""
    said, answers = done.stdout, {}
    for line in lines:
        answers[line], mark, said = said.partition(f"end of {line}\n")
        assert mark, done.stdout
    return answers


@pytest.mark.parametrize("shell", START)
def test_a_shell_completes(shell: str, machine: Path) -> None:
    for line, answer in asked([*LINES], *START[shell]).items():
        offered = [each.partition("\t")[0] for each in answer.splitlines()]
        assert set(LINES[line]) <= set(offered), line
        assert bool(offered) == bool(LINES[line]), line


def test_zsh_completes_what_is_typed(machine: Path) -> None:
    single = {line: found[0] for line, found in LINES.items() if len(found) == 1}
    for line, answer in asked([*single], "zsh", "-f", "-c", ASK["zsh"], "zsh").items():
        before, _, _ = line.rpartition(" ")
        made = answer.rpartition("<<")[2].partition(">>")[0]
        assert made.rstrip() == f"{before} {single[line]}", answer


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_shell_that_a_script_is_for_is_here(shell: str) -> None:
    assert shutil.which(shell), f"scripts/install has {shell}"


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_option_of_every_command_is_offered(command: str, say: Callable[..., Said]) -> None:
    _, help_text, _ = say(command, "--help")
    code, out, _ = say("completion", f"--words={command}{BETWEEN_WORDS}--")
    flags = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", help_text.partition("\n\n")[0]))
    assert code == 0
    assert flags <= set(out.split())


def test_models_of_the_users_own_are_offered(say: Callable[..., Said], tmp_path: Path) -> None:
    code, out, _ = say(
        "completion", f"--words={BETWEEN_WORDS.join(['price', '--models', str(tmp_path / 'no'), 'fal', ''])}"
    )
    assert code == 0
    assert FAL in out.split()
    assert FILES not in out.split()


def test_without_a_shell_it_says_which_there_are(say: Callable[..., Said]) -> None:
    code, _, err = say("completion")
    assert code == 2
    assert 'eval "$(vidmock completion bash)"' in err
