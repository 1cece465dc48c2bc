"""What the networks compile to when oneDNN is there: fused blocks instead of single Ops."""

from nets.fast import fusion  # noqa: F401 - registers the optimisation
from nets.fast.scan import get_scan
from nets.fast.shrink import shrink

__all__ = ["get_scan", "shrink"]
