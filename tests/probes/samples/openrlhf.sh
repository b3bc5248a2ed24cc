# OpenRLHF's preference training (written for these tests)
deepspeed --module openrlhf.cli.train_dpo --pretrain Qwen/Qwen3-8B --bf16 --max_len 8192 --zero_stage 3 \
   --learning_rate 5e-7 --beta 0.1 --adam_offload --gradient_checkpointing
