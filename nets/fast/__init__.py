"""What the networks compile to when oneDNN is there: fused blocks instead of single Ops."""

from nets.fast.fusion import in_precision  # its import registers the optimisation
from nets.fast.library import has_bfloat16
from nets.fast.scan import get_scan
from nets.fast.shrink import shrink

__all__ = ["get_scan", "has_bfloat16", "in_precision", "shrink"]
