"""What makes the runs of CLIP quick: few and large patches are covered."""

QUICK = {"clip/occlude": {"patch": 40, "stride": 32}}
