import pathlib

import hypothesis
import pytest
import yaml
from hypothesis import strategies

from probes.files import environment
from probes.packages import PACKAGES

VOCABULARY = yaml.safe_load((pathlib.Path(__file__).parents[3] / "kb" / "facts.yaml").read_text("utf-8"))

PIP_LIST = """\
Package                  Version
------------------------ -----------
accelerate               0.34.2
bitsandbytes             0.43.3
bitsandbytes-cuda113     0.30.1
flash-attn               2.6.3
torch                    2.4.0+cu121
torchvision              0.19.0
transformers-stream-generator 0.0.5
"""
PIP_FREEZE = """\
deepspeed==0.14.4
-e git+https://github.com/InternLM/xtuner.git@81c0a1f#egg=xtuner
flash_attn==2.5.8
transformers>=4.36
torch @ file:///tmp/wheels/torch-2.3.0-cp310.whl
trl==0.9.6
"""
CONDA_LIST = """\
# packages in environment at /home/anna/miniconda3/envs/tune:
#
# Name                    Version                   Build  Channel
python                    3.10.14              h955ad1f_1
pytorch                   2.1.0           py3.10_cuda11.8_cudnn8.7.0_0    pytorch
pytorch-cuda              11.8                 h7e8668a_5    pytorch
peft                      0.11.1                   pypi_0    pypi
"""
NVIDIA_SMI = """\
+---------------------------------------------------------------------------------------+
| NVIDIA-SMI 535.129.03             Driver Version: 535.129.03   CUDA Version: 12.2     |
|-----------------------------------------+----------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id        Disp.A | Volatile Uncorr. ECC |
|   0  Tesla V100-SXM2-32GB           On  | 00000000:00:08.0 Off |                    0 |
|   1  Tesla V100-SXM2-32GB           On  | 00000000:00:09.0 Off |                    0 |
| N/A   41C    P0              43W / 300W |      0MiB / 32768MiB |      0%      Default |
+-----------------------------------------+----------------------+----------------------+
| Processes:                                                                            |
|    0   N/A  N/A      2109      C   python                                      307MiB |
"""
DS_REPORT = """\
--------------------------------------------------
DeepSpeed C++/CUDA extension op report
--------------------------------------------------
ninja .................. [OKAY]
--------------------------------------------------
DeepSpeed general environment info:
torch install path ............... ['/usr/lib/python3/dist-packages/torch']
torch version .................... 2.5.1+cu124
deepspeed info ................... 0.15.4, unknown, unknown
torch cuda version ............... 12.4
nvcc version ..................... 12.1
deepspeed wheel compiled w. ...... torch 2.4, cuda 12.1
"""
COLLECT_ENV = """\
Collecting environment information...
PyTorch version: 2.2.1
CUDA used to build PyTorch: 12.1
OS: Ubuntu 22.04.3 LTS (x86_64)
Python version: 3.11.8 (main, Feb 26 2024, 21:39:34) [GCC 11.2.0] (64-bit runtime)
CUDA runtime version: 11.8.89
GPU models and configuration:
GPU 0: NVIDIA GeForce RTX 4090
GPU 1: NVIDIA GeForce RTX 4090
Nvidia driver version: 550.54.14
[pip3] triton==2.2.0
[conda] torch 2.0.0 pypi_0 pypi
"""
MMENGINE = """\
System environment:
    sys.platform: linux
    Python: 3.10.13 (main, Sep 11 2023, 13:44:35) [GCC 11.2.0]
    GPU 0,1,2,3,4,5,6,7: NVIDIA A100-SXM4-80GB
    CUDA_HOME: /usr/local/cuda
    NVCC: Cuda compilation tools, release 11.8, V11.8.89
    PyTorch: 2.1.2
    MMEngine: 0.10.3
"""
TRANSFORMERS_ENV = """\
Copy-and-paste the text below in your GitHub issue and FILL OUT the two last points.

- `transformers` version: 4.46.0
- Platform: Linux-5.15.0-91-generic-x86_64-with-glibc2.35
- Python version: 3.10.12
- Accelerate version: 1.0.1
- Accelerate config: \t- mixed_precision: bf16
- PyTorch version (GPU?): 2.5.0+cu124 (True)
- GPU type: NVIDIA H20
"""
LLAMAFACTORY_ENV = """\
- `llamafactory` version: 0.9.3.dev0
- PyTorch version: 2.6.0+cu124 (GPU)
- Transformers version: 4.52.0.dev0
- GPU type: NVIDIA A800-SXM4-80GB
- GPU number: 8
- GPU memory: 79.35GB
- DeepSpeed version: 0.16.6
"""
LOOSE = """\
python3.10 cuda11.7 torch2.1.2
transformers 4.49.0
Bits and Bytes : 0.40.2
GPU: 8 x NVIDIA A100-SXM4-40GB
"""
NPU_SMI = """\
| npu-smi 23.0.rc2                 Version: 23.0.rc2                                             |
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| 0     910B3               | OK            | 92.1        36                0    / 0             |
| 1     910B3               | OK            | 91.0        37                0    / 0             |
"""

