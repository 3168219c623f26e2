// Runs a program once: `measure-process PROGRAM ARGUMENT…` prints the time in nanoseconds, the peak memory in kilobytes
// and the processor time in nanoseconds. The process is so small that its own memory does not distort the program's.
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(int count, char **words) {
    posix_spawn_file_actions_t actions;
    struct rusage usage;
    pid_t pid;
    int status = 0;
    if (count < 2) return 64;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    uint64_t start = now();
    if (posix_spawn(&pid, words[1], &actions, NULL, words + 1, environ) != 0) return 71;
    if (wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return 70;
    uint64_t elapsed = now() - start;
    uint64_t processor = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u
        + (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u;
    printf("%llu %ld %llu\n", (unsigned long long)elapsed, usage.ru_maxrss, (unsigned long long)processor);
    return 0;
}
