"""The faults that the lab can make, by id: one module each."""

from __future__ import annotations

from probes.lab.fault import Fault
from probes.lab.faults import (
    adam_epsilon,
    batch_of_one,
    bf16_weights,
    empty_answers,
    equal_rewards,
    exploding_gradients,
    flipped_bit,
    flipped_weight,
    fp16_drift,
    fp16_from_start,
    fp16_rare_batch,
    fp16_scale_exhausted,
    fresh_layer,
    frozen_inputs,
    fully_masked_rows,
    fused_in_float16,
    huge_new_tokens,
    inf_weight,
    kernel_without_maximum,
    labels_all_masked,
    lora_alpha,
    lr_too_high,
    lr_too_high_float16,
    masked_mean,
    nan_weight,
    no_warmup,
    passing_spike,
    peer_copies,
    qlora_float16,
    scaled_fp16_weights,
    sgd_momentum,
    sgd_on_a_transformer,
    shifted_zero,
    softmax_in_float16,
    static_scale_high,
    static_scale_low,
    summed_loss,
    trivial_targets,
    truncated_answers,
    zero2_garbage,
    zero2_stale,
    zero2_sum,
)

MODULES = (
    adam_epsilon, batch_of_one, bf16_weights, empty_answers, equal_rewards, exploding_gradients, flipped_bit,
    flipped_weight, fp16_drift, fp16_from_start, fp16_rare_batch, fp16_scale_exhausted, fresh_layer,
    frozen_inputs, fully_masked_rows, fused_in_float16, huge_new_tokens, inf_weight, kernel_without_maximum,
    labels_all_masked, lora_alpha, lr_too_high, lr_too_high_float16, masked_mean, nan_weight, no_warmup,
    passing_spike, peer_copies, qlora_float16, scaled_fp16_weights, sgd_momentum, sgd_on_a_transformer,
    shifted_zero, softmax_in_float16, static_scale_high, static_scale_low, summed_loss, trivial_targets,
    truncated_answers, zero2_garbage, zero2_stale, zero2_sum,
)  # fmt: skip
FAULTS: dict[str, Fault] = {
    module.__name__.rpartition(".")[2].replace("_", "-"): module.FAULT for module in MODULES
}
