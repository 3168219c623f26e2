// Runs a program and disturbs one of its file system calls.
//
//   fault-injector trace --under FOLDER [--log FILE] [--at N ACTION] -- COMMAND...
//
// Calls on paths under FOLDER are counted from 1, over all threads of the program but not of its children. strace's own
// injection counts each thread separately, so that it cannot select the N-th call of the program.
// ACTION: kill-before, kill-after, error=ERRNO, errors-from=ERRNO (also all later calls of that name), short.
// The exit code is the program's, 128 + signal when it was killed, and 125 for an error of this program.

#ifndef __linux__
#include <stdio.h>
int main(void) {
    fputs("fault-injector: Linux only\n", stderr);
    return 125;
}
#else
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ptrace.h>

enum shape { fd_only, at_path, two_at_paths, target_at_path };

static const struct call {
    long number;
    const char *name;
    enum shape shape;
} calls[] = {
    {SYS_openat, "openat", at_path}, {SYS_newfstatat, "newfstatat", at_path}, {SYS_mkdirat, "mkdirat", at_path},
    {SYS_unlinkat, "unlinkat", at_path}, {SYS_readlinkat, "readlinkat", at_path}, {SYS_fchmodat, "fchmodat", at_path},
    {SYS_faccessat, "faccessat", at_path}, {SYS_faccessat2, "faccessat2", at_path},
    {SYS_linkat, "linkat", two_at_paths}, {SYS_renameat2, "renameat2", two_at_paths},
#ifdef SYS_renameat
    {SYS_renameat, "renameat", two_at_paths},
#endif
    {SYS_symlinkat, "symlinkat", target_at_path}, {SYS_read, "read", fd_only}, {SYS_write, "write", fd_only},
    {SYS_pread64, "pread64", fd_only}, {SYS_pwrite64, "pwrite64", fd_only}, {SYS_writev, "writev", fd_only},
    {SYS_fsync, "fsync", fd_only}, {SYS_fdatasync, "fdatasync", fd_only}, {SYS_close, "close", fd_only},
    {SYS_ftruncate, "ftruncate", fd_only}, {SYS_flock, "flock", fd_only}, {SYS_fchmod, "fchmod", fd_only},
    {SYS_getdents64, "getdents64", fd_only}, {SYS_fstatfs, "fstatfs", fd_only}, {SYS_fstat, "fstat", fd_only},
};

struct thread {
    pid_t id;
    bool matched, fails, killed_after;
    long result;
};

static struct thread threads[512];
static int thread_count;
static const char *under = "";
static FILE *listing;
static long counted, at = -1;
static const char *action = "";
static long error_number;
static const struct call *failing;

static void stop(const char *what) {
    fprintf(stderr, "fault-injector: %s: %s\n", what, strerror(errno));
    exit(125);
}

static struct thread *thread_of(pid_t id) {
    for (int i = 0; i < thread_count; i++)
        if (threads[i].id == id) return &threads[i];
    if (thread_count == (int)(sizeof threads / sizeof *threads)) {
        errno = EMFILE;
        stop("too many threads");
    }
    threads[thread_count] = (struct thread){.id = id};
    return &threads[thread_count++];
}

static void text_at(pid_t id, uint64_t address, char *text, size_t size) {
    size_t length = 0;
    text[0] = 0;
    // A path may end just before an unreadable page.
    while (length + 1 < size) {
        size_t step = 4096 - (address + length) % 4096;
        if (step > size - 1 - length) step = size - 1 - length;
        struct iovec mine = {text + length, step}, theirs = {(void *)(address + length), step};
        ssize_t count = process_vm_readv(id, &mine, 1, &theirs, 1, 0);
        if (count <= 0) break;
        if (memchr(text + length, 0, count)) return;
        length += count;
    }
    text[length] = 0;
}

static void path_of(pid_t id, int descriptor, uint64_t address, char *path) {
    char name[PATH_MAX] = "", link[64];
    if (address) text_at(id, address, name, sizeof name);
    if (name[0] == '/') {
        strcpy(path, name);
        return;
    }
    if (descriptor == AT_FDCWD) snprintf(link, sizeof link, "/proc/%d/cwd", (int)id);
    else snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)id, descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) length = 0;
    path[length] = 0;
    if (name[0]) snprintf(path + length, PATH_MAX + 2, "/%s", name);
}

static bool is_under(const char *path) {
    size_t length = strlen(under);
    return strncmp(path, under, length) == 0 && (path[length] == 0 || path[length] == '/' || path[length] == ' ');
}

static void set_register(pid_t id, int argument, long value) {
#if defined(__x86_64__)
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, id, 0, &registers) < 0) return;
    if (argument == -2) registers.orig_rax = value;
    else if (argument == -1) registers.rax = value;
    else registers.rdx = value;
    ptrace(PTRACE_SETREGS, id, 0, &registers);
#elif defined(__aarch64__)
    if (argument == -2) {
        int number = (int)value;
        struct iovec vector = {&number, sizeof number};
        ptrace(PTRACE_SETREGSET, id, (void *)NT_ARM_SYSTEM_CALL, &vector);
        return;
    }
    struct user_regs_struct registers;
    struct iovec vector = {&registers, sizeof registers};
    if (ptrace(PTRACE_GETREGSET, id, (void *)NT_PRSTATUS, &vector) < 0) return;
    registers.regs[argument == -1 ? 0 : 2] = value;
    ptrace(PTRACE_SETREGSET, id, (void *)NT_PRSTATUS, &vector);
