/* The control flow of ring.rs by hand: both arms in one function, every value in its register.
   What an exit and the way back would cost if nothing had to be handed over.

   Reads lines "floats ints pattern count", answers nanoseconds. The patterns are bench's: see
   exits.rs, which starts this program. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TABLE (1u << 19)
static uint8_t tables[8][TABLE];

#define VALUES(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define DECLARE(n) uint64_t x##n = 0; double f##n = 0;
#define STAY(n) if (n < I) x##n += i; if (n < F) f##n += 1.0;
#define LEAVE(n) if (n < I) x##n ^= i; if (n < F) f##n += 2.0;
#define SUM(n) sum += x##n + (uint64_t)f##n;

/* The empty assembly keeps the compiler from making the branch a conditional move. */
#define RUN(NAME, F_, I_)                                          \
    static uint64_t NAME(const uint8_t *table, uint64_t i) {       \
        enum { F = F_, I = I_ };                                   \
        uint64_t sum = 0;                                          \
        VALUES(DECLARE)                                            \
        while (--i) {                                              \
            if (__builtin_expect(table[i & (TABLE - 1)], 0)) {     \
                __asm__ volatile("" : "+r"(i));                    \
                VALUES(LEAVE)                                      \
            } else {                                               \
                VALUES(STAY)                                       \
            }                                                      \
        }                                                          \
        VALUES(SUM)                                                \
        return sum;                                                \
    }
RUN(run00, 0, 0) RUN(run03, 0, 3) RUN(run06, 0, 6)
RUN(run40, 4, 0) RUN(run43, 4, 3) RUN(run46, 4, 6)
RUN(run80, 8, 0) RUN(run83, 8, 3) RUN(run86, 8, 6)

static uint64_t (*const runs[3][3])(const uint8_t *, uint64_t) = {
    {run00, run03, run06}, {run40, run43, run46}, {run80, run83, run86}};

static uint64_t mix(uint64_t x) {
    x *= 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9u;
    return x ^ x >> 32;
}

static uint8_t taken(int pattern, uint64_t i) {
    switch (pattern) {
    case 0: return 0;
    case 1: return i % 16 == 0;
    case 2: return i % 4 == 0;
    case 3: return i % 2 == 0;
    case 4: return 1;
    case 5: return mix(i) % 4 == 0;
    default: return mix(i) % 2 == 0;
    }
}

int main(void) {
    unsigned floats, ints, pattern;
    unsigned long count;
    volatile uint64_t sink;
    for (int p = 0; p < 7; p++)
        for (uint64_t i = 0; i < TABLE; i++) tables[p][i] = taken(p, i);
    memcpy(tables[7], tables[0], TABLE);
    while (scanf("%u %u %u %lu", &floats, &ints, &pattern, &count) == 4) {
        struct timespec from, to;
        if (floats > 8 || ints > 6 || pattern > 6) return 1;
        memcpy(tables[7], tables[pattern], TABLE);
        clock_gettime(CLOCK_MONOTONIC, &from);
        sink = runs[floats / 4][ints / 3](tables[7], count);
        clock_gettime(CLOCK_MONOTONIC, &to);
        printf("%ld\n", (to.tv_sec - from.tv_sec) * 1000000000L + to.tv_nsec - from.tv_nsec);
        fflush(stdout);
    }
    (void)sink;
    return 0;
}
