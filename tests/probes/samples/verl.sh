set -x
# verl's GRPO (written for these tests)
python3 -m verl.trainer.main_ppo \
    algorithm.adv_estimator=grpo \
    data.train_batch_size=1024 data.max_prompt_length=512 data.max_response_length=1024 \
    actor_rollout_ref.model.path=Qwen/Qwen3-8B \
    actor_rollout_ref.actor.optim.lr=1e-6 \
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=32 \
    actor_rollout_ref.model.use_remove_padding=True \
    +actor_rollout_ref.actor.fsdp_config.model_dtype=bfloat16 \
    'trainer.logger=["console","wandb"]' \
    trainer.n_gpus_per_node=8 trainer.nnodes=2 "$@"
