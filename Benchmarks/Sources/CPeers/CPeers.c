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

struct peer {
    char path[1024], lock_path[1100], temporary_folder[1024], emergency[1100];
    const char *content, *line;
    size_t length, line_length;
    char *buffer;
    int folder, lock, backups, history, files[2];
    int current, unsynchronized, prepared, asked, is_quick;
    long serial;
    off_t position;
    char record[1024];
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
    snprintf(peer->temporary_folder, sizeof peer->temporary_folder, "%s/../no-other-emergency", folder);
    peer->content = copy;
    peer->length = length;
    peer->line = copy + length;
    peer->line_length = line_length;
    peer->buffer = malloc(length + (2u << 20));
    memset(peer->record, ' ', sizeof peer->record);
    peer->folder = peer->lock = peer->backups = peer->history = peer->files[0] = peer->files[1] = -1;
    return peer;
}

void peer_close(struct peer *peer) {
    int open[] = {peer->folder, peer->lock, peer->backups, peer->history, peer->files[0], peer->files[1]};
    for (int i = 0; i < 6; i++) if (open[i] >= 0) close(open[i]);
    free((void *)peer->content);
    free(peer->buffer);
    free(peer);
}

enum { reading = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, listing = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

static int read_all(int folder, const char *name, char *buffer, size_t room, off_t *size) {
    struct stat status;
    int file = openat(folder, name, reading);
    if (file < 0) return -1;
    if (fstat(file, &status) < 0) return -1;
    ssize_t count = 1;
    for (off_t at = 0; count > 0; at += count)
        if ((count = pread(file, buffer + at, room - (size_t)at, at)) < 0) return -1;
    *size = status.st_size;
    return close(file);
}

// Looks for emergency records where they would be; 0 when there are none, as it should be.
static int look_for_records(struct peer *peer) {
    return open(peer->emergency, listing) >= 0 || open(peer->temporary_folder, listing) >= 0;
}

int peer_take(struct peer *peer) {
    struct stat status;
    struct statfs system;
    off_t size = 0;
    TRY(peer->folder = open(peer->path, listing));
    TRY(fstatfs(peer->folder, &system));
    // Whether a folder that is there already is an environment's.
    fstatat(peer->folder, "state.json.lock", &status, AT_SYMLINK_NOFOLLOW);
    TRY(peer->lock = openat(peer->folder, "state.json.lock", O_RDWR | O_CREAT | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0600));
    TRY(fstat(peer->lock, &status));
    TRY(flock(peer->lock, LOCK_EX | LOCK_NB));
    TRY(fstatat(peer->folder, "state.json.lock", &status, AT_SYMLINK_NOFOLLOW));
    TRY(pread(peer->lock, peer->buffer, sizeof peer->record, 0));
    TRY(pwrite(peer->lock, peer->record, sizeof peer->record, 0));
    TRY(fstat(peer->folder, &status));
    fstatat(peer->folder, "state.json", &status, AT_SYMLINK_NOFOLLOW);
    fstatat(peer->folder, "state.json.lock", &status, AT_SYMLINK_NOFOLLOW);
    fstatat(peer->folder, "history.jsonl", &status, AT_SYMLINK_NOFOLLOW);
    int copy = openat(peer->folder, ".", listing);
    TRY(copy);
    DIR *stream = fdopendir(copy);
    while (readdir(stream)) {}
    TRY(closedir(stream));
    if (fstatat(peer->folder, "state.json", &status, AT_SYMLINK_NOFOLLOW) == 0)
        TRY(read_all(peer->folder, "state.json", peer->buffer, peer->length + 1, &size));
    if (size > 0 && look_for_records(peer)) return __LINE__;
    // Does the history end with the line that is in the state?
    int history = openat(peer->folder, "history.jsonl", reading);
    if (history >= 0) {
        TRY(fstat(history, &status));
        off_t start = status.st_size - (off_t)peer->line_length - 1;
        TRY(pread(history, peer->buffer, peer->line_length + 1, start > 0 ? start : 0));
        TRY(close(history));
    }
    return 0;
}

int peer_release(struct peer *peer) {
    if (peer->unsynchronized > 0) {
        int history = openat(peer->folder, "history.jsonl", O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0600);
        TRY(history);
        TRY(fsync(history));
        TRY(close(history));
        peer->unsynchronized = 0;
    }
    TRY(ftruncate(peer->lock, 0));
    TRY(flock(peer->lock, LOCK_UN));
    TRY(close(peer->lock));
    TRY(close(peer->folder));
    if (peer->backups >= 0) TRY(close(peer->backups));
    peer->lock = peer->folder = peer->backups = -1;
    peer->asked = 0;
    return 0;
}

static int put_temporary(struct peer *peer, char *name, size_t room, int data_only, int read_back) {
    snprintf(name, room, ".state.%ld.%08x.tmp", peer->serial, (unsigned)random());
    int file = openat(peer->folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    TRY(file);
    if (write(file, peer->content, peer->length) != (ssize_t)peer->length) return __LINE__;
    if (read_back) {
        struct stat status;
        TRY(fstat(file, &status));
        if (pread(file, peer->buffer, peer->length + 1, 0) != (ssize_t)peer->length) return __LINE__;
        TRY(pread(file, peer->buffer, peer->length + 1, (off_t)peer->length));
    }
    uint64_t start = peer_now();
    TRY(data_only ? fdatasync(file) : fsync(file));
    // Where that costs nothing, a second thread would.
    peer->is_quick = peer_now() - start < 50000;
    TRY(close(file));
    return 0;
}

struct choice { int backups_fsync, backup_beside, fdatasync, history_open, in_turn; };

// A second thread that makes one folder durable while the first one does the other.
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int started, folder, result;
} second = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, -1, 0};

