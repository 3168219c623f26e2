#ifndef C_OPERATING_SYSTEM_H
#define C_OPERATING_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// What `os_spawn` starts. Every descriptor that is not named here is closed in the child.
struct os_spawn_request {
    const char *program;          ///< absolute path
    char *const *arguments;       ///< ends with NULL; the first is the program's own name
    char *const *environment;     ///< ends with NULL; nothing else is passed
    const char *working_folder;   ///< NULL: the caller's
    int input;                    ///< becomes descriptor 0; -1: an empty file
    int output;                   ///< becomes descriptor 1
    int errors;                   ///< becomes descriptor 2
    const int *inherited;         ///< inherited[i] becomes descriptor 3 + i
    int inherited_count;
};

/// Starts a child process as the leader of a session of its own, without a controlling terminal. Returns 0 or an errno value; `*pid` is the child on success.
int os_spawn(const struct os_spawn_request *request, pid_t *pid);

/// Takes room on the disk for a file's first `size` bytes without changing its size. Returns 0, or -1 with errno.
int os_reserve(int descriptor, long long size);

/// Gives the room of a part of a file back to the disk; it reads as zeros then, and the file's size stays as it is.
/// Returns 0, or -1 with errno.
int os_punch(int descriptor, long long offset, long long size);

/// The first offset, not before `offset`, at which a file has content and not a hole. Returns -1 with errno, ENXIO where
/// there is none.
int64_t os_content(int descriptor, int64_t offset);

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

/// Tries whether this process can have so many threads (64 at most) more at the same time. Returns 0 or an errno value.
int os_try_threads(int count);

/// Tries whether this process can open so many files (128 at most) more. Returns 0 or an errno value.
int os_try_descriptors(int count);

/// How many processes and threads this user may have, or how many files this process may have open; -1 without a limit.
int64_t os_limit(bool processes);

/// What Linux says of a process in /proc/PID/stat.
struct os_process {
    char state;      ///< as in proc(5): `Z` for a process that has ended and was not waited for, `T` for a stopped one
    pid_t parent;
    pid_t group;
    pid_t session;
    int64_t start;   ///< clock ticks since boot
};

/// Reads what the system says of a process. Returns 0, or -1 where it says nothing: no such process, or no /proc.
int os_process_facts(pid_t pid, struct os_process *facts);

/// The time at which a live process started, in a unit of the system's own; -1 when there is certainly no such
/// process, 0 when there may be one and the system does not show it.
int64_t os_process_start(pid_t pid);

/// Whether the system has a locale of this name whose encoding is UTF-8.
bool os_has_utf8_locale(const char *name);

/// The words that this process was started with, the program's name first; ends with NULL. NULL where the C library does
/// not say.
char *const *os_arguments(void);

/// The environment of this process, `NAME=value` each; ends with NULL.
char *const *os_environment(void);

/// Whether a signal is ignored now, as `nohup` leaves SIGHUP, and `&` in a script SIGINT, to the program that it starts.
bool os_signal_is_ignored(int number);

/// Waits for a child that is known to have ended and returns its `wait` status, or -1 with errno.
int os_reap(pid_t pid, bool *exited, int *code);

/// Reaps the ended children of a process group. For a group whose leader is reaped already: what is left in it was
/// adopted, which happens to process 1 of a container.
void os_reap_adopted(pid_t group);

#endif
