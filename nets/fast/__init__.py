"""What the networks compile to when oneDNN is there: fused blocks instead of single Ops."""

from nets.fast.rewrite import get_output, get_scan
from nets.fast.shrink import shrink

__all__ = ["get_output", "get_scan", "shrink"]
