#define _GNU_SOURCE
#include "CPeers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/vfs.h>
#else
#include <sys/mount.h>
#endif
#include <time.h>
#include <unistd.h>

#define TRY(call) do { if ((call) < 0) return __LINE__; } while (0)

// The system calls of the library (Sources/DocumentStore/OpenLog.swift), with the same sizes.
enum { padding = 16 << 10, window = 20 << 10, padded_limit = 256 << 10, pause_milliseconds = 100 };

struct peer {
    char path[1024], temporary_folder[1024], emergency[1100];
    const char *content, *line;
    size_t length, line_length;
    char *buffer;
    int folder, lock, log;
    off_t end, size;
    ino_t log_inode, lock_inode;
    char record[1024];
    long serial;
    // A separate thread writes the checkpoint at most ten times a second.
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t writer;
    int has_writer, is_due, is_closing, is_failed;
};

uint64_t peer_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

struct peer *peer_open(const char *folder, const void *content, size_t length, const void *line, size_t line_length) {
    struct peer *peer = calloc(1, sizeof *peer);
    char *copy = malloc(length + line_length);
    if (!peer || !copy) abort();
    memcpy(copy, content, length);
    memcpy(copy + length, line, line_length);
    snprintf(peer->path, sizeof peer->path, "%s", folder);
    snprintf(peer->emergency, sizeof peer->emergency, "%s/../no-emergency", folder);
    const char *temporary = getenv("TMPDIR");
    snprintf(peer->temporary_folder, sizeof peer->temporary_folder, "%s/typed-environments-%u/emergency",
        temporary ? temporary : "/tmp", (unsigned)getuid());
    peer->content = copy;
    peer->length = length;
    peer->line = copy + length;
    peer->line_length = line_length;
    peer->buffer = malloc(2 * (length + line_length) + (2u << 20));
    memset(peer->record, ' ', sizeof peer->record);
    // The library records there in which folder emergency records would be.
    char records[1100];
    snprintf(records, sizeof records, "%s/records", folder);
    int file = open(records, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) {
        if (write(file, "/nowhere\n", 9) < 0) abort();
        close(file);
    }
    peer->folder = peer->lock = peer->log = -1;
    pthread_mutex_init(&peer->mutex, NULL);
    pthread_cond_init(&peer->changed, NULL);
    return peer;
}

void peer_close(struct peer *peer) {
    int open[] = {peer->lock, peer->log, peer->folder};
    if (peer->lock >= 0) peer_release(peer);
    else for (int i = 0; i < 3; i++) if (open[i] >= 0) close(open[i]);
    free((void *)peer->content);
    free(peer->buffer);
    free(peer);
}

