import pytest

from probes.logs import messages


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("WARNING: tokenization mismatch: 385 vs. 399. (ignored)", "tokenization-mismatch"),
        (
            "RuntimeError: probability tensor contains either `inf`, `nan` or element < 0",
            "probability-tensor",
        ),
        (
            "Exception: Current loss scale already at minimum - cannot decrease scale anymore.",
            "loss-scale-minimum",
        ),
        ("FloatingPointError: Minimum loss scale reached (0.0001).", "loss-scale-minimum"),
        ("RuntimeError: CUDA error: uncorrectable ECC error encountered", "ecc-error"),
        ("[ 123.456] NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus", "xid"),
        ("CUDA error: an illegal memory access was encountered", "cuda-illegal-access"),
        ("RuntimeError: CUDA error: device-side assert triggered", "device-assert"),
        ("ValueError: Attempting to unscale FP16 gradients.", "fp16-unscale"),
        ("UserWarning: None of the inputs have requires_grad=True. Gradients will be None", "no-grad"),
        ("Some weights of X were not initialized from the model checkpoint at y", "newly-initialized"),
        ("Unsloth: Most labels in your dataset are -100. Training losses will be all 0.", "labels-masked"),
        ("Warning:  apex was installed without --cpp_ext.  Falling back to Python", "incomplete-build"),
        (
            "Some weights of LlamaForCausalLM were not initialized from the model checkpoint at ./base and "
            "are newly initialized: ['lm_head.weight']",
            "missing-weights",
        ),
        (
            "Some weights of LlamaForSequenceClassification were not initialized from the model checkpoint "
            "at ./base and are newly initialized: ['score.weight']",
            "newly-initialized",
        ),
        (
            "Token indices sequence length is longer than the specified maximum (531 > 512)",
            "sequence-too-long",
        ),
        ("{'loss': 1.2}", None),
    ],
)
def test_messages_of_the_libraries(text, value):
    assert messages.find(text) == value
