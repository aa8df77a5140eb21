/* Hides AVX-512 and VNNI from a copy of a library whose CPUID instructions were replaced by UD2 (hide_avx512.py). */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

static void answer(int signal, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    unsigned leaf = registers[REG_RAX], part = registers[REG_RCX], a, b, c, d;
    __cpuid_count(leaf, part, a, b, c, d);
    if (leaf == 7 && part == 0) { /* AVX-512 with all its extensions, GFNI, VAES, AMX */
        b &= ~0xdc230000u;
        c &= ~0x00005f42u;
        d &= ~0x03c0010cu;
    }
    if (leaf == 7 && part == 1) { /* AVX-VNNI, BF16, AVX-IFMA */
        a &= ~0x00800030u;
        d = 0;
    }
    registers[REG_RAX] = a;
    registers[REG_RBX] = b;
    registers[REG_RCX] = c;
    registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

void install(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = answer;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGILL, &action, 0);
}
