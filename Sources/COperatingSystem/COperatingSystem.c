#define _GNU_SOURCE
#include "COperatingSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#include <sys/vfs.h>
#else
#include <sys/mount.h>
#include <sys/param.h>
#include <libproc.h>
#include <xlocale.h>
#endif

// Descriptors are first copied to these numbers, so that none is overwritten before it is passed to the child.
enum { high_descriptors = 32 };

// Programs do not expect EAGAIN from inherited descriptors, and some refuse to start with non-blocking ones.
static int make_blocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return errno;
    return (flags & O_NONBLOCK) && fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) < 0 ? errno : 0;
}

int os_spawn(const struct os_spawn_request *request, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int copies[16];
    int count = 0;
    int error = 0;

    if (request->inherited_count > (int)(sizeof copies / sizeof *copies)) return E2BIG;
    if ((error = posix_spawn_file_actions_init(&actions)) != 0) return error;
    if ((error = posix_spawnattr_init(&attributes)) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }

#define ATTEMPT(call) if ((error = (call)) != 0) goto done
    if (request->input < 0) {
        ATTEMPT(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0));
    } else {
        ATTEMPT(make_blocking(request->input));
        ATTEMPT(posix_spawn_file_actions_adddup2(&actions, request->input, 0));
    }
    for (; count < request->inherited_count; count++) {
        copies[count] = fcntl(request->inherited[count], F_DUPFD_CLOEXEC, high_descriptors);
        if (copies[count] < 0) { error = errno; goto done; }
    }
    ATTEMPT(make_blocking(request->output));
    ATTEMPT(make_blocking(request->errors));
    ATTEMPT(posix_spawn_file_actions_adddup2(&actions, request->output, 1));
    ATTEMPT(posix_spawn_file_actions_adddup2(&actions, request->errors, 2));
    for (int i = 0; i < count; i++) ATTEMPT(posix_spawn_file_actions_adddup2(&actions, copies[i], 3 + i));
    if (request->working_folder)
        ATTEMPT(posix_spawn_file_actions_addchdir_np(&actions, request->working_folder));

    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
#ifdef __linux__
    ATTEMPT(posix_spawn_file_actions_addclosefrom_np(&actions, 3 + count));
#else
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
    flags |= POSIX_SPAWN_SETSID;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ATTEMPT(posix_spawnattr_setsigmask(&attributes, &none));
    ATTEMPT(posix_spawnattr_setsigdefault(&attributes, &all));
    ATTEMPT(posix_spawnattr_setflags(&attributes, flags));
    ATTEMPT(posix_spawn(pid, request->program, &actions, &attributes, request->arguments, request->environment));
#undef ATTEMPT

done:
    for (int i = 0; i < count; i++) close(copies[i]);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int os_reserve(int descriptor, long long size) {
#ifdef __linux__
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, size);
#else
    fstore_t store = {.fst_flags = F_ALLOCATEALL, .fst_posmode = F_PEOFPOSMODE, .fst_length = size};
    return fcntl(descriptor, F_PREALLOCATE, &store) == -1 ? -1 : 0;
#endif
}

int os_punch(int descriptor, long long offset, long long size) {
#ifdef __linux__
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
#else
    fpunchhole_t hole = {.fp_offset = offset, .fp_length = size};
    return fcntl(descriptor, F_PUNCHHOLE, &hole) == -1 ? -1 : 0;
#endif
}

int64_t os_content(int descriptor, int64_t offset) {
    return lseek(descriptor, offset, SEEK_DATA);
}