enum { reading = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, listing = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

static int look(int folder, const char *name, struct statx *found) {
    return statx(folder, name ? name : "", name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH,
        STATX_TYPE | STATX_MODE | STATX_UID | STATX_INO | STATX_SIZE, found);
}

// Reads a whole file as the library does, until a call returns no bytes.
static int read_all(int folder, const char *name, char *buffer) {
    struct statx found;
    int file = openat(folder, name, reading);
    if (file < 0) return -1;
    if (look(file, NULL, &found) < 0) return -1;
    ssize_t count = 1;
    for (off_t at = 0; count > 0; at += count)
        if ((count = pread(file, buffer + at, at == 0 ? found.stx_size + 1 : 4096, at)) < 0) return -1;
    return close(file);
}

static int list_names(int folder) {
    int copy = openat(folder, ".", listing);
    TRY(copy);
    DIR *stream = fdopendir(copy);
    while (readdir(stream)) {}
    return closedir(stream) < 0 ? __LINE__ : 0;
}

// Searches the folder of emergency records.
static int look_for_records(struct peer *peer) {
    const char *places[] = {peer->emergency, peer->temporary_folder};
    int home = open(peer->path, listing);
    TRY(home);
    TRY(read_all(home, "records", peer->buffer));
    TRY(close(home));
    for (int i = 0; i < 2; i++) {
        int place = open(places[i], listing);
        if (place < 0) continue;
        if (list_names(place)) return __LINE__;
        TRY(close(place));
    }
    return 0;
}

int peer_take(struct peer *peer) {
    struct stat status;
    struct statfs system;
    struct statx found;
    // Check that this user owns the folder, and that it is an environment's.
    int home = open(peer->path, listing);
    TRY(home);
    TRY(fstat(home, &status));
    TRY(close(home));
    TRY(peer->folder = open(peer->path, listing));
    TRY(fstatfs(peer->folder, &system));
    if (list_names(peer->folder)) return __LINE__;
    TRY(peer->lock = openat(peer->folder, "state.json.lock", O_RDWR | O_CREAT | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0600));
    TRY(look(peer->lock, NULL, &found));
    peer->lock_inode = found.stx_ino;
    TRY(flock(peer->lock, LOCK_EX | LOCK_NB));
    TRY(look(peer->folder, "state.json.lock", &found));
    TRY(pread(peer->lock, peer->buffer, sizeof peer->record, 0));
    TRY(pwrite(peer->lock, peer->record, sizeof peer->record, 0));
    // Find what an earlier holder left, and check the modes.
    if (list_names(peer->folder)) return __LINE__;
    TRY(look(peer->folder, ".", &found));
    look(peer->folder, "state.json", &found);
    look(peer->folder, "state.json.lock", &found);
    look(peer->folder, "history.jsonl", &found);
    // Read the stored state.
    if (look(peer->folder, "state.json", &found) == 0) TRY(read_all(peer->folder, "state.json", peer->buffer));
    if (look(peer->folder, "history.jsonl", &found) == 0) {
        int log = openat(peer->folder, "history.jsonl", reading);
        TRY(log);
        TRY(look(log, NULL, &found));
        TRY(look(log, NULL, &found));
        size_t part = found.stx_size < window ? found.stx_size : window;
        TRY(pread(log, peer->buffer, part, (off_t)(found.stx_size - part)));
        TRY(close(log));
        TRY(peer->log = openat(peer->folder, "history.jsonl", O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
        TRY(look(peer->log, NULL, &found));
        peer->log_inode = found.stx_ino;
        peer->size = (off_t)found.stx_size;
    }
    // Find the folder of emergency records, and the records in it.
    TRY(read_all(peer->folder, "records", peer->buffer));
    if (look_for_records(peer)) return __LINE__;
    peer->is_closing = peer->is_due = 0;
    return 0;
}

static int put_temporary(struct peer *peer, char *name, size_t room) {
    struct stat status;
    snprintf(name, room, ".state.json.%08x.tmp", (unsigned)random());
    int file = openat(peer->folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    TRY(file);
    TRY(fstat(file, &status));
    if (write(file, peer->content, peer->length) != (ssize_t)peer->length) return __LINE__;
    TRY(fsync(file));
    TRY(close(file));
    return 0;
}

static int put_checkpoint(struct peer *peer) {
    char temporary[64];
    struct statx found;
    char *buffer = malloc(peer->length + 8192);
    TRY(look(peer->folder, "state.json.lock", &found));
    // Check whether it was changed.
    if (look(peer->folder, "state.json", &found) == 0) TRY(read_all(peer->folder, "state.json", buffer));
    free(buffer);
    int failed = put_temporary(peer, temporary, sizeof temporary);
    if (failed) return failed;
    TRY(renameat(peer->folder, temporary, peer->folder, "state.json"));
    return 0;
}

static void *write_checkpoints(void *argument) {
    struct peer *peer = argument;
    pthread_mutex_lock(&peer->mutex);
    for (;;) {
        while (!peer->is_due && !peer->is_closing) pthread_cond_wait(&peer->changed, &peer->mutex);
        if (!peer->is_closing) {
            struct timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += pause_milliseconds * 1000000L;
            if (until.tv_nsec >= 1000000000L) { until.tv_sec++; until.tv_nsec -= 1000000000L; }
            while (!peer->is_closing && pthread_cond_timedwait(&peer->changed, &peer->mutex, &until) == 0) {}
        }
        int is_due = peer->is_due, is_closing = peer->is_closing;
        peer->is_due = 0;
        pthread_mutex_unlock(&peer->mutex);
        if (is_due && put_checkpoint(peer)) peer->is_failed = 1;
        pthread_mutex_lock(&peer->mutex);
        if (is_closing && !peer->is_due) break;
    }
    pthread_mutex_unlock(&peer->mutex);
    return NULL;
}

static int checkpoint_later(struct peer *peer) {
    pthread_mutex_lock(&peer->mutex);
    if (!peer->has_writer) peer->has_writer = pthread_create(&peer->writer, NULL, write_checkpoints, peer) == 0;
    peer->is_due = 1;
    pthread_cond_signal(&peer->changed);
    pthread_mutex_unlock(&peer->mutex);
    return peer->has_writer ? 0 : __LINE__;
}

int peer_release(struct peer *peer) {
    if (peer->log >= 0) TRY(close(peer->log));
    if (peer->has_writer) {
        pthread_mutex_lock(&peer->mutex);
        peer->is_closing = 1;
        pthread_cond_signal(&peer->changed);
        pthread_mutex_unlock(&peer->mutex);
        pthread_join(peer->writer, NULL);
        peer->has_writer = 0;
        if (peer->is_failed) return __LINE__;
    }
    TRY(ftruncate(peer->lock, 0));
    TRY(flock(peer->lock, LOCK_UN));
    TRY(close(peer->lock));
    TRY(close(peer->folder));
    peer->lock = peer->folder = peer->log = -1;
    return 0;
}

// Writes the first line of a log to a new file, which is complete before it gets the log's name.
static int begin(struct peer *peer) {
    struct statx found;
    struct stat status;
    TRY(peer->log = openat(peer->folder, ".history.jsonl.tmp", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    size_t count = peer->line_length;
    memcpy(peer->buffer, peer->line, count);
    if (count <= padded_limit) {
        size_t whole = (count + padding + 4095) / 4096 * 4096;
        memset(peer->buffer + count, ' ', whole - count);
        peer->buffer[whole - 1] = '\n';
        count = whole;
    }
    if (pwrite(peer->log, peer->buffer, count, 0) != (ssize_t)count) return __LINE__;
    TRY(fsync(peer->log));
    TRY(renameat(peer->folder, ".history.jsonl.tmp", peer->folder, "history.jsonl"));
    TRY(look(peer->log, NULL, &found));
    TRY(fsync(peer->folder));
    TRY(fstat(peer->folder, &status));
    peer->log_inode = found.stx_ino;
    peer->size = (off_t)found.stx_size;
    peer->end = (off_t)peer->line_length;
    return checkpoint_later(peer);
}

int peer_save(struct peer *peer) {
    struct statx found;
    struct statfs room;
    // Check that the lock is still held and the folder is writable.
    TRY(look(peer->folder, "state.json.lock", &found));
    if (found.stx_ino != peer->lock_inode) return __LINE__;
    TRY(faccessat(peer->folder, ".", W_OK | X_OK, AT_EACCESS));
    if (peer->log < 0) return begin(peer);
    // Check that the log is still the opened file and ends with the line that was written last.
    TRY(look(peer->folder, "history.jsonl", &found));
    if (found.stx_ino != peer->log_inode || (off_t)found.stx_size != peer->size) return __LINE__;
    TRY(pread(peer->log, peer->buffer, peer->line_length + 32, peer->end - (off_t)peer->line_length));
    size_t count = peer->line_length;
    const char *text = peer->line;
    if (peer->end + (off_t)count > peer->size) {
        if (count <= padded_limit) {
            off_t total = (peer->end + (off_t)count + padding + 4095) / 4096 * 4096;
            count = (size_t)(total - peer->end);
        }
        memcpy(peer->buffer, peer->line, peer->line_length);
        memset(peer->buffer + peer->line_length, ' ', count - peer->line_length);
        peer->buffer[count - 1] = '\n';
        text = peer->buffer;
        TRY(fstatfs(peer->folder, &room));
        peer->size = peer->end + (off_t)count;
    }
    if (pwrite(peer->log, text, count, peer->end) != (ssize_t)count) return __LINE__;
    // The line is read back, so that a line damaged by the disk is not acknowledged.
    if (pread(peer->log, peer->buffer, peer->line_length, peer->end) != (ssize_t)peer->line_length) return __LINE__;
    peer->end += (off_t)peer->line_length;
    TRY(fdatasync(peer->log));
    // A log of more than 8 MiB continues in a new file.
    if (peer->end > (8 << 20)) {
        TRY(close(peer->log));
        peer->log = -1;
        TRY(renameat(peer->folder, "history.jsonl", peer->folder, "history.jsonl.1"));
    }
    return checkpoint_later(peer);
}

int peer_load(struct peer *peer) {
    struct statx found;
    int folder = open(peer->path, listing);
    TRY(folder);
    TRY(look(folder, "history.jsonl", &found));
    int log = openat(folder, "history.jsonl", reading);
    TRY(log);
    TRY(look(log, NULL, &found));
    TRY(look(log, NULL, &found));
    size_t part = found.stx_size < window ? found.stx_size : window;
    TRY(pread(log, peer->buffer, part, (off_t)(found.stx_size - part)));
    TRY(close(log));
    TRY(close(folder));
    return 0;
}

int peer_raw_read(struct peer *peer) {
    char path[1100];
    struct stat status;
    snprintf(path, sizeof path, "%s/history.jsonl", peer->path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    TRY(file);
    TRY(fstat(file, &status));
    off_t from = status.st_size > window ? status.st_size - window : 0;
    if (pread(file, peer->buffer, window, from) < 0) return __LINE__;
    TRY(close(file));
    return 0;
}

static int open_folder(struct peer *peer) {
    return peer->folder >= 0 ? 0 : (peer->folder = open(peer->path, listing)) < 0 ? -1 : 0;
}

int peer_bare(struct peer *peer) {
    char temporary[64];
    TRY(open_folder(peer));
    int failed = put_temporary(peer, temporary, sizeof temporary);
    if (failed) return failed;
    TRY(renameat(peer->folder, temporary, peer->folder, "state.json"));
    TRY(fsync(peer->folder));
    return 0;
}

int peer_pid_file(struct peer *peer, int synchronize_folder) {
    char temporary[64], text[32];
    TRY(peer->folder = open(peer->path, listing));
    int lock = openat(peer->folder, "state.pid", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    TRY(lock);
    int count = snprintf(text, sizeof text, "%d\n", (int)getpid());
    TRY(write(lock, text, (size_t)count));
    TRY(close(lock));
    int failed = put_temporary(peer, temporary, sizeof temporary);
    if (failed) return failed;
    TRY(renameat(peer->folder, temporary, peer->folder, "state.json"));
    if (synchronize_folder) TRY(fsync(peer->folder));
    TRY(unlinkat(peer->folder, "state.pid", 0));
    TRY(close(peer->folder));
    peer->folder = -1;
    return 0;
}

int peer_flock(struct peer *peer) {
    TRY(open_folder(peer));
    int lock = openat(peer->folder, "bare.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    TRY(lock);
    TRY(flock(lock, LOCK_EX | LOCK_NB));
    TRY(flock(lock, LOCK_UN));
    TRY(close(lock));
    return 0;
}

long peer_list(const char *path) {
    static char buffer[window];
    long count = 0;
    int folder = open(path, listing);
    if (folder < 0) return -1;
    DIR *stream = fdopendir(folder);
    struct dirent *entry;
    while ((entry = readdir(stream))) {
        struct stat status;
        if (entry->d_name[0] == '.') continue;
        int inner = openat(folder, entry->d_name, listing);
        if (inner < 0) continue;
        int log = openat(inner, "history.jsonl", reading);
        if (log >= 0 && fstat(log, &status) == 0) {
            off_t from = status.st_size > window ? status.st_size - window : 0;
            if (pread(log, buffer, window, from) > 0) count++;
            close(log);
        }
        close(inner);
    }
    closedir(stream);
    return count;
}

// One pass over a JSON text.

struct cursor { const unsigned char *at, *end; long count; };

static void space(struct cursor *c) { while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r')) c->at++; }

static int text(struct cursor *c) {
    if (c->at >= c->end || *c->at++ != '"') return 0;
    while (c->at < c->end && *c->at != '"') {
        if (*c->at < 32) return 0;
        c->at += *c->at == '\\' ? 2 : 1;
    }
    return c->at < c->end && *c->at++ == '"';
}

static int value(struct cursor *c) {
    space(c);
    if (c->at >= c->end) return 0;
    c->count++;
    if (*c->at == '"') return text(c);
    if (*c->at == '{' || *c->at == '[') {
        unsigned char close = *c->at == '{' ? '}' : ']';
        c->at++;
        for (space(c); c->at < c->end && *c->at != close; space(c)) {
            if (close == '}') {
                if (!text(c)) return 0;
                space(c);
                if (c->at >= c->end || *c->at++ != ':') return 0;
            }
            if (!value(c)) return 0;
            space(c);
            if (c->at < c->end && *c->at == ',') c->at++;
        }
        return c->at < c->end && *c->at++ == close;
    }
    const unsigned char *start = c->at;
    while (c->at < c->end && (strchr("+-.eE", *c->at) || (*c->at >= '0' && *c->at <= '9') || (*c->at >= 'a' && *c->at <= 'z'))) c->at++;
    return c->at > start;
}

long peer_scan(const void *bytes, size_t length) {
    struct cursor cursor = {bytes, (const unsigned char *)bytes + length, 0};
    return value(&cursor) ? cursor.count : -1;
}

// The least that a disk needs: a durable line at the end of a log, and nothing else.

static int append(struct peer *peer, int is_reopened, int is_synchronous, size_t pad) {
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | (is_synchronous ? O_DSYNC : 0);
    if (peer->log < 0) TRY(peer->log = openat(peer->folder, "bare.jsonl", flags, 0600));
    size_t count = peer->line_length;
    memcpy(peer->buffer, peer->line, count);
    if (pad > 0 && peer->end + (off_t)count > peer->size) {
        memset(peer->buffer + count, ' ', pad);
        count += pad;
        peer->size = peer->end + (off_t)count;
    }
    if (pwrite(peer->log, peer->buffer, count, peer->end) != (ssize_t)count) return __LINE__;
    if (!is_synchronous) TRY(fdatasync(peer->log));
    peer->end += (off_t)peer->line_length;
    if (is_reopened) {
        TRY(close(peer->log));
        peer->log = -1;
    }
    return 0;
}

int peer_save_variant(struct peer *peer, enum peer_variant variant) {
    TRY(open_folder(peer));
    switch (variant) {
    case peer_append: return append(peer, 0, 0, padding);
    case peer_reopened: return append(peer, 1, 0, padding);
    case peer_growing: return append(peer, 0, 0, 0);
    case peer_much_padding: return append(peer, 0, 0, 64 << 10);
    case peer_synchronous: return append(peer, 0, 1, padding);
    }
    return __LINE__;
}

int peer_hand_over(const char *path, int count, unsigned hold, unsigned rest, const char *output) {
    FILE *times = fopen(output, "w");
    if (!times) return __LINE__;
    for (int i = 0; i < count; i++) {
        int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        TRY(lock);
        TRY(flock(lock, LOCK_EX));
        uint64_t taken = peer_now();
        usleep(hold);
        uint64_t released = peer_now();
        TRY(flock(lock, LOCK_UN));
        TRY(close(lock));
        fprintf(times, "%llu %llu\n", (unsigned long long)taken, (unsigned long long)released);
        usleep(rest);
    }
    return fclose(times);
}
