"""A peer in another Python environment: it answers one line a picture."""

import subprocess
import tempfile

from tqdm import tqdm

from common.cli import UserError


def ask_peer(name, command, lines):
    """Run a program that answers every line of its input with one of its own.

    Parameters
    ----------
    name : str
        Of the peer, for the bar and for errors.
    command : list of str
        Program and arguments.
    lines : list of str
        Without their ends.

    Yields
    ------
    str
        The answers, in the lines' order.

    Raises
    ------
    UserError
        If the program cannot be run, or ends before it has answered all.
    """
    with tempfile.TemporaryFile("w+") as questions, tempfile.TemporaryFile("w+") as errors:
        questions.writelines(f"{line}\n" for line in lines)
        questions.seek(0)
        try:
            process = subprocess.Popen(
                command, stdin=questions, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        except OSError as error:
            raise UserError(f"cannot run {command[0]}: {error.strerror}") from None
        count = 0
        try:
            for answer in tqdm(process.stdout, desc=name, total=len(lines), mininterval=5):
                count += 1
                yield answer
        finally:
            process.stdout.close()
            if count < len(lines):
                process.terminate()
            code = process.wait()
        if code or count < len(lines):
            errors.seek(0)
            last = (errors.read().strip() or "it says nothing").splitlines()[-1]
            raise UserError(f"{name} does not run under {command[0]}: {last}")