int os_pipe(int ends[2]) {
#ifdef __linux__
    return pipe2(ends, O_CLOEXEC);
#else
    if (pipe(ends) != 0) return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

int os_process_descriptor(pid_t pid) {
#ifdef __linux__
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    errno = ENOSYS;
    return -1;
#endif
}

int os_synchronize(int descriptor) {
#ifdef __APPLE__
    // Folders and some file systems do not support F_FULLFSYNC; fsync is the best that they offer.
    if (fcntl(descriptor, F_FULLFSYNC) == 0) return 0;
    if (errno != EINVAL && errno != ENOTSUP && errno != ENOTTY) return -1;
#endif
    return fsync(descriptor);
}

int os_synchronize_data(int descriptor) {
#ifdef __APPLE__
    return os_synchronize(descriptor);
#else
    return fdatasync(descriptor);
#endif
}

int os_identify(int folder, const char *name, struct os_identity *found) {
#ifdef __linux__
    struct statx status;
    int flags = name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;
    unsigned mask = STATX_TYPE | STATX_MODE | STATX_UID | STATX_INO | STATX_SIZE;
    if (statx(folder, name ? name : "", flags, mask, &status) != 0) return -1;
    *found = (struct os_identity){
        .device = (uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor, .inode = status.stx_ino,
        .size = (int64_t)status.stx_size, .mode = status.stx_mode, .owner = status.stx_uid};
#else
    struct stat status;
    int result = name ? fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) : fstat(folder, &status);
    if (result != 0) return -1;
    *found = (struct os_identity){
        .device = (uint64_t)status.st_dev, .inode = (uint64_t)status.st_ino, .size = (int64_t)status.st_size,
        .mode = status.st_mode, .owner = status.st_uid};
#endif
    return 0;
}

static uint32_t crc32c_by_table(uint32_t value, const unsigned char *bytes, size_t count) {
    // The checksum is computed a nibble at a time, with a table that is small enough to check by eye.
    static const uint32_t table[16] = {
        0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
        0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75};
    for (size_t i = 0; i < count; i++) {
        value ^= bytes[i];
        value = value >> 4 ^ table[value & 15];
        value = value >> 4 ^ table[value & 15];
    }
    return value;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2")))
static uint32_t crc32c_by_instruction(uint32_t value, const unsigned char *bytes, size_t count) {
    uint64_t wide = value;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    value = (uint32_t)wide;
    while (count--) value = __builtin_ia32_crc32qi(value, *bytes++);
    return value;
}
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
static uint32_t crc32c_by_instruction(uint32_t value, const unsigned char *bytes, size_t count) {
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        value = __crc32cd(value, word);
    }
    while (count--) value = __crc32cb(value, *bytes++);
    return value;
}
#endif

uint32_t os_crc32c(const void *bytes, size_t count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~crc32c_by_instruction(0xFFFFFFFF, bytes, count);
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
    return ~crc32c_by_instruction(0xFFFFFFFF, bytes, count);
#endif
    return ~crc32c_by_table(0xFFFFFFFF, bytes, count);
}

static _Thread_local bool thread_may_block;
bool os_thread_may_block(void) { return thread_may_block; }
void os_set_thread_may_block(bool may_block) { thread_may_block = may_block; }

const char *os_network_file_system(int64_t type) {
#ifdef __linux__
    // The numbers come from statfs(2); they are 32 bits wide, whatever the type of the member.
    switch ((uint32_t)type) {
    case 0x6969: return "nfs";
    case 0x517B: return "smb";
    case 0xFF534D42: return "cifs";
    case 0xFE534D42: return "smb2";
    case 0x65735546: return "fuse";
    case 0x01021997: return "9p";
    case 0x00C36400: return "ceph";
    case 0x5346414F: return "afs";
    case 0x0BD00BD0: return "lustre";
    }
#endif
    (void)type;
    return NULL;
}

const char *os_network_file_system_of(int descriptor, char name[32]) {
    struct statfs status;
    if (fstatfs(descriptor, &status) != 0) return NULL;
#ifdef __linux__
    (void)name;
    return os_network_file_system((int64_t)status.f_type);
#else
    if (status.f_flags & MNT_LOCAL) return NULL;
    snprintf(name, 32, "%s", status.f_fstypename);
    return name;
#endif
}

static void *wait_for_all(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

int os_try_threads(int count) {
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t threads[64];
    int made = 0, error = 0;
    if (count > 64) count = 64;
    pthread_mutex_lock(&gate);
    while (made < count && (error = pthread_create(&threads[made], NULL, wait_for_all, &gate)) == 0) made++;
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < made; i++) pthread_join(threads[i], NULL);
    return error;
}

int os_try_descriptors(int count) {
    int opened[128];
    int made = 0, error = 0;
    if (count > 128) count = 128;
    while (made < count) {
        opened[made] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (opened[made] < 0) { error = errno; break; }
        made++;
    }
    for (int i = 0; i < made; i++) close(opened[i]);
    return error;
}

int64_t os_limit(bool processes) {
    struct rlimit limit;
    if (getrlimit(processes ? RLIMIT_NPROC : RLIMIT_NOFILE, &limit) != 0) return -1;
    return limit.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_cur;
}

int os_process_facts(pid_t pid, struct os_process *facts) {
    *facts = (struct os_process){0};
#ifdef __linux__
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    ssize_t length = -1;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        length = read(descriptor, text, sizeof text - 1);
        close(descriptor);
    }
    if (length <= 0) return -1;
    text[length] = 0;
    // The fields are counted from the end of the command's name, which may contain spaces and parentheses.
    char *field = strrchr(text, ')');
    if (!field || field[1] == 0) return -1;
    facts->state = field[2];
    for (int number = 2; field && number < 22; number++) {
        field = strchr(field + 1, ' ');
        if (!field) return -1;
        long long value = strtoll(field + 1, NULL, 10);
        switch (number + 1) {
        case 4: facts->parent = (pid_t)value; break;
        case 5: facts->group = (pid_t)value; break;
        case 6: facts->session = (pid_t)value; break;
        case 22: facts->start = value; break;
        }
    }
    return 0;
#else
    (void)pid;
    return -1;
#endif
}

