import pytest

from experiments.bench import machine

CPUINFO = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 17
model name\t: AMD EPYC 9R14 96-Core Processor
flags\t\t: fpu avx2 avx512f avx512_bf16 avx512_vnni
"""


@pytest.fixture
def cores(tmp_path):
    """The caches of a core as Linux tells them."""
    for index, (level, kind, size) in enumerate(
        [(1, "Data", "32K"), (1, "Instruction", "32K"), (2, "Unified", "1024K")]
    ):
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        for name, value in [("level", level), ("type", kind), ("size", size)]:
            (folder / name).write_text(f"{value}\n")
    return tmp_path


def test_a_machine_is_told_by_processor_caches_and_instructions(cores, monkeypatch):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    told, name = machine.describe(CPUINFO, cores)
    assert told["processor"] == "AMD EPYC 9R14 96-Core Processor (family 25, model 17)"
    assert told["caches"] == "L1d 32K, L2 1024K"
    assert told["instruction sets"] == "avx2, avx512f, avx512_vnni, avx512_bf16"
    assert name == "amd-epyc-9r14-96-core-processor-25-17"
    assert "limited to" not in told


def test_a_limited_processor_is_another_machine(cores, monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    told, name = machine.describe(CPUINFO, cores)
    assert told["limited to"] == "ONEDNN_MAX_CPU_ISA=AVX2"
    assert name.endswith("-17-avx2")


def test_a_machine_that_tells_nothing_has_a_name_all_the_same(tmp_path):
    told, name = machine.describe("", tmp_path)
    assert told["caches"] == told["instruction sets"] == "unknown"
    assert name


def test_busy_time_by_hand(monkeypatch):
    monkeypatch.setattr(machine.os, "sysconf", lambda name: 100)
    # user nice system idle iowait irq softirq steal
    stat = "cpu  100 200 300 4000 500 10 20 70 0 0\ncpu0 1 2\n"
    assert machine.busy_time(stat) == (7.0, 52.0)
    assert machine.busy_time("") == (0.0, 0.0)


def test_others_are_what_neither_idle_nor_own_explains(monkeypatch):
    times, mine = iter([(10.0, 100.0), (30.0, 140.0)]), iter([5.0, 9.0])
    monkeypatch.setattr(machine, "busy_time", lambda: next(times))
    monkeypatch.setattr(machine, "own_time", lambda: next(mine))
    with machine.Load() as load:
        pass
    assert load.others == pytest.approx(16 / 40)


def test_on_a_quiet_machine_there_are_few_others(monkeypatch):
    times, mine = iter([(0.0, 0.0), (20.0, 40.0)]), iter([0.0, 19.0])
    monkeypatch.setattr(machine, "busy_time", lambda: next(times))
    monkeypatch.setattr(machine, "own_time", lambda: next(mine))
    with machine.Load() as load:
        pass
    assert load.others == pytest.approx(1 / 40)
