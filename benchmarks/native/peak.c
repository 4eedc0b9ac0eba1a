/* Peak of one core: multiply-adds on values that never leave the registers.
 *
 * usage: peak SECONDS      prints "fp32 GFLOP/s" and, where the processor has them, "int8 GOP/s"
 *
 * Twelve chains run side by side, enough to hide the latency of current processors, so that
 * nothing but the multipliers limits the loop. Each is a variable of its own: an array would be
 * kept in memory. Seconds are those of the processor, not the clock.
 */
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CHAINS 12
#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
#define ROUNDS 1000000L

static double cpu_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

#if defined(__AVX512F__)
typedef __m512 floats;
#define LANES 16
#define SET _mm512_set1_ps
#define FMA _mm512_fmadd_ps
#elif defined(__AVX2__) && defined(__FMA__)
typedef __m256 floats;
#define LANES 8
#define SET _mm256_set1_ps
#define FMA _mm256_fmadd_ps
#else
#error "needs a processor with AVX2 and FMA"
#endif

#define BEGIN(i) sum##i = at[i],
#define END(i) at[i] = sum##i;

/* The chains live in registers from the first line of this function to the last. */
__attribute__((noinline)) static void add_fp32(floats *at, floats factor, floats term) {
  floats EACH(BEGIN) unused;
  (void)unused;
#define STEP(i) sum##i = FMA(sum##i, factor, term);
  for (long round = 0; round < ROUNDS; round++) { EACH(STEP) }
#undef STEP
  EACH(END)
}

static double fp32(double seconds) {
  floats chains[CHAINS];
  for (int i = 0; i < CHAINS; i++) chains[i] = SET(1.0f + i);
  long calls = 0;
  double began = cpu_s(), spent;
  do {
    add_fp32(chains, SET(0.999999f), SET(1e-6f));
    calls++;
    spent = cpu_s() - began;
  } while (spent < seconds);
  return 2.0 * LANES * CHAINS * ROUNDS * calls / spent / 1e9;
}

#if defined(__AVX512VNNI__)
__attribute__((noinline)) static void add_int8(__m512i *at, __m512i left, __m512i right) {
  __m512i EACH(BEGIN) unused;
  (void)unused;
#define STEP(i) sum##i = _mm512_dpbusd_epi32(sum##i, left, right);
  for (long round = 0; round < ROUNDS; round++) { EACH(STEP) }
#undef STEP
  EACH(END)
}

static double int8(double seconds) {
  __m512i chains[CHAINS];
  for (int i = 0; i < CHAINS; i++) chains[i] = _mm512_set1_epi32(i);
  long calls = 0;
  double began = cpu_s(), spent;
  do {
    add_int8(chains, _mm512_set1_epi8(3), _mm512_set1_epi8(1));
    calls++;
    spent = cpu_s() - began;
  } while (spent < seconds);
  return 2.0 * 64 * CHAINS * ROUNDS * calls / spent / 1e9;
}
#endif

int main(int argc, char **argv) {
  double seconds = argc > 1 ? atof(argv[1]) : 1.0;
  printf("{\"fp32\": %.2f", fp32(seconds));
#if defined(__AVX512VNNI__)
  printf(", \"int8\": %.2f", int8(seconds));
#endif
  printf("}\n");
  return 0;
}
