/* A program whose symbols and lines the test of symbols looks up; never run. Line numbers matter. */
struct page {
  long words[9];
};
struct page pages[3];

static inline __attribute__((always_inline)) int twice(int value) {
  return value * 2 + (int)pages[0].words[1]; /* line 8 */
}

__attribute__((noinline)) int outer(int value) {
  int sum = twice(value);
  __asm__ volatile("nop"); /* line 13 */
  return sum + 1;
}

int main(int argc, char **argv) {
  (void)argv;
  return outer(argc);
}
