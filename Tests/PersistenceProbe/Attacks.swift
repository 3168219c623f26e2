import Dispatch
import DocumentStore
import EnvironmentDomain
import OperatingSystem
import Persistence

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs an operation for the fault harness; each line on standard output is an acknowledgement.
func attack(
    _ what: String, name: EnvironmentName, repository: FileEnvironmentRepository, count: Int, words: [String]
) async throws {
    switch what {
    case "acknowledge":
        for number in 0..<count {
            try await repository.withLease(name, for: .save) { lease in
                do {
                    say("serial \(try await lease.save(environment(name, "\(number)"), event: event()).serial)")
                } catch let error as RepositoryError where error.code == .durabilityUnknown {
                    // A save whose durability is unknown must not be followed by a successful one.
                    if (try? await lease.save(environment(name, "again"), event: event())) != nil { exit(5) }
                    throw error
                }
            }
        }
    case "lease", "rotate":
        let repository =
            what == "lease"
            ? repository
            : try FileEnvironmentRepository(
                dataFolder: repository.dataFolder.text, retention: LogRetention(statesPerFile: 3))
        try await repository.withLease(name, for: .save) { lease in
            for number in 0..<count {
                say("serial \(try await lease.save(environment(name, "\(number)"), event: event()).serial)")
            }
        }
    case "delete":
        try await repository.delete(name)
    case "exclusive":
        for _ in 0..<count {
            let lease = try await repository.acquireLease(name, for: .save, run: CommandRun())
            try await enter(words[0])
            try await Task.sleep(for: .microseconds(Int.random(in: 0...300)))
            try Folder(parentPath(of: words[0]) ?? ".").remove(lastComponent(of: words[0]))
            await lease.release()
        }
        say("done")
    case "occupy":
        let lease = try await repository.acquireLease(name, for: .save, run: CommandRun())
        try await enter(words[0])
        let saved = try await lease.save(environment(name, "\(ThisProcess.identifier)"), event: event())
        say("held \(saved.serial)")
        try await Task.sleep(for: .seconds(600))
        await lease.release()
    case "read":
        try await read(name, repository, until: words[0])
    case "model":
        try await compareWithModel(name, repository, rounds: count, folder: words[0])
    default:
        fatalError("unknown: \(what)")
    }
}

private func environment(_ name: EnvironmentName, _ mark: String) throws -> AnyEnvironmentState {
    let credentials = SSHCredentials(
        username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/keys/id"),
        publicKeyPath: try AbsolutePath("/keys/id.pub"))
    var snapshot = Environment<Created>(name: name, sshCredentials: credentials).snapshot
    snapshot.context.outputs["mark"] = mark
    return snapshot.erased
}

func event() -> HistoryEvent {
    HistoryEvent(command: .save, commandID: .random(), change: .transition(from: .created, to: .created))
}

/// Creates the file that only one process at a time can create; the file of a killed process is ignored.
private func enter(_ path: String) async throws {
    let clock = ContinuousClock()
    let patience = clock.now + .seconds(2)
    let folder = try Folder(parentPath(of: path) ?? ".")
    let name = lastComponent(of: path)
    while try !makeMark(name, in: folder) {
        let owner = markedProcess(name, in: folder)
        if let owner, ThisProcess.startTime(of: owner) == nil {
            try folder.remove(name)
        } else if clock.now > patience {
            say("overlap: \(ThisProcess.identifier) holds the lock, and so does \(owner.map(String.init) ?? "?")")
            exit(4)
        } else {
            // A killed process releases its lock shortly before it disappears.
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// Creates a file; returns `false` when it exists.
private func makeMark(_ name: String, in folder: Folder) throws(SystemError) -> Bool {
    do {
        let file = try folder.open(name, .createNew)
        try file.write(Array("\(ThisProcess.identifier)".utf8))
        return true
    } catch  where error.alreadyExists {
        return false
    }
}

private func markedProcess(_ name: String, in folder: Folder) -> Int32? {
    guard let bytes = try? folder.open(name, .read).read() else { return nil }
    return Int32(String(decoding: bytes, as: UTF8.self))
}

/// Reads repeatedly; a document must always exist, and its serial must never decrease.
private func read(_ name: EnvironmentName, _ repository: FileEnvironmentRepository, until stop: String) async throws {
    var last = 0
    var reads = 0
    while unsafe access(stop, F_OK) != 0 {
        guard let stored = try await repository.load(name) else {
            say("nothing was there after serial \(last)")
            exit(4)
        }
        guard stored.serial >= last else {
            say("serial \(stored.serial) after \(last)")
            exit(4)
        }
        last = stored.serial
        reads += 1
    }
    say("reads \(reads)")
}

/// Runs random operations under the lock, and compares each with a model.
///
/// The model is in two plain files beside the data: one for the state that is certainly stored, and one for the next
/// operation.
private func compareWithModel(
    _ name: EnvironmentName, _ repository: FileEnvironmentRepository, rounds: Int, folder path: String
) async throws {
    let folder = try Folder(path)
    func model(_ file: String) throws -> String {
        do {
            return String(decoding: try folder.open(file, .read).read(), as: UTF8.self)
        } catch  where error.isNotFound {
            return "nothing"
        }
    }
    func text(_ stored: StoredEnvironment?) -> String {
        stored.map { "\($0.serial) \($0.document.context.outputs["mark"] ?? "")" } ?? "nothing"
    }
    for _ in 0..<rounds {
        if Int.random(in: 0..<40) == 0 {
            // The process dies at a random moment, in the middle of any operation.
            let pause = DispatchTimeInterval.microseconds(.random(in: 0...3000))
            DispatchQueue.global().asyncAfter(deadline: .now() + pause) {
                kill(getpid(), SIGKILL)
            }
        }
        let kind = Int.random(in: 0..<20)
        guard kind < 14 else {
            if let stored = try await repository.load(name), stored.document.context.outputs["mark"] == nil {
                say("an environment without a mark: \(stored.serial)")
                exit(4)
            }
            say("load")
            continue
        }
        try await repository.withLease(name, for: .save) { lease in
            let stored = try await lease.stored
            let sure = try model("sure")
            let intended = try model("intended")
            guard text(stored) == sure || text(stored) == intended else {
                say("stored: \(text(stored)); the model: \(sure), or if that was interrupted: \(intended)")
                exit(4)
            }
            // The result of an interrupted operation is determined before the next one starts.
            try folder.put(Array(text(stored).utf8), at: "sure")
            if kind == 0 {
                try folder.put(Array("nothing".utf8), at: "intended")
                try await lease.delete()
                try folder.put(Array("nothing".utf8), at: "sure")
                say("delete")
            } else if kind < 12 {
                let mark = "\(ThisProcess.identifier)-\(UInt32.random(in: .min ... .max))"
                try folder.put(Array("\((stored?.serial ?? 0) + 1) \(mark)".utf8), at: "intended")
                let saved = try await lease.save(environment(name, mark), event: event())
                try folder.put(Array(text(saved).utf8), at: "sure")
                say("save")
            } else {
                say("lease")
            }
        }
    }
    say("done")
}
