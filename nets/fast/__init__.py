"""What the networks compile to when oneDNN is there: fused blocks instead of single Ops."""

from nets.fast.rewrite import get_output

__all__ = ["get_output"]
