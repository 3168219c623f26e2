#ifndef C_OPERATING_SYSTEM_H
#define C_OPERATING_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// What `os_spawn` starts. Every descriptor that is not named here is closed in the child.
struct os_spawn_request {
    const char *program;          ///< absolute path
    char *const *arguments;       ///< ends with NULL; the first is the program's own name
    char *const *environment;     ///< ends with NULL; nothing else is handed on
    const char *working_folder;   ///< NULL: the caller's
    int output;                   ///< becomes descriptor 1
    int errors;                   ///< becomes descriptor 2
    const int *inherited;         ///< inherited[i] becomes descriptor 3 + i
    int inherited_count;
    bool new_session;             ///< true: a session of its own; false: a process group
    pid_t group;                  ///< the process group that it joins; 0: one of its own
};

/// Starts a child process. Returns 0 or an errno value; `*pid` is the child on success.
int os_spawn(const struct os_spawn_request *request, pid_t *pid);

/// Takes room on the disk for a file's first `size` bytes without changing its size. Returns 0, or -1 with errno.
int os_reserve(int descriptor, long long size);

/// Makes a pipe that no child inherits by itself. Returns 0, or -1 with errno.
int os_pipe(int ends[2]);

/// Opens a descriptor that becomes readable when `pid` ends. Linux only; elsewhere -1 with errno ENOSYS.
int os_process_descriptor(pid_t pid);

/// Makes a file's or folder's content durable (`F_FULLFSYNC` on Darwin, `fsync` elsewhere).
int os_synchronize(int descriptor);

/// Makes a file's content durable, and of its metadata only what reading the content needs (`F_FULLFSYNC` on Darwin,
/// `fdatasync` elsewhere).
int os_synchronize_data(int descriptor);

/// What names a file, without its times: asking for a time costs the next `fdatasync` 50 to 80 microseconds (Linux 6.13
/// and later, which then give the file a finer time).
struct os_identity {
    uint64_t device;
    uint64_t inode;
    int64_t size;   ///< bytes
    uint32_t mode;  ///< type and permission bits
    uint32_t owner;
};

/// Looks up `name` in a folder, not following a link; `name` NULL: the open file itself. Returns 0, or -1 with errno.
int os_identify(int folder, const char *name, struct os_identity *found);

/// The CRC-32C (polynomial 0x1EDC6F41, reflected) of the bytes, with the processor's instruction where there is one.
uint32_t os_crc32c(const void *bytes, size_t count);

/// Whether the calling thread was made for blocking work, and the way to say so.
bool os_thread_may_block(void);
void os_set_thread_may_block(bool may_block);

/// The name of the network or user-space file system that has this type number (`f_type` of statfs(2)); NULL for others.
/// Linux's numbers; elsewhere NULL.
const char *os_network_file_system(int64_t type);

/// The name of the network or user-space file system that the file is on; NULL when it is on another or cannot be known.
/// `name` holds it where the system gives a text.
const char *os_network_file_system_of(int descriptor, char name[32]);

/// The time at which a live process started, in a unit of the system's own; -1 when there is certainly no such
/// process, 0 when there may be one and the system does not show it.
int64_t os_process_start(pid_t pid);

/// Whether a signal is ignored now, as `nohup` leaves SIGHUP to the program that it starts.
bool os_signal_is_ignored(int number);

/// Waits for a child that is known to have ended and returns its `wait` status, or -1 with errno.
int os_reap(pid_t pid, bool *exited, int *code);

#endif
