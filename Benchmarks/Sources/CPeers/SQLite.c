#include "CPeers.h"

#include <dlfcn.h>
#include <stdlib.h>

// The functions of SQLite that a save needs are looked up at run time. A machine without SQLite skips the row, and the
// package builds without system libraries.
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

static struct {
    int (*open)(const char *, sqlite3 **);
    int (*close)(sqlite3 *);
    int (*exec)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);
    int (*prepare)(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
    int (*bind)(sqlite3_stmt *, int, const void *, int, void (*)(void *));
    int (*step)(sqlite3_stmt *);
    int (*reset)(sqlite3_stmt *);
    int (*finalize)(sqlite3_stmt *);
    const char *(*version)(void);
} sqlite;

struct sqlite_peer {
    sqlite3 *database;
    sqlite3_stmt *begin, *state, *history, *commit;
};

static const char *load_sqlite(void) {
    static const char *names[] = {"libsqlite3.so.0", "libsqlite3.so", "libsqlite3.dylib"};
    if (sqlite.version) return NULL;
    void *library = NULL;
    for (int i = 0; i < 3 && !library; i++) library = dlopen(names[i], RTLD_NOW);
    if (!library) return "there is no SQLite library (Debian: libsqlite3-0)";
    *(void **)&sqlite.open = dlsym(library, "sqlite3_open");
    *(void **)&sqlite.close = dlsym(library, "sqlite3_close");
    *(void **)&sqlite.exec = dlsym(library, "sqlite3_exec");
    *(void **)&sqlite.prepare = dlsym(library, "sqlite3_prepare_v2");
    *(void **)&sqlite.bind = dlsym(library, "sqlite3_bind_blob");
    *(void **)&sqlite.step = dlsym(library, "sqlite3_step");
    *(void **)&sqlite.reset = dlsym(library, "sqlite3_reset");
    *(void **)&sqlite.finalize = dlsym(library, "sqlite3_finalize");
    *(void **)&sqlite.version = dlsym(library, "sqlite3_libversion");
    return sqlite.open && sqlite.close && sqlite.exec && sqlite.prepare && sqlite.bind && sqlite.step && sqlite.reset
            && sqlite.finalize && sqlite.version ? NULL : "the SQLite library lacks a function";
}

const char *sqlite_peer_version(void) { return load_sqlite() ? "" : sqlite.version(); }

struct sqlite_peer *sqlite_peer_open(const char *file, const char **reason) {
    if ((*reason = load_sqlite())) return NULL;
    struct sqlite_peer *peer = calloc(1, sizeof *peer);
    *reason = "the database cannot be opened";
    if (sqlite.open(file, &peer->database) != 0) return NULL;
    if (sqlite.exec(peer->database,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE IF NOT EXISTS state(name TEXT PRIMARY KEY, document BLOB) WITHOUT ROWID;"
            "CREATE TABLE IF NOT EXISTS history(line BLOB);", NULL, NULL, NULL) != 0) return NULL;
    if (sqlite.prepare(peer->database, "BEGIN IMMEDIATE", -1, &peer->begin, NULL) != 0
        || sqlite.prepare(peer->database, "INSERT INTO state VALUES('e', ?) ON CONFLICT(name) DO UPDATE SET document = excluded.document",
            -1, &peer->state, NULL) != 0
        || sqlite.prepare(peer->database, "INSERT INTO history VALUES(?)", -1, &peer->history, NULL) != 0
        || sqlite.prepare(peer->database, "COMMIT", -1, &peer->commit, NULL) != 0) return NULL;
    *reason = NULL;
    return peer;
}

static int run(sqlite3_stmt *statement) {
    int done = sqlite.step(statement) == 101;
    return sqlite.reset(statement) == 0 && done ? 0 : 1;
}

int sqlite_peer_save(struct sqlite_peer *peer, const void *content, size_t length, const void *line, size_t line_length) {
    sqlite.bind(peer->state, 1, content, (int)length, NULL);
    sqlite.bind(peer->history, 1, line, (int)line_length, NULL);
    return run(peer->begin) || run(peer->state) || run(peer->history) || run(peer->commit);
}

void sqlite_peer_close(struct sqlite_peer *peer) {
    sqlite3_stmt *all[] = {peer->begin, peer->state, peer->history, peer->commit};
    for (int i = 0; i < 4; i++) sqlite.finalize(all[i]);
    sqlite.close(peer->database);
    free(peer);
}
