/* Counts what a process allocates: loaded before the C library, whose allocator does the work.
 *
 * Single-threaded programs only: the counters are not atomic. Needs glibc, which lends its
 * allocator under a second name.
 */
#include <stddef.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

static unsigned long long counted_blocks, counted_bytes;

static void count(size_t bytes)
{
    counted_blocks++;
    counted_bytes += bytes;
}

void *malloc(size_t bytes)
{
    count(bytes);
    return __libc_malloc(bytes);
}

void *calloc(size_t items, size_t bytes)
{
    count(items * bytes);
    return __libc_calloc(items, bytes);
}

/* A block that grows counts with its new size. */
void *realloc(void *block, size_t bytes)
{
    count(bytes);
    return __libc_realloc(block, bytes);
}

unsigned long long allocated_blocks(void) { return counted_blocks; }
unsigned long long allocated_bytes(void) { return counted_bytes; }
