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

/// The name of the network or user-space file system that has this type number (`f_type` of statfs(2)); NULL for others.
/// Linux's numbers; elsewhere NULL.
const char *os_network_file_system(int64_t type);

/// The name of the network or user-space file system that the file is on; NULL when it is on another or cannot be known.
/// `name` holds it where the system gives a text.
const char *os_network_file_system_of(int descriptor, char name[32]);

/// The time at which a live process started, in a unit of the system's own; -1 when there is certainly no such
/// process, 0 when there may be one and the system does not show it.
int64_t os_process_start(pid_t pid);

/// The words that this process was started with, the program's name first; ends with NULL. NULL where the C library does
/// not say.
char *const *os_arguments(void);

/// Whether a signal is ignored now, as `nohup` leaves SIGHUP, and `&` in a script SIGINT, to the program that it starts.
bool os_signal_is_ignored(int number);

/// Waits for a child that is known to have ended and returns its `wait` status, or -1 with errno.
int os_reap(pid_t pid, bool *exited, int *code);

#endif
