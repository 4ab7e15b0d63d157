/* The memory functions that the compiler expects. Loops of 8 bytes where alignment allows: tests compare
 * whole blocks. Built with -fno-builtin, so that a loop does not become a call to itself. */
#include "types.h"

void* memcpy(void* to, const void* from, size_t n) {
  u8* t = to;
  const u8* f = from;
  if ((((u64)t | (u64)f) & 7) == 0) {
    for (; n >= 8; n -= 8, t += 8, f += 8) *(u64*)t = *(const u64*)f;
  }
  for (; n > 0; --n) *t++ = *f++;
  return to;
}

void* memmove(void* to, const void* from, size_t n) {
  u8* t = to;
  const u8* f = from;
  if (t <= f || t >= f + n) return memcpy(to, from, n);
  while (n > 0) {
    --n;
    t[n] = f[n];
  }
  return to;
}

void* memset(void* to, int byte, size_t n) {
  u8* t = to;
  for (; n > 0 && ((u64)t & 7) != 0; --n) *t++ = (u8)byte;
  const u64 word = 0x0101010101010101ul * (u8)byte;
  for (; n >= 8; n -= 8, t += 8) *(u64*)t = word;
  for (; n > 0; --n) *t++ = (u8)byte;
  return to;
}

int memcmp(const void* a, const void* b, size_t n) {
  const u8* x = a;
  const u8* y = b;
  if ((((u64)x | (u64)y) & 7) == 0) {
    for (; n >= 8 && *(const u64*)x == *(const u64*)y; n -= 8) {
      x += 8;
      y += 8;
    }
  }
  for (; n > 0; --n, ++x, ++y) {
    if (*x != *y) return *x < *y ? -1 : 1;
  }
  return 0;
}

size_t strlen(const char* s) {
  size_t n = 0;
  while (s[n] != '\0') ++n;
  return n;
}
