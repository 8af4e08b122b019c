// Makes the k-th write, sync or truncation of the database's files fail, and moves the clock. Loaded before the C library
// by a test, so that the program under test is the real one. What to do stands in a file that the test writes while the
// program runs.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct control {
    int64_t operation;  // which fails: 1 write, 2 sync, 3 truncate; 0 none
    int64_t at;         // the how manieth, from 1
    int64_t error;      // errno
    int64_t seen;       // how many there were
    int64_t fired;      // how many have failed
    int64_t clock;      // seconds that the clock is ahead
};

static struct control *control;

__attribute__((constructor)) static void load(void) {
    const char *path = getenv("PRELOAD_CONTROL");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *memory = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory != MAP_FAILED) control = memory;
}

static int ends_with(const char *text, size_t length, const char *end) {
    size_t size = strlen(end);
    return length >= size && memcmp(text + length - size, end, size) == 0;
}

static int is_database(int file) {
    char link[64], target[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, target, sizeof target);
    return length > 0 && (ends_with(target, length, "health.db") || ends_with(target, length, "health.db-wal")
                          || ends_with(target, length, "health.db-shm"));
}

static int fails(int operation, int file) {
    if (!control || control->operation != operation || !is_database(file)) return 0;
    if (__atomic_add_fetch(&control->seen, 1, __ATOMIC_SEQ_CST) != control->at) return 0;
    __atomic_add_fetch(&control->fired, 1, __ATOMIC_SEQ_CST);
    errno = (int)control->error;
    return 1;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *bytes, size_t length) {
    REAL(write);
    return fails(1, file) ? -1 : real(file, bytes, length);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    REAL(pwrite);
    return fails(1, file) ? -1 : real(file, bytes, length, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
    REAL(pwrite64);
    return fails(1, file) ? -1 : real(file, bytes, length, at);
}

int fsync(int file) {
    REAL(fsync);
    return fails(2, file) ? -1 : real(file);
}

int fdatasync(int file) {
    REAL(fdatasync);
    return fails(2, file) ? -1 : real(file);
}

int ftruncate(int file, off_t length) {
    REAL(ftruncate);
    return fails(3, file) ? -1 : real(file, length);
}

int ftruncate64(int file, off64_t length) {
    REAL(ftruncate64);
    return fails(3, file) ? -1 : real(file, length);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int done = real(clock, now);
    if (done == 0 && control && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += control->clock;
    return done;
}