static void *synchronize_folders(void *unused) {
    (void)unused;
    pthread_mutex_lock(&second.mutex);
    for (;;) {
        while (second.folder < 0) pthread_cond_wait(&second.changed, &second.mutex);
        int folder = second.folder;
        pthread_mutex_unlock(&second.mutex);
        int result = fsync(folder);
        pthread_mutex_lock(&second.mutex);
        second.result = result;
        second.folder = -1;
        pthread_cond_broadcast(&second.changed);
    }
    return NULL;
}

static int synchronize_both(int first, int other) {
    pthread_mutex_lock(&second.mutex);
    if (!second.started) {
        pthread_t thread;
        second.started = 1;
        if (pthread_create(&thread, NULL, synchronize_folders, NULL) != 0) return -1;
        pthread_detach(thread);
    }
    second.folder = other;
    pthread_cond_broadcast(&second.changed);
    pthread_mutex_unlock(&second.mutex);
    int result = fsync(first);
    pthread_mutex_lock(&second.mutex);
    while (second.folder >= 0) pthread_cond_wait(&second.changed, &second.mutex);
    if (second.result < 0) result = -1;
    pthread_mutex_unlock(&second.mutex);
    return result;
}

static int save(struct peer *peer, struct choice choice) {
    struct stat status;
    char temporary[64], newest[64], oldest[64], last[1];
    off_t size = 0;
    // Is the lock still ours, and is what is stored what we last saw?
    TRY(fstatat(peer->folder, "state.json.lock", &status, AT_SYMLINK_NOFOLLOW));
    TRY(fstat(peer->lock, &status));
    int exists = fstatat(peer->folder, "state.json", &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (exists) TRY(read_all(peer->folder, "state.json", peer->buffer, peer->length + 1, &size));
    // May we write there, and is there room?
    struct statfs room;
    TRY(faccessat(peer->folder, ".", W_OK | X_OK, AT_EACCESS));
    TRY(fstatfs(peer->folder, &room));
    int failed = put_temporary(peer, temporary, sizeof temporary, choice.fdatasync, 1);
    if (failed) return failed;
    // Opened by the lease's first save.
    if (!choice.backup_beside && peer->backups < 0) {
        mkdirat(peer->folder, "backups", 0700);
        TRY(peer->backups = openat(peer->folder, "backups", listing | O_NOFOLLOW));
    }
    int backups = choice.backup_beside ? peer->folder : peer->backups;
    snprintf(newest, sizeof newest, "state.%ld.json", peer->serial);
    snprintf(oldest, sizeof oldest, "state.%ld.json", peer->serial - 5);
    if (exists) TRY(linkat(peer->folder, "state.json", backups, newest, 0));
    unlinkat(backups, oldest, 0);
    snprintf(oldest, sizeof oldest, "state.%ld.json", peer->serial - 6);
    unlinkat(backups, oldest, 0);
    TRY(renameat(peer->folder, temporary, peer->folder, "state.json"));
    int in_turn = choice.in_turn || peer->is_quick;
    // xfs lets the fsync of a folder succeed after a shutdown; its status tells.
    TRY(in_turn || !choice.backups_fsync ? fsync(peer->folder) : synchronize_both(peer->folder, backups));
    TRY(fstat(peer->folder, &status));
    if (choice.backups_fsync) {
        if (in_turn) TRY(fsync(backups));
        TRY(fstat(backups, &status));
    }
    peer->serial++;
    // Is there an emergency record to remove? Asked once a lease.
    if (!peer->asked) {
        peer->asked = 1;
        if (look_for_records(peer)) return __LINE__;
    }
    int history = peer->history;
    if (history < 0)
        TRY(history = openat(peer->folder, "history.jsonl", O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0600));
    // How long is it, and does it end with a newline?
    TRY(fstat(history, &status));
    if (status.st_size > 0) TRY(pread(history, last, 1, status.st_size - 1));
    TRY(write(history, peer->line, peer->line_length));
    if (++peer->unsynchronized >= 5) {
        TRY(fsync(history));
        peer->unsynchronized = 0;
    }
    if (choice.history_open) {
        peer->history = history;
    } else {
        TRY(close(history));
    }
    return 0;
}

int peer_save(struct peer *peer) { return save(peer, (struct choice){.backups_fsync = 1}); }

int peer_load(struct peer *peer) {
    struct stat status;
    off_t size = 0;
    int folder = open(peer->path, listing);
    TRY(folder);
    TRY(fstatat(folder, "state.json", &status, AT_SYMLINK_NOFOLLOW));
    TRY(read_all(folder, "state.json", peer->buffer, peer->length + 1, &size));
    TRY(close(folder));
    return 0;
}

int peer_raw_read(struct peer *peer) {
    char path[1100];
    struct stat status;
    snprintf(path, sizeof path, "%s/state.json", peer->path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    TRY(file);
    TRY(fstat(file, &status));
    if (read(file, peer->buffer, (size_t)status.st_size) != status.st_size) return __LINE__;
    TRY(close(file));
    return 0;
}

static int open_folder(struct peer *peer) {
    return peer->folder >= 0 ? 0 : (peer->folder = open(peer->path, listing)) < 0 ? -1 : 0;
}

int peer_bare(struct peer *peer) {
    char temporary[64];
    TRY(open_folder(peer));
    int failed = put_temporary(peer, temporary, sizeof temporary, 0, 0);
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
    int failed = put_temporary(peer, temporary, sizeof temporary, 0, 0);
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
    struct stat status;
    long count = 0;
    int folder = open(path, listing);
    if (folder < 0) return -1;
    DIR *stream = fdopendir(folder);
    struct dirent *entry;
    while ((entry = readdir(stream))) {
        char name[300];
        if (entry->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "%s/state.json", entry->d_name);
        if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(status.st_mode)) continue;
        if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0) count++;
    }
    closedir(stream);
    return count;
}