#else
#error "which registers?"
#endif
}

/// Inspects the start of a call; returns true when the program was killed.
static bool enter(struct thread *thread, const struct ptrace_syscall_info *info, pid_t program) {
    static char path[2 * PATH_MAX + 2], second[2 * PATH_MAX + 2];
    const struct call *call = NULL;
    thread->matched = thread->fails = thread->killed_after = false;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if ((uint64_t)calls[i].number == info->entry.nr) call = &calls[i];
    if (!call) return false;
    const uint64_t *arguments = (const uint64_t *)info->entry.args;
    second[0] = 0;
    switch (call->shape) {
    case fd_only: path_of(thread->id, (int)arguments[0], 0, path); break;
    case at_path: path_of(thread->id, (int)arguments[0], arguments[1], path); break;
    case two_at_paths:
        path_of(thread->id, (int)arguments[0], arguments[1], path);
        path_of(thread->id, (int)arguments[2], arguments[3], second);
        break;
    case target_at_path: path_of(thread->id, (int)arguments[1], arguments[2], path); break;
    }
    if (!is_under(path) && !is_under(second)) return false;
    counted++;
    thread->matched = true;
    if (listing) {
        fprintf(listing, "%ld %s %s%s%s", counted, call->name, path, second[0] ? " -> " : "", second);
        if (call->number == SYS_openat) fprintf(listing, " [%s%s]",
            arguments[2] & O_EXCL ? "excl " : "", arguments[2] & O_TRUNC ? "trunc" : "");
        fputc('\n', listing);
    }
    bool isThis = counted == at;
    if (failing && failing == call) isThis = true;
    if (!isThis) return false;
    if (listing) fprintf(listing, "%ld %s\n", counted, action);
    if (strcmp(action, "kill-before") == 0) {
        kill(program, SIGKILL);
        return true;
    }
    if (strcmp(action, "kill-after") == 0) {
        thread->killed_after = true;
    } else if (strcmp(action, "short") == 0) {
        if ((call->number == SYS_write || call->number == SYS_pwrite64) && arguments[2] > 1)
            set_register(thread->id, 2, arguments[2] / 2);
    } else {
        if (strncmp(action, "errors-from", 11) == 0) failing = call;
        thread->fails = true;
        thread->result = -error_number;
        // A close that reports an error has closed the descriptor.
        if (call->number != SYS_close) set_register(thread->id, -2, -1);
    }
    return false;
}

static int trace(char **command) {
    pid_t program = fork();
    if (program < 0) stop("fork");
    if (program == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execv(command[0], command);
        fprintf(stderr, "fault-injector: %s: %s\n", command[0], strerror(errno));
        _exit(125);
    }
    int status;
    if (waitpid(program, &status, 0) < 0) stop("waitpid");
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, program, 0, options) < 0) stop("ptrace");
    thread_of(program);
    ptrace(PTRACE_SYSCALL, program, 0, 0);
    while (true) {
        pid_t id = waitpid(-1, &status, __WALL);
        if (id < 0) {
            if (errno == EINTR) continue;
            stop("waitpid");
        }
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            for (int i = 0; i < thread_count; i++)
                if (threads[i].id == id) threads[i] = threads[--thread_count];
            if (id != program) continue;
            if (listing) fprintf(listing, "%ld end\n", counted);
            if (listing) fclose(listing);
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        if (!WIFSTOPPED(status)) continue;
        bool isNew = true;
        for (int i = 0; i < thread_count; i++)
            if (threads[i].id == id) isNew = false;
        struct thread *thread = thread_of(id);
        int number = WSTOPSIG(status), deliver = 0;
        if (number == (SIGTRAP | 0x80)) {
            struct ptrace_syscall_info info;
            if (ptrace(PTRACE_GET_SYSCALL_INFO, id, sizeof info, &info) > 0) {
                if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
                    if (enter(thread, &info, program)) continue;
                } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && thread->matched) {
                    if (thread->fails) set_register(id, -1, thread->result);
                    thread->matched = thread->fails = false;
                    if (thread->killed_after) {
                        kill(program, SIGKILL);
                        continue;
                    }
                }
            }
        } else if (status >> 16 == 0 && !(isNew && number == SIGSTOP)) {
            deliver = number;
        }
        ptrace(PTRACE_SYSCALL, id, 0, deliver);
    }
}

int main(int count, char **words) {
    int i = 2;
    for (; i < count && strcmp(words[i], "--") != 0; i++) {
        if (strcmp(words[i], "--under") == 0 && i + 1 < count) {
            under = words[++i];
        } else if (strcmp(words[i], "--log") == 0 && i + 1 < count) {
            if (!(listing = fopen(words[++i], "we"))) stop(words[i]);
        } else if (strcmp(words[i], "--at") == 0 && i + 2 < count) {
            at = atol(words[++i]);
            action = words[++i];
            const char *equals = strchr(action, '=');
            if (equals) error_number = atol(equals + 1);
        }
    }
    if (count < 2 || strcmp(words[1], "trace") != 0 || i + 1 >= count) {
        fputs("usage: fault-injector trace --under FOLDER [--log FILE] [--at N ACTION] -- COMMAND...\n",
            stderr);
        return 125;
    }
    return trace(words + i + 1);
}
#endif