SAID = {
    "pip list": (PIP_LIST, {
        "version.accelerate": "0.34.2",
        "version.bitsandbytes": "0.43.3",
        "version.flash-attn": "2.6.3",
        "version.torch": "2.4.0+cu121",
        "machine.cuda": "12.1",
    }),
    "pip freeze": (PIP_FREEZE, {
        "version.deepspeed": "0.14.4",
        "version.flash-attn": "2.5.8",
        "version.trl": "0.9.6",
    }),
    "conda list": (CONDA_LIST, {
        "machine.python": "3.10.14",
        "version.torch": "2.1.0",
        "version.peft": "0.11.1",
    }),
    "nvidia-smi": (NVIDIA_SMI, {
        "machine.driver": "535.129.03",
        "machine.cuda": "12.2",
        "gpu.name": "Tesla V100-SXM2-32GB",
        "gpu.bf16": False,
        "gpu.capability": "7.0",
        "gpu.memory_gib": 32.0,
        "gpu.count": 2,
    }),
    "ds_report": (DS_REPORT, {
        "version.torch": "2.5.1+cu124",
        "machine.cuda": "12.4",
        "version.deepspeed": "0.15.4",
    }),
    "collect_env": (COLLECT_ENV, {
        "version.torch": "2.2.1",
        "machine.cuda": "12.1",
        "machine.platform": "Ubuntu 22.04.3 LTS (x86_64)",
        "machine.python": "3.11.8",
        "gpu.name": "NVIDIA GeForce RTX 4090",
        "gpu.bf16": True,
        "gpu.capability": "8.9",
        "machine.driver": "550.54.14",
        "version.triton": "2.2.0",
        "gpu.count": 2,
    }),
    "mmengine": (MMENGINE, {
        "machine.platform": "linux",
        "machine.python": "3.10.13",
        "gpu.name": "NVIDIA A100-SXM4-80GB",
        "gpu.bf16": True,
        "gpu.capability": "8.0",
        "gpu.count": 8,
        "gpu.memory_gib": 80.0,
        "machine.cuda": "11.8",
        "version.torch": "2.1.2",
        "version.mmengine": "0.10.3",
    }),
    "transformers-cli env": (TRANSFORMERS_ENV, {
        "version.transformers": "4.46.0",
        "machine.platform": "Linux-5.15.0-91-generic-x86_64-with-glibc2.35",
        "machine.python": "3.10.12",
        "version.accelerate": "1.0.1",
        "precision.compute": "bfloat16",
        "version.torch": "2.5.0+cu124",
        "machine.cuda": "12.4",
        "gpu.name": "NVIDIA H20",
        "gpu.bf16": True,
        "gpu.capability": "9.0",
    }),
    "llamafactory-cli env": (LLAMAFACTORY_ENV, {
        "version.llamafactory": "0.9.3.dev0",
        "version.torch": "2.6.0+cu124",
        "machine.cuda": "12.4",
        "version.transformers": "4.52.0.dev0",
        "run.library_development": True,
        "gpu.name": "NVIDIA A800-SXM4-80GB",
        "gpu.bf16": True,
        "gpu.capability": "8.0",
        "gpu.memory_gib": 80.0,
        "gpu.count": 8,
        "version.deepspeed": "0.16.6",
    }),
    "a loose list": (LOOSE, {
        "version.torch": "2.1.2",
        "machine.cuda": "11.7",
        "machine.python": "3.10",
        "version.transformers": "4.49.0",
        "version.bitsandbytes": "0.40.2",
        "gpu.name": "NVIDIA A100-SXM4-40GB",
        "gpu.bf16": True,
        "gpu.capability": "8.0",
        "gpu.count": 8,
        "gpu.memory_gib": 40.0,
    }),
    "npu-smi": (NPU_SMI, {"gpu.name": "910B3", "gpu.bf16": True, "gpu.count": 2}),
}  # fmt: skip

