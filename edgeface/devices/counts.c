// QEMU TCG plugin (API version 1, declared here so that no header is needed): what a region of an emulated run costs.
// Instructions by class, accesses to memory, and misses of a simulated L1D and L2 (LRU, virtual addresses, no prefetch).
// The emulated program marks the region by getpriority(0, 0x51510001) before and getpriority(0, 0x51518001) after; each region
// appends one line to the file `out`, the counters by name in the order of NAMES.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info {
    const char *target;
    struct { int minimum, own; } version;
    bool system;
};
typedef uint64_t Id;

extern void qemu_plugin_register_vcpu_tb_trans_cb(Id, void (*)(Id, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int op, void *, uint64_t);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, void (*)(unsigned, uint32_t, uint64_t, void *),
                                             int flags, int access, void *);
extern unsigned qemu_plugin_mem_size_shift(uint32_t);
extern bool qemu_plugin_mem_is_store(uint32_t);
extern void qemu_plugin_register_vcpu_syscall_cb(Id, void (*)(Id, unsigned, int64_t, uint64_t, uint64_t, uint64_t,
                                                              uint64_t, uint64_t, uint64_t, uint64_t, uint64_t));

#define EXPORTED __attribute__((visibility("default")))
enum { GETPRIORITY = 141, MARK = 0x51510000, END = 0x8000, LINE = 6 };
// Accesses are of up to 64 bits: a load of 128 is two.
enum { ALL, VECTOR, VECTOR_MEMORY, FLOAT_PRODUCTS, INTEGER_PRODUCTS, ACCESSES, READS, L1_MISSES, L2_MISSES, L2_READS,
       COUNTERS };
static const char *const NAMES[] = {"instructions", "vector", "vector_memory", "float_products", "integer_products",
                                    "accesses", "reads", "l1_misses", "l2_misses", "l2_reads"};

struct cache {
    uint64_t sets, ways, *line, *used;
};

EXPORTED int qemu_plugin_version = 1;
static uint64_t counters[COUNTERS], before[COUNTERS], now, newest;
static struct cache l1, l2;
static bool inside;
static FILE *out;

static void make(struct cache *cache, uint64_t kib, uint64_t ways)
{
    cache->ways = ways;
    cache->sets = (kib << 10 >> LINE) / ways;
    cache->line = calloc(cache->sets * ways, sizeof(uint64_t));
    cache->used = calloc(cache->sets * ways, sizeof(uint64_t));
}

static bool hit(struct cache *cache, uint64_t line)
{
    bool mask = !(cache->sets & (cache->sets - 1)); // most caches: a division costs as much as all the rest
    uint64_t first = (mask ? line & (cache->sets - 1) : line % cache->sets) * cache->ways, oldest = first;
    now++;
    for (uint64_t way = first; way < first + cache->ways; way++) {
        if (cache->line[way] == line + 1) {
            cache->used[way] = now;
            return true;
        }
        if (cache->used[way] < cache->used[oldest])
            oldest = way;
    }
    cache->line[oldest] = line + 1;
    cache->used[oldest] = now;
    return false;
}

static void on_access(unsigned cpu, uint32_t info, uint64_t address, void *data)
{
    if (!inside)
        return;
    uint64_t last = (address + (1u << qemu_plugin_mem_size_shift(info)) - 1) >> LINE;
    bool reads = !qemu_plugin_mem_is_store(info);
    counters[ACCESSES]++;
    counters[READS] += reads;
    for (uint64_t line = address >> LINE; line <= last; line++) {
        if (line + 1 == newest)
            continue; // it is its set's newest already
        newest = line + 1;
        if (hit(&l1, line))
            continue;
        counters[L1_MISSES]++;
        if (hit(&l2, line))
            continue;
        counters[L2_MISSES]++;
        counters[L2_READS] += reads;
    }
}

// Bits 28 to 25 of an A64 instruction name its group: x111 is SIMD and floating point, x1x0 loads and stores.
static bool is_memory(uint32_t word)
{
    return (word >> 25 & 5) == 4;
}

static bool is_vector(uint32_t word)
{
    return (word & 0x9f000000) == 0x0e000000 || (word & 0x9f000000) == 0x0f000000;
}

