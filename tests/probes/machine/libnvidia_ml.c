/* A stand-in for libnvidia-ml.so.1, with the functions and layouts of nvml.h that the probe reaches through pynvml.

   $NVML_MACHINE chooses a machine: "healthy" (two H100 joined by NVLink), "worn" (four A100, the third of them
   worn and hot, a program on the first), "consumer" (two cards without ECC, counters or peer-to-peer),
   "broken" (the driver does not start). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct card *device_t;
struct card { unsigned index; };
static struct card cards[4] = {{0}, {1}, {2}, {3}};

enum { OK = 0, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9 };

static int machine_is(const char *name) { return !strcmp(getenv("NVML_MACHINE"), name); }
static int bad(device_t card) { return machine_is("worn") && card->index == 2; }
static int answer(unsigned *to, unsigned value) { *to = value; return OK; }

int nvmlInitWithFlags(unsigned flags) { return machine_is("broken") ? DRIVER_NOT_LOADED : OK; }
int nvmlShutdown(void) { return OK; }
const char *nvmlErrorString(int code) { return code == DRIVER_NOT_LOADED ? "Driver Not Loaded" : "Not Supported"; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { snprintf(text, size, "550.54.15"); return OK; }
int nvmlSystemGetCudaDriverVersion(int *version) { *version = 12040; return OK; }
int nvmlSystemGetProcessName(unsigned pid, char *text, unsigned size) {
    snprintf(text, size, "/home/somebody/envs/llm/bin/python3.11");
    return OK;
}

int nvmlDeviceGetCount_v2(unsigned *count) { return answer(count, machine_is("worn") ? 4 : 2); }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, device_t *card) { *card = &cards[index]; return OK; }
int nvmlDeviceGetName(device_t card, char *text, unsigned size) {
    snprintf(text, size, machine_is("healthy") ? "NVIDIA H100 80GB HBM3"
             : machine_is("worn") ? "NVIDIA A100-SXM4-40GB" : "NVIDIA GeForce RTX 4090");
    return OK;
}
int nvmlDeviceGetUUID(device_t card, char *text, unsigned size) {
    snprintf(text, size, "GPU-%u0000000-1111-2222-3333-444444444444", card->index);
    return OK;
}
int nvmlDeviceGetCudaComputeCapability(device_t card, int *major, int *minor) {
    *major = machine_is("healthy") ? 9 : 8;
    *minor = machine_is("consumer") ? 9 : 0;
    return OK;
}
int nvmlDeviceGetMigMode(device_t card, unsigned *now, unsigned *next) { return NOT_SUPPORTED; }

struct memory { unsigned long long total, free, used; };
int nvmlDeviceGetMemoryInfo(device_t card, struct memory *memory) {
    unsigned long long gib = 1ull << 30;
    memory->total = (machine_is("healthy") ? 80 : machine_is("worn") ? 40 : 24) * gib;
    memory->used = machine_is("worn") && card->index == 0 ? 39 * gib : gib / 2;
    memory->free = memory->total - memory->used;
    return OK;
}

struct process { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; };
int nvmlDeviceGetComputeRunningProcesses_v3(device_t card, unsigned *count, struct process *found) {
    unsigned running = machine_is("worn") && card->index == 0;
    if (*count < running) { *count = running; return INSUFFICIENT_SIZE; }
    *count = running;
    if (running) found[0] = (struct process){4711, 38ull << 30, 0xFFFFFFFFu, 0xFFFFFFFFu};
    return OK;
}

int nvmlDeviceGetEccMode(device_t card, unsigned *now, unsigned *next) {
    *next = 1;
    return machine_is("consumer") ? NOT_SUPPORTED : answer(now, 1);
}
int nvmlDeviceGetTotalEccErrors(device_t card, unsigned kind, unsigned counter, unsigned long long *count) {
    if (machine_is("consumer")) return NOT_SUPPORTED;
    *count = bad(card) ? (kind ? 2 : 41) : 0; /* kind 1: could not be corrected */
    return OK;
}
int nvmlDeviceGetRemappedRows(device_t card, unsigned *corrected, unsigned *uncorrected, unsigned *pending,
                              unsigned *failed) {
    if (machine_is("consumer")) return NOT_SUPPORTED;
    *corrected = *failed = 0;
    *uncorrected = *pending = bad(card);
    return OK;
}
int nvmlDeviceGetRetiredPagesPendingStatus(device_t card, unsigned *pending) { return NOT_SUPPORTED; }

int nvmlDeviceGetCurrentClocksThrottleReasons(device_t card, unsigned long long *reasons) {
    *reasons = bad(card) ? 0x40 : machine_is("healthy") ? 0x1 : 0x4; /* heat; idle; power */
    return OK;
}
int nvmlDeviceGetTemperature(device_t card, unsigned sensor, unsigned *celsius) {
    return answer(celsius, bad(card) ? 91 : 40 + card->index);
}
int nvmlDeviceGetPowerUsage(device_t card, unsigned *milliwatts) { return answer(milliwatts, 71500); }
int nvmlDeviceGetEnforcedPowerLimit(device_t card, unsigned *milliwatts) { return answer(milliwatts, 400000); }
int nvmlDeviceGetClockInfo(device_t card, unsigned clock, unsigned *mhz) { return answer(mhz, bad(card) ? 600 : 1410); }
int nvmlDeviceGetMaxClockInfo(device_t card, unsigned clock, unsigned *mhz) { return answer(mhz, 1410); }
int nvmlDeviceGetCurrPcieLinkGeneration(device_t card, unsigned *value) { return answer(value, 4); }
int nvmlDeviceGetMaxPcieLinkGeneration(device_t card, unsigned *value) { return answer(value, 4); }
int nvmlDeviceGetCurrPcieLinkWidth(device_t card, unsigned *value) { return answer(value, machine_is("consumer") ? 8 : 16); }
int nvmlDeviceGetMaxPcieLinkWidth(device_t card, unsigned *value) { return answer(value, 16); }

int nvmlDeviceGetTopologyCommonAncestor(device_t one, device_t other, unsigned *level) {
    return answer(level, machine_is("worn") && one->index / 2 != other->index / 2 ? 50 : 30);
}
int nvmlDeviceGetP2PStatus(device_t one, device_t other, unsigned kind, unsigned *status) {
    int linked = machine_is("healthy");
    return answer(status, machine_is("consumer") ? 1 : kind == 2 ? (linked ? 0 : 5) : 0);
}
int nvmlDeviceGetNvLinkState(device_t card, unsigned link, unsigned *up) {
    if (!machine_is("healthy") || link >= 18) return NOT_SUPPORTED;
    return answer(up, 1);
}
int nvmlDeviceGetNvLinkErrorCounter(device_t card, unsigned link, unsigned counter, unsigned long long *errors) {
    *errors = card->index == 1 && link == 3 && counter == 3 ? 6 : 0;
    return OK;
}