// One pass over JSON.

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

// What the disk could give.

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

static int exchange(struct peer *peer) {
#ifdef __linux__
    static const char *names[] = {"state.json", "state.json.next"};
    if (!peer->prepared) {
        for (int i = 0; i < 2; i++) {
            TRY(peer->files[i] = openat(peer->folder, names[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600));
            if (pwrite(peer->files[i], peer->content, peer->length, 0) != (ssize_t)peer->length) return __LINE__;
            TRY(fsync(peer->files[i]));
        }
        TRY(fsync(peer->folder));
        peer->prepared = 1;
    }
    int next = peer->files[1 - peer->current];
    if (pwrite(next, peer->content, peer->length, 0) != (ssize_t)peer->length) return __LINE__;
    TRY(fdatasync(next));
    TRY(renameat2(peer->folder, names[1], peer->folder, names[0], RENAME_EXCHANGE));
    TRY(fsync(peer->folder));
    peer->current = 1 - peer->current;
    return 0;
#else
    errno = ENOSYS;
    return __LINE__;
#endif
}

static int append(struct peer *peer, int preallocated) {
    enum { slots = 1024 };
    size_t slot = (peer->length + 4095) / 4096 * 4096;
    if (!peer->prepared) {
        TRY(peer->files[0] = openat(peer->folder, "state.log", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (preallocated) {
            char *zeros = calloc(1, slot);
            for (int i = 0; i < slots; i++) if (write(peer->files[0], zeros, slot) != (ssize_t)slot) return __LINE__;
            free(zeros);
            TRY(fsync(peer->files[0]));
        }
        TRY(fsync(peer->folder));
        peer->prepared = 1;
    }
    if (pwrite(peer->files[0], peer->content, peer->length, peer->position) != (ssize_t)peer->length) return __LINE__;
    TRY(fdatasync(peer->files[0]));
    peer->position += preallocated ? (off_t)slot : (off_t)peer->length;
    if (preallocated && peer->position >= (off_t)(slots * slot)) peer->position = 0;
    return 0;
}

int peer_save_variant(struct peer *peer, enum peer_variant variant) {
    switch (variant) {
    case peer_without_backups_fsync: return save(peer, (struct choice){0});
    case peer_backup_beside: return save(peer, (struct choice){.backup_beside = 1});
    case peer_fdatasync: return save(peer, (struct choice){.backups_fsync = 1, .fdatasync = 1});
    case peer_open_history: return save(peer, (struct choice){.backups_fsync = 1, .history_open = 1});
    case peer_folders_in_turn: return save(peer, (struct choice){.backups_fsync = 1, .in_turn = 1});
    case peer_exchange: return exchange(peer);
    case peer_log: return append(peer, 0);
    case peer_log_preallocated: return append(peer, 1);
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
