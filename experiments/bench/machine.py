"""Which machine a measurement saw: processor, caches, instruction sets, and whether it was busy."""

import os
import platform
import re
from pathlib import Path

from common.cli import UserError

# Instruction sets that decide which kernels run, by their names in /proc/cpuinfo.
TOLD = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
# Part of the machine's processor time, beside what is measured, from which on it is disturbed.
DISTURBED = 0.1
CPUINFO, CPU = Path("/proc/cpuinfo"), Path("/sys/devices/system/cpu/cpu0/cache")


def read(path):
    """Text of a small file, '' where there is none."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def field(text, name):
    """The first value of a field of /proc/cpuinfo, '' without one."""
    found = re.search(rf"^{re.escape(name)}\s*:\s*(.*)$", text, re.M)
    return found[1].strip() if found else ""


def caches(folder=CPU):
    """Sizes of the first core's caches, such as ``{"L1d": "48K", "L2": "1024K"}``."""
    sizes = {}
    for index in sorted(Path(folder).glob("index*")):
        kind, level = read(index / "type").strip(), read(index / "level").strip()
        if kind != "Instruction":
            sizes[f"L{level}{'d' if kind == 'Data' else ''}"] = read(index / "size").strip()
    return sizes


def describe(cpuinfo=None, folder=CPU):
    """The machine as (name, value) pairs of text, and a name for files.

    Parameters
    ----------
    cpuinfo : str, optional
        In place of /proc/cpuinfo.
    folder : path-like
        Where the first core's caches are told.

    Returns
    -------
    (dict of str to str, str)
        The name is of letters, digits and hyphens: processor, family and model.
    """
    cpuinfo = read(CPUINFO) if cpuinfo is None else cpuinfo
    model = field(cpuinfo, "model name") or platform.processor() or platform.machine()
    family, number = field(cpuinfo, "cpu family"), field(cpuinfo, "model")
    flags = field(cpuinfo, "flags").split()
    sizes = caches(folder)
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "")
    told = {
        "processor": model + (f" (family {family}, model {number})" if family else ""),
        "cores": str(usable_cores()),
        "caches": ", ".join(f"{name} {size}" for name, size in sizes.items()) or "unknown",
        "instruction sets": ", ".join(name for name in TOLD if name in flags) or "unknown",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }
    if limit:
        told["limited to"] = f"ONEDNN_MAX_CPU_ISA={limit}"
    text = f"{model} {family} {number} {limit}"
    return told, re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def usable_cores():
    """Cores that this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count()


class Load:
    """How busy others kept the machine while something was measured; a context manager.

    Attributes
    ----------
    others : float
        Part of all cores' time that neither this process nor its children took and that was not
        idle, from 0 to 1; time that the machine's host took away counts, too. 0 where the system
        does not tell.
    """

    def __enter__(self):
        self._busy, self._all, self._mine = *busy_time(), own_time()
        return self

    def __exit__(self, *error):
        busy, every = busy_time()
        if every > self._all:
            mine = own_time() - self._mine
            self.others = max(0.0, (busy - self._busy - mine) / (every - self._all))
        else:
            self.others = 0.0


def busy_time(stat=None):
    """(busy, all) seconds of all cores since the start, (0, 0) where the system does not tell."""
    fields = (read("/proc/stat") if stat is None else stat).split("\n")[0].split()[1:9]
    if len(fields) < 8:
        return 0.0, 0.0
    ticks = [int(value) for value in fields]
    idle = ticks[3] + ticks[4]
    second = os.sysconf("SC_CLK_TCK")
    return (sum(ticks) - idle) / second, sum(ticks) / second


def own_time():
    """Processor seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


def bfloat16_or_error():
    """Raise a `UserError` where nothing can be measured in bfloat16."""
    from nets.fast import has_bfloat16

    if not has_bfloat16():
        raise UserError(
            "this processor (or ONEDNN_MAX_CPU_ISA) has no bfloat16: nothing to compare"
        )
