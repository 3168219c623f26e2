#ifndef C_PEERS_H
#define C_PEERS_H

#include <stddef.h>
#include <stdint.h>

// Nanoseconds of the clock that all processes of a machine share.
uint64_t peer_now(void);

// A folder in which one of the recipes below saves `length` bytes at a time. Every function returns 0, or a line
// number of CPeers.c with errno set.
struct peer;
struct peer *peer_open(const char *folder, const void *content, size_t length, const void *line, size_t line_length);
void peer_close(struct peer *peer);

// The system calls of the library, one by one, with nothing between them.
int peer_take(struct peer *peer);
int peer_save(struct peer *peer);
int peer_release(struct peer *peer);
int peer_load(struct peer *peer);

// What others do.
int peer_bare(struct peer *peer);
int peer_pid_file(struct peer *peer, int synchronize_folder);
int peer_raw_read(struct peer *peer);
int peer_flock(struct peer *peer);
// Reads the end of every environment's log, which is what is stored, and counts them.
long peer_list(const char *folder);
// One pass over JSON that checks it and keeps nothing: the number of values, or -1.
long peer_scan(const void *bytes, size_t length);

// The variants that answer what the disk could give.
enum peer_variant {
    peer_append,       // a line behind the others, padded as the library does, fdatasync
    peer_reopened,     // the same with an open and a close for each
    peer_growing,      // without padding, so that the file grows each time
    peer_much_padding, // 64 KiB of it
    peer_synchronous   // O_DSYNC in place of fdatasync
};
int peer_save_variant(struct peer *peer, enum peer_variant variant);

// SQLite (WAL, synchronous FULL), loaded at run time; nil and a reason when it cannot be used.
struct sqlite_peer;
struct sqlite_peer *sqlite_peer_open(const char *file, const char **reason);
int sqlite_peer_save(struct sqlite_peer *peer, const void *content, size_t length, const void *line, size_t line_length);
void sqlite_peer_close(struct sqlite_peer *peer);
const char *sqlite_peer_version(void);

// Takes the lock of a file with the kernel's own queue, `count` times, and writes when it had it to `output`.
int peer_hand_over(const char *file, int count, unsigned hold_microseconds, unsigned rest_microseconds, const char *output);

#endif
