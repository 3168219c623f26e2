#ifndef C_PEERS_H
#define C_PEERS_H

#include <stddef.h>
#include <stdint.h>

// Returns the time in nanoseconds of a clock that all processes of a machine share.
uint64_t peer_now(void);

// A folder in which one of the recipes below saves `length` bytes at a time. Every function returns 0, or the number of
// the line of CPeers.c that failed, with errno set.
struct peer;
struct peer *peer_open(const char *folder, const void *content, size_t length, const void *line, size_t line_length);
void peer_close(struct peer *peer);

// The system calls of the library, and no other work.
int peer_take(struct peer *peer);
int peer_save(struct peer *peer);
int peer_release(struct peer *peer);
int peer_load(struct peer *peer);

// The recipes of other libraries.
int peer_bare(struct peer *peer);
int peer_pid_file(struct peer *peer, int synchronize_folder);
int peer_raw_read(struct peer *peer);
int peer_flock(struct peer *peer);
// Reads the end of every environment's log, which is the stored state, and returns the number of environments.
long peer_list(const char *folder);
// Checks a JSON text in one pass without storing values; returns the number of values, or -1.
long peer_scan(const void *bytes, size_t length);

// Variants of a save that show what the disk permits.
enum peer_variant {
    peer_append,       // an appended line, padded as in the library, with fdatasync
    peer_reopened,     // the same, with an open and a close for each line
    peer_growing,      // without padding, so that the file grows each time
    peer_much_padding, // with 64 KiB of padding
    peer_synchronous   // O_DSYNC instead of fdatasync
};
int peer_save_variant(struct peer *peer, enum peer_variant variant);

// SQLite (WAL, synchronous FULL), loaded at run time; NULL and a reason when it cannot be used.
struct sqlite_peer;
struct sqlite_peer *sqlite_peer_open(const char *file, const char **reason);
int sqlite_peer_save(struct sqlite_peer *peer, const void *content, size_t length, const void *line, size_t line_length);
void sqlite_peer_close(struct sqlite_peer *peer);
const char *sqlite_peer_version(void);

// Takes the lock of a file `count` times, with the kernel's own queue, and writes the times at which it held it to
// `output`.
int peer_hand_over(const char *file, int count, unsigned hold_microseconds, unsigned rest_microseconds, const char *output);

#endif