# Forms as their tools print them: transformers' src/transformers/commands/env.py; npu-smi in issues 5588 of
# vllm-project/vllm-ascend and 47 of Project-HAMi/HAMi-WebUI; rocm-smi in pull 3978 of
# easybuilders/easybuild-framework; amd-smi in pull 2987 of ROCm/rocm-systems; nvidia-smi -q in issue 312 of
# bigstack-oss/cubecos.
MORE = {
    'nvidia-smi -q': ("""\
==============NVSMI LOG==============

Timestamp                                 : Wed Jan 14 15:17:09 2026
Driver Version                            : 580.105.06
CUDA Version                              : 13.0

Attached GPUs                             : 2
GPU 00000000:42:00.0
    Product Name                          : NVIDIA A100-SXM4-80GB
    Product Brand                         : NVIDIA
    Product Architecture                  : Ampere
    Serial Number                         : 1320921012345
    GPU UUID                              : GPU-12345678-1234-1234-1234-123456789abc
    FB Memory Usage
        Total                             : 81920 MiB
        Reserved                          : 634 MiB
    BAR1 Memory Usage
        Total                             : 131072 MiB
""", {
        'machine.driver': '580.105.06',
        'machine.cuda': '13.0',
        'gpu.count': 2,
        'gpu.name': 'NVIDIA A100-SXM4-80GB',
        'gpu.bf16': True,
        'gpu.capability': '8.0',
        'gpu.memory_gib': 80.0,
    }),
    'nvidia-smi topo -m': ("""\
	GPU0	GPU1	GPU2	GPU3	NIC0	CPU Affinity	NUMA Affinity	GPU NUMA ID
GPU0	 X 	NV12	NV12	NV12	PXB	0-31	0		N/A
GPU1	NV12	 X 	NV12	NV12	PXB	0-31	0		N/A
GPU2	NV12	NV12	 X 	NV12	SYS	32-63	1		N/A
GPU3	NV12	NV12	NV12	 X 	SYS	32-63	1		N/A
NIC0	PXB	PXB	SYS	SYS	 X
""", {
        'gpu.count': 4,
    }),
    'nvcc --version': ("""\
nvcc: NVIDIA (R) Cuda compiler driver
Copyright (c) 2005-2022 NVIDIA Corporation
Built on Wed_Sep_21_10:33:58_PDT_2022
Cuda compilation tools, release 11.8, V11.8.89
Build cuda_11.8.r11.8/compiler.31833905_0
""", {
        'machine.cuda': '11.8',
    }),
    'transformers env': ("""\
Copy-and-paste the text below in your GitHub issue and FILL OUT the two last points.

- `transformers` version: 5.0.0
- Platform: Linux-5.15.0-91-generic-x86_64-with-glibc2.35
- Python version: 3.11.9
- Huggingface_hub version: 1.0.1
- Safetensors version: 0.5.2
- Accelerate version: 1.12.0
- Accelerate config: 	- compute_environment: LOCAL_MACHINE
	- distributed_type: DEEPSPEED
	- mixed_precision: fp16
	- num_processes: 8
- DeepSpeed version: 0.16.4
- PyTorch version (accelerator?): 2.7.1+cu126 (CUDA)
- Using distributed or parallel set-up in script?: <fill in>
- Using GPU in script?: <fill in>
- GPU type: NVIDIA H100 80GB HBM3
""", {
        'version.transformers': '5.0.0',
        'machine.platform': 'Linux-5.15.0-91-generic-x86_64-with-glibc2.35',
        'machine.python': '3.11.9',
        'version.accelerate': '1.12.0',
        'precision.compute': 'float16',
        'version.deepspeed': '0.16.4',
        'version.torch': '2.7.1+cu126',
        'machine.cuda': '12.6',
        'gpu.name': 'NVIDIA H100 80GB HBM3',
        'gpu.bf16': True,
        'gpu.capability': '9.0',
        'gpu.memory_gib': 80.0,
    }),
    'transformers env on an Ascend': ("""\
- `transformers` version: 4.52.4
- PyTorch version (accelerator?): 2.5.1 (NPU)
- NPU type: Ascend910B3
- CANN version: 8.1.RC1
""", {
        'version.transformers': '4.52.4',
        'version.torch': '2.5.1',
        'gpu.name': 'Ascend910B3',
        'gpu.bf16': True,
    }),
    'npu-smi info': ("""\
| npu-smi 25.2.0                   Version: 25.2.0                                               |
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| Chip  Phy-ID              | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |
| 0     910B4-1             | OK            | 91.3        33                0    / 0             |
| 0                         | 0000:C1:00.0  | 0           0    / 0          3197 / 65536         |
| 1     910B4-1             | OK            | 88.1        32                0    / 0             |
| 0                         | 0000:C2:00.0  | 0           0    / 0          3197 / 65536         |
""", {
        'gpu.name': '910B4-1',
        'gpu.bf16': True,
        'gpu.memory_gib': 64.0,
        'gpu.count': 2,
    }),
    'npu-smi info of a 910C': ("""\
| npu-smi 25.3.rc1                 Version: 25.3.rc1                                             |
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| 0     Ascend910           | OK            | 163.6       30                0    / 0             |
| 0     0                   | 0000:9D:00.0  | 0           0    / 0          3180 / 65536         |
| 0     Ascend910           | OK            | -           30                0    / 0             |
| 1     1                   | 0000:9F:00.0  | 0           0    / 0          2896 / 65536         |
""", {
        'gpu.name': 'Ascend910',
        'gpu.memory_gib': 64.0,
        'gpu.count': 2,
    }),
    'rocm-smi': ("""\
======================= ROCm System Management Interface =======================
================================= Product Info =================================
GPU[0]		: Card series: 		AMD Instinct MI250X
GPU[0]		: Card model: 		0x0b0c
GPU[0]		: Card vendor: 		Advanced Micro Devices, Inc. [AMD/ATI]
GPU[0]		: Card SKU: 		D65201
GPU[1]		: Card series: 		AMD Instinct MI250X
GPU[1]		: Card model: 		0x0b0c
================================================================================
""", {
        'gpu.name': 'AMD Instinct MI250X',
        'gpu.bf16': True,
        'gpu.count': 2,
    }),
    'amd-smi': ("""\
GPU: 0
    ASIC:
        MARKET_NAME: AMD Instinct MI350X
        VENDOR_ID: 0x1002
    DRIVER:
        NAME: amdgpu
        VERSION: 6.18.3
GPU: 1
    ASIC:
        MARKET_NAME: AMD Instinct MI350X
""", {
        'gpu.name': 'AMD Instinct MI350X',
        'gpu.bf16': True,
        'gpu.count': 2,
    }),
    'rocm-smi --csv': ("""\
device,Card series,Card model,Card vendor,Card SKU
card0,Arcturus GL-XL [AMD Instinct MI100],0x0c34,Advanced Micro Devices Inc. [AMD/ATI],D34316
card1,Arcturus GL-XL [AMD Instinct MI100],0x0c34,Advanced Micro Devices Inc. [AMD/ATI],D34316
""", {
        'gpu.name': 'Arcturus GL-XL [AMD Instinct MI100]',
        'gpu.bf16': True,
        'gpu.count': 2,
    }),
    'pip show': ("""\
Name: transformers
Version: 4.44.2
Summary: State-of-the-art Machine Learning for JAX, PyTorch and TensorFlow
Home-page: https://github.com/huggingface/transformers
Author: The Hugging Face team
Location: /home/anna/lib/python3.10/site-packages
Requires: filelock, huggingface-hub, numpy
---
Name: torch
Version: 2.3.1+cu121
""", {
        'version.transformers': '4.44.2',
        'version.torch': '2.3.1+cu121',
        'machine.cuda': '12.1',
    }),
    'conda env export': ("""\
name: tune
channels:
  - pytorch
  - defaults
dependencies:
  - python=3.10.14=h955ad1f_1
  - pytorch=2.1.0=py3.10_cuda11.8_cudnn8.7.0_0
  - pytorch-cuda=11.8=h7e8668a_5
  - pip:
      - transformers==4.36.2
      - deepspeed==0.12.6
      - flash-attn==2.3.6
""", {
        'machine.python': '3.10.14',
        'version.torch': '2.1.0',
        'version.transformers': '4.36.2',
        'version.deepspeed': '0.12.6',
        'version.flash-attn': '2.3.6',
    }),
    'uv lock': ("""\
version = 1
requires-python = ">=3.10"

[[package]]
name = "accelerate"
version = "1.2.1"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "torch"
version = "2.5.1+cu124"
""", {
        'version.accelerate': '1.2.1',
        'version.torch': '2.5.1+cu124',
        'machine.cuda': '12.4',
    }),
    "unsloth's banner": ("""\
==((====))==  Unsloth 2025.8.1: Fast Qwen3 patching. Transformers: 4.55.0.
   \\\\   /|    Tesla T4. Num GPUs = 1. Max memory: 14.741 GB. Platform: Linux.
O^O/ \\_/ \\    Torch: 2.6.0+cu124. CUDA: 7.5. CUDA Toolkit: 12.4. Triton: 3.2.0
\\        /    Bfloat16 = FALSE. FA [Xformers = 0.0.29.post3. FA2 = False]
""", {
        'version.unsloth': '2025.8.1',
        'version.transformers': '4.55.0',
        'gpu.name': 'Tesla T4',
        'gpu.bf16': False,
        'gpu.capability': '7.5',
        'gpu.count': 1,
        'gpu.memory_gib': 14.741,
        'version.torch': '2.6.0+cu124',
        'machine.cuda': '12.4',
        'version.triton': '3.2.0',
        'version.xformers': '0.0.29.post3',
    }),
    "axolotl's banner": ("""\
****************************************
**** Axolotl Dependency Versions *****
  accelerate: 1.0.1
        peft: 0.13.2
transformers: 4.46.1
         trl: 0.12.0
       torch: 2.5.1+cu124
bitsandbytes: 0.44.1
****************************************
""", {
        'version.accelerate': '1.0.1',
        'version.peft': '0.13.2',
        'version.transformers': '4.46.1',
        'version.trl': '0.12.0',
        'version.torch': '2.5.1+cu124',
        'machine.cuda': '12.4',
        'version.bitsandbytes': '0.44.1',
    }),
    'torch collect_env': ("""\
PyTorch version: 2.3.0a0+ebedce2
Is debug build: False
CUDA used to build PyTorch: 12.3
ROCM used to build PyTorch: N/A

OS: Ubuntu 22.04.3 LTS (x86_64)
GCC version: (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0
Python version: 3.10.12 (main, Nov 20 2023, 15:14:05) [GCC 11.4.0] (64-bit runtime)
Python platform: Linux-5.15.0-91-generic-x86_64-with-glibc2.35
Is CUDA available: True
CUDA runtime version: 12.3.107
CUDA_MODULE_LOADING set to: LAZY
GPU models and configuration:
GPU 0: NVIDIA H100 80GB HBM3
GPU 1: NVIDIA H100 80GB HBM3
  MIG 1g.10gb     Device  0:
Nvidia driver version: 535.129.03
cuDNN version: Probably one of the following:
/usr/lib/x86_64-linux-gnu/libcudnn.so.8.9.7
CPU:
Model name:                      Intel(R) Xeon(R) Platinum 8480+
Versions of relevant libraries:
[pip3] flash-attn==2.4.2
[pip3] transformer-engine==1.2.1+bf98827
[conda] Could not collect
""", {
        'version.torch': '2.3.0a0+ebedce2',
        'machine.cuda': '12.3',
        'machine.platform': 'Ubuntu 22.04.3 LTS (x86_64)',
        'machine.python': '3.10.12',
        'gpu.name': 'NVIDIA H100 80GB HBM3',
        'gpu.bf16': True,
        'gpu.capability': '9.0',
        'gpu.memory_gib': 80.0,
        'machine.driver': '535.129.03',
        'version.flash-attn': '2.4.2',
        'version.transformer-engine': '1.2.1+bf98827',
        'gpu.count': 2,
    }),
}  # fmt: skip
SAID |= MORE


