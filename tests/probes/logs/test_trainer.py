import math

from probes.logs import trainer
from probes.logs.point import Point


def points(*texts):
    point = trainer.reader()
    return [found for line, text in enumerate(texts, 1) if (found := point(text, line))]


def test_a_dict_line():
    text = "{'loss': 1.8250, 'grad_norm': 0.9, 'learning_rate': 2e-05, 'epoch': 0.1}"

    assert points(text) == [Point(loss=1.825, grad_norm=0.9, learning_rate=2e-05, epoch=0.1, line=1)]


def test_numbers_printed_as_strings():
    text = "{'loss': '1.825', 'grad_norm': '0.9', 'learning_rate': '0', 'epoch': '0.1'}"

    assert points(text) == [Point(loss=1.825, grad_norm=0.9, learning_rate=0.0, epoch=0.1, line=1)]


def test_nan_in_the_loss_and_in_the_gradient_norm():
    (found,) = points("{'loss': nan, 'grad_norm': nan, 'learning_rate': 2e-05, 'epoch': 0.2}")

    assert math.isnan(found.loss)
    assert math.isnan(found.grad_norm)


def test_the_step_is_the_bars():
    found = points(
        "  1%|          | 10/1000 [00:25<41:15,  2.50s/it]",
        "{'loss': 1.9, 'epoch': 0.01}",
        "  2%|▏         | 20/1000 [00:50<40:50,  2.50s/it]{'loss': 1.8, 'epoch': 0.02}",
    )

    assert found == [
        Point(step=10, loss=1.9, epoch=0.01, line=2),
        Point(step=20, loss=1.8, epoch=0.02, line=3),
    ]


def test_bars_of_evaluation_and_of_loading_are_not_the_trainings():
    found = points(
        "Loading checkpoint shards: 100%|██████████| 4/4 [00:07<00:00,  1.85s/it]",
        "  1%|          | 10/1000 [00:25<41:15,  2.50s/it]",
        "{'loss': 1.9}",
        " 50%|█████     | 8/16 [00:02<00:02,  4.00it/s]",
        "{'eval_loss': 1.7, 'eval_runtime': 4.1}",
        "  2%|▏         | 20/1000 [00:50<40:50,  2.50s/it]",
        "{'loss': 1.8}",
    )

    assert [(point.step, point.loss, point.eval_loss) for point in found] == [
        (10, 1.9, None),
        (None, None, 1.7),
        (20, 1.8, None),
    ]


def test_a_bar_that_was_not_drawn_anew_is_no_step():
    found = points("  1%|          | 10/1000 [00:25<41:15]", "{'loss': 1.9}", "{'loss': 1.8}")

    assert [point.step for point in found] == [10, None]


def test_ms_swift_prints_the_step_in_the_line():
    text = (
        "Train:   8%|▊         | 5/60 [04:14<46:25, 50.65s/it]{'loss': '0.6151', 'grad_norm': '0.6511', "
        "'token_acc': '0.8669', 'global_step/max_steps': '5/60', 'memory(GiB)': '14.34'}"
    )

    assert points(text) == [Point(step=5, loss=0.6151, grad_norm=0.6511, line=1)]


def test_rewards_are_kept_since_they_change_what_the_loss_means():
    assert points("{'loss': 0.0, 'grad_norm': 3.1, 'reward': -0.25, 'kl': 0.0002}") == [
        Point(loss=0.0, grad_norm=3.1, reward=-0.25, line=1)
    ]


def test_the_summary_at_the_end_is_no_point():
    assert points("{'train_runtime': 70.47, 'train_loss': 0.0, 'epoch': 1.0}") == []
