def test_a_launch_through_deepspeed(known):
    said, assumed = known("""\
compute_environment: LOCAL_MACHINE
distributed_type: DEEPSPEED
deepspeed_config:
  zero_stage: 2
  offload_optimizer_device: cpu
  offload_param_device: none
  gradient_clipping: 1.0
mixed_precision: fp16
num_processes: 8
""")
    assert said == {
        "deepspeed.enabled": True,
        "fsdp.enabled": False,
        "deepspeed.stage": 2,
        "deepspeed.offload": "optimizer",
        "optimizer.max_grad_norm": 1.0,
        "precision.compute": "float16",
        "gpu.count": 8,
    }
    assert assumed == {}


def test_no_mixed_precision_decides_nothing(known):
    said, _ = known("distributed_type: 'NO'\nmixed_precision: 'no'\nnum_processes: 1")
    assert said == {"deepspeed.enabled": False, "fsdp.enabled": False, "gpu.count": 1}