@pytest.mark.parametrize(("text", "said"), SAID.values(), ids=SAID)
def test_a_dump_says_versions_and_hardware(text, said):
    assert environment.read(text, "env.txt").values() == said


@pytest.mark.parametrize("text", [text for text, _ in SAID.values()], ids=SAID)
def test_a_dump_is_recognised(text):
    assert environment.looks_like_environment(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "My loss is NaN with transformers 4.49.0 and torch 2.1.0. What can I do?",
        "训练时 loss 变成 nan，transformers 版本 4.49.0",
        "{'loss': 0.0, 'learning_rate': 2e-05, 'epoch': 0.1}\n",
        "learning_rate: 2.0e-5\nbf16: true\nfinetuning_type: lora\n",
        "NaN when fine-tuning Qwen3 (1 GPU, the notebook of the documentation)",
    ],
)
def test_what_speaks_of_a_run_is_no_dump(text):
    assert not environment.looks_like_environment(text)


def test_a_fact_names_its_line_and_says_when_it_follows_from_a_name():
    sources = {fact.id: fact.source for fact in environment.read(LOOSE, "env.txt").facts}

    assert sources["version.transformers"] == "env.txt:2"
    assert sources["gpu.bf16"] == "env.txt:4, from the name"


def test_every_fact_is_in_the_vocabulary():
    said = {f"version.{package}" for package in PACKAGES}
    said |= {fact.id for text, _ in SAID.values() for fact in environment.read(text, "env.txt").facts}

    assert said - set(VOCABULARY) == set()


