/* Names for the integer types that the tests use most. */
#ifndef GUEST_LIB_TYPES_H
#define GUEST_LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define BLOCK_SIZE 4096ul
#define BLOCK_MASK (~(BLOCK_SIZE - 1))
#define MEGABYTE 0x100000ul

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The compiler calls these by name. */
void* memcpy(void* to, const void* from, size_t n);
void* memmove(void* to, const void* from, size_t n);
void* memset(void* to, int byte, size_t n);
int memcmp(const void* a, const void* b, size_t n);
size_t strlen(const char* s);

#endif
