#ifndef C_OPERATING_SYSTEM_H
#define C_OPERATING_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// The arguments of `os_spawn`. Every descriptor that is not named here is closed in the child.
struct os_spawn_request {
    const char *program;          ///< absolute path
    char *const *arguments;       ///< ends with NULL; the first is the program's own name
    char *const *environment;     ///< ends with NULL; nothing else is passed
    const char *working_folder;   ///< NULL for the caller's
    int input;                    ///< becomes descriptor 0; -1 for an empty file
    int output;                   ///< becomes descriptor 1
    int errors;                   ///< becomes descriptor 2
    const int *inherited;         ///< inherited[i] becomes descriptor 3 + i
    int inherited_count;
};

/// Starts a child process as the leader of its own session, without a controlling terminal. Returns 0 or an errno
/// value; `*pid` is the child on success.
int os_spawn(const struct os_spawn_request *request, pid_t *pid);

/// Reserves disk space for a file's first `size` bytes without changing its size. Returns 0, or -1 with errno.
int os_reserve(int descriptor, long long size);

/// Releases the disk space of a part of a file, which then reads as zeros; the file's size does not change. Returns 0,
/// or -1 with errno.
int os_punch(int descriptor, long long offset, long long size);

/// Returns the first offset, not before `offset`, at which a file has content and not a hole, or -1 with errno, which
/// is ENXIO when there is none.
int64_t os_content(int descriptor, int64_t offset);

/// Creates a pipe whose descriptors are closed in children. Returns 0, or -1 with errno.
int os_pipe(int ends[2]);

/// Opens a descriptor that becomes readable when `pid` ends. Linux only; elsewhere -1 with errno ENOSYS.
int os_process_descriptor(pid_t pid);

/// Makes a file's or folder's content durable (`F_FULLFSYNC` on Darwin, `fsync` elsewhere).
int os_synchronize(int descriptor);

/// Makes a file's content durable, and of its metadata only what reading the content needs (`F_FULLFSYNC` on Darwin,
/// `fdatasync` elsewhere).
int os_synchronize_data(int descriptor);

/// The identity, size and mode of a file. The times are omitted, because reading them costs the next `fdatasync` 50 to
/// 80 microseconds (Linux 6.13 and later, which then give the file a finer time).
struct os_identity {
    uint64_t device;
    uint64_t inode;
    int64_t size;   ///< bytes
    uint32_t mode;  ///< type and permission bits
    uint32_t owner;
};

/// Reads the identity of `name` in a folder without following a link, or, if `name` is NULL, of the open file itself.
/// Returns 0, or -1 with errno.
int os_identify(int folder, const char *name, struct os_identity *found);

/// Returns the CRC-32C (polynomial 0x1EDC6F41, reflected) of the bytes, with the processor's instruction if it has one.
uint32_t os_crc32c(const void *bytes, size_t count);

/// Returns or sets whether the calling thread may block.
bool os_thread_may_block(void);
void os_set_thread_may_block(bool may_block);

/// Returns the name of the network or user-space file system with a type number of Linux (`f_type` of statfs(2)); NULL
/// for others, and on other systems.
const char *os_network_file_system(int64_t type);

/// Returns the name of the network or user-space file system of a file; NULL when it is another one or unknown. `name`
/// is the buffer for systems that return a text.
const char *os_network_file_system_of(int descriptor, char name[32]);

/// Tries whether this process can create `count` more threads (at most 64). Returns 0 or an errno value.
int os_try_threads(int count);

/// Tries whether this process can open `count` more files (at most 128). Returns 0 or an errno value.
int os_try_descriptors(int count);

/// Returns the maximum number of processes and threads of this user, or of open files of this process; -1 for no limit.
int64_t os_limit(bool processes);

/// The properties of a process in /proc/PID/stat (Linux).
struct os_process {
    char state;      ///< as in proc(5): `Z` for a process that has ended and was not waited for, `T` for a stopped one
    pid_t parent;
    pid_t group;
    pid_t session;
    int64_t start;   ///< clock ticks since boot
};

/// Reads the properties of a process. Returns 0, or -1 when there is no such process or no /proc.
int os_process_facts(pid_t pid, struct os_process *facts);

/// Returns the start time of a live process, in a unit of the operating system; -1 when there is certainly no such
/// process, 0 when there may be one that the system does not show.
int64_t os_process_start(pid_t pid);

/// Returns whether the system has a locale with a name and the encoding UTF-8.
bool os_has_utf8_locale(const char *name);

/// Returns the words that this process was started with, the program's name first, with NULL at the end; NULL when the
/// C library does not provide them.
char *const *os_arguments(void);

/// Returns the environment of this process as `NAME=value` texts, with NULL at the end.
char *const *os_environment(void);

/// Returns whether a signal is ignored. `nohup` starts a program with SIGHUP ignored, and `&` in a script with SIGINT.
bool os_signal_is_ignored(int number);

/// Waits for a child that is known to have ended. Returns 0, or -1 with errno; `*exited` says whether the child exited,
/// and `*code` is its exit code or else the number of the signal that ended it.
int os_reap(pid_t pid, bool *exited, int *code);

/// Reaps the ended children of a process group whose leader was reaped before. Its other members were adopted, as by
/// process 1 of a container.
void os_reap_adopted(pid_t group);

#endif