@hypothesis.given(strategies.text(max_size=400))
def test_any_text_is_read_without_an_error(text):
    environment.looks_like_environment(text)
    environment.read(text, "any")


@pytest.mark.parametrize(
    "unit",
    [
        "torch ",
        "torch.",
        "1.",
        "GPU 0,",
        "8 x A",
        "| 0 ",
        "cuda ",
        "\"'`",
        " ",
        "torch version: ",
        "-",
        "a" * 50,
    ],
)
def test_no_text_takes_minutes(unit):  # as it would if a pattern were quadratic: pytest-timeout ends it
    text = unit * (100_000 // len(unit))

    environment.looks_like_environment(text)
    environment.read(text, "long")
    environment.read(text.replace(" ", "\n"), "long")


def test_a_package_named_with_two_versions_has_changed():
    text = "deepspeed==0.15.4 (the checkpoint is of deepspeed==0.14.4)\n"

    assert environment.read(text, "env.txt").values() == {
        "run.last_change": "libraries",
        "version.deepspeed": "0.15.4",
    }


def test_a_report_that_names_versions_is_no_dump():
    said = (
        "Gradients are 0 with unsloth 2024.11.6\n\n"
        "It came after updating to unsloth==2024.11.6: the weights are not updated.\n"
    )

    assert not environment.looks_like_environment(said)


def test_a_development_version_says_so_but_for_what_all_install_from_its_main_branch():
    assert environment.read("accelerate==0.22.0.dev0", "env").values()["run.library_development"] is True
    assert "run.library_development" not in environment.read("llamafactory==0.9.3.dev0", "env").values()