int64_t os_process_start(pid_t pid) {
#ifdef __linux__
    struct os_process facts;
    // /proc may be hidden or missing, or no descriptor may be left. Only kill(2) can tell that there is no such
    // process.
    if (os_process_facts(pid, &facts) != 0) return kill(pid, 0) != 0 && errno == ESRCH ? -1 : 0;
    return facts.state == 'Z' || facts.state == 'X' ? -1 : facts.start;
#else
    struct proc_bsdinfo info;
    if (proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, sizeof info) != (int)sizeof info)
        return errno == ESRCH ? -1 : 0;
    return (int64_t)info.pbi_start_tvsec * 1000000 + (int64_t)info.pbi_start_tvusec;
#endif
}

void os_reap_adopted(pid_t group) {
    int status;
    while (waitpid(-group, &status, WNOHANG) > 0) {}
}

int os_reap(pid_t pid, bool *exited, int *code) {
    int status = 0;
    pid_t result;
    do { result = waitpid(pid, &status, 0); } while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    *exited = WIFEXITED(status);
    *code = *exited ? WEXITSTATUS(status) : WTERMSIG(status);
    return 0;
}

#ifdef __GLIBC__
static char *const *words = NULL;

// glibc passes the arguments of main to constructors. Swift's CommandLine reads /proc/self/cmdline; without /proc it
// has neither words nor an error.
__attribute__((constructor)) static void keep_arguments(int count, char **arguments) {
    (void)count;
    words = arguments;
}

char *const *os_arguments(void) { return words; }
#else
char *const *os_arguments(void) { return NULL; }
#endif

extern char **environ;

char *const *os_environment(void) { return environ; }

bool os_signal_is_ignored(int number) {
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

bool os_has_utf8_locale(const char *name) {
    locale_t locale = newlocale(LC_ALL_MASK, name, (locale_t)0);
    if (locale == (locale_t)0) return false;
    bool is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return is_utf8;
}
