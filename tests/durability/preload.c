// Makes the k-th write, sync, truncation, rename or allocation fail, or the process die in its place, and moves the clock. Loaded
// before the C library by a test, so that the program under test is the real one. What to do stands in a file that the test
// writes while the program runs. It is about the database's files, or about all in the folder that PRELOAD_FOLDER names.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum operation { NONE, WRITE, SYNC, TRUNCATE, RENAME, ALLOCATE, CREATE, ANY };

// In place of an errno.
enum { DIES = -1, DIES_HALFWAY = -2 };

struct control {
    int64_t operation;  // which fails
    int64_t at;         // the how manieth, from 1
    int64_t error;      // errno, or DIES, or DIES_HALFWAY: a write is cut in two
    int64_t seen;       // how many there were
    int64_t fired;      // how many have failed
    int64_t clock;      // seconds that the clock is ahead
    int64_t many;       // how many fail from the k-th on
};

static struct control *control;
static const char *folder;

__attribute__((constructor)) static void load(void) {
    folder = getenv("PRELOAD_FOLDER");
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

static int is_meant(const char *path, size_t length) {
    if (folder) return length > strlen(folder) && memcmp(path, folder, strlen(folder)) == 0;
    return ends_with(path, length, "health.db") || ends_with(path, length, "health.db-wal")
           || ends_with(path, length, "health.db-shm");
}

static int is_meant_file(int file) {
    char link[64], target[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, target, sizeof target);
    return length > 0 && is_meant(target, length);
}

static int is_armed(int operation) {
    return control && (control->operation == operation || (control->operation == ANY && operation != NONE));
}

// Counts it. The error with which it fails is left in errno; who is to die in its place does so here, unless halfway.
static int fails(void) {
    int64_t seen = __atomic_add_fetch(&control->seen, 1, __ATOMIC_SEQ_CST);
    if (seen < control->at || seen >= control->at + control->many) return 0;
    __atomic_add_fetch(&control->fired, 1, __ATOMIC_SEQ_CST);
    if (control->error == DIES) raise(SIGKILL);
    errno = (int)control->error;
    return 1;
}

static int file_fails(int operation, int file) {
    return is_armed(operation) && is_meant_file(file) && fails();
}

static int path_fails(int operation, const char *path) {
    return is_armed(operation) && is_meant(path, strlen(path)) && fails();
}

static int dies_halfway(void) {
    return control->error == DIES_HALFWAY;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *bytes, size_t length) {
    REAL(write);
    if (!file_fails(WRITE, file)) return real(file, bytes, length);
    if (!dies_halfway()) return -1;
    real(file, bytes, length / 2);
    return raise(SIGKILL);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(writev);
    if (!file_fails(WRITE, file)) return real(file, parts, count);
    if (!dies_halfway()) return -1;
    real(file, parts, count / 2);
    return raise(SIGKILL);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
    REAL(pwrite64);
    if (!file_fails(WRITE, file)) return real(file, bytes, length, at);
    if (!dies_halfway()) return -1;
    real(file, bytes, length / 2, at);
    return raise(SIGKILL);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    return pwrite64(file, bytes, length, at);
}

int fsync(int file) {
    REAL(fsync);
    return file_fails(SYNC, file) ? -1 : real(file);
}

int fdatasync(int file) {
    REAL(fdatasync);
    return file_fails(SYNC, file) ? -1 : real(file);
}

int ftruncate64(int file, off64_t length) {
    REAL(ftruncate64);
    return file_fails(TRUNCATE, file) ? -1 : real(file, length);
}

int ftruncate(int file, off_t length) {
    return ftruncate64(file, length);
}

int fallocate64(int file, int mode, off64_t at, off64_t length) {
    REAL(fallocate64);
    return file_fails(ALLOCATE, file) ? -1 : real(file, mode, at, length);
}

int fallocate(int file, int mode, off_t at, off_t length) {
    return fallocate64(file, mode, at, length);
}

int posix_fallocate64(int file, off64_t at, off64_t length) {
    REAL(posix_fallocate64);
    return file_fails(ALLOCATE, file) ? errno : real(file, at, length);
}

int posix_fallocate(int file, off_t at, off_t length) {
    return posix_fallocate64(file, at, length);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    return path_fails(RENAME, to) ? -1 : real(from, to);
}

static int creation_fails(const char *path, int flags) {
    return (flags & O_CREAT) && access(path, F_OK) != 0 && path_fails(CREATE, path);
}

// Who creates says with which rights, in an argument more.
#define RIGHTS(rights)                              \
    mode_t rights = 0;                              \
    if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) { \
        va_list more;                               \
        va_start(more, flags);                      \
        rights = va_arg(more, mode_t);              \
        va_end(more);                               \
    }

int open64(const char *path, int flags, ...) {
    REAL(open64);
    RIGHTS(rights)
    return creation_fails(path, flags) ? -1 : real(path, flags, rights);
}

int open(const char *path, int flags, ...) {
    RIGHTS(rights)
    return open64(path, flags, rights);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int done = real(clock, now);
    if (done == 0 && control && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += control->clock;
    return done;
}
