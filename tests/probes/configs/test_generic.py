def test_keys_mean_the_same_everywhere(known):
    said, assumed = known("""\
training:
  precision: 16-mixed
  gradient_clip_val: 1.0
schedule:
  peak: {lr: 3.0e-4, name: cosine}
data:
  micro_batch_size: 4
  seq_length: 2048
""")
    assert said == {
        "precision.compute": "float16",
        "optimizer.max_grad_norm": 1.0,
        "optimizer.learning_rate": 3e-4,
        "batch.per_device": 4,
        "sequence.max_length": 2048,
    }
    assert assumed == {}


def test_bare_names_of_a_script(known):
    said, _ = known("block_size = 512\nbatch_size = 12\ngrad_clip = 0.0\nmax_lr = 6e-4\ndtype = 'float16'\n")
    assert said == {
        "sequence.max_length": 512,
        "batch.per_device": 12,
        "optimizer.max_grad_norm": "none",
        "optimizer.learning_rate": 6e-4,
        "precision.compute": "float16",
    }