// Multiplications and multiply-adds of 128 bits: FMLA, FMLS, FMUL and FMULX of three vectors, and by an element.
static bool is_float_product(uint32_t word)
{
    if (!(word >> 30 & 1))
        return false;
    if ((word & 0x9f200400) == 0x0e200400) {
        uint32_t operation = word >> 11 & 31;
        return operation == 0x19 || operation == 0x1b;
    }
    uint32_t operation = word >> 12 & 15;
    return (word & 0x9f800400) == 0x0f800000 && (operation == 1 || operation == 5 || operation == 9);
}

// SMULL, SMLAL, SMLSL and their unsigned forms, and MUL, MLA, MLS, SQDMULH and SQRDMULH, of vectors and by an element.
static bool is_integer_product(uint32_t word)
{
    if ((word & 0x9f200c00) == 0x0e200000) {
        uint32_t operation = word >> 12 & 15;
        return operation == 8 || operation == 10 || operation == 12;
    }
    if ((word & 0x9f200400) == 0x0e200400) {
        uint32_t operation = word >> 11 & 31;
        return operation == 0x12 || operation == 0x13 || operation == 0x16;
    }
    uint32_t operation = word >> 12 & 15, size = word >> 22 & 3;
    bool is_float = operation == 1 || operation == 5 || operation == 9;
    return (word & 0x9f000400) == 0x0f000000 && (size == 1 || size == 2) && !is_float;
}

static void on_translation(Id id, struct qemu_plugin_tb *block)
{
    uint64_t found[ACCESSES] = {[ALL] = qemu_plugin_tb_n_insns(block)};
    for (size_t i = 0; i < found[ALL]; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(instruction), sizeof word);
        if (is_vector(word)) {
            found[VECTOR]++;
            found[FLOAT_PRODUCTS] += is_float_product(word);
            found[INTEGER_PRODUCTS] += is_integer_product(word);
        }
        if (is_memory(word)) {
            found[VECTOR_MEMORY] += word >> 26 & 1;
            qemu_plugin_register_vcpu_mem_cb(instruction, on_access, 0, 3, NULL);
        }
    }
    for (int i = 0; i < ACCESSES; i++)
        if (found[i])
            qemu_plugin_register_vcpu_tb_exec_inline(block, 0, &counters[i], found[i]);
}

static void on_system_call(Id id, unsigned cpu, int64_t number, uint64_t which, uint64_t who, uint64_t c, uint64_t d,
                           uint64_t e, uint64_t f, uint64_t g, uint64_t h)
{
    if (number != GETPRIORITY || (who & 0xffff0000u) != MARK)
        return;
    inside = !(who & END);
    if (inside) {
        memcpy(before, counters, sizeof counters);
        return;
    }
    for (int i = 0; i < COUNTERS; i++)
        fprintf(out, "%s %lu%c", NAMES[i], counters[i] - before[i], i + 1 < COUNTERS ? ' ' : '\n');
    fflush(out);
}

// Arguments: out=FILE l1_kib=N l1_ways=N l2_kib=N l2_ways=N
EXPORTED int qemu_plugin_install(Id id, const struct qemu_info *info, int count, char **arguments)
{
    uint64_t l1_kib = 32, l1_ways = 2, l2_kib = 1024, l2_ways = 16;
    out = stderr;
    for (int i = 0; i < count; i++) {
        char *value = strchr(arguments[i], '=') + 1;
        if (!strncmp(arguments[i], "out=", 4))
            out = fopen(value, "w");
        if (!strncmp(arguments[i], "l1_kib=", 7))
            l1_kib = strtoul(value, NULL, 10);
        if (!strncmp(arguments[i], "l1_ways=", 8))
            l1_ways = strtoul(value, NULL, 10);
        if (!strncmp(arguments[i], "l2_kib=", 7))
            l2_kib = strtoul(value, NULL, 10);
        if (!strncmp(arguments[i], "l2_ways=", 8))
            l2_ways = strtoul(value, NULL, 10);
    }
    make(&l1, l1_kib, l1_ways);
    make(&l2, l2_kib, l2_ways);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_vcpu_syscall_cb(id, on_system_call);
    return out == NULL;
}
